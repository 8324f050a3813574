"""The plane in which ships are moved, and the way to and from WGS 84: vts.geo's formulas over whole arrays.

Array forms rather than kernels: truth is made in a few large calls, and so costs no compilation. The tests hold them
to vts.geo.
"""

import numpy as np

from vts.geo import A_M, E2, MEAN_RADIUS_M
from vts.units import DEG


def metres_per_degree(lat_deg):
    """(east, north) metres in one degree at a latitude."""
    s = np.sin(np.multiply(lat_deg, DEG))
    w = 1.0 - E2 * s * s
    prime_vertical_m = A_M / np.sqrt(w)
    return prime_vertical_m * np.cos(np.multiply(lat_deg, DEG)) * DEG, A_M * (1.0 - E2) / (w * np.sqrt(w)) * DEG


def lonlat_to_enu(lon_deg, lat_deg, lon0_deg, lat0_deg):
    """(east_m, north_m, up_m) in the plane that touches the ellipsoid at lon0, lat0; exact."""

    def ecef(lon, lat):
        sl, cl = np.sin(lat * DEG), np.cos(lat * DEG)
        n = A_M / np.sqrt(1.0 - E2 * sl * sl)
        return n * cl * np.cos(lon * DEG), n * cl * np.sin(lon * DEG), n * (1.0 - E2) * sl

    here, there = ecef(lon0_deg, lat0_deg), ecef(np.asarray(lon_deg), np.asarray(lat_deg))
    dx, dy, dz = (b - a for a, b in zip(here, there, strict=True))
    sl, cl = np.sin(lat0_deg * DEG), np.cos(lat0_deg * DEG)
    so, co = np.sin(lon0_deg * DEG), np.cos(lon0_deg * DEG)
    east = -so * dx + co * dy
    north = -sl * co * dx - sl * so * dy + cl * dz
    return east, north, cl * co * dx + cl * so * dy + sl * dz


def enu_to_lonlat(east_m, north_m, lon0_deg, lat0_deg):
    """(lon_deg, lat_deg) at sea level below a point of the plane; inverse of lonlat_to_enu to 1 mm within 200 km."""
    east_per_deg, north_per_deg = metres_per_degree(lat0_deg)
    lon, lat = lon0_deg + np.divide(east_m, east_per_deg), lat0_deg + np.divide(north_m, north_per_deg)
    for _ in range(5):
        e, n, _up = lonlat_to_enu(lon, lat, lon0_deg, lat0_deg)
        east_per_deg, north_per_deg = metres_per_degree(lat)
        lon, lat = lon + (east_m - e) / east_per_deg, lat + (north_m - n) / north_per_deg
    return lon, lat


def convergence_deg(lon_deg, lat_deg, lon0_deg):
    """What to add to a direction in the plane to have it from true north: meridians lean together polewards."""
    return (np.asarray(lon_deg) - lon0_deg) * np.sin(np.multiply(lat_deg, DEG))


def polar_to_enu(range_m, azimuth_deg, height_m=0.0):
    """(east_m, north_m) of a sea-level point at a slant range and azimuth, as vts.radar.project places plots."""
    drop_m = height_m + range_m * range_m / (2.0 * MEAN_RADIUS_M)
    ground_m = np.sqrt(np.maximum(range_m * range_m - drop_m * drop_m, 0.0))
    return ground_m * np.sin(azimuth_deg * DEG), ground_m * np.cos(azimuth_deg * DEG)
