"""Will enter water too shallow for her, by her course, speed and their uncertainty: a grounding foreseen."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "m"
CITATION = "珠江口水域船舶安全航行规定 art. 5: 12 % of draught; prediction by the covariance of the track"
NEEDS = ("depth_m",)
POLICY = Policy(raise_after_s=20.0, clear_after_s=60.0)
TITLE = {"en": "Shallow water ahead", "zh": "前方水深不足"}
TEXT = {
    "en": "{vessel} draws {draught_m} m and will be in {zone} of {depth_m} m in {enter_min} min "
    "({chance_pct} % likely): {excess} m short",
    "zh": "{vessel}吃水{draught_m}米,预计{enter_min}分钟后进入水深{depth_m}米的{zone}(可能性{chance_pct}%),"
    "富余水深尚缺{excess}米",
}
PARAMETERS = {
    "keel_horizon_min": (4.0, "min", "ours: a large ship needs as long to stop; in a bend every course ends ashore"),
    "chance_pct": (60.0, "%", "ours: what is as likely to miss is not told"),
    "depth_m": (np.nan, "m", "the zone's own source, at chart datum"),
    "tide_m": (0.0, "m", "ours: chart datum, the safe side"),
    "ukc_pct": (12.0, "% of draught", "珠江口水域船舶安全航行规定 art. 5"),
}


def evaluate(scene):
    """A finding per vessel and area ahead: excess is the water that will be missing, metres; NaN: draught unknown."""
    terms = scene.terms
    water_m = terms.value("depth_m", np.nan) + terms.value("tide_m", PARAMETERS["tide_m"][0])
    horizon_min = terms.value("keel_horizon_min", PARAMETERS["keel_horizon_min"][0])
    draught_m, ukc_pct = scene.static("draught_m"), terms.value("ukc_pct", PARAMETERS["ukc_pct"][0])

    def short_m(pairs):
        return draught_m[pairs.row] * (1.0 + ukc_pct[pairs.zone] / 100.0) - water_m[pairs.zone]

    areas = ~np.isnan(water_m) & ~terms.of("anchorage")
    pairs, chance, enter_min = scene.soon(areas, horizon_min, lambda pairs: ~(short_m(pairs) <= 1e-9))
    likely = 100.0 * chance >= terms.value("chance_pct", PARAMETERS["chance_pct"][0])[pairs.zone]
    excess = np.where(likely & np.isfinite(enter_min), short_m(pairs), 0.0)
    aground = draught_m[pairs.row] >= water_m[pairs.zone]
    return scene.findings(
        *(pairs.row, pairs.zone, excess, np.where(aground, ALARM, WARNING)),
        draught_m=draught_m[pairs.row],
        depth_m=water_m[pairs.zone],
        enter_min=enter_min,
        chance_pct=100.0 * chance,
    )
