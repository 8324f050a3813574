"""How a track moves: four models at once (steady, turning, resumed, stopped), weighed by how each explains the reports.

An interacting-multiple-model filter (Blom and Bar-Shalom, 1988). Positions are metres from the track's own reference
point, which follows it, so no vessel ever leaves its plane and a steady one sails a rhumb line, as vessels do.

A leg that has just begun moves as any other, but it is a mode of its own: were it STEADY, each step would stir the
velocity of "still turning until now" into that of "on the new course for a while", and the new course would be known
a minute late.
"""

import math

from vts import geo
from vts.fusion import layout as col
from vts.jit import kernel
from vts.units import KN

MODES = 4
STEADY, TURNING, RESUMED, STOPPED = 0, 1, 2, 3
# Chance of each mode at first sight, mean sojourn in it, s, and the share of departures that go to each other mode
FIRST = (0.75, 0.1, 0.05, 0.1)
SOJOURN_S = (500.0, 45.0, 20.0, 300.0)
TO = ((0.0, 0.98, 0.0, 0.02), (0.0, 0.0, 0.97, 0.03), (0.88, 0.1, 0.0, 0.02), (0.5, 0.5, 0.0, 0.0))
STATES = (4, 5, 4, 2)  # how many of e n ve vn turn are free in each mode; the others are set by it
CALM_MPS2 = 0.014  # per root hertz: what wind and sea do to a steady vessel
TURN_SIGMA = 0.012  # rad/s, of a turn that begins: 0.7 deg/s
TURN_WALK = 0.001  # rad/s per root second
STOPPED_SPEED = 0.15  # m/s, swing at anchor
STOPPED_WALK = 0.25  # m per root second
HALF_SPEED_MPS = 8.0  # 1-sigma speed of a vessel of which only a position is known


@kernel
def start(f, i, lon_deg, lat_deg, ree, ren, rnn, speed_sigma):
    """Row i at a first position, speed unknown."""
    f[i, col.LON], f[i, col.LAT] = lon_deg, lat_deg
    f[i, col.EAST_M], f[i, col.NORTH_M] = geo.metres_per_degree(lat_deg)
    for m in range(MODES):
        b = col.X + m * col.STRIDE
        for k in range(col.STRIDE):
            f[i, b + k] = 0.0
        v2 = STOPPED_SPEED * STOPPED_SPEED if m == STOPPED else speed_sigma * speed_sigma
        p = b + 5
        f[i, p], f[i, p + 1], f[i, p + 5], f[i, p + 6] = ree, ren, ren, rnn
        f[i, p + 12] = f[i, p + 18] = v2
        f[i, p + 24] = TURN_SIGMA * TURN_SIGMA
        f[i, col.MU + m] = FIRST[m]
    combine(f, i)


@kernel
def predict(f, i, dt_s, accel, w):
    """Move row i by dt_s, backwards too (by less than a slot); `w` is scratch.

    `accel` is the acceleration in a manoeuvre besides the turn, 1 sigma; 0 for what cannot move.
    """
    if dt_s == 0.0:
        return
    if accel > 0.0:
        _mix(f, i, abs(dt_s), w)
    for m in range(MODES):
        b = col.X + m * col.STRIDE
        if m in (STEADY, RESUMED):
            _ahead(f, i, b, dt_s, CALM_MPS2 if accel > 0.0 else 0.0)
        elif m == TURNING:
            _turn(f, i, b, dt_s, accel, w)
        else:
            _rest(f, i, b, abs(dt_s), accel > 0.0)
    combine(f, i)


@kernel
def _mix(f, i, dt_s, w):
    """The interaction: each mode starts from what all modes say, weighed by the chance of a change within dt_s."""
    for m in range(MODES):
        w[44 + m] = math.exp(-dt_s / SOJOURN_S[m])
    for j in range(MODES):
        total = 0.0
        for m in range(MODES):
            w[40 + m] = f[i, col.MU + m] * (w[44 + m] if m == j else (1.0 - w[44 + m]) * TO[m][j])
            total += w[40 + m]
        w[120 + j] = total
        o, states = 130 + j * col.STRIDE, STATES[j]
        for k in range(col.STRIDE):
            w[o + k] = 0.0
        for m in range(MODES):
            share = w[40 + m] / total
            w[40 + m] = share
            b = col.X + m * col.STRIDE
            for k in range(states):
                w[o + k] += share * f[i, b + k]
        for m in range(MODES):
            share = w[40 + m]
            if share < 1e-9:
                continue
            b = col.X + m * col.STRIDE
            for k in range(states):
                d = f[i, b + k] - w[o + k]
                for h in range(k, states):
                    w[o + 5 + 5 * k + h] += share * (f[i, b + 5 + 5 * k + h] + d * (f[i, b + h] - w[o + h]))
    for j in range(MODES):
        f[i, col.MU + j] = w[120 + j]
        o, b = 130 + j * col.STRIDE, col.X + j * col.STRIDE
        for k in range(STATES[j]):
            f[i, b + k] = w[o + k]
            for h in range(k, STATES[j]):
                f[i, b + 5 + 5 * k + h] = f[i, b + 5 + 5 * h + k] = w[o + 5 + 5 * k + h]


