"""What each radar reads too much, in range, azimuth and time, learned from vessels whose AIS can be trusted.

A ship's radar sails, and her gyro may turn it by degrees: that is found first, from tracks that sail alike (`seek`).

Every AIS report of a vessel that radar saw within seconds gives a pair: where AIS says that she was at the plot's time,
and where the plot was. Weighted least squares over three unknowns a site, with fading memory, a prior at what the sites
file says, and Huber weights, so that a liar counts little; one whose offset is known to be false does not count.
"""

import math

import numpy as np

from vts import geo, schema
from vts.fusion import hull, motion
from vts.fusion import layout as col
from vts.jit import borrowing, kernel
from vts.units import DEG, KN, S

PAIR_S = 4.0  # a plot and a report this far apart still make a pair
PRIOR_R, PRIOR_A, PRIOR_T = 50.0, 0.0175, 0.5  # m, radians, s: what a site may be off by
MEMORY = 0.9999  # of a pair; 10,000 pairs
HUBER = 1.5
FAR = 6.0  # sigmas from which on a pair is a mistake, not an error
SURE = 3.0  # a bias under this many sigmas is left alone
LEAST_PAIRS = 50.0
TRUST_PAIRS = 200.0  # before that, the radar may be what is wrong
# Page's test, a sum for each of four sides: what every pair gives, how much makes a spoof, and belief again
SLACK, DISTRUST_SUM, TRUST_D2 = 0.7, 11.5, 8.0
LEAST_OFFSET_M = 25.0  # less may be an antenna's place wrongly told
OFFSET_MEMORY = 0.75  # of a vessel's own offset: four reports
WAKE_MPS, WAKE_LENGTHS, WAKE_M = 9.0, 4.0, 200.0  # fast craft are seen by their wakes; metres where no length is known
# Votes on a gross error: of vessels that make so much way, heard so lately, not seen for so many turns
VOTE_MPS, VOTE_AIS_NS, VOTE_UNSEEN, VOTE_D2 = 1.5, 15 * S, 5, 9.0
VOTE_FADE, VOTES_NEEDED, VOTES_SHARE = 0.99, 25.0, 0.6
VOTED_M, VOTED_RAD = 30.0, 0.6 * DEG  # 1 sigma of what was voted for
ANTENNA_MEMORY = 0.98  # of an antenna's place: fifty pairs


@borrowing
def clock_s(site, s):
    """What the clock of site s is ahead by, once that is sure."""
    ahead = site[s, col.S_BIAS_T]
    return ahead if ahead * ahead > SURE * SURE * site[s, col.S_VAR_T] else 0.0


