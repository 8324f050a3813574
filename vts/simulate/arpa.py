"""A ship's own radar as her bridge sends it: RMC, HDT and TTM sentences (IEC 61162-1), targets already tracked.

The ARPA's tracks are made from the truth with the slow error of a smoothing filter; no raw plots leave such a radar.
"""

from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import NamedTuple

import numpy as np

from vts.schema import F8, I4, I8, table
from vts.simulate import frame
from vts.simulate.motion import wander
from vts.units import DEG, KN, NM, S


@dataclass(frozen=True)
class Arpa:
    """The radar of one ship of the scenario."""

    name: str = "sim-arpa"
    ship: int = 0  # the own ship
    period_s: float = 3.0
    max_range_m: float = 12 * NM
    sigma_m: float = 25.0  # error of a tracked position, correlated over 20 s
    sigma_mps: float = 0.3
    acquire_s: float = 60.0  # from coming into range to the first steady vector


@table
class Targets(NamedTuple):
    """One row per TTM, in order of time, at the resolution of the sentence."""

    t_ns: I8
    ship: I4
    number: I4
    range_nm: F8
    bearing_deg: F8
    sog_kn: F8
    cog_deg: F8
    own_lon_deg: F8  # as the RMC of that second says
    own_lat_deg: F8


def track(arpa, motion, rng, scene):
    """Targets that the ARPA follows, once it has held them for a minute."""
    step = np.arange(0, motion.steps - 1, arpa.period_s).astype(np.int64)
    others = np.setdiff1d(np.arange(motion.ships), [arpa.ship])
    noise = wander(rng, (2, motion.ships, step.size), 20.0 / arpa.period_s) * arpa.sigma_m
    drift = wander(rng, (2, motion.ships, step.size), 20.0 / arpa.period_s) * arpa.sigma_mps
    rows = []
    own_lon, own_lat = own_position(arpa, motion, scene, step)
    for number, ship in enumerate(others):
        x, y = motion.x_m[ship, step] + noise[0, ship], motion.y_m[ship, step] + noise[1, ship]
        lon, lat = frame.enu_to_lonlat(x, y, scene.lon0_deg, scene.lat0_deg)
        e, n, u = frame.lonlat_to_enu(lon, lat, own_lon, own_lat)
        away = np.sqrt(e * e + n * n + u * u)
        north = frame.convergence_deg(lon, lat, scene.lon0_deg)
        vx, vy = motion.vx_mps[ship, step] + drift[0, ship], motion.vy_mps[ship, step] + drift[1, ship]
        held = np.cumsum(away < arpa.max_range_m) * arpa.period_s > arpa.acquire_s
        held &= away < arpa.max_range_m
        rows.append(
            Targets(
                t_ns=scene.start_ns + step[held] * S,
                ship=np.full(held.sum(), ship),
                number=np.full(held.sum(), number + 1),
                range_nm=np.round(away[held] / NM, 3),
                bearing_deg=np.round(np.degrees(np.arctan2(e, n))[held] % 360.0, 1) % 360.0,
                sog_kn=np.round(np.hypot(vx, vy)[held] / KN, 1),
                cog_deg=np.round((np.degrees(np.arctan2(vx, vy)) + north)[held] % 360.0, 1) % 360.0,
                own_lon_deg=own_lon[held],
                own_lat_deg=own_lat[held],
            )
        )
    targets = Targets.concat(rows)
    return targets.take(np.lexsort((targets.number, targets.t_ns)))


def own_position(arpa, motion, scene, step):
    """(lon_deg, lat_deg) of the own ship as RMC says it: to 0.0001 minute."""
    at = motion.x_m[arpa.ship, step], motion.y_m[arpa.ship, step]
    return tuple(np.round(c * 6e5) / 6e5 for c in frame.enu_to_lonlat(*at, scene.lon0_deg, scene.lat0_deg))


def sentences(arpa, motion, targets, scene):
    """The NMEA lines of the bridge: RMC and HDT each second, then the TTM of that second."""
    step = np.arange(motion.steps)
    lon, lat = own_position(arpa, motion, scene, step)
    sog = np.hypot(motion.vx_mps[arpa.ship], motion.vy_mps[arpa.ship]) / KN
    north = frame.convergence_deg(lon, lat, scene.lon0_deg)
    cog = (np.arctan2(motion.vx_mps[arpa.ship], motion.vy_mps[arpa.ship]) / DEG + north) % 360.0
    heading = (motion.heading_deg[arpa.ship] + north) % 360.0
    begin = np.searchsorted(targets.t_ns, scene.start_ns + step * S)
    stop = np.searchsorted(targets.t_ns, scene.start_ns + (step + 1) * S)
    for k in step:
        now = (scene.start_ns // S + int(k)) * S
        clock, day = _clock(now), np.datetime64(now, "ns").astype("datetime64[D]").item()
        yield _line(
            f"GPRMC,{clock},A,{_angle(lat[k], 2, 'N', 'S')},{_angle(lon[k], 3, 'E', 'W')},"
            f"{sog[k]:.1f},{cog[k]:.1f},{day:%d%m%y},,,A"
        )
        yield _line(f"HEHDT,{heading[k]:.1f},T")
        for row in range(begin[k], stop[k]):
            yield _line(
                f"RATTM,{targets.number[row]:02d},{targets.range_nm[row]:.3f},{targets.bearing_deg[row]:.1f},T,"
                f"{targets.sog_kn[row]:.1f},{targets.cog_deg[row]:.1f},T,,,N,,T,,{clock},A"
            )


def _clock(t_ns):
    s = t_ns // S % 86_400
    return f"{s // 3600:02d}{s // 60 % 60:02d}{s % 60:02d}.00"


def _angle(value, digits, positive, negative):
    """Degrees and minutes to 0.0001 minute, rounded once so that a minute never reads 60."""
    tenths = round(abs(value) * 600_000)
    degrees, rest = divmod(tenths, 600_000)
    return f"{degrees:0{digits}d}{rest // 10_000:02d}.{rest % 10_000:04d},{positive if value >= 0 else negative}"


def _line(body):
    return f"${body}*{reduce(xor, body.encode()):02X}\r\n".encode()
