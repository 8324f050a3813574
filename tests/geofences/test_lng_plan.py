"""Slots for LNG movements: no conflict, least waiting, and a reason for every refusal."""

import itertools
import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import geofences
from geofences import lng
from geofences.lng import slots
from geofences.lng.slots import Movement
from geofences.zones import from_geojson
from tests.geofences.world import place, zone
from vts import simulate as simulator
from vts.errors import LingdingError, RegisterError, UsageError
from vts.schema import Visits
from vts.units import HOUR, MINUTE, S

DAY0 = 1_750_032_000 * S  # 2025-06-16 00:00 UTC, 08:00 in China


def waters(**properties):
    """A corridor of an hour's run to two terminals of one berth each."""
    corridor = {
        "terminals": ["Diefu", "Dapeng"],
        "transit_min": 60,
        "headway_min": 60,
        "berth_h": 24,
        "max_wait_h": 30,
        **properties,
    }
    terminals = [
        zone("lng_terminal", [[list(place(x, y)) for x, y in ((0, 0), (99, 0), (99, 99), (0, 0))]]) for _ in "ab"
    ]
    for feature, name in zip(terminals, ("Diefu", "Dapeng"), strict=True):
        feature["properties"] |= {
            "name": name,
            "berth_h": properties.get("stay_h", 24),
            "berths": properties.get("berths", 1),
        }
    line = zone("corridor", line=[list(place(0, 0)), list(place(0, 20_000))], width_m=1000, **corridor)
    return from_geojson({"type": "FeatureCollection", "features": [line, *terminals]})


def move(vessel, direction="in", eta_h=2.0, terminal="Diefu", latest_h=None):
    return Movement(
        vessel,
        -1,
        terminal,
        direction,
        DAY0 + int(eta_h * HOUR),
        -1 if latest_h is None else DAY0 + int(latest_h * HOUR),
    )


def hours(plan):
    """Start of each movement in hours of the day, None refused."""
    return [None if s < 0 else (int(s) - DAY0) / HOUR for s in plan.start_ns]


def test_a_plan_of_nothing_is_empty():
    assert 0 == lng.plan([], waters()).n


def test_a_carrier_alone_goes_at_her_time():
    plan = lng.plan([move("A", eta_h=2.0)], waters())
    assert ([2.0], ["planned"], [""]) == (hours(plan), plan.state.tolist(), plan.why.tolist())
    assert [3.0] == [(e - DAY0) / HOUR for e in plan.end_ns]


def test_two_inward_keep_their_headway():
    plan = lng.plan([move("A", eta_h=2.0), move("B", eta_h=2.25, terminal="Dapeng")], waters())
    assert [2.0, 3.0] == hours(plan)
    assert "too close to A, in 16 02:00 UTC" == plan.why[1]


def test_carriers_do_not_meet_in_the_corridor():
    plan = lng.plan([move("A", eta_h=2.0), move("B", "out", eta_h=2.5, terminal="Dapeng")], waters())
    assert ([2.0, 3.0], "would meet A, in 16 02:00 UTC") == (hours(plan), plan.why[1])


def test_they_may_meet_where_the_corridor_allows_it():
    plan = lng.plan([move("A"), move("B", "out", terminal="Dapeng")], waters(meeting_allowed=True))
    assert [2.0, 2.0] == hours(plan)


def test_a_berth_is_free_before_the_next_comes_in():
    plan = lng.plan([move("A", "out", eta_h=6.0), move("B", eta_h=2.0)], waters())
    assert [6.0, 7.0] == hours(plan)
    assert "berth taken by A" in plan.why[1]


def test_a_stay_alongside_is_kept_between_in_and_out():
    plan = lng.plan([move("A"), move("A", "out", eta_h=10.0)], waters())
    assert ([2.0, 27.0], "needs 24 h alongside") == (hours(plan), plan.why[1])


def test_a_carrier_that_would_wait_too_long_is_refused_and_told_why():
    plan = lng.plan([move("A", eta_h=2.0, latest_h=12), move("B", eta_h=2.0, latest_h=12)], waters())
    assert ([2.0, None], "refused") == (hours(plan), plan.state[1])
    assert "berth taken by A" in plan.why[1]


def test_hours_of_the_port_are_local():
    plan = lng.plan([move("A", eta_h=9.5)], waters(slot_window="06:00-18:00", time_zone="+08:00"))
    # 09:30 UTC is 17:30 there, and the run would end at 18:30; the port opens at 22:00 UTC
    assert ([22.0], "outside the hours 06:00-18:00") == (hours(plan), plan.why[0])


def forecast(*rows):
    return {
        "t": np.array([DAY0 + int(h * HOUR) for h, _, _ in rows]),
        "wind_mps": np.array([w for _, w, _ in rows]),
        "visibility_m": np.array([v for _, _, v in rows]),
        "wave_m": np.full(len(rows), np.nan),
    }


