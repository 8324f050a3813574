"""Training rows from a table of past fixes and round zones: for histories too sparse or too long to replay.

The features are those of the live Watch, computed by the same kernels over the whole table at once; the label takes
the crossing of a zone's edge between two fixes from the straight line between them.
"""

import numpy as np

from risk import matrix, rolling
from risk.samples import Samples
from risk.view import View
from vts.config import RiskConfig
from vts.geo import offset_m
from vts.jit import kernel
from vts.schema import Alerts, Picture, Places, Scores, Statics, Tracks
from vts.units import DEG, KN, MINUTE


@kernel
def stand(lon_deg, lat_deg, sog_kn, cog_deg, zone_lon, zone_lat, radius_m, end_s, out):
    """Write edge_m, bearing_deg, enter_min, pass_m of each fix to one circle into out (n, 4)."""
    for i in range(lon_deg.size):
        x, y = offset_m(zone_lon, zone_lat, lon_deg[i], lat_deg[i])
        r = np.hypot(x, y)
        v = sog_kn[i] * KN
        vx, vy = v * np.sin(cog_deg[i] * DEG), v * np.cos(cog_deg[i] * DEG)
        out[i, 0] = r - radius_m
        out[i, 1] = (np.arctan2(x, y) / DEG) % 360.0 if r > radius_m else (np.arctan2(-x, -y) / DEG) % 360.0
        out[i, 2] = np.nan
        along = (x * vx + y * vy) / max(v * v, 1e-12)
        t = min(max(along, 0.0), end_s)
        out[i, 3] = max(0.0, np.hypot(x - vx * t, y - vy * t) - radius_m)
        if r <= radius_m:
            out[i, 2] = 0.0
        elif out[i, 3] <= 0.0 and v > 0.0:
            across2 = max(0.0, r * r - along * along * v * v)
            out[i, 2] = (along - np.sqrt(max(0.0, radius_m * radius_m - across2)) / v) / 60.0


@kernel
def next_entry_ns(vessel, t_ns, lon_deg, lat_deg, zone_lon, zone_lat, radius_m, gap_ns, out_ns, out_known_ns):
    """Time of the next entry into a circle after each fix, -1 for none, and until when that is known.

    Rows sorted by vessel, then time; a silence longer than `gap_ns` ends what is known.
    """
    entry, known = -1, -1
    for i in range(t_ns.size - 1, -1, -1):
        last = i == t_ns.size - 1 or vessel[i + 1] != vessel[i] or t_ns[i + 1] - t_ns[i] > gap_ns
        if last:
            entry, known = -1, t_ns[i]
        else:
            x, y = offset_m(zone_lon, zone_lat, lon_deg[i], lat_deg[i])
            dx, dy = offset_m(lon_deg[i + 1], lat_deg[i + 1], lon_deg[i], lat_deg[i])
            run2 = max(dx * dx + dy * dy, 1e-9)
            along = (x * dx + y * dy) / run2
            share = min(max(along, 0.0), 1.0)
            if np.hypot(x, y) > radius_m and np.hypot(x - share * dx, y - share * dy) <= radius_m:
                across2 = max(0.0, x * x + y * y - along * along * run2)
                at = along - np.sqrt(max(0.0, radius_m * radius_m - across2) / run2)
                entry = t_ns[i] + int(min(max(at, 0.0), 1.0) * (t_ns[i + 1] - t_ns[i]))
        out_ns[i] = entry
        out_known_ns[i] = known


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
        stand(*columns, lon, lat, radius_m, horizon_min * 60.0, at)
        onset, known = np.empty(n, np.int64), np.empty(n, np.int64)
        next_entry_ns(vessel, t_ns, columns[0], columns[1], lon, lat, radius_m, int(gap_min * MINUTE), onset, known)
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
