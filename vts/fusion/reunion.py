"""A vessel lost from sight that comes out again: a new track, whose number is that of the old one.

One plot near a track long unseen may be anybody's. What begins there is a track of its own; once it is sure, and it has
shown how it sails, it is weighed against every track that was lost, hypothesis by hypothesis.
"""

import math

import numpy as np

from vts import schema
from vts.fusion import clutter, motion, rows
from vts.fusion import layout as col
from vts.jit import borrowing, kernel
from vts.units import S

BACK = 0.05  # chance a scan that a vessel lost from sight comes back into it
UNSEEN_TURNS = 3.0
LIKELIER = 0.5  # of all that she may be, new vessels among them


@kernel
def find(f, n, c, free, keys, heads, hit_ns, look_ns, site, chart, s, accel, w):
    """Join each track that radar has made sure since the last call to the lost one that it goes on from, if any."""
    for i in range(c[col.C_TOP]):
        if n[i, col.STATE] < schema.CONFIRMED or n[i, col.ASKED] == 1:
            continue
        n[i, col.ASKED] = 1
        if n[i, col.MMSI] >= 0 or n[i, col.HITS] == 0:
            continue
        k = _old_self(f, n, c, site, chart, s, accel, i, w)
        if k >= 0:
            visible = f[i, col.VISIBLE]
            n[k, col.STATE] = schema.COASTING
            _go_on(f, n, accel, i, k, w)
            lived = rows.marry(f, n, c, free, keys, heads, hit_ns, look_ns, i, k)
            f[lived, col.VISIBLE], n[lived, col.STATE], n[lived, col.ASKED] = visible, schema.CONFIRMED, 1


@kernel
def _old_self(f, n, c, site, chart, s, accel, i, w):
    """The lost row of which row i is likelier the continuation than of any other or of none; -1: she is new."""
    at = clutter.cell(site, s, f[i, col.PLOT_RANGE], clutter.around(f[i, col.PLOT_AZ]))
    density = clutter.density(site, chart, s, at, clutter.ring_false(chart, s, at // col.SECTORS))
    usual = motion.HALF_SPEED_MPS * motion.HALF_SPEED_MPS
    slow = math.exp(-0.5 * (f[i, col.VE] ** 2 + f[i, col.VN] ** 2) / usual) / (2.0 * math.pi * usual)
    new = density * math.exp(clutter.NEW_ODDS) * slow
    total, best, most = new, -1, 0.0
    ghost = np.empty((1, f.shape[1]))
    unseen_ns = int(UNSEEN_TURNS * site[s, col.S_PERIOD] * S)
    for k in range(c[col.C_TOP]):
        lost = n[k, col.STATE] == col.LOST or (n[k, col.STATE] == schema.COASTING and n[k, col.MMSI] < 0)
        if not lost or k == i or n[k, col.T] > n[i, col.FIRST] or n[i, col.T] - n[k, col.RADAR_T] < unseen_ns:
            continue
        dt = (n[i, col.T] - n[k, col.T]) / S
        dx, dy = motion.offset(f, k, f[i, col.LON], f[i, col.LAT])
        if math.hypot(dx, dy) > 1_000.0 + 2.0 * motion.HALF_SPEED_MPS * dt:
            continue
        for column in range(f.shape[1]):
            ghost[0, column] = f[k, column]
        motion.predict(ghost, 0, dt, rows.accel_mps2(f, n, k, accel), w)
        weight = BACK / (1.0 + math.exp(-f[k, col.ODDS])) * motion.agrees(ghost, 0, f, i)
        total += weight
        if weight > most:
            best, most = k, weight
    return best if most > LIKELIER * total else -1


@borrowing
def _go_on(f, n, accel, i, k, w):
    """Bring row k to where row i is: as she was foreseen, corrected by all that has been seen of her since."""
    motion.predict(f, k, (n[i, col.T] - n[k, col.T]) / S, rows.accel_mps2(f, n, k, accel), w)
    n[k, col.T] = n[i, col.T]
    x, y = motion.offset(f, k, f[i, col.LON], f[i, col.LAT])
    motion.correct(f, k, 0, x, y, f[i, col.EE], f[i, col.EN], f[i, col.NN], w)
    motion.correct(f, k, 2, f[i, col.VE], f[i, col.VN], f[i, col.VEVE], f[i, col.VEVN], f[i, col.VNVN], w)
