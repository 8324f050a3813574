"""Will these two vessels come within a quarter of a mile of each other, not before five minutes from now?"""

import numpy as np

from vts.units import NM

ROWS = "pair"
FAMILIES = ("pair", "approach")
HORIZON_MIN = 15.0
LEAD_MIN = 5.0  # sooner than this is the rule's business: it is always on
WINDOW_MIN = 10.0
CONSEQUENCE = 0.9
TITLE = {"en": "Close approach", "zh": "近距离会遇"}
TEXT = {
    "en": "DCPA {dcpa_nm} nm in {tcpa_min} min with {other}; alters {turns} degrees",
    "zh": "与{other}最近会遇距离 {dcpa_nm} 海里，{tcpa_min} 分钟后；转向 {turns} 度",
}
MONOTONE = {"dcpa_nm": -1, "p_close": 1, "ddv": 1}
LIMIT_M = 0.25 * NM
UNDER_WAY_KN = 3.0


def candidates(view):
    """(rows of view.encounters, keys (n, 2) of track and other): strangers under way and still apart."""
    pairs, sog = view.encounters, view.tracks.sog_kn
    moving = np.fmax(sog[pairs.row], sog[pairs.other_row]) >= UNDER_WAY_KN
    rows = np.flatnonzero((pairs.company == 0) & (pairs.range_m > LIMIT_M) & moving)
    return rows, np.column_stack([pairs.track[rows], pairs.other[rows]])


def happening(view):
    """Keys (n, 2) of pairs that are that close now."""
    pairs, sog = view.encounters, view.tracks.sog_kn
    moving = np.fmax(sog[pairs.row], sog[pairs.other_row]) >= UNDER_WAY_KN
    close = (pairs.company == 0) & (pairs.range_m <= LIMIT_M) & moving
    return np.column_stack([pairs.track[close], pairs.other[close]])


def rule(x):
    """The CPA rule on feature columns: the smaller DCPA to come the riskier, then the sooner."""
    to_come = (x["tcpa_min"] >= 0) & np.isfinite(x["dcpa_nm"])
    return np.where(to_come, -np.nan_to_num(x["dcpa_nm"]) - 1e-3 * np.nan_to_num(x["tcpa_min"]), -10.0 - x["range_nm"])


def persistence(x):
    """As it is now, so it stays: the nearer the riskier."""
    return -x["range_nm"]


def facts(x):
    """Numbers for TEXT from one row's features."""
    if not np.isfinite(x["dcpa_nm"]) or x["tcpa_min"] < 0:
        return None
    turns = round(x["turns_deg"]) if np.isfinite(x["turns_deg"]) else 0
    return {"dcpa_nm": round(x["dcpa_nm"], 2), "tcpa_min": round(x["tcpa_min"], 1), "turns": turns}
