"""The table of tracks: rows taken and given back, the identities that point to them, and how long silence may last."""

import math

import numpy as np

from vts import schema
from vts.fusion import layout as col
from vts.fusion import motion
from vts.jit import borrowing, kernel
from vts.units import KN, S

CONFIRM_ODDS = 6.0  # log odds: a track in 400 that is shown is sea clutter
AIS_ODDS = 3.0  # of a first AIS report, whose checksum was right; what a plot is worth the site knows
MOST_ODDS = 12.0
CHANCE_ODDS = 5.0  # most of a track of one plot; a few more plots may all be chance, a report of AIS is not
PROBES = 8
RIVAL_S, RIVAL_GAPS = 30.0, 2.5
PATIENT_GAPS, PATIENT_S = 4.5, 1080.0  # a vessel is lost after so many of her own intervals, at most so long
LEAST_KEPT_S, HIT_KEPT_S, MADE_HITS = 15.0, 6.0, 3  # a vessel unseen: and for each plot beyond those that made her
LOST_S = 180.0  # since her last plot, until which a vessel lost from sight may come back under her number
GAP_UP, GAP_DOWN = 0.5, 0.2  # how fast her typical interval follows longer and shorter gaps
GAVE_FADE = 0.95  # a report, of what the reports before it gave: twenty reports
RETURN_S = 1800.0  # a number waits so long for the vessel that bore it
RETURN_M, RETURN_MPS, RETURN_SHARE = 300.0, 2.0, 0.5  # how far from her prediction: and what grows with time and speed


@borrowing
def slot_of(keys, ident):
    """Where an identity lies, or would lie, in the open-addressing table `keys`; a power of two long, never full."""
    mask = keys.shape[0] - 1
    at = ((ident & 0x3FFFFFFF) * 0x9E3779B1 >> 8) & mask
    while keys[at] != ident and keys[at] != -1:
        at = (at + 1) & mask
    return at


@borrowing
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


@borrowing
def name(n, c, keys, heads, i, mmsi):
    """Give row i an MMSI; other tracks may bear it too."""
    at = slot_of(keys, mmsi)
    if keys[at] == -1:
        keys[at] = mmsi
        heads[at] = -1
        c[col.C_KEYS] += 1
    n[i, col.MMSI] = mmsi
    n[i, col.NEXT] = heads[at]
    heads[at] = i


@borrowing
def unname(n, keys, heads, i):
    """Take the MMSI from row i."""
    at = slot_of(keys, n[i, col.MMSI])
    if heads[at] == i:
        heads[at] = n[i, col.NEXT]
    else:
        j = heads[at]
        while n[j, col.NEXT] != i:
            j = n[j, col.NEXT]
        n[j, col.NEXT] = n[i, col.NEXT]
    n[i, col.MMSI] = n[i, col.NEXT] = -1


@borrowing
def number(c, births, t_ns, lon, lat):
    """The number of a track that begins with this report: a new one, or the one it got before the past was redone.

    An officer has seen those numbers; a late report must not shift them.
    """
    key = t_ns ^ (math.floor(lon * 1e7) * 1_000_003) ^ (math.floor(lat * 1e7) * 7_919)  # nothing that overflows
    at = _birth_at(births, key)
    oldest = at
    for k in range(PROBES):
        b = (at + k) & (births.shape[0] - 1)
        if births[b, 0] == key and births[b, 2] < c[col.C_REPLAY]:
            births[b, 2] = c[col.C_REPLAY]
            return births[b, 1]
        if births[b, 1] < births[oldest, 1]:
            oldest = b
    c[col.C_TRACK] += 1
    births[oldest, 0], births[oldest, 1], births[oldest, 2] = key, c[col.C_TRACK], c[col.C_REPLAY]
    return c[col.C_TRACK]


@borrowing
def _birth_at(births, key):
    """Where a birth lies, or the first of the PROBES places where it may."""
    return ((key % 1_000_000_007) * 0x9E3779B1 >> 16) & (births.shape[0] - 1)


