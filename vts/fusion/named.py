"""AIS reports: to the track of their MMSI as long as they fit it. The MMSI is a hypothesis, never a key.

A report that fits no track of its MMSI may adopt a radar track that has none, or begin a rival track of the same
MMSI; the rival dies soon when nothing more comes of it (a teleport), lives on beside the first (two vessels on one
MMSI), or takes the MMSI from a radar track that it no longer fits (divorce).
"""

import math
from typing import NamedTuple

from vts import geo, schema
from vts.fusion import clutter, hull, motion, registration, rows
from vts.fusion import layout as col
from vts.jit import borrowing
from vts.units import DEG, KN, S

GATE2 = 25.0
ADOPT_GATE2 = 12.0
ADOPT_LEAD = 6.0  # the next best must be twenty times less likely
MOST_RIVALS = 4
DUPLICATE_M = 200.0  # of a second report of one second; a long-range one is rounded to a tenth of a minute
BACK_S = 1.0  # a report may be this much older than its track
SPEED_SIGMA = 0.25  # m/s per axis of reported speed and course
DOUBT_D2 = 7.0  # of a mean offset: three in a hundred by noise
DIVORCE_AFTER = 3
CLAIM_AFTER = 2  # reports
HELD_HITS = 5
SEEK_EVERY = 4  # reports
CORROBORATED_S = 15.0
FORGIVEN_S = 120.0  # a position that was not believed, once radar has not seen her for so long
JUMP_M, JUMP_MPS, JUMP_SHARE = 50.0, 2.0, 0.5  # how far beside her prediction: and what grows with silence and speed


class Report(NamedTuple):
    """One row of Reports as numbers: a hundred and forty are handed to a kernel that is given the columns."""

    t_ns: int
    ident: int
    kind: int
    nav_status: int
    lon_deg: float
    lat_deg: float
    sog_kn: float
    cog_deg: float
    heading_deg: float
    rot_deg_min: float
    major_m: float


@borrowing
def one(r, j):
    """Row j of Reports."""
    return Report(
        r.t_ns[j],
        r.ident[j],
        r.kind[j],
        r.nav_status[j],
        r.lon_deg[j],
        r.lat_deg[j],
        r.sog_kn[j],
        r.cog_deg[j],
        r.heading_deg[j],
        r.rot_deg_min[j],
        r.major_m[j],
    )


@borrowing
def middle(f, n, i, r):
    """(lon_deg, lat_deg, m^2): the vessel's middle from her antenna's position, and what her hull leaves open."""
    lon, lat = r.lon_deg, r.lat_deg
    ahead_m = hull.antenna_ahead_m(f, n, i)
    if ahead_m != 0.0:
        sin, cos = hull.bow(f, i)
        return lon - ahead_m * sin / f[i, col.EAST_M], lat - ahead_m * cos / f[i, col.NORTH_M], 0.0
    if math.isnan(f[i, col.TO_BOW]) or math.isnan(f[i, col.LENGTH]):
        # the antenna may stand anywhere along the hull
        return lon, lat, f[i, col.LENGTH] ** 2 / 16.0 if f[i, col.LENGTH] > 40.0 else 0.0
    forward = f[i, col.TO_BOW] - 0.5 * f[i, col.LENGTH]
    starboard = 0.0
    if not (math.isnan(f[i, col.TO_PORT]) or math.isnan(f[i, col.BEAM])):
        starboard = 0.5 * f[i, col.BEAM] - f[i, col.TO_PORT]
    heading = r.heading_deg
    if math.isnan(heading):
        if math.isnan(r.cog_deg) or not r.sog_kn > 1.0:
            return lon, lat, forward * forward + starboard * starboard
        heading = r.cog_deg
    s, k = math.sin(heading * DEG), math.cos(heading * DEG)
    east_m, north_m = geo.metres_per_degree(lat)
    return lon + (forward * s + starboard * k) / east_m, lat + (forward * k - starboard * s) / north_m, 0.0


