"""Each hard case shows what it says it shows."""

import numpy as np
import pytest

from vts import simulate
from vts.simulate import frame
from vts.units import KN, NM, S


def since(scenario, t_ns):
    """s from the start."""
    return (t_ns - scenario.scene.start_ns) / S


def residuals(scenario, site):
    """(range_m, azimuth_deg) of each true plot of a site, less what the site ought to have read at its stamp."""
    plots = scenario.plots.take((scenario.plots.site == site) & (scenario.plots.ship >= 0))
    radar, scene = scenario.radars[site], scenario.scene
    x, y, *_ = scenario.motion.at(plots.ship, since(scenario, plots.t_ns))
    lon, lat = frame.enu_to_lonlat(x, y, scene.lon0_deg, scene.lat0_deg)
    e, n, u = frame.lonlat_to_enu(lon, lat, radar.lon_deg, radar.lat_deg)
    azimuth = np.degrees(np.arctan2(e, n))
    return plots.range_m - np.sqrt(e**2 + n**2 + u**2), (plots.azimuth_deg - azimuth + 180.0) % 360.0 - 180.0


def offsets(scenario):
    """(messages, m between what each position report claims and where its ship was)."""
    sent = scenario.messages.take(~np.isnan(scenario.messages.lon_deg) & (scenario.messages.ship >= 0))
    xy = scenario.scene.plane(np.stack([sent.lon_deg, sent.lat_deg], axis=1))
    x, y, *_ = scenario.motion.at(sent.ship, since(scenario, sent.t_ns))
    return sent, np.hypot(xy[:, 0] - x, xy[:, 1] - y)


def test_plots_have_the_noise_of_the_study():
    rng, azimuth = residuals(simulate.build("n20", 1), 0)
    assert (0.0, 15.0) == (pytest.approx(rng.mean(), abs=1.0), pytest.approx(rng.std(), rel=0.05))
    assert (0.0, 0.25) == (pytest.approx(azimuth.mean(), abs=0.02), pytest.approx(azimuth.std(), rel=0.05))


def test_nine_of_ten_rotations_see_a_ship():
    scenario = simulate.build("n20", 1)
    possible = scenario.fleet.n * (scenario.duration_s / 3.0 - 1)
    assert 0.9 == pytest.approx((scenario.plots.ship >= 0).sum() / possible, abs=0.02)


def test_targets_of_one_rotation_are_stamped_as_the_beam_passes_them():
    scenario = simulate.build("n20", 1)
    plots = scenario.plots
    phase = (since(scenario, plots.t_ns) / 3.0 - plots.azimuth_deg / 360.0) % 1.0
    off = np.abs(np.angle(np.exp(2j * np.pi * (phase - phase[0])))) / (2 * np.pi)
    assert off.max() < 0.02


def test_ais_has_the_errors_loss_and_latency_of_the_study():
    scenario = simulate.build("n200", 1)
    sent, off = offsets(scenario)
    honest = sent.false != 1
    assert 10.0 * np.sqrt(2) == pytest.approx(np.sqrt(np.mean(off[honest] ** 2)), rel=0.03)
    late = (sent.rx_ns - sent.t_ns) / S
    assert 0.5 <= late.min() and late.max() <= 6.0
    assert 160 == (scenario.fleet.ais_kind >= 0).sum()
    assert {1_000.0 < r < 3_000.0 for r in off[~honest]} <= {True}
    assert 5 == len(scenario.faults)


def test_two_biased_radars_read_wrong_in_opposite_ways():
    scenario = simulate.build("registration", 1, ships=60, duration_s=200)
    for site, sign in ((0, 1.0), (1, -1.0)):
        rng, azimuth = residuals(scenario, site)
        assert 30.0 * sign == pytest.approx(rng.mean(), abs=2.0)
        assert 0.3 * sign == pytest.approx(np.median(azimuth), abs=0.03)


def test_nothing_is_seen_in_an_outage():
    scenario = simulate.build("outage", 1)
    t = since(scenario, scenario.plots.t_ns)
    assert 0 == ((t >= 120.0) & (t < 180.0)).sum()
    assert ((t > 170.0) & (t < 190.0)).any()


def test_a_burst_gives_three_hundred_false_plots_a_scan():
    scenario = simulate.build("clutter-burst", 1)
    t = since(scenario, scenario.plots.t_ns[scenario.plots.ship < 0])
    assert 350.0 == pytest.approx(((t > 123.0) & (t < 147.0)).sum() / 8.0, rel=0.1)


def test_every_ship_goes_behind_a_pier_and_comes_back():
    scenario = simulate.build("bridge-shadow", 1)
    for ship in range(scenario.fleet.n):
        t = np.sort(since(scenario, scenario.plots.t_ns[scenario.plots.ship == ship]))
        assert np.diff(t).max() > 30.0


