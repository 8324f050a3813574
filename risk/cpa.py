"""Which vessels come near each other, when and how: closest approach, its uncertainty, and the COLREG situation.

Kernels over a grid of cells as wide as the reach: the work grows with the traffic near each vessel, not with n squared.
East and north in metres, speeds in m/s, times in s; "other minus own" throughout.
"""

import math

import numpy as np

from vts.geo import lon_diff_deg, metres_per_degree
from vts.jit import kernel
from vts.units import DEG

NO_SITUATION, HEAD_ON, CROSSING_GIVE_WAY, CROSSING_STAND_ON, OVERTAKING, OVERTAKEN = 0, 1, 2, 3, 4, 5
ABAFT_DEG = 112.5  # COLREG Rule 13(b): more than 22.5 degrees abaft the beam
NEARLY_AHEAD_DEG = 6.0  # Rule 14(b) says "nearly ahead" and gives no number; 6 is customary in the literature
UNDER_WAY_MPS = 0.5
STILL_MPS = 1e-6
SPLIT = 2  # cells a reach: a square of five is 6.25 reaches squared, one of three whole reaches is 9
HAIR_M = 0.01  # a million times the error of a difference of longitudes


@kernel
def cpa(x_m, y_m, vx_mps, vy_mps):
    """(dcpa_m, tcpa_s) of a straight run; tcpa negative once past, 0 where there is no relative motion."""
    v2 = vx_mps * vx_mps + vy_mps * vy_mps
    if v2 < STILL_MPS:
        return math.hypot(x_m, y_m), 0.0
    t = -(x_m * vx_mps + y_m * vy_mps) / v2
    return abs(x_m * vy_mps - y_m * vx_mps) / math.sqrt(v2), t


@kernel
def normal_cdf(z):
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@kernel
def within(limit_m, dcpa_m, sigma_m, out):
    """Probability that a miss of mean dcpa_m and spread sigma_m is below limit_m, for each row; NaN: unknown."""
    root2 = math.sqrt(2.0)
    for k in range(limit_m.size):
        m, d, s = limit_m[k], dcpa_m[k], sigma_m[k]
        s = s if math.isnan(s) else max(s, 1e-3)
        out[k] = 0.5 * (math.erf((m - d) / (s * root2)) + math.erf((m + d) / (s * root2)))


@kernel
def p_below(limit_m, x_m, y_m, vx_mps, vy_mps, t_s, cov):
    """(probability that the miss distance is under the limit, its 1-sigma in m), to first order in the covariance.

    `cov` is the sum of both tracks': ee en nn eve evn nve nvn veve vevn vnvn. The signed miss is n.(r + v t) with n
    across the relative motion; its gradient is n in position and t n in velocity. Before the past (t < 0) the least
    distance still to come is the present one, measured along the line of sight.
    """
    v = math.hypot(vx_mps, vy_mps)
    if t_s <= 0.0 or v * v < STILL_MPS:
        t_s = 0.0
        r = math.hypot(x_m, y_m)
        if r == 0.0:
            return 1.0, 0.0
        nx, ny, miss = x_m / r, y_m / r, r
    else:
        nx, ny = -vy_mps / v, vx_mps / v
        miss = nx * x_m + ny * y_m
    rr = nx * nx * cov[0] + 2.0 * nx * ny * cov[1] + ny * ny * cov[2]
    rv = nx * nx * cov[3] + nx * ny * (cov[4] + cov[5]) + ny * ny * cov[6]
    vv = nx * nx * cov[7] + 2.0 * nx * ny * cov[8] + ny * ny * cov[9]
    variance = rr + 2.0 * t_s * rv + t_s * t_s * vv
    if not variance >= 0.0:
        return math.nan, math.nan
    sigma = math.sqrt(variance)
    if sigma < 1e-3:
        return (1.0 if abs(miss) < limit_m else 0.0), sigma
    return normal_cdf((limit_m - miss) / sigma) - normal_cdf((-limit_m - miss) / sigma), sigma


