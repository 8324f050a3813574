"""Rules of anchoring: each must alert, must not, and at the edge."""

import numpy as np
import pytest

from tests.geofences.world import box, raised, ship, told, watch, zone

ANCHORAGE = zone("anchorage", box(0, 0, 4000, 4000))
WATERS = zone("coverage", box(-20_000, -20_000, 20_000, 20_000), complete=["anchorage"])


@pytest.mark.parametrize(
    ("north_m", "offends"),
    [(-500, True), (-101, True), (-99, False), (500, False), (-9_300, False)],
    ids=["outside", "just outside", "on the line", "inside", "far from any"],
)
def test_anchored_outside(north_m, offends):
    checked = watch([ANCHORAGE, WATERS], [ship(1, 2000, north_m, status=1)], 8)
    assert ({1} if offends else set()) == raised(checked, "anchored_outside")


@pytest.mark.parametrize(
    ("waters", "offends"),
    [
        ([], False),
        ([zone("coverage", box(-9000, -9000, 9000, 9000))], False),
        ([zone("port_limit", box(-9000, -9000, 9000, 9000), complete="berth, anchorage")], True),
        ([zone("coverage", box(-9000, -9000, 9000, 9000), complete=["berth"])], False),
        ([zone("coverage", box(3000, -9000, 9000, 9000), complete=["anchorage"])], False),
    ],
    ids=["nothing said", "says nothing of it", "all are drawn", "other kinds are", "elsewhere all are"],
)
def test_anchored_outside_is_insufficient_data_where_not_all_anchorages_are_drawn(waters, offends):
    checked = watch([ANCHORAGE, *waters], [ship(1, 2000, -500, status=1)], 8)
    assert ({1} if offends else set()) == raised(checked, "anchored_outside")


def test_anchored_outside_says_nothing_of_a_vessel_under_way_or_moored():
    ships = [ship(1, 2000, -500, 90, 8), ship(2, 2500, -500, status=5)]
    assert set() == raised(watch([ANCHORAGE, WATERS], ships, 8), "anchored_outside")


def test_anchored_outside_says_nothing_where_there_is_no_anchorage():
    assert [] == told(watch([zone("fairway", box(0, 0, 900, 900))], [ship(1, 2000, 0, status=1)], 8))


def test_anchored_outside_says_nothing_of_a_vessel_in_her_berth():
    berth = zone("berth", box(1900, -600, 2100, -400))
    assert set() == raised(watch([ANCHORAGE, WATERS, berth], [ship(1, 2000, -500, status=1)], 8), "anchored_outside")


@pytest.mark.parametrize(("kind", "offends"), [("fairway", False), ("no_anchoring_area", True), ("tss_lane", True)])
def test_a_fairway_drawn_through_an_anchorage_leaves_it_one(kind, offends):
    over = zone(kind, box(0, 0, 4000, 4000), direction_deg=0)
    checked = watch([ANCHORAGE, over], [ship(1, 2000, 2000, status=1)], 6)
    assert ({1} if offends else set()) == raised(checked, "anchored_forbidden")


@pytest.mark.parametrize("kind", ["no_anchoring_area", "fairway", "tss_separation_zone"])
@pytest.mark.parametrize(("inside_m", "offends"), [(300, True), (35, True), (-35, False)])
def test_anchored_forbidden(kind, inside_m, offends):
    checked = watch([zone(kind, box(0, 0, 4000, 4000))], [ship(1, inside_m, 2000, status=1)], 6)
    assert ({1} if offends else set()) == raised(checked, "anchored_forbidden")


def test_anchored_over_a_cable_is_an_alarm():
    cable = zone("cable", line=[[114.2, 21.7], [114.22, 21.7]], buffer_m=200)
    checked = watch([cable], [ship(1, 1000, 100, status=1), ship(2, 1000, 260, status=1)], 6)
    assert {1} == raised(checked, "anchored_forbidden")
    assert [2] == [int(p.alerts.severity[0]) for p in checked if p.alerts.n]


@pytest.mark.parametrize(("ship_type", "offends"), [(80, False), (70, True), (0, False)])
def test_anchorage_for_tankers_only(ship_type, offends):
    tankers = zone("anchorage", box(0, 0, 4000, 4000), allowed=["tanker", "lng"])
    checked = watch([tankers], [ship(1, 2000, 2000, status=1, ship_type=ship_type)], 8)
    assert ({1} if offends else set()) == raised(checked, "anchorage_wrong")


@pytest.mark.parametrize(("length_m", "offends"), [(200.0, False), (201.0, True), (np.nan, False)])
def test_anchorage_with_a_greatest_length(length_m, offends):
    small = zone("anchorage", box(0, 0, 4000, 4000), max_length_m=200)
    checked = watch([small], [ship(1, 2000, 2000, status=1, length_m=length_m)], 8)
    assert ({1} if offends else set()) == raised(checked, "anchorage_wrong")