@borrowing
def take(f, n, c, free, keys, heads, hit_ns, look_ns, gone, births, site, chart, w, r, accel, gate2, sigma_m):
    """A report into the tracks; returns (verdict, track number or -1)."""
    t_ns, mmsi = r.t_ns, r.ident
    sigma = r.major_m if not math.isnan(r.major_m) else sigma_m
    r2 = sigma * sigma
    best, best_d2, rivals, late = -1, math.inf, 0, False
    place = r.lon_deg, r.lat_deg, 0.0  # of the best one's middle
    i = heads[rows.slot_of(keys, mmsi)]
    while i != -1:
        rivals += 1
        dt = (t_ns - n[i, col.T]) / S
        if n[i, col.AIS_T] == t_ns:
            dx, dy = geo.offset_m(r.lon_deg, r.lat_deg, f[i, col.AIS_LON], f[i, col.AIS_LAT])
            if math.hypot(dx, dy) < DUPLICATE_M:
                return col.DUPLICATE, n[i, col.TRACK]
            # she cannot be at two places: this is another vessel's
        elif dt < -BACK_S:
            late = True
        else:
            motion.predict(f, i, dt, rows.accel_mps2(f, n, i, accel), w)
            n[i, col.T] = t_ns
            at = middle(f, n, i, r)
            d2 = _misfit(f, n, i, at, r2)
            if d2 < best_d2:
                best, best_d2, place = i, d2, at
        i = n[i, col.NEXT]
    if late and best < 0:
        return col.TOO_OLD, -1
    if best >= 0 and best_d2 < gate2:
        n[best, col.MISFITS] = n[best, col.CLAIM_N] = 0
        f[best, col.LIKELY] = max(min(f[best, col.LIKELY] + 3.0 - 0.5 * best_d2, 30.0), -30.0)
        if rivals > 1:
            _divorce(f, n, keys, heads, best, mmsi, t_ns)
        registration.pair(f, n, best, r, place[0], place[1], site, r2)
        clutter.hear(site, chart, place[0], place[1])
        if (
            not _held(n, best, r.t_ns)
            and rivals == 1
            and n[best, col.AIS_N] % SEEK_EVERY == 1
            and hull.untold(f, n, best)
        ):
            best = _seek(f, n, c, free, keys, heads, hit_ns, look_ns, best, r, r2, accel)
        if n[best, col.DISTRUST] == 1:
            if _held(n, best, t_ns):
                _heard(f, n, best, r)
                return col.DISTRUSTED, n[best, col.TRACK]
            if (t_ns - n[best, col.RADAR_T]) / S > FORGIVEN_S:
                registration.believe(f, n, best)
        if hull.untold(f, n, best):
            place = middle(f, n, best, r)  # by the pair she has just made
        _use(f, n, best, r, place, r2, w)
        return col.USED, n[best, col.TRACK]

    _divorce(f, n, keys, heads, -1, mmsi, t_ns)
    i = _like(f, n, c, r, t_ns, r2, accel, False)
    if i < 0 and rivals == 1:
        k = _like(f, n, c, r, t_ns, r2, accel, True)
        if k >= 0:
            if not _claims(f, n, best, k, mmsi, t_ns):
                return col.CLAIMED, n[k, col.TRACK]
            # two vessels have exchanged their names, or one bears another's: the name goes to the echo it comes from
            _unname(f, n, keys, heads, best)
            _unname(f, n, keys, heads, k)
            i = k
    if i >= 0:
        motion.predict(f, i, (t_ns - n[i, col.T]) / S, rows.accel_mps2(f, n, i, accel), w)
        n[i, col.T] = t_ns
        rows.name(n, c, keys, heads, i, mmsi)
        n[i, col.CLAIM_N] = 0
        f[i, col.LIKELY] = f[i, col.OFF_E] = f[i, col.OFF_N] = f[i, col.OFF_W] = f[i, col.OFF_D2] = 0.0
        _use(f, n, i, r, middle(f, n, i, r), r2, w)
        return col.USED, n[i, col.TRACK]
    if rivals == 1 and _swerved(f, n, best, r):
        lon, lat, hull2 = middle(f, n, best, r)
        motion.start(f, best, lon, lat, r2 + hull2, 0.0, r2 + hull2, motion.HALF_SPEED_MPS)
        n[best, col.MISFITS] = 0
        _velocity(f, n, best, r, w)
        _heard(f, n, best, r)
        return col.USED, n[best, col.TRACK]
    if rivals >= MOST_RIVALS:
        return col.TELEPORT, -1
    lon, lat = r.lon_deg, r.lat_deg
    i = rows.begin(f, n, c, free, hit_ns, look_ns, t_ns, lon, lat, r2, 0.0, r2, r.kind)
    rows.name(n, c, keys, heads, i, mmsi)
    f[i, col.GAVE] = 1.0  # all that there is
    if best >= 0 and (n[best, col.HITS] >= HELD_HITS or n[best, col.HELD] == 1):
        n[i, col.HELD] = 1
    speed = 0.0 if math.isnan(r.sog_kn) else r.sog_kn * KN
    if not rows.returned(f, n, gone, i, mmsi, speed):
        n[i, col.TRACK] = rows.number(c, births, t_ns, lon, lat)
    _velocity(f, n, i, r, w)
    _heard(f, n, i, r)
    return (col.TELEPORT if rivals else col.BEGAN), n[i, col.TRACK]


