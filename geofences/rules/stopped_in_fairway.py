"""Stopped in a fairway, corridor or traffic lane, and not at anchor."""

import numpy as np

from geofences.mooring_kernels import STOPPED
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING
from vts.units import S

UNIT = "min"
CITATION = (
    "海上交通安全法 (2021) art. 47: stop in proper places only; COLREG rule 9(g): avoid anchoring in a narrow channel"
)
NEEDS = ("corridor", "fairway", "tss_lane")
POLICY = Policy(raise_after_s=0.0, clear_after_s=60.0)
TITLE = {"en": "Stopped in a fairway", "zh": "航道内滞航"}
TEXT = {
    "en": "{vessel} has been stopped in {zone} for {excess} min",
    "zh": "{vessel}在{zone}内停航{excess}分钟",
}
PARAMETERS = {
    "stop_min": (10.0, "min", "ours: a vessel that waits for a pilot or a bridge is stopped for some minutes"),
}


def evaluate(scene):
    """A finding per vessel stopped there for longer than `stop_min`; excess is how long, in minutes.

    Pilot boats, escorts and patrols wait where their work is: those that the register of attendants names are left out.
    """
    terms = scene.terms
    pairs = scene.inside(terms.of("corridor", "fairway", "tss_lane"))
    stopped = (scene.moorings.state == STOPPED) & ~scene.attends()
    pairs = pairs.where(stopped[pairs.row])
    since_ns = np.maximum(scene.moorings.since_ns[pairs.row], pairs.since_ns)
    stopped_min = (scene.at_ns - since_ns) / (60 * S)
    long_min = terms.value("stop_min", PARAMETERS["stop_min"][0])[pairs.zone]
    excess = np.where(stopped_min > long_min, stopped_min, 0.0)
    severity = np.where(stopped_min > 20, WARNING, CAUTION)
    return scene.findings(pairs.row, pairs.zone, excess, severity, since_ns=since_ns)
