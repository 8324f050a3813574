"""Loops of the behaviours that must see one vessel after the other."""

import math

import numpy as np

from vts import geo
from vts.jit import kernel
from vts.units import DEG

CIRCLE_FIXES = 12


@kernel
def heard(lon_deg, lat_deg, track, by_lat, here_lon, here_lat, but_track, reach_m, reach_deg, out):
    """Whether a vessel other than `but_track` is within reach of each place; `by_lat` sorts them by latitude."""
    n = by_lat.size
    sorted_lat = np.empty(n)
    for k in range(n):
        sorted_lat[k] = lat_deg[by_lat[k]]
    for q in range(here_lon.size):
        out[q] = False
        for k in range(np.searchsorted(sorted_lat, here_lat[q] - 1.01 * reach_deg), n):
            if sorted_lat[k] - here_lat[q] >= 1.01 * reach_deg:
                break
            i = by_lat[k]
            near = track[i] != but_track[q] and abs(lat_deg[i] - here_lat[q]) < reach_deg
            if near and geo.distance_m(here_lon[q], here_lat[q], lon_deg[i], lat_deg[i]) < reach_m:
                out[q] = True
                break


@kernel
def passages(cell, octant, changed, at_ns, t_ns, counts, out_total, out_like):
    """Passages through each vessel's cell before her, and on a like course; then hers is counted where it is new."""
    for i in range(cell.size):
        row = cell[i]
        for k in range(counts.shape[1]):
            out_total[i] += counts[row, k]
        for k in range(-1, 2):
            out_like[i] += counts[row, (octant[i] + k) % counts.shape[1]]
        if changed[i]:
            t_ns[row] = at_ns
            counts[row, octant[i]] += 1


@kernel
def circles(slot, filled, lon_deg, lat_deg, least_turn_deg, spread, out):
    """Whether the path in each ring goes round its own middle, always one way, at one distance within `spread`."""
    size = lon_deg.shape[1]
    turn, radius = np.empty(size), np.empty(size)
    for q in range(slot.size):
        out[q] = False
        if slot[q] < 0 or filled[slot[q]] < CIRCLE_FIXES:
            continue
        lon, lat, n = lon_deg[slot[q]], lat_deg[slot[q]], min(filled[slot[q]], size)
        first = filled[slot[q]] - n
        middle_lon, middle_lat = lon[:n].mean(), lat[:n].mean()
        narrow = math.cos(middle_lat * DEG)
        before = 0.0
        for k in range(n):
            at = (first + k) % size
            x, y = (lon[at] - middle_lon) * narrow, lat[at] - middle_lat
            radius[k], angle = math.hypot(x, y), math.atan2(y, x) / DEG
            turn[k], before = geo.angle_diff_deg(angle, before), angle
        total = turn[1:n].sum()
        if abs(total) >= least_turn_deg and radius[:n].std() < spread * radius[:n].mean():
            out[q] = True
            for k in range(1, n):
                if turn[k] * total <= 0.0:
                    out[q] = False
