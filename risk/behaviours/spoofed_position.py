"""An AIS position where the vessel cannot be: radar or stations contradict it, it jumps, it circles, it is ashore."""

import numpy as np

from risk.behaviours import _kernels
from risk.behaviours._common import findings, in_kind, with_ais
from vts.lifecycle import Policy
from vts.schema import ALARM, WARNING

UNIT = "1"
CITATION = (
    "speed limit 60 kn: consistency rules after ITU-R M.1371-5; circles: published cases of AIS positions on circles "
    "of constant speed; radar: the fusion core's gate; stations: own coverage of each, learned (risk/hearing.py)"
)
POLICY = Policy(raise_after_s=30.0, clear_after_s=300.0)
SAME_AS, WAIT_S = ("ais_uncorroborated", "ais_offset"), 0.0  # fusion's findings on the same p_spoof, the sooner
TITLE = {"en": "Spoofed position", "zh": "船位疑似伪造"}
TEXT = {
    "en": "{vessel}: her AIS position is not where she is ({why})",
    "zh": "{vessel}的 AIS 船位与实际不符（{why}）",
}
REASON = {"en": "AIS position is not where she is ({why})", "zh": "AIS 船位与实际不符（{why}）"}
PARAMETERS = {
    "p_spoof": (0.9, "1", "ours: probability given by the fusion core"),
    "max_speed_kn": (60.0, "kn", "FusionConfig.max_speed_kn: faster is no vessel"),
    "circle_turn_deg": (720.0, "deg", "ours: two full circles one way within ten minutes to an hour"),
    "circle_spread": (0.25, "1", "ours: radius varies by less than this share"),
}


def evaluate(view, memory):
    """1 where a reason holds, more where several do."""
    tracks = view.tracks
    ais = with_ais(view)
    radar = tracks.p_spoof >= PARAMETERS["p_spoof"][0]
    jump = view.recent("implied_kn") > PARAMETERS["max_speed_kn"][0]
    land = in_kind(view, "land") & (tracks.sog_kn > 1.0)
    # turning alone is no circle: look at the path of those who turn much one way
    turns = np.flatnonzero(ais & (np.abs(view.recent("turn_net_deg")) > 120.0) & (tracks.sog_kn > 3.0))
    circle = np.zeros(tracks.n, bool)
    if turns.size:
        circle[turns] = _circles(view.history, tracks.track[turns])
    reasons = {"radar": radar, "jump": jump, "circle": circle, "land": land}
    reasons["heard out of range"] = np.isin(tracks.mmsi, view.out_of_range)
    count = ais * sum(flag.astype(float) for flag in reasons.values())
    rows = np.flatnonzero(count)
    why = ["+".join(name for name, flag in reasons.items() if flag[i]) for i in rows]
    severity = np.where(radar[rows] | (count[rows] > 1), ALARM, WARNING)
    return findings(view, rows, count[rows], severity=severity, why=np.array(why, "<U48"))


def _circles(history, track):
    """Whether each track's past runs round one centre at one distance at least twice, always the same way."""
    out = np.empty(track.size, bool)
    lon_deg, lat_deg = history.ring[:2]
    limits = PARAMETERS["circle_turn_deg"][0], PARAMETERS["circle_spread"][0]
    _kernels.circles(history.slots(track), history.filled, lon_deg, lat_deg, *limits, out)
    return out
