"""Whether a vessel is under way, stopped, at anchor or moored, from what she says and how she moves."""

import math

import numpy as np

from vts import geo
from vts.jit import kernel

UNDER_WAY, STOPPED, ANCHORED, MOORED = 0, 1, 2, 3
AT_ANCHOR, AT_BERTH = 1, 5  # M.1371-5 navigational status
STOP_KN, GO_KN = 0.5, 1.5  # she has stopped below the first; a vessel that swings or surges stays below the second
DECLARED_KN = 3.0  # M.1371-5 table 1: "at anchor or moored and not moving faster than 3 knots"
STOP_NS = 300_000_000_000  # ... for so long, when she does not say so herself
GO_NS = 60_000_000_000


@kernel
def lies(lying, slow_ns, fast_ns, at_ns, status, sog_kn):
    """(lying, slow_ns, fast_ns): whether she lies still, and since when she has been slow or fast (-1: she is not)."""
    declared = status in (AT_ANCHOR, AT_BERTH)
    go_kn = DECLARED_KN if declared else GO_KN
    slow_ns = (slow_ns if slow_ns >= 0 else at_ns) if sog_kn < STOP_KN else -1
    fast_ns = (fast_ns if fast_ns >= 0 else at_ns) if sog_kn > go_kn else -1
    if lying:
        return not (fast_ns >= 0 and at_ns - fast_ns >= GO_NS), slow_ns, fast_ns
    if declared:
        return fast_ns < 0, slow_ns, fast_ns  # an unknown speed does not contradict her
    return slow_ns >= 0 and at_ns - slow_ns >= STOP_NS, slow_ns, fast_ns


@kernel
def merge_moorings(at_ns, old, tracks, part, at_anchorage, at_berth, out):
    """One row of `out` per track, from its row in `old` (in order of track) where it has one."""
    i = 0
    for k in range(tracks.track.size):
        while i < old.track.size and old.track[i] < tracks.track[k]:
            i += 1
        known = i < old.track.size and old.track[i] == tracks.track[k]
        out.track[k] = tracks.track[k]
        if known:
            out.state[k], out.since_ns[k], out.slow_ns[k] = old.state[i], old.since_ns[i], old.slow_ns[i]
            out.fast_ns[k], out.seen_under_way[k], out.reports[k] = (
                old.fast_ns[i],
                old.seen_under_way[i],
                old.reports[i],
            )
            out.drop_lon_deg[k], out.drop_lat_deg[k] = old.drop_lon_deg[i], old.drop_lat_deg[i]
            out.off_m[k], out.off_1_m[k], out.off_2_m[k] = old.off_m[i], old.off_1_m[i], old.off_2_m[i]
            out.last_lon_deg[k], out.last_lat_deg[k], out.last_ns[k] = old.lon_deg[i], old.lat_deg[i], old.t_ns[i]
            out.lon_deg[k], out.lat_deg[k], out.t_ns[k] = old.lon_deg[i], old.lat_deg[i], old.t_ns[i]
        else:
            out.state[k], out.since_ns[k], out.seen_under_way[k], out.reports[k] = UNDER_WAY, at_ns, 0, -1
        if part[k] != 2 or tracks.reports[k] == out.reports[k]:
            continue  # nothing new was seen of her
        lon, lat = tracks.lon_deg[k], tracks.lat_deg[k]
        out.lon_deg[k], out.lat_deg[k], out.t_ns[k], out.reports[k] = lon, lat, at_ns, tracks.reports[k]
        was = out.state[k]
        lying, out.slow_ns[k], out.fast_ns[k] = lies(
            was != UNDER_WAY, out.slow_ns[k], out.fast_ns[k], at_ns, tracks.nav_status[k], tracks.sog_kn[k]
        )
        state = UNDER_WAY
        if lying:
            state = was if was != UNDER_WAY else STOPPED
            if tracks.nav_status[k] == AT_BERTH or (tracks.nav_status[k] != AT_ANCHOR and at_berth[k]):
                state = MOORED
            elif tracks.nav_status[k] == AT_ANCHOR or at_anchorage[k]:
                state = ANCHORED
        elif tracks.sog_kn[k] > STOP_KN:
            out.seen_under_way[k] = 1
        if was == UNDER_WAY and lying:
            out.drop_lon_deg[k], out.drop_lat_deg[k] = lon, lat
            out.off_m[k], out.off_1_m[k], out.off_2_m[k] = 0.0, 0.0, 0.0
        elif lying:
            east_m, north_m = geo.offset_m(lon, lat, out.drop_lon_deg[k], out.drop_lat_deg[k])
            out.off_2_m[k], out.off_1_m[k] = out.off_1_m[k], out.off_m[k]
            out.off_m[k] = math.hypot(east_m, north_m)
        elif was != UNDER_WAY:
            out.seen_under_way[k] = 1
            out.drop_lon_deg[k], out.drop_lat_deg[k] = np.nan, np.nan
            out.off_m[k], out.off_1_m[k], out.off_2_m[k] = np.nan, np.nan, np.nan
        if state != was:
            out.since_ns[k] = out.slow_ns[k] if was == UNDER_WAY and out.slow_ns[k] >= 0 else at_ns
            out.state[k] = state


@kernel
def crossings(rows, edges, edge_first, lines, out_row, out_line):
    """Count of lines crossed between the last two fixes of each row, written as pairs as far as there is room.

    `edges` are x0 y0 x1 y1 in degrees, those of line z from edge_first[z] on. Touching the start of the run does not
    count, touching its end does, so that a vessel that stops on the line crosses it once.
    """
    n = 0
    for k in range(rows.track.size):
        x0, y0, x1, y1 = rows.last_lon_deg[k], rows.last_lat_deg[k], rows.lon_deg[k], rows.lat_deg[k]
        if not (abs(x1 - x0) < 1.0 and abs(y1 - y0) < 1.0) or (x0 == x1 and y0 == y1):
            continue  # unknown, at rest, or a gap too long to say where she went
        for line in lines:
            odd = False
            for e in range(edge_first[line], edge_first[line + 1]):
                ax, ay, bx, by = edges[e, 0], edges[e, 1], edges[e, 2], edges[e, 3]
                side_0 = (bx - ax) * (y0 - ay) - (by - ay) * (x0 - ax)
                side_1 = (bx - ax) * (y1 - ay) - (by - ay) * (x1 - ax)
                if side_0 == 0.0 or (side_0 > 0.0) == (side_1 > 0.0 if side_1 != 0.0 else side_0 < 0.0):
                    continue
                side_a = (x1 - x0) * (ay - y0) - (y1 - y0) * (ax - x0)
                side_b = (x1 - x0) * (by - y0) - (y1 - y0) * (bx - x0)
                if (side_a > 0.0) != (side_b > 0.0):
                    odd = not odd
            if odd:
                if n < out_row.size:
                    out_row[n], out_line[n] = k, line
                n += 1
    return n
