"""Two vessels that report under one MMSI at the same time."""

import numpy as np

from vts.geo import offset_m
from vts.lifecycle import Findings, Policy
from vts.schema import COASTING, CONFIRMED, WARNING

UNIT = "m"
CITATION = "ITU-R M.585-9: an MMSI identifies one ship station"
POLICY = Policy(raise_after_s=20.0, clear_after_s=120.0)
TITLE = {"en": "One MMSI, two vessels", "zh": "一号多船"}
TEXT = {
    "en": "{vessel} and {other} both report as MMSI {mmsi}, {apart_m} m apart",
    "zh": "{vessel}与{other}使用同一MMSI {mmsi},相距{apart_m}米",
}
PARAMETERS = {}


def evaluate(evidence):
    """A finding per pair of tracks that bear one MMSI and are both heard; excess is their distance.

    A position where radar sees nothing is a spoof, and no second vessel.
    """
    tracks = evidence.tracks
    shown = (tracks.state == CONFIRMED) | (tracks.state == COASTING)
    live = np.flatnonzero((tracks.mmsi >= 0) & shown & (tracks.seen_by & 1 == 1) & ~(tracks.p_spoof > 0.5))
    order = live[np.lexsort((tracks.track[live], tracks.mmsi[live]))]
    same = np.flatnonzero(tracks.mmsi[order[1:]] == tracks.mmsi[order[:-1]])
    rows = []
    for k in same.tolist():
        a, b = order[k], order[k + 1]
        east, north = offset_m(tracks.lon_deg[a], tracks.lat_deg[a], tracks.lon_deg[b], tracks.lat_deg[b])
        apart = float(np.hypot(east, north))
        rows.append((tracks.track[a], tracks.track[b], apart, f"mmsi={tracks.mmsi[a]};apart_m={apart:.0f}"))
    if not rows:
        return Findings.empty()
    track, other, apart, detail = map(np.array, zip(*rows, strict=True))
    return Findings(track=track, other=other, excess=apart, severity=WARNING, detail=detail)
