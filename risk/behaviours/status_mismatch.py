"""Says one thing and does another: at anchor or moored and moving, or under way and lying still for hours."""

import numpy as np

from risk.behaviours._common import findings
from risk.ledger import Ledger, among
from vts.lifecycle import Policy
from vts.schema import CAUTION
from vts.units import HOUR

UNIT = "kn"
CITATION = (
    "ITU-R M.1371-5 tables 1 and 45: at anchor or moored above 3 kn is a contradiction of the reporting intervals"
)
POLICY = Policy(raise_after_s=120.0, clear_after_s=300.0)
TITLE = {"en": "Status against motion", "zh": "航行状态与运动不符"}
TEXT = {
    "en": "{vessel} says that she is {status} and makes {sog_kn} kn",
    "zh": "{vessel}报告{status}，实际航速 {sog_kn} 节",
}
STATUS = {0: "under way", 1: "at anchor", 5: "moored"}  # M.1371-5 table 45
PARAMETERS = {
    "moving_kn": (3.0, "kn", "M.1371-5 table 1: the border between the intervals of a ship at anchor"),
    "still_kn": (0.2, "kn", "Global Fishing Watch: a stop begins below 0.2 kn"),
    "still_h": (6.0, "h", "consistency rule: under way at 0 kn for more than 6 h"),
}


def evaluate(view, memory):
    """Knots over the limit, or 1 for a ship that says she is under way and lies still. memory: a ledger by track."""
    tracks = view.tracks
    rest = among(tracks.nav_status, (1, 5))
    over = np.where(rest, tracks.sog_kn - PARAMETERS["moving_kn"][0], 0.0)
    still = (tracks.nav_status == 0) & (tracks.sog_kn < PARAMETERS["still_kn"][0])
    lying = np.flatnonzero(still)
    noted = memory.setdefault("lying", Ledger(since_ns="i8"))
    old = noted.at(tracks.track[lying])
    since = np.full(lying.size, int(view.at_ns))
    since[old >= 0] = noted["since_ns"][old[old >= 0]]
    over[lying[view.at_ns - since > PARAMETERS["still_h"][0] * HOUR]] = 1.0
    noted.key, noted.columns["since_ns"] = tracks.track[lying], since  # who no longer lies is forgotten
    rows = np.flatnonzero(over > 0)
    status = np.array([STATUS[int(s)] for s in tracks.nav_status[rows]], "<U12")
    return findings(view, rows, over[rows], severity=CAUTION, status=status, sog_kn=tracks.sog_kn[rows])
