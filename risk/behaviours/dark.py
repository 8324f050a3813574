"""A vessel under way without AIS: only radar sees her, or she fell silent where her neighbours are heard."""

import numpy as np

from risk.behaviours._common import AIS_KINDS, details, findings, heard_near, lost_after_s
from vts.lifecycle import Findings, Policy
from vts.schema import CAUTION, WARNING
from vts.units import HOUR, S

UNIT = "s"
CITATION = (
    "silence limits: lost-target table of Icom and JRC after ITU-R M.1371-5 tables 1-2; duty to keep AIS on: "
    "海上交通安全法 (2021) art. 36"
)
# Told after five minutes: an hour's reception of a shore station misses single reports, not thirty in a row
POLICY = Policy(raise_after_s=300.0, clear_after_s=60.0)
TITLE = {"en": "Dark vessel", "zh": "AIS 静默船舶"}
TEXT = {
    "en": "{vessel} sails without AIS, silent for {silent_s} s where others are heard",
    "zh": "{vessel}航行中无 AIS 信号，静默 {silent_s} 秒，附近他船信号正常",
}
REASON = {"en": "silent for {silent_s} s where others are heard", "zh": "静默 {silent_s} 秒，附近他船信号正常"}
PARAMETERS = {
    "p_dark": (0.9, "1", "ours: probability given by the fusion core"),
    "after_s": (300.0, "s", "ours: POLICY.raise_after_s"),
    "least_kn": (2.0, "kn", "ours: under way"),
    "forget_h": (1.0, "h", "ours: she may have sailed anywhere"),
}


def evaluate(view, memory):
    """Silence, s. memory: {mmsi: [last report, track, lon, lat, limit, heard]} of vessels under way.

    The tracker retires a silent vessel before she is told, so she is remembered here.
    """
    tracks, at_ns = view.tracks, view.at_ns
    silent = _silent(view, memory)
    by_radar = np.flatnonzero((tracks.p_dark >= PARAMETERS["p_dark"][0]) & (tracks.sog_kn >= PARAMETERS["least_kn"][0]))
    since = tracks.first_ns[by_radar]
    radar_s = np.maximum((at_ns - since) / S, 1.0)
    seen = findings(view, by_radar, radar_s, severity=WARNING, since_ns=since, silent_s=radar_s)
    if not silent:
        return seen
    last, track = (np.array(column, np.int64) for column in zip(*silent, strict=True))
    silent_s = (at_ns - last) / S
    gone = Findings(
        track=track,
        excess=silent_s,
        severity=np.full(track.size, CAUTION),
        since_ns=last,
        detail=details({"silent_s": silent_s}, track.size),
    )
    return Findings.concat([seen, gone.take(~np.isin(gone.track, seen.track))])


def _silent(view, memory):
    """[(last report, track)] of vessels silent beyond their limit where others are heard."""
    tracks, at_ns = view.tracks, view.at_ns
    limit_s = lost_after_s(tracks.kind, tracks.sog_kn, tracks.nav_status)
    fresh = np.isin(tracks.kind, AIS_KINDS) & (tracks.mmsi >= 0) & (tracks.age_s <= limit_s)
    moving = (tracks.sog_kn >= PARAMETERS["least_kn"][0]).tolist()
    report_ns = (tracks.t_ns - (np.nan_to_num(tracks.age_s) * S).astype(np.int64)).tolist()
    mmsi, number, limit = tracks.mmsi.tolist(), tracks.track.tolist(), limit_s.tolist()
    lon, lat = tracks.lon_deg.tolist(), tracks.lat_deg.tolist()
    for i in np.flatnonzero(fresh).tolist():
        if moving[i]:
            memory[str(mmsi[i])] = [report_ns[i], number[i], lon[i], lat[i], limit[i], False]
        else:
            memory.pop(str(mmsi[i]), None)
    out = []
    for key, entry in list(memory.items()):
        silent_s = (at_ns - entry[0]) / S
        if silent_s > PARAMETERS["forget_h"][0] * HOUR / S:
            del memory[key]
        elif silent_s > entry[4]:
            # proven once during this silence is enough: the neighbour may sail on
            entry[5] = entry[5] or heard_near(view, entry[2], entry[3], entry[1])
            if entry[5]:
                out.append((entry[0], entry[1]))
    return sorted(out)
