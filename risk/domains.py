"""Ship domains: the water a master wants clear around the ship, and how deep and how soon it will be entered.

A domain is scaled about the ship until the other vessel touches it: the scale f is below 1 inside. DDV = max(0,
1 - least f to come), TDV = time until f first reaches 1 (Szlapczynski and Szlapczynska, Ocean Engineering 126, 2016,
p. 47). For an off-centred ellipse both are closed forms. x to starboard, y ahead, metres; times in s.
"""

import math

import numpy as np

from vts.jit import kernel
from vts.units import DEG, NM

# Ellipses as (semi-axis fore and aft, semi-axis abeam, centre ahead, centre to starboard), in ship lengths
FUJII = (4.0, 1.6, 0.0, 0.0)  # Fujii and Tanaka 1971, open water; from memory, not verified
FUJII_NARROW = (3.0, 0.8, 0.0, 0.0)  # narrow waters; from memory, not verified
COLDWELL = (5.0, 2.5, 1.1, 0.75)  # Coldwell 1983, head-on and crossing; secondary source
COLDWELL_OVERTAKING = (6.0, 1.75, 0.0, 0.0)  # Coldwell 1983, overtaking; secondary source
# Goodwin 1975, radii of the starboard, port and astern sectors in m; from memory, not verified
GOODWIN_M = (0.85 * NM, 0.70 * NM, 0.45 * NM)
PRESETS = {"fujii": FUJII, "fujii_narrow": FUJII_NARROW, "coldwell": COLDWELL}
STILL = 1e-9


@kernel
def ellipse_scale(x_m, y_m, ahead_m, abeam_m, centre_ahead_m, centre_starboard_m):
    """f: by how much the off-centred ellipse must be scaled about the ship for its edge to pass through a point."""
    px, py = x_m / abeam_m, y_m / ahead_m
    cx, cy = centre_starboard_m / abeam_m, centre_ahead_m / ahead_m
    inside = 1.0 - cx * cx - cy * cy  # > 0 as the ship lies within her own domain
    pc, pp = px * cx + py * cy, px * px + py * py
    # 1/f solves |p/f - c| = 1; written so that p = 0 gives 0
    return pp / (pc + math.sqrt(pc * pc + inside * pp)) if pp > 0.0 else 0.0


@kernel
def ellipse_violation(x_m, y_m, vx_mps, vy_mps, ahead_m, abeam_m, centre_ahead_m, centre_starboard_m):
    """(DDV, TDV in s) of a straight relative run; TDV is 0 inside, NaN where the domain is never entered."""
    now = ellipse_scale(x_m, y_m, ahead_m, abeam_m, centre_ahead_m, centre_starboard_m)
    ux, uy = vx_mps / abeam_m, vy_mps / ahead_m
    u = math.hypot(ux, uy)
    if u < STILL:
        return max(0.0, 1.0 - now), (0.0 if now <= 1.0 else math.nan)
    px, py = x_m / abeam_m, y_m / ahead_m
    cx, cy = centre_starboard_m / abeam_m, centre_ahead_m / ahead_m
    nx, ny = -uy / u, ux / u
    np_, nc = nx * px + ny * py, nx * cx + ny * cy
    # the run touches the ellipse scaled by f where |n.p - f n.c| = f
    side = 1.0 if np_ >= 0.0 else -1.0
    least = np_ / (nc + side)
    tx, ty = least * (cx + side * nx), least * (cy + side * ny)
    at = ((tx - px) * ux + (ty - py) * uy) / (u * u)
    if at < 0.0:
        least = now
    if now <= 1.0:
        return max(0.0, 1.0 - least), 0.0
    if at < 0.0 or least > 1.0:
        return 0.0, math.nan
    # |p + u t - c| = 1, the earlier root
    rx, ry = px - cx, py - cy
    b = rx * ux + ry * uy
    root = math.sqrt(max(0.0, b * b - u * u * (rx * rx + ry * ry - 1.0)))
    return 1.0 - least, max(0.0, (-b - root) / (u * u))


