"""The kernels against slow, obvious versions of themselves, written from the papers and not from the kernels."""

import itertools

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from vts.fusion import associate, merged, motion
from vts.fusion import layout as col

NOISE = np.array([[140.0, -35.0], [-35.0, 90.0]])


def enumerated(weight, miss):
    """Association probabilities by going through every way of giving each track one plot or none, no plot twice."""
    tracks, plots = weight.shape
    share, total = np.zeros((tracks, plots + 1)), 0.0
    for given in itertools.product(range(plots + 1), repeat=tracks):
        used = [j for j in given if j < plots]
        if len(used) == len(set(used)):
            p = np.prod([miss[i] if j == plots else weight[i, j] for i, j in enumerate(given)])
            total += p
            share[np.arange(tracks), given] += p
    return share / total


def propagated(weight, miss):
    tracks, plots = weight.shape
    of_track, of_plot = (index.astype(np.int64) for index in np.nonzero(weight))
    pairs = of_track.size
    beta, none = np.empty(pairs), np.empty(tracks)
    scratch = np.empty(pairs), np.empty(pairs), np.empty(tracks + plots + pairs + 1)
    associate.marginals(
        *(pairs, tracks, plots, of_track, of_plot, weight[of_track, of_plot], miss), *scratch, beta, none
    )
    out = np.zeros((tracks, plots + 1))
    out[of_track, of_plot], out[:, plots] = beta, none
    return out


@pytest.mark.parametrize("seed", range(8))
def test_vessels_in_a_line_share_their_plots_as_enumeration_says(seed):
    """Each two neighbours share one plot: no loop, so that belief propagation is exact."""
    rng = np.random.default_rng(seed)
    weight = np.zeros((4, 5))
    for i in range(4):
        weight[i, i : i + 2] = rng.lognormal(0.0, 2.0, 2)
    miss = rng.uniform(0.05, 0.5, 4)
    assert enumerated(weight, miss) == pytest.approx(propagated(weight, miss), abs=2e-3)


LEG, TURN, STOP = "leg", "turn", "stop"


def mixture(parts):
    """(mean, covariance) of [(share, mean, covariance)]."""
    total = sum(p for p, _, _ in parts)
    x = sum(p * mean for p, mean, _ in parts) / total
    return x, sum(p * (cov + np.outer(mean - x, mean - x)) for p, mean, cov in parts) / total


def reference(state, dt_s, accel):
    """One change and prediction: [(kind, probability, mean, covariance)], by the book, in full matrices."""
    turns, stops, leg_ends = (1.0 - np.exp(-dt_s / mean_s) for mean_s in (motion.TURN_S, motion.STOP_S, motion.LEG_S))
    x, P = mixture([(p, mean, cov) for _, p, mean, cov in state])
    near = motion.STOPS_MPS**2 + (motion.STOPS_MPS2 * dt_s) ** 2 + 4.0 * (P[2, 2] + P[3, 3])
    can_stop = x[2] ** 2 + x[3] ** 2 < near
    go_on = {TURN: turns * (1.0 - motion.TURN_STOPS), STOP: stops * (1.0 - motion.STOP_TURNS) * can_stop, LEG: 0.0}
    if sum(p * go_on[kind] for kind, p, _, _ in state) < motion.BORN:
        go_on = dict.fromkeys(go_on, 0.0)
    to_turn = {LEG: leg_ends * (1.0 - motion.LEG_STOPS), STOP: stops * motion.STOP_TURNS * can_stop}
    to_stop = {LEG: leg_ends * motion.LEG_STOPS * can_stop, TURN: turns * motion.TURN_STOPS * can_stop}
    to_turn[TURN] = 1.0 - go_on[TURN] - to_stop[TURN]
    to_stop[STOP] = can_stop * (1.0 - go_on[STOP] - to_turn[STOP])
    legs = [[p * (1.0 - to_turn[LEG] - to_stop[LEG]), x, P] for kind, p, x, P in state if kind == LEG]
    into = {
        to: [(p * chance[kind], x, P) for kind, p, x, P in state]
        for to, chance in ((LEG, go_on), (TURN, to_turn), (STOP, to_stop))
    }
    born = sum(p for p, _, _ in into[LEG])
    if born > 0.0:
        legs = settled([*legs, [born, *straight(*mixture(into[LEG]))]])
    out = [(LEG, p, *_moved(LEG, mean, cov, dt_s, accel)) for p, mean, cov in legs]
    for kind in (TURN, STOP):
        weight = sum(p for p, _, _ in into[kind])
        if weight > 0.0:
            out.append((kind, weight, *_moved(kind, *mixture(into[kind]), dt_s, accel)))
    total = sum(p for _, p, _, _ in out)
    return [(kind, p / total, mean, cov) for kind, p, mean, cov in out]


