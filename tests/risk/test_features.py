"""Features of vessels and pairs: against a slow and obvious count, and the same whenever one began to watch."""

import numpy as np
import pytest

from risk import encounters
from risk.features import approach
from risk.history import History
from risk.view import look
from tests.risk.scene import picture, steady
from vts.config import RiskConfig
from vts.units import KN, NM

CONFIG = RiskConfig(reach_m=30_000.0)


def turning(t_s):
    """West of the other at first, on a course past her astern, then twenty degrees to port."""
    first, then = steady(-9000.0, 0.0, 12.0, 90.0), steady(-9000.0 + 12 * KN * 600, 0.0, 12.0, 70.0)
    return first(t_s) if t_s <= 600.0 else then(t_s - 600.0)


def ways(ships, until_s, step_s=10.0, begin_s=0.0):
    """(View at until_s, the times of the fixes before it)."""
    history = History()
    for t_s in np.arange(begin_s, until_s, step_s):
        now = picture(ships, t_s)
        history.add(now.tracks, now.at_ns)
    now = picture(ships, until_s)
    view = look(now, encounters.find(now, CONFIG), history, CONFIG, 600.0)
    assert 1 == view.encounters.n
    return view


def test_an_approach_is_that_of_the_two_runs_stepped_through():
    """The quarter mile and the closest approach are found by sailing both on, second by second."""
    ships = [turning, steady(500.0, -4500.0, 8.0, 10.0)]
    view = ways(ships, 900.0)
    (row,) = approach.compute(view, np.array([0])).tolist()
    found = dict(zip(approach.COLUMNS, row, strict=True))
    seconds = np.arange(0.0, 7200.0)

    def run(velocities):
        places = [np.array([ship(900.0)["x"], ship(900.0)["y"]]) for ship in ships]
        apart = (places[1] - places[0])[:, None] + (velocities[1] - velocities[0])[:, None] * seconds
        return np.hypot(*apart)

    now = [ship(900.0)["sog"] * KN * np.array([np.sin(a), np.cos(a)]) for ship, a in
           ((s, np.radians(s(900.0)["cog"])) for s in ships)]  # fmt: skip
    made = [np.array([s(900.0)[c] - s(300.0)[c] for c in ("x", "y")]) / 600.0 for s in ships]
    assert found["made_dcpa_nm"] == pytest.approx(run(made).min() / NM, abs=0.02)
    for name, velocities in (("limit_min", now), ("made_limit_min", made)):
        within = np.flatnonzero(run(velocities) <= 0.25 * NM)
        expected = within[0] / 60.0 if within.size else np.nan
        assert found[name] == pytest.approx(expected, abs=0.1, nan_ok=True)
    assert found["weaves_deg"] == pytest.approx(20.0, abs=0.1)


def test_two_that_meet_are_a_quarter_mile_apart_at_one_time_and_two_that_part_never():
    meets = ways([steady(-5000.0, 0.0, 10.0, 90.0), steady(0.0, -5000.0, 10.0, 0.0)], 700.0)
    (row,) = approach.compute(meets, np.array([0]))
    assert row[0] == pytest.approx(row[2], abs=0.05) and row[0] > 0
    parts = ways([steady(-500.0, 0.0, 10.0, 270.0), steady(500.0, 0.0, 10.0, 90.0)], 60.0)
    (row,) = approach.compute(parts, np.array([0]))
    assert np.isnan(row[[0, 2]]).all()


@pytest.mark.parametrize("late_s", [10.0, 30.0, 130.0])
def test_what_a_vessel_has_done_does_not_depend_on_when_one_began_to_watch(late_s):
    """A ring takes the first fix of each minute of the clock, not one a minute after the last."""
    ships = [turning, steady(500.0, -4500.0, 8.0, 10.0)]
    early, late = ways(ships, 1200.0), ways(ships, 1200.0, begin_s=late_s)
    assert np.array_equal(early.past, late.past, equal_nan=True)
