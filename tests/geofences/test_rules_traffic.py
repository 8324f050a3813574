"""Rules of traffic: each must alert, must not, and at the edge."""

import numpy as np
import pytest

from geofences.registers import Registers
from tests.geofences.world import T0_NS, box, place, raised, ship, told, watch, zone
from vts.units import HOUR, MINUTE

LONG = box(-1000, 0, 1000, 40_000)  # northward


def lane(kind="tss_lane", **properties):
    return zone(kind, LONG, **{"direction_deg": 0, **properties})


def corridor(**properties):
    """A corridor with an axis northward, 1,000 m wide."""
    return zone("corridor", line=[list(place(0, 0)), list(place(0, 20_000))], width_m=1000, **properties)


def alone(rule, where, vessel, minutes=8, **more):
    """Whether the rule raises an alert for a single vessel."""
    return {vessel["mmsi"]} == raised(watch([where], [vessel], minutes, **more), rule)


@pytest.mark.parametrize(("sog", "offends"), [(14, True), (12.6, True), (12.4, False), (11, False)])
def test_speed_limit(sog, offends):
    assert offends == alone("speed_limit", lane(max_speed_kn=12), ship(1, 0, 5000, 0, sog))


def test_speed_limit_by_kind():
    where = lane(max_speed_kn=12, max_speed_hsc_kn=25)
    ships = [ship(1, 0, 5000, 0, 20, ship_type=40), ship(2, 300, 5000, 0, 26, ship_type=40), ship(3, 600, 5000, 0, 20)]
    assert {2, 3} == raised(watch([where], ships, 8), "speed_limit")


def test_speed_limit_with_unknown_speed_is_insufficient_data():
    assert not alone("speed_limit", lane(max_speed_kn=12), ship(1, 0, 5000, 0, np.nan))


@pytest.mark.parametrize(
    ("north_m", "sog", "offends"), [(-500, 15, True), (-500, 12.2, False), (-500, 12.5, False), (-5000, 15, False)]
)
def test_speed_limit_soon(north_m, sog, offends):
    assert offends == alone("speed_limit_soon", lane(max_speed_kn=12), ship(1, 0, north_m, 0, sog), 1)


def test_speed_limit_soon_by_the_uncertainty_of_her_speed():
    where, fast = lane(max_speed_kn=12), {"east_m": 0, "north_m": -700, "cog": 0, "sog": 12.8}
    assert alone("speed_limit_soon", where, ship(1, **fast, sigma_kn=0.1), 1)
    assert not alone("speed_limit_soon", where, ship(1, **fast, sigma_kn=3.0), 1)


@pytest.mark.parametrize(("sog", "offends"), [(3, True), (4.4, True), (4.6, False), (6, False)])
def test_speed_minimum(sog, offends):
    assert offends == alone("speed_minimum", zone("fairway", LONG, min_speed_kn=5), ship(1, 0, 5000, 0, sog))


@pytest.mark.parametrize(("cog", "offends"), [(180, True), (140, True), (130, False), (90, False), (0, False)])
def test_wrong_way_in_a_lane(cog, offends):
    assert offends == alone("wrong_way", lane(), ship(1, 0, 9000, cog, 3), 4)


def test_wrong_way_in_a_one_way_corridor_only():
    vessel = ship(1, 0, 9000, 180, 9)
    assert alone("wrong_way", corridor(one_way=True), vessel)
    assert not alone("wrong_way", corridor(), vessel)


@pytest.mark.parametrize(
    ("cog", "offends"), [(0, False), (29, False), (45, True), (61, False), (90, False), (128, True)]
)
def test_crossing_a_lane(cog, offends):
    assert offends == alone("tss_crossing", lane(), ship(1, -900, 9000, cog, 5), 5)


def test_crossing_is_judged_by_heading_where_it_is_known():
    assert not alone("tss_crossing", lane(), ship(1, -900, 9000, 50, 5, heading=75), 5)


@pytest.mark.parametrize(
    ("cog", "status", "ship_type", "offends"),
    [(0, 0, 70, True), (90, 0, 70, False), (0, 7, 70, False), (0, 0, 30, False)],
)
def test_separation_zone(cog, status, ship_type, offends):
    vessel = ship(1, -900 if cog == 90 else 0, 9000, cog, 5, status=status, ship_type=ship_type)
    assert offends == alone("tss_separation", lane("tss_separation_zone"), vessel, 5)


