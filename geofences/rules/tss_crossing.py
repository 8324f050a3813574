"""Crossing a traffic lane, but not as nearly as practicable at right angles."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import CAUTION

UNIT = "deg"
CITATION = "COLREG rule 10(c): cross on a heading as nearly as practicable at right angles to the traffic flow"
NEEDS = ("tss_lane",)
POLICY = Policy(raise_after_s=120.0, clear_after_s=60.0)
TITLE = {"en": "Crossing a lane at a slant", "zh": "未以直角穿越通航分道"}
TEXT = {
    "en": "{vessel} crosses {zone} at {angle_deg}° to its traffic, {excess}° from where a crossing begins",
    "zh": "{vessel}以{angle_deg}°交角穿越{zone},偏离直角穿越范围{excess}°",
}
PARAMETERS = {
    "along_deg": (30.0, "deg", "ours: up to this off the lane's direction she follows it"),
    "square_deg": (60.0, "deg", "ours: from this on, up to 120, she crosses nearly at right angles"),
    "way_on_kn": (2.0, "kn", "ours: a course over ground means little below"),
}


def evaluate(scene):
    """A finding per vessel between following and crossing; excess is what is missing to the nearer of both, degrees.

    Rule 10(c) speaks of heading: it is used where known, the course over ground where not.
    """
    terms, tracks = scene.terms, scene.tracks
    pairs = scene.inside(terms.of("tss_lane"))
    pairs = pairs.where(tracks.sog_kn[pairs.row] >= PARAMETERS["way_on_kn"][0])
    heading = tracks.heading_deg[pairs.row]
    course = np.where(np.isnan(heading), tracks.cog_deg[pairs.row], heading)
    angle_deg = np.abs((course - scene.axis_deg(pairs) + 180) % 360 - 180)
    along_deg = terms.value("along_deg", PARAMETERS["along_deg"][0])[pairs.zone]
    square_deg = terms.value("square_deg", PARAMETERS["square_deg"][0])[pairs.zone]
    fore = np.minimum(angle_deg - along_deg, square_deg - angle_deg)
    aft = np.minimum(angle_deg - (180 - square_deg), 135.0 - angle_deg)  # beyond it is wrong way
    return scene.findings(pairs.row, pairs.zone, np.maximum(fore, aft), CAUTION, angle_deg=angle_deg)
