"""The loops of the lifecycle of alerts (vts/lifecycle.py): findings meet causes, and each cause takes its next step."""

import math

import numpy as np

from vts.jit import kernel

QUIET, RAISED, AGAIN, CLEARED, WITHDRAWN = 0, 1, 2, 3, 4  # what a step does to a cause; FORGET is added
FORGET = 8


@kernel
def sorted_once(track, other, zone):
    """Whether the rows come in order of track, other and zone, none twice."""
    for k in range(1, track.size):
        before = track[k] - track[k - 1]
        if before == 0:
            before = other[k] - other[k - 1]
        if before == 0:
            before = np.int64(zone[k]) - np.int64(zone[k - 1])
        if before <= 0:
            return False
    return True


@kernel
def paired(track, other, zone, f_track, f_other, f_zone, f_excess, order, out_known, out_found):
    """Number of causes after a step; the row among those before, and that of its finding, are written, -1: none.

    Causes are in order, each once; `order` sorts the findings so, of one cause the greatest excess last. A finding
    without excess begins nothing.
    """
    n, m = track.size, order.size
    i = j = count = 0
    while i < n or j < m:
        step = 0  # < 0: a cause without finding; > 0: a finding without cause
        if j == m:
            step = -1
        elif i == n:
            step = 1
        else:
            k = order[j]
            if track[i] != f_track[k]:
                step = -1 if track[i] < f_track[k] else 1
            elif other[i] != f_other[k]:
                step = -1 if other[i] < f_other[k] else 1
            elif zone[i] != f_zone[k]:
                step = -1 if zone[i] < f_zone[k] else 1
        found = -1
        if step >= 0:
            k = order[j]
            found = k
            j += 1
            while j < m and f_track[order[j]] == f_track[k]:
                if f_other[order[j]] != f_other[k] or f_zone[order[j]] != f_zone[k]:
                    break
                found = order[j]
                j += 1
        if step <= 0:
            out_known[count], out_found[count] = i, found
            count += 1
            i += 1
        elif f_excess[found] > 0.0:
            out_known[count], out_found[count] = -1, found
            count += 1
    return count


@kernel
def row_of(tracks, track):
    """Row of a track among those in order; -1 where it is not there."""
    k = np.searchsorted(tracks, track)
    return k if track >= 0 and k < tracks.size and tracks[k] == track else -1


@kernel
def advance(
    at_ns,
    raise_after_ns,
    clear_after_ns,
    rearm_ns,
    latched,
    update_factor,
    found,
    f_excess,
    f_severity,
    f_mmsi,
    f_lon_deg,
    f_lat_deg,
    t_track,
    t_lon_deg,
    t_lat_deg,
    t_mmsi,
    track,
    other,
    alert,
    since_ns,
    seen_ns,
    cleared_ns,
    excess,
    severity,
    acknowledged,
    mmsi,
    other_mmsi,
    lon_deg,
    lat_deg,
    out_excess,
    out_step,
):
    """Write what the step does to each cause, and the excess of its finding; the causes' columns are changed in place.

    Returns how many causes change their state or are forgotten.
    """
    changes = 0
    for i in range(track.size):
        k = found[i]
        now = f_excess[k] if k >= 0 else -1.0
        present, unknown, disproved = now > 0.0, math.isnan(now), now == -math.inf
        if present:
            seen_ns[i] = at_ns
            at = row_of(t_track, track[i])
            # of a track that has gone, what was known last stays: who fell silent, and where
            if at >= 0 and not math.isnan(t_lon_deg[at]):
                lon_deg[i], lat_deg[i], mmsi[i] = t_lon_deg[at], t_lat_deg[at], t_mmsi[at]
            else:
                nobodys = track[i] < 0
                if nobodys or math.isfinite(f_lon_deg[k]):
                    lon_deg[i] = f_lon_deg[k]
                if nobodys or math.isfinite(f_lat_deg[k]):
                    lat_deg[i] = f_lat_deg[k]
                if nobodys or f_mmsi[k] >= 0:
                    mmsi[i] = f_mmsi[k]
            at = row_of(t_track, other[i])
            if at >= 0 and not math.isnan(t_lon_deg[at]):
                other_mmsi[i] = t_mmsi[at]
        raised, cleared = alert[i] != 0, cleared_ns[i] >= 0
        step = QUIET
        if present:
            grave = f_severity[k]
            if not raised and at_ns - since_ns[i] >= raise_after_ns:
                step = RAISED
                excess[i] = now
            elif raised and (cleared or now > excess[i] * update_factor or grave > severity[i]):
                step = AGAIN
                excess[i] = max(excess[i], now)
                if cleared:
                    acknowledged[i] = 0
                cleared_ns[i] = -1
            if step != QUIET:
                severity[i] = max(severity[i], grave)
        elif disproved:
            step = FORGET | (WITHDRAWN if raised and not cleared else QUIET)
        elif not unknown:
            gone = raised and not cleared and at_ns - seen_ns[i] >= clear_after_ns
            if gone and (not latched or acknowledged[i] == 1):
                step = CLEARED
                cleared_ns[i] = at_ns
            elif not raised or (cleared and at_ns - cleared_ns[i] > rearm_ns):
                step = FORGET
        out_excess[i], out_step[i] = now, step
        changes += step != QUIET
    return changes