@kernel
def _widen(f, i, p, dt_s, q):
    """Add continuous white acceleration of spectral density q (m^2/s^3) over dt_s to the covariance at p."""
    a = abs(dt_s)
    q_pp, q_pv, q_vv = q * a * a * a / 3.0, math.copysign(q * a * a / 2.0, dt_s), q * a
    f[i, p] += q_pp
    f[i, p + 6] += q_pp
    f[i, p + 2] += q_pv
    f[i, p + 10] += q_pv
    f[i, p + 8] += q_pv
    f[i, p + 16] += q_pv
    f[i, p + 12] += q_vv
    f[i, p + 18] += q_vv


@kernel
def _ahead(f, i, b, dt_s, accel):
    """Steady course and speed."""
    f[i, b] += f[i, b + 2] * dt_s
    f[i, b + 1] += f[i, b + 3] * dt_s
    p = b + 5
    for k in range(2):  # rows of position: P <- F P
        for h in range(4):
            f[i, p + 5 * k + h] += dt_s * f[i, p + 5 * (k + 2) + h]
    for k in range(4):  # columns of position: P <- P F'
        for h in range(2):
            f[i, p + 5 * k + h] += dt_s * f[i, p + 5 * k + h + 2]
    for k in range(4):
        f[i, p + 5 * k + 4] = f[i, p + 20 + k] = 0.0
    f[i, b + 4] = 0.0
    f[i, p + 24] = TURN_SIGMA * TURN_SIGMA
    _widen(f, i, p, dt_s, accel * accel)


@kernel
def _turn(f, i, b, dt_s, accel, w):
    """A coordinated turn at an unknown rate that wanders, with its Jacobian (Bar-Shalom, Estimation, 11.7)."""
    ve, vn, rate = f[i, b + 2], f[i, b + 3], f[i, b + 4]
    th = rate * dt_s
    if abs(th) > 1e-3:
        s, c = math.sin(th), math.cos(th)
        along, aside = s / rate, (1.0 - c) / rate
        d_along, d_aside = (th * c - s) / (rate * rate), (th * s - 1.0 + c) / (rate * rate)
    else:
        s, c = th, 1.0 - 0.5 * th * th
        along, aside = dt_s, 0.5 * th * dt_s
        d_along, d_aside = -th * dt_s * dt_s / 3.0, 0.5 * dt_s * dt_s
    for k in range(25):
        w[k] = 0.0
    w[0] = w[6] = w[24] = 1.0
    w[2], w[3], w[4] = along, aside, ve * d_along + vn * d_aside
    w[7], w[8], w[9] = -aside, along, vn * d_along - ve * d_aside
    w[12], w[13], w[14] = c, s, dt_s * (vn * c - ve * s)
    w[17], w[18], w[19] = -s, c, dt_s * (-ve * c - vn * s)
    f[i, b] += ve * along + vn * aside
    f[i, b + 1] += vn * along - ve * aside
    f[i, b + 2], f[i, b + 3] = ve * c + vn * s, vn * c - ve * s
    p = b + 5
    for k in range(5):
        for h in range(5):
            total = 0.0
            for m in range(5):
                total += w[5 * k + m] * f[i, p + 5 * m + h]
            w[50 + 5 * k + h] = total
    for k in range(5):
        for h in range(k, 5):
            total = 0.0
            for m in range(5):
                total += w[50 + 5 * k + m] * w[5 * h + m]
            f[i, p + 5 * k + h] = f[i, p + 5 * h + k] = total
    _widen(f, i, p, dt_s, accel * accel)
    f[i, p + 24] = min(f[i, p + 24] + TURN_WALK * TURN_WALK * abs(dt_s), 4.0 * TURN_SIGMA * TURN_SIGMA)


@kernel
def _rest(f, i, b, dt_s, swings):
    """Stopped: the position stays, but for what wind and tide do to a vessel that lies."""
    p = b + 5
    walk = STOPPED_WALK * STOPPED_WALK * dt_s if swings else 0.0
    f[i, b + 2] = f[i, b + 3] = f[i, b + 4] = 0.0
    for k in range(5):
        for h in range(5):
            if k > 1 or h > 1:
                f[i, p + 5 * k + h] = 0.0
    f[i, p] += walk
    f[i, p + 6] += walk
    f[i, p + 12] = f[i, p + 18] = STOPPED_SPEED * STOPPED_SPEED
    f[i, p + 24] = TURN_SIGMA * TURN_SIGMA


