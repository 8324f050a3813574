"""Stationary periods of vessels. Numbers only."""

import math

from vts.geo import offset_m
from vts.jit import kernel

# columns of the open period of a vessel: mean position, farthest from it, fixes, fixes that said "moored"
LON, LAT, SPREAD_M, FIXES, MOORED = 0, 1, 2, 3, 4


@kernel
def close_period(begin_ns, last_ns, opened, min_ns, vessel, n, out_vessel, out_ns, out_period):
    """Count of periods written so far, with this vessel's open one added where it lasted."""
    if opened[vessel, FIXES] > 0 and last_ns[vessel] - begin_ns[vessel] >= min_ns:
        out_vessel[n] = vessel
        out_ns[n, 0], out_ns[n, 1] = begin_ns[vessel], last_ns[vessel]
        out_period[n] = opened[vessel]
        n += 1
    return n


@kernel
def find_periods(
    vessel, t_ns, lon_deg, lat_deg, moored, radius_m, gap_ns, min_ns, begin_ns, last_ns, opened,
    out_vessel, out_ns, out_period,
):  # fmt: skip
    """Count of periods written: fixes in order of time, any mixture of vessels; the last three arrays before out_ carry
    each vessel's open period from call to call.

    A vessel is stationary while each fix lies within radius_m of the mean of those before it in the period, with no
    silence over gap_ns. The mean, not the first fix: a ship at anchor swings about a point that no fix is at.
    """
    n = 0
    for k in range(vessel.size):
        v = vessel[k]
        lon, lat = lon_deg[k], lat_deg[k]
        if math.isnan(lon) or math.isnan(lat):
            continue
        o = opened[v]
        off_m = 0.0
        if o[FIXES] > 0:
            east_m, north_m = offset_m(lon, lat, o[LON], o[LAT])
            off_m = math.hypot(east_m, north_m)
            if off_m > radius_m or t_ns[k] - last_ns[v] > gap_ns:
                n = close_period(begin_ns, last_ns, opened, min_ns, v, n, out_vessel, out_ns, out_period)
                o[FIXES] = 0.0
        if o[FIXES] == 0.0:
            begin_ns[v] = t_ns[k]
            o[LON], o[LAT], o[SPREAD_M], o[MOORED], off_m = lon, lat, 0.0, 0.0, 0.0
        o[FIXES] += 1.0
        o[LON] += (lon - o[LON]) / o[FIXES]
        o[LAT] += (lat - o[LAT]) / o[FIXES]
        o[SPREAD_M] = max(o[SPREAD_M], off_m)
        o[MOORED] += moored[k]
        last_ns[v] = t_ns[k]
    return n


@kernel
def close_all(min_ns, begin_ns, last_ns, opened, out_vessel, out_ns, out_period):
    """Count of periods written from those still open at the end of the data."""
    n = 0
    for v in range(opened.shape[0]):
        n = close_period(begin_ns, last_ns, opened, min_ns, v, n, out_vessel, out_ns, out_period)
    return n