@borrowing
def _seek(f, n, c, free, keys, heads, hit_ns, look_ns, i, r, r2, accel):
    """Join row i, which only AIS feeds, to the echo that sails as her report says, an antenna's place away from it.

    Returns the row that lives on. Report and echo began apart: neither fell into the other's gate. An echo that was
    there while radar still saw row i is of somebody else.
    """
    k = _like(f, n, c, r, r.t_ns, r2, accel, False)
    if k < 0 or n[k, col.STATE] == schema.TENTATIVE or n[k, col.LEFT] == n[i, col.MMSI]:
        return i
    if n[k, col.FIRST] < n[i, col.RADAR_T]:
        return i
    dt = (r.t_ns - n[k, col.T]) / S
    dx, dy = motion.offset(f, k, f[i, col.LON], f[i, col.LAT])
    dx, dy = dx - f[k, col.VE] * dt, dy - f[k, col.VN] * dt
    sin, cos = hull.bow(f, i)
    ahead, spread = dx * sin + dy * cos, f[k, col.EE] + f[k, col.NN]
    lived = rows.marry(f, n, c, free, keys, heads, hit_ns, look_ns, k, i)
    f[lived, col.ANTENNA_M], f[lived, col.ANTENNA_W] = ahead, 1.0 / spread
    moved = hull.antenna_ahead_m(f, n, lived)
    if n[lived, col.T] == r.t_ns and f[lived, col.AIS_LON] != 0.0:
        f[lived, col.LON] -= moved * sin / f[lived, col.EAST_M]
        f[lived, col.LAT] -= moved * cos / f[lived, col.NORTH_M]
    return lived


@borrowing
def _divorce(f, n, keys, heads, fits, mmsi, t_ns):
    """A report of this MMSI fits row `fits` alone, or none: a track that radar holds and that it does not fit loses the
    name, once several in a row did not and none of its own came.
    """
    i = heads[rows.slot_of(keys, mmsi)]
    while i != -1:
        after = n[i, col.NEXT]
        if i != fits:
            n[i, col.MISFITS] += 1
            f[i, col.LIKELY] = max(f[i, col.LIKELY] - 6.0, -30.0)
            held = _held(n, i, t_ns)
            silent = (t_ns - n[i, col.AIS_T]) / S > rows.ais_limits_s(f, n, i, 1.0)[0]
            if held and silent and n[i, col.MISFITS] >= DIVORCE_AFTER:
                _unname(f, n, keys, heads, i)
        i = after


@borrowing
def _held(n, i, t_ns):
    """Whether radar has seen row i of late."""
    return n[i, col.RADAR_T] >= 0 and (t_ns - n[i, col.RADAR_T]) / S < CORROBORATED_S


@borrowing
def _unname(f, n, keys, heads, i):
    """Row i, which radar holds, is not who it was taken for."""
    n[i, col.LEFT] = n[i, col.MMSI]
    rows.unname(n, keys, heads, i)
    n[i, col.AIS_T] = -1
    f[i, col.GAVE] = 0.0
    n[i, col.KIND], n[i, col.DISTRUST] = schema.RADAR_PLOT, 0
    n[i, col.MISFITS] = n[i, col.CLAIM_N] = 0
    f[i, col.LENGTH] = f[i, col.BEAM] = f[i, col.TO_BOW] = f[i, col.TO_PORT] = f[i, col.HEADING] = math.nan


