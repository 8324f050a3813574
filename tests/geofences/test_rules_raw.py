"""Rules from raw bytes on: AIVDM sentences, decoded, fused and checked; published zones where there are any."""

import dataclasses

import numpy as np
import pytest

import ais
import geofences
import risk
import vts
from geofences import calls, registers, rules
from geofences import zones as zone_files
from tests.geofences import world
from tests.geofences.world import T0_NS, box, place, raised, ship, zone, zones
from vts.fusion import Tracker, fuse
from vts.plugins import discover
from vts.schema import RAISED, Alerts, Statics, Visits
from vts.simulate import aivdm
from vts.units import HOUR, S

KNOWN = registers.load("data/registers")
REPORT_S, STATIC_S = 6, 60


def log(ships, minutes, path, t0_ns=T0_NS, silent=()):
    """A log of what these ships send: positions every 6 s, static data every minute, under tag blocks.

    `silent` are (mmsi, from, to): who sends nothing between these minutes.
    """
    rows = {name: [] for name in aivdm.Messages.spec}
    for second in range(0, int(minutes * 60) + 1, REPORT_S):
        for number, vessel in enumerate(ships):
            if any(vessel["mmsi"] == mmsi and begin <= second / 60 < end for mmsi, begin, end in silent):
                continue
            east, north, cog, sog, status, heading = world._state(vessel, second / 60)
            lon, lat = place(east, north)
            t_ns = t0_ns + (second + number % REPORT_S) * S
            told = {
                "rx_ns": t_ns + S,
                "t_ns": t_ns,
                "mmsi": vessel["mmsi"],
                "ship": number,
                "second": t_ns // S % 60,
                "lon_deg": lon,
                "lat_deg": lat,
                "sog_kn": sog,
                "cog_deg": cog % 360,
                "heading_deg": heading % 360,
                "nav_status": status,
                "accurate": 1,
                "part": -1,
            }
            for kind in (1, 5) if second % STATIC_S == 0 else (1,):
                for name, values in rows.items():
                    values.append({**told, "type": kind}.get(name, 0))
    sizes = ("length_m", "beam_m", "draught_m")
    column = {name: np.array([v[name] for v in ships]) for name in ("mmsi", "imo", "ship_type", *sizes)}
    papers = Statics(
        **column, to_bow_m=column["length_m"] / 2, to_port_m=column["beam_m"] / 2,
        name=np.array([f"TEST {v['mmsi']}" for v in ships]), callsign=[""], destination=[""], eta=["00-00T24:60"],
    )  # fmt: skip
    with open(path, "wb") as file:
        file.writelines(
            aivdm.encode(aivdm.Messages(**{k: np.array(v) for k, v in rows.items()}), papers, ("SIM-TEST",))
        )


def replay(where, ships, minutes, path, *, known=KNOWN, t0_ns=T0_NS, land=None, silent=()):
    """The checked Pictures of a log of these ships."""
    log(ships, minutes, path, t0_ns, silent)
    feed = ais.read(path)
    where = zones(*where) if isinstance(where, list) else where
    checked = list(geofences.check(fuse(vts.merge([feed]), Tracker()), where, None, known, land))
    assert feed.rejects.used == feed.rejects.read > 0
    return checked