def test_a_vessel_that_lingers_in_a_separation_zone_is_not_crossing_it():
    vessel = ship(1, 0, 9000, 90, 1.2)
    assert not alone("tss_separation", lane("tss_separation_zone"), vessel, 15)
    assert alone("tss_separation", lane("tss_separation_zone"), vessel, 24)


@pytest.mark.parametrize(
    ("cog", "status", "ship_type", "offends"),
    [(30, 0, 70, True), (58, 0, 70, True), (62, 0, 70, False), (90, 0, 70, False), (-30, 0, 70, False),
     (30, 7, 70, False), (30, 0, 30, False)],
    ids=["slants in", "not quite crossing", "just crossing", "crosses", "goes away", "says she fishes", "fisher"],
)  # fmt: skip
def test_entry_into_a_separation_zone_is_foreseen(cog, status, ship_type, offends):
    vessel = ship(1, -1250, 9000, cog, 10, status=status, ship_type=ship_type)
    assert offends == alone("tss_separation_soon", lane("tss_separation_zone"), vessel, 0.6)


def test_a_separation_zone_without_direction_foresees_nothing():
    vessel = ship(1, -1250, 9000, 30, 10)
    assert not alone("tss_separation_soon", lane("tss_separation_zone", direction_deg=None), vessel, 1)


@pytest.mark.parametrize(("angle", "offends"), [(60, True), (32, True), (28, False), (10, False)])
def test_joining_a_lane(angle, offends):
    vessel = ship(1, -1500, 9000, angle, 10, turns=[(1500 / 309 / np.sin(np.radians(angle)), 5, 10, 0)])
    assert offends == alone("tss_joining", lane(), vessel, 34)


def test_a_vessel_first_seen_within_a_lane_did_not_join_it():
    turns = ship(1, 0, 9000, 60, 10, turns=[(1, 5, 10, 0)])
    assert not alone("tss_joining", lane(), turns, 15)


def test_a_vessel_that_drifts_in_and_then_sails_off_did_not_join_by_that_course():
    drifts = ship(1, -1100, 9000, 90, 0.8, turns=[(20, 5, 10, 0)])
    assert not alone("tss_joining", lane(), drifts, 30)


def test_a_vessel_that_crosses_does_not_join():
    assert not alone("tss_joining", lane(), ship(1, -1500, 9000, 90, 10), 12)


@pytest.mark.parametrize(
    ("course", "length_m", "offends"), [(8, 200.0, True), (8, 60.0, False), (8, np.nan, False), (2, 200.0, False)]
)
def test_fairway_deviation(course, length_m, offends):
    # 11 kn at 8 degrees off: 47 m a minute to the side, over the edge at 500 m after 11 minutes
    vessel = ship(1, 0, 1000, course, 11, length_m=length_m)
    assert offends == alone("fairway_deviation", corridor(), vessel, 16)


def test_a_vessel_that_leaves_through_the_end_or_turns_off_has_not_strayed():
    assert not alone("fairway_deviation", corridor(), ship(1, 0, 18_000, 0, 12, length_m=200.0), 16)
    turns_off = ship(1, 0, 5000, 0, 12, turns=[(3, 90, 12, 0)], length_m=200.0)
    assert not alone("fairway_deviation", corridor(), turns_off, 16)


@pytest.mark.parametrize(
    ("vessel", "offends"),
    [
        ({"cog": 8, "length_m": 200.0}, True),
        ({"cog": 188, "length_m": 200.0, "turned": True}, True),
        ({"cog": 8, "length_m": 60.0}, False),
        ({"cog": 8, "length_m": np.nan}, False),
        ({"cog": 2, "length_m": 200.0}, False),
        ({"cog": -8, "length_m": 200.0}, False),
        ({"cog": 50, "length_m": 200.0}, False),
    ],
    ids=["strays", "strays southward", "small", "length unknown", "hardly off", "closes the axis", "turns off"],
)
def test_leaving_a_fairway_is_foreseen(vessel, offends):
    # 11 kn at 8 degrees off: 47 m a minute; she must be 50 m outside an edge that is 70 m away
    east_m = -430 if vessel.pop("turned", False) else 430
    assert offends == alone("fairway_deviation_soon", corridor(), ship(1, east_m, 9000, sog=11, **vessel), 1)