def straight(x, P):
    """A leg has no rate of turn."""
    x, P = x.copy(), P.copy()
    x[4], P[4, :], P[:, 4] = 0.0, 0.0, 0.0
    P[4, 4] = motion.TURN_SIGMA**2
    return x, P


def settled(legs):
    """Legs of which the last is new: the two that lose least by it are merged, if they must be or do not differ."""
    costs = {}
    for a, b in itertools.combinations(range(len(legs)), 2):
        if len(legs) > motion.LEGS or b == len(legs) - 1:
            (p, _, P), (q, _, Q) = legs[a], legs[b]
            both = mixture([legs[a], legs[b]])[1]
            size, one, two = (np.linalg.slogdet(M[:4, :4])[1] for M in (both, P, Q))
            costs[b, a] = 0.5 * ((p + q) * size - p * one - q * two)
    if costs and (len(legs) > motion.LEGS or min(costs.values()) < motion.SAME):
        b, a = min(costs, key=costs.get)
        legs[a] = [legs[a][0] + legs[b][0], *straight(*mixture([legs[a], legs[b]]))]
        del legs[b]
    return legs


def _moved(mode, x, P, dt_s, accel):
    if mode == STOP:
        P = np.diag([0, 0, motion.STOPPED_SPEED**2, motion.STOPPED_SPEED**2, motion.TURN_SIGMA**2]) + np.pad(
            P[:2, :2] + motion.STOPPED_WALK**2 * dt_s * np.eye(2), ((0, 3), (0, 3))
        )
        return np.array([x[0], x[1], 0.0, 0.0, 0.0]), P
    turning = mode == TURN

    def ahead(s):
        """Sailed in ten thousand small steps: no closed form of an arc."""
        rate, steps = (s[4] if turning else 0.0), 10_000
        angle = rate * dt_s / steps * (np.arange(steps) + 0.5)
        ve, vn = s[2] * np.cos(angle) + s[3] * np.sin(angle), s[3] * np.cos(angle) - s[2] * np.sin(angle)
        th = rate * dt_s
        end = s[2] * np.cos(th) + s[3] * np.sin(th), s[3] * np.cos(th) - s[2] * np.sin(th)
        return np.array([s[0] + ve.mean() * dt_s, s[1] + vn.mean() * dt_s, *end, s[4]])

    h = 1e-5
    F = np.stack([(ahead(x + h * e) - ahead(x - h * e)) / (2 * h) for e in np.eye(5)], axis=1)
    mean, P = ahead(x), F @ P @ F.T
    spread = np.eye(2) * motion.CALM_MPS2**2
    if turning:
        along = mean[2:4] / max(np.hypot(*mean[2:4]), 1.0)
        spread = accel**2 * (np.eye(2) + (motion.SURGE**2 - 1.0) * np.outer(along, along))
    Q = np.kron(np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]]), spread)
    P[:4, :4] += Q
    if turning:
        P[4, 4] = min(P[4, 4] + motion.TURN_WALK**2 * dt_s, 4 * motion.TURN_SIGMA**2)
        return mean, P
    P[4, :] = P[:, 4] = 0.0
    P[4, 4] = motion.TURN_SIGMA**2
    mean[4] = 0.0
    return mean, P