@borrowing
def rebirth(births, out_births):
    """Copy every birth into a larger table; the oldest give way where it is crowded."""
    for j in range(births.shape[0]):
        if births[j, 1] < 0:
            continue
        at = oldest = _birth_at(out_births, births[j, 0])
        for k in range(PROBES):
            b = (at + k) & (out_births.shape[0] - 1)
            if out_births[b, 1] < out_births[oldest, 1]:
                oldest = b
        if out_births[oldest, 1] < births[j, 1]:
            for k in range(3):
                out_births[oldest, k] = births[j, k]


@borrowing
def unused(c, free):
    """A row that no track has, taken."""
    if c[col.C_FREE] > 0:
        c[col.C_FREE] -= 1
        return free[c[col.C_FREE]]
    c[col.C_TOP] += 1
    return c[col.C_TOP] - 1


@borrowing
def begin(f, n, c, free, hit_ns, look_ns, t_ns, lon, lat, ree, ren, rnn, kind):
    """A new track at a first position, without a number; returns its row."""
    i = unused(c, free)
    col.clear(f, n, i)
    for k in range(hit_ns.shape[1]):
        hit_ns[i, k] = -1
        look_ns[i, k] = t_ns
    still = kind in (schema.AIS_BASE, schema.AIS_ATON)
    fast = 40.0 if kind == schema.AIS_SAR else motion.HALF_SPEED_MPS
    motion.start(f, i, lon, lat, ree, ren, rnn, fast)
    if still:
        motion.pinned(f, i)
    f[i, col.ODDS] = AIS_ODDS
    n[i, col.T] = n[i, col.LAST] = n[i, col.FIRST] = t_ns
    n[i, col.KIND], n[i, col.STATE] = kind, schema.TENTATIVE
    return i


@borrowing
def _gone_at(gone, mmsi, k):
    """The k-th of the four places of `gone` for tracks of this MMSI."""
    return (((mmsi & 0x3FFFFFFF) * 0x9E3779B1 >> 16) + k) & (gone.shape[0] - 1)


@borrowing
def _oldest_of(gone, mmsi):
    """The place of `gone` that a track of this MMSI is to have."""
    oldest = _gone_at(gone, mmsi, 0)
    for k in range(1, 4):
        b = _gone_at(gone, mmsi, k)
        if gone[b, col.G_AIS_T] < gone[oldest, col.G_AIS_T]:
            oldest = b
    return oldest


@borrowing
def retire(f, n, gone, i):
    """Keep the number of row i, which is about to end, for the return of its vessel."""
    oldest = _oldest_of(gone, n[i, col.MMSI])
    back_s = (n[i, col.AIS_T] - n[i, col.T]) / S
    lon = f[i, col.LON] + f[i, col.VE] * back_s / f[i, col.EAST_M]
    lat = f[i, col.LAT] + f[i, col.VN] * back_s / f[i, col.NORTH_M]
    gone[oldest, col.G_MMSI], gone[oldest, col.G_TRACK] = n[i, col.MMSI], n[i, col.TRACK]
    gone[oldest, col.G_AIS_T], gone[oldest, col.G_FIRST] = n[i, col.AIS_T], n[i, col.FIRST]
    gone[oldest, col.G_LON], gone[oldest, col.G_LAT] = math.floor(lon * 1e7), math.floor(lat * 1e7)
    gone[oldest, col.G_VE], gone[oldest, col.G_VN] = math.floor(f[i, col.VE] * 1e3), math.floor(f[i, col.VN] * 1e3)


