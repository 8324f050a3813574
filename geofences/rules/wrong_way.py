"""Against the direction of a traffic lane, or of a one-way corridor."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "deg"
CITATION = "COLREG rule 10(b)(i): proceed in the general direction of traffic flow of the lane"
NEEDS = ("tss_lane", "one_way")
POLICY = Policy(raise_after_s=60.0, clear_after_s=60.0)
TITLE = {"en": "Wrong way", "zh": "逆向航行"}
TEXT = {
    "en": "{vessel} makes {cog_deg}° at {sog_kn} kn in {zone}, where traffic goes {axis_deg}°",
    "zh": "{vessel}在{zone}航向{cog_deg}°、航速{sog_kn}节,与船流方向{axis_deg}°相反",
}
PARAMETERS = {
    "wrong_way_deg": (135.0, "deg", "ours: nearer to the opposite course than to a crossing"),
    "way_on_kn": (2.0, "kn", "ours: a course over ground means little below"),
}


def evaluate(scene):
    """A finding per vessel going against a lane; excess is how far beyond the limit she turns from it, in degrees."""
    terms, tracks = scene.terms, scene.tracks
    pairs = scene.inside(terms.of("tss_lane") | (terms.of("corridor", "fairway") & terms.flag("one_way")))
    pairs = pairs.where(tracks.sog_kn[pairs.row] >= PARAMETERS["way_on_kn"][0])
    axis_deg = scene.axis_deg(pairs)
    off_deg = np.abs((tracks.cog_deg[pairs.row] - axis_deg + 180) % 360 - 180)
    excess = off_deg - terms.value("wrong_way_deg", PARAMETERS["wrong_way_deg"][0])[pairs.zone]
    return scene.findings(
        *(pairs.row, pairs.zone, excess, np.where(off_deg > 160, ALARM, WARNING)),
        cog_deg=tracks.cog_deg[pairs.row],
        sog_kn=tracks.sog_kn[pairs.row],
        axis_deg=axis_deg,
    )