WATERS = zone("coverage", box(-20_000, -20_000, 20_000, 20_000), complete=["anchorage"])
AREA, LANE = box(-1000, 0, 1000, 3000), box(-1000, -3000, 1000, 9000)
CORRIDOR = zone(
    "corridor",
    line=[list(place(0, -3000)), list(place(0, 9000))],
    width_m=2000,
    lng_zone="yangshan_2020",
    lng_exclusive=True,
)
CARRIER = ship(413999001, 0, 0, 0, 9, ship_type=80, length_m=290.0, beam_m=46.0)
CASES = {
    "speed_limit": (zone("fairway", LANE, max_speed_kn=12), [ship(1, 0, 0, 0, 15), ship(2, 500, 0, 0, 11.8)], {1}),
    "speed_limit_soon": (
        zone("fairway", AREA, max_speed_kn=12),
        [ship(1, 0, -900, 0, 15), ship(2, 400, -900, 0, 11)],
        {1},
    ),
    "speed_minimum": (zone("fairway", LANE, min_speed_kn=5), [ship(1, 0, 0, 0, 3.5), ship(2, 500, 0, 0, 5.5)], {1}),
    "speed_minimum_soon": (
        zone("fairway", AREA, min_speed_kn=5),
        [ship(1, 0, -280, 0, 3.5), ship(2, 500, -280, 0, 5.5)],
        {1},
    ),
    "under_keel_soon": (
        zone("depth_area", AREA, depth_m=9.0),
        [ship(1, 0, -900, 0, 7, draught_m=8.5), ship(2, 300, -900, 0, 7, draught_m=8.0)],
        {1},
    ),
    "wrong_way_soon": (
        zone("tss_lane", AREA, direction_deg=180),
        [ship(1, 0, -900, 0, 7), ship(2, -1900, 500, 90, 7)],
        {1},
    ),
    "tss_separation_soon": (
        zone("tss_separation_zone", LANE, direction_deg=0),
        [ship(1, -1300, 0, 30, 10), ship(2, -1300, 2000, 90, 7)],
        {1},
    ),
    "anchored_outside": (
        [zone("anchorage", AREA), WATERS],
        [ship(1, 0, -600, status=1), ship(2, 0, 900, status=1)],
        {1},
    ),
    "anchored_forbidden": (
        zone("no_anchoring_area", AREA),
        [ship(1, 0, 900, status=1), ship(2, 0, -100, status=1)],
        {1},
    ),
    "anchorage_wrong": (
        zone("anchorage", AREA, allowed=["tanker"], max_length_m=200),
        [ship(1, 0, 900, status=1), ship(2, 300, 900, status=1, ship_type=80)],
        {1},
    ),
    "anchorage_full": (
        zone("anchorage", AREA, capacity=1),
        [ship(2, 0, 900, status=1), ship(1, 500, 300, 0, 3, turns=[(2, 0, 0, 1)])],
        {1},
    ),
    "wrong_way": (zone("tss_lane", LANE, direction_deg=0), [ship(1, 0, 6000, 180, 10), ship(2, 500, 0, 0, 10)], {1}),
    "tss_crossing": (
        zone("tss_lane", LANE, direction_deg=0),
        [ship(1, -900, 0, 45, 7), ship(2, -900, 2000, 88, 7)],
        {1},
    ),
    "tss_separation": (
        zone("tss_separation_zone", LANE, direction_deg=0),
        [ship(1, 0, 0, 0, 7), ship(2, -900, 2000, 90, 7)],
        {1},
    ),
    "under_keel": (
        zone("depth_area", LANE, depth_m=9.0),
        [ship(1, 0, 0, 0, 7, draught_m=8.5), ship(2, 300, 0, 0, 7, draught_m=8.0)],
        {1},
    ),
    "restricted_entry": (zone("restricted_area", AREA), [ship(1, 0, -500, 0, 8), ship(2, 1200, -500, 0, 8)], {1}),
    "restricted_entry_soon": (
        zone("restricted_area", AREA),
        [ship(1, 0, -1500, 0, 8), ship(2, 1300, -1500, 0, 8)],
        {1},
    ),
    "lng_intruder": (CORRIDOR, [CARRIER, ship(1, 100, 1500, 0, 8), ship(2, 800, 1500, 0, 8)], {1}),
    "lng_intruder_soon": (CORRIDOR, [CARRIER, ship(1, 1500, 3000, 250, 9), ship(2, 1500, 3000, 20, 9)], {1}),
    "lng_exclusive": (CORRIDOR, [CARRIER, ship(1, 700, 3000, 180, 8), ship(2, 1500, 3000, 180, 8)], {1}),
    "overtaking": (
        zone("corridor", line=[list(place(0, -3000)), list(place(0, 9000))], width_m=2000, no_overtaking=True),
        [ship(1, 200, -300, 0, 12), ship(2, 0, 0, 0, 8)],
        {1},
    ),
    "bridge_clearance": (
        zone("bridge", box(-3000, 4000, 3000, 4100), clearance_m=55),
        [ship(1, 0, 0, 0, 9), ship(2, 500, 0, 0, 9)],
        {1},
    ),
}


