"""What the rules of leaving a corridor through its side share."""

import numpy as np

from geofences.chance import ndtr
from geofences.stay_kernels import GONE, LEAVING
from vts.units import KN


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


def side_m(scene, pairs):
    """Metres to the nearest side of each Pair's corridor, negative outside it; inf where an end is nearer or passed."""
    length_m = np.array([scene.terms.zones.index.length_m(z) for z in pairs.zone])
    end_m = np.minimum(pairs.along_m, length_m - pairs.along_m)
    return np.where((end_m > 0) & (-pairs.edge_m < end_m), -pairs.edge_m, np.inf)


def straying(scene, pairs, room_m, horizon_min):
    """(chance, stray_min) that each of the Pairs is `room_m` farther off the axis within `horizon_min` (zones,).

    She is taken to keep her angle to the axis, not her course: a bend ahead, where every straight course ends ashore,
    says nothing of who will turn with it. The chance is by the covariance across her course; `stray_min` is NaN where
    she does not get there. Only the side she is on counts: who closes the axis is not on her way out.
    """
    tracks, horizon_s = scene.tracks, 60.0 * horizon_min[pairs.zone]
    off = np.radians(tracks.cog_deg[pairs.row] - pairs.axis_deg)
    outward_mps = tracks.sog_kn[pairs.row] * KN * np.sin(off) * np.sign(pairs.cross_m)
    p, pv, v = (x[pairs.row] for x in scene.across)
    sigma_m = np.sqrt(np.maximum(p + 2 * pv * horizon_s + v * horizon_s**2, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        chance = ndtr((outward_mps * horizon_s - room_m) / sigma_m)
        stray_s = np.where(outward_mps > 0, room_m / outward_mps, np.nan)
    return chance, np.where(stray_s <= horizon_s, stray_s, np.nan) / 60.0
