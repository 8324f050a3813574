"""How ships move: the helm that follows a route, drawn legs and turns, swinging at anchor, tows and escorts.

Truth is a track sampled every second in the plane of the scenario; between samples it is the cubic through both
positions with both velocities, which misses a turn of 1 deg/s at 20 kn by less than 1 mm.
"""

from typing import NamedTuple

import numpy as np

from vts.units import DEG, KN

STEADY, MANOEUVRING, STILL = 0, 1, 2
STEP_S = 1.0


class Motion(NamedTuple):
    """Where ships are: arrays of shape (ships, steps), one step a second from the start of the scenario."""

    x_m: np.ndarray
    y_m: np.ndarray
    vx_mps: np.ndarray
    vy_mps: np.ndarray
    heading_deg: np.ndarray  # of the bow, in the plane
    first_s: np.ndarray  # (ships,) the ship is there from
    last_s: np.ndarray  # ... to

    @property
    def ships(self):
        return self.x_m.shape[0]

    @property
    def steps(self):
        return self.x_m.shape[1]

    def at(self, ship, t_s):
        """(x_m, y_m, vx_mps, vy_mps, heading_deg) of ships at times; both of one shape, times held to the run."""
        t = np.clip(np.asarray(t_s, float) / STEP_S, 0.0, self.steps - 1.0)
        k = np.minimum(t.astype(np.int64), self.steps - 2)
        u = t - k
        x, vx = _hermite(self.x_m, self.vx_mps, ship, k, u)
        y, vy = _hermite(self.y_m, self.vy_mps, ship, k, u)
        before = self.heading_deg[ship, k]
        turn = (self.heading_deg[ship, k + 1] - before + 180.0) % 360.0 - 180.0
        return x, y, vx, vy, (before + u * turn) % 360.0

    def present(self, ship, t_s):
        """Whether ships are there at times."""
        return (t_s >= self.first_s[ship]) & (t_s <= self.last_s[ship])

    @classmethod
    def join(cls, parts):
        """The ships of several motions of one length, one after the other."""
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _hermite(p, v, ship, k, u):
    """(position, velocity) of the cubic between samples k and k + 1 at the fraction u."""
    p0, p1, m0, m1 = p[ship, k], p[ship, k + 1], v[ship, k] * STEP_S, v[ship, k + 1] * STEP_S
    d = p1 - p0
    position = p0 + u * (m0 + u * ((3 * d - 2 * m0 - m1) + u * (m0 + m1 - 2 * d)))
    velocity = m0 + u * (2 * (3 * d - 2 * m0 - m1) + 3 * u * (m0 + m1 - 2 * d))
    return position, velocity / STEP_S


def turn_rate_deg_s(motion):
    """Change of heading a second, (ships, steps)."""
    step = (np.diff(motion.heading_deg, axis=1) + 180.0) % 360.0 - 180.0
    return np.concatenate([step, step[:, -1:]], axis=1) / STEP_S


