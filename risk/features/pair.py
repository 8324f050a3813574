"""How two vessels stand to each other: closest approach, its uncertainty, the domains, who gives way."""

import numpy as np

from risk.ledger import among
from vts.units import NM

ROWS = "pair"
# name: (unit, English, Chinese)
COLUMNS = {
    "range_nm": ("nm", "range", "距离"),
    "dcpa_nm": ("nm", "DCPA", "最近会遇距离"),
    "tcpa_min": ("min", "TCPA", "最近会遇时间"),
    "closing_kn": ("kn", "closing speed", "接近速度"),
    "p_close": ("1", "probability of a close approach", "近距离会遇概率"),
    "ddv": ("1", "domain violation", "船舶领域侵入程度"),
    "crossing": ("1", "crossing", "交叉相遇"),
    "overtaking": ("1", "overtaking", "追越"),
    "head_on": ("1", "head-on", "对遇"),
    "slower_kn": ("kn", "speed of the slower", "较慢船航速"),
    "faster_kn": ("kn", "speed of the faster", "较快船航速"),
    "turns_deg": ("deg", "alters", "转向"),
    "slows_kn": ("kn", "slows", "减速"),
    "shorter_m": ("m", "length of the shorter", "较短船船长"),
}


def compute(view, rows):
    """(n, columns) for the rows of `view.encounters`."""
    pairs = view.encounters.take(rows)
    tracks = view.tracks
    a, b = pairs.row, pairs.other_row
    turn, change = np.abs(view.recent("turn_net_deg")), view.recent("sog_change_kn")
    kind = pairs.situation
    return np.column_stack(
        [
            pairs.range_m / NM,
            pairs.dcpa_m / NM,
            pairs.tcpa_min,
            pairs.closing_kn,
            pairs.p_close,
            pairs.ddv,
            among(kind, (2, 3)).astype(float),
            among(kind, (4, 5)).astype(float),
            (kind == 1).astype(float),
            np.fmin(tracks.sog_kn[a], tracks.sog_kn[b]),
            np.fmax(tracks.sog_kn[a], tracks.sog_kn[b]),
            np.fmax(turn[a], turn[b]),
            np.fmin(change[a], change[b]),
            np.fmin(tracks.length_m[a], tracks.length_m[b]),
        ]
    )