@kernel
def situation(x_m, y_m, course_deg, speed_mps, other_course_deg, other_speed_mps):
    """COLREG situation as seen from own ship (Rules 13, 14 and 15); 0 where either is not under way or unknown."""
    if not (speed_mps > UNDER_WAY_MPS and other_speed_mps > UNDER_WAY_MPS):
        return NO_SITUATION
    bearing = math.atan2(x_m, y_m) / DEG
    seen = (bearing - course_deg + 180.0) % 360.0 - 180.0  # other from own bow, starboard positive
    back = (bearing + 180.0 - other_course_deg + 180.0) % 360.0 - 180.0  # own from the other's bow
    # Rule 13 first: an overtaking vessel stays one, whatever the change of bearing
    if abs(back) > ABAFT_DEG and abs(seen) < 90.0 and speed_mps > other_speed_mps:
        return OVERTAKING
    if abs(seen) > ABAFT_DEG and abs(back) < 90.0 and other_speed_mps > speed_mps:
        return OVERTAKEN
    opposed = abs((course_deg - other_course_deg) % 360.0 - 180.0)
    if abs(seen) <= NEARLY_AHEAD_DEG and abs(back) <= NEARLY_AHEAD_DEG and opposed <= 2.0 * NEARLY_AHEAD_DEG:
        return HEAD_ON
    if abs(seen) > ABAFT_DEG or abs(back) > ABAFT_DEG:
        return NO_SITUATION
    return CROSSING_GIVE_WAY if seen > 0.0 else CROSSING_STAND_ON


@kernel
def cells(lon_deg, lat_deg, reach_m, out_key):
    """Grid cell of each position; returns the number of columns. SPLIT cells are at least `reach_m` wide and high."""
    n = lon_deg.size
    highest = 0.0
    for i in range(n):
        highest = max(highest, abs(lat_deg[i]))
    high_deg = reach_m / SPLIT / 110_500.0  # a degree of latitude is never shorter
    east_per_deg, _north = metres_per_degree(min(90.0, highest + SPLIT * high_deg))
    columns = int(min(1e6, 360.0 * max(east_per_deg, 0.0) / reach_m * SPLIT))
    if columns < 2 * SPLIT + 1:  # no cell may be its own neighbour's neighbour
        columns = 1
    for i in range(n):
        column = min(columns - 1, int((lon_deg[i] % 360.0) / 360.0 * columns))
        out_key[i] = int((lat_deg[i] + 90.0) / high_deg) * columns + column
    return columns


@kernel
def _may_matter(p, start, stop, lon, lat, vx, vy, half_east, half_north, limits, out):
    """Write for the rows start..stop whether they may pass `_pair` with row p: without root, division or branch.

    The conditions of `_pair`, a hair wider. Without a branch the processor takes several rows at a time.
    """
    reach_m, near_m, dcpa_m, tcpa_s = limits
    reach2, near2 = (reach_m + HAIR_M) * (reach_m + HAIR_M), (near_m + HAIR_M) * (near_m + HAIR_M)
    dcpa2, hair2 = (dcpa_m + HAIR_M) * (dcpa_m + HAIR_M), HAIR_M * HAIR_M
    own_lon, own_lat, own_vx, own_vy, own_east, own_north = lon[p], lat[p], vx[p], vy[p], half_east[p], half_north[p]
    # slices, since an index from 0 is known not to be negative
    lon, lat, vx, vy = lon[start:stop], lat[start:stop], vx[start:stop], vy[start:stop]
    half_east, half_north = half_east[start:stop], half_north[start:stop]
    for q in range(stop - start):
        y = (lat[q] - own_lat) * (own_north + half_north[q])
        d = lon[q] - own_lon
        d += 360.0 * ((d < -180.0) * 1.0 - (d > 180.0) * 1.0)
        x = d * (own_east + half_east[q])
        ve, vn = vx[q] - own_vx, vy[q] - own_vy
        r2, v2 = x * x + y * y, ve * ve + vn * vn
        across, along = x * vn - y * ve, -(x * ve + y * vn)
        hair = hair2 + HAIR_M * v2
        to_come = (along >= -hair) & (along <= tcpa_s * v2 + hair)
        passes = (across * across <= dcpa2 * v2 + hair) & to_come
        out[q] = (r2 <= reach2) & ((r2 <= near2) | (v2 < 2.0 * STILL_MPS) | passes)


@kernel
def _pair(a, b, lon_deg, lat_deg, east_per_deg, north_per_deg, vx_mps, vy_mps, limits, out, found):
    """Judge one pair and write it if it matters; returns the new number of pairs found."""
    reach_m, near_m, dcpa_m, tcpa_s = limits
    y = (lat_deg[b] - lat_deg[a]) * 0.5 * (north_per_deg[a] + north_per_deg[b])
    if abs(y) > reach_m:
        return found
    x = lon_diff_deg(lon_deg[b], lon_deg[a]) * 0.5 * (east_per_deg[a] + east_per_deg[b])
    if x * x + y * y > reach_m * reach_m:
        return found
    dcpa, tcpa = cpa(x, y, vx_mps[b] - vx_mps[a], vy_mps[b] - vy_mps[a])
    if x * x + y * y > near_m * near_m and not (dcpa <= dcpa_m and 0.0 <= tcpa <= tcpa_s):
        return found
    if found < out.shape[0]:
        out[found, 0] = a
        out[found, 1] = b
        out[found, 2] = x
        out[found, 3] = y
        out[found, 4] = dcpa
        out[found, 5] = tcpa
    return found + 1


