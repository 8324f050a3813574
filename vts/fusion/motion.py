"""How a track moves: on one of a few straight legs, in a turn, or not at all; each a hypothesis with its weight.

A leg that a turn may just have ended on is a hypothesis of its own, for each instant at which that may have been; legs
are merged where that costs least (Runnalls, 2007). An interacting-multiple-model filter (Blom and Bar-Shalom, 1988),
as it is used here for turning and stopping, would stir "turning until now" into "on the new course for a while", and
the new course would be known a minute late. What is neither likely nor near is not carried: a vessel on a long leg is
that leg and a turn that may have begun, and one that has way on is not stopped.

Positions are metres from the track's own reference point, which follows it, so no vessel ever leaves its plane and a
steady one sails a rhumb line, as vessels do.
"""

import math

import numpy as np

from vts import geo
from vts.fusion import layout as col
from vts.jit import borrowing, kernel
from vts.units import KN

LEGS = 3
TURNING, STOPPED = LEGS, LEGS + 1  # hypotheses before these are legs
HYPOTHESES = col.HYPOTHESES
LEG_S, TURN_S, STOP_S = 300.0, 30.0, 300.0  # mean sojourn
# Shares of legs and of turns that end in a stop, and of stops that end in a turn
LEG_STOPS, TURN_STOPS, STOP_TURNS = 0.02, 0.03, 0.5
FIRST_LEG, FIRST_TURN, FIRST_STOP = 0.8, 0.1, 0.1  # chances at first sight
BORN, KEPT = 3e-3, 3e-4  # least weight of a leg that begins, and of one that goes on
SAME = 2e-3  # legs that lose no more by it are merged: a divergence, weighed
FLOOR = 1e-4  # least weight of a turn, and of a stop that is near
CALM_MPS2 = 0.014  # per root hertz: what wind and sea do to a steady vessel
TURN_SIGMA = 0.012  # rad/s, of a turn that begins: 0.7 deg/s
TURN_WALK = 0.001  # rad/s per root second
SURGE = 2.0  # a vessel that turns loses way, or is given more: along her course so much more noise than across it
STOPPED_SPEED = 0.15  # m/s, swing at anchor
STOPPED_WALK = 0.25  # m per root second
STOPS_MPS, STOPS_MPS2 = 3.0, 0.25  # faster than this, and than she can lose meanwhile, a vessel is not stopped
HALF_SPEED_MPS = 8.0  # 1-sigma speed of a vessel of which only a position is known
SLOW_MPS = 1.0 * KN  # below it the course over ground says nothing

# Where the weighed covariance lies, in the order in which a hypothesis packs its own
_PACKED = (col.EE, col.EN, col.NN, col.EVE, col.NVE, col.VEVE, col.EVN, col.NVN, col.VEVN, col.VNVN)
# Places in the scratch array: two hypotheses and a merged leg in the making; shares; all legs, their weights and
# log determinants
_LEG, _STOP, _BOTH, _SHARE, _WEIGHT, _SIZE, _LEGS = 0, 40, 60, 80, 88, 96, 104


@borrowing
def _empty(f, i):
    """Row i without hypotheses."""
    for k in range(col.MU, col.X + HYPOTHESES * col.STRIDE):
        f[i, k] = 0.0


@borrowing
def start(f, i, lon_deg, lat_deg, ree, ren, rnn, speed_sigma):
    """Row i at a first position, speed unknown."""
    f[i, col.LON], f[i, col.LAT] = lon_deg, lat_deg
    f[i, col.EAST_M], f[i, col.NORTH_M] = geo.metres_per_degree(lat_deg)
    _empty(f, i)
    f[i, col.MU], f[i, col.MU + TURNING], f[i, col.MU + STOPPED] = FIRST_LEG, FIRST_TURN, FIRST_STOP
    for m in (0, TURNING, STOPPED):
        p = col.X + m * col.STRIDE + 5
        f[i, p], f[i, p + 1], f[i, p + 2] = ree, ren, rnn
        f[i, p + 5] = f[i, p + 9] = speed_sigma * speed_sigma
        f[i, p + 14] = TURN_SIGMA * TURN_SIGMA
    _rest(f, i, 0.0)
    combine(f, i)