@pytest.mark.parametrize("speed_mps", [9.0, 0.2])
def test_prediction_and_correction_are_those_of_the_book(speed_mps):
    """A vessel that turns at 0.8 deg/s and goes on, and one that lies still."""
    f, w = np.zeros((1, col.NF)), np.zeros(256)
    motion.start(f, 0, 114.0, 22.0, 200.0, 30.0, 120.0, 8.0)
    state, most = hypotheses(f), 0
    rng = np.random.default_rng(4)
    course, at, now = 0.3, np.zeros(2), np.array([114.0, 22.0])
    scale = np.array([f[0, col.EAST_M], f[0, col.NORTH_M]])
    for step in range(40):
        dt_s = rng.uniform(1.0, 4.0)
        course += np.deg2rad(0.8) * dt_s * (12 <= step < 24)
        at = at + speed_mps * dt_s * np.array([np.sin(course), np.cos(course)])
        state = centred(reference(state, dt_s, 0.03))
        motion.predict(f, 0, dt_s, 0.03, w)
        agree(state, hypotheses(f), step)
        now = np.array([f[0, col.LON], f[0, col.LAT]]) - (114.0, 22.0)
        z = at + rng.multivariate_normal(np.zeros(2), NOISE) - now * scale
        state = centred(corrected(state, z))
        motion.correct(f, 0, 0, z[0], z[1], NOISE[0, 0], NOISE[0, 1], NOISE[1, 1], w)
        agree(state, hypotheses(f), step)
        most = max(most, len(state))
    assert most == motion.HYPOTHESES if speed_mps < 1.0 else most >= motion.LEGS + 1


def corrected(state, z):
    out = []
    for kind, p, x, P in state:
        S = P[:2, :2] + NOISE
        d = z - x[:2]
        K = P[:, :2] @ np.linalg.inv(S)
        likely = p * np.exp(-0.5 * d @ np.linalg.solve(S, d)) / np.sqrt(np.linalg.det(S))
        out.append((kind, likely, x + K @ d, P - K @ S @ K.T))
    total = sum(p for _, p, _, _ in out)
    out = [(kind, p / total, x, P) for kind, p, x, P in out]
    out = [
        (kind, p if kind == LEG else max(p, motion.FLOOR), x, P)
        for kind, p, x, P in out
        if kind != LEG or p >= motion.KEPT
    ]
    total = sum(p for _, p, _, _ in out)
    return [(kind, p / total, x, P) for kind, p, x, P in out]


def centred(state):
    """The reference point follows the mean."""
    shift = sum(p * x[:2] for _, p, x, _ in state)
    return [(kind, p, x - np.concatenate([shift, np.zeros(3)]), P) for kind, p, x, P in state]


def hypotheses(f):
    out = []
    for m in range(motion.HYPOTHESES):
        b = col.X + m * col.STRIDE
        if f[0, col.MU + m] > 0.0:
            P = np.zeros((5, 5))
            P[np.tril_indices(5)] = f[0, b + 5 : b + 20]
            P = P + P.T - np.diag(np.diag(P))
            kind = LEG if m < motion.LEGS else TURN if m == motion.TURNING else STOP
            out.append((kind, f[0, col.MU + m], f[0, b : b + 5].copy(), P))
    return out


def agree(expected, got, step):
    assert [kind for kind, *_ in expected] == [kind for kind, *_ in got], step
    for (kind, *a), (_, *b) in zip(expected, got, strict=True):
        for one, two in zip(a, b, strict=True):
            assert one == pytest.approx(two, rel=1e-4, abs=1e-5), (step, kind)