def manoeuvres(motion):
    """(turning, gaining), each (ships, steps): over 0.15 deg/s of the bow in 5 s, over 0.02 m/s^2 in 15 s.

    The bow, because waves push a slow ship's track about by more than a turn does.
    """

    def rate(values, span_s):
        ahead = np.minimum(np.arange(motion.steps) + span_s // 2, motion.steps - 1)
        behind = np.maximum(np.arange(motion.steps) - span_s // 2, 0)
        return np.abs(values[:, ahead] - values[:, behind]) / ((ahead - behind) * STEP_S)

    heading = np.degrees(np.unwrap(np.radians(motion.heading_deg), axis=1))
    return rate(heading, 5) > 0.15, rate(np.hypot(motion.vx_mps, motion.vy_mps), 15) > 0.02


def mode(motion):
    """STILL below 0.5 kn, MANOEUVRING while turning or gaining speed, else STEADY; (ships, steps)."""
    turning, gaining = manoeuvres(motion)
    still = np.hypot(motion.vx_mps, motion.vy_mps) < 0.5 * KN
    return np.where(still, STILL, np.where(turning | gaining, MANOEUVRING, STEADY)).astype(np.int8)


def drive(x_m, y_m, course_deg, speed_mps, turn_deg_s, gain_mps2, jerk_mps):
    """Motion of ships under given rates of turn and gains of speed, all (ships, steps); starts are (ships,).

    `jerk_mps` is what wind and sea add to the velocity at each step, east and north, (2, ships, steps).
    """
    steps = turn_deg_s.shape[1]
    turned = np.cumsum(turn_deg_s, axis=1) - turn_deg_s
    course = course_deg[:, None] + STEP_S * turned
    speed = np.maximum(speed_mps[:, None] + STEP_S * (np.cumsum(gain_mps2, axis=1) - gain_mps2), 0.0)
    wander = np.cumsum(jerk_mps, axis=2)
    vx = speed * np.sin(course * DEG) + wander[0]
    vy = speed * np.cos(course * DEG) + wander[1]
    every = np.zeros(len(x_m)), np.full(len(x_m), (steps - 1) * STEP_S)
    return Motion(_travelled(x_m, vx), _travelled(y_m, vy), vx, vy, course % 360.0, *every)


def _travelled(start_m, velocity_mps):
    """Positions under a sampled velocity, by the trapezium of the cubic that `Motion.at` draws."""
    run = 0.5 * STEP_S * (velocity_mps[:, 1:] + velocity_mps[:, :-1])
    return start_m[:, None] + np.concatenate([np.zeros((len(start_m), 1)), np.cumsum(run, axis=1)], axis=1)


def helm(routes, speeds_kn, steps, *, turn_deg_s, gain_mps2, rng, holds_s=None, steer_deg=0.6, surge_mps=0.08):
    """Motion of ships that steer along routes, as an autopilot does: by line of sight to the leg, within their limits.

    `routes` is a list of (points, 2) arrays in the plane, the first point the start; `speeds_kn` a list of the speed
    on each leg; `holds_s` a list of waiting times at each point but the first. After its last point a ship stops.
    `turn_deg_s` and `gain_mps2` are limits, (ships,). Steering wanders by `steer_deg`, speed by `surge_mps`.
    """
    n = len(routes)
    most = max(len(route) for route in routes)
    points = np.stack([np.concatenate([r, np.repeat(r[-1:], most - len(r), axis=0)]) for r in routes])
    speed_on = np.zeros((n, most))
    wait_at = np.zeros((n, most))
    for i, speeds in enumerate(speeds_kn):
        speed_on[i, 1 : len(routes[i])] = np.broadcast_to(speeds, len(routes[i]) - 1)
        if holds_s is not None and holds_s[i] is not None:
            wait_at[i, 1 : len(routes[i])] = holds_s[i]
        wait_at[i, len(routes[i]) - 1] = np.inf
    speed_on *= KN
    noise = wander(rng, (n, steps), 20.0) * steer_deg, wander(rng, (n, steps), 60.0) * surge_mps
    return _steer(points, speed_on, wait_at, turn_deg_s, gain_mps2, noise)


def _steer(points, speed_on, wait_at, turn_deg_s, gain_mps2, noise):
    """The loop of `helm`: one step of all ships at a time."""
    n, steps = noise[0].shape
    row = np.arange(n)
    leg = np.ones(n, np.int64)
    x, y = points[:, 0, 0].copy(), points[:, 0, 1].copy()
    first = points[:, 1] - points[:, 0]
    course = np.arctan2(first[:, 0], first[:, 1]) / DEG
    speed, wait, rate = speed_on[:, 1].copy(), wait_at[:, 1].copy(), np.zeros(n)
    out = np.empty((5, n, steps))
    for k in range(steps):
        made, went = course + noise[0][:, k], np.maximum(speed + np.where(speed > 0.3, noise[1][:, k], 0.0), 0.0)
        vx, vy = went * np.sin(made * DEG), went * np.cos(made * DEG)
        out[0, :, k], out[1, :, k], out[2, :, k], out[3, :, k], out[4, :, k] = x, y, vx, vy, course
        start, end = points[row, leg - 1], points[row, leg]
        ex, ey = end[:, 0] - start[:, 0], end[:, 1] - start[:, 1]
        length = np.maximum(np.hypot(ex, ey), 1.0)
        ex, ey = ex / length, ey / length
        along = (x - start[:, 0]) * ex + (y - start[:, 1]) * ey
        off = (x - start[:, 0]) * ey - (y - start[:, 1]) * ex  # to starboard of the leg
        left = length - along
        reach = np.maximum(250.0, 25.0 * speed)
        wanted = np.arctan2(ex, ey) / DEG - np.arctan2(off, reach) / DEG
        # a stop needs v^2 / 2a of room; the turn into the next leg begins one transfer before the point
        cruise = np.where(wait > 0, np.minimum(speed_on[row, leg], np.sqrt(np.maximum(left, 0.0) * gain_mps2)), 0.0)
        cruise = np.where(wait > 0, cruise, speed_on[row, leg])
        reached = (left <= np.where(wait > 0, 15.0, np.maximum(20.0, speed * 12.0))) | (leg == 0)
        wait = np.where(reached & (wait > 0), wait - STEP_S, wait)
        cruise = np.where(reached & (wait > 0), 0.0, cruise)
        go = reached & (wait <= 0) & (leg < points.shape[1] - 1)
        leg = leg + go
        wait = np.where(go, wait_at[row, leg], wait)
        error = (wanted - course + 180.0) % 360.0 - 180.0
        cruise = np.where(np.abs(error) > 60.0, np.minimum(cruise, 4.0), cruise)  # round first, then full ahead
        # the rudder takes some seconds to set up a turn and to check it
        rate += np.clip(np.clip(0.08 * error, -turn_deg_s, turn_deg_s) - rate, -0.15, 0.15)
        rate = np.where(speed > 0.2, rate, 0.0)
        course = course + STEP_S * rate
        speed = speed + np.clip(cruise - speed, -gain_mps2 * STEP_S, gain_mps2 * STEP_S)
        x, y = x + STEP_S * vx, y + STEP_S * vy
    x, y, vx, vy, heading = out
    return Motion(
        _travelled(x[:, 0], vx),
        _travelled(y[:, 0], vy),
        *(vx, vy, heading % 360.0, np.zeros(n), np.full(n, (steps - 1) * STEP_S)),
    )


def wander(rng, shape, tau_s):
    """Gauss-Markov noise of variance 1 and correlation time tau along the last axis."""
    keep = np.exp(-STEP_S / tau_s)
    white = rng.standard_normal(shape)
    out = np.empty(shape)
    state = white[:, 0]
    for k in range(shape[1]):
        state = white[:, 0] if k == 0 else keep * state + np.sqrt(1 - keep * keep) * white[:, k]
        out[:, k] = state
    return out


def swing(x_m, y_m, scope_m, steps, rng):
    """Motion of ships at anchor: the bow yaws about a slow wind, the ship lies astern of the anchor on its chain."""
    n = len(x_m)
    t = np.arange(steps) * STEP_S
    mean, amplitude = rng.uniform(0, 360, n), rng.uniform(8, 30, n)
    period, phase = rng.uniform(480, 1200, n), rng.uniform(0, 2 * np.pi, n)
    drift = rng.uniform(-15, 15, n) / 3600.0
    yaw = 2 * np.pi * t / period[:, None] + phase[:, None]
    heading = mean[:, None] + amplitude[:, None] * np.sin(yaw) + drift[:, None] * t
    rate = (amplitude * 2 * np.pi / period)[:, None] * np.cos(yaw) + drift[:, None]
    s, c = np.sin(heading * DEG), np.cos(heading * DEG)
    scope = scope_m[:, None]
    return Motion(
        *(x_m[:, None] - scope * s, y_m[:, None] - scope * c, -scope * c * rate * DEG, scope * s * rate * DEG),
        *(heading % 360.0, np.zeros(n), np.full(n, (steps - 1) * STEP_S)),
    )


def escort(leader, ship, ahead_m, starboard_m, rng):
    """Motion of one ship that keeps station on another: so far ahead (negative: astern) and to starboard of it."""
    heading = np.unwrap(leader.heading_deg[ship] * DEG)
    keep = np.exp(-STEP_S / 25.0)
    eased = np.empty_like(heading)
    state = heading[0]
    for k, h in enumerate(heading):  # the escort follows the leader's turn with a lag
        state = keep * state + (1 - keep) * h
        eased[k] = state
    wobble = wander(rng, (2, heading.size), 60.0) * 8.0
    a, b = ahead_m + wobble[0], starboard_m + wobble[1]
    x = leader.x_m[ship] + a * np.sin(eased) + b * np.cos(eased)
    y = leader.y_m[ship] + a * np.cos(eased) - b * np.sin(eased)
    return along(x, y, eased / DEG)


def tow(leader, ship, line_m):
    """Motion of a barge on a line: it passes where its tug passed, that much later along the track."""
    x, y = leader.x_m[ship], leader.y_m[ship]
    run = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    back = line_m / max(np.hypot(leader.vx_mps[ship, 0], leader.vy_mps[ship, 0]), 1e-3)
    run0 = np.concatenate([[-line_m], run])
    x0 = np.concatenate([[x[0] - back * leader.vx_mps[ship, 0]], x])
    y0 = np.concatenate([[y[0] - back * leader.vy_mps[ship, 0]], y])
    keep = np.concatenate([[True], np.diff(run0) > 1e-6])
    where = run - line_m
    xb, yb = np.interp(where, run0[keep], x0[keep]), np.interp(where, run0[keep], y0[keep])
    heading = np.arctan2(x - xb, y - yb) / DEG
    return along(xb, yb, heading)


def along(x, y, heading_deg):
    """Motion of one ship from its positions at every second."""
    vx, vy = np.gradient(x, STEP_S), np.gradient(y, STEP_S)
    one = [a[None, :] for a in (_travelled(x[:1], vx[None])[0], _travelled(y[:1], vy[None])[0], vx, vy)]
    return Motion(*one, heading_deg[None, :] % 360.0, np.zeros(1), np.array([(x.size - 1) * STEP_S]))
