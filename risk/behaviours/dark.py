"""A vessel under way without AIS: only radar sees her, or she fell silent where her neighbours are heard."""

import numpy as np

from risk.behaviours._common import AIS_KINDS, findings, heard_near, joined, lost_after_s
from risk.ledger import Ledger, rounds
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
NOTED = {"report_ns": "i8", "track": "i8", "lon_deg": "f8", "lat_deg": "f8", "limit_s": "f8", "heard": "?"}


def evaluate(view, memory):
    """Silence, s. memory: a ledger by MMSI of vessels under way.

    The tracker retires a silent vessel before she is told, so she is remembered here.
    """
    tracks, at_ns = view.tracks, view.at_ns
    last, track = _silent(view, memory.setdefault("under_way", Ledger(**NOTED)))
    by_radar = np.flatnonzero((tracks.p_dark >= PARAMETERS["p_dark"][0]) & (tracks.sog_kn >= PARAMETERS["least_kn"][0]))
    since = tracks.first_ns[by_radar]
    radar_s = np.maximum((at_ns - since) / S, 1.0)
    seen = findings(view, by_radar, radar_s, severity=WARNING, since_ns=since, silent_s=radar_s)
    gone = ~np.isin(track, seen.track)
    if not gone.any():
        return seen
    silent_s = (at_ns - last[gone]) / S
    return joined(
        seen,
        Findings(track=track[gone], excess=silent_s, severity=np.int8(CAUTION), since_ns=last[gone]),
        silent_s=np.concatenate([radar_s, silent_s]),
    )


def _silent(view, noted):
    """(last report, track) of vessels silent beyond their limit where others are heard, in that order."""
    tracks, at_ns = view.tracks, view.at_ns
    limit_s = lost_after_s(tracks.kind, tracks.sog_kn, tracks.nav_status)
    fresh = np.isin(tracks.kind, AIS_KINDS) & (tracks.mmsi >= 0) & (tracks.age_s <= limit_s)
    moving = tracks.sog_kn >= PARAMETERS["least_kn"][0]
    report_ns = tracks.t_ns - (np.nan_to_num(tracks.age_s) * S).astype(np.int64)
    fresh = np.flatnonzero(fresh)
    for rows in rounds(tracks.mmsi[fresh]):
        at = fresh[rows]
        lies = noted.at(tracks.mmsi[at[~moving[at]]])
        noted.keep(~np.isin(np.arange(len(noted)), lies))
        at = at[moving[at]]
        noted.put(
            tracks.mmsi[at],
            report_ns=report_ns[at],
            track=tracks.track[at],
            lon_deg=tracks.lon_deg[at],
            lat_deg=tracks.lat_deg[at],
            limit_s=limit_s[at],
            heard=False,
        )
    silent_s = (at_ns - noted["report_ns"]) / S
    lasts = silent_s <= PARAMETERS["forget_h"][0] * HOUR / S
    noted.keep(lasts)
    silent = np.flatnonzero(silent_s[lasts] > noted["limit_s"])
    # proven once during this silence is enough: the neighbour may sail on
    asked = silent[~noted["heard"][silent]]
    noted["heard"][asked] = heard_near(view, noted["lon_deg"][asked], noted["lat_deg"][asked], noted["track"][asked])
    silent = silent[noted["heard"][silent]]
    report_ns, track = noted["report_ns"][silent], noted["track"][silent]
    order = np.lexsort((track, report_ns))
    return report_ns[order], track[order]