@pytest.mark.parametrize(
    ("capacity", "changes"),
    [(1, [("raised", 2), ("updated", 3)]), (2, [("raised", 3)]), (3, [])],
)
def test_a_full_anchorage_is_one_alert_that_names_who_came_last(capacity, changes):
    small = zone("anchorage", box(0, 0, 4000, 4000), capacity=capacity)
    arrive = [ship(k, 1000 * k, 2000, 0, 4, turns=[(4 * k, 0, 0, 1)]) for k in (1, 2, 3)]
    assert changes == [change[:2] for change in told(watch([small], arrive, 18), "anchorage_full")]


def test_an_alert_of_a_full_anchorage_lasts_when_the_vessel_that_it_named_sails():
    small = zone("anchorage", box(0, 0, 4000, 4000), capacity=1)
    ships = [ship(k, 1000 * k, 2000, status=1, turns=[(leave, 0, 9, 0)]) for k, leave in ((1, 40), (2, 60), (3, 20))]
    states = [state for state, *_ in told(watch([small], ships, 80), "anchorage_full")]
    assert ["raised", "cleared"] == states


def test_two_full_anchorages_are_two_alerts():
    where = [zone("anchorage", box(x, 0, x + 2000, 4000), capacity=1, name=str(x)) for x in (0, 3000)]
    ships = [ship(k, x, 1000 * (k % 2 + 1), status=1) for k, x in enumerate((1000, 1000, 4000, 4000), 1)]
    raising = [row for row in told(watch(where, ships, 6), "anchorage_full") if row[0] == "raised"]
    assert [0, 1] == [zone for *_, zone in raising]


def test_a_full_anchorage_names_no_vessel_where_the_last_has_no_ais():
    small = zone("anchorage", box(0, 0, 4000, 4000), capacity=1)
    arrive = [ship(m, 1000 * k, 2000, 0, 4, turns=[(4 * k, 0, 0, 1)]) for k, m in ((1, 1), (2, 2), (3, -1))]
    named = [(state, mmsi) for state, mmsi, *_ in told(watch([small], arrive, 18), "anchorage_full")]
    assert [("raised", 2), ("updated", -1)] == named


def test_anchorage_full_counts_only_who_lies_there():
    small = zone("anchorage", box(0, 0, 4000, 4000), capacity=1)
    assert set() == raised(
        watch([small], [ship(1, 2000, 2000, status=1), ship(2, 2000, 1000, 0, 3)], 6), "anchorage_full"
    )


def drag(sog, minutes, seen=True, heading=None, end=None):
    """A vessel of 150 m that comes, anchors, lies an hour, and then moves."""
    arrive = [(2, 0, 0.0, 1)] if seen else []
    legs = [*arrive, (62, 180, sog, 1), *([end] if end else [])]
    return ship(1, 2000, 1500, 0, 5 if seen else 0.0, status=0 if seen else 1, turns=legs, heading=heading)


# 150 m long in 20 m of water: R = 150 + 3 x 20 + 90 = 300 m, and 50 m for the antenna and the fix
@pytest.mark.parametrize(
    ("sog", "offends"), [(1.2, True), (0.3, False)], ids=["370 m in ten minutes", "93 m in ten minutes"]
)
def test_anchor_dragging(sog, offends):
    checked = watch([ANCHORAGE], [drag(sog, 72, heading=0)], 74, step_s=30)
    assert ({1} if offends else set()) == raised(checked, "anchor_dragging")


def test_anchor_dragging_waits_for_three_fixes_outside():
    checked = watch([ANCHORAGE], [drag(1.2, 90, heading=0)], 80, step_s=60)
    first = next(k for k, p in enumerate(checked) if (p.alerts.rule == "anchor_dragging").any())
    # 37 m a minute from minute 62 on: 370 m off at minute 72, the third fix out there is at 74
    assert 74 == first


def test_a_vessel_first_seen_at_anchor_may_be_at_the_other_side_of_her_circle():
    swings = watch([ANCHORAGE], [drag(1.2, 72, seen=False, heading=0, end=(75, 0, 0.0, 1))], 90, step_s=30)
    drags = watch([ANCHORAGE], [drag(1.2, 72, seen=False, heading=0, end=(90, 0, 0.0, 1))], 95, step_s=30)
    assert (set(), {1}) == (raised(swings, "anchor_dragging"), raised(drags, "anchor_dragging"))


def test_dragging_is_latched_when_she_stops_again():
    checked = watch([ANCHORAGE], [drag(1.2, 72, heading=0, end=(80, 0, 0.0, 1))], 120, step_s=30)
    assert "cleared" not in {state for state, *_ in told(checked, "anchor_dragging")}


def test_dragging_is_withdrawn_when_she_turns_out_to_have_weighed():
    checked = watch([ANCHORAGE], [drag(1.5, 72, heading=180, end=(76, 180, 9, 0))], 90, step_s=30)
    assert ["raised", "withdrawn"] == [s for s, *_ in told(checked, "anchor_dragging") if s != "updated"]
