"""Joining or leaving a traffic lane from its side at a large angle to the traffic."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import CAUTION
from vts.units import S

UNIT = "deg"
CITATION = "COLREG rule 10(b)(iii): when joining from a side, do so at as small an angle to the traffic as practicable"
NEEDS = ("tss_lane",)
POLICY = Policy(raise_after_s=0.0, clear_after_s=300.0)
TITLE = {"en": "Joining a lane at a large angle", "zh": "大角度驶入通航分道"}
TEXT = {
    "en": "{vessel} joined {zone} at {angle_deg}° to its traffic and then followed it",
    "zh": "{vessel}以{angle_deg}°交角驶入{zone}并沿分道航行",
}
PARAMETERS = {
    "joining_deg": (30.0, "deg", "ours: what is practicable depends on the place"),
    "settle_s": (600.0, "s", "ours: who has not turned into the lane by then crosses it"),
}


def evaluate(scene):
    """A finding per vessel that follows a lane which she entered at a large angle; excess is beyond the limit, degrees.

    She is one that joins, not one that crosses, when she has turned to within the limit of the lane's direction.
    NaN where her course at entry is not known.
    """
    terms, tracks = scene.terms, scene.tracks
    pairs = scene.inside(terms.of("tss_lane"))
    pairs = pairs.where(scene.at_ns - pairs.since_ns <= PARAMETERS["settle_s"][0] * S)
    axis_deg = scene.axis_deg(pairs)
    limit_deg = terms.value("joining_deg", PARAMETERS["joining_deg"][0])[pairs.zone]
    now_deg = np.abs((tracks.cog_deg[pairs.row] - axis_deg + 180) % 360 - 180)
    then_deg = np.abs((scene.entry_cog_deg(pairs) - axis_deg + 180) % 360 - 180)
    excess = np.where(now_deg <= limit_deg, then_deg - limit_deg, 0.0)
    excess[then_deg > 135.0] = 0.0  # that was the wrong way
    return scene.findings(*(pairs.row, pairs.zone, excess, CAUTION), since_ns=pairs.since_ns, angle_deg=then_deg)