def table(**columns):
    """A register's columns."""
    return {name: np.array(column) for name, column in columns.items()}


def legs(*parts):
    """Turns of a ship: (minute, cog, sog, status)."""
    return {"turns": parts}


A_CARRIER, B_CARRIER = KNOWN.lng_carriers["mmsi"][:2].tolist()
NORTHWARD = [list(place(0, -3000)), list(place(0, 9000))]
WIDE = {"line": NORTHWARD, "width_m": 2000}
SAFETY = zone("lng_safety_zone", box(-250, -250, 250, 250))
SURVEY = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": list(place(0, 0))},
    "properties": {"name": "survey", "kind": "moving_works", "mmsi": 5, "radius_m": 50, "source": "a test",
                   "confidence": "high"},
}  # fmt: skip


def windy(name, east_m, max_wind_mps):
    """A corridor northward with a limit of wind."""
    line = [list(place(east_m, -3000)), list(place(east_m, 9000))]
    return zone("corridor", line=line, width_m=2000, max_wind_mps=max_wind_mps, name=name)


# rule: (zones, ships, who offends, minutes, registers). Ship 1 must be told, ship 3 must not, and ship 2 is just short
# of it; carriers and their company go by the numbers of the registers.
THREE = {
    # 150 m long in 20 m of water: 350 m from where she lay; at 2 kn 62 m a minute
    "anchor_dragging": (
        [zone("anchorage", box(-4000, -4000, 4000, 4000))],
        [
            ship(1, 0, 0, 0, 5, heading=0, **legs((2, 0, 0, 1), (4, 180, 2, 1))),
            ship(2, 1000, 0, 0, 5, heading=0, **legs((2, 0, 0, 1), (4, 180, 2, 1), (9.2, 0, 0, 1))),
            ship(3, 2000, 0, 0, 5, heading=0, **legs((2, 0, 0, 1), (4, 180, 0.3, 1))),
        ],
        {1},
        12,
        {},
    ),
    # 11 kn at 8 degrees off: 47 m a minute over an edge at 500 m, of which 50 m are forgiven
    "fairway_deviation": (
        [zone("corridor", line=NORTHWARD, width_m=1000)],
        [
            ship(1, 350, 0, 8, 11),
            ship(2, 350, 600, 8, 11, **legs((3.9, 0, 11, 0))),
            ship(3, 350, 1200, 2, 11),
        ],
        {1},
        8,
        {},
    ),
    # ... and 3 minutes are looked ahead, 141 m: 2 turns to the axis when she is 165 m short, 3 makes 12 m a minute
    "fairway_deviation_soon": (
        [zone("corridor", line=NORTHWARD, width_m=1000)],
        [
            ship(1, 350, 0, 8, 11),
            ship(2, 350, 600, 8, 11, **legs((0.7, 0, 11, 0))),
            ship(3, 350, 1200, 2, 11),
        ],
        {1},
        3,
        {},
    ),
    # 39 m a minute, or 19: after two minutes 23 m or 61 m are left, of which 3 minutes make 116 m or 58 m
    "lng_deviation_soon": (
        [zone("corridor", **WIDE, max_cross_m=200)],
        [
            CARRIER | {"east_m": 100, "legs": [(0.0, 8, 9, 0)]},
            CARRIER | {"mmsi": B_CARRIER, "east_m": 100, "north_m": 4000, "legs": [(0.0, 4, 9, 0)]},
            ship(3, 100, 2000, 8, 9, ship_type=80),
        ],
        {A_CARRIER},
        2,
        {},
    ),
    "lng_deviation": (
        [zone("corridor", **WIDE, max_cross_m=200)],
        [
            CARRIER | {"east_m": 215},
            CARRIER | {"mmsi": B_CARRIER, "east_m": 190, "north_m": 4000},
            ship(3, 300, 2000, 0, 9, ship_type=80),
        ],
        {A_CARRIER},
        2,
        {},
    ),
    "lng_escort": (
        [zone("corridor", **WIDE, escorts=2)],
        [
            *(CARRIER, ship(11, 0, 470, 0, 9), ship(12, 0, 530, 0, 9)),
            *(CARRIER | {"mmsi": B_CARRIER, "north_m": 6000}, ship(13, 470, 6000, 0, 9), ship(14, 0, 5530, 0, 9)),
            ship(3, 500, 0, 0, 9, ship_type=80),
        ],
        {A_CARRIER},
        4,
        {"attendants": table(mmsi=[11, 12, 13, 14], role=["escort"] * 4)},
    ),
    "lng_terminal": (
        [SAFETY],
        [ship(1, 0, -800, 0, 6), ship(2, 270, -800, 0, 6), ship(3, 100, -800, 0, 6)],
        {1},
        5,
        {"permits": table(mmsi=[3], zone=["lng_safety_zone"], valid_from=[-1], valid_to=[-1])},
    ),
    "lng_weather": (
        [windy("a", 0, 20.0), windy("b", 5000, 20.5)],
        [CARRIER, CARRIER | {"mmsi": B_CARRIER, "east_m": 5000}, ship(3, 0, 3000, 0, 9, ship_type=80)],
        {A_CARRIER},
        2,
        {"weather": table(t=[T0_NS - HOUR], wind_mps=[20.5], visibility_m=[9000.0], wave_m=[0.5])},
    ),
    # 2 is met outside the corridor's edge, and 3 meets 4 in one that forbids nothing
    "meeting": (
        [
            zone("corridor", **WIDE, no_meeting=True),
            zone("corridor", line=[list(place(9000, -3000)), list(place(9000, 9000))], width_m=2000, name="other"),
        ],
        [
            *(ship(1, 0, 0, 0, 8), ship(10, 200, 2500, 180, 8), ship(2, 1040, 2500, 180, 8)),
            *(ship(3, 9000, 0, 0, 8), ship(4, 9100, 2500, 180, 8)),
        ],
        {1},
        2,
        {},
    ),
    "moving_works": (
        [SURVEY],
        [ship(5, 0, 0, 0, 3), ship(1, 10, 600, 180, 3), ship(2, 58, 900, 180, 3), ship(3, 300, 600, 180, 3)],
        {1},
        5,
        {},
    ),
    "notice_overdue": (
        [zone("port_limit", LANE, notice_h=24)],
        [ship(1, 0, -3600, 0, 10), ship(2, 300, -3600, 0, 10), ship(3, 600, -3600, 0, 10)],
        {1},
        4,
        {
            "notices": table(
                mmsi=[1, 2, 3],
                eta=[T0_NS + HOUR] * 3,
                sent=[T0_NS - 23 * HOUR, T0_NS - 24 * HOUR, T0_NS - 48 * HOUR],
            )
        },
    ),
    # the line is crossed after two minutes; a call within five more is in time
    "report_missed": (
        [zone("reporting_line", line=[list(place(-2000, 0)), list(place(2000, 0))])],
        [ship(1, 0, -600, 0, 10), ship(2, 400, -600, 0, 10), ship(3, 800, -600, 0, 10, **legs((1.5, 180, 10, 0)))],
        {1},
        9,
        {"reports": table(mmsi=[2], zone=["reporting_line"], t=[T0_NS + 400 * S])},
    ),
    "stopped_in_fairway": (
        [zone("fairway", LANE)],
        [ship(1, 0, 0, 0, 0.1), ship(2, 300, 0, 0, 0.1, **legs((8, 0, 5, 0))), ship(3, 600, 0, 0, 3)],
        {1},
        13,
        {},
    ),
    "tss_joining": (
        [zone("tss_lane", LANE, direction_deg=0)],
        [
            ship(1, -1500, 0, 45, 10, **legs((3.5, 5, 10, 0))),
            ship(2, -1300, 0, 28, 10, **legs((3.5, 5, 10, 0))),
            ship(3, -1500, 3000, 90, 10),
        ],
        {1},
        8,
        {},
    ),
}


