"""How deep a vessel is in the zone that moves with a carrier, and when she will be in it."""

import math

import numpy as np

from vts import geo
from vts.jit import kernel
from vts.units import DEG, KN

BOX, ELLIPSE = 0, 1


@kernel
def depth_m(ahead_m, starboard_m, shape, fore_m, aft_m, port_m, right_m):
    """How far a point in the carrier's axes is inside her zone, m; negative outside. Never more than the distance.

    Extents are from the carrier's position. The ellipse has a semi-axis of its own in each quarter; its depth is
    exact where all four are equal, and else less than the distance to its edge.
    """
    along_m = fore_m if ahead_m >= 0.0 else aft_m
    across_m = right_m if starboard_m >= 0.0 else port_m
    if shape == BOX:
        return min(along_m - abs(ahead_m), across_m - abs(starboard_m))
    least_m = min(fore_m, aft_m, port_m, right_m)
    if least_m <= 0.0:
        return -math.hypot(ahead_m, starboard_m)
    return (1.0 - math.hypot(ahead_m / along_m, starboard_m / across_m)) * least_m


@kernel
def against(lon_deg, lat_deg, sog_kn, cog_deg, row, c_lon_deg, c_lat_deg, c_sog_kn, c_cog_deg, c_axis_deg,
            shape, extents_m, horizon_s, step_s, out_depth_m, out_soon_s, out_soon_m):  # fmt: skip
    """For the tracks `row` against one carrier: depth in her zone now, seconds until inside (NaN: not by the horizon),
    and the greatest depth on that run.

    Both keep course and speed; the zone keeps the carrier's heading. An unknown motion is no motion.
    """
    fore_m, aft_m, port_m, right_m = extents_m
    s, c = math.sin(c_axis_deg * DEG), math.cos(c_axis_deg * DEG)
    ce = c_sog_kn * KN * math.sin(c_cog_deg * DEG)
    cn = c_sog_kn * KN * math.cos(c_cog_deg * DEG)
    if math.isnan(ce) or math.isnan(cn):
        ce, cn = 0.0, 0.0
    for k in range(row.size):
        p = row[k]
        east_m, north_m = geo.offset_m(lon_deg[p], lat_deg[p], c_lon_deg, c_lat_deg)
        ve = sog_kn[p] * KN * math.sin(cog_deg[p] * DEG)
        vn = sog_kn[p] * KN * math.cos(cog_deg[p] * DEG)
        if math.isnan(ve) or math.isnan(vn):
            ve, vn = 0.0, 0.0
        ve, vn = ve - ce, vn - cn
        now = depth_m(east_m * s + north_m * c, east_m * c - north_m * s, shape, fore_m, aft_m, port_m, right_m)
        out_depth_m[k], out_soon_s[k], out_soon_m[k] = now, math.nan, now
        if now > 0.0:
            out_soon_s[k] = 0.0
            continue
        t = 0.0
        while t < horizon_s:
            # nothing changes faster than the relative speed: stride over what cannot matter
            t += max(step_s, -now / max(math.hypot(ve, vn), 1e-3))
            if t > horizon_s:
                break
            e, n = east_m + ve * t, north_m + vn * t
            now = depth_m(e * s + n * c, e * c - n * s, shape, fore_m, aft_m, port_m, right_m)
            out_soon_m[k] = max(out_soon_m[k], now)
            if now > 0.0 and math.isnan(out_soon_s[k]):
                out_soon_s[k] = t
            if now < 0.0 and not math.isnan(out_soon_s[k]):
                break  # she has passed through


@kernel
def outline_points(lon_deg, lat_deg, axis_deg, shape, extents_m, out_lon_deg, out_lat_deg):
    """Write the zone's outline, clockwise from ahead, as many points as the arrays hold; the first is not repeated."""
    fore_m, aft_m, port_m, right_m = extents_m
    east_per_deg, north_per_deg = geo.metres_per_degree(lat_deg)
    s, c = math.sin(axis_deg * DEG), math.cos(axis_deg * DEG)
    n = out_lon_deg.size
    for k in range(n):
        if shape == BOX:
            quarter = 4 * k // n
            ahead = fore_m if quarter in (0, 3) else -aft_m
            right = right_m if quarter < 2 else -port_m
        else:
            a = 2.0 * np.pi * k / n
            ahead, right = math.cos(a), math.sin(a)
            ahead *= fore_m if ahead >= 0.0 else aft_m
            right *= right_m if right >= 0.0 else port_m
        out_lon_deg[k] = lon_deg + (ahead * s + right * c) / east_per_deg
        out_lat_deg[k] = lat_deg + (ahead * c - right * s) / north_per_deg
