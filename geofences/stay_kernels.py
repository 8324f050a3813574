"""One stay of one vessel in one zone, and the loop over all: the hysteresis behind entry, exit and dwell."""

import math

import numpy as np

from vts.jit import kernel

# Stays.state; DROP is a pair that is not known, or need not be known any longer
CANDIDATE, INSIDE, LEAVING, GONE = 0, 1, 2, 3
DROP = -1
# how a track takes part: not at all; only kept, since a line crossed by dead reckoning proves nothing; fully
ABSENT, HELD, FRESH = 0, 1, 2
# Visits.event
ENTERED, LEFT, RESUMED = 0, 1, 2


@kernel
def next_stay(
    state, change_ns, entered_ns, left_ns, seen_ns, at_ns, edge_m, margin_m, part, enter_ns, leave_ns, rejoin_ns
):
    """(state, change, entered, left, seen, event) of one vessel and zone after a Picture; state DROP: forget it.

    `edge_m` is negative inside; `state` is DROP for a pair not known before; `event` is -1 or a Visits.event.
    """
    event = -1
    if part == ABSENT:
        if state == CANDIDATE:
            state = DROP
        elif state in (INSIDE, LEAVING) and at_ns - seen_ns >= leave_ns:
            left_ns = seen_ns if state == INSIDE else change_ns
            state, event = GONE, LEFT
        elif state == GONE and at_ns - left_ns > rejoin_ns:
            state = DROP
        return state, change_ns, entered_ns, left_ns, seen_ns, event
    if part == HELD:
        seen_ns = at_ns if state == INSIDE else seen_ns
        return state, change_ns, entered_ns, left_ns, seen_ns, event
    deep = edge_m <= -margin_m
    if state == GONE:
        if at_ns - left_ns > rejoin_ns:
            state = DROP
        elif deep:
            state, left_ns, seen_ns, event = INSIDE, -1, at_ns, RESUMED
    if state == DROP and deep:
        state, change_ns, entered_ns, left_ns = CANDIDATE, at_ns, -1, -1
    if state == CANDIDATE:
        if not deep:
            state = DROP
        elif at_ns - change_ns >= enter_ns:
            state, entered_ns, seen_ns, event = INSIDE, change_ns, at_ns, ENTERED
    elif state == INSIDE:
        seen_ns = at_ns
        if edge_m >= margin_m:
            state, change_ns = LEAVING, at_ns
    if state == LEAVING:
        if edge_m <= 0.0:
            state, seen_ns = INSIDE, at_ns
        elif at_ns - change_ns >= leave_ns:
            state, left_ns, event = GONE, change_ns, LEFT
    return state, change_ns, entered_ns, left_ns, seen_ns, event


@kernel
def merge_stays(
    at_ns,
    stays,
    track,
    mmsi,
    cog_deg,
    part,
    p_track,
    p_zone,
    p_edge_m,
    margin_m,
    times_ns,
    out,
    out_event,
    out_since_ns,
):
    """Rows written to `out`: every known pair and every Places row one Picture on.

    `stays` and the p_ columns are in order of track and zone, `track` ascends; `margin_m` is per zone; `times_ns` are
    enter, leave and rejoin; `out` holds at least as many rows as `stays` and Places together.
    """
    i, j, k, n = 0, 0, 0, 0
    while i < stays.track.size or j < p_track.size:
        known = i < stays.track.size
        near = j < p_track.size
        if known and near:
            if stays.track[i] != p_track[j]:
                known = stays.track[i] < p_track[j]
                near = not known
            elif stays.zone[i] != p_zone[j]:
                known = stays.zone[i] < p_zone[j]
                near = not known
        if not known and p_edge_m[j] > -margin_m[p_zone[j]]:
            out_since_ns[j] = -1  # outside, and was before: the common row costs nothing
            j += 1
            continue
        vessel, zone = (stays.track[i], stays.zone[i]) if known else (p_track[j], p_zone[j])
        while k < track.size and track[k] < vessel:
            k += 1
        here = part[k] if k < track.size and track[k] == vessel else ABSENT
        edge = p_edge_m[j] if near else np.inf
        state, change, entered, left, seen, own, cog = DROP, -1, -1, -1, -1, -1, math.nan
        if known:
            state, change, entered, left = stays.state[i], stays.change_ns[i], stays.entered_ns[i], stays.left_ns[i]
            seen, own, cog = stays.seen_ns[i], stays.mmsi[i], stays.entry_cog_deg[i]
        state, change, entered, left, seen, event = next_stay(
            state, change, entered, left, seen, at_ns, edge, margin_m[zone], here, times_ns[0], times_ns[1], times_ns[2]
        )
        if near:
            out_since_ns[j] = entered if state in (INSIDE, LEAVING) else -1
        if state != DROP:
            begins = state in (CANDIDATE, INSIDE) and change == at_ns and entered in (-1, at_ns)
            out.entry_cog_deg[n] = cog_deg[k] if begins else cog
            out.track[n], out.zone[n], out.state[n] = vessel, zone, state
            out.mmsi[n] = mmsi[k] if here != ABSENT and mmsi[k] >= 0 else own
            out.change_ns[n], out.entered_ns[n], out.left_ns[n], out.seen_ns[n] = change, entered, left, seen
            out_event[n] = event
            n += 1
        i += known
        j += near
    return n