@kernel
def near_pairs(lon_deg, lat_deg, vx_mps, vy_mps, key, order, columns, limits, out):
    """Number of pairs that are near, or will be; the first out.shape[0] of them are written.

    `limits` = (reach_m, near_m, dcpa_m, tcpa_s): a pair within reach counts when it is nearer than near_m, or passes
    within dcpa_m in the next tcpa_s. Columns of `out`: row, other row, east_m, north_m, dcpa_m, tcpa_s. Each pair comes
    once; `order` sorts `key`, and rows of a cell stay in order of their number.
    """
    n = lon_deg.size
    east_per_deg, north_per_deg = np.empty(n), np.empty(n)
    for i in range(n):
        east_per_deg[i], north_per_deg[i] = metres_per_degree(lat_deg[i])
    # by cell, so that a run of neighbours is a run of memory: half east, half north, so that a sum is the mean
    sorted_key, lon, lat, vx, vy = np.empty(n, np.int64), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    half_east, half_north = np.empty(n), np.empty(n)
    for p in range(n):
        i = order[p]
        sorted_key[p], lon[p], lat[p], vx[p], vy[p] = key[i], lon_deg[i], lat_deg[i], vx_mps[i], vy_mps[i]
        half_east[p], half_north[p] = 0.5 * east_per_deg[i], 0.5 * north_per_deg[i]
    may = np.empty(n, np.bool_)
    found, first = 0, 0
    while first < n:
        last = first
        while last < n and sorted_key[last] == sorted_key[first]:
            last += 1
        row, column = sorted_key[first] // columns, sorted_key[first] % columns
        for down in range(SPLIT + 1):
            # this cell and those to the east, and whole rows to the north: each neighbouring pair of cells once
            west, east = column - (SPLIT if down else 0), column + SPLIT
            if columns == 1:
                west, east = 0, 0
            for part in range(3):  # a row of cells is one run of memory, but for what lies beyond its ends
                low, high = max(west, 0), min(east, columns - 1)
                if part == 1:
                    low, high = west + columns, columns - 1
                elif part == 2:
                    low, high = 0, east - columns
                if low > high:
                    continue
                own = down == 0 and part == 0
                start = np.searchsorted(sorted_key, (row + down) * columns + low)
                stop = np.searchsorted(sorted_key, (row + down) * columns + high + 1)
                for p in range(first, last):
                    begin = p + 1 if own else start
                    _may_matter(p, begin, stop, lon, lat, vx, vy, half_east, half_north, limits, may)
                    for q in range(begin, stop):
                        if may[q - begin]:
                            found = _pair(
                                min(order[p], order[q]),
                                max(order[p], order[q]),
                                lon_deg,
                                lat_deg,
                                east_per_deg,
                                north_per_deg,
                                vx_mps,
                                vy_mps,
                                limits,
                                out,
                                found,
                            )
        first = last
    return found


@kernel
def by_row(pairs, n, out):
    """Write the pairs into `out` in order of row, then other row; both below n."""
    start = np.zeros(n + 1, np.int64)
    for k in range(pairs.shape[0]):
        start[int(pairs[k, 0]) + 1] += 1
    for i in range(n):
        start[i + 1] += start[i]
    end = start.copy()
    for k in range(pairs.shape[0]):
        i = int(pairs[k, 0])
        at = end[i]
        end[i] += 1
        while at > start[i] and out[at - 1, 1] > pairs[k, 1]:
            for c in range(out.shape[1]):
                out[at, c] = out[at - 1, c]
            at -= 1
        for c in range(out.shape[1]):
            out[at, c] = pairs[k, c]


@kernel
def describe(pairs, vx_mps, vy_mps, course_deg, speed_mps, cov, limit_m, out):
    """Fill `out` (n, 4): dcpa_sigma_m, p_close, situation from the first vessel, closing speed in m/s.

    `cov` is (tracks, 10) in the order of p_below.
    """
    both = np.empty(10)
    for k in range(pairs.shape[0]):
        i, j = int(pairs[k, 0]), int(pairs[k, 1])
        x, y, tcpa = pairs[k, 2], pairs[k, 3], pairs[k, 5]
        vx, vy = vx_mps[j] - vx_mps[i], vy_mps[j] - vy_mps[i]
        for c in range(10):
            both[c] = cov[i, c] + cov[j, c]
        out[k, 1], out[k, 0] = p_below(limit_m, x, y, vx, vy, tcpa, both)
        out[k, 2] = situation(x, y, course_deg[i], speed_mps[i], course_deg[j], speed_mps[j])
        r = math.hypot(x, y)
        out[k, 3] = -(x * vx + y * vy) / r if r > 0.0 else 0.0
