"""The Cramer-Rao bound: what can be worked out by hand, and a clairvoyant filter that comes near it."""

import numpy as np
import pytest

from vts import simulate
from vts.simulate import frame
from vts.simulate.bound import posterior
from vts.simulate.motion import manoeuvres
from vts.units import S


def quiet(**more):
    """One preset scenario without manoeuvres."""
    return simulate.build("n20", 5, turns_per_hour=0.0, spoofed=0.0, **more)


def test_the_bound_of_one_plot_is_the_error_of_one_plot():
    scenario = quiet(ais=0.0, duration_s=12)
    position = posterior(scenario).position_m
    plots = scenario.plots.take(scenario.plots.ship == 3)
    step = int(np.ceil((plots.t_ns[0] - scenario.scene.start_ns) / S))
    assert np.isnan(position[3, :step]).all()
    across = plots.range_m[0] * np.radians(0.25)
    # carried on for less than a second at a speed unknown by 10 m/s in each axis
    assert np.hypot(15.0, across) == pytest.approx(position[3, step], rel=0.1)


def test_more_reports_leave_less_doubt():
    scenario = quiet(ais=0.0)
    position, speed, across = posterior(scenario)
    assert (position[:, 250] < 0.6 * position[:, 20]).all()
    assert (speed[:, 250] < speed[:, 20]).all() and (across[:, 250] < across[:, 20]).all()
    with_ais = posterior(quiet(ais=1.0)).position_m
    assert np.nanmean(with_ais[:, 250]) < np.nanmean(position[:, 250])


def test_of_a_ship_that_comes_straight_on_range_and_hull_tell_the_speed_and_bearing_the_course():
    scenario = simulate.build("msc192-1", 5, tracked_s=60, duration_s=80)
    _position, along, across = posterior(scenario)
    t_s = (scenario.plots.t_ns - scenario.scene.start_ns) / S
    t_s = t_s[t_s <= 60.0]
    by_line = 1.0 / np.sqrt(np.sum((t_s - t_s.mean()) ** 2))  # of the slope of a straight line through the plots
    radar, length_m, beam_m = scenario.radars[0], scenario.fleet.length_m[0], scenario.fleet.beam_m[0]
    bearing_m = np.mean(scenario.plots.range_m) * np.radians(radar.sigma_azimuth_deg)
    assert along[0, 60] == pytest.approx(by_line * np.hypot(radar.sigma_range_m, length_m / 6), rel=0.1)
    assert across[0, 60] == pytest.approx(by_line * np.hypot(bearing_m, beam_m / 6), rel=0.1)


def clairvoyant(scenario, noise_m2s3):
    """(errors, bounds) in m of a Kalman filter that is told whose each plot is, ships without AIS, at whole seconds."""
    bound = posterior(scenario).position_m
    radar, plots = scenario.radars[0], scenario.plots
    errors, bounds = [], []
    for ship in range(scenario.fleet.n):
        own = plots.take(plots.ship == ship)
        t = (own.t_ns - scenario.scene.start_ns) / S
        e, n = frame.polar_to_enu(own.range_m, own.azimuth_deg)
        state, P, at = None, None, 0.0
        for k in range(own.n):
            a, across = np.radians(own.azimuth_deg[k]), own.range_m[k] * np.radians(radar.sigma_azimuth_deg)
            turn = np.array([[np.sin(a), np.cos(a)], [np.cos(a), -np.sin(a)]])
            R = turn.T @ np.diag([radar.sigma_range_m**2, across**2]) @ turn
            if state is None:
                state, P = np.array([e[k], n[k], 0.0, 0.0]), np.diag([0.0, 0.0, 100.0, 100.0])
                P[:2, :2] = R
            else:
                state, P = _carried(state, P, t[k] - at, noise_m2s3)
                K = P[:, :2] @ np.linalg.inv(P[:2, :2] + R)
                state, P = state + K @ (np.array([e[k], n[k]]) - state[:2]), P - K @ P[:2]
            at = t[k]
            step = int(np.ceil(at))
            last = k + 1 == own.n or t[k + 1] > step
            if step > 100 and last:
                now = _carried(state, P, step - at, noise_m2s3)[0]
                where = scenario.motion.x_m[ship, step], scenario.motion.y_m[ship, step]
                errors.append(np.hypot(now[0] - where[0], now[1] - where[1]))
                bounds.append(bound[ship, step])
    return np.array(errors), np.array(bounds)


def _carried(state, P, dt, noise):
    F = np.eye(4)
    F[0, 2] = F[1, 3] = dt
    Q = noise * np.kron([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]], np.eye(2))
    return F @ state, F @ P @ F.T + Q


def test_a_clairvoyant_filter_reaches_the_bound_and_none_beats_it():
    scenario = quiet(ais=0.0, vessels=60)
    errors, bounds = clairvoyant(scenario, scenario.noise_m2s3)
    ratio = np.sqrt(np.mean(errors**2) / np.mean(bounds**2))
    assert 1.0 == pytest.approx(ratio, abs=0.08)
    poor, _bounds = clairvoyant(scenario, 1e-2)
    assert np.mean(poor**2) > 1.1 * np.mean(errors**2)


def test_a_turn_raises_the_bound():
    scenario = simulate.build("n20", 5, turns_per_hour=20.0)
    _position, along, across = posterior(scenario)
    velocity = np.hypot(along, across)
    turning, _gaining = manoeuvres(scenario.motion)
    ship, step = np.nonzero(turning[:, 120:250] & ~turning[:, 119:249])
    assert ship.size > 5
    assert (velocity[ship, step + 125] > 1.2 * velocity[ship, step + 119]).all()
