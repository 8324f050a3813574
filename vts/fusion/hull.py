"""How a long vessel looks to a radar: which way her hull lies, how her echo wanders over it, and what is on it."""

import math

from vts import schema
from vts.fusion import layout as col
from vts.fusion import motion
from vts.jit import borrowing
from vts.units import DEG

LEAST_M = 40.0  # a shorter hull is lost in the plot's own noise
TOLD_M = 127.0  # the 7 bits of ASTERIX I010/270 and I062/270: so long, or longer
LONGEST_M = 400.0  # what such a hull may be
ECHOES_M = 0.005  # of hull: one more echo, each second scan, for every hundred
LEAST_ANTENNA_M, MOST_ANTENNA_M = 15.0, 200.0
ANTENNA_M2 = 2500.0  # of an antenna's place along a hull of unknown size
USUAL_WEIGHT, WANDER_FADE = 15.0, 0.98
GLINT_FADE = 0.999


@borrowing
def bow(f, i):
    """(sin, cos) of where row i points: her heading, else her course; (0, 0) where she lies and has not told it."""
    if not math.isnan(f[i, col.HEADING]):
        return math.sin(f[i, col.HEADING] * DEG), math.cos(f[i, col.HEADING] * DEG)
    speed = math.hypot(f[i, col.VE], f[i, col.VN])
    if speed < motion.SLOW_MPS:
        return 0.0, 0.0
    return f[i, col.VE] / speed, f[i, col.VN] / speed


@borrowing
def along(sin, cos, m2):
    """(ee, en, nn) of a variance along a hull that points to (sin, cos); any way round where that is unknown."""
    if sin == 0.0 and cos == 0.0:
        return 0.5 * m2, 0.0, 0.5 * m2
    return m2 * sin * sin, m2 * sin * cos, m2 * cos * cos


@borrowing
def untold(f, n, i):
    """Whether the AIS antenna of row i may stand far from her middle, and she has not said where.

    Type 5 comes every six minutes: until then a class A ship's antenna may stand a hundred metres aft.
    """
    return n[i, col.MMSI] >= 0 and n[i, col.KIND] == schema.AIS_A and math.isnan(f[i, col.TO_BOW])


@borrowing
def antenna_ahead_m(f, n, i):
    """How far ahead of her echo the untold antenna of row i stands, once pairs leave no doubt; else 0."""
    ahead_m = f[i, col.ANTENNA_M]
    sure = ahead_m * ahead_m * f[i, col.ANTENNA_W] > 16.0 and abs(ahead_m) > LEAST_ANTENNA_M
    return max(min(ahead_m, MOST_ANTENNA_M), -MOST_ANTENNA_M) if sure and untold(f, n, i) else 0.0


@borrowing
def glint(f, i, share):
    """(ee, en, nn): how the echo of a long vessel wanders over her hull, 1-sigma a sixth of her length at share 1.

    `share` is what is usual at the site; a vessel that has been seen often has her own.
    """
    if not f[i, col.LENGTH] > LEAST_M:
        return 0.0, 0.0, 0.0
    own = max((USUAL_WEIGHT * share + f[i, col.WANDER]) / (USUAL_WEIGHT + f[i, col.WANDER_N]), 0.0)
    g = own * f[i, col.LENGTH] ** 2 / 36.0
    sin, cos = bow(f, i)
    return along(sin, cos, g)


@borrowing
def unmeasured(f, i):
    """Whether radar can only tell of row i that she is long, and she has not told how long."""
    return f[i, col.LENGTH] > TOLD_M - 1.0 and math.isnan(f[i, col.TO_BOW])


@borrowing
def length_m(f, i):
    """How long row i may be: as she has told, or as radar has; longer where radar can only tell that she is long."""
    return LONGEST_M if unmeasured(f, i) else f[i, col.LENGTH]


@borrowing
def contains(f, i, dx, dy, noise_m):
    """Whether a place dx, dy from the middle of a known long vessel is on her hull, give or take the plot's noise."""
    if not f[i, col.LENGTH] > 100.0:
        return False
    sin, cos = bow(f, i)
    if sin == 0.0 and cos == 0.0:
        return math.hypot(dx, dy) < 0.5 * f[i, col.LENGTH] + 2.0 * noise_m
    return (
        abs(dx * sin + dy * cos) < 0.55 * length_m(f, i) + 2.0 * noise_m
        and abs(dx * cos - dy * sin) < 0.1 * f[i, col.LENGTH] + 2.5 * noise_m
    )


@borrowing
def echoes_m2(f, i, noise_m):
    """Echoes a scan and m^2 that a long hull gives besides her first."""
    return ECHOES_M / (0.2 * f[i, col.LENGTH] + 5.0 * noise_m)


@borrowing
def learn(f, i, site, s, z0, z1, r00, r01, r11):
    """Compare a plot's miss along the hull with what all else explains: some radars' echoes wander, some do not."""
    sin, cos = bow(f, i)
    if not f[i, col.LENGTH] > 80.0 or (sin == 0.0 and cos == 0.0):
        return
    scale = f[i, col.LENGTH] ** 2 / 36.0
    miss2 = (z0 * sin + z1 * cos) ** 2
    usual2 = (
        (f[i, col.EE] + r00) * sin * sin + 2.0 * (f[i, col.EN] + r01) * sin * cos + (f[i, col.NN] + r11) * cos * cos
    )
    if miss2 < 12.0 * (usual2 + scale):
        weight = scale / (usual2 + scale)
        excess = weight * (miss2 - usual2) / scale
        site[s, col.S_GLINT] = GLINT_FADE * site[s, col.S_GLINT] + excess
        site[s, col.S_GLINT_N] = GLINT_FADE * site[s, col.S_GLINT_N] + weight
        f[i, col.WANDER] = WANDER_FADE * f[i, col.WANDER] + excess
        f[i, col.WANDER_N] = WANDER_FADE * f[i, col.WANDER_N] + weight
