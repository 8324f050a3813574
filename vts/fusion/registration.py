"""What each radar reads too much, in range, azimuth and time, learned from vessels whose AIS can be trusted.

Every AIS report of a vessel that radar saw within seconds gives a pair: where AIS says that she was at the plot's time,
and where the plot was. Weighted least squares over three unknowns a site, with fading memory, a prior at what the sites
file says, and Huber weights, so that a liar counts little; one whose offset is known to be false does not count.
"""

import math

import numpy as np

from vts import geo
from vts.fusion import layout as col
from vts.fusion import motion
from vts.jit import kernel
from vts.units import KN, S

PAIR_S = 4.0  # a plot and a report this far apart still make a pair
PRIOR_R, PRIOR_A, PRIOR_T = 50.0, 0.0175, 0.5  # m, radians, s: what a site may be off by
MEMORY = 0.9999  # of a pair; 10,000 pairs
HUBER = 1.5
FAR = 6.0  # sigmas from which on a pair is a mistake, not an error
SURE = 3.0  # a bias under this many sigmas is left alone
LEAST_PAIRS = 50.0
TRUST_PAIRS = 200.0  # before that, the radar may be what is wrong
DISTRUST_D2, TRUST_D2 = 28.0, 8.0
LEAST_OFFSET_M = 25.0  # less may be the antenna's place, or glint
OFFSET_MEMORY = 0.75  # of a vessel's own offset: four reports


@kernel
def clock_s(site, s):
    """What the clock of site s is ahead by, once that is sure."""
    ahead = site[s, col.S_BIAS_T]
    return ahead if ahead * ahead > SURE * SURE * site[s, col.S_VAR_T] else 0.0


@kernel
def pair(f, n, i, r, j, lon, lat, site, r2):
    """Use report j, whose vessel's middle is at lon, lat, with the last plot of row i."""
    s = n[i, col.PLOT_SITE]
    if s < 0 or math.isnan(site[s, col.S_LON]) or not r.sog_kn[j] < 102.2 or math.isnan(r.cog_deg[j]):
        return
    dt = (n[i, col.RADAR_T] - r.t_ns[j]) / S + clock_s(site, s)  # from the report to the plot, by the radar's clock
    if abs(dt) > PAIR_S:
        return
    speed, course = r.sog_kn[j] * KN, math.radians(r.cog_deg[j])
    ve, vn = speed * math.sin(course), speed * math.cos(course)
    e, north, up = geo.lonlat_to_enu(lon, lat, site[s, col.S_LON], site[s, col.S_LAT])
    e, north = e + ve * dt, north + vn * dt
    range_m, azimuth = math.sqrt(e * e + north * north + up * up), math.atan2(e, north)
    if range_m < 200.0:
        return
    sin, cos = e / range_m, north / range_m
    v_along, v_across = ve * sin + vn * cos, ve * cos - vn * sin
    # the plot as measured, less the AIS: along and across the line of sight
    y_along = f[i, col.PLOT_RANGE] - range_m
    turn = (f[i, col.PLOT_AZ] - azimuth + math.pi) % (2.0 * math.pi) - math.pi
    y_across = turn * range_m
    unknown = 500.0 if math.isnan(f[i, col.TO_BOW]) else 0.0
    if f[i, col.LENGTH] > 0.0:
        unknown += f[i, col.LENGTH] ** 2 / 36.0 * max(site[s, col.S_GLINT] / site[s, col.S_GLINT_N], 0.0)
    var_along = site[s, col.S_RANGE_SIGMA] ** 2 + r2 + unknown + (0.3 * dt) ** 2
    var_across = (range_m * site[s, col.S_AZ_SIGMA]) ** 2 + r2 + unknown + (0.3 * dt) ** 2
    left_along = y_along - (site[s, col.S_BIAS_R] - v_along * site[s, col.S_BIAS_T])
    left_across = y_across - (range_m * site[s, col.S_BIAS_A] - v_across * site[s, col.S_BIAS_T])
    _offset(f, i, left_along, left_across, sin, cos, var_along, var_across)
    _trust(f, n, i, site[s, col.S_PAIRS])
    if n[i, col.DISTRUST] == 1 or n[i, col.AIS_N] < 3:
        return
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


@kernel
def _offset(f, i, left_along, left_across, sin, cos, var_along, var_across):
    """Take a pair into the vessel's own mean offset, AIS from radar, east and north."""
    e, north = -(left_along * sin + left_across * cos), -(left_along * cos - left_across * sin)
    weight = 2.0 / (var_along + var_across)
    f[i, col.OFF_E] = OFFSET_MEMORY * f[i, col.OFF_E] + weight * e
    f[i, col.OFF_N] = OFFSET_MEMORY * f[i, col.OFF_N] + weight * north
    f[i, col.OFF_W] = OFFSET_MEMORY * f[i, col.OFF_W] + weight
    # weights fade as the sum does, so its variance is (1 - m) / (1 + m) of one pair's, once it has filled up
    spread = max((1.0 - OFFSET_MEMORY) / (1.0 + OFFSET_MEMORY), weight / f[i, col.OFF_W])
    size2 = (f[i, col.OFF_E] ** 2 + f[i, col.OFF_N] ** 2) / f[i, col.OFF_W] ** 2
    f[i, col.OFF_D2] = size2 * weight / spread


@kernel
def _trust(f, n, i, pairs):
    """Believe the AIS position of row i no longer, or again; a track that it has led astray is left to the radar."""
    offset2 = (f[i, col.OFF_E] ** 2 + f[i, col.OFF_N] ** 2) / f[i, col.OFF_W] ** 2
    least = LEAST_OFFSET_M if not math.isnan(f[i, col.TO_BOW]) else LEAST_OFFSET_M + 0.5 * max(f[i, col.LENGTH], 100.0)
    if n[i, col.DISTRUST] == 1:
        if f[i, col.OFF_D2] < TRUST_D2:
            n[i, col.DISTRUST] = 0
    elif pairs > TRUST_PAIRS and f[i, col.OFF_D2] > DISTRUST_D2 and offset2 > least * least:
        n[i, col.DISTRUST] = 1
        for m in range(motion.MODES):
            p = col.X + m * col.STRIDE + 5
            f[i, p] += offset2
            f[i, p + 6] += offset2
        motion.combine(f, i)


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
    site[s, col.S_BIAS_R] = (c00 * y0 + c01 * y1 + c02 * y2) / det
    site[s, col.S_BIAS_A] = (c01 * y0 + c11 * y1 + c12 * y2) / det
    site[s, col.S_BIAS_T] = (c02 * y0 + c12 * y1 + c22 * y2) / det
    site[s, col.S_VAR_R], site[s, col.S_VAR_A], site[s, col.S_VAR_T] = c00 / det, c11 / det, c22 / det
