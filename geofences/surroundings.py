"""Places from one Picture to the next: what is near is worked out every time, what is far every ten seconds.

At a Picture a second the far zones would be nearly all of the work, and say nothing new: in ten seconds a vessel of
20 kn makes 100 m. At a Picture every ten seconds or more everything is worked out every time.
"""

import numpy as np

from geofences.index import places
from vts.schema import Picture, Places
from vts.units import S

NEAR_M = 1_852.0  # zones within this, or entered within NEAR_MIN, are always fresh
NEAR_MIN = 6.0
FAR_NS = 10 * S


def step(picture, zones, config, before, before_ns):
    """(Places, when all of it was last worked out) of a Picture, from those of the Picture before.

    In order of track, then zone, as `geofences.places`. Rows farther than NEAR_M may be up to ten seconds old.
    """
    full = {"reach_m": config.reach_m, "horizon_min": config.horizon_min}
    if before_ns < 0 or not 0 <= picture.at_ns - before_ns < FAR_NS:
        return places(picture, zones, **full), picture.at_ns
    tracks = picture.tracks
    known = np.isin(tracks.track, before.track)
    near = {"reach_m": min(NEAR_M, config.reach_m), "horizon_min": min(NEAR_MIN, config.horizon_min)}
    fresh = Places.concat([places(_of(picture, known), zones, **near), places(_of(picture, ~known), zones, **full)])
    kept = np.flatnonzero(_stays(before, fresh, tracks.track, zones, zones.in_force(picture.at_ns)))
    both = Places.concat([before, fresh])
    rows = np.concatenate([kept, np.arange(before.n, before.n + fresh.n)])
    order = np.argsort(both.track[rows] * zones.n + both.zone[rows], kind="stable")  # three runs, each in order
    return both.take(rows[order]), before_ns


def _stays(before, fresh, track, zones, in_force):
    """Which of the Places before are the best known: far, of a track that is there, and not worked out anew."""
    key, anew = before.track * zones.n + before.zone, fresh.track * zones.n + fresh.zone
    at = np.minimum(np.searchsorted(track, before.track), max(track.size - 1, 0))
    here = track[at] == before.track if track.size else np.zeros(before.n, bool)
    return here & (before.edge_m > 0) & in_force[before.zone] & ~np.isin(key, anew, assume_unique=True)


def _of(picture, which):
    """The Picture of some of its tracks."""
    return Picture(picture.at_ns, picture.tracks.take(which), *picture[2:])
