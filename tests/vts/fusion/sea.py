"""A small sea of our own for the tests: steady or turning vessels, one or two radars, AIS as it comes."""

from typing import NamedTuple

import numpy as np

from vts import schema
from vts.radar import Site
from vts.schema import Reports
from vts.units import DEG, KN, S

T0 = 1_700_000_000 * S
LON0, LAT0 = 114.0, 22.0
SITE = Site(name="test", number=0, lon_deg=LON0, lat_deg=LAT0, sigma_range_m=15.0, sigma_azimuth_deg=0.25)


class Ship(NamedTuple):
    """A vessel from x, y (m from the site) on a course; `turn_deg_s` from 60 s on; mmsi -1: no AIS."""

    x: float
    y: float
    course: float
    knots: float
    mmsi: int = -1
    turn_deg_s: float = 0.0


def where(ship, t):
    """(x, y, ve, vn) at seconds t."""
    t = np.asarray(t, float)
    fine = np.arange(0.0, max(t.max(initial=0.0), 1.0) + 0.5, 0.25)
    course = np.radians(ship.course + ship.turn_deg_s * np.clip(fine - 60.0, 0.0, None))
    ve, vn = ship.knots * KN * np.sin(course), ship.knots * KN * np.cos(course)
    x = ship.x + np.concatenate([[0], np.cumsum(0.125 * (ve[1:] + ve[:-1]))])
    y = ship.y + np.concatenate([[0], np.cumsum(0.125 * (vn[1:] + vn[:-1]))])
    return tuple(np.interp(t, fine, column) for column in (x, y, ve, vn))


def lonlat(x, y, site=SITE):
    """Degrees of metres from a site, by the tangent plane."""
    from vts.simulate import frame

    return frame.enu_to_lonlat(np.asarray(x, float), np.asarray(y, float), site.lon_deg, site.lat_deg)


def plots(ships, seconds, rng, *, site=SITE, pd=0.9, false=0, reach=15_000.0, bias=(0.0, 0.0), unseen=()):
    """Radar plots of ships around a site; `bias` in m and degrees; `unseen` are (from_s, to_s) without plots."""
    rows = []
    for ship in ships:
        x, y, _, _ = where(ship, np.arange(0, seconds, site.period_s))
        t = np.arange(0, seconds, site.period_s) + np.degrees(np.arctan2(x, y)) % 360.0 / 360.0 * site.period_s
        x, y, _, _ = where(ship, t)
        rows.append(
            np.stack([t, np.hypot(x, y), np.degrees(np.arctan2(x, y)) % 360.0], axis=1)[rng.random(t.size) < pd]
        )
    scans = int(seconds // site.period_s)
    azimuth = rng.uniform(0, 360, scans * false)
    t = np.repeat(np.arange(scans) * site.period_s, false) + azimuth / 360.0 * site.period_s
    rows.append(np.stack([t, reach * np.sqrt(rng.random(t.size)), azimuth], axis=1))
    t, r, a = np.concatenate(rows).T
    seen = np.ones(t.size, bool)
    for from_s, to_s in unseen:
        seen &= (t < from_s) | (t >= to_s)
    t, r, a = t[seen], r[seen], a[seen]
    r = r + rng.normal(0, site.sigma_range_m, r.size) + bias[0]
    a = (a + rng.normal(0, site.sigma_azimuth_deg, r.size) + bias[1]) % 360.0
    lon, lat = lonlat(r * np.sin(a * DEG), r * np.cos(a * DEG), site)
    across = r * site.sigma_azimuth_deg * DEG
    order = np.argsort(t, kind="stable")
    return (
        Reports(
            t_ns=T0 + (t * S).astype(np.int64),
            rx_ns=T0 + (t * S).astype(np.int64),
            sensor=np.full(t.size, site.sensor),
            kind=np.full(t.size, schema.RADAR_PLOT),
            lon_deg=lon,
            lat_deg=lat,
            range_m=r,
            azimuth_deg=a,
            major_m=np.maximum(across, site.sigma_range_m),
            minor_m=np.minimum(across, site.sigma_range_m),
            axis_deg=np.where(across > site.sigma_range_m, a + 90.0, a) % 180.0,
        )
        .take(order)
        ._replace(seq=np.arange(t.size))
    )


def ais(ships, seconds, rng, *, every_s=10.0, late_s=0.0, sigma_m=10.0, drift=None):
    """AIS reports of the ships that have an MMSI; `drift(mmsi, t)` gives metres east and north to add to a position."""
    parts = []
    for k, ship in enumerate(s for s in ships if s.mmsi >= 0):
        t = np.floor(np.arange(k % every_s, seconds, every_s))
        x, y, ve, vn = where(ship, t)
        if drift:
            dx, dy = drift(ship.mmsi, t)
            x, y = x + dx, y + dy
        lon, lat = lonlat(x + rng.normal(0, sigma_m, t.size), y + rng.normal(0, sigma_m, t.size))
        ve, vn = ve + rng.normal(0, 0.25, t.size), vn + rng.normal(0, 0.25, t.size)
        rx = t + rng.uniform(0, late_s, t.size) if late_s else t
        parts.append(
            Reports(
                t_ns=T0 + (t * S).astype(np.int64),
                rx_ns=T0 + (rx * S).astype(np.int64),
                sensor=0,
                kind=schema.AIS_A,
                ident=ship.mmsi,
                lon_deg=lon,
                lat_deg=lat,
                sog_kn=np.hypot(ve, vn) / KN,
                cog_deg=np.degrees(np.arctan2(ve, vn)) % 360.0,
                nav_status=0,
            )
        )
    table = Reports.concat(parts)
    table = table.take(np.argsort(table.rx_ns, kind="stable"))
    return table._replace(seq=np.arange(table.n))


def apart_m(tracks, ship, at_ns):
    """Distance of every track from where the ship was at that time, m."""
    x, y, _, _ = where(ship, [(at_ns - T0) / S])
    lon, lat = lonlat(x, y)
    return np.hypot((tracks.lon_deg - lon[0]) * 111_320.0 * np.cos(lat[0] * DEG), (tracks.lat_deg - lat[0]) * 110_850.0)
