"""Under way, stopped, at anchor, moored."""

import numpy as np

from geofences import moorings
from geofences.moorings import STATES
from vts.schema import Tracks
from vts.units import S


def live(story, step_s=60, anchorage=False, berth=False, save_at=None):
    """[(state, minute since)] of one vessel told as (nav_status, sog_kn, metres east of the start)."""
    rows, told = moorings.Moorings.empty(), []
    for k, (status, sog, east_m) in enumerate(story):
        tracks = Tracks(
            track=[5], mmsi=[1], lon_deg=[114 + east_m / 103_000], lat_deg=[22.0], sog_kn=[sog], nav_status=[status],
            reports=[k], state=[1],
        )  # fmt: skip
        rows = moorings.step(
            k * step_s * S, rows, tracks, np.array([2], np.int8), np.array([anchorage]), np.array([berth])
        )
        told.append((STATES[rows.state[0]], int(rows.since_ns[0]) // (60 * S)))
    return told, rows


def test_a_vessel_is_at_anchor_when_she_says_so_and_lies_still():
    assert ("anchored", 3) == live([(0, 8, 0), (0, 5, 0), (0, 2, 0), (1, 1, 0), (1, 0.2, 0)])[0][-1]


def test_a_vessel_that_forgot_to_change_her_status_is_under_way():
    assert {"under_way"} == {state for state, _ in live([(1, 12, k * 300) for k in range(9)])[0]}


def test_a_vessel_that_says_nothing_is_stopped_after_five_minutes():
    told, _ = live([(0, 6, 0)] + [(0, 0.2, 0)] * 7)
    assert [("under_way", 0)] * 6 + [("stopped", 1)] * 2 == told


def test_the_place_says_how_a_stopped_vessel_lies():
    assert "anchored" == live([(-1, 0.1, 0)] * 9, anchorage=True)[0][-1][0]
    assert "moored" == live([(-1, 0.1, 0)] * 9, berth=True)[0][-1][0]


def test_a_vessel_that_swings_stays_at_anchor():
    swing = [(0, 1.2, 40), (0, 0.3, 80), (0, 1.3, 40), (0, 0.1, 0)]
    assert {"anchored"} == {s for s, _ in live([(0, 0.1, 0)] * 9 + swing * 5, anchorage=True)[0][6:]}


def test_a_vessel_that_makes_way_for_a_minute_is_under_way():
    told, _ = live([(1, 0.1, 0)] * 3 + [(0, 4, 100), (0, 5, 300)])
    assert [("anchored", 0)] * 4 + [("under_way", 4)] == told


def test_where_she_came_to_rest_is_kept_and_how_far_she_is_from_it():
    _, rows = live([(0, 8, -900), (1, 0.2, 0), (1, 0.2, 30), (1, 0.2, 60), (1, 0.2, 90)])
    assert [30, 60, 90] == [round(float(x[0])) for x in (rows.off_2_m, rows.off_1_m, rows.off_m)]
    assert 1 == rows.seen_under_way[0]


def test_a_vessel_first_seen_at_anchor_was_not_seen_to_arrive():
    assert 0 == live([(1, 0.2, 0)] * 3)[1].seen_under_way[0]