@kernel
def combine(f, i):
    """The modes weighed together into LON .. VNVN; the reference point moves onto the result."""
    e = n = ve = vn = turn = 0.0
    for m in range(MODES):
        b, mu = col.X + m * col.STRIDE, f[i, col.MU + m]
        e += mu * f[i, b]
        n += mu * f[i, b + 1]
        ve += mu * f[i, b + 2]
        vn += mu * f[i, b + 3]
        turn += mu * f[i, b + 4]
    for k in range(col.EE, col.VNVN + 1):
        f[i, k] = 0.0
    for m in range(MODES):
        b, mu = col.X + m * col.STRIDE, f[i, col.MU + m]
        p = b + 5
        f[i, b] -= e
        f[i, b + 1] -= n
        de, dn, du, dv = f[i, b], f[i, b + 1], f[i, b + 2] - ve, f[i, b + 3] - vn
        f[i, col.EE] += mu * (f[i, p] + de * de)
        f[i, col.EN] += mu * (f[i, p + 1] + de * dn)
        f[i, col.NN] += mu * (f[i, p + 6] + dn * dn)
        f[i, col.EVE] += mu * (f[i, p + 2] + de * du)
        f[i, col.EVN] += mu * (f[i, p + 3] + de * dv)
        f[i, col.NVE] += mu * (f[i, p + 7] + dn * du)
        f[i, col.NVN] += mu * (f[i, p + 8] + dn * dv)
        f[i, col.VEVE] += mu * (f[i, p + 12] + du * du)
        f[i, col.VEVN] += mu * (f[i, p + 13] + du * dv)
        f[i, col.VNVN] += mu * (f[i, p + 18] + dv * dv)
    lat_deg = f[i, col.LAT]
    f[i, col.LAT] = lat_deg + n / f[i, col.NORTH_M]
    f[i, col.LON] = geo.wrap_lon_deg(f[i, col.LON] + e / f[i, col.EAST_M])
    f[i, col.EAST_M], f[i, col.NORTH_M] = geo.metres_per_degree(f[i, col.LAT])
    f[i, col.VE], f[i, col.VN], f[i, col.TURN] = ve, vn, turn


@kernel
def offset(f, i, lon_deg, lat_deg):
    """(east_m, north_m) of a near point from row i's reference."""
    return (
        geo.lon_diff_deg(lon_deg, f[i, col.LON]) * f[i, col.EAST_M],
        (lat_deg - f[i, col.LAT]) * f[i, col.NORTH_M],
    )


@kernel
def correct(f, i, at, z0, z1, r00, r01, r11, w):
    """Kalman update of every mode with two components of its state, from `at`: 0 the position, 2 the velocity.

    z is from the reference point, r its covariance. The modes are weighed anew by how well they foresaw z.
    """
    total = 0.0
    top = -1e300
    for m in range(MODES):
        b = col.X + m * col.STRIDE
        p = b + 5
        d0, d1 = z0 - f[i, b + at], z1 - f[i, b + at + 1]
        s00 = f[i, p + 6 * at] + r00
        s01 = f[i, p + 6 * at + 1] + r01
        s11 = f[i, p + 6 * at + 6] + r11
        det = s00 * s11 - s01 * s01
        i00, i01, i11 = s11 / det, -s01 / det, s00 / det
        a0, a1 = i00 * d0 + i01 * d1, i01 * d0 + i11 * d1
        w[100 + m] = -0.5 * (d0 * a0 + d1 * a1) - 0.5 * math.log(det)
        top = max(top, w[100 + m])
        states = max(STATES[m], at + 2)
        for k in range(states):
            w[k], w[5 + k] = f[i, p + 5 * k + at], f[i, p + 5 * k + at + 1]
        for k in range(states):
            f[i, b + k] += w[k] * a0 + w[5 + k] * a1
            g0, g1 = w[k] * i00 + w[5 + k] * i01, w[k] * i01 + w[5 + k] * i11
            for h in range(k, states):
                f[i, p + 5 * k + h] -= g0 * w[h] + g1 * w[5 + h]
                f[i, p + 5 * h + k] = f[i, p + 5 * k + h]
    for m in range(MODES):
        w[100 + m] = f[i, col.MU + m] * math.exp(w[100 + m] - top)
        total += w[100 + m]
    floor = 1e-4
    for m in range(MODES):
        f[i, col.MU + m] = floor + (1.0 - MODES * floor) * w[100 + m] / total
    combine(f, i)


@kernel
def shift_and_spread(f, i, dt_s, accel):
    """(east_m, north_m) run and (ee, en, nn) of row i after dt_s, without touching it: enough for a gate."""
    a = abs(dt_s)
    q = accel * accel * a * a * a / 3.0
    ee = f[i, col.EE] + dt_s * (2.0 * f[i, col.EVE] + dt_s * f[i, col.VEVE]) + q
    en = f[i, col.EN] + dt_s * (f[i, col.EVN] + f[i, col.NVE] + dt_s * f[i, col.VEVN])
    nn = f[i, col.NN] + dt_s * (2.0 * f[i, col.NVN] + dt_s * f[i, col.VNVN]) + q
    return f[i, col.VE] * dt_s, f[i, col.VN] * dt_s, ee, en, nn


@kernel
def pinned(f, i):
    """Make row i a thing that stands still: a base station or a buoy."""
    for m in range(MODES):
        f[i, col.MU + m] = 1.0 if m == STOPPED else 0.0
    combine(f, i)


SLOW_MPS = 1.0 * KN  # below it the course over ground says nothing