@borrowing
def returned(f, n, gone, i, mmsi, sog_mps):
    """Give row i, just begun, the number that its vessel bore before she fell silent; whether there was one."""
    t_ns = n[i, col.T]
    best, best_m = -1, math.inf
    for k in range(4):
        b = _gone_at(gone, mmsi, k)
        dt = (t_ns - gone[b, col.G_AIS_T]) / S
        if gone[b, col.G_MMSI] != mmsi or dt < 0.0 or dt > RETURN_S:
            continue
        ve, vn = gone[b, col.G_VE] / 1e3, gone[b, col.G_VN] / 1e3
        dx, dy = motion.offset(f, i, gone[b, col.G_LON] / 1e7, gone[b, col.G_LAT] / 1e7)
        apart_m = math.hypot(dx + ve * dt, dy + vn * dt)
        speed = max(math.hypot(ve, vn), sog_mps)
        if apart_m < min(best_m, RETURN_M + (RETURN_MPS + RETURN_SHARE * speed) * dt):
            best, best_m = b, apart_m
    if best < 0:
        return False
    n[i, col.TRACK], n[i, col.FIRST] = gone[best, col.G_TRACK], gone[best, col.G_FIRST]
    f[i, col.GAP_S] = (t_ns - gone[best, col.G_AIS_T]) / S
    gone[best, col.G_MMSI] = gone[best, col.G_AIS_T] = -1
    return True


@borrowing
def end(n, c, free, keys, heads, i):
    """Retire row i: out of its identity's chain, onto the free list."""
    if n[i, col.MMSI] >= 0:
        unname(n, keys, heads, i)
    n[i, col.STATE] = col.FREE
    free[c[col.C_FREE]] = i
    c[col.C_FREE] += 1


@kernel
def graft(
    f, n, c, free, keys, heads, hit_ns, look_ns, gone,
    of_f, of_n, of_keys, of_heads, of_hit_ns, of_look_ns, of_gone, mmsis,
):  # fmt: skip
    """Put the tracks of these MMSIs from other tables in the place of those here; there must be room for them."""
    for mmsi in mmsis:
        at = slot_of(keys, mmsi)
        while keys[at] == mmsi and heads[at] != -1:
            end(n, c, free, keys, heads, heads[at])
        chain, k = np.empty(of_n.shape[0], np.int64), 0
        at = slot_of(of_keys, mmsi)
        of = of_heads[at] if of_keys[at] == mmsi else -1
        while of != -1:
            chain[k] = of
            of, k = of_n[of, col.NEXT], k + 1
        for j in range(k - 1, -1, -1):  # each comes to the head
            i, of = unused(c, free), chain[j]
            f[i], n[i], hit_ns[i], look_ns[i] = of_f[of], of_n[of], of_hit_ns[of], of_look_ns[of]
            name(n, c, keys, heads, i, mmsi)
        for k in range(4):
            b = _gone_at(gone, mmsi, k)
            if gone[b, col.G_MMSI] == mmsi:
                gone[b, col.G_MMSI] = gone[b, col.G_AIS_T] = -1
        for k in range(4):
            b = _gone_at(of_gone, mmsi, k)
            if of_gone[b, col.G_MMSI] == mmsi:
                gone[_oldest_of(gone, mmsi)] = of_gone[b]


@borrowing
def confirm(f, n, i):
    """Confirm row i once its reports leave little doubt: three plots, two AIS reports, or one of each."""
    enough = n[i, col.HITS] >= 3 or n[i, col.AIS_N] >= 2 or (n[i, col.HITS] >= 1 and n[i, col.AIS_N] >= 1)
    if n[i, col.STATE] == schema.TENTATIVE and enough and f[i, col.ODDS] > CONFIRM_ODDS:
        n[i, col.STATE] = schema.CONFIRMED


