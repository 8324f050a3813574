"""Loses much of her speed within minutes, away from the places where ships slow down."""

import numpy as np

from risk.behaviours._common import findings, in_kind, lain_near, near_kind_m
from vts.lifecycle import Policy
from vts.schema import CAUTION

UNIT = "kn"
CITATION = "ours: faster than a ship slows for a pilot or a berth"
POLICY = Policy(raise_after_s=20.0, clear_after_s=600.0)
TITLE = {"en": "Sudden slow-down", "zh": "突然减速"}
TEXT = {
    "en": "{vessel} slowed from {from_kn} to {sog_kn} kn within ten minutes",
    "zh": "{vessel}十分钟内由 {from_kn} 节减至 {sog_kn} 节",
}
REASON = {"en": "slowed from {from_kn} to {sog_kn} kn", "zh": "由 {from_kn} 节减至 {sog_kn} 节"}
PARAMETERS = {
    "share": (0.5, "1", "ours: of her speed ten minutes ago"),
    "from_kn": (6.0, "kn", "ours: at least this fast before"),
    "near_m": (3000.0, "m", "ours, after the 3 km port entry of Global Fishing Watch: nearer, slowing is expected"),
}


def evaluate(view, memory):
    """Knots lost beyond the allowed share. memory: cells where vessels have lain."""
    tracks = view.tracks
    before = tracks.sog_kn - view.recent("sog_change_kn")
    over = before * (1.0 - PARAMETERS["share"][0]) - tracks.sog_kn
    rows = np.flatnonzero((before >= PARAMETERS["from_kn"][0]) & (over > 0) & ~in_kind(view, "stop"))
    if rows.size:
        rows = rows[~(near_kind_m(view, "stop")[rows] < PARAMETERS["near_m"][0])]
    rows = rows[~lain_near(view, memory, rows)]
    return findings(view, rows, over[rows], severity=CAUTION, from_kn=before[rows], sog_kn=tracks.sog_kn[rows])