@borrowing
def pair(f, n, i, r, lon, lat, site, r2):
    """Use a report, whose vessel's middle is at lon, lat, with the last plot of row i."""
    s = n[i, col.PLOT_SITE]
    if s < 0 or math.isnan(site[s, col.S_LON]):
        return
    dt = (n[i, col.RADAR_T] - r.t_ns) / S + clock_s(site, s)  # from the report to the plot, by the radar's clock
    if abs(dt) > PAIR_S:
        return
    if not math.isnan(r.sog_kn):
        if not r.sog_kn < 102.2 or math.isnan(r.cog_deg):
            return
        speed, course = r.sog_kn * KN, math.radians(r.cog_deg)
        ve, vn, drift2 = speed * math.sin(course), speed * math.cos(course), (0.3 * dt) ** 2
    else:  # it tells a place alone: her speed is then what her track has found
        ve, vn, drift2 = f[i, col.VE], f[i, col.VN], (f[i, col.VEVE] + f[i, col.VNVN]) * dt * dt
    e, north, up = geo.lonlat_to_enu(lon, lat, site[s, col.S_LON], site[s, col.S_LAT])
    e, north = e + ve * dt, north + vn * dt
    range_m, azimuth = math.sqrt(e * e + north * north + up * up), math.atan2(e, north)
    if range_m < 200.0:
        return
    n[i, col.PLOT_SITE] = -1  # one plot, one pair: a ferry's reports come every two seconds, and share its error
    sin, cos = e / range_m, north / range_m
    v_along, v_across = ve * sin + vn * cos, ve * cos - vn * sin
    # the plot as measured, less the AIS: along and across the line of sight
    y_along = f[i, col.PLOT_RANGE] - range_m
    turn = (f[i, col.PLOT_AZ] - azimuth + math.pi) % (2.0 * math.pi) - math.pi
    y_across = turn * range_m
    untold = hull.untold(f, n, i)
    open_along = open_across = 0.0
    if f[i, col.LENGTH] > 0.0:
        open_along = open_across = (
            f[i, col.LENGTH] ** 2 / 36.0 * max(site[s, col.S_GLINT] / site[s, col.S_GLINT_N], 0.0)
        )
    if untold:
        h_e, h_n = hull.bow(f, i)
        share = (h_e * sin + h_n * cos) ** 2 if h_e * h_e + h_n * h_n > 0.0 else 0.5
        open_along += share * hull.ANTENNA_M2
        open_across += (1.0 - share) * hull.ANTENNA_M2
    var_along = site[s, col.S_RANGE_SIGMA] ** 2 + r2 + open_along + drift2
    var_across = (range_m * site[s, col.S_AZ_SIGMA]) ** 2 + r2 + open_across + drift2
    left_along = y_along - (site[s, col.S_BIAS_R] - v_along * site[s, col.S_BIAS_T])
    left_across = y_across - (range_m * site[s, col.S_BIAS_A] - v_across * site[s, col.S_BIAS_T])
    _offset(f, n, i, left_along, left_across, sin, cos, var_along, var_across)
    _trust(f, n, i, site[s, col.S_PAIRS])
    if n[i, col.DISTRUST] == 1 or n[i, col.AIS_N] < 3:
        return
    if untold:  # antennas stand aft: taken for middles, they would pass for a clock that is behind
        v_along = v_across = 0.0
    free_along, free_across = var_along, var_across
    if site[s, col.S_PAIRS] < LEAST_PAIRS:
        free_along, free_across = var_along + PRIOR_R**2, var_across + (range_m * PRIOR_A) ** 2
    for k in range(col.S_H, col.S_H + 9):
        site[s, k] *= MEMORY
    site[s, col.S_PAIRS] = MEMORY * site[s, col.S_PAIRS] + 1.0
    for side in range(2):
        left, free, var = (left_along, free_along, var_along) if side == 0 else (left_across, free_across, var_across)
        size = abs(left) / math.sqrt(free)
        if size > FAR:
            continue
        weight = min(1.0, HUBER / max(size, 1e-9)) / var
        h0, h1, h2 = (1.0, 0.0, -v_along) if side == 0 else (0.0, range_m, -v_across)
        y = y_along if side == 0 else y_across
        site[s, col.S_H] += weight * h0 * h0
        site[s, col.S_H + 1] += weight * h0 * h1
        site[s, col.S_H + 2] += weight * h0 * h2
        site[s, col.S_H + 3] += weight * h1 * h1
        site[s, col.S_H + 4] += weight * h1 * h2
        site[s, col.S_H + 5] += weight * h2 * h2
        site[s, col.S_H + 6] += weight * h0 * y
        site[s, col.S_H + 7] += weight * h1 * y
        site[s, col.S_H + 8] += weight * h2 * y


