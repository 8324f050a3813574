"""How two vessels stand to each other: closest approach, its uncertainty, the domains, who gives way."""

import numpy as np

from risk import columns

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
    p, tracks = view.encounters, view.tracks
    out = np.empty((len(rows), len(COLUMNS)))
    columns.pairs(
        *(np.asarray(rows, np.int64), p.row, p.other_row, p.range_m, p.dcpa_m, p.tcpa_min, p.closing_kn),
        *(p.p_close, p.ddv, p.situation, tracks.sog_kn, np.ascontiguousarray(view.recent("turn_net_deg"))),
        *(np.ascontiguousarray(view.recent("sog_change_kn")), tracks.length_m, out),
    )
    return out