@borrowing
def _claims(f, n, i, k, mmsi, t_ns):
    """Whether a report of `mmsi`, whose track i it does not fit, takes row k from the MMSI that k bears.

    It does where it is not the first in a row, where radar holds both tracks, and where the reports of k's own MMSI
    come from elsewhere or have ceased.
    """
    n[k, col.CLAIM_N] = n[k, col.CLAIM_N] + 1 if n[k, col.CLAIM] == mmsi else 1
    n[k, col.CLAIM] = mmsi
    silent = (t_ns - n[k, col.AIS_T]) / S > rows.ais_limits_s(f, n, k, 1.0)[0]
    doubted = n[k, col.MISFITS] > 0 or silent
    return n[k, col.CLAIM_N] >= CLAIM_AFTER and n[i, col.MISFITS] >= CLAIM_AFTER and doubted


@borrowing
def _swerved(f, n, i, r):
    """Whether row i, which only AIS feeds, may have come to the report's place: she turned or stopped unheard.

    A minute is long for a ferry; her number must not change for it.
    """
    if i < 0 or _held(n, i, r.t_ns):
        return False
    if n[i, col.AIS_T] < 0 or r.kind in (schema.AIS_BASE, schema.AIS_ATON) or n[i, col.DISTRUST] == 1:
        return False
    lon, lat, _open = middle(f, n, i, r)
    dx, dy = motion.offset(f, i, lon, lat)
    speed = math.hypot(f[i, col.VE], f[i, col.VN])
    if r.sog_kn < 102.2:
        speed = max(speed, r.sog_kn * KN)
    silent_s = (r.t_ns - n[i, col.AIS_T]) / S
    return math.hypot(dx, dy) < JUMP_M + (JUMP_MPS + JUMP_SHARE * speed) * silent_s


@borrowing
def _misfit(f, n, i, place, r2):
    """Squared Mahalanobis distance of a place, as `middle` tells it, from row i, predicted to the report's time.

    One whose position is not believed is looked for where she is, and as far off as she has said of late.
    """
    lon, lat, hull2 = place
    dx, dy = motion.offset(f, i, lon, lat)
    see, sen, snn = f[i, col.EE] + r2 + hull2, f[i, col.EN], f[i, col.NN] + r2 + hull2
    det = see * snn - sen * sen
    d2 = (snn * dx * dx - 2.0 * sen * dx * dy + see * dy * dy) / det
    if n[i, col.DISTRUST] == 1 and f[i, col.OFF_W] > 0.0:
        dx, dy = dx - f[i, col.OFF_E] / f[i, col.OFF_W], dy - f[i, col.OFF_N] / f[i, col.OFF_W]
        d2 = min(d2, (snn * dx * dx - 2.0 * sen * dx * dy + see * dy * dy) / det)
    return d2


@borrowing
def _velocity(f, n, i, r, w):
    """Correct row i with the reported speed and course."""
    speed, course = r.sog_kn * KN, r.cog_deg * DEG
    if math.isnan(speed) or r.sog_kn >= 102.2 or r.kind in (schema.AIS_BASE, schema.AIS_ATON):
        return
    if math.isnan(course):
        if speed > 0.5 * KN:
            return
        course = 0.0
    v2 = SPEED_SIGMA * SPEED_SIGMA
    motion.correct(f, i, 2, speed * math.sin(course), speed * math.cos(course), v2, 0.0, v2, w)


@borrowing
def _use(f, n, i, r, place, r2, w):
    """Correct row i with the report, which puts her middle at `place`."""
    lon, lat, hull2 = place
    x, y = motion.offset(f, i, lon, lat)
    ee, en, nn = r2 + hull2, 0.0, r2 + hull2
    if n[i, col.DISTRUST] == 1:  # not believed, and all that there is
        far2 = f[i, col.OFF_FAR] ** 2
        ee, nn = ee + far2, nn + far2
    elif f[i, col.OFF_D2] > DOUBT_D2 and _held(n, i, r.t_ns):
        # she is beside her echo: be it her antenna's place or a lie, what is off weighs less than her radar does
        share = 1.0 - 2.0 / f[i, col.OFF_D2]
        oe, on = f[i, col.OFF_E] / f[i, col.OFF_W], f[i, col.OFF_N] / f[i, col.OFF_W]
        ee, en, nn = ee + share * oe * oe, en + share * oe * on, nn + share * on * on
    before_m4 = rows.place_m4(f, i)
    motion.correct(f, i, 0, x, y, ee, en, nn, w)
    rows.gave(f, i, 0, before_m4)
    _velocity(f, n, i, r, w)
    _heard(f, n, i, r)


