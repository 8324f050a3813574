"""The loop over time: slots of half a second, in each the reports that name themselves, then every site's plots."""

import math

import numpy as np

from vts import geo, schema
from vts.fusion import clutter, motion, named, plots, registration, reunion, rows
from vts.fusion import layout as col
from vts.jit import borrowing, kernel
from vts.units import S

SLOT_NS = S // 2
SWEEP_NS = 2 * S


@kernel
def run(
    f,
    n,
    c,
    free,
    keys,
    heads,
    hit_ns,
    look_ns,
    gone,
    births,
    site,
    site_ns,
    chart,
    w,
    r,
    first,
    settings,
    verdict,
    track,
):
    """The reports from `first` on, in order of time, into the tracks; whole slots only.

    Stops before a slot for which the tables may be too small; returns the first report not taken.
    `settings`: accel, gate squared, AIS sigma, stale factor, longest coasting in s.
    """
    accel, gate2, ais_sigma, stale_factor, coast_s = settings
    total = r.t_ns.shape[0]
    sites = site.shape[0]
    counts, order = np.zeros(sites + 1, np.int64), np.empty(0, np.int64)
    at = first
    while at < total:
        slot = r.t_ns[at] // SLOT_NS
        stop = at
        while stop < total and r.t_ns[stop] // SLOT_NS == slot:
            stop += 1
        need = stop - at
        if f.shape[0] - c[col.C_TOP] + c[col.C_FREE] < need or 2 * (c[col.C_KEYS] + need) >= keys.shape[0]:
            c[col.C_TABLES] = need
            return at
        end_ns = (slot + 1) * SLOT_NS
        sweep_to(f, n, c, free, keys, heads, hit_ns, look_ns, gone, slot * SLOT_NS, stale_factor, coast_s)
        for s in range(sites + 1):
            counts[s] = 0
        for j in range(at, stop):
            if math.isnan(r.lon_deg[j]) or math.isnan(r.lat_deg[j]):
                verdict[j] = col.NO_POSITION
            elif r.kind[j] >= schema.RADAR_PLOT:
                verdict[j] = -1
                counts[min(max(r.sensor[j] - 1, 0), sites - 1)] += 1
            elif r.ident[j] < 0:
                verdict[j] = col.NO_IDENTITY
            else:
                verdict[j], track[j] = named.take(
                    *(f, n, c, free, keys, heads, hit_ns, look_ns, gone, births, site, chart, w),
                    *(named.one(r, j), accel, gate2, ais_sigma),
                )
        for s in range(sites):
            if counts[s] == 0:
                continue
            c[col.C_PLOTS] += 1
            order = np.empty(counts[s], np.int64)
            m = 0
            for j in range(at, stop):
                if verdict[j] == -1 and min(max(r.sensor[j] - 1, 0), sites - 1) == s:
                    order[m] = j
                    m += 1
            plots.scan(
                *(f, n, c, free, hit_ns, look_ns, births, site, site_ns, chart, w, r, order, m, s),
                *(slot * SLOT_NS + SLOT_NS // 2, accel, verdict, track),
            )
            reunion.find(f, n, c, free, keys, heads, hit_ns, look_ns, site, chart, s, accel, w)
        for s in range(sites):
            plots.look(f, n, c, hit_ns, look_ns, site, site_ns, chart, s, end_ns)
            turns = end_ns // int(site[s, col.S_PERIOD] * S) - (end_ns - SLOT_NS) // int(site[s, col.S_PERIOD] * S)
            if turns > 0:
                clutter.rotate(site, chart, s, turns)
                registration.solve(site, s)
                registration.seek(f, n, c, hit_ns, site, s, end_ns)
        at = stop
    return at


@borrowing
def sweep_to(f, n, c, free, keys, heads, hit_ns, look_ns, gone, at_ns, stale_factor, coast_s):
    """Sweep if a multiple of SWEEP_NS has passed since the last time."""
    if at_ns // SWEEP_NS > c[col.C_CLOCK] // SWEEP_NS:
        plots.settle(f, n, c, free, keys, heads, hit_ns, look_ns)
        rows.sweep(f, n, c, free, keys, heads, gone, at_ns, stale_factor, coast_s)
    c[col.C_CLOCK] = max(c[col.C_CLOCK], at_ns)


@borrowing
def draw(f, n, c, heads, keys, site, chart, at_ns, accel, w, out_row, out_f, out_heard):
    """Every track that is to be shown, predicted to at_ns, into rows of out_f; returns how many.

    out_heard: how much AIS is heard around it; NaN out of every radar's reach.

    Not shown: an echo that is not yet sure to be a vessel, and the first report of a rival to a named track.
    """
    k = 0
    for i in range(c[col.C_TOP]):
        if n[i, col.STATE] < 0:
            continue
        if n[i, col.STATE] == schema.TENTATIVE:
            if n[i, col.MMSI] < 0:
                continue
            head = heads[rows.slot_of(keys, n[i, col.MMSI])]
            if head != i or n[i, col.NEXT] != -1:
                continue
        for column in range(f.shape[1]):
            out_f[k, column] = f[i, column]
        motion.predict(out_f, k, (at_ns - n[i, col.T]) / S, rows.accel_mps2(f, n, i, accel), w)
        out_row[k], out_heard[k] = i, math.nan
        for s in range(site.shape[0]):
            if not math.isnan(site[s, col.S_LON]):
                dx, dy = geo.offset_m(out_f[k, col.LON], out_f[k, col.LAT], site[s, col.S_LON], site[s, col.S_LAT])
                range_m = math.hypot(dx, dy)
                if range_m < site[s, col.S_MAX]:
                    at = clutter.cell(site, s, range_m, clutter.around(math.atan2(dx, dy)))
                    out_heard[k] = clutter.ais_heard(chart, s, at)
        k += 1
    return k


@kernel
def overdue(f, n, row):
    """Silence after which the AIS of each row is overdue, s."""
    out = np.empty(row.shape[0])
    for k in range(row.shape[0]):
        out[k] = rows.ais_limits_s(f, n, row[k], 1.0)[0]
    return out