@borrowing
def marry(f, n, c, free, keys, heads, hit_ns, look_ns, i, k):
    """Rows i and k are one vessel: the number that was shown first lives on, with the surer estimate of the two.

    Returns the row that lives on.
    """
    shown_i, shown_k = n[i, col.STATE] != schema.TENTATIVE, n[k, col.STATE] != schema.TENTATIVE
    keep, gone = i, k
    if (shown_k and not shown_i) or (shown_k == shown_i and n[k, col.FIRST] < n[i, col.FIRST]):
        keep, gone = k, i
    if n[gone, col.MMSI] >= 0 and n[keep, col.MMSI] < 0:
        mmsi = n[gone, col.MMSI]
        unname(n, keys, heads, gone)
        name(n, c, keys, heads, keep, mmsi)
        n[keep, col.KIND], n[keep, col.STATUS] = n[gone, col.KIND], n[gone, col.STATUS]
        for column in (col.HEADING, col.ROT, col.SOG, col.LENGTH, col.BEAM, col.TO_BOW, col.TO_PORT, col.GAP_S):
            f[keep, column] = f[gone, column]
    surer = f[gone, col.EE] + f[gone, col.NN] < f[keep, col.EE] + f[keep, col.NN]
    if surer and n[gone, col.T] >= n[keep, col.T]:
        n[keep, col.T] = n[gone, col.T]
        for column in range(col.TURN + 3):
            f[keep, column] = f[gone, column]
        for column in range(col.MU, col.NF):
            f[keep, column] = f[gone, column]
    f[keep, col.ODDS] = max(f[keep, col.ODDS], f[gone, col.ODDS])
    for column in (col.LAST, col.AIS_T, col.RADAR_T):
        n[keep, column] = max(n[keep, column], n[gone, column])
    for column in (col.REPORTS, col.HITS, col.AIS_N):
        n[keep, column] += n[gone, column]
    n[keep, col.SEEN] |= n[gone, col.SEEN]
    for column in range(col.GAVE, f.shape[1]):
        f[keep, column] += f[gone, column]
    n[keep, col.CLOSE_N] = 0
    if n[gone, col.STATE] != schema.TENTATIVE:
        n[keep, col.STATE] = n[gone, col.STATE]
    for s in range(hit_ns.shape[1]):
        hit_ns[keep, s] = max(hit_ns[keep, s], hit_ns[gone, s])
        look_ns[keep, s] = max(look_ns[keep, s], look_ns[gone, s])
    end(n, c, free, keys, heads, gone)
    return keep


@borrowing
def place_m4(f, i):
    """Determinant of row i's covariance of place."""
    return max(f[i, col.EE] * f[i, col.NN] - f[i, col.EN] * f[i, col.EN], 1e-9)


@borrowing
def gave(f, i, source, before_m4):
    """Note what a report of a source gave to row i, which it has just corrected: information about her place, nats.

    `before_m4` was place_m4 just before it. A report that follows hard upon a good one gives little.
    """
    for k in range(col.GAVE, f.shape[1]):
        f[i, k] *= GAVE_FADE
    f[i, col.GAVE + source] += max(0.5 * math.log(before_m4 / place_m4(f, i)), 0.0)


@borrowing
def interval_s(kind, status, sog_mps):
    """(nominal reporting interval, lost-target limit) of a station, s (ITU-R M.1371-5 tables 1, 2; IEC 62388)."""
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
    if kind in (schema.AIS_BASE, schema.AIS_SAR):
        return 10.0, 60.0
    if kind in (schema.AIS_LONG_RANGE, schema.AIS_ATON):
        return 180.0, 1080.0
    return 3.0, 30.0


@borrowing
def ais_limits_s(f, n, i, stale_factor):
    """(silence after which the AIS of row i is overdue, silence after which it is lost), s.

    A log thinned by its recorder speaks more rarely than the tables say; her own interval then sets the limit.
    """
    speed = f[i, col.SOG] if not math.isnan(f[i, col.SOG]) else math.hypot(f[i, col.VE], f[i, col.VN])
    nominal, lost = interval_s(n[i, col.KIND], n[i, col.STATUS], speed)
    gap = f[i, col.GAP_S]
    return max(2.0 * nominal, 2.0 * gap), max(lost, min(PATIENT_GAPS * gap, PATIENT_S)) * stale_factor