@borrowing
def _heard(f, n, i, r):
    """Write down what a report says besides its position."""
    t_ns = r.t_ns
    if n[i, col.AIS_T] >= 0:
        gap = (t_ns - n[i, col.AIS_T]) / S
        share = rows.GAP_UP if gap > f[i, col.GAP_S] else rows.GAP_DOWN
        f[i, col.GAP_S] = gap if f[i, col.GAP_S] == 0.0 else f[i, col.GAP_S] + share * (gap - f[i, col.GAP_S])
    n[i, col.AIS_T] = t_ns
    f[i, col.AIS_LON], f[i, col.AIS_LAT] = r.lon_deg, r.lat_deg
    n[i, col.LAST] = max(n[i, col.LAST], t_ns)
    n[i, col.REPORTS] += 1
    n[i, col.AIS_N] += 1
    n[i, col.SEEN] |= 1
    n[i, col.KIND], n[i, col.STATUS] = r.kind, r.nav_status
    if not math.isnan(r.sog_kn):
        f[i, col.SOG] = r.sog_kn * KN
    f[i, col.HEADING], f[i, col.ROT] = r.heading_deg, r.rot_deg_min
    f[i, col.ODDS] = min(f[i, col.ODDS] + 4.0, rows.MOST_ODDS)
    rows.confirm(f, n, i)


@borrowing
def _like(f, n, c, r, t_ns, r2, accel_config, named):
    """The one track without a name that a report fits in place and speed; -1 where there is none, or two.

    `named`: the one that bears another MMSI, and that radar holds.

    Weighed by how likely each foresaw the report, and by how sure each is to be a vessel: an echo seen once may be
    anywhere at any speed, so that the report is never far from it, and never to be expected there either.
    """
    best, best_cost, next_cost = -1, math.inf, math.inf
    lon, lat = r.lon_deg, r.lat_deg
    for i in range(c[col.C_TOP] if c[col.C_PLOTS] > 0 else 0):
        if n[i, col.STATE] < 0 or (n[i, col.MMSI] >= 0) != named or n[i, col.HITS] < 1:
            continue
        if named and not (n[i, col.MMSI] != r.ident and n[i, col.HITS] >= HELD_HITS and _held(n, i, t_ns)):
            continue
        if abs(lat - f[i, col.LAT]) > 0.02:
            continue
        dx, dy = motion.offset(f, i, lon, lat)
        if abs(dx) > 2000.0:
            continue
        dt = (t_ns - n[i, col.T]) / S
        mx, my, see, sen, snn = motion.shift_and_spread(f, i, dt, accel_config)
        dx, dy = dx - mx, dy - my
        # an antenna may stand half a ship's length from the echo
        half = 2500.0 if math.isnan(f[i, col.LENGTH]) else 400.0 + f[i, col.LENGTH] ** 2 / 16.0
        if n[i, col.LEFT] == r.ident:  # a spoof that begins beside her is not to win her back
            half = 100.0
        see, snn = see + r2 + half, snn + r2 + half
        det = see * snn - sen * sen
        d2 = (snn * dx * dx - 2.0 * sen * dx * dy + see * dy * dy) / det
        if not (math.isnan(r.sog_kn) or math.isnan(r.cog_deg)):
            speed, course = r.sog_kn * KN, r.cog_deg * DEG
            du, dv = speed * math.sin(course) - f[i, col.VE], speed * math.cos(course) - f[i, col.VN]
            var_u, var_v = f[i, col.VEVE] + 0.25, f[i, col.VNVN] + 0.25
            d2 += du * du / var_u + dv * dv / var_v
            det *= var_u * var_v
        if d2 >= ADOPT_GATE2:
            continue
        cost = d2 + math.log(det) - 2.0 * f[i, col.ODDS]
        if cost < best_cost:
            best, best_cost, next_cost = i, cost, best_cost
        else:
            next_cost = min(next_cost, cost)
    return best if next_cost > best_cost + ADOPT_LEAD else -1