# a third vessel in each of the seas of CASES: well clear of the rule, or at its edge where the second is well clear
BESIDE = {
    "speed_limit": ship(3, -500, 0, 0, 8),
    "speed_limit_soon": ship(3, -400, -900, 180, 15),
    "speed_minimum": ship(3, -500, 0, 0, 12),
    "speed_minimum_soon": ship(3, -500, -280, 0, 4.8),  # half a knot is forgiven
    "under_keel_soon": ship(3, 1060, -900, 0, 7, draught_m=8.5),  # passes beside it
    "wrong_way_soon": ship(3, 300, -500, 50, 7),  # 135 degrees and more are wrong
    "anchored_outside": ship(3, 500, -90, status=1),  # 100 m are forgiven
    "anchored_forbidden": ship(3, 500, -20, status=1),  # the Watch's margin is 30 m
    "anchorage_wrong": ship(3, -300, 900, status=1, ship_type=80, length_m=200.0),
    "anchorage_full": ship(3, -500, 300, 0, 3),  # makes way
    "wrong_way": ship(3, -500, 2000, 130, 3),  # 135 degrees and more are wrong
    "tss_crossing": ship(3, -900, 4000, 62, 5),  # 60 degrees and more are nearly right angles
    "tss_separation": ship(3, -900, 4000, 62, 5),
    "tss_separation_soon": ship(3, -1300, 4000, 62, 7),  # 60 degrees and more cross
    "under_keel": ship(3, -300, 0, 0, 7, draught_m=5.0),
    "restricted_entry": ship(3, 1020, -500, 0, 8),
    "restricted_entry_soon": ship(3, -500, -1500, 180, 8),
    "lng_intruder": ship(3, -335, 0, 0, 9),  # the zone ends 23 + 290 m abeam
    "lng_intruder_soon": ship(3, -1500, 3000, 0, 9),
    "lng_exclusive": ship(3, -1040, 3000, 180, 8),
    "overtaking": ship(3, -200, -300, 0, 8.5),  # a knot less is following
    "bridge_clearance": ship(3, -500, 0, 0, 9),
}