def test_ghosts_send_but_are_neither_seen_nor_true():
    scenario = simulate.build("ghost", 1)
    invented = {fault["ship"] for fault in scenario.faults}
    assert 10 == len(invented)
    assert invented <= set(scenario.messages.ship.tolist())
    assert not invented & set(scenario.plots.ship.tolist())
    assert not invented & set(scenario.truth["vessel"].tolist())


def test_a_dragged_position_leaves_its_ship_at_the_stated_speed():
    scenario = simulate.build("drag-spoof", 1)
    sent, off = offsets(scenario)
    for fault in scenario.faults:
        own = (sent.ship == fault["ship"]) & (since(scenario, sent.t_ns) > 300.0)
        slope = np.polyfit(since(scenario, sent.t_ns)[own], off[own], 1)[0]
        assert fault["speed_mps"] == pytest.approx(slope, abs=0.05)


def test_a_teleport_lasts_half_a_minute():
    scenario = simulate.build("teleport", 1)
    sent, off = offsets(scenario)
    far = off > 500.0
    assert set(sent.ship[far].tolist()) <= {fault["ship"] for fault in scenario.faults}
    t = since(scenario, sent.t_ns[far])
    assert all(np.ptp(t[sent.ship[far] == ship]) <= 30.0 for ship in np.unique(sent.ship[far]))
    assert far.sum() > 10


def test_one_mmsi_on_two_ships_and_two_that_change():
    shared = simulate.build("shared-mmsi", 1)
    for fault in shared.faults:
        assert shared.fleet.mmsi[fault["ship"]] == shared.fleet.mmsi[fault["other"]]
    one, two = shared.faults[1]["ship"], shared.faults[1]["other"]
    apart = np.hypot(shared.motion.x_m[one] - shared.motion.x_m[two], shared.motion.y_m[one] - shared.motion.y_m[two])
    assert apart.max() < 500.0
    swap = simulate.build("mmsi-swap", 1)
    own = swap.messages.take(swap.messages.ship == 0)
    early = since(swap, own.t_ns) < swap.duration_s / 2
    assert {swap.fleet.mmsi[0]} == set(own.mmsi[early].tolist())
    assert {swap.fleet.mmsi[1]} == set(own.mmsi[~early].tolist())


def test_ships_side_by_side_give_one_plot():
    scenario = simulate.build("merge-split", 1)
    middle = scenario.duration_s / 2
    t, mine = since(scenario, scenario.plots.t_ns), scenario.plots.ship >= 0
    together = np.abs(t - middle) < 40.0
    assert (mine & together).sum() < 0.2 * (mine & (np.abs(t - middle) > 150.0) & (np.abs(t - middle) < 190.0)).sum()


def test_a_clock_that_jumps_moves_the_stamps_only_for_its_minute():
    scenario = simulate.build("clock-jump", 1)
    plots = scenario.plots.take(scenario.plots.site == 1)
    radar = scenario.radars[1]
    phase = (since(scenario, plots.t_ns) - plots.azimuth_deg / 360.0 * radar.period_s) / radar.period_s
    off = (phase - phase[0] + 0.5) % 1.0 - 0.5
    t = since(scenario, plots.t_ns)
    during = (t > 123.0) & (t < 179.0)
    assert 0.03 > np.abs(off[(t < 119.0) | (t > 184.0)]).max()
    assert 2.0 / 3.0 == pytest.approx(np.mean(off[during] % 1.0), abs=0.01)  # two of the three seconds of a rotation


def test_a_long_tanker_gives_several_plots():
    scenario = simulate.build("tanker-330", 1)
    per_scan = (scenario.plots.ship == 0).sum() / (scenario.duration_s / 3.0)
    assert 1.8 == pytest.approx(per_scan, abs=0.3)
    rng, _azimuth = residuals(scenario, 0)
    assert rng[scenario.plots.take(scenario.plots.ship >= 0).ship == 0].std() > 25.0


@pytest.mark.parametrize("case", [1, 2, 3, 4])
def test_the_standard_targets_have_the_stated_relative_motion(case):
    scenario = simulate.build(f"msc192-{case}", 1)
    told, motion = scenario.faults[0], scenario.motion
    assert told["relative_speed_kn"] == pytest.approx(np.hypot(motion.vx_mps[0, 0], motion.vy_mps[0, 0]) / KN, rel=0.01)
    away = np.hypot(motion.x_m[0, 180], motion.y_m[0, 180])
    assert 8.0 * NM * (0.125 if case == 2 else 1) == pytest.approx(away, abs=30.0)
    assert 90 < (scenario.plots.ship == 0).sum() <= 100
