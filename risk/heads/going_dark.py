"""Will this vessel stop reporting although it is within hearing?"""

import numpy as np

ROWS = "track"
FAMILIES = ("motion",)
HORIZON_MIN = 30.0
LEAD_MIN = 0.0
WINDOW_MIN = 10.0
CONSEQUENCE = 0.4
TITLE = {"en": "Going dark", "zh": "关闭应答器"}
TEXT = {"en": "last report {age_s} s ago", "zh": "{age_s} 秒前最后报告"}
MONOTONE = {"age_s": 1}
SILENT_S = 300.0
FRESH_S = 60.0


def candidates(view):
    """(rows of the tracks, keys (n, 2) of track and -1): vessels with AIS that report."""
    rows = np.flatnonzero((view.tracks.mmsi >= 0) & (view.tracks.age_s < FRESH_S))
    return rows, np.column_stack([view.tracks.track[rows], np.full(rows.size, -1)])


def happening(view):
    """Keys (n, 2) of vessels silent for five minutes."""
    now = (view.tracks.mmsi >= 0) & (view.tracks.age_s >= SILENT_S)
    return np.column_stack([view.tracks.track[now], np.full(int(now.sum()), -1)])


def rule(x):
    """The rule on feature columns: the longer the silence so far."""
    return np.nan_to_num(x["age_s"])


def persistence(x):
    """As it is now, so it stays."""
    return np.nan_to_num(x["age_s"])


def facts(x):
    """Numbers for TEXT from one row's features."""
    return {"age_s": round(x["age_s"])} if x["age_s"] > FRESH_S / 2 else None