@pytest.mark.parametrize("rule", CASES)
def test_from_raw_bytes_to_the_alert(rule, tmp_path):
    """In each sea one vessel breaks the rule and two others keep it, one of them only just."""
    where, ships, offends = CASES[rule]
    known = dataclasses.replace(KNOWN, heights=table(mmsi=[1, 2, 3], air_draught_m=[54.0, 52.9, 40.0]))
    ships = [*ships, BESIDE[rule]]
    where = where if isinstance(where, list) else [where]
    assert offends == raised(replay(where, ships, 8, tmp_path / "ais.nmea", known=known), rule)


@pytest.mark.parametrize("rule", THREE)
def test_from_raw_bytes_must_must_not_and_at_the_edge(rule, tmp_path):
    where, ships, offends, minutes, more = THREE[rule]
    known = dataclasses.replace(KNOWN, **more)
    assert offends == raised(replay(where, ships, minutes, tmp_path / "ais.nmea", known=known), rule)


def test_every_rule_is_driven_from_raw_bytes():
    assert set(discover(rules)) == CASES.keys() | THREE.keys()


def at(lon, lat, **more):
    """A vessel that begins at a real place."""
    east, north = (lon - world.LON) * world.EAST, (lat - world.LAT) * world.NORTH
    return {**ship(more.pop("mmsi"), 0, 0, **more), "east_m": east, "north_m": north}