@borrowing
def predict(f, i, dt_s, accel, w):
    """Move row i by dt_s, backwards too (by less than a slot); `w` is scratch.

    `accel` is the acceleration in a manoeuvre besides the turn, 1 sigma; 0 for what cannot move.
    """
    if dt_s == 0.0:
        return
    if accel > 0.0:
        _change(f, i, abs(dt_s), w)
    for m in range(LEGS):
        if f[i, col.MU + m] > 0.0:
            _ahead(f, i, col.X + m * col.STRIDE, dt_s, CALM_MPS2 if accel > 0.0 else 0.0)
    if f[i, col.MU + TURNING] > 0.0:
        _turn(f, i, col.X + TURNING * col.STRIDE, dt_s, accel)
    if f[i, col.MU + STOPPED] > 0.0:
        _rest(f, i, STOPPED_WALK * STOPPED_WALK * abs(dt_s) if accel > 0.0 else 0.0)
    combine(f, i)


@borrowing
def _change(f, i, dt_s, w):
    """What may have changed within dt_s: legs into a turn or a stop, turns and stops into a new leg."""
    on, turns, stops = math.exp(-dt_s / LEG_S), math.exp(-dt_s / TURN_S), math.exp(-dt_s / STOP_S)
    turn, still = f[i, col.MU + TURNING], f[i, col.MU + STOPPED]
    lost = STOPS_MPS2 * dt_s
    near = STOPS_MPS * STOPS_MPS + lost * lost + 4.0 * (f[i, col.VEVE] + f[i, col.VNVN])
    stopping = f[i, col.VE] ** 2 + f[i, col.VN] ** 2 < near
    if not stopping:
        still = 0.0
    anew = (1.0 - turns) * (1.0 - TURN_STOPS) * turn, (1.0 - stops) * (1.0 - STOP_TURNS) * still
    born = anew[0] + anew[1]
    if born < BORN:  # not worth a hypothesis: they stay what they are
        anew, born = (0.0, 0.0), 0.0
    else:
        for m in range(LEGS):
            w[_SHARE + m] = 0.0
        w[_SHARE + TURNING], w[_SHARE + STOPPED] = anew
        _stir(f, i, _LEG, 4, w)
    into_stop = (1.0 - turns) * TURN_STOPS * turn if stopping else 0.0
    into_turn = (1.0 - stops) * STOP_TURNS * still
    leg_stops = (1.0 - on) * LEG_STOPS if stopping else 0.0
    leg_turns = (1.0 - on) * (1.0 - LEG_STOPS)
    resting = 0.0
    if stopping:
        for m in range(LEGS):
            w[_SHARE + m] = f[i, col.MU + m] * leg_stops
        w[_SHARE + TURNING], w[_SHARE + STOPPED] = into_stop, still - into_turn - anew[1]
        resting = _stir(f, i, _STOP, 2, w)
    for m in range(LEGS):
        w[_SHARE + m] = f[i, col.MU + m] * leg_turns
    w[_SHARE + TURNING], w[_SHARE + STOPPED] = turn - into_stop - anew[0], into_turn
    turning = _stir_turn(f, i, w)
    for m in range(LEGS):
        f[i, col.MU + m] *= 1.0 - leg_turns - leg_stops
    f[i, col.MU + TURNING] = turning
    f[i, col.MU + STOPPED] = 0.0
    if resting > 0.0:
        _put(f, i, STOPPED, resting, 2, _STOP, w)
    if born > 0.0:
        _settle(f, i, born, w)
    total = 0.0
    for m in range(HYPOTHESES):
        total += f[i, col.MU + m]
    for m in range(HYPOTHESES):
        f[i, col.MU + m] /= total


