"""How a vessel moves now and has moved over the window before."""

import numpy as np

from risk import rolling

ROWS = "track"
# name: (unit, English, Chinese)
COLUMNS = {
    "sog_kn": ("kn", "speed", "航速"),
    "sog_mean_kn": ("kn", "mean speed lately", "近期平均航速"),
    "sog_std_kn": ("kn", "unsteady speed", "航速不稳"),
    "sog_change_kn": ("kn", "change of speed", "航速变化"),
    "turn_net_deg": ("deg", "net turn", "累计转向"),
    "turn_sum_deg": ("deg", "alters course", "航向变动"),
    "made_good": ("1", "straightness of track", "航迹直线度"),
    "span_min": ("min", "history known", "已知历史时长"),
    "crab_deg": ("deg", "heading off course", "艏向与航向偏差"),
    "age_s": ("s", "age of data", "数据时龄"),
    "length_m": ("m", "length", "船长"),
}


def compute(view, rows):
    """(n, columns) for the tracks at `rows`."""
    return view.once("motion", _all)[rows]


def _all(view):
    tracks = view.tracks
    crab = np.abs((tracks.heading_deg - tracks.cog_deg + 180.0) % 360.0 - 180.0)
    own = {
        "sog_kn": tracks.sog_kn,
        "crab_deg": np.where(tracks.sog_kn >= rolling.MIN_SOG_KN, crab, np.nan),
        "age_s": tracks.age_s,
        "length_m": tracks.length_m,
    }
    return np.column_stack([own[name] if name in own else view.recent(name) for name in COLUMNS])
