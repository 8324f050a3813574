"""AIS switched off and on again: a vessel comes back after a silence in which her neighbours were heard."""

import numpy as np

from risk.behaviours._common import AIS_KINDS, findings, heard_near, lost_after_s, prune
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
    "least_run_m": (500.0, "m", "ours: a vessel that lay still has hidden nothing"),
    "told_min": (10.0, "min", "ours: how long after the return it is told"),
    "forget_h": (24.0, "h", "ours"),
}


def evaluate(view, memory):
    """Length of the silence, min. memory: {mmsi: [t, lon, lat, limit, heard, gap start, gap end, run]}."""
    tracks = view.tracks
    ais = np.isin(tracks.kind, AIS_KINDS) & (tracks.mmsi >= 0)
    limit_s = PARAMETERS["factor"][0] * lost_after_s(tracks.kind, tracks.sog_kn, tracks.nav_status)
    told_ns = int(PARAMETERS["told_min"][0] * MINUTE)
    rows, gap_min, run_nm, since = [], [], [], []
    mmsi, age_s, limit = tracks.mmsi.tolist(), tracks.age_s.tolist(), limit_s.tolist()
    lon, lat = tracks.lon_deg.tolist(), tracks.lat_deg.tolist()
    heard_ns = (tracks.t_ns - (np.nan_to_num(tracks.age_s) * S).astype(np.int64)).tolist()
    for i in np.flatnonzero(ais).tolist():
        key = str(mmsi[i])
        old = memory.get(key)
        if age_s[i] > 60.0:
            if old is not None and not old[4]:
                old[4] = heard_near(view, old[1], old[2], tracks.track[i])
            continue
        here = [heard_ns[i], lon[i], lat[i]]
        start, end, run_m = (old[5], old[6], old[7]) if old else (-1, -1, 0.0)
        if old and (here[0] - old[0]) / S > old[3]:
            moved_m = distance_m(here[1], here[2], old[1], old[2])
            heard = old[4] or heard_near(view, old[1], old[2], tracks.track[i])
            if moved_m > PARAMETERS["least_run_m"][0] and heard:
                start, end, run_m = old[0], here[0], float(moved_m)
        memory[key] = [*here, limit[i], False, start, end, run_m]
        if end >= 0 and view.at_ns - end <= told_ns:
            rows.append(i)
            gap_min.append((end - start) / MINUTE)
            run_nm.append(run_m / KN / 3600.0)
            since.append(end)
    prune(memory, view.at_ns, int(PARAMETERS["forget_h"][0] * 60 * MINUTE))
    return findings(
        view,
        rows,
        np.array(gap_min),
        severity=CAUTION,
        since_ns=np.array(since, np.int64),
        gap_min=np.array(gap_min),
        run_nm=np.array(run_nm),
    )
