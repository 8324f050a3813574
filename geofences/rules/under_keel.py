"""Too little water under the keel for a zone's depth, where her draught and the depth are both known."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "m"
CITATION = "珠江口水域船舶安全航行规定 art. 5: 12 % of draught under the keel from Mayoushi to Nansha, 10 % north of it"
NEEDS = ("depth_m",)
POLICY = Policy(raise_after_s=30.0, clear_after_s=60.0)
TITLE = {"en": "Too little water under the keel", "zh": "富余水深不足"}
TEXT = {
    "en": "{vessel} draws {draught_m} m in {zone} of {depth_m} m: {excess} m short of {ukc_pct} % under the keel",
    "zh": "{vessel}吃水{draught_m}米,{zone}水深{depth_m}米,距{ukc_pct}%富余水深尚缺{excess}米",
}
PARAMETERS = {
    "depth_m": (
        np.nan,
        "m",
        "the zone's own source, at chart datum; the tide is not added unless the zone gives tide_m",
    ),
    "tide_m": (0.0, "m", "ours: chart datum, the safe side"),
    "ukc_pct": (12.0, "% of draught", "珠江口水域船舶安全航行规定 art. 5"),
}


def evaluate(scene):
    """A finding per vessel under way in a zone of known depth: excess is the water that is missing, metres.

    NaN where her draught is unknown. AIS tells 25.5 m for that or more, and the master types it in by hand.
    """
    terms = scene.terms
    depth_m = terms.value("depth_m", np.nan) + terms.value("tide_m", PARAMETERS["tide_m"][0])
    pairs = scene.inside(~np.isnan(depth_m) & ~terms.of("anchorage"))
    pairs = pairs.where(scene.under_way[pairs.row])
    draught_m = scene.static("draught_m")[pairs.row]
    ukc_pct = terms.value("ukc_pct", PARAMETERS["ukc_pct"][0])[pairs.zone]
    water_m = depth_m[pairs.zone]
    excess = draught_m * (1.0 + ukc_pct / 100.0) - water_m
    severity = np.where(draught_m >= water_m, ALARM, WARNING)
    return scene.findings(
        *(pairs.row, pairs.zone, np.where(excess > 1e-9, excess, np.minimum(excess, 0.0)), severity),
        draught_m=draught_m,
        depth_m=water_m,
        ukc_pct=ukc_pct,
    )
