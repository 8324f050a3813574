"""What a vessel has done over the last minutes: one pass over its fixes inside a window that ends now.

The same row kernel serves a batch of millions of sorted fixes and the rings of the live Watch, so that a feature
cannot mean one thing in training and another on duty.
"""

import math

import numpy as np

from vts.geo import angle_diff_deg, lon_diff_deg, metres_per_degree
from vts.jit import kernel
from vts.units import DEG, KN

COLUMNS = (
    "span_min",  # time that the window's fixes cover
    "sog_mean_kn",
    "sog_std_kn",
    "sog_min_kn",
    "sog_max_kn",
    "sog_change_kn",  # now minus the oldest in the window
    "turn_net_deg",  # sum of course changes, to starboard positive
    "turn_sum_deg",  # sum of absolute course changes
    "made_east_kn",  # displacement over the window
    "made_north_kn",
    "made_good",  # displacement over path, 0..1
    "implied_kn",  # greatest speed between two fixes
)
MIN_SOG_KN = 0.5  # below it a course is GNSS noise


@kernel
def changes(lon_deg, sog_kn, cog_deg, first, last, out_east_deg, out_turn_deg):
    """Write what each of the fixes first..last changed: east of the one before, turn from the last known course.

    Both are the same in every window that holds the two fixes, and their remainders are half of a window's work.
    """
    course = math.nan
    for k in range(first, last + 1):
        out_east_deg[k] = lon_diff_deg(lon_deg[k], lon_deg[k - 1]) if k > first else math.nan
        out_turn_deg[k] = math.nan
        if sog_kn[k] >= MIN_SOG_KN and not math.isnan(cog_deg[k]):
            out_turn_deg[k] = angle_diff_deg(cog_deg[k], course)
            course = cog_deg[k]


@kernel
def window(t_ns, lon_deg, lat_deg, sog_kn, cog_deg, east_deg, turn_deg, first, last, out, row):
    """Write COLUMNS for the fixes first..last (inclusive) into out[row]; NaN where the data do not say.

    `east_deg` and `turn_deg` as `changes` gives them.
    """
    n, s, s2, low, high = 0, 0.0, 0.0, math.inf, -math.inf
    net, total, path, fastest = 0.0, 0.0, 0.0, 0.0
    oldest, steers = math.nan, False
    east_per_deg, north_per_deg = metres_per_degree(lat_deg[last])
    for k in range(first, last + 1):
        v = sog_kn[k]
        if not math.isnan(v):
            n += 1
            s += v
            s2 += v * v
            low, high = min(low, v), max(high, v)
            if math.isnan(oldest):
                oldest = v
            if v >= MIN_SOG_KN and not math.isnan(cog_deg[k]):
                if steers:
                    net += turn_deg[k]
                    total += abs(turn_deg[k])
                steers = True
        if k > first:
            x = east_deg[k] * east_per_deg
            y = (lat_deg[k] - lat_deg[k - 1]) * north_per_deg
            leg = math.sqrt(x * x + y * y)
            path += leg
            fastest = max(fastest, leg / max(1e-9, (t_ns[k] - t_ns[k - 1]) * 1e-9))
    span_s = (t_ns[last] - t_ns[first]) * 1e-9
    out[row, 0] = span_s / 60.0
    if n:
        mean = s / n
        out[row, 1] = mean
        out[row, 2] = math.sqrt(max(0.0, s2 / n - mean * mean))
        out[row, 3], out[row, 4] = low, high
        out[row, 5] = sog_kn[last] - oldest
    else:
        out[row, 1:6] = math.nan
    if span_s > 0.0:
        x = lon_diff_deg(lon_deg[last], lon_deg[first]) * east_per_deg
        y = (lat_deg[last] - lat_deg[first]) * north_per_deg
        out[row, 6], out[row, 7] = net, total
        out[row, 8], out[row, 9] = x / span_s / KN, y / span_s / KN
        out[row, 10] = min(1.0, math.sqrt(x * x + y * y) / path) if path > 0.0 else 1.0
        out[row, 11] = fastest / KN
    else:
        out[row, 6:12] = math.nan


@kernel
def over_fixes(vessel, t_ns, lon_deg, lat_deg, sog_kn, cog_deg, window_ns, out):
    """COLUMNS for every fix of many vessels, shape (n, 12); rows sorted by vessel, then time."""
    n, first = t_ns.size, 0
    east_deg, turn_deg = np.empty(n), np.empty(n)
    for i in range(1, n + 1):
        if i == n or vessel[i] != vessel[first]:
            changes(lon_deg, sog_kn, cog_deg, first, i - 1, east_deg, turn_deg)
            first = i
    first = 0
    for i in range(n):
        if vessel[i] != vessel[first]:
            first = i
        while t_ns[i] - t_ns[first] > window_ns:
            first += 1
        window(t_ns, lon_deg, lat_deg, sog_kn, cog_deg, east_deg, turn_deg, first, i, out, i)


@kernel
def over_rings(slot, ring_t_ns, ring, filled, t_ns, now, window_ns, out):
    """COLUMNS for every track now, shape (n, 12), from its ring of past fixes and its present one.

    `ring_t_ns` (slots, K); `ring` (4, slots, K) and `now` (4, n): lon_deg, lat_deg, sog_kn, cog_deg; `filled` counts
    the fixes ever written to a slot. slot -1: no past.
    """
    size = ring_t_ns.shape[1]
    t = np.empty(size + 1, np.int64)
    past = np.empty((4, size + 1))
    east_deg, turn_deg = np.empty(size + 1), np.empty(size + 1)
    for i in range(t_ns.size):
        n = 0
        if slot[i] >= 0:
            end = filled[slot[i]]
            for k in range(max(0, end - size), end):
                at = k % size
                when = ring_t_ns[slot[i], at]
                if when < t_ns[i] and t_ns[i] - when <= window_ns:
                    t[n] = when
                    for c in range(4):
                        past[c, n] = ring[c, slot[i], at]
                    n += 1
        t[n] = t_ns[i]
        for c in range(4):
            past[c, n] = now[c, i]
        changes(past[0], past[2], past[3], 0, n, east_deg, turn_deg)
        window(t, past[0], past[1], past[2], past[3], east_deg, turn_deg, 0, n, out, i)


@kernel
def closing_kn(east_kn, north_kn, bearing_deg, out):
    """Speed towards a bearing, kn."""
    for i in range(east_kn.size):
        a = bearing_deg[i] * DEG
        out[i] = east_kn[i] * math.sin(a) + north_kn[i] * math.cos(a)
