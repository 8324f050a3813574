"""How fixes stand to circles: distance, entry on the present course, and entry as it came to pass."""

import numpy as np

from vts.geo import offset_m
from vts.jit import kernel
from vts.units import DEG, KN


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