@borrowing
def _offset(f, n, i, left_along, left_across, sin, cos, var_along, var_across):
    """Take a pair into the vessel's own offset, AIS from radar, east and north: its mean, and its sums."""
    e, north = -(left_along * sin + left_across * cos), -(left_along * cos - left_across * sin)
    weight = 2.0 / (var_along + var_across)
    f[i, col.OFF_E] = OFFSET_MEMORY * f[i, col.OFF_E] + weight * e
    f[i, col.OFF_N] = OFFSET_MEMORY * f[i, col.OFF_N] + weight * north
    f[i, col.OFF_W] = OFFSET_MEMORY * f[i, col.OFF_W] + weight
    # weights fade as the sum does, so its variance is (1 - m) / (1 + m) of one pair's, once it has filled up
    spread = max((1.0 - OFFSET_MEMORY) / (1.0 + OFFSET_MEMORY), weight / f[i, col.OFF_W])
    mean_e, mean_n = f[i, col.OFF_E] / f[i, col.OFF_W], f[i, col.OFF_N] / f[i, col.OFF_W]
    mean2 = mean_e * mean_e + mean_n * mean_n
    m_along, m_across = mean_e * sin + mean_n * cos, mean_e * cos - mean_n * sin
    var = (m_along * m_along * var_along + m_across * m_across * var_across) / max(mean2, 1e-9)
    f[i, col.OFF_D2] = mean2 / (max(var, 1.0) * spread)
    if hull.untold(f, n, i):
        h_e, h_n = hull.bow(f, i)
        share = (h_e * sin + h_n * cos) ** 2
        var = share * var_along + (1.0 - share) * var_across
        ahead = e * h_e + north * h_n + hull.antenna_ahead_m(f, n, i) - f[i, col.ANTENNA_M]
        ahead = max(min(ahead, 2.0 * math.sqrt(var)), -2.0 * math.sqrt(var))
        f[i, col.ANTENNA_W] = ANTENNA_MEMORY * f[i, col.ANTENNA_W] + 1.0 / var
        f[i, col.ANTENNA_M] += ahead / (var * f[i, col.ANTENNA_W])
    far_e, far_n = _unexplained(f, n, i, mean_e, mean_n)
    f[i, col.OFF_FAR] = math.hypot(far_e, far_n)
    far_e, far_n = _unexplained(f, n, i, e, north)
    sigma_e = math.sqrt(var_along * sin * sin + var_across * cos * cos)
    sigma_n = math.sqrt(var_along * cos * cos + var_across * sin * sin)
    for side in range(4):
        far = (far_e / sigma_e if side < 2 else far_n / sigma_n) * (1.0 - 2.0 * (side % 2))
        # a pair counts for no more than three sigmas: one plot of another vessel is no spoof
        f[i, col.CUSUM + side] = max(f[i, col.CUSUM + side] + min(far, 3.0) - SLACK, 0.0)


@borrowing
def _unexplained(f, n, i, e, north):
    """(e, north) of an offset without what an antenna's untold place, or an echo that is the wake, explains."""
    sin, cos = hull.bow(f, i)
    if sin == 0.0 and cos == 0.0:
        return e, north
    ahead, aside = e * sin + north * cos, e * cos - north * sin
    if hull.untold(f, n, i):  # it stays where the pairs so far have seen it
        ahead -= f[i, col.ANTENNA_M] - hull.antenna_ahead_m(f, n, i)
    if ahead > 0.0 and math.hypot(f[i, col.VE], f[i, col.VN]) > WAKE_MPS:
        ahead = max(ahead - (WAKE_LENGTHS * f[i, col.LENGTH] if f[i, col.LENGTH] > 0.0 else WAKE_M), 0.0)
    return ahead * sin + aside * cos, ahead * cos - aside * sin


@borrowing
def _trust(f, n, i, pairs):
    """Believe the AIS position of row i no longer, or again; a track that it has led astray is left to the radar."""
    if n[i, col.DISTRUST] == 1:
        if f[i, col.OFF_D2] < TRUST_D2:
            believe(f, n, i)
    elif pairs > TRUST_PAIRS and f[i, col.OFF_FAR] > LEAST_OFFSET_M and drift(f, i) > DISTRUST_SUM:
        n[i, col.DISTRUST] = 1
        offset2 = (f[i, col.OFF_E] ** 2 + f[i, col.OFF_N] ** 2) / f[i, col.OFF_W] ** 2
        motion.open_up(f, i, offset2, 0.0, offset2)


@borrowing
def believe(f, n, i):
    """Believe the AIS position of row i again."""
    n[i, col.DISTRUST] = 0
    for side in range(4):
        f[i, col.CUSUM + side] = 0.0


@borrowing
def drift(f, i):
    """The greatest of row i's four sums."""
    return max(f[i, col.CUSUM], f[i, col.CUSUM + 1], f[i, col.CUSUM + 2], f[i, col.CUSUM + 3])


