"""Traffic for training: the same every time, mostly well behaved, now and then not."""

import numpy as np
import pytest

from vts import simulate
from vts.schema import Reports, Statics
from vts.simulate import watchkeeping as watch
from vts.units import KN, S


def sailed(days, vessels, **settings):
    """(Reports, Statics, Traffic) of a traffic."""
    traffic = simulate.traffic(3, days, vessels, **settings)
    batches = list(traffic)
    reports = Reports.concat([b for b in batches if isinstance(b, Reports)])
    return reports, Statics.concat([b for b in batches if isinstance(b, Statics)]), traffic


@pytest.fixture(scope="module")
def small(request):
    return sailed(0.02, 16)


def test_same_arguments_give_the_same_batches(small):
    again = sailed(0.02, 16)
    for one, two in zip(small[:2], again[:2], strict=True):
        for a, b in zip(one, two, strict=True):
            assert np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    assert small[2].events == again[2].events


def test_a_longer_run_begins_like_a_shorter_one(small):
    shorter = sailed(0.01, 16)[0]
    assert shorter.n < small[0].n
    assert np.array_equal(shorter.lon_deg, small[0].lon_deg[: shorter.n])


def test_batches_are_in_order_of_sequence_and_nearly_of_reception(small):
    reports = small[0]
    assert (np.diff(reports.seq) > 0).all()
    assert np.diff(reports.rx_ns).min() > -5 * S
    assert ((reports.rx_ns - reports.t_ns) >= 0).all()


def test_every_ship_has_said_who_she_is(small):
    reports, statics, _traffic = small
    assert set(reports.ident.tolist()) <= set(statics.mmsi.tolist())
    assert all(name.startswith("SIM ") for name in statics.name)


def test_ships_move_as_ships_do(small):
    reports = small[0]
    for mmsi in np.unique(reports.ident):
        own = reports.take(reports.ident == mmsi)
        own = own.take(np.argsort(own.t_ns))
        gap_s = np.diff(own.t_ns) / S
        east = np.diff(own.lon_deg) * 111_320.0 * np.cos(np.radians(own.lat_deg[1:]))
        run = np.hypot(east, np.diff(own.lat_deg) * 110_735.0)
        assert (run <= 40.0 * KN * gap_s + 30.0).all()


def meeting(own, other, act_s=600.0, steps=240, yields=True):
    """(least distance of two ships in m, final positions): each given as (x, y, course, speed in m/s)."""
    ships, routes = watch.afloat(2, 3)
    for k, (x, y, course, speed) in enumerate((own, other)):
        ahead = 40_000.0
        end = x + ahead * np.sin(np.radians(course)), y + ahead * np.cos(np.radians(course))
        routes[k, :2] = (x, y, speed), (*end, speed)
        values = {"x_m": x, "y_m": y, "course_deg": course, "speed_mps": speed, "mode": watch.UNDER_WAY, "leg": 1}
        values |= {"points": 2, "most_turn_deg_s": 0.6, "gain_mps2": 0.05, "wish_m": 900.0, "length_m": 150.0}
        values |= {"act_s": act_s if yields else 0.0, "late_s": 60.0 if yields else 0.0}
        for name, value in values.items():
            getattr(ships, name)[k] = value
    out = np.zeros((6, 2, steps))
    watch.run(ships, routes, 0.0, np.zeros((2, 2, steps)), out)
    return np.hypot(out[0, 0] - out[0, 1], out[1, 0] - out[1, 1]).min(), out


def test_a_ship_gives_way_to_the_one_on_her_starboard_side():
    far, out = meeting((0.0, -5_000.0, 0.0, 6.0), (5_000.0, 0.0, 270.0, 6.0))
    assert far > 800.0
    heading = (out[4] + 180.0) % 360.0 - 180.0
    assert heading[0].max() > 9.0  # she alters to starboard
    assert np.abs(out[4, 1] - 270.0).max() < 1.0  # the other stands on


def test_both_alter_to_starboard_when_head_on():
    far, out = meeting((0.0, -6_000.0, 0.0, 6.0), (50.0, 6_000.0, 180.0, 6.0))
    assert far > 800.0
    assert (out[0, 0].max() > 200.0) and (out[0, 1].min() < -200.0)


def test_the_overtaking_ship_keeps_clear():
    far, out = meeting((0.0, -3_000.0, 0.0, 9.0), (0.0, 0.0, 0.0, 4.0))
    assert far > 700.0
    assert np.abs(out[0, 1]).max() < 1.0


def test_bad_watches_on_both_ships_end_in_a_near_miss():
    far, _out = meeting((0.0, -5_000.0, 0.0, 6.0), (5_000.0, 0.0, 270.0, 6.0), yields=False)
    assert far < 50.0


def test_an_anchored_ship_swings_about_her_anchor():
    ships, routes = watch.afloat(1, 3)
    values = {"mode": watch.ANCHORED, "scope_m": 200.0, "swing_deg": 25.0, "period_s": 600.0, "course_deg": 40.0}
    for name, value in values.items():
        getattr(ships, name)[0] = value
    out = np.zeros((6, 1, 240))
    watch.run(ships, routes, 0.0, np.zeros((2, 1, 240)), out)
    assert 200.0 == pytest.approx(np.hypot(out[0], out[1]).min())
    assert 200.0 == pytest.approx(np.hypot(out[0], out[1]).max())
    moved = np.gradient(out[0, 0], watch.STEP_S)
    np.testing.assert_allclose(moved[1:-1], out[2, 0, 1:-1], atol=0.01)
