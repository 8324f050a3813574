"""Vessels under way in one corridor, in pairs: what overtaking and meeting look at."""

import numpy as np


def pairs_along(scene, zones):
    """(row, other, zone, ahead_m, gain_kn, angle_deg) of every ordered pair of vessels under way in one of these zones.

    `ahead_m` is how far `other` is ahead of `row` along the zone's axis as `row` goes (negative: astern), `gain_kn`
    how fast `row` gains on her, `angle_deg` the difference of their courses, 0 to 180.
    """
    tracks = scene.tracks
    held = scene.inside(zones)
    held = held.where(scene.under_way[held.row] & (tracks.sog_kn[held.row] > 1.0))
    parts = []
    for zone in np.unique(held.zone):
        at = np.flatnonzero(held.zone == zone)
        i, j = (x.ravel() for x in np.meshgrid(at, at, indexing="ij"))
        i, j = i[i != j], j[i != j]
        row, other = held.row[i], held.row[j]
        forward = np.cos(np.radians(tracks.cog_deg[row] - held.axis_deg[i])) >= 0
        ahead_m = (held.along_m[j] - held.along_m[i]) * np.where(forward, 1.0, -1.0)
        angle = np.abs((tracks.cog_deg[other] - tracks.cog_deg[row] + 180) % 360 - 180)
        gain_kn = tracks.sog_kn[row] - tracks.sog_kn[other] * np.cos(np.radians(angle))
        parts.append((row, other, np.full(row.size, zone), ahead_m, gain_kn, angle))
    if not parts:
        return tuple(np.empty(0, int) for _ in range(3)) + tuple(np.empty(0) for _ in range(3))
    return tuple(map(np.concatenate, zip(*parts, strict=True)))