@borrowing
def seek(f, n, c, hit_ns, site, s, end_ns):
    """Find a gross error of site s, a ship's radar, from tracks of AIS and of radar that sail alike, but apart.

    A gyro may be off by more than any gate is wide; then no plot joins a vessel of AIS, and there are no pairs. Every
    turn each vessel that AIS alone has, and that makes way, votes for the range and azimuth by which any track of
    radar's own with her velocity is off; only the true error is voted for again and again. Once most votes agree, the
    site's errors leap there, and what radar alone has fed with it. Not after the first pairs: what then is still apart
    is mostly what was never one (on a real log a second leap went three degrees astray).
    """
    if site[s, col.S_MOVES] == 0.0 or math.isnan(site[s, col.S_LON]) or site[s, col.S_PAIRS] >= LEAST_PAIRS:
        return
    turn_ns = int(site[s, col.S_PERIOD] * S)
    for v in range(col.S_VOTE, col.NS):
        site[s, v] *= VOTE_FADE
    for i in range(c[col.C_TOP]):
        if n[i, col.STATE] < 0 or n[i, col.MMSI] < 0 or n[i, col.AIS_N] < 3:
            continue
        speed = math.hypot(f[i, col.VE], f[i, col.VN])
        seen = hit_ns[i, s] >= 0 and end_ns - hit_ns[i, s] < VOTE_UNSEEN * turn_ns
        if seen or speed < VOTE_MPS or end_ns - n[i, col.AIS_T] > VOTE_AIS_NS:
            continue
        range_m, azimuth = _from_site(f, n, i, site, s, end_ns)
        for k in range(c[col.C_TOP]):
            if n[k, col.STATE] < schema.CONFIRMED or n[k, col.MMSI] >= 0:
                continue
            if end_ns - hit_ns[k, s] > turn_ns:
                continue
            du, dv = f[k, col.VE] - f[i, col.VE], f[k, col.VN] - f[i, col.VN]
            var_u, var_v = f[k, col.VEVE] + f[i, col.VEVE], f[k, col.VNVN] + f[i, col.VNVN]
            if du * du + dv * dv > (0.4 * speed) ** 2 or du * du / var_u + dv * dv / var_v > VOTE_D2:
                continue
            radar_m, radar_azimuth = _from_site(f, n, k, site, s, end_ns)
            turn = ((radar_azimuth - azimuth + math.pi) % (2.0 * math.pi) - math.pi) / (col.VOTE_A_DEG * DEG)
            r = math.floor((radar_m - range_m) / col.VOTE_R_M + 0.5) + col.VOTES_R // 2
            a = math.floor(turn + 0.5) + col.VOTES_A // 2
            if 0 <= r < col.VOTES_R and 0 <= a < col.VOTES_A:
                site[s, col.S_VOTE + int(r) * col.VOTES_A + int(a)] += 1.0
    _elect(f, n, c, hit_ns, site, s, end_ns)


@borrowing
def _from_site(f, n, i, site, s, at_ns):
    """(range_m, azimuth in radians) of row i from site s at an instant."""
    dt = (at_ns - n[i, col.T]) / S
    lon = f[i, col.LON] + f[i, col.VE] * dt / f[i, col.EAST_M]
    lat = f[i, col.LAT] + f[i, col.VN] * dt / f[i, col.NORTH_M]
    e, north, up = geo.lonlat_to_enu(lon, lat, site[s, col.S_LON], site[s, col.S_LAT])
    return math.sqrt(e * e + north * north + up * up), math.atan2(e, north)


