"""What may be wrong with coordinates that are possible: shifted to GCJ-02, or latitude first. Plain arrays."""

import math

import numpy as np

# Notices print whole tenths of a second, thousandths of a minute or ten-thousandths of a degree.
_PRINTED_DEG = (0.1 / 3600, 0.001 / 60, 1e-4)
_ROUNDED_DEG = 6e-7  # files keep six decimals


def gcj02_from_wgs84(lon_deg, lat_deg):
    """(lon_deg, lat_deg) as mainland map services draw them: the public formula of the shift, some hundred metres."""
    x, y = lon_deg - 105.0, lat_deg - 35.0
    pi = np.pi

    def waves(v, first, second, third, long):
        return (20.0 * np.sin(v * pi) + first * np.sin(v / 3.0 * pi) + second * np.sin(v / 12.0 * pi)
                + third * np.sin(v / 30.0 * pi) + long) * 2.0 / 3.0  # fmt: skip

    common = (20.0 * np.sin(6.0 * x * pi) + 20.0 * np.sin(2.0 * x * pi)) * 2.0 / 3.0
    root = np.sqrt(np.abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north = north + waves(y, 40.0, 160.0, 320.0, 0.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common + waves(x, 40.0, 150.0, 300.0, 0.0)
    a, e2 = 6_378_245.0, 0.00669342162296594323  # Krasovsky 1940, as the formula has it
    w = 1.0 - e2 * np.sin(np.radians(lat_deg)) ** 2
    lat = lat_deg + np.degrees(north * w * np.sqrt(w) / (a * (1.0 - e2)))
    return lon_deg + np.degrees(east * np.sqrt(w) / (a * np.cos(np.radians(lat_deg)))), lat


def wgs84_from_gcj02(lon_deg, lat_deg):
    """(lon_deg, lat_deg) before the shift, by fixed-point steps; 1e-9 degrees."""
    lon, lat = lon_deg, lat_deg
    for _ in range(8):
        shifted_lon, shifted_lat = gcj02_from_wgs84(lon, lat)
        lon, lat = lon + lon_deg - shifted_lon, lat + lat_deg - shifted_lat
    return lon, lat


def gcj02_suspected(lonlat):
    """Whether positions, shape (n, 2), look like a published outline that was shifted to GCJ-02.

    Outlines are published in round numbers. If nearly all are round once the shift is taken out, and hardly any as
    they stand, that is no chance: for a rectangle about one in 100,000. Outside China there is no such shift.
    """
    lonlat = np.unique(np.asarray(lonlat, float), axis=0)
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    if len(lonlat) < 3 or not ((lon > 72) & (lon < 138) & (lat > 0.8) & (lat < 56)).all():
        return False
    return _round_share(lonlat) < 0.5 and _round_share(np.column_stack(wgs84_from_gcj02(lon, lat))) > 0.85


def _round_share(values):
    """Share of coordinates that are whole numbers of a printed unit."""
    off = [np.abs(values - np.round(values / unit) * unit) for unit in _PRINTED_DEG]
    return (np.minimum.reduce(off) <= _ROUNDED_DEG).mean()


def latitude_first_suspected(centres):
    """Which of some places, shape (n, 2), would join the others if their two numbers were exchanged, bool (n,)."""
    centres = np.asarray(centres, float)
    if len(centres) < 3:
        return np.zeros(len(centres), bool)
    middle = np.median(centres, axis=0)
    away = np.hypot(*(centres - middle).T)
    exchanged = np.hypot(*(centres[:, ::-1] - middle).T)
    return (away > 10.0) & (exchanged < 0.25 * away) & (exchanged < 5.0) & (math.dist(middle, middle[::-1]) > 10.0)
