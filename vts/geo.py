"""Positions on WGS 84: the local tangent plane and its inverse, distance, bearing, and the point ahead.

Longitude before latitude, degrees; x east, y north, metres; bearings clockwise from true north. Kernels, no checks.
"""

import math

from vts.jit import kernel
from vts.units import DEG

A_M = 6_378_137.0  # WGS 84 semi-major axis
F = 1 / 298.257223563
E2 = F * (2 - F)
MEAN_RADIUS_M = 6_371_008.8


@kernel
def metres_per_degree(lat_deg):
    """(east, north) metres in one degree at a latitude, from the two radii of curvature of WGS 84."""
    s = math.sin(lat_deg * DEG)
    w = 1.0 - E2 * s * s
    prime_vertical_m = A_M / math.sqrt(w)
    meridian_m = A_M * (1.0 - E2) / (w * math.sqrt(w))
    return prime_vertical_m * math.cos(lat_deg * DEG) * DEG, meridian_m * DEG


@kernel
def lon_diff_deg(lon_deg, from_deg):
    """lon - from, the short way round, in [-180, 180)."""
    turn = lon_deg - from_deg + 180.0
    if turn >= 0.0 and turn < 360.0:  # a remainder takes 25 ns, and is mostly what it was taken of
        return turn - 180.0
    return turn % 360.0 - 180.0


@kernel
def wrap_lon_deg(lon_deg):
    """The same meridian in [-180, 180)."""
    return lon_diff_deg(lon_deg, 0.0)


@kernel
def angle_diff_deg(a_deg, b_deg):
    """a - b, the short way round, in [-180, 180)."""
    return (a_deg - b_deg + 180.0) % 360.0 - 180.0


@kernel
def _ecef(lon_deg, lat_deg):
    """Earth-centred coordinates of a point on the ellipsoid, m."""
    sl, cl = math.sin(lat_deg * DEG), math.cos(lat_deg * DEG)
    n = A_M / math.sqrt(1.0 - E2 * sl * sl)
    return n * cl * math.cos(lon_deg * DEG), n * cl * math.sin(lon_deg * DEG), n * (1.0 - E2) * sl


@kernel
def lonlat_to_enu(lon_deg, lat_deg, lon0_deg, lat0_deg):
    """(east_m, north_m, up_m) of a point on the ellipsoid in the plane that touches it at lon0, lat0; exact.

    A slant range measured at the origin is hypot(east, north, up); at 40 km `up` is -126 m.
    """
    x0, y0, z0 = _ecef(lon0_deg, lat0_deg)
    x, y, z = _ecef(lon_deg, lat_deg)
    dx, dy, dz = x - x0, y - y0, z - z0
    sl, cl = math.sin(lat0_deg * DEG), math.cos(lat0_deg * DEG)
    so, co = math.sin(lon0_deg * DEG), math.cos(lon0_deg * DEG)
    east = -so * dx + co * dy
    north = -sl * co * dx - sl * so * dy + cl * dz
    up = cl * co * dx + cl * so * dy + sl * dz
    return east, north, up


@kernel
def enu_to_lonlat(east_m, north_m, lon0_deg, lat0_deg):
    """(lon_deg, lat_deg) of the sea-level point above or below a point of the tangent plane; inverse of lonlat_to_enu.

    Closed form, exact to 1e-9 degrees: with d the step in the plane and w that along its normal, the ellipsoid's
    equation x'Mx = 1 is a quadratic in w whose linear part cannot vanish near the origin.
    """
    sl, cl = math.sin(lat0_deg * DEG), math.cos(lat0_deg * DEG)
    so, co = math.sin(lon0_deg * DEG), math.cos(lon0_deg * DEG)
    n = A_M / math.sqrt(1.0 - E2 * sl * sl)
    dx = -so * east_m - sl * co * north_m
    dy = co * east_m - sl * so * north_m
    dz = cl * north_m
    x, y, z = n * cl * co + dx, n * cl * so + dy, n * (1.0 - E2) * sl + dz
    m_z = 1.0 / (1.0 - E2)  # M is 1, 1, m_z over A_M squared
    square = cl * cl + sl * sl * m_z
    linear = cl * co * x + cl * so * y + sl * z * m_z
    constant = dx * dx + dy * dy + dz * dz * m_z  # the origin itself lies on the ellipsoid, and d in its tangent plane
    up = -constant / (linear + math.sqrt(max(linear * linear - square * constant, 0.0)))
    x, y, z = x + up * cl * co, y + up * cl * so, z + up * sl
    return wrap_lon_deg(math.atan2(y, x) / DEG), math.atan2(z * m_z, math.hypot(x, y)) / DEG


@kernel
def offset_m(lon_deg, lat_deg, from_lon_deg, from_lat_deg):
    """(east_m, north_m) from one point to a near one, with degree lengths at the mean latitude; 1e-5 within 20 km."""
    east_per_deg, north_per_deg = metres_per_degree(0.5 * (lat_deg + from_lat_deg))
    return lon_diff_deg(lon_deg, from_lon_deg) * east_per_deg, (lat_deg - from_lat_deg) * north_per_deg


@kernel
def distance_m(lon_deg, lat_deg, other_lon_deg, other_lat_deg):
    """Great-circle distance on the mean sphere, m; within 0.6 % of the ellipsoid anywhere (haversine)."""
    dlat = (other_lat_deg - lat_deg) * DEG
    dlon = lon_diff_deg(other_lon_deg, lon_deg) * DEG
    h = math.sin(dlat / 2) ** 2 + math.cos(lat_deg * DEG) * math.cos(other_lat_deg * DEG) * math.sin(dlon / 2) ** 2
    return 2.0 * MEAN_RADIUS_M * math.asin(math.sqrt(min(1.0, h)))


@kernel
def bearing_deg(lon_deg, lat_deg, to_lon_deg, to_lat_deg):
    """Initial great-circle bearing from one point to another, [0, 360)."""
    dlon = lon_diff_deg(to_lon_deg, lon_deg) * DEG
    y = math.sin(dlon) * math.cos(to_lat_deg * DEG)
    x = math.cos(lat_deg * DEG) * math.sin(to_lat_deg * DEG) - math.sin(lat_deg * DEG) * math.cos(
        to_lat_deg * DEG
    ) * math.cos(dlon)
    return (math.atan2(y, x) / DEG) % 360.0


@kernel
def ahead(lon_deg, lat_deg, course_deg, run_m):
    """(lon_deg, lat_deg) after a short run on a course, with degree lengths at the start; 1 m in 20 km."""
    north_m = run_m * math.cos(course_deg * DEG)
    _, north_per_deg = metres_per_degree(lat_deg)
    lat = lat_deg + north_m / north_per_deg
    east_per_deg, _ = metres_per_degree(0.5 * (lat_deg + lat))
    return wrap_lon_deg(lon_deg + run_m * math.sin(course_deg * DEG) / east_per_deg), lat
