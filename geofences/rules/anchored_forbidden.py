"""At anchor where anchoring is forbidden: a no-anchoring area, over a cable or pipeline, in a lane or fairway."""

import numpy as np

from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "m"
CITATION = "广州港口章程 (2011) art. 43: no anchoring in channels, no-anchoring areas, over cables, pipes and tunnels"
NEEDS = ("no_anchoring_area", "cable", "pipeline", "corridor", "fairway", "tss_lane", "tss_separation_zone")
POLICY = Policy(raise_after_s=120.0, clear_after_s=120.0)
TITLE = {"en": "Anchored where it is forbidden", "zh": "禁锚区内锚泊"}
TEXT = {
    "en": "{vessel} lies at anchor {excess} m inside {zone}, where anchoring is forbidden",
    "zh": "{vessel}在禁止锚泊的{zone}内{excess}米处锚泊",
}
PARAMETERS = {
    "inside_m": (0.0, "m", "ours: an offence begins at the line; the Watch's margin is beyond it"),
}
PROTECTED = ("cable", "pipeline")
FORBIDDEN = ("no_anchoring_area", *PROTECTED, "corridor", "fairway", "tss_lane", "tss_separation_zone")


def evaluate(scene):
    """A finding per anchored vessel and such zone: excess is how far she is inside it, in metres."""
    pairs = scene.inside(scene.terms.of(*FORBIDDEN))
    pairs = pairs.where(scene.anchored[pairs.row])
    proper = np.zeros(scene.tracks.n, bool)
    proper[scene.inside(scene.terms.of("anchorage")).row] = True
    # a fairway may be drawn through an anchorage, and the anchorage is there to anchor in
    pairs = pairs.where(~(proper[pairs.row] & scene.terms.of("corridor", "fairway")[pairs.zone]))
    inside_m = scene.terms.value("inside_m", PARAMETERS["inside_m"][0])[pairs.zone]
    excess = np.where(-pairs.edge_m > inside_m, np.maximum(-pairs.edge_m, 1.0), 0.0)
    severity = np.where(scene.terms.of(*PROTECTED)[pairs.zone], ALARM, WARNING)
    since_ns = np.maximum(scene.moorings.since_ns[pairs.row], pairs.since_ns)
    return scene.findings(pairs.row, pairs.zone, excess, severity, since_ns=since_ns)