def test_weather_closes_the_corridor_while_it_lasts():
    weather = forecast((0, 8.0, 9000), (2, 22.0, 9000), (5, 8.0, 1500), (7, 8.0, 9000))
    plan = lng.plan([move("A")], waters(max_wind_mps=20, min_visibility_m=2000), weather=weather)
    assert [7.0] == hours(plan)
    assert {"wind, m/s of 22 beyond 20", "visibility, m of 1500 beyond 2000"} == set(plan.why[0].split("; "))


def test_a_run_that_would_end_in_bad_weather_does_not_begin():
    plan = lng.plan(
        [move("A")], waters(max_wind_mps=20), weather=forecast((0, 8.0, 9000), (2.5, 25.0, 9000), (6, 9.0, 9000))
    )
    assert [6.0] == hours(plan)


def test_busy_hours_are_not_given():
    """Ten vessels entered the corridor between 10 and 11 local time on each of three days."""
    t = np.array([DAY0 - d * 24 * HOUR + 2 * HOUR + k * 5 * MINUTE for d in (1, 2, 3) for k in range(10)])
    traffic = Visits(track=np.arange(30), zone=np.zeros(30, int), event=np.zeros(30, int), t_ns=t, entered_ns=t)
    assert [3.0] == hours(lng.plan([move("A")], waters(max_traffic_h=9), traffic=traffic))
    assert [2.0] == hours(lng.plan([move("A")], waters(max_traffic_h=11), traffic=traffic))


def test_escorts_are_shared():
    two = [move("A"), move("B", terminal="Dapeng")]
    assert [2.0, 2.25] == hours(lng.plan(two, waters(headway_min=15)))
    plan = lng.plan(two, waters(headway_min=15, escorts=2, escort_fleet=3))
    assert 1.0 == abs(hours(plan)[0] - hours(plan)[1])


def test_a_late_carrier_makes_room_and_the_others_move_little():
    moves = [move("A", eta_h=2), move("B", eta_h=4, terminal="Dapeng"), move("C", "out", eta_h=8, terminal="Dapeng")]
    where = waters(berths=2)
    before = lng.plan(moves, where)
    late = [moves[0]._replace(eta_ns=DAY0 + int(4.25 * HOUR)), *moves[1:]]
    after = lng.plan(late, where, previous=before, at_ns=DAY0 + HOUR)
    assert ([2.0, 4.0, 8.0], [5.0, 4.0, 8.0]) == (hours(before), hours(after))


def test_what_has_begun_is_fixed():
    moves = [move("A", eta_h=2), move("B", eta_h=2.5, terminal="Dapeng")]
    before = lng.plan(moves, waters())
    after = lng.plan(moves, waters(), previous=before, at_ns=DAY0 + int(2.25 * HOUR))
    assert (["fixed", "planned"], [2.0, 3.0]) == (after.state.tolist(), hours(after))


def test_a_terminal_that_no_corridor_serves_is_named():
    with pytest.raises(UsageError, match="no corridor serves terminal 'Nowhere'; corridors name Dapeng, Diefu"):
        lng.plan([move("A", terminal="Nowhere")], waters())


def test_a_corridor_with_a_centre_line_takes_its_length_at_planning_speed():
    plan = lng.plan([move("A")], waters(transit_min=None, plan_speed_kn=10))
    assert 65 == (plan.end_ns[0] - plan.start_ns[0]) // MINUTE  # 20 km at 10 kn: 64.8 min


HEAD = "vessel,mmsi,terminal,eta,direction,latest\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "A,,Diefu,2025-06-16T08:00,in,\n", "has no offset"),
        (HEAD + "A,,Diefu,tomorrow,in,\n", "must be an ISO 8601 time"),
        (HEAD + "A,,Diefu,2025-06-16T08:00Z,up,\n", "direction 'up' must be in or out"),
        (HEAD + "A,,Diefu,9999-06-16T08:00Z,in,\n", "not of our time"),
        (HEAD + "A,,Diefu,2025-06-16T08:00Z,in,\n" + "A,,Diefu,2025-06-17T08:00Z,in,\n", "row 2 declares what row 1"),
        (HEAD + "A,12,Diefu,2025-06-16T08:00Z,in,\n", "must have 9 digits"),
        (HEAD + ",,Diefu,2025-06-16T08:00Z,in,\n", "has no vessel"),
        (HEAD + "A,,Diefu,2025-06-16T08:00Z,in,2025-06-16T07:00Z\n", "latest is before eta"),
        ("ship,eta\nA,2025-06-16T08:00Z\n", "has no column 'vessel'"),
    ],
)
def test_a_bad_list_of_movements_is_refused_by_row(tmp_path, text, says):
    path = tmp_path / "movements.csv"
    path.write_text(text)
    with pytest.raises(RegisterError, match=says) as error:
        slots.movements(path)
    assert str(path) in str(error.value)