@borrowing
def _put(f, i, m, weight, states, at, w):
    """The hypothesis in w[at:] becomes row i's m-th."""
    f[i, col.MU + m] = weight
    b = col.X + m * col.STRIDE
    for k in range(states):
        f[i, b + k] = w[at + k]
    for k in range(states * (states + 1) // 2):
        f[i, b + 5 + k] = w[at + 5 + k]


@borrowing
def _stir(f, i, at, states, w):
    """The first `states` of all hypotheses as one, by their shares in w, into w[at:]; returns the sum of shares."""
    total = 0.0
    for m in range(HYPOTHESES):
        total += w[_SHARE + m]
    for k in range(col.STRIDE):
        w[at + k] = 0.0
    for m in range(HYPOTHESES):
        if w[_SHARE + m] > 0.0:
            share, b = w[_SHARE + m] / total, col.X + m * col.STRIDE
            for k in range(states):
                w[at + k] += share * f[i, b + k]
    for m in range(HYPOTHESES):
        if w[_SHARE + m] > 0.0:
            share, b = w[_SHARE + m] / total, col.X + m * col.STRIDE
            p = 5
            for h in range(states):
                d = share * (f[i, b + h] - w[at + h])
                for k in range(h + 1):
                    w[at + p] += share * f[i, b + p] + d * (f[i, b + k] - w[at + k])
                    p += 1
    return total


@borrowing
def _stir_turn(f, i, w):
    """All hypotheses as one, by their shares in w, become row i's turn; returns the sum of shares.

    As _stir, written out: what is summed stays in registers, as no array is written meanwhile.
    """
    total = 0.0
    for m in range(HYPOTHESES):
        total += w[_SHARE + m]
    e = n = ve = vn = turn = 0.0
    for m in range(HYPOTHESES):
        if w[_SHARE + m] > 0.0:
            share, b = w[_SHARE + m] / total, col.X + m * col.STRIDE
            e += share * f[i, b]
            n += share * f[i, b + 1]
            ve += share * f[i, b + 2]
            vn += share * f[i, b + 3]
            turn += share * f[i, b + 4]
    ee = en = nn = eu = nu = uu = ev = nv = uv = vv = er = nr = ur = vr = rr = 0.0
    for m in range(HYPOTHESES):
        if w[_SHARE + m] > 0.0:
            share, b = w[_SHARE + m] / total, col.X + m * col.STRIDE
            p = b + 5
            de, dn, du, dv, dr = f[i, b] - e, f[i, b + 1] - n, f[i, b + 2] - ve, f[i, b + 3] - vn, f[i, b + 4] - turn
            d = share * de
            ee += share * f[i, p] + d * de
            d = share * dn
            en += share * f[i, p + 1] + d * de
            nn += share * f[i, p + 2] + d * dn
            d = share * du
            eu += share * f[i, p + 3] + d * de
            nu += share * f[i, p + 4] + d * dn
            uu += share * f[i, p + 5] + d * du
            d = share * dv
            ev += share * f[i, p + 6] + d * de
            nv += share * f[i, p + 7] + d * dn
            uv += share * f[i, p + 8] + d * du
            vv += share * f[i, p + 9] + d * dv
            d = share * dr
            er += share * f[i, p + 10] + d * de
            nr += share * f[i, p + 11] + d * dn
            ur += share * f[i, p + 12] + d * du
            vr += share * f[i, p + 13] + d * dv
            rr += share * f[i, p + 14] + d * dr
    b = col.X + TURNING * col.STRIDE
    f[i, b], f[i, b + 1], f[i, b + 2], f[i, b + 3], f[i, b + 4] = e, n, ve, vn, turn
    p = b + 5
    f[i, p], f[i, p + 1], f[i, p + 2], f[i, p + 3], f[i, p + 4] = ee, en, nn, eu, nu
    f[i, p + 5], f[i, p + 6], f[i, p + 7], f[i, p + 8], f[i, p + 9] = uu, ev, nv, uv, vv
    f[i, p + 10], f[i, p + 11], f[i, p + 12], f[i, p + 13], f[i, p + 14] = er, nr, ur, vr, rr
    return total


@borrowing
def _log_det(w, at):
    """Of the 4 x 4 covariance packed in w[at:], by its Cholesky factors."""
    l00 = w[at]
    l01 = w[at + 1] / l00
    l11 = w[at + 2] - l01 * w[at + 1]
    l02 = w[at + 3] / l00
    a12 = w[at + 4] - l02 * w[at + 1]
    l12 = a12 / l11
    l22 = w[at + 5] - l02 * w[at + 3] - l12 * a12
    l03 = w[at + 6] / l00
    a13 = w[at + 7] - l03 * w[at + 1]
    l13 = a13 / l11
    a23 = w[at + 8] - l03 * w[at + 3] - l13 * a12
    l23 = a23 / l22
    l33 = w[at + 9] - l03 * w[at + 6] - l13 * a13 - l23 * a23
    return math.log(max(l00 * l11 * l22 * l33, 1e-300))


@borrowing
def _merge(w, a, b, at):
    """Legs a and b of the list in w as one, by their weights, into w[at:]; returns the log determinant."""
    p, q = w[_WEIGHT + a], w[_WEIGHT + b]
    p, q = p / (p + q), q / (p + q)
    x, y = _LEGS + col.STRIDE * a, _LEGS + col.STRIDE * b
    # written out: each sum is whole before an array is written
    e, n = p * w[x] + q * w[y], p * w[x + 1] + q * w[y + 1]
    ve, vn = p * w[x + 2] + q * w[y + 2], p * w[x + 3] + q * w[y + 3]
    xe, xn, xu, xv = w[x] - e, w[x + 1] - n, w[x + 2] - ve, w[x + 3] - vn
    ye, yn, yu, yv = w[y] - e, w[y + 1] - n, w[y + 2] - ve, w[y + 3] - vn
    pe, pn, pu, pv, qe, qn, qu, qv = p * xe, p * xn, p * xu, p * xv, q * ye, q * yn, q * yu, q * yv
    ee = p * w[x + 5] + q * w[y + 5] + pe * xe + qe * ye
    en = p * w[x + 6] + q * w[y + 6] + pn * xe + qn * ye
    nn = p * w[x + 7] + q * w[y + 7] + pn * xn + qn * yn
    eu = p * w[x + 8] + q * w[y + 8] + pu * xe + qu * ye
    nu = p * w[x + 9] + q * w[y + 9] + pu * xn + qu * yn
    uu = p * w[x + 10] + q * w[y + 10] + pu * xu + qu * yu
    ev = p * w[x + 11] + q * w[y + 11] + pv * xe + qv * ye
    nv = p * w[x + 12] + q * w[y + 12] + pv * xn + qv * yn
    uv = p * w[x + 13] + q * w[y + 13] + pv * xu + qv * yu
    vv = p * w[x + 14] + q * w[y + 14] + pv * xv + qv * yv
    w[at], w[at + 1], w[at + 2], w[at + 3], w[at + 5], w[at + 6], w[at + 7] = e, n, ve, vn, ee, en, nn
    w[at + 8], w[at + 9], w[at + 10], w[at + 11], w[at + 12], w[at + 13], w[at + 14] = eu, nu, uu, ev, nv, uv, vv
    return _log_det(w, at + 5)


@borrowing
def _settle(f, i, born, w):
    """Take the new leg in w[_LEG:] in, of weight `born`.

    It joins the leg from which it does not differ; where there is no place for one more, those two of all are merged
    that lose least by it.
    """
    count = 0
    for m in range(LEGS):
        if f[i, col.MU + m] > 0.0:
            for k in range(15):
                w[_LEGS + col.STRIDE * count + k] = f[i, col.X + m * col.STRIDE + k]
            w[_WEIGHT + count] = f[i, col.MU + m]
            count += 1
    for k in range(15):
        w[_LEGS + col.STRIDE * count + k] = w[_LEG + k]
    w[_WEIGHT + count] = born
    count += 1
    for k in range(count):
        w[_SIZE + k] = _log_det(w, _LEGS + col.STRIDE * k + 5)
    least, one, two = math.inf, 0, 0
    for b in range(1, count):
        if count <= LEGS and b < count - 1:
            continue  # the older ones were compared when they came
        for a in range(b):
            p, q = w[_WEIGHT + a], w[_WEIGHT + b]
            cost = 0.5 * ((p + q) * _merge(w, a, b, _BOTH) - p * w[_SIZE + a] - q * w[_SIZE + b])
            if cost < least:
                least, one, two = cost, a, b
    if count > LEGS or least < SAME:
        _merge(w, one, two, _BOTH)
        w[_WEIGHT + one] += w[_WEIGHT + two]
        for k in range(15):
            w[_LEGS + col.STRIDE * one + k] = w[_BOTH + k]
        count -= 1
        for m in range(two, count):
            for k in range(15):
                w[_LEGS + col.STRIDE * m + k] = w[_LEGS + col.STRIDE * (m + 1) + k]
            w[_WEIGHT + m] = w[_WEIGHT + m + 1]
    for m in range(LEGS):
        f[i, col.MU + m] = 0.0
        if m < count:
            _put(f, i, m, w[_WEIGHT + m], 4, _LEGS + col.STRIDE * m, w)
            f[i, col.X + m * col.STRIDE + 19] = TURN_SIGMA * TURN_SIGMA


@borrowing
def _ahead(f, i, b, dt, accel):
    """Steady course and speed."""
    f[i, b] += f[i, b + 2] * dt
    f[i, b + 1] += f[i, b + 3] * dt
    p = b + 5
    uu, uv, vv = f[i, p + 5], f[i, p + 8], f[i, p + 9]
    q = accel * accel * abs(dt)
    q_pv = 0.5 * q * dt
    q_pp = q * dt * dt / 3.0
    f[i, p] += dt * (2.0 * f[i, p + 3] + dt * uu) + q_pp
    f[i, p + 1] += dt * (f[i, p + 6] + f[i, p + 4] + dt * uv)
    f[i, p + 2] += dt * (2.0 * f[i, p + 7] + dt * vv) + q_pp
    f[i, p + 3] += dt * uu + q_pv
    f[i, p + 4] += dt * uv
    f[i, p + 6] += dt * uv
    f[i, p + 7] += dt * vv + q_pv
    f[i, p + 5] += q
    f[i, p + 9] += q


@borrowing
def _turn(f, i, b, dt, accel):
    """A coordinated turn at an unknown rate that wanders, with its Jacobian (Bar-Shalom, Estimation, 11.7)."""
    ve, vn, rate = f[i, b + 2], f[i, b + 3], f[i, b + 4]
    th = rate * dt
    if abs(th) > 1e-3:
        s, c = math.sin(th), math.cos(th)
        along, aside = s / rate, (1.0 - c) / rate
        d_along, d_aside = (th * c - s) / (rate * rate), (th * s - 1.0 + c) / (rate * rate)
    else:
        s, c = th, 1.0 - 0.5 * th * th
        along, aside = dt, 0.5 * th * dt
        d_along, d_aside = -th * dt * dt / 3.0, 0.5 * dt * dt
    g0, g1 = ve * d_along + vn * d_aside, vn * d_along - ve * d_aside
    f[i, b] += ve * along + vn * aside
    f[i, b + 1] += vn * along - ve * aside
    ve, vn = ve * c + vn * s, vn * c - ve * s
    f[i, b + 2], f[i, b + 3] = ve, vn
    g2, g3 = dt * vn, -dt * ve
    p = b + 5
    ee, en, nn, eu, nu, uu = f[i, p], f[i, p + 1], f[i, p + 2], f[i, p + 3], f[i, p + 4], f[i, p + 5]
    ev, nv, uv, vv = f[i, p + 6], f[i, p + 7], f[i, p + 8], f[i, p + 9]
    er, nr, ur, vr, rr = f[i, p + 10], f[i, p + 11], f[i, p + 12], f[i, p + 13], f[i, p + 14]
    # F P, of which F holds four rows that are not the identity's
    uu1, uv1, ur1 = c * uu + s * uv + g2 * ur, c * uv + s * vv + g2 * vr, c * ur + s * vr + g2 * rr
    vu1, vv1, vr1 = c * uv - s * uu + g3 * ur, c * vv - s * uv + g3 * vr, c * vr - s * ur + g3 * rr
    eu1, ev1, er1 = (
        eu + along * uu + aside * uv + g0 * ur,
        ev + along * uv + aside * vv + g0 * vr,
        er + along * ur + aside * vr + g0 * rr,
    )
    nu1, nv1, nr1 = (
        nu - aside * uu + along * uv + g1 * ur,
        nv - aside * uv + along * vv + g1 * vr,
        nr - aside * ur + along * vr + g1 * rr,
    )
    q = accel * accel * abs(dt)
    surge = q * (SURGE * SURGE - 1.0) / max(ve * ve + vn * vn, 1.0)
    q00, q01, q11 = q + surge * ve * ve, surge * ve * vn, q + surge * vn * vn
    h, th2 = 0.5 * dt, dt * dt / 3.0
    f[i, p] = ee + along * (eu + eu1) + aside * (ev + ev1) + g0 * (er + er1) + th2 * q00
    f[i, p + 1] = en + along * nu + aside * nv + g0 * nr + along * ev1 - aside * eu1 + g1 * er1 + th2 * q01
    f[i, p + 2] = nn - aside * (nu + nu1) + along * (nv + nv1) + g1 * (nr + nr1) + th2 * q11
    f[i, p + 3] = c * eu1 + s * ev1 + g2 * er1 + h * q00
    f[i, p + 4] = c * nu1 + s * nv1 + g2 * nr1 + h * q01
    f[i, p + 6] = c * ev1 - s * eu1 + g3 * er1 + h * q01
    f[i, p + 7] = c * nv1 - s * nu1 + g3 * nr1 + h * q11
    f[i, p + 5] = c * uu1 + s * uv1 + g2 * ur1 + q00
    f[i, p + 8] = c * uv1 - s * uu1 + g3 * ur1 + q01
    f[i, p + 9] = c * vv1 - s * vu1 + g3 * vr1 + q11
    f[i, p + 10], f[i, p + 11], f[i, p + 12], f[i, p + 13] = er1, nr1, ur1, vr1
    f[i, p + 14] = min(rr + TURN_WALK * TURN_WALK * abs(dt), 4.0 * TURN_SIGMA * TURN_SIGMA)


@borrowing
def _rest(f, i, walk_m2):
    """Stopped: the position stays, but for what wind and tide do to a vessel that lies."""
    b = col.X + STOPPED * col.STRIDE
    p = b + 5
    for k in range(2, 5):
        f[i, b + k] = 0.0
    f[i, p] += walk_m2
    f[i, p + 2] += walk_m2
    for k in range(3, 15):
        f[i, p + k] = 0.0
    f[i, p + 5] = f[i, p + 9] = STOPPED_SPEED * STOPPED_SPEED
    f[i, p + 14] = TURN_SIGMA * TURN_SIGMA


@borrowing
def combine(f, i):
    """The hypotheses weighed together into LON .. VNVN; the reference point moves onto the result."""
    e = n = ve = vn = turn = 0.0
    for m in range(HYPOTHESES):
        mu = f[i, col.MU + m]
        if mu > 0.0:
            b = col.X + m * col.STRIDE
            e += mu * f[i, b]
            n += mu * f[i, b + 1]
            ve += mu * f[i, b + 2]
            vn += mu * f[i, b + 3]
            turn += mu * f[i, b + 4]
    ee = en = nn = eu = ev = nu = nv = uu = uv = vv = 0.0
    for m in range(HYPOTHESES):
        mu = f[i, col.MU + m]
        if mu > 0.0:
            b = col.X + m * col.STRIDE
            p = b + 5
            f[i, b] -= e
            f[i, b + 1] -= n
            de, dn, du, dv = f[i, b], f[i, b + 1], f[i, b + 2] - ve, f[i, b + 3] - vn
            ee += mu * (f[i, p] + de * de)
            en += mu * (f[i, p + 1] + de * dn)
            nn += mu * (f[i, p + 2] + dn * dn)
            eu += mu * (f[i, p + 3] + de * du)
            nu += mu * (f[i, p + 4] + dn * du)
            uu += mu * (f[i, p + 5] + du * du)
            ev += mu * (f[i, p + 6] + de * dv)
            nv += mu * (f[i, p + 7] + dn * dv)
            uv += mu * (f[i, p + 8] + du * dv)
            vv += mu * (f[i, p + 9] + dv * dv)
    f[i, col.EE], f[i, col.EN], f[i, col.NN] = ee, en, nn
    f[i, col.EVE], f[i, col.EVN], f[i, col.NVE], f[i, col.NVN] = eu, ev, nu, nv
    f[i, col.VEVE], f[i, col.VEVN], f[i, col.VNVN] = uu, uv, vv
    f[i, col.LAT] += n / f[i, col.NORTH_M]
    f[i, col.LON] = geo.wrap_lon_deg(f[i, col.LON] + e / f[i, col.EAST_M])
    f[i, col.EAST_M], f[i, col.NORTH_M] = geo.metres_per_degree(f[i, col.LAT])
    f[i, col.VE], f[i, col.VN], f[i, col.TURN] = ve, vn, turn


@borrowing
def offset(f, i, lon_deg, lat_deg):
    """(east_m, north_m) of a near point from row i's reference."""
    return (
        geo.lon_diff_deg(lon_deg, f[i, col.LON]) * f[i, col.EAST_M],
        (lat_deg - f[i, col.LAT]) * f[i, col.NORTH_M],
    )


@borrowing
def correct(f, i, at, z0, z1, r00, r01, r11, w):
    """Kalman update of every hypothesis with two components of its state, from `at`: 0 the position, 2 the velocity.

    z is from the reference point, r its covariance. The hypotheses are weighed anew by how well they foresaw z.
    """
    top = -1e300
    first, second = at * (at + 1) // 2, (at + 1) * (at + 2) // 2  # where the packed columns of z begin
    for m in range(HYPOTHESES):
        if f[i, col.MU + m] <= 0.0:
            continue
        b = col.X + m * col.STRIDE
        p = b + 5
        d0, d1 = z0 - f[i, b + at], z1 - f[i, b + at + 1]
        s00, s01, s11 = f[i, p + first + at] + r00, f[i, p + second + at] + r01, f[i, p + second + at + 1] + r11
        det = s00 * s11 - s01 * s01
        i00, i01, i11 = s11 / det, -s01 / det, s00 / det
        a0, a1 = i00 * d0 + i01 * d1, i01 * d0 + i11 * d1
        w[20 + m] = -0.5 * (d0 * a0 + d1 * a1) - 0.5 * math.log(det)
        top = max(top, w[20 + m])
        if m == STOPPED and at == 2:
            continue  # a stop has no velocity to be corrected
        states = 4 if m < LEGS else (5 if m == TURNING else 2)
        for k in range(states):
            column = k * (k + 1) // 2
            w[k] = f[i, p + first + k] if k <= at else f[i, p + column + at]
            w[5 + k] = f[i, p + second + k] if k <= at else f[i, p + column + at + 1]
        q = p
        for h in range(states):
            f[i, b + h] += w[h] * a0 + w[5 + h] * a1
            g0, g1 = w[h] * i00 + w[5 + h] * i01, w[h] * i01 + w[5 + h] * i11
            for k in range(h + 1):
                f[i, q] -= g0 * w[k] + g1 * w[5 + k]
                q += 1
    total = 0.0
    for m in range(HYPOTHESES):
        if f[i, col.MU + m] > 0.0:
            w[20 + m] = f[i, col.MU + m] * math.exp(w[20 + m] - top)
            total += w[20 + m]
        else:
            w[20 + m] = 0.0
    whole = 0.0
    for m in range(HYPOTHESES):
        mu = w[20 + m] / total
        if m < LEGS:
            if mu < KEPT:
                mu = 0.0
        elif f[i, col.MU + m] > 0.0:
            mu = max(mu, FLOOR)
        w[20 + m] = mu
        whole += mu
    for m in range(HYPOTHESES):
        f[i, col.MU + m] = w[20 + m] / whole
    combine(f, i)


@borrowing
def open_up(f, i, ee, en, nn):
    """Add so much, m^2, to what row i leaves open of its place."""
    for m in range(HYPOTHESES):
        p = col.X + m * col.STRIDE + 5
        f[i, p] += ee
        f[i, p + 1] += en
        f[i, p + 2] += nn
    combine(f, i)


@borrowing
def shift_and_spread(f, i, dt_s, accel):
    """(east_m, north_m) run and (ee, en, nn) of row i after dt_s, without touching it: enough for a gate."""
    a = abs(dt_s)
    q = accel * accel * a * a * a / 3.0
    ee = f[i, col.EE] + dt_s * (2.0 * f[i, col.EVE] + dt_s * f[i, col.VEVE]) + q
    en = f[i, col.EN] + dt_s * (f[i, col.EVN] + f[i, col.NVE] + dt_s * f[i, col.VEVN])
    nn = f[i, col.NN] + dt_s * (2.0 * f[i, col.NVN] + dt_s * f[i, col.VNVN]) + q
    return f[i, col.VE] * dt_s, f[i, col.VN] * dt_s, ee, en, nn


@kernel
def agrees(f, i, g, k):
    """Density, per m^2 and (m/s)^2, with which row i of f foresaw the place and velocity of row k of g, at one time.

    Each hypothesis of row i foresees its own; row k counts as one.
    """
    east, north = offset(f, i, g[k, col.LON], g[k, col.LAT])
    u, v = g[k, col.VE], g[k, col.VN]
    a = np.empty(10)
    total = 0.0
    for m in range(HYPOTHESES):
        mu = f[i, col.MU + m]
        if mu <= 0.0:
            continue
        b = col.X + m * col.STRIDE
        for p, column in enumerate(_PACKED):
            a[p] = f[i, b + 5 + p] + g[k, column]
        d0, d1, d2, d3 = east - f[i, b], north - f[i, b + 1], u - f[i, b + 2], v - f[i, b + 3]
        # the square of the misfit by the Cholesky factors, as in _log_det
        l01, l02, l03 = a[1] / a[0], a[3] / a[0], a[6] / a[0]
        b11, b12, b13 = a[2] - l01 * a[1], a[4] - l02 * a[1], a[7] - l03 * a[1]
        l12, l13 = b12 / b11, b13 / b11
        b22, b23 = a[5] - l02 * a[3] - l12 * b12, a[8] - l03 * a[3] - l13 * b12
        l23 = b23 / b22
        b33 = a[9] - l03 * a[6] - l13 * b13 - l23 * b23
        d1 -= l01 * d0
        d2 -= l02 * d0 + l12 * d1
        d3 -= l03 * d0 + l13 * d1 + l23 * d2
        det = max(a[0] * b11 * b22 * b33, 1e-300)
        misfit = d0 * d0 / a[0] + d1 * d1 / b11 + d2 * d2 / b22 + d3 * d3 / b33
        total += mu * math.exp(-0.5 * misfit) / math.sqrt(det) / (2.0 * math.pi) ** 2
    return total


@borrowing
def pinned(f, i):
    """Make row i a thing that stands still: a base station or a buoy."""
    for m in range(HYPOTHESES):
        f[i, col.MU + m] = 1.0 if m == STOPPED else 0.0
    combine(f, i)