def test_the_chance_of_one_echo_is_the_cell_averaged_over_where_the_two_may_be():
    apart, spread = np.array([35.0, -20.0]), np.array([[300.0, 80.0], [80.0, 500.0]])
    range_m, azimuth = 4000.0, 0.7
    axes = np.array([[np.sin(azimuth), np.cos(azimuth)], [np.cos(azimuth), -np.sin(azimuth)]])
    half = merged.CELL_SIGMA * np.array([merged.PULSE_M, merged.BEAM_RAD * range_m])
    drawn = np.random.default_rng(7).multivariate_normal(apart, spread, 400_000) @ axes.T
    expected = np.exp(-0.5 * ((drawn / half) ** 2).sum(axis=1)).mean()
    found = merged.unresolved(*apart, spread[0, 0], spread[0, 1], spread[1, 1], range_m, azimuth, merged.PULSE_M)
    assert expected == pytest.approx(found, rel=0.01)


def test_one_echo_is_weighed_against_every_way_in_which_two_ships_gave_what_was_seen():
    rng = np.random.default_rng(8)
    weight, found = rng.uniform(0.1, 40.0, (2, 3)), np.array([0.9, 0.8])
    miss = 1.0 - found
    x, y, spread = np.array([0.0, 30.0]), np.array([0.0, 10.0]), np.tile([200.0, 40.0, 300.0], (2, 1))
    plot_x, plot_y, noise = (
        np.array([10.0, 22.0, 60.0]),
        np.array([4.0, -9.0, 30.0]),
        np.tile([225.0, 30.0, 400.0], (3, 1)),
    )
    density = np.array([1e-6, 2e-6, 3e-6])
    of_track, of_plot = np.array([0, 1] * 3), np.repeat(np.arange(3), 2)
    here, together, apart = merged._evidence(
        *(np.zeros((2, col.NF)), np.arange(2), x, y, spread, found, miss, 0, np.zeros(3, np.int64), plot_x, plot_y),
        *(noise, density, 6, 2, of_track, of_plot, weight[of_track, of_plot], np.zeros(6), np.ones(5), 0, 1, 1),
    )
    ways = [(miss[0] if a == 3 else weight[0, a]) * (miss[1] if b == 3 else weight[1, b])
            for a, b in itertools.product(range(4), repeat=2) if a != b or a == 3]  # fmt: skip
    assert sum(ways) == pytest.approx(apart)
    middle = multivariate_normal([15.0, 5.0], [[325.0, 50.0], [50.0, 550.0]])
    one = 0.9 * middle.pdf(np.stack([plot_x, plot_y], axis=1)) / density
    assert [one[1], 0.1 + one.sum()] == pytest.approx([here, together])


def test_what_a_lost_ship_foresaw_is_each_of_her_hypotheses_by_its_weight():
    f, w = np.zeros((2, col.NF)), np.zeros(256)
    motion.start(f, 0, 114.0, 22.0, 225.0, 0.0, 400.0, 5.0)
    motion.correct(f, 0, 2, 4.0, 2.0, 0.5, 0.1, 0.4, w)
    motion.predict(f, 0, 40.0, 0.06, w)
    motion.start(f, 1, f[0, col.LON] + 3e-4, f[0, col.LAT] - 2e-4, 225.0, 20.0, 300.0, 1.0)
    there = np.array([*motion.offset(f, 0, f[1, col.LON], f[1, col.LAT]), f[1, col.VE], f[1, col.VN]])
    lower = np.tril_indices(4)
    mine = np.zeros((4, 4))
    mine[lower] = f[1, list(motion._PACKED)]
    expected = 0.0
    for m in range(col.HYPOTHESES):
        b = col.X + m * col.STRIDE
        spread = np.zeros((4, 4))
        spread[lower] = f[0, b + 5 : b + 15]
        spread = spread + np.tril(spread, -1).T + mine + np.tril(mine, -1).T
        expected += f[0, col.MU + m] * multivariate_normal(f[0, b : b + 4], spread).pdf(there)
    assert expected == pytest.approx(motion.agrees(f, 0, f, 1))
