"""A vessel under way without AIS: only radar sees her, or she fell silent where her neighbours are heard."""

import numpy as np

from risk.behaviours._common import findings, heard_near, heard_ns, joined, lost_after_s, own_silence_s, with_ais
from risk.ledger import Ledger, rounds
from vts.lifecycle import Findings, Policy
from vts.schema import CAUTION, WARNING
from vts.units import DEG, HOUR, KN, S

UNIT = "s"
CITATION = (
    "silence limits: lost-target table of Icom and JRC after ITU-R M.1371-5 tables 1-2, and ten of the intervals at "
    "which she was heard before; duty to keep AIS on: 海上交通安全法 (2021) art. 36"
)
# Told after five minutes: an hour's reception of a shore station misses single reports, not thirty in a row
POLICY = Policy(raise_after_s=300.0, clear_after_s=60.0)
SAME_AS, WAIT_S = ("vessel_dark",), 60.0  # fusion's finding on the same p_dark, and its patience
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
    "longest": (2.0, "1", "ours: times the longest silence from which she has come back"),
    "forget_h": (1.0, "h", "ours: she may have sailed anywhere"),
}
NOTED = {"report_ns": "i8", "track": "i8", "lon_deg": "f8", "lat_deg": "f8", "limit_s": "f8", "heard": "?"}
NOTED |= {"sog_kn": "f8", "cog_deg": "f8", "longest_s": "f8"}


def evaluate(view, memory):
    """Silence, s. memory: a ledger by MMSI of vessels under way.

    The tracker retires a silent vessel before she is told, so she is remembered here.
    """
    tracks, at_ns = view.tracks, view.at_ns
    noted = memory.setdefault("under_way", Ledger(**NOTED))
    silent = _silent(view, noted)
    last, track = noted["report_ns"][silent], noted["track"][silent]
    by_radar = np.flatnonzero((tracks.p_dark >= PARAMETERS["p_dark"][0]) & (tracks.sog_kn >= PARAMETERS["least_kn"][0]))
    since = tracks.first_ns[by_radar]
    radar_s = np.maximum((at_ns - since) / S, 1.0)
    seen = findings(view, by_radar, radar_s, severity=WARNING, since_ns=since, silent_s=radar_s)
    gone = ~np.isin(track, seen.track)
    if not gone.any():
        return seen
    silent, track, last = silent[gone], track[gone], last[gone]
    silent_s = (at_ns - last) / S
    who = {"mmsi": noted.key[silent], "lon_deg": noted["lon_deg"][silent], "lat_deg": noted["lat_deg"][silent]}
    return joined(
        seen,
        Findings(track=track, excess=silent_s, severity=np.int8(CAUTION), since_ns=last, **who),
        silent_s=np.concatenate([radar_s, silent_s]),
    )


def _silent(view, noted):
    """Rows of vessels silent beyond their limit where others are heard, in order of last report and track."""
    tracks, at_ns = view.tracks, view.at_ns
    lost_s = lost_after_s(view)
    limit_s = np.maximum(lost_s, own_silence_s(view))
    fresh = with_ais(view) & (tracks.age_s <= lost_s)
    moving = tracks.sog_kn >= PARAMETERS["least_kn"][0]
    report_ns = heard_ns(view)
    fresh = np.flatnonzero(fresh)
    for rows in rounds(tracks.mmsi[fresh]):
        at = fresh[rows]
        lies = noted.at(tracks.mmsi[at[~moving[at]]])
        sails = np.ones(len(noted), bool)
        sails[lies[lies >= 0]] = False
        noted.keep(sails)
        at = at[moving[at]]
        old = noted.at(tracks.mmsi[at])
        # she came back before: the receiver loses her now and then
        longest_s = np.zeros(at.size)
        gap_s = (report_ns[at] - noted["report_ns"][old]) / S if len(noted) else longest_s
        longest_s = np.where(old >= 0, np.maximum(gap_s, noted["longest_s"][old]), 0.0) if len(noted) else longest_s
        noted.put(
            tracks.mmsi[at],
            report_ns=report_ns[at],
            track=tracks.track[at],
            lon_deg=tracks.lon_deg[at],
            lat_deg=tracks.lat_deg[at],
            limit_s=np.maximum(limit_s[at], PARAMETERS["longest"][0] * longest_s),
            heard=False,
            sog_kn=tracks.sog_kn[at],
            cog_deg=tracks.cog_deg[at],
            longest_s=longest_s,
        )
    silent_s = (at_ns - noted["report_ns"]) / S
    lasts = silent_s <= PARAMETERS["forget_h"][0] * HOUR / S
    noted.keep(lasts)
    silent_s = silent_s[lasts]
    silent = np.flatnonzero(silent_s > noted["limit_s"])
    # Proven until she is told, where she would be by now: who sails out of range is not dark. Later a neighbour may
    # sail on.
    asked = silent[(silent_s[silent] <= PARAMETERS["after_s"][0]) | ~noted["heard"][silent]]
    lon, lat = _by_now(noted, asked, silent_s[asked])
    noted["heard"][asked] = heard_near(view, lon, lat, noted["track"][asked])
    silent = silent[noted["heard"][silent]]
    return silent[np.lexsort((noted["track"][silent], noted["report_ns"][silent]))]


def _by_now(noted, rows, silent_s):
    """(lon_deg, lat_deg) of some rows after their silence, on their last course; good to a cable in an hour."""
    lon, lat, course = noted["lon_deg"][rows], noted["lat_deg"][rows], noted["cog_deg"][rows] * DEG
    run_deg = np.where(np.isfinite(course), noted["sog_kn"][rows] * KN * silent_s, 0.0) / 111_120.0
    course = np.nan_to_num(course)
    return lon + run_deg * np.sin(course) / np.maximum(np.cos(lat * DEG), 0.01), lat + run_deg * np.cos(course)
