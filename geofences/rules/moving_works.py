"""In the circle that goes with a working vessel."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "m"
CITATION = "the zone's own source, e.g. China MSA notice of 2025-04-08: 50 m about the survey vessel off Shekou"
NEEDS = ("moving_works",)
POLICY = Policy(raise_after_s=0.0, clear_after_s=60.0)
TITLE = {"en": "In the circle of a working vessel", "zh": "进入作业船安全圈"}
TEXT = {
    "en": "{vessel} is {range_m} m from working vessel {other} ({zone}), {excess} m inside her circle of {radius_m} m",
    "zh": "{vessel}距作业船{other}({zone}){range_m}米,进入其{radius_m}米安全圈{excess}米",
}
PARAMETERS = {
    "radius_m": (np.nan, "m", "the notice's own figure; there is no circle without one"),
    "mmsi": (-1.0, "MMSI", "the notice's own vessel"),
}


def evaluate(scene):
    """A finding per vessel in a circle; excess is how deep, in metres. A working vessel that is not seen has none."""
    terms, tracks = scene.terms, scene.tracks
    zones = np.flatnonzero(terms.of("moving_works") & scene.in_force)
    if not zones.size:
        return scene.nothing()
    radius_m, mmsi = terms.value("radius_m", np.nan), terms.value("mmsi", -1.0)
    parts = []
    for zone in zones.tolist():
        for row in np.flatnonzero(tracks.mmsi == int(mmsi[zone])):
            range_m = np.hypot(*scene.offsets_m(row))
            other = np.flatnonzero((range_m < radius_m[zone]) & (np.arange(tracks.n) != row))
            parts.append((other, np.full(other.size, row), np.full(other.size, zone), range_m[other]))
    if not parts:
        return scene.nothing()
    other, works, zone, range_m = map(np.concatenate, zip(*parts, strict=True))
    excess = radius_m[zone] - range_m
    severity = np.where(range_m < radius_m[zone] / 2, WARNING, CAUTION)
    return scene.findings(
        *(other, zone, excess, severity), other=tracks.track[works], range_m=range_m, radius_m=radius_m[zone]
    )
