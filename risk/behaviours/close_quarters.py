"""The CPA rule: two strangers will pass too near, too soon. Always on, whatever the model thinks."""

import numpy as np

from risk.behaviours._common import findings
from risk.encounters import SITUATIONS
from vts.lifecycle import Policy
from vts.schema import ALARM, CAUTION, WARNING

UNIT = "m"
CITATION = "COLREG Rules 7, 8, 13-15; limits are RiskConfig dcpa_m and tcpa_min, set by the operator (customary values)"
POLICY = Policy(raise_after_s=20.0, clear_after_s=60.0)
TITLE = {"en": "Risk of collision", "zh": "碰撞危险"}
TEXT = {
    "en": "{vessel} and {other}: DCPA {dcpa_nm} nm in {tcpa_min} min, {situation}",
    "zh": "{vessel}与{other}最近会遇距离 {dcpa_nm} 海里，{tcpa_min} 分钟后，{situation}",
}
# In a score there is no room for names: the facts alone
REASON = {
    "en": "DCPA {dcpa_nm} nm in {tcpa_min} min; alters {turns} degrees",
    "zh": "最近会遇距离 {dcpa_nm} 海里，{tcpa_min} 分钟后；转向 {turns} 度",
}
PARAMETERS = {
    "least_kn": (2.0, "kn", "ours: one of both at least this fast"),
    "alarm_min": (6.0, "min", "customary for channels; from memory, not verified"),
    "p_close": (0.5, "1", "ours: certain enough, where the tracks' covariance is known"),
    "warning_share": (0.5, "1", "ours: of the DCPA limit"),
}


def evaluate(view, memory):
    """Metres under the DCPA limit."""
    pairs, config, sog = view.encounters, view.config, view.tracks.sog_kn
    moving = np.fmax(sog[pairs.row], sog[pairs.other_row]) >= PARAMETERS["least_kn"][0]
    to_come = (pairs.tcpa_min >= 0) & (pairs.tcpa_min <= config.tcpa_min) & (pairs.closing_kn > 0)
    sure = ~(pairs.p_close < PARAMETERS["p_close"][0])
    use = moving & to_come & sure & (pairs.dcpa_m < config.dcpa_m) & (pairs.company == 0)
    rows = np.flatnonzero(use)
    turn = np.nan_to_num(np.abs(view.recent("turn_net_deg")))
    turns = np.round(np.maximum(turn[pairs.row], turn[pairs.other_row])).astype(int)
    dcpa, tcpa = pairs.dcpa_m[rows], pairs.tcpa_min[rows]
    soon, near = tcpa <= PARAMETERS["alarm_min"][0], dcpa < PARAMETERS["warning_share"][0] * config.dcpa_m
    return findings(
        view,
        pairs.row[rows],
        config.dcpa_m - dcpa,
        severity=np.where(soon & near, ALARM, np.where(soon | near, WARNING, CAUTION)),
        other=pairs.other[rows],
        dcpa_nm=dcpa / 1852.0,
        tcpa_min=tcpa,
        turns=turns[rows],
        situation=np.array(SITUATIONS)[pairs.situation[rows]],
    )
