"""Turns far more than a passage needs: zig-zag, or a turn back."""

import numpy as np

from risk.behaviours._common import findings, in_kind, lain_near
from risk.ledger import among
from vts.lifecycle import Policy
from vts.schema import CAUTION

UNIT = "deg"
CITATION = "ours"
POLICY = Policy(raise_after_s=30.0, clear_after_s=900.0)
TITLE = {"en": "Unusual turning", "zh": "异常转向"}
TEXT = {
    "en": "{vessel} altered course by {turn_deg} degrees in all within ten minutes",
    "zh": "{vessel}十分钟内累计转向 {turn_deg} 度",
}
PARAMETERS = {
    "turn_deg": (240.0, "deg", "ours: sum of alterations within ten minutes"),
    "least_kn": (5.0, "kn", "ours: slower vessels are manoeuvring"),
}
SMALL_CRAFT = (30, 36, 37, 51, 52, 53, 55)  # fishing, sailing, pleasure, rescue, tug, tender, law enforcement


def evaluate(view, memory):
    """Degrees over the limit. memory: cells where vessels have lain."""
    turn = view.recent("turn_sum_deg")
    steady = view.recent("sog_min_kn") >= PARAMETERS["least_kn"][0]
    busy = among(view.static("ship_type", -1), SMALL_CRAFT)
    rows = np.flatnonzero((turn > PARAMETERS["turn_deg"][0]) & steady & ~busy & ~in_kind(view, "stop"))
    rows = rows[~lain_near(view, memory, rows)]
    return findings(view, rows, turn[rows] - PARAMETERS["turn_deg"][0], severity=CAUTION, turn_deg=turn[rows])
