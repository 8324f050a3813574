"""What the two rules of leaving a corridor through its side share."""

import numpy as np

from geofences.stay_kernels import GONE, LEAVING


def strayed(scene, zones):
    """(Pairs, cross_m, along_deg) of vessels under way beside one of these corridors that they were in.

    Beside means between its ends, as its axis tells, outside its edge; `along_deg` is how far her course is off its
    axis, either way. A corridor without an axis has no ends, so nothing is said of it.
    """
    pairs = scene.near(zones)
    pairs = pairs.where((pairs.edge_m > 0) & scene.under_way[pairs.row])
    stay = scene.stay_rows(pairs)
    if not (stay >= 0).any():
        none = pairs.where(np.zeros(pairs.row.size, bool))
        return none, np.empty(0), np.empty(0)
    was_in = (stay >= 0) & np.isin(scene.stays.state[stay], (LEAVING, GONE))
    pairs = pairs.where(was_in)
    length_m = np.array([scene.terms.zones.index.length_m(z) for z in pairs.zone])
    beside = (pairs.along_m > 0) & (pairs.along_m < length_m)
    off_deg = np.abs((scene.tracks.cog_deg[pairs.row] - pairs.axis_deg + 90) % 180 - 90)
    return pairs.where(beside), np.abs(pairs.cross_m)[beside], off_deg[beside]
