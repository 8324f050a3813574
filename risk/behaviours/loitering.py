"""Slow and going nowhere for hours, away from the places where ships lie."""

import numpy as np

from risk.behaviours._common import findings, in_kind
from risk.ledger import among
from vts.lifecycle import Policy
from vts.schema import CAUTION

UNIT = "kn"
CITATION = (
    "Global Fishing Watch: hourly mean under 2 kn, 4 h at least (8 h in Miller 2018); its 20 nm from shore is left out"
)
POLICY = Policy(raise_after_s=4 * 3600.0, clear_after_s=1800.0)
TITLE = {"en": "Loitering", "zh": "徘徊滞留"}
TEXT = {
    "en": "{vessel} loiters at {sog_kn} kn outside every anchorage",
    "zh": "{vessel}在锚地以外低速徘徊，航速 {sog_kn} 节",
}
PARAMETERS = {
    "mean_kn": (2.0, "kn", "Global Fishing Watch"),
    "after_h": (4.0, "h", "Global Fishing Watch; POLICY.raise_after_s"),
}
AT_REST = (1, 5, 6)  # M.1371-5 table 45: at anchor, moored, aground


def evaluate(view, memory):
    """Knots under the limit."""
    tracks = view.tracks
    mean = np.where(view.recent("span_min") > 5.0, view.recent("sog_mean_kn"), tracks.sog_kn)
    slow = (mean < PARAMETERS["mean_kn"][0]) & ~among(tracks.nav_status, AT_REST) & ~in_kind(view, "stop")
    rows = np.flatnonzero(slow)
    return findings(view, rows, PARAMETERS["mean_kn"][0] - mean[rows], severity=CAUTION, sog_kn=mean[rows])
