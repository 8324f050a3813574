"""Ships as functions of time, played to the risk stage as Pictures."""

import numpy as np

import risk
from vts import schema
from vts.geo import enu_to_lonlat
from vts.schema import Alerts, Picture, Places, Scores, Statics, Tracks
from vts.units import KN, S

LON0, LAT0 = 114.0, 22.0
T0_NS = 1_767_225_600 * S


def steady(x=0.0, y=0.0, sog=10.0, cog=0.0, **more):
    """A ship on a straight course: f(t_s) -> state."""

    def at(t_s):
        run = sog * KN * t_s
        where = {"x": x + run * np.sin(np.radians(cog)), "y": y + run * np.cos(np.radians(cog))}
        return {"sog": sog, "cog": cog} | where | more

    return at


def still(x=0.0, y=0.0, **more):
    """A ship that lies still."""
    return steady(x, y, 0.05, 0.0, **more)


def picture(ships, t_s):
    """The Picture of ships at a time; a ship may return None for "no track"."""
    rows = [(k, state) for k, ship in enumerate(ships) if (state := ship(t_s)) is not None]
    rows.sort(key=lambda row: row[1].get("track", row[0]))
    lonlat = [enu_to_lonlat(state["x"], state["y"], LON0, LAT0) for _, state in rows]

    def column(name, default):
        return [state.get(name, default) for _, state in rows]

    at_ns = T0_NS + int(t_s * S)
    mmsi = [state.get("mmsi", 412_000_001 + k) for k, state in rows]
    tracks = Tracks(
        track=[state.get("track", k) for k, state in rows],
        mmsi=mmsi,
        t_ns=[at_ns] * len(rows),
        lon_deg=[a for a, _ in lonlat],
        lat_deg=[b for _, b in lonlat],
        sog_kn=column("sog", np.nan),
        cog_deg=column("cog", np.nan),
        heading_deg=[state.get("heading", state["cog"]) for _, state in rows],
        nav_status=column("status", 0),
        kind=column("kind", schema.AIS_A),
        state=column("state", schema.CONFIRMED),
        age_s=column("age", 5.0),
        first_ns=[T0_NS + int(first_s * S) for first_s in column("first_s", -90.0)],
        seen_by=column("seen_by", 1),
        existence=[1.0] * len(rows),
        p_dark=column("p_dark", np.nan),
        p_spoof=column("p_spoof", np.nan),
        length_m=column("length", 100.0),
        reports=[int(max(0.0, t_s - a) // 10.0) + 10 for a in column("age", 5.0)],
        **dict.fromkeys(("ee_m2", "nn_m2"), [25.0] * len(rows)),
        **dict.fromkeys(("en_m2", "eve_m2s", "evn_m2s", "nve_m2s", "nvn_m2s", "vevn_m2s2"), [0.0] * len(rows)),
        **dict.fromkeys(("veve_m2s2", "vnvn_m2s2"), [0.01] * len(rows)),
    )
    known = sorted({m: state for m, (_, state) in zip(mmsi, rows, strict=True) if m >= 0}.items())
    statics = Statics(
        mmsi=[m for m, _ in known],
        t_ns=[at_ns] * len(known),
        imo=[s.get("imo", -1) for _, s in known],
        ship_type=[s.get("ship_type", 70) for _, s in known],
        length_m=[s.get("length", 100.0) for _, s in known],
        draught_m=[s.get("draught", np.nan) for _, s in known],
        name=[s.get("name", "") for _, s in known],
    )
    spots = [(state.get("track", k), *spot) for k, state in rows for spot in state.get("places", ())]
    places = Places(
        track=np.array([s[0] for s in spots], np.int64),
        zone=np.array([s[1] for s in spots], np.int64),
        zone_kind=np.array([s[2] for s in spots], "<U24"),
        edge_m=np.array([s[3] for s in spots], float),
        bearing_deg=np.array([s[4] if len(s) > 4 else 0.0 for s in spots], float),
        enter_min=np.array([s[5] if len(s) > 5 else np.nan for s in spots], float),
        pass_m=np.array([max(s[3], 0.0) for s in spots], float),
    )
    return Picture(at_ns, tracks, statics, Alerts.empty(), Scores.empty(), places)


def play(ships, minutes, step_s=30.0, watch=None):
    """(alerts of the whole run, watch): ships played to risk.score without a model."""
    watch = watch or risk.Watch()
    times = np.arange(0.0, minutes * 60.0 + 1.0, step_s)
    told = [p.alerts for p in risk.score((picture(ships, t) for t in times), None, watch)]
    return Alerts.concat(told), watch


def raised(alerts, rule):
    """Alerts of a rule that were raised."""
    return alerts.take((alerts.rule == rule) & (alerts.state == schema.RAISED))