@borrowing
def _elect(f, n, c, hit_ns, site, s, end_ns):
    """Take over the error for which most votes are, if they are enough; the tracks of radar alone go with it."""
    total = most = 0.0
    best_r = best_a = 0
    for r in range(col.VOTES_R):
        for a in range(col.VOTES_A):
            total += site[s, col.S_VOTE + r * col.VOTES_A + a]
            near = 0.0
            for v in range(max(r - 1, 0), min(r + 2, col.VOTES_R)):
                for u in range(max(a - 1, 0), min(a + 2, col.VOTES_A)):
                    near += site[s, col.S_VOTE + v * col.VOTES_A + u]
            if near > most:
                most, best_r, best_a = near, r, a
    if most < VOTES_NEEDED or most < VOTES_SHARE * total:
        return
    off_m = off_rad = 0.0
    for v in range(max(best_r - 1, 0), min(best_r + 2, col.VOTES_R)):
        for u in range(max(best_a - 1, 0), min(best_a + 2, col.VOTES_A)):
            share = site[s, col.S_VOTE + v * col.VOTES_A + u] / most
            off_m += share * (v - col.VOTES_R // 2) * col.VOTE_R_M
            off_rad += share * (u - col.VOTES_A // 2) * col.VOTE_A_DEG * DEG
    for v in range(col.S_VOTE, col.NS):
        site[s, v] = 0.0
    site[s, col.S_BIAS_R] += off_m
    site[s, col.S_BIAS_A] += off_rad
    site[s, col.S_PRIOR_R], site[s, col.S_PRIOR_A] = site[s, col.S_BIAS_R], site[s, col.S_BIAS_A]
    site[s, col.S_VAR_R], site[s, col.S_VAR_A] = VOTED_M**2, VOTED_RAD**2
    site[s, col.S_PAIRS] = 0.0
    for k in range(col.S_H, col.S_H + 9):
        site[s, k] = 0.0
    for i in range(c[col.C_TOP]):
        if n[i, col.STATE] != col.FREE and n[i, col.MMSI] < 0 and hit_ns[i, s] >= 0:
            range_m, azimuth = _from_site(f, n, i, site, s, n[i, col.T])
            lon, lat = geo.enu_to_lonlat(
                (range_m - off_m) * math.sin(azimuth - off_rad),
                (range_m - off_m) * math.cos(azimuth - off_rad),
                site[s, col.S_LON],
                site[s, col.S_LAT],
            )
            f[i, col.LON], f[i, col.LAT] = lon, lat


@kernel
def solve(site, s):
    """Bring the biases of site s up to date with its pairs."""
    if site[s, col.S_PAIRS] < LEAST_PAIRS:
        return
    a = np.empty((3, 3))
    a[0, 0] = site[s, col.S_H] + 1.0 / PRIOR_R**2
    a[0, 1] = a[1, 0] = site[s, col.S_H + 1]
    a[0, 2] = a[2, 0] = site[s, col.S_H + 2]
    a[1, 1] = site[s, col.S_H + 3] + 1.0 / PRIOR_A**2
    a[1, 2] = a[2, 1] = site[s, col.S_H + 4]
    a[2, 2] = site[s, col.S_H + 5] + 1.0 / PRIOR_T**2
    y0 = site[s, col.S_H + 6] + site[s, col.S_PRIOR_R] / PRIOR_R**2
    y1 = site[s, col.S_H + 7] + site[s, col.S_PRIOR_A] / PRIOR_A**2
    y2 = site[s, col.S_H + 8]
    c00 = a[1, 1] * a[2, 2] - a[1, 2] * a[1, 2]
    c01 = a[0, 2] * a[1, 2] - a[0, 1] * a[2, 2]
    c02 = a[0, 1] * a[1, 2] - a[0, 2] * a[1, 1]
    c11 = a[0, 0] * a[2, 2] - a[0, 2] * a[0, 2]
    c12 = a[0, 1] * a[0, 2] - a[0, 0] * a[1, 2]
    c22 = a[0, 0] * a[1, 1] - a[0, 1] * a[0, 1]
    det = a[0, 0] * c00 + a[0, 1] * c01 + a[0, 2] * c02
    range_m = (c00 * y0 + c01 * y1 + c02 * y2) / det
    azimuth = (c01 * y0 + c11 * y1 + c12 * y2) / det
    site[s, col.S_BIAS_T], site[s, col.S_VAR_T] = (c02 * y0 + c12 * y1 + c22 * y2) / det, c22 / det
    site[s, col.S_BIAS_R], site[s, col.S_VAR_R] = _weighed(range_m, c00 / det, site[s, col.S_PRIOR_R], PRIOR_R)
    site[s, col.S_BIAS_A], site[s, col.S_VAR_A] = _weighed(azimuth, c11 / det, site[s, col.S_PRIOR_A], PRIOR_A)


@borrowing
def _weighed(bias, var, stated, prior):
    """(bias, variance): as found, or as the sites file states, by the chance of each; beforehand one is as likely.

    A radar that is as its file says is the usual one: a few pairs of a few vessels must not turn it by a metre or two.
    """
    off = bias - stated
    found = 1.0 / (1.0 + prior / math.sqrt(var) * math.exp(-0.5 * off * off / var))
    return stated + found * off, found * var + found * (1.0 - found) * off * off
