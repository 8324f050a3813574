"""The loop over reports: find each one's track, correct it, begin tracks, retire the silent ones."""

import math

from vts import geo, schema
from vts.fusion import layout as col
from vts.fusion import motion
from vts.jit import kernel
from vts.units import DEG, KN, S

HALF_SPEED_MPS = 8.0  # 1-sigma speed of a vessel of which only a position is known
RADAR_RANGE_SIGMA_M = 15.0
RADAR_AZIMUTH_SIGMA_RAD = 0.25 * DEG
RADAR_SILENCE_S = 30.0


@kernel
def slot_of(keys, ident):
    """Where an identity lies, or would lie, in the open-addressing table `keys`; a power of two long, never full."""
    mask = keys.shape[0] - 1
    at = (ident * 0x9E3779B1) & mask
    while keys[at] != ident and keys[at] != -1:
        at = (at + 1) & mask
    return at


@kernel
def rehash(keys, heads, out_keys, out_heads):
    """Copy the identities that still have tracks into a new table; returns how many."""
    kept = 0
    for j in range(keys.shape[0]):
        if keys[j] != -1 and heads[j] != -1:
            at = slot_of(out_keys, keys[j])
            out_keys[at] = keys[j]
            out_heads[at] = heads[j]
            kept += 1
    return kept


@kernel
def interval_s(kind, status, sog_mps):
    """(nominal reporting interval, lost-target limit) of an AIS station, s (ITU-R M.1371-5 tables 1, 2; IEC 62388)."""
    if kind == schema.AIS_A:
        if sog_mps < 3.0 * KN and status in (1, 5, 6):
            return 180.0, 1080.0
        if sog_mps <= 14.0 * KN:
            return 10.0, 60.0
        if sog_mps <= 23.0 * KN:
            return 6.0, 36.0
        return 2.0, 30.0
    if kind == schema.AIS_B:
        # the carrier-sense schedule, the slower of the two, as a report does not say which unit sent it
        return (180.0, 1080.0) if sog_mps <= 2.0 * KN else (30.0, 180.0)
    if kind == schema.AIS_BASE:
        return 10.0, 60.0
    if kind == schema.AIS_SAR:
        return 10.0, 60.0
    if kind == schema.AIS_LONG_RANGE:
        return 180.0, 1080.0
    if kind == schema.AIS_ATON:
        return 180.0, 1080.0
    return 3.0, RADAR_SILENCE_S


@kernel
def limits_s(f, n, i, stale_factor):
    """(silence after which row i coasts, silence after which it retires), s.

    A log thinned by its recorder speaks more rarely than the tables say; three of its own gaps are then the limit.
    """
    speed = f[i, col.SOG] if not math.isnan(f[i, col.SOG]) else math.hypot(f[i, col.VE], f[i, col.VN])
    nominal, lost = interval_s(n[i, col.KIND], n[i, col.STATUS], speed)
    gap = f[i, col.GAP_S]
    return max(2.0 * nominal, 2.0 * gap), max(lost, 3.0 * gap) * stale_factor


@kernel
def accel_mps2(kind, config_accel):
    """1-sigma acceleration by kind: what is moored to the ground has none, an aircraft has more."""
    if kind in (schema.AIS_BASE, schema.AIS_ATON):
        return 0.0
    if kind == schema.AIS_SAR:
        return 1.0
    return config_accel


@kernel
def begin(f, n, c, free, t_ns, lon, lat, ree, ren, rnn, kind, mmsi):
    """A new track at a first position; returns its row."""
    if c[col.C_FREE] > 0:
        c[col.C_FREE] -= 1
        i = free[c[col.C_FREE]]
    else:
        i = c[col.C_TOP]
        c[col.C_TOP] += 1
    c[col.C_TRACK] += 1
    col.clear(f, n, i)
    still = kind in (schema.AIS_BASE, schema.AIS_ATON)
    f[i, col.LON], f[i, col.LAT] = lon, lat
    f[i, col.EE], f[i, col.EN], f[i, col.NN] = ree, ren, rnn
    f[i, col.VEVE] = f[i, col.VNVN] = 1e-6 if still else HALF_SPEED_MPS * HALF_SPEED_MPS
    f[i, col.EXIST] = 0.3 if kind >= schema.RADAR_PLOT else 0.9
    n[i, col.TRACK], n[i, col.MMSI] = c[col.C_TRACK], mmsi
    n[i, col.T] = n[i, col.LAST] = n[i, col.FIRST] = t_ns
    n[i, col.KIND], n[i, col.STATE] = kind, schema.TENTATIVE
    return i


