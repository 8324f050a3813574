"""Will enter a traffic lane, or a one-way corridor, against its direction if she keeps her course."""

import numpy as np

from geofences.rules._ahead import CHANCE, left_min
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "min"
CITATION = "COLREG rule 10(b)(i): the general direction of traffic flow; prediction by the covariance of the track"
NEEDS = ("tss_lane", "one_way")
POLICY = Policy(raise_after_s=30.0, clear_after_s=60.0)
TITLE = {"en": "About to enter a lane the wrong way", "zh": "即将逆向驶入航道"}
TEXT = {
    "en": "{vessel} on {cog_deg}° will enter {zone} in {enter_min} min ({chance_pct} % likely), where traffic goes "
    "{axis_deg}°",
    "zh": "{vessel}航向{cog_deg}°,预计{enter_min}分钟后逆向进入船流方向{axis_deg}°的{zone}(可能性{chance_pct}%)",
}
PARAMETERS = {
    "lane_horizon_min": (5.0, "min", "ours: time enough to call her and for her to turn"),
    "chance_pct": CHANCE,
    "wrong_way_deg": (135.0, "deg", "ours: nearer to the opposite course than to a crossing"),
    "way_on_kn": (2.0, "kn", "ours: a course over ground means little below"),
}


def evaluate(scene):
    """A finding per vessel and lane ahead; excess is what is left of the horizon when she enters, in minutes."""
    terms, tracks = scene.terms, scene.tracks
    horizon_min = terms.value("lane_horizon_min", PARAMETERS["lane_horizon_min"][0])
    lanes = terms.of("tss_lane") | (terms.of("corridor", "fairway") & terms.flag("one_way"))
    least_deg = terms.value("wrong_way_deg", PARAMETERS["wrong_way_deg"][0])

    def against(pairs):
        off_deg = np.abs((tracks.cog_deg[pairs.row] - scene.axis_deg(pairs) + 180) % 360 - 180)
        return (off_deg > least_deg[pairs.zone]) & (tracks.sog_kn[pairs.row] >= PARAMETERS["way_on_kn"][0])

    pairs, chance, enter_min = scene.soon(lanes, horizon_min, against)
    return scene.findings(
        *(pairs.row, pairs.zone, left_min(scene, pairs, chance, enter_min, horizon_min)),
        np.where(enter_min < 2, WARNING, CAUTION),
        cog_deg=tracks.cog_deg[pairs.row],
        axis_deg=scene.axis_deg(pairs),
        enter_min=enter_min,
        chance_pct=100.0 * chance,
    )
