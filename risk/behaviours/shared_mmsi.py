"""One MMSI in two places at once: two hulls under one identity."""

import numpy as np

from risk.behaviours._common import findings
from vts.geo import distance_m
from vts.lifecycle import Policy
from vts.schema import WARNING

UNIT = "m"
CITATION = "ITU-R M.585: an MMSI belongs to one station"
POLICY = Policy(raise_after_s=30.0, clear_after_s=600.0)
SAME_AS, WAIT_S = ("mmsi_shared",), 0.0  # fusion's finding, the sooner of the two
TITLE = {"en": "Shared MMSI", "zh": "MMSI 重号"}
TEXT = {
    "en": "MMSI {mmsi} is sent from two places {apart_nm} nm apart",
    "zh": "MMSI {mmsi} 在相距 {apart_nm} 海里的两处同时出现",
}
PARAMETERS = {
    "least_m": (1000.0, "m", "ours: beyond any antenna offset and any tracker's split of one hull"),
    "p_spoof": (0.5, "1", "ours: more likely false than true; the false position is told, as by fusion"),
    "fresh_s": (180.0, "s", "M.1371-5 table 1: both report at their own interval"),
}


def evaluate(view, memory):
    """Distance between two fresh tracks of one MMSI, m. A position where radar sees nothing is no second hull."""
    tracks = view.tracks
    real = (tracks.mmsi >= 0) & ~(tracks.p_spoof > PARAMETERS["p_spoof"][0])
    fresh = np.flatnonzero(real & (tracks.age_s <= PARAMETERS["fresh_s"][0]))
    order = fresh[np.argsort(tracks.mmsi[fresh], kind="stable")]
    rows, other, apart = [], [], []
    same = np.flatnonzero(tracks.mmsi[order[1:]] == tracks.mmsi[order[:-1]])
    for a, b in zip(order[same].tolist(), order[same + 1].tolist(), strict=True):
        d = distance_m(tracks.lon_deg[a], tracks.lat_deg[a], tracks.lon_deg[b], tracks.lat_deg[b])
        if d >= PARAMETERS["least_m"][0]:
            rows.append(a)
            other.append(tracks.track[b])
            apart.append(d)
    apart = np.array(apart)
    return findings(
        view,
        rows,
        apart,
        severity=WARNING,
        other=np.array(other, np.int64),
        mmsi=tracks.mmsi[rows],
        apart_nm=apart / 1852.0,
    )