@kernel
def end(n, c, free, keys, heads, i):
    """Retire row i: out of its identity's chain, onto the free list."""
    if n[i, col.MMSI] >= 0:
        at = slot_of(keys, n[i, col.MMSI])
        if heads[at] == i:
            heads[at] = n[i, col.NEXT]
        else:
            j = heads[at]
            while n[j, col.NEXT] != i:
                j = n[j, col.NEXT]
            n[j, col.NEXT] = n[i, col.NEXT]
    n[i, col.STATE] = col.FREE
    free[c[col.C_FREE]] = i
    c[col.C_FREE] += 1


@kernel
def sweep(f, n, c, free, keys, heads, at_ns, stale_factor):
    """Retire what has been silent too long; returns how many rows went."""
    gone = 0
    for i in range(c[col.C_TOP]):
        if n[i, col.STATE] == col.FREE:
            continue
        age = (at_ns - n[i, col.LAST]) / S
        coast, lost = limits_s(f, n, i, stale_factor)
        if age > lost or (n[i, col.STATE] == schema.TENTATIVE and n[i, col.KIND] >= schema.RADAR_PLOT and age > 10.0):
            end(n, c, free, keys, heads, i)
            gone += 1
        elif n[i, col.STATE] != schema.TENTATIVE:
            n[i, col.STATE] = schema.COASTING if age > coast else schema.CONFIRMED
    return gone


@kernel
def _nearest(f, n, c, t_ns, lon, lat, ree, ren, rnn, gate2, accel):
    """(row, squared misfit) of the track nearest to a radar position, or (-1, gate2)."""
    best, best_d2 = -1, gate2
    for i in range(c[col.C_TOP]):
        if n[i, col.STATE] == col.FREE:
            continue
        dt = (t_ns - n[i, col.T]) / S
        if abs(geo.lon_diff_deg(lon, f[i, col.LON])) > 0.1 or abs(lat - f[i, col.LAT]) > 0.05:
            continue
        east_per_deg, north_per_deg = geo.metres_per_degree(lat)
        de = geo.lon_diff_deg(lon, f[i, col.LON]) * east_per_deg - f[i, col.VE] * dt
        dn = (lat - f[i, col.LAT]) * north_per_deg - f[i, col.VN] * dt
        spread = accel * accel * dt * dt * dt * dt / 3.0
        see = f[i, col.EE] + 2.0 * dt * f[i, col.EVE] + dt * dt * f[i, col.VEVE] + spread + ree
        snn = f[i, col.NN] + 2.0 * dt * f[i, col.NVN] + dt * dt * f[i, col.VNVN] + spread + rnn
        sen = f[i, col.EN] + dt * (f[i, col.EVN] + f[i, col.NVE]) + dt * dt * f[i, col.VEVN] + ren
        d2 = (snn * de * de - 2.0 * sen * de * dn + see * dn * dn) / (see * snn - sen * sen)
        if d2 < best_d2:
            best, best_d2 = i, d2
    return best, best_d2


@kernel
def _plot_covariance(r, j):
    """(ree, ren, rnn) of a radar report: its own error ellipse, else 15 m in range and 0.25 degree in bearing."""
    if not math.isnan(r.major_m[j]) and not math.isnan(r.axis_deg[j]):
        axis, along, across = r.axis_deg[j] * DEG, r.major_m[j], r.minor_m[j]
    elif not math.isnan(r.range_m[j]):
        axis, along, across = r.azimuth_deg[j] * DEG, RADAR_RANGE_SIGMA_M, r.range_m[j] * RADAR_AZIMUTH_SIGMA_RAD
    else:
        axis, along, across = 0.0, 50.0, 50.0
    s, k = math.sin(axis), math.cos(axis)
    a2, b2 = along * along, max(across * across, 1.0)
    return a2 * s * s + b2 * k * k, (a2 - b2) * s * k, a2 * k * k + b2 * s * s


@kernel
def _of_identity(f, n, keys, heads, r, j, ree, gate2, accel):
    """(row of the track of this MMSI that the report fits best, its squared misfit); -1 where none fits."""
    best, best_d2 = -1, gate2
    i = heads[slot_of(keys, r.ident[j])]
    while i != -1:
        motion.predict(f, i, (r.t_ns[j] - n[i, col.T]) / S, accel)
        n[i, col.T] = r.t_ns[j]
        d2, _ = motion.misfit(f, i, r.lon_deg[j], r.lat_deg[j], ree, 0.0, ree)
        if d2 < best_d2:
            best, best_d2 = i, d2
        i = n[i, col.NEXT]
    return best, best_d2