def test_leaving_a_fairway_is_foreseen_by_her_own_uncertainty():
    # 141 m on in three minutes of 130: likely when she is well tracked, a guess when not
    near = {"east_m": 397, "north_m": 9000, "cog": 8, "sog": 11, "length_m": 200.0}
    assert alone("fairway_deviation_soon", corridor(), ship(1, **near, sigma_m=5, sigma_kn=0.05), 1)
    assert not alone("fairway_deviation_soon", corridor(), ship(1, **near, sigma_m=300, sigma_kn=2), 1)


def test_what_was_foreseen_of_a_fairway_comes_before_what_is_told_and_ends_with_it():
    checked = watch([corridor()], [ship(1, 300, 5000, 8, 11, length_m=200.0)], 14)
    soon, out = (
        [p.at_ns for p in checked if rule in p.alerts.rule.tolist()]
        for rule in ("fairway_deviation_soon", "fairway_deviation")
    )
    states = [state for state, *_ in told(checked, "fairway_deviation_soon")]
    assert ("raised", "cleared") == (states[0], states[-1])
    assert 1 == states.count("raised")
    assert soon[0] + 2 * MINUTE < out[0]


def test_a_bend_ahead_and_the_end_of_a_fairway_are_no_reason_to_foresee_a_deviation():
    bend = [list(place(0, 0)), list(place(0, 6000)), list(place(6000, 12_000))]
    bent = zone("corridor", line=bend, width_m=600)
    follows = ship(1, 0, 3000, 0, 12, turns=[(8.1, 45, 12, 0)], length_m=200.0)
    assert not alone("fairway_deviation_soon", bent, follows, 16)
    misses = ship(1, 0, 3000, 0, 12, length_m=200.0)
    assert alone("fairway_deviation_soon", bent, misses, 10)
    assert not alone("fairway_deviation_soon", corridor(), ship(1, 0, 18_000, 4, 12, length_m=200.0), 8)


@pytest.mark.parametrize(("minutes", "offends"), [(9, False), (12, True)])
def test_stopped_in_a_fairway(minutes, offends):
    assert offends == alone("stopped_in_fairway", zone("fairway", LONG), ship(1, 0, 5000, 0, 0.1), minutes)


def test_a_vessel_that_was_never_seen_to_move_is_not_too_slow():
    silent, stopped = ship(1, 0, 5000, 0, 0.0), ship(2, 300, 5000, 0, 6, turns=[(1, 0, 0.2, 0)])
    checked = watch([zone("corridor", LONG, direction_deg=0, min_speed_kn=5)], [silent, stopped], 4)
    assert {2} == raised(checked, "speed_minimum")


def test_a_pilot_boat_waits_where_her_work_is():
    known = Registers(attendants={"mmsi": np.array([1]), "role": np.array(["pilot"])})
    ships = [ship(1, 0, 5000, 0, 0.1), ship(2, 300, 5000, 0, 0.1)]
    assert {2} == raised(watch([zone("fairway", LONG)], ships, 15, registers=known), "stopped_in_fairway")


def test_who_makes_way_or_anchors_is_not_stopped():
    ships = [ship(1, 0, 5000, 0, 3), ship(2, 300, 5000, 0, 0.1, status=1)]
    assert set() == raised(watch([zone("fairway", LONG)], ships, 15), "stopped_in_fairway")


@pytest.mark.parametrize(
    ("gap_m", "sog", "cog", "offends"),
    [(300, 12, 0, True), (600, 8.5, 0, False), (300, 8.5, 0, False), (300, 12, 180, False), (-300, 12, 0, False)],
    ids=["close and faster", "far", "follows", "opposite", "already past"],
)
def test_overtaking_where_forbidden(gap_m, sog, cog, offends):
    ships = [ship(1, 100, 5000 - gap_m, cog, sog), ship(2, 0, 5000, 0, 8)]
    checked = watch([corridor(no_overtaking=True)], ships, 1.5)
    assert ([("raised", 1, 2, 0)] if offends else []) == told(checked, "overtaking")[:1]
    assert [] == told(watch([corridor()], ships, 1.5), "overtaking")


@pytest.mark.parametrize(("gap_m", "cog", "offends"), [(2000, 180, True), (5000, 180, False), (2000, 0, False)])
def test_meeting_where_forbidden(gap_m, cog, offends):
    ships = [ship(1, 100, 5000 + gap_m, cog, 8), ship(2, 0, 5000, 0, 8)]
    assert ({1} if offends else set()) == raised(watch([corridor(no_meeting=True)], ships, 1.5), "meeting")


