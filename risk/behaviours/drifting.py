"""Not under command of her engine: the hull points one way and goes slowly another."""

import numpy as np

from risk.behaviours._common import findings, in_kind
from risk.ledger import among
from vts.lifecycle import Policy
from vts.schema import WARNING

UNIT = "deg"
CITATION = "ours: heading against course over ground (ITU-R M.1371-5 message 1)"
POLICY = Policy(raise_after_s=300.0, clear_after_s=120.0)
TITLE = {"en": "Drifting", "zh": "漂航"}
TEXT = {
    "en": "{vessel} drifts at {sog_kn} kn, {off_deg} degrees off her heading",
    "zh": "{vessel}漂航，航速 {sog_kn} 节，航迹向偏离船首 {off_deg} 度",
}
REASON = {
    "en": "drifts at {sog_kn} kn, {off_deg} degrees off her heading",
    "zh": "漂航 {sog_kn} 节，偏离船首 {off_deg} 度",
}
PARAMETERS = {
    "off_deg": (45.0, "deg", "ours"),
    "least_kn": (0.5, "kn", "ours: below it a course is noise"),
    "most_kn": (3.0, "kn", "ours: wind and stream seldom drive a ship faster"),
}
AT_REST = (1, 5, 6)


def evaluate(view, memory):
    """Degrees over the limit."""
    tracks = view.tracks
    off = np.abs((tracks.heading_deg - tracks.cog_deg + 180.0) % 360.0 - 180.0)
    slow = (tracks.sog_kn >= PARAMETERS["least_kn"][0]) & (tracks.sog_kn <= PARAMETERS["most_kn"][0])
    made = np.hypot(view.recent("made_east_kn"), view.recent("made_north_kn"))
    goes = ~(made < PARAMETERS["least_kn"][0])  # turning on the spot is not drifting
    drifts = (
        slow & goes & (off > PARAMETERS["off_deg"][0]) & ~among(tracks.nav_status, AT_REST) & ~in_kind(view, "stop")
    )
    rows = np.flatnonzero(drifts)
    return findings(
        view,
        rows,
        off[rows] - PARAMETERS["off_deg"][0],
        severity=WARNING,
        sog_kn=tracks.sog_kn[rows],
        off_deg=off[rows],
    )
