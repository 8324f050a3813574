"""Left a fairway or corridor through its side, and goes on along it outside."""

import numpy as np

from geofences.rules._corridor import strayed
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "m"
CITATION = "the corridor's own source; route deviation as watched in vessel traffic services"
NEEDS = ("corridor", "fairway")
POLICY = Policy(raise_after_s=60.0, clear_after_s=60.0)
TITLE = {"en": "Out of the fairway", "zh": "偏离航道"}
TEXT = {
    "en": "{vessel} ({length_m} m) is {excess} m outside {zone}, {cross_m} m off its axis",
    "zh": "{vessel}(长{length_m}米)偏出{zone}{excess}米,距中线{cross_m}米",
}
PARAMETERS = {
    "stray_m": (50.0, "m", "ours: beyond the Watch's margin and a vessel's half length"),
    "deep_length_m": (100.0, "m", "ours: smaller vessels may leave a fairway where there is water"),
    "stray_deg": (45.0, "deg", "ours: who turns away farther has left it on purpose"),
}


def evaluate(scene):
    """A finding per vessel; excess is her distance from the fairway's edge, metres. NaN where her length is unknown.

    LNG carriers are `lng_deviation`'s: one alert per cause.
    """
    terms = scene.terms
    pairs, cross_m, off_deg = strayed(scene, terms.of("corridor", "fairway") & (terms.text("lng_zone") == ""))
    length_m = scene.length_m[pairs.row]
    out_m = pairs.edge_m - terms.value("stray_m", PARAMETERS["stray_m"][0])[pairs.zone]
    least_m = terms.value("deep_length_m", PARAMETERS["deep_length_m"][0])[pairs.zone]
    excess = np.where((out_m > 0) & (off_deg <= PARAMETERS["stray_deg"][0]), pairs.edge_m, 0.0)
    excess = np.where(np.isnan(length_m) & (excess > 0), np.nan, np.where(length_m < least_m, 0.0, excess))
    excess[scene.is_lng[pairs.row]] = 0.0
    severity = np.where(pairs.edge_m > 200, WARNING, CAUTION)
    return scene.findings(pairs.row, pairs.zone, excess, severity, length_m=length_m, cross_m=cross_m)