# 12 % of 10 m under the keel: 11.2 m of water is just enough
@pytest.mark.parametrize(
    ("draught_m", "depth_m", "offends"),
    [(10.0, 11.0, True), (10.0, 11.2, False), (10.0, 15.0, False), (np.nan, 5.0, False)],
)
def test_under_keel(draught_m, depth_m, offends):
    where = zone("depth_area", LONG, depth_m=depth_m)
    assert offends == alone("under_keel", where, ship(1, 0, 5000, 0, 8, draught_m=draught_m), 3)


def test_under_keel_with_the_port_s_own_percentage():
    where = zone("depth_area", LONG, depth_m=11.0, ukc_pct=10)
    assert not alone("under_keel", where, ship(1, 0, 5000, 0, 8, draught_m=10.0), 3)


LINE = zone("reporting_line", line=[list(place(-2000, 0)), list(place(2000, 0))])
REPORTS = {"mmsi": np.array([1]), "zone": np.array(["reporting_line"]), "t": np.array([T0_NS + 3 * MINUTE])}
NO_REPORTS = {name: column[:0] for name, column in REPORTS.items()}


@pytest.mark.parametrize(
    ("reports", "length_m", "offends"),
    [(NO_REPORTS, 150.0, True), (REPORTS, 150.0, False), (NO_REPORTS, 30.0, False), (None, 150.0, False)],
    ids=["silent", "reported", "small craft", "no register"],
)
def test_reporting_line(reports, length_m, offends):
    vessel = ship(1, 0, -600, 0, 10, length_m=length_m)
    assert offends == alone("report_missed", LINE, vessel, 12, registers=Registers(reports=reports))


def test_a_late_report_clears_the_alert():
    late = {**REPORTS, "t": np.array([T0_NS + 12 * MINUTE])}
    checked = watch([LINE], [ship(1, 0, -600, 0, 10)], 20, registers=Registers(reports=late))
    assert ["raised", "cleared"] == [state for state, *_ in told(checked, "report_missed") if state != "updated"]


def test_a_vessel_that_turns_before_the_line_need_not_report():
    vessel = ship(1, 0, -600, 0, 10, turns=[(1.5, 180, 10, 0)])
    assert not alone("report_missed", LINE, vessel, 12, registers=Registers(reports=NO_REPORTS))


@pytest.mark.parametrize(
    ("sent_h", "offends"),
    [(25, False), (24.2, False), (10, True), (None, True)],
    ids=["in time", "just", "late", "none"],
)
def test_notice_of_arrival(sent_h, offends):
    notices = {
        "mmsi": np.array([1]),
        "eta": np.array([T0_NS + HOUR]),
        "sent": np.array([T0_NS - int((sent_h or 0) * HOUR)]),
    }
    registers = Registers(notices=notices if sent_h else {name: column[:0] for name, column in notices.items()})
    port = zone("port_limit", LONG, notice_h=24)
    assert offends == alone("notice_overdue", port, ship(1, 0, -900, 0, 10), 8, registers=registers)


def test_a_vessel_that_was_in_port_before_we_looked_is_not_asked():
    registers = Registers(notices={name: np.empty(0, int) for name in ("mmsi", "eta", "sent")})
    assert not alone(
        "notice_overdue", zone("port_limit", LONG, notice_h=24), ship(1, 0, 900, 0, 10), 8, registers=registers
    )


@pytest.mark.parametrize(
    ("height_m", "offends"), [(60.0, True), (58.1, True), (58.0, False), (40.0, False), (None, False)]
)
def test_bridge_clearance(height_m, offends):
    heights = {"mmsi": np.array([1]), "air_draught_m": np.array([height_m])} if height_m else None
    bridge = zone("bridge", box(-5000, 6000, 5000, 6200), clearance_m=60)
    assert offends == alone("bridge_clearance", bridge, ship(1, 0, 0, 0, 10), 1, registers=Registers(heights=heights))


def test_bridge_clearance_says_nothing_of_who_turns_away():
    heights = {"mmsi": np.array([1]), "air_draught_m": np.array([70.0])}
    bridge = zone("bridge", box(-5000, 6000, 5000, 6200), clearance_m=60)
    assert not alone("bridge_clearance", bridge, ship(1, 0, 0, 180, 10), 1, registers=Registers(heights=heights))
