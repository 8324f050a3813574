"""The posterior Cramer-Rao bound of a scenario: how well any tracker could know where the ships are.

Clairvoyant: it knows which report is whose, which are false, and when each turn and each change of speed begins and
ends, but not how hard it is. State: position, velocity, rate of turn, gain of speed. Information recursion of
Tichavsky, Muravchik and Nehorai (1998), linearised at the truth. GNSS error and glint count as white here, so where
they are not the bound is too low, never too high.
"""

from typing import NamedTuple

import numpy as np

from vts.simulate.motion import manoeuvres
from vts.units import DEG, S

TURN_DEG_S, GAIN_MPS2 = 0.64, 0.037  # root mean square of the presets' manoeuvres: what is known before one is seen
KNOWN = 1e-12  # variance of what is known


class Bound(NamedTuple):
    """1-sigma bounds of ships each second, (ships, steps); NaN before the first report."""

    position_m: np.ndarray
    along_mps: np.ndarray  # of velocity along the true course: of speed
    across_mps: np.ndarray  # ... and across it: over the speed, of course in radians


def posterior(scenario, velocity_mps=10.0):
    """The Bound of a scenario. Reports that a fault has falsified carry no information."""
    motion = scenario.motion
    shape = motion.x_m.shape
    bound = Bound(*(np.full(shape, np.nan) for _ in Bound._fields))
    for k, (known, P) in enumerate(covariances(scenario, velocity_mps)):
        vx, vy = motion.vx_mps[known, k], motion.vy_mps[known, k]
        now, speed = P[known], np.hypot(vx, vy)
        s, c = np.where(speed > 0, (vx, vy) / np.maximum(speed, 1e-9), ([0.0], [1.0]))
        bound.position_m[known, k] = np.sqrt(now[:, 0, 0] + now[:, 1, 1])
        for out, (a, b) in ((bound.along_mps, (s, c)), (bound.across_mps, (c, -s))):
            out[known, k] = np.sqrt(a * a * now[:, 2, 2] + 2 * a * b * now[:, 2, 3] + b * b * now[:, 3, 3])
    return bound


def covariances(scenario, velocity_mps=10.0):
    """Yields (known, P) of each second: which ships have been reported, (ships,), and their bound, (ships, 6, 6).

    States: position and velocity in the plane, rate of turn in degrees a second, gain of speed; nothing is known of a
    ship's velocity before her first report but its standard deviation, `velocity_mps` an axis.
    """
    motion = scenario.motion
    n, steps = motion.x_m.shape
    reports = _information(scenario)
    during = manoeuvres(motion)
    begins = [now & ~np.concatenate([np.zeros((n, 1), bool), now[:, :-1]], axis=1) for now in during]
    P = np.zeros((n, 6, 6))
    known = np.zeros(n, bool)
    eye = np.eye(6)
    Q = np.zeros((6, 6))
    for a, b in ((0, 2), (1, 3)):
        Q[a, a], Q[a, b], Q[b, a], Q[b, b] = np.array([1 / 3, 1 / 2, 1 / 2, 1]) * scenario.noise_m2s3
    for k in range(steps):
        F = np.broadcast_to(eye, (n, 6, 6)).copy()
        F[:, 0, 2] = F[:, 1, 3] = 1.0
        vx, vy = motion.vx_mps[:, k], motion.vy_mps[:, k]
        speed = np.maximum(np.hypot(vx, vy), 1e-6)
        for gain, (fx, fy) in ((4, (vy * DEG, -vx * DEG)), (5, (vx / speed, vy / speed))):
            F[:, 0, gain], F[:, 1, gain], F[:, 2, gain], F[:, 3, gain] = fx / 2, fy / 2, fx, fy
        P = F @ P @ F.transpose(0, 2, 1) + Q
        for state, sigma, begin, now in zip((4, 5), (TURN_DEG_S, GAIN_MPS2), begins, during):
            for rows, variance in ((begin[:, k], sigma**2), (~now[:, k], KNOWN)):
                P[rows, state, :] = P[rows, :, state] = 0.0
                P[rows, state, state] = variance
        for ship, J in reports.get(k, ()):
            fresh = ~known[ship]
            first = ship[fresh]
            P[first] = np.diag([1e8, 1e8, velocity_mps**2, velocity_mps**2, KNOWN, KNOWN])
            known[first] = True
            # Joseph-free: (P^-1 + J)^-1 = P (I + J P)^-1, which takes the zero variances as they are
            P[ship] = P[ship] @ np.linalg.inv(eye + J @ P[ship])
        yield known, P


def seen(scenario):
    """Whether anyone could have found each ship lately, (ships, steps).

    That is: a site saw her in 5 of 10 rotations, as IMO MSC.192(79) asks of a target that is to be tracked, or a true
    AIS report of hers was heard within a minute (200 s at anchor); now, or at some time of the last three minutes.
    """
    motion = scenario.motion
    n, steps = motion.x_m.shape
    found = np.zeros((n, steps), bool)
    for site, radar in enumerate(scenario.radars):
        plots = scenario.plots.take((scenario.plots.site == site) & (scenario.plots.ship >= 0))
        total = np.cumsum(_counted(plots.ship, plots.t_ns, scenario), axis=1)
        window = int(np.ceil(10 * radar.period_s))
        total[:, window:] = total[:, window:] - total[:, :-window]
        found |= total >= 5
    own = _true_ais(scenario)
    heard = _counted(own.ship, own.t_ns, scenario) > 0
    since = np.arange(steps) - np.maximum.accumulate(np.where(heard, np.arange(steps), -1_000), axis=1)
    still = np.hypot(motion.vx_mps, motion.vy_mps) < 1.5
    found |= since <= np.where(still, 200, 60)
    since = np.arange(steps) - np.maximum.accumulate(np.where(found, np.arange(steps), -1_000), axis=1)
    return since <= 180