def published(*words):
    """The shipped zones whose names hold one of these words, examples and expired ones too."""
    every = zone_files.load("data/zones", examples=True)
    return every.take([k for k, name in enumerate(every.names) if any(w in name for w in words)])


def test_hong_kong_lng_terminal_zones(tmp_path):
    """250 m about 22 09.289N 113 57.799E, in force from 2022-10-01, inside a control zone of about 500 m."""
    where = published("HK Offshore LNG Terminal")
    lon, lat = 113.963317, 22.154817
    stranger = at(lon + 0.0001, lat - 0.014, mmsi=1, cog=0, sog=7)
    passer = at(lon - 0.02, lat - 0.014, mmsi=2, cog=0, sog=7)
    checked = replay(where, [stranger, passer], 12, tmp_path / "a")
    seen = {z for p in checked for z, m in zip(p.visits.zone.tolist(), p.visits.mmsi, strict=True) if m == 1}
    assert {"lng_safety_zone", "lng_control_zone"} <= {where.kinds[z] for z in seen}
    assert {1} == raised(checked, "lng_terminal")
    before = replay(where, [stranger], 12, tmp_path / "b", t0_ns=1_640_995_200 * S)  # 2022-01-01
    assert set() == raised(before, "lng_terminal")


def test_18gs_pilot_anchorage(tmp_path):
    """113 45.8-47.9E, 22 07.33-08.5N: a vessel in it lies well, one half a mile south of it does not.

    As shipped nothing is said of the second: there are other anchorages about, whose limits no source gives.
    """
    where = published("18GS")
    ships = [at(113.780, 22.132, mmsi=2, status=1), at(113.780, 22.1135, mmsi=1, status=1)]
    assert set() == raised(replay(where, ships, 8, tmp_path / "a"), "anchored_outside")
    ring = [[[113.7, 22.0], [113.9, 22.0], [113.9, 22.2], [113.7, 22.2], [113.7, 22.0]]]
    declared = [*where.to_geojson()["features"], zone("port_limit", ring, complete=["anchorage"])]
    assert {1} == raised(replay(declared, ships, 8, tmp_path / "b"), "anchored_outside")


@pytest.mark.parametrize(
    ("start_s", "offends"), [(1_744_164_000, {1}), (1_744_200_000, set()), (1_744_600_000, set())],
    ids=["10:00 on 9 April", "20:00 on 9 April", "14 April"],
)  # fmt: skip
def test_shekou_works_area(start_s, offends, tmp_path):
    """08:00-17:00 (+08:00) from 2025-04-09 to 04-12."""
    where = published("Shekou channel")
    middle = where.area[0].centroid
    vessel = at(middle.x, middle.y, mmsi=1, cog=33, sog=2)
    assert offends == raised(replay(where, [vessel], 4, tmp_path / "a", t0_ns=start_s * S), "restricted_entry")


def test_meizhou_lanes(tmp_path):
    """Traffic goes 223 in the north-western lane and 043 in the south-eastern one (2020-07-01)."""
    where = published("Meizhou")
    lanes = {where.properties[k]["direction_deg"]: where.area[k].centroid for k in where.rows("tss_lane")}
    sw, ne = lanes[223], lanes[43]
    ways = [(sw, 43), (sw, 223), (ne, 43), (ne, 223)]
    ships = [at(middle.x, middle.y, mmsi=k + 1, cog=cog, sog=6) for k, (middle, cog) in enumerate(ways)]
    assert {1, 4} == raised(replay(where, ships, 3, tmp_path / "a"), "wrong_way")