def test_a_list_of_movements_is_read(tmp_path):
    path = tmp_path / "movements.csv"
    path.write_text(HEAD + "EXAMPLE LNG ONE,413999001,Diefu,2025-06-16T10:00+08:00,in,\n")
    assert [Movement("EXAMPLE LNG ONE", 413999001, "Diefu", "in", DAY0 + 2 * HOUR, -1)] == slots.movements(path)


def test_a_plan_is_written_and_read_for_the_next_planning(tmp_path):
    moves = [move("A", eta_h=2, latest_h=3), move("B", eta_h=2.5, terminal="Dapeng", latest_h=3)]
    before = lng.plan([*moves, move("C", eta_h=2, latest_h=3)], waters())
    slots.save(before, tmp_path / "plan.csv")
    again = slots.load(tmp_path / "plan.csv")
    assert list(slots.rows(before)) == list(slots.rows(again))
    assert [None] == [row["start"] for row in slots.rows(before) if row["state"] == "refused"]


def test_vts_lng_plan(tmp_path):
    """From files to a plan, as the dispatcher calls it."""
    zones_file, list_file = tmp_path / "zones.geojson", tmp_path / "movements.csv"
    zones_file.write_text(json.dumps(waters().to_geojson(drawn=True)))
    list_file.write_text(
        "vessel,mmsi,terminal,eta,direction\nONE,,Diefu,2025-06-16T10:00+08:00,in\nTWO,,Dapeng,2025-06-16T10:15+08:00,in\n"
    )
    command = [sys.executable, "cli.py", "lng", "plan", list_file, "--zones", zones_file, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert ["2025-06-16T02:00:00Z", "2025-06-16T03:00:00Z"] == [e["start"] for e in events if e["event"] == "slot"]
    assert {"event": "summary", "movements": 2, "refused": 0, "waiting_min": 45.0} == events[-1]


def test_the_shipped_example_is_planned_as_its_help_says():
    where = geofences.load("data/zones/lng-example.geojson", examples=True)
    plan = lng.plan(slots.movements("data/registers/movements-example.csv"), where)
    assert ["planned"] * 3 == plan.state.tolist()
    assert 0 == geofences.load("data/zones").rows("corridor").size  # it is off unless asked for


def brute(moves, where, step_min):
    """Least (refusals, waiting) by trying every combination of steps: the oracle of the programme."""
    job = slots._Job(moves, where, None, None, None, None, step_min)
    best = None
    for starts in itertools.product(*[[None, *job.steps[k]] for k in range(len(moves))]):
        chosen = [(k, job.start_ns(s)) for k, s in enumerate(starts) if s is not None]
        if any(job.clash(k, a, j, b) for (k, a), (j, b) in itertools.combinations(chosen, 2)):
            continue
        given_ = np.array([-1 if s is None else job.start_ns(s) for s in starts])
        if any(job._berth_taken(k, a, given_) for k, a in chosen):
            continue
        wait = sum((a - moves[k].eta_ns) / MINUTE for k, a in chosen)
        key = (len(moves) - len(chosen), wait)
        best = key if best is None or key < best else best
    return best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_other_plan_has_fewer_refusals_or_less_waiting(seed):
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 5))
    # vessels with one movement each: a stay between in and out is tested above
    moves = [
        move(
            "ABCD"[k],
            str(rng.choice(["in", "out"])),
            float(rng.integers(0, 5)),
            str(rng.choice(["Diefu", "Dapeng"])),
            7,
        )
        for k in range(count)
    ]
    where = waters(
        headway_min=int(rng.choice([30, 90])), stay_h=float(rng.choice([1, 3])), berths=int(rng.integers(1, 3))
    )
    try:
        plan = lng.plan(moves, where, step_min=60)
    except LingdingError:
        return
    mine = (int((plan.start_ns < 0).sum()), float(np.nansum(plan.wait_min)))
    assert brute(moves, where, 60) == pytest.approx(mine)
    assert all(why for why, wait in zip(plan.why, plan.wait_min, strict=True) if wait != 0)


@pytest.mark.parametrize("name", ["mirs-bay", "pearl-river"])
def test_the_movements_of_a_scenario_can_be_planned_in_its_zones(tmp_path, name):
    simulator.build(name, 1).write(tmp_path)
    declared = slots.movements(tmp_path / "registers" / "movements.csv")
    planned = lng.plan(declared, geofences.load(tmp_path / "zones.geojson"))
    assert ["planned"] == planned.state.tolist()
    assert 0 == planned.wait_min[0]