@kernel
def run(f, n, c, free, keys, heads, r, first, last, accel_config, gate_sigma, ais_sigma_m, stale_factor, out_verdict):
    """Reports first to last, in order of time, into the tracks; a verdict for each.

    Stops early when the tables could overflow; returns the next report to take.
    """
    gate2 = gate_sigma * gate_sigma
    for j in range(first, last):
        room = f.shape[0] - c[col.C_TOP] + c[col.C_FREE]
        if room < 1 or c[col.C_KEYS] * 2 >= keys.shape[0]:
            return j
        t_ns, lon, lat, kind = r.t_ns[j], r.lon_deg[j], r.lat_deg[j], r.kind[j]
        if math.isnan(lon) or math.isnan(lat):
            out_verdict[j] = col.NO_POSITION
            continue
        c[col.C_CLOCK] = max(c[col.C_CLOCK], t_ns)
        accel = accel_mps2(kind, accel_config)
        ais = kind < schema.RADAR_PLOT
        if ais:
            if r.ident[j] < 0:
                out_verdict[j] = col.NO_IDENTITY
                continue
            sigma = r.major_m[j] if not math.isnan(r.major_m[j]) else ais_sigma_m
            ree, ren, rnn = sigma * sigma, 0.0, sigma * sigma
            i, _d2 = _of_identity(f, n, keys, heads, r, j, ree, gate2, accel)
        else:
            ree, ren, rnn = _plot_covariance(r, j)
            i, _d2 = _nearest(f, n, c, t_ns, lon, lat, ree, ren, rnn, gate2, accel)
            if i >= 0:
                motion.predict(f, i, (t_ns - n[i, col.T]) / S, accel)
                n[i, col.T] = t_ns
        if i < 0:
            i = begin(f, n, c, free, t_ns, lon, lat, ree, ren, rnn, kind, r.ident[j] if ais else -1)
            if ais:
                at = slot_of(keys, r.ident[j])
                if keys[at] == -1:
                    keys[at] = r.ident[j]
                    c[col.C_KEYS] += 1
                n[i, col.NEXT] = heads[at]
                heads[at] = i
        else:
            motion.correct(f, i, lon, lat, ree, ren, rnn)
        if not math.isnan(r.sog_kn[j]) and not math.isnan(r.cog_deg[j]) and r.sog_kn[j] < 102.2:
            speed, course = r.sog_kn[j] * KN, r.cog_deg[j] * DEG
            motion.correct_velocity(f, i, speed * math.sin(course), speed * math.cos(course), 0.25)
        _note(f, n, i, r, j, ais)
        out_verdict[j] = col.USED
    return last


@kernel
def _note(f, n, i, r, j, ais):
    """Write down what a used report says besides its position, and confirm a track that has been seen often enough."""
    gap = (r.t_ns[j] - n[i, col.LAST]) / S
    if n[i, col.REPORTS] > 0 and gap > 0.0:
        f[i, col.GAP_S] = gap if f[i, col.GAP_S] == 0.0 else f[i, col.GAP_S] + 0.2 * (gap - f[i, col.GAP_S])
    n[i, col.LAST] = max(n[i, col.LAST], r.t_ns[j])
    n[i, col.REPORTS] += 1
    n[i, col.SEEN] |= 1 << r.sensor[j]
    if ais:
        n[i, col.KIND], n[i, col.STATUS] = r.kind[j], r.nav_status[j]
        if not math.isnan(r.sog_kn[j]):
            f[i, col.SOG] = r.sog_kn[j] * KN
        f[i, col.HEADING], f[i, col.ROT] = r.heading_deg[j], r.rot_deg_min[j]
    elif n[i, col.MMSI] < 0:
        n[i, col.KIND] = r.kind[j]
    if n[i, col.REPORTS] >= (2 if ais else 4) and n[i, col.STATE] != schema.CONFIRMED:
        n[i, col.STATE] = schema.CONFIRMED
        f[i, col.EXIST] = 0.99


@kernel
def draw(f, n, c, at_ns, accel_config, out_row, out_f):
    """Every track that is to be shown, predicted to at_ns, into rows of out_f (LON..VNVN); returns how many.

    A single radar plot is not yet shown: it is sea clutter more often than a vessel.
    """
    k = 0
    for i in range(c[col.C_TOP]):
        if n[i, col.STATE] == col.FREE or (n[i, col.STATE] == schema.TENTATIVE and n[i, col.KIND] >= schema.RADAR_PLOT):
            continue
        for column in range(col.VNVN + 1):
            out_f[k, column] = f[i, column]
        motion.predict(out_f, k, (at_ns - n[i, col.T]) / S, accel_mps2(n[i, col.KIND], accel_config))
        out_row[k] = i
        k += 1
    return k