def _counted(ship, t_ns, scenario):
    """Reports of each ship that end in each second, (ships, steps)."""
    n, steps = scenario.motion.x_m.shape
    step = np.ceil((t_ns - scenario.scene.start_ns) / S).astype(np.int64)
    inside = (step >= 0) & (step < steps)
    key = ship[inside].astype(np.int64) * steps + step[inside]
    return np.bincount(key, minlength=n * steps).reshape(n, steps)


def _true_ais(scenario):
    """Position reports of ships that no fault has falsified, each transmission once."""
    sent = scenario.messages
    own = sent.take((sent.ship >= 0) & np.isin(sent.type, (1, 2, 3, 18, 19)) & (sent.false != 1))
    _, once = np.unique(np.stack([own.t_ns, own.ship]), axis=1, return_index=True)
    return own.take(once)


def _information(scenario):
    """{step: [(ships, (m, 6, 6) information)]}: true reports by the whole second they end in, each ship once a row."""
    where, what, at = [], [], []
    start_ns = scenario.scene.start_ns
    for site, radar in enumerate(scenario.radars):
        plots = scenario.plots.take((scenario.plots.site == site) & (scenario.plots.ship >= 0))
        azimuth = plots.azimuth_deg * DEG
        across = np.maximum(plots.range_m * radar.sigma_azimuth_deg * DEG, 1e-3)
        s, c = np.sin(azimuth), np.cos(azimuth)
        along_2, across_2 = 1 / radar.sigma_range_m**2, 1 / across**2
        R = np.zeros((plots.n, 4, 4))
        R[:, 0, 0] = s * s * along_2 + c * c * across_2
        R[:, 1, 1] = c * c * along_2 + s * s * across_2
        R[:, 0, 1] = R[:, 1, 0] = s * c * (along_2 - across_2)
        if radar.glint:
            R[:, :2, :2] = np.linalg.inv(np.linalg.inv(R[:, :2, :2]) + _glint(scenario, plots))
        where.append(plots.ship.astype(np.int64))
        what.append(R)
        at.append((plots.t_ns - start_ns) / S - radar.clock_s)
    net, sent = scenario.net, scenario.messages
    if sent.n:
        own = _true_ais(scenario)
        R = np.zeros((own.n, 4, 4))
        R[:, 0, 0] = R[:, 1, 1] = 1 / net.sigma_m**2
        R[:, 2, 2] = R[:, 3, 3] = 1 / net.speed_sigma_mps**2
        where.append(own.ship.astype(np.int64))
        what.append(R)
        at.append((own.t_ns - start_ns) / S)
    if not where:
        return {}
    return _by_second(np.concatenate(where), np.concatenate(what), np.concatenate(at), scenario.motion.steps)


def _glint(scenario, plots):
    """Covariance of where on their hulls plots come from, (m, 2, 2)."""
    heading = scenario.motion.at(plots.ship, (plots.t_ns - scenario.scene.start_ns) / S)[4] * DEG
    s, c = np.sin(heading), np.cos(heading)
    hull = np.stack([np.stack([s, c], axis=1), np.stack([c, -s], axis=1)], axis=1)  # bow and starboard, east and north
    sizes = np.stack([scenario.fleet.length_m[plots.ship], scenario.fleet.beam_m[plots.ship]], axis=1)
    return np.einsum("mki,mk,mkj->mij", hull, (sizes / 6.0) ** 2, hull)


def _by_second(ship, R, t_s, steps):
    """Reports grouped by second, and within it so that no group holds a ship twice."""
    step = np.ceil(t_s - 1e-9).astype(np.int64)
    back = t_s - step  # in (-1, 0]: the position then was x + back * v
    J = np.zeros((ship.size, 6, 6))
    H = np.zeros((ship.size, 4, 6))
    H[:, range(4), range(4)] = 1.0
    H[:, 0, 2] = H[:, 1, 3] = back
    J = H.transpose(0, 2, 1) @ R @ H
    order = np.lexsort((t_s, ship, step))
    order = order[(step[order] >= 0) & (step[order] < steps)]
    key = step[order] * (ship.max(initial=0) + 1) + ship[order]
    begins = np.concatenate([[0], np.flatnonzero(np.diff(key)) + 1])
    turn = np.arange(key.size) - np.repeat(begins, np.diff(np.concatenate([begins, [key.size]])))
    out = {}
    for slot in range(int(turn.max(initial=-1)) + 1):
        rows = order[turn == slot]
        cuts = np.flatnonzero(np.diff(step[rows])) + 1
        for group in np.split(rows, cuts):
            out.setdefault(int(step[group[0]]), []).append((ship[group], J[group]))
    return out
