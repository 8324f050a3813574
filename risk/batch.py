"""Training rows from a table of past fixes and round zones: for histories too sparse or too long to replay.

The features are those of the live Watch, computed by the same kernels over the whole table at once; the label takes
the crossing of a zone's edge between two fixes from the straight line between them.
"""

import numpy as np

from risk import circles, matrix, rolling
from risk.samples import Samples
from risk.view import View
from vts.config import RiskConfig
from vts.schema import Alerts, Picture, Places, Scores, Statics, Tracks
from vts.units import MINUTE


def entries(vessel, t_ns, lon_deg, lat_deg, sog_kn, cog_deg, zones, *, horizon_min, window_min, reach_m, gap_min=180.0):
    """Samples of the zone_entry head from fixes sorted by vessel, then time; `zones` = [(lon, lat, radius_m), ...].

    A row is a fix and a zone within `reach_m` that it is not in.
    """
    head = matrix.heads()["zone_entry"]
    n = len(t_ns)
    past = np.empty((n, len(rolling.COLUMNS)))
    columns = [np.ascontiguousarray(c, float) for c in (lon_deg, lat_deg, sog_kn, cog_deg)]
    rolling.over_fixes(vessel, t_ns, *columns, int(window_min * MINUTE), past)
    number = np.arange(n)
    tracks = Tracks(track=number, mmsi=vessel, t_ns=t_ns, lon_deg=columns[0], lat_deg=columns[1], age_s=0.0)
    tracks = tracks._replace(sog_kn=columns[2], cog_deg=columns[3])
    parts = []
    for z, (lon, lat, radius_m) in enumerate(zones):
        at = np.empty((n, 4))
        circles.stand(*columns, lon, lat, radius_m, horizon_min * 60.0, at)
        onset, known = np.empty(n, np.int64), np.empty(n, np.int64)
        circles.next_entry_ns(
            vessel, t_ns, columns[0], columns[1], lon, lat, radius_m, int(gap_min * MINUTE), onset, known
        )
        ahead = np.where(onset >= 0, onset - t_ns, np.iinfo(np.int64).max)
        y = ahead <= int(horizon_min * MINUTE)
        use = (at[:, 0] > 0) & (at[:, 0] <= reach_m) & (y | (known - t_ns >= int(horizon_min * MINUTE)))
        row = np.flatnonzero(use)
        places = Places(
            track=row,
            zone=np.full(row.size, z),
            edge_m=at[row, 0],
            bearing_deg=at[row, 1],
            enter_min=at[row, 2],
            pass_m=at[row, 3],
        )
        picture = Picture(0, tracks, Statics.empty(), Alerts.empty(), Scores.empty(), places)
        view = View(picture, None, None, past, np.full(n, -1), RiskConfig())
        X = matrix.matrix(head, view, (row, places))
        key = np.column_stack([vessel[row], np.full(row.size, z)])
        parts.append(Samples(X, y[row], key, vessel[row], t_ns[row], np.where(y[row], onset[row], -1)))
    joined = Samples(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return joined.take(np.argsort(joined.t_ns, kind="stable"))