@pytest.mark.parametrize(("until_min", "stays"), [(8, 1), (10, 1), (12, 2)])
def test_a_vessel_heard_again_within_rejoin_s_is_still_on_the_same_stay(until_min, stays, tmp_path):
    """From raw bytes on: her track is lost after a minute of silence, and 180 s later a return is a new stay."""
    where = [zone("anchorage", box(-3000, 0, 3000, 9000))]
    ships = [ship(1, 0, -500, 0, 3), ship(2, 500, -500, 0, 3)]
    checked = replay(where, ships, 14, tmp_path / "a", silent=[(1, 7, until_min)])
    told = calls.stays(Visits.concat([p.visits for p in checked]))
    assert [1] * stays + [2] == told.mmsi.tolist()
    assert (told.left_ns[[stays - 1, -1]] == -1).all()


def test_a_position_on_land_is_told_by_the_risk_model(tmp_path):
    """From raw bytes on: one sails 1 km inland, one in a fairway through the land, one past it 400 m off the shore."""
    land = zones(zone("rules_area", box(0, 0, 6000, 6000))).index
    ships = [ship(1, 2000, 1000, 0, 8), ship(2, 4000, 1000, 0, 8), ship(3, -400, 1000, 0, 8)]
    where = [zone("fairway", box(3500, -1000, 4500, 7000))]
    model = risk.load("data/models/current")
    for coast, offends in ((None, set()), (land, {1})):
        told = risk.score(replay(where, ships, 3, tmp_path / "a", land=coast), model)
        assert offends == raised(list(told), "spoofed_position")


@pytest.mark.parametrize(
    ("parts", "least"),
    [(("ais", "dma-aislib", "stream_example.txt"), 50), (("ais", "solent-stonesoup"), 50)],
    ids=["danish", "solent"],
)
def test_real_logs_give_no_impossible_alert(data, parts, least):
    """Zones of other waters say nothing; zones laid over these waters say only what the track bears out."""
    path = data(*parts)
    path = next(iter(sorted(path.glob("*.csv*")))) if path.is_dir() else path
    pictures = [p._replace(alerts=Alerts.empty()) for p in fuse(vts.merge([ais.read(path)]), Tracker())]
    assert max(p.tracks.n for p in pictures) >= least
    assert [] == world.told(geofences.check(pictures, zone_files.load("data/zones"), None, KNOWN))

    lon, lat = (np.concatenate([getattr(p.tracks, name) for p in pictures]) for name in ("lon_deg", "lat_deg"))
    (west, middle, east), (south, north) = np.nanpercentile(lon, (30, 50, 70)), np.nanpercentile(lat, (30, 70))

    def ring(a, b):
        return [[[a, south], [b, south], [b, north], [a, north], [a, south]]]

    local = zones(
        zone("fairway", ring(west, middle), max_speed_kn=10),
        zone("anchorage", ring(middle, east)),
        zone("coverage", [[[-180, -89], [179, -89], [179, 89], [-180, 89], [-180, -89]]], complete=["anchorage"]),
    )
    known = {
        (p.at_ns, track): (sog, status)
        for p in pictures
        for track, sog, status in zip(p.tracks.track.tolist(), p.tracks.sog_kn, p.tracks.nav_status, strict=True)
    }
    for p in geofences.check(pictures, local, None, KNOWN):
        now = p.alerts.take(p.alerts.state == RAISED)
        assert (now.since_ns <= p.at_ns).all()
        for rule, track in zip(now.rule.tolist(), now.track.tolist(), strict=True):
            sog_kn, status = known[p.at_ns, track]
            assert rule != "speed_limit" or 10.0 < sog_kn < 60.0
            assert rule != "anchored_outside" or (sog_kn <= 3.0 and status != 0)
