"""AIS switched off and on again: a vessel comes back after a silence in which her neighbours were heard."""

import numpy as np

from risk.behaviours._common import findings, heard_near, heard_ns, lost_after_s, own_silence_s, with_ais
from risk.ledger import Ledger, rounds
from vts.geo import distance_m
from vts.lifecycle import Policy
from vts.schema import CAUTION
from vts.units import KN, MINUTE, S

UNIT = "min"
CITATION = (
    "gated by own coverage, since the 6 h and 12 h of Global Fishing Watch exclude coasts; "
    "海上交通安全法 (2021) art. 36"
)
POLICY = Policy(clear_after_s=600.0)
TITLE = {"en": "AIS switched off and on", "zh": "AIS 关闭后重开"}
TEXT = {
    "en": "{vessel} was silent for {gap_min} min and moved {run_nm} nm meanwhile",
    "zh": "{vessel}静默 {gap_min} 分钟，其间移动 {run_nm} 海里",
}
PARAMETERS = {
    "factor": (10.0, "1", "ours: times the lost-target limit of ITU-R M.1371-5 intervals"),
    "own_factor": (2.0, "1", "ours: times ten of the intervals at which she was heard before"),
    "least_run_m": (500.0, "m", "ours: a vessel that lay still has hidden nothing"),
    "told_min": (10.0, "min", "ours: how long after the return it is told"),
    "forget_h": (24.0, "h", "ours"),
}
NOTED = {"report_ns": "i8", "lon_deg": "f8", "lat_deg": "f8", "limit_s": "f8", "heard": "?"}
NOTED |= {"start_ns": "i8", "end_ns": "i8", "run_m": "f8"}


def evaluate(view, memory):
    """Length of the silence, min. memory: a ledger by MMSI of the last report, its limit, and the last gap."""
    tracks, noted = view.tracks, memory.setdefault("vessels", Ledger(**NOTED))
    ais = np.flatnonzero(with_ais(view))
    limit_s = PARAMETERS["factor"][0] * lost_after_s(view)
    limit_s = np.maximum(limit_s, PARAMETERS["own_factor"][0] * own_silence_s(view))
    last_ns = heard_ns(view)
    told = np.zeros(tracks.n, bool)
    gap_min, run_nm, since = np.zeros(tracks.n), np.zeros(tracks.n), np.zeros(tracks.n, np.int64)
    for rows in rounds(tracks.mmsi[ais]):
        at = ais[rows]
        old = noted.at(tracks.mmsi[at])
        fresh = ~(tracks.age_s[at] > 60.0)
        waits = ~fresh & (old >= 0)
        waits[waits] = ~noted["heard"][old[waits]]
        back = fresh & (old >= 0)
        back[back] = (last_ns[at[back]] - noted["report_ns"][old[back]]) / S > noted["limit_s"][old[back]]
        ask = np.flatnonzero(waits | back)
        row = old[ask]
        noted["heard"][row] |= heard_near(view, noted["lon_deg"][row], noted["lat_deg"][row], tracks.track[at[ask]])
        _returned(noted, old[back], last_ns, tracks, at[back])
        at, old = at[fresh], old[fresh]
        new = old < 0
        noted.put(
            tracks.mmsi[at],
            report_ns=last_ns[at],
            lon_deg=tracks.lon_deg[at],
            lat_deg=tracks.lat_deg[at],
            limit_s=limit_s[at],
            heard=False,
        )
        noted.put(tracks.mmsi[at[new]], start_ns=-1, end_ns=-1)
        old = noted.at(tracks.mmsi[at])
        end_ns = noted["end_ns"][old]
        tell = (end_ns >= 0) & (view.at_ns - end_ns <= int(PARAMETERS["told_min"][0] * MINUTE))
        at, old = at[tell], old[tell]
        told[at], since[at] = True, noted["end_ns"][old]
        gap_min[at] = (noted["end_ns"][old] - noted["start_ns"][old]) / MINUTE
        run_nm[at] = noted["run_m"][old] / KN / 3600.0
    noted.keep(~(view.at_ns - noted["report_ns"] > int(PARAMETERS["forget_h"][0] * 60 * MINUTE)))
    rows = np.flatnonzero(told)
    numbers = {"gap_min": gap_min[rows], "run_nm": run_nm[rows]}
    return findings(view, rows, gap_min[rows], severity=CAUTION, since_ns=since[rows], **numbers)


def _returned(noted, rows, heard_ns, tracks, at):
    """Note the gap of those that were heard of again, moved meanwhile, and were silent within hearing."""
    for row, i in zip(rows.tolist(), at.tolist(), strict=True):
        moved_m = distance_m(tracks.lon_deg[i], tracks.lat_deg[i], noted["lon_deg"][row], noted["lat_deg"][row])
        if moved_m > PARAMETERS["least_run_m"][0] and noted["heard"][row]:
            noted["start_ns"][row], noted["end_ns"][row] = noted["report_ns"][row], heard_ns[i]
            noted["run_m"][row] = moved_m
