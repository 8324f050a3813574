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
