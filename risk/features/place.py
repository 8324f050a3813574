"""How a vessel stands to a zone: how far, how it closes, when its course takes it in."""

import numpy as np

from risk import rolling
from vts.units import KN, NM

ROWS = "place"
# name: (unit, English, Chinese)
COLUMNS = {
    "edge_nm": ("nm", "distance to the zone", "距区域距离"),
    "off_bow_deg": ("deg", "zone off the bow", "区域偏离船首角"),
    "closing_zone_kn": ("kn", "closes on the zone", "向区域接近速度"),
    "made_closing_kn": ("kn", "has closed on the zone", "近期接近速度"),
    "enter_min": ("min", "enters on this course in", "按现航向进入时间"),
    "pass_nm": ("nm", "passes the zone at", "按现航向最近通过距离"),
    "edge_min": ("min", "time to the zone at this speed", "按现航速抵达时间"),
}


def compute(view, places):
    """(n, columns) for rows of `Places` given as (row of the track, Places)."""
    rows, places = places
    tracks = view.tracks
    sog, cog = tracks.sog_kn[rows], tracks.cog_deg[rows]
    off = (places.bearing_deg - cog + 180.0) % 360.0 - 180.0
    made = np.empty(len(rows))
    rolling.closing_kn(
        np.ascontiguousarray(view.recent("made_east_kn")[rows]),
        np.ascontiguousarray(view.recent("made_north_kn")[rows]),
        places.bearing_deg,
        made,
    )
    still = sog < rolling.MIN_SOG_KN
    closing = np.where(still, 0.0, sog * np.cos(np.radians(off)))
    with np.errstate(divide="ignore", invalid="ignore"):
        edge_min = places.edge_m / (sog * KN) / 60.0
    return np.column_stack(
        [
            places.edge_m / NM,
            np.where(still, np.nan, np.abs(off)),
            closing,
            made,
            places.enter_min,
            places.pass_m / NM,
            np.where(sog > 0, np.minimum(edge_min, 1e4), 1e4),
        ]
    )
