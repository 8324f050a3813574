"""A vessel under way without AIS: only radar sees her, or she fell silent where her neighbours are heard."""

import numpy as np

from risk.behaviours._common import AIS_KINDS, findings, heard_near, lost_after_s
from vts.lifecycle import Policy
from vts.schema import CAUTION, WARNING

UNIT = "s"
CITATION = (
    "silence limits: lost-target table of Icom and JRC after ITU-R M.1371-5 tables 1-2; duty to keep AIS on: "
    "海上交通安全法 (2021) art. 36"
)
POLICY = Policy(raise_after_s=60.0, clear_after_s=60.0)
TITLE = {"en": "Dark vessel", "zh": "AIS 静默船舶"}
TEXT = {
    "en": "{vessel} sails without AIS, silent for {silent_s} s where others are heard",
    "zh": "{vessel}航行中无 AIS 信号，静默 {silent_s} 秒，附近他船信号正常",
}
REASON = {"en": "silent for {silent_s} s where others are heard", "zh": "静默 {silent_s} 秒，附近他船信号正常"}
PARAMETERS = {
    "p_dark": (0.9, "1", "ours: probability given by the fusion core"),
    "factor": (5.0, "1", "ours: times the lost-target limit; shore stations lose single reports"),
    "least_kn": (2.0, "kn", "ours: under way"),
}


def evaluate(view, memory):
    """Silence over the limit, s."""
    tracks = view.tracks
    by_radar = tracks.p_dark >= PARAMETERS["p_dark"][0]
    ais = np.isin(tracks.kind, AIS_KINDS) & (tracks.mmsi >= 0)
    limit_s = PARAMETERS["factor"][0] * lost_after_s(tracks.kind, tracks.sog_kn, tracks.nav_status)
    by_silence = ais & (tracks.age_s > limit_s)
    moving = tracks.sog_kn >= PARAMETERS["least_kn"][0]
    rows = np.flatnonzero((by_radar | by_silence) & moving)
    heard = [by_radar[i] or heard_near(view, tracks.lon_deg[i], tracks.lat_deg[i], tracks.track[i]) for i in rows]
    rows = rows[np.array(heard, bool)] if rows.size else rows
    silent_s = np.where(by_radar, (view.at_ns - tracks.first_ns) / 1e9, tracks.age_s)[rows]
    severity = np.where(by_radar[rows], WARNING, CAUTION)
    return findings(view, rows, np.maximum(silent_s, 1.0), severity=severity, silent_s=silent_s)
