"""Will this vessel under way lie stopped outside every anchorage and berth?"""

import numpy as np

from risk.behaviours._common import in_kind
from risk.ledger import among

ROWS = "track"
FAMILIES = ("motion",)
HORIZON_MIN = 30.0
LEAD_MIN = 5.0
WINDOW_MIN = 10.0
CONSEQUENCE = 0.5
TITLE = {"en": "Unplanned stop", "zh": "意外停船"}
TEXT = {"en": "loses way: {slows} kn in ten minutes", "zh": "失速：十分钟内减速 {slows} 节"}
MONOTONE = {"sog_change_kn": -1}
STOPPED_KN, UNDER_WAY_KN = 1.5, 4.0
AT_REST = (1, 5, 6)  # M.1371-5 table 45: at anchor, moored, aground


def candidates(view):
    """(rows of the tracks, keys (n, 2) of track and -1): under way, outside the places where ships stop."""
    tracks = view.tracks
    use = (tracks.sog_kn >= UNDER_WAY_KN) & ~among(tracks.nav_status, AT_REST) & ~in_kind(view, "stop")
    rows = np.flatnonzero(use)
    return rows, np.column_stack([tracks.track[rows], np.full(rows.size, -1)])


def happening(view):
    """Keys (n, 2) of vessels that have just lost their way."""
    tracks = view.tracks
    now = (tracks.sog_kn < STOPPED_KN) & (view.recent("sog_max_kn") >= UNDER_WAY_KN)
    now &= ~among(tracks.nav_status, AT_REST) & ~in_kind(view, "stop")
    return np.column_stack([tracks.track[now], np.full(int(now.sum()), -1)])


def rule(x):
    """The rule on feature columns: minutes until the present loss of speed brings it to rest, inverted."""
    with np.errstate(divide="ignore", invalid="ignore"):
        minutes = x["sog_kn"] / np.maximum(-x["sog_change_kn"] / np.maximum(x["span_min"], 1.0), 1e-6)
    return np.where(x["sog_change_kn"] < 0, 1.0 / (1.0 + np.nan_to_num(minutes, nan=1e6)), 0.0)


def persistence(x):
    """As it is now, so it stays: the slower the likelier."""
    return -x["sog_kn"]


def facts(x):
    """Numbers for TEXT from one row's features."""
    return {"slows": round(-x["sog_change_kn"], 1)} if x["sog_change_kn"] < -1 else None