@borrowing
def accel_mps2(f, n, i, config_accel):
    """1-sigma acceleration in a manoeuvre by kind: what is moored to the ground has none, the quick have more."""
    kind = n[i, col.KIND]
    if kind in (schema.AIS_BASE, schema.AIS_ATON):
        return 0.0
    if kind == schema.AIS_SAR:
        return 1.0
    if f[i, col.LENGTH] < 60.0:
        return 2.0 * config_accel
    return config_accel


@borrowing
def _rival_s(f, n, keys, heads, i):
    """Silence after which row i, unconfirmed, gives way to older ones of its MMSI; infinite where there are none.

    As patient as they are talkative: two stations whose reports come a minute apart are two all the same.
    """
    patience = math.inf
    k = heads[slot_of(keys, n[i, col.MMSI])]
    while k != -1:
        if n[k, col.TRACK] < n[i, col.TRACK]:
            patience = min(patience, max(RIVAL_S, RIVAL_GAPS * f[k, col.GAP_S]))
        k = n[k, col.NEXT]
    return patience


@borrowing
def _gone_s(f, n, keys, heads, i):
    """Silence after which row i, unseen, gives way to another that has got the reports of its MMSI since, s."""
    patience = math.inf
    k = heads[slot_of(keys, n[i, col.MMSI])]
    while k != -1:
        if k != i and n[k, col.AIS_T] > n[i, col.AIS_T]:
            patience = min(patience, max(RIVAL_S, RIVAL_GAPS * max(f[i, col.GAP_S], f[k, col.GAP_S])))
        k = n[k, col.NEXT]
    return patience


@borrowing
def sweep(f, n, c, free, keys, heads, gone, at_ns, stale_factor, coast_s):
    """Retire what has been silent too long or was never there; call it at fixed times only."""
    for i in range(c[col.C_TOP]):
        if n[i, col.STATE] < 0:
            if n[i, col.STATE] == col.LOST and (at_ns - n[i, col.LAST]) / S > LOST_S:
                end(n, c, free, keys, heads, i)
            continue
        radar_s = (at_ns - n[i, col.LAST]) / S if n[i, col.RADAR_T] >= 0 else math.inf
        ais_s = (at_ns - n[i, col.AIS_T]) / S if n[i, col.AIS_T] >= 0 else math.inf
        overdue_s, lost_s = ais_limits_s(f, n, i, stale_factor)
        if n[i, col.AIS_T] < 0:
            overdue_s = lost_s = 0.0
        if n[i, col.STATE] == schema.TENTATIVE:
            # a vessel of two minutes' standing may be lost from sight for as long, a new one not
            dead = ais_s > lost_s and (radar_s > 12.0 * stale_factor or f[i, col.ODDS] < -5.0)
            if n[i, col.MMSI] >= 0 and ais_s > RIVAL_S:  # a rival of a named track, and nothing came of it
                dead |= ais_s > _rival_s(f, n, keys, heads, i)
        else:
            keep_s = min(coast_s, LEAST_KEPT_S + HIT_KEPT_S * max(n[i, col.HITS] - MADE_HITS, 0)) * stale_factor
            dead = ais_s > lost_s and (radar_s > keep_s or f[i, col.ODDS] < 0.0)
            if n[i, col.MMSI] >= 0 and radar_s > 10.0 and ais_s > RIVAL_S:
                dead |= ais_s > _gone_s(f, n, keys, heads, i)
        if dead:
            shown = n[i, col.STATE] != schema.TENTATIVE or _rival_s(f, n, keys, heads, i) == math.inf
            if shown and n[i, col.MMSI] >= 0 and n[i, col.AIS_T] >= 0:
                retire(f, n, gone, i)
            if n[i, col.STATE] != schema.TENTATIVE and n[i, col.MMSI] < 0 and (at_ns - n[i, col.LAST]) / S < LOST_S:
                n[i, col.STATE] = col.LOST
            else:
                end(n, c, free, keys, heads, i)
        elif n[i, col.STATE] != schema.TENTATIVE:
            n[i, col.STATE] = schema.COASTING if radar_s > 10.0 and ais_s > overdue_s else schema.CONFIRMED
