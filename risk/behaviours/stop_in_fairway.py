"""Lies stopped in a fairway, where nobody should."""

import numpy as np

from risk.behaviours._common import findings, in_kind
from vts.lifecycle import Policy
from vts.schema import WARNING

UNIT = "kn"
CITATION = "COLREG Rule 10(g) and 9(g): avoid anchoring in schemes and narrow channels; 海上交通安全法 (2021) art. 47"
POLICY = Policy(raise_after_s=180.0, clear_after_s=120.0)
TITLE = {"en": "Stopped in a fairway", "zh": "航道内停船"}
TEXT = {"en": "{vessel} lies stopped in a fairway at {sog_kn} kn", "zh": "{vessel}停于航道内，航速 {sog_kn} 节"}
PARAMETERS = {"most_kn": (0.5, "kn", "Global Fishing Watch: a stop ends above 0.5 kn")}


def evaluate(view, memory):
    """Knots under the limit."""
    tracks = view.tracks
    limit = PARAMETERS["most_kn"][0]
    rows = np.flatnonzero((tracks.sog_kn < limit) & in_kind(view, "fairway") & ~in_kind(view, "stop"))
    return findings(view, rows, limit - tracks.sog_kn[rows], severity=WARNING, sog_kn=tracks.sog_kn[rows])
