"""An LNG carrier outside her corridor, or too far off its axis within it."""

import numpy as np

from geofences.rules._corridor import strayed
from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "m"
CITATION = "the corridor's own source"
NEEDS = ("corridor", "fairway")
POLICY = Policy(raise_after_s=20.0, clear_after_s=60.0)
TITLE = {"en": "LNG carrier off her corridor", "zh": "LNG船偏离航路"}
TEXT = {
    "en": "LNG carrier {vessel} is {cross_m} m off the axis of {zone}, {excess} m more than allowed",
    "zh": "LNG船{vessel}偏离{zone}中线{cross_m}米,超出允许值{excess}米",
}
PARAMETERS = {
    "max_cross_m": (np.inf, "m", "the corridor's own source; without one the corridor's edge is the limit"),
}


def evaluate(scene):
    """A finding per carrier: excess is metres beyond `max_cross_m` inside the corridor, or beyond its edge outside."""
    terms = scene.terms
    zones = terms.of("corridor", "fairway")
    out, out_cross_m, _ = strayed(scene, zones)
    keep = scene.is_lng[out.row]
    out, out_cross_m = out.where(keep), out_cross_m[keep]
    limit_m = terms.value("max_cross_m", np.inf)
    inside = scene.inside(zones & np.isfinite(limit_m))
    inside = inside.where(scene.is_lng[inside.row] & scene.under_way[inside.row])
    in_cross_m = np.abs(inside.cross_m)
    row, zone = np.concatenate([out.row, inside.row]), np.concatenate([out.zone, inside.zone])
    excess = np.concatenate([out.edge_m, in_cross_m - limit_m[inside.zone]])
    return scene.findings(
        *(row, zone, excess, np.where(excess > 100, ALARM, WARNING)), cross_m=np.concatenate([out_cross_m, in_cross_m])
    )
