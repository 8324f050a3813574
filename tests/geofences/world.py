"""A small sea for the rules' scenarios: zones in metres about one place, ships with courses, Pictures of them."""

import itertools
import math

import numpy as np

import geofences
from geofences import zones as zone_files
from vts.schema import ALERT_STATES, CONFIRMED, Alerts, Picture, Scores, Statics, Tracks
from vts.units import KN, S

LON, LAT = 114.2, 21.7
EAST, NORTH = 103_470.0, 110_735.0  # metres in a degree there
T0_NS = 1_750_000_000 * S


def place(east_m, north_m):
    """(lon, lat) of a point of the small sea."""
    return LON + east_m / EAST, LAT + north_m / NORTH


def box(west, south, east, north):
    """A ring."""
    return [[list(place(x, y)) for x, y in ((west, south), (east, south), (east, north), (west, north), (west, south))]]


def zone(kind, ring=None, line=None, **properties):
    """A GeoJSON feature, its sides in metres."""
    shape = {"type": "Polygon", "coordinates": ring} if ring else {"type": "LineString", "coordinates": line}
    return {
        "type": "Feature",
        "geometry": shape,
        "properties": {"name": kind, "kind": kind, "source": "a test", "confidence": "high", **properties},
    }


def zones(*features):
    """Zones of features, by the real reader."""
    return zone_files.from_geojson({"type": "FeatureCollection", "features": list(features)})


def ship(
    mmsi, east_m=0.0, north_m=0.0, cog=0.0, sog=0.0, *, status=0, heading=None, turns=(), leaves=math.inf, **other
):
    """A vessel on straight legs; `turns` are (minute, cog, sog, status); without a heading the bow goes ahead."""
    static = {"ship_type": 70, "length_m": 150.0, "beam_m": 25.0, "draught_m": 8.0, "imo": -1, "sigma_m": 10.0}
    assert other.keys() <= static.keys() | {"sigma_kn"}
    legs = [(0.0, cog, sog, status), *turns]
    here = {"mmsi": mmsi, "east_m": east_m, "north_m": north_m, "heading": heading, "legs": legs, "leaves": leaves}
    return {**static, "sigma_kn": 0.3, **other, **here}


def _state(vessel, minute):
    """(east, north, cog, sog, status, heading) of a vessel at a minute."""
    east, north = vessel["east_m"], vessel["north_m"]
    legs = [*vessel["legs"], (math.inf, 0, 0, 0)]
    for (begin, cog, sog, status), (end, *_) in itertools.pairwise(legs):
        run = sog * KN * 60 * (min(minute, end) - begin)
        east, north = east + run * math.sin(math.radians(cog)), north + run * math.cos(math.radians(cog))
        if minute < end:
            return east, north, cog, sog, status, cog if vessel["heading"] is None else vessel["heading"]
    raise AssertionError


def picture(ships, minute, t0_ns=T0_NS):
    """The Picture of these ships at a minute."""
    number = {id(v): k + 1 for k, v in enumerate(ships)}
    here = [v for v in ships if minute < v["leaves"]]
    n, at_ns = len(here), t0_ns + round(minute * 60) * S
    east, north, cog, sog, status, heading = np.array([_state(v, minute) for v in here], float).reshape(n, 6).T
    of = lambda key: np.array([v[key] for v in here], float)  # noqa: E731
    position_m2, speed_m2s2 = of("sigma_m") ** 2, (of("sigma_kn") * KN) ** 2
    tracks = Tracks(
        track=np.array([number[id(v)] for v in here], int),
        mmsi=np.array([v["mmsi"] for v in here], int),
        t_ns=np.full(n, at_ns),
        lon_deg=LON + east / EAST,
        lat_deg=LAT + north / NORTH,
        sog_kn=sog,
        cog_deg=cog % 360,
        heading_deg=heading % 360,
        nav_status=status.astype(int),
        state=np.full(n, CONFIRMED),
        age_s=np.full(n, 2.0),
        first_ns=np.full(n, t0_ns),
        ee_m2=position_m2,
        nn_m2=position_m2,
        veve_m2s2=speed_m2s2,
        vnvn_m2s2=speed_m2s2,
        **{name: np.zeros(n) for name in ("en_m2", "eve_m2s", "evn_m2s", "nve_m2s", "nvn_m2s", "vevn_m2s2")},
        length_m=of("length_m"),
        reports=np.full(n, round(minute * 60)),
        existence=np.ones(n),
    )
    here = sorted((v for v in here if v["mmsi"] >= 0), key=lambda v: v["mmsi"])
    told = ("length_m", "beam_m", "draught_m")
    statics = Statics(
        **{name: np.array([v[name] for v in here], int) for name in ("mmsi", "imo", "ship_type")},
        **{name: of(name) for name in told},
        name=np.array([f"SHIP {v['mmsi']}" for v in here], str),
    )
    return Picture(at_ns, tracks, statics, Alerts.empty(), Scores.empty())


def pictures(ships, minutes, step_s=10, t0_ns=T0_NS):
    """Pictures from minute 0 on."""
    return [picture(ships, k * step_s / 60, t0_ns) for k in range(int(minutes * 60 / step_s) + 1)]


def watch(where, ships, minutes, *, step_s=10, registers=None, t0_ns=T0_NS, keeper=None):
    """The checked Pictures."""
    where = zones(*where) if isinstance(where, list) else where
    keeper = keeper or geofences.Watch()
    return list(geofences.check(pictures(ships, minutes, step_s, t0_ns), where, keeper, registers))


def told(checked, rule=None):
    """[(rule, state, mmsi, other's mmsi, zone row)] of all alerts, or [(state, mmsi, ...)] of one rule's."""
    rows = []
    for a in (p.alerts for p in checked):
        for k in range(a.n):
            row = (ALERT_STATES[a.state[k]], int(a.mmsi[k]), int(a.other_mmsi[k]), int(a.zone[k]))
            if rule is None:
                rows.append((str(a.rule[k]), *row))
            elif a.rule[k] == rule:
                rows.append(row)
    return rows


def raised(checked, rule):
    """{mmsi} for whom a rule raised an alert."""
    return {mmsi for state, mmsi, *_ in told(checked, rule) if state == "raised"}
