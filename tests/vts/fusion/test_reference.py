"""The kernels against slow, obvious versions of themselves, written from the papers and not from the kernels."""

import itertools

import numpy as np
import pytest

from vts.fusion import associate, motion
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


def reference(state, dt_s, accel):
    """One interaction and prediction of the IMM: [(probability, mean, covariance)], by the book, in full matrices."""
    n = motion.MODES
    switch = np.array(
        [
            [
                np.exp(-dt_s / motion.SOJOURN_S[m])
                if m == j
                else (1 - np.exp(-dt_s / motion.SOJOURN_S[m])) * motion.TO[m][j]
                for j in range(n)
            ]
            for m in range(n)
        ]
    )
    mu = np.array([p for p, _, _ in state])
    out = []
    for j in range(n):
        c = mu @ switch[:, j]
        share = mu * switch[:, j] / c
        x = sum(s * mean for s, (_, mean, _) in zip(share, state, strict=True))
        P = sum(s * (cov + np.outer(mean - x, mean - x)) for s, (_, mean, cov) in zip(share, state, strict=True))
        out.append((c, *_moved(j, x, P, dt_s, accel)))
    return out


def _moved(mode, x, P, dt_s, accel):
    if mode == motion.STOPPED:
        P = np.diag([0, 0, motion.STOPPED_SPEED**2, motion.STOPPED_SPEED**2, motion.TURN_SIGMA**2]) + np.pad(
            P[:2, :2] + motion.STOPPED_WALK**2 * dt_s * np.eye(2), ((0, 3), (0, 3))
        )
        return np.array([x[0], x[1], 0.0, 0.0, 0.0]), P
    turning = mode == motion.TURNING

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
    q = accel**2 if turning else motion.CALM_MPS2**2
    Q = np.kron(np.array([[dt_s**3 / 3, dt_s**2 / 2], [dt_s**2 / 2, dt_s]]), np.eye(2)) * q
    mean, P = ahead(x), F @ P @ F.T
    P[:4, :4] += Q
    if turning:
        P[4, 4] = min(P[4, 4] + motion.TURN_WALK**2 * dt_s, 4 * motion.TURN_SIGMA**2)
        return mean, P
    P[4, :] = P[:, 4] = 0.0
    P[4, 4] = motion.TURN_SIGMA**2
    mean[4] = 0.0
    return mean, P


def test_prediction_and_correction_are_those_of_the_book():
    f, w = np.zeros((1, col.NF)), np.zeros(256)
    motion.start(f, 0, 114.0, 22.0, 200.0, 30.0, 120.0, 8.0)
    state = modes(f)
    rng = np.random.default_rng(4)
    for step in range(6):
        dt_s = rng.uniform(1.0, 4.0)
        state = reference(state, dt_s, 0.03)
        motion.predict(f, 0, dt_s, 0.03, w)
        state = centred(state)
        agree(state, modes(f), step)
        z = rng.normal(0.0, 12.0, 2) + np.array([9.0, 4.0]) * dt_s * (step < 2)
        state = centred(corrected(state, z))
        motion.correct(f, 0, 0, z[0], z[1], NOISE[0, 0], NOISE[0, 1], NOISE[1, 1], w)
        agree(state, modes(f), step)


def corrected(state, z):
    out = []
    for p, x, P in state:
        S = P[:2, :2] + NOISE
        d = z - x[:2]
        K = P[:, :2] @ np.linalg.inv(S)
        out.append(
            (p * np.exp(-0.5 * d @ np.linalg.solve(S, d)) / np.sqrt(np.linalg.det(S)), x + K @ d, P - K @ S @ K.T)
        )
    total, least = sum(p for p, _, _ in out), 1e-4
    return [(least + (1 - len(out) * least) * p / total, x, P) for p, x, P in out]


def centred(state):
    """The reference point follows the mean."""
    shift = sum(p * x[:2] for p, x, _ in state)
    return [(p, x - np.concatenate([shift, np.zeros(3)]), P) for p, x, P in state]


def modes(f):
    out = []
    for m in range(motion.MODES):
        b = col.X + m * col.STRIDE
        out.append((f[0, col.MU + m], f[0, b : b + 5].copy(), f[0, b + 5 : b + 30].reshape(5, 5).copy()))
    return out


def agree(expected, got, step):
    for m, (a, b) in enumerate(zip(expected, got, strict=True)):
        for one, two in zip(a, b, strict=True):
            assert one == pytest.approx(two, rel=1e-4, abs=1e-5), (step, m)
