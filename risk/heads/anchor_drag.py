"""Will this anchored vessel drag?"""

import numpy as np

ROWS = "track"
FAMILIES = ("motion",)
HORIZON_MIN = 30.0
LEAD_MIN = 0.0
WINDOW_MIN = 10.0
CONSEQUENCE = 0.6
TITLE = {"en": "Anchor drag", "zh": "走锚"}
TEXT = {"en": "at anchor and makes {sog_kn} kn", "zh": "锚泊中移动 {sog_kn} 节"}
MONOTONE = {"sog_mean_kn": 1}
DRAG_KN = 0.5
STRAIGHT = 0.7  # swinging goes to and fro, dragging goes one way


def candidates(view):
    """(rows of the tracks, keys (n, 2) of track and -1): says she is at anchor, and does not drag yet."""
    tracks = view.tracks
    rows = np.flatnonzero((tracks.nav_status == 1) & (tracks.sog_kn < 3.0) & ~_drags(view))
    return rows, np.column_stack([tracks.track[rows], np.full(rows.size, -1)])


def happening(view):
    """Keys (n, 2) of vessels that drag now."""
    now = (view.tracks.nav_status == 1) & _drags(view)
    return np.column_stack([view.tracks.track[now], np.full(int(now.sum()), -1)])


def _drags(view):
    made = np.hypot(view.recent("made_east_kn"), view.recent("made_north_kn"))
    return (view.recent("span_min") >= 5.0) & (made >= DRAG_KN) & (view.recent("made_good") >= STRAIGHT)


def rule(x):
    """The rule on feature columns: the faster and the straighter she moves at anchor."""
    return np.nan_to_num(x["sog_mean_kn"]) * np.nan_to_num(x["made_good"])


def persistence(x):
    """As it is now, so it stays: the faster the likelier."""
    return np.nan_to_num(x["sog_kn"])


def facts(x):
    """Numbers for TEXT from one row's features."""
    return {"sog_kn": round(x["sog_kn"], 1)} if x["sog_kn"] >= DRAG_KN else None