@kernel
def _goodwin_radius(x_m, y_m, radii_m):
    """Radius of the sector that a point lies in; on a border the larger."""
    a = math.atan2(x_m, y_m) / DEG
    r = 0.0
    if -1e-9 <= a <= 112.5 + 1e-9:
        r = max(r, radii_m[0])
    if a <= 1e-9 and a >= -112.5 - 1e-9:
        r = max(r, radii_m[1])
    if abs(a) >= 112.5 - 1e-9:
        r = max(r, radii_m[2])
    return r


@kernel
def goodwin_violation(x_m, y_m, vx_mps, vy_mps, radii_m):
    """(DDV, TDV in s) for Goodwin's three sectors (starboard, port, astern radii in m)."""
    times = np.empty(11)
    times[0] = 0.0
    n = 1
    v2 = vx_mps * vx_mps + vy_mps * vy_mps
    if v2 > STILL:
        middle = -(x_m * vx_mps + y_m * vy_mps) / v2
        times[n] = middle
        n += 1
        for k in range(3):  # the three borders between the sectors
            a = (0.0, 112.5, -112.5)[k] * DEG
            sx, sy = math.sin(a), math.cos(a)
            across = vx_mps * sy - vy_mps * sx
            if abs(across) > STILL:
                times[n] = -(x_m * sy - y_m * sx) / across
                n += 1
        for k in range(3):  # the earlier crossing of each circle
            c = x_m * x_m + y_m * y_m - radii_m[k] * radii_m[k]
            disc = middle * middle * v2 * v2 - v2 * c
            if disc >= 0.0:
                times[n] = middle - math.sqrt(disc) / v2
                n += 1
    least, first = math.inf, math.nan
    for k in range(n):
        t = times[k]
        if t < 0.0:
            continue
        x, y = x_m + vx_mps * t, y_m + vy_mps * t
        f = math.hypot(x, y) / _goodwin_radius(x, y, radii_m)
        least = min(least, f)
        if f <= 1.0 + 1e-9 and not t >= first:
            first = t
    return max(0.0, 1.0 - least), first


@kernel
def violations(pairs, vx_mps, vy_mps, heading_deg, length_m, situation, ellipse, overtaking, goodwin_m, out):
    """Fill `out` (n, 3): the greater DDV of the two ships' domains, the earlier TDV in s, the least scale f now.

    `ellipse` and `overtaking` in ship lengths; with goodwin_m[0] > 0 the sectors are used instead and the scale is
    range over the larger radius. Where neither length is known, TDV and f are NaN and the DDV is 0.
    """
    sine, cosine = np.empty(heading_deg.size), np.empty(heading_deg.size)
    for i in range(heading_deg.size):
        sine[i], cosine[i] = math.sin(heading_deg[i] * DEG), math.cos(heading_deg[i] * DEG)
    for k in range(pairs.shape[0]):
        i, j = int(pairs[k, 0]), int(pairs[k, 1])
        out[k, 0], out[k, 1], out[k, 2] = math.nan, math.nan, math.nan
        for turn in range(2):
            own, other, sign = (i, j, 1.0) if turn == 0 else (j, i, -1.0)
            s, c = sine[own], cosine[own]
            east, north = sign * pairs[k, 2], sign * pairs[k, 3]
            ve, vn = vx_mps[other] - vx_mps[own], vy_mps[other] - vy_mps[own]
            x, y = east * c - north * s, east * s + north * c
            vx, vy = ve * c - vn * s, ve * s + vn * c
            if goodwin_m[0] > 0.0:
                ddv, tdv = goodwin_violation(x, y, vx, vy, goodwin_m)
                scale = math.hypot(x, y) / _goodwin_radius(x, y, goodwin_m)
            else:
                e = overtaking if situation[k] >= 4 else ellipse
                m = length_m[own]
                ddv, tdv = ellipse_violation(x, y, vx, vy, e[0] * m, e[1] * m, e[2] * m, e[3] * m)
                scale = ellipse_scale(x, y, e[0] * m, e[1] * m, e[2] * m, e[3] * m)
            if not out[k, 0] >= ddv:
                out[k, 0] = ddv
            if goodwin_m[0] > 0.0 or length_m[own] > 0.0:  # else no domain is known
                if not out[k, 1] <= tdv:
                    out[k, 1] = tdv
                if not out[k, 2] <= scale:
                    out[k, 2] = scale
