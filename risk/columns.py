"""Loops that fill the columns of feature matrices, a row a candidate."""

import math

import numpy as np

from vts.jit import kernel
from vts.units import HOUR, KN, NM

APART_M = 0.25 * NM  # as heads/close_approach.py
SHARES = 11  # columns of habit_shares
HEAD_ON, CROSSING, OVERTAKING = (1, 1), (2, 3), (4, 5)  # of encounters.SITUATIONS


@kernel
def lesser(a, b):
    """The lesser of two numbers; of a number and NaN the number."""
    return a if a <= b or math.isnan(b) else b


@kernel
def greater(a, b):
    """The greater of two numbers; of a number and NaN the number."""
    return a if a >= b or math.isnan(b) else b


@kernel
def pairs(
    rows,
    a,
    b,
    range_m,
    dcpa_m,
    tcpa_min,
    closing_kn,
    p_close,
    ddv,
    situation,
    sog_kn,
    turn_deg,
    change_kn,
    length_m,
    out,
):
    """Write the columns of features/pair.py for some rows of Encounters; `turn_deg` counts either way."""
    for k in range(rows.size):
        r = rows[k]
        i, j, kind = a[r], b[r], situation[r]
        out[k, 0] = range_m[r] / NM
        out[k, 1] = dcpa_m[r] / NM
        out[k, 2] = tcpa_min[r]
        out[k, 3] = closing_kn[r]
        out[k, 4] = p_close[r]
        out[k, 5] = ddv[r]
        out[k, 6] = 1.0 if CROSSING[0] <= kind <= CROSSING[1] else 0.0
        out[k, 7] = 1.0 if OVERTAKING[0] <= kind <= OVERTAKING[1] else 0.0
        out[k, 8] = 1.0 if HEAD_ON[0] <= kind <= HEAD_ON[1] else 0.0
        out[k, 9] = lesser(sog_kn[i], sog_kn[j])
        out[k, 10] = greater(sog_kn[i], sog_kn[j])
        out[k, 11] = greater(abs(turn_deg[i]), abs(turn_deg[j]))
        out[k, 12] = lesser(change_kn[i], change_kn[j])
        out[k, 13] = lesser(length_m[i], length_m[j])


@kernel
def apart_min(range_m, dcpa_m, tcpa_min):
    """Minutes until a pair is APART_M apart; NaN where it never is on these courses, or has its closest behind it."""
    if not (tcpa_min > 0.0 and dcpa_m <= APART_M <= range_m):
        return math.nan
    run2 = range_m * range_m - dcpa_m * dcpa_m
    return tcpa_min * (1.0 - math.sqrt((APART_M * APART_M - dcpa_m * dcpa_m) / run2)) if run2 > 0.0 else 0.0


@kernel
def approaches(rows, a, b, east_m, north_m, range_m, dcpa_m, tcpa_min, made_east_kn, made_north_kn, turns_deg, out):
    """Write the columns of features/approach.py for some rows of Encounters."""
    for k in range(rows.size):
        r = rows[k]
        i, j = a[r], b[r]
        x, y = east_m[r], north_m[r]
        vx, vy = (made_east_kn[j] - made_east_kn[i]) * KN, (made_north_kn[j] - made_north_kn[i]) * KN
        t_s = -(x * vx + y * vy) / max(vx * vx + vy * vy, 1e-6)
        made_m = math.hypot(x + vx * t_s, y + vy * t_s)
        out[k, 0] = apart_min(range_m[r], dcpa_m[r], tcpa_min[r])
        out[k, 1] = made_m / NM
        out[k, 2] = apart_min(range_m[r], made_m, t_s / 60.0)
        out[k, 3] = greater(turns_deg[i], turns_deg[j])


@kernel
def mixed(h, part):
    """The next state of a hash: the finaliser of splitmix64 (Steele and others, 2014)."""
    h = h + np.uint64(part) + np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@kernel
def cell(lon_deg, lat_deg, side_deg):
    """A number for the cell of a position; of an unknown one that of 0, 0."""
    x = 0.0 if math.isnan(lon_deg) else lon_deg
    y = 0.0 if math.isnan(lat_deg) else lat_deg
    return np.int64(math.floor(x / side_deg)) * (1 << 24) + np.int64(math.floor(y / side_deg))


@kernel
def habit_keys(
    zone, kind, destination, vessel, origin, lon_deg, lat_deg, sog_kn, cog_deg, side_deg, fine_deg, still_kn, out
):
    """Write the key of each of habit.KEYS for rows of habit.Approaches; -1 where it is not known."""
    for i in range(zone.size):
        octant, fine_course = -1, -1
        if sog_kn[i] >= still_kn and math.isfinite(cog_deg[i]):
            octant = np.int64(np.rint(cog_deg[i] * 8 / 360.0)) % 8
            fine_course = np.int64(np.rint(cog_deg[i] * 16 / 360.0)) % 16
        here = cell(lon_deg[i], lat_deg[i], side_deg)
        for k in range(6):
            h = mixed(mixed(np.uint64(0), k), zone[i])
            known = True
            if k in (0, 2):
                h = mixed(mixed(h, here), octant)
                if k == 2:
                    h, known = mixed(h, kind[i]), kind[i] >= 0
            elif k == 1:
                h = mixed(mixed(h, cell(lon_deg[i], lat_deg[i], fine_deg)), fine_course)
            elif k == 3:
                h = mixed(h, origin[i])
            elif k == 4:
                h, known = mixed(h, destination[i]), destination[i] >= 0
            else:
                h, known = mixed(h, vessel[i]), vessel[i] >= 0
            out[i, k] = np.int64(h >> np.uint64(1)) if known else -1


@kernel
def habit_shares(keys, known, passed, soon, entered, log_ratio, last_ns, vessel, t_ns, out):
    """Write the columns of features/habit.py from what is counted under each key; column 3 is the mean log ratio.

    `known` is in order; one more that did not enter is added: of a single earlier vessel nobody knows.
    """
    n = known.size
    for i in range(keys.shape[0]):
        for c in range(out.shape[1]):
            out[i, c] = math.nan
        out[i, 0] = 0.0
        if vessel[i] >= 0:
            out[i, 8] = 0.0
        for k in range(6 if n else 0):
            at = np.searchsorted(known, keys[i, k])
            if at == n or known[at] != keys[i, k]:
                continue
            share = entered[at] / (passed[at] + 1.0) if passed[at] > 0 else math.nan
            if k == 0:
                out[i, 0] = passed[at]
                out[i, 1] = soon[at] / (passed[at] + 1.0) if passed[at] > 0 else math.nan
                out[i, 2] = share
                out[i, 3] = log_ratio[at] / entered[at] if entered[at] > 0 else math.nan
            elif k == 5:
                if vessel[i] >= 0:
                    out[i, 8] = entered[at]
                out[i, 9] = share
                if last_ns[at] > 0:
                    out[i, 10] = (t_ns[i] - last_ns[at]) / HOUR
            else:
                out[i, 4 + (k > 1) + (k > 2) + (k > 3)] = share
