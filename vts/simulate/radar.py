"""What radars see: plots timed by the sweep, with what is wrong with them - noise, misses, shadow, clutter, wakes.

A target is illuminated when the beam passes it, so two targets of one rotation are up to a rotation apart in time.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vts.schema import F8, I2, I4, I8, table
from vts.simulate import frame
from vts.units import DEG, S

MOST_M = 127.0  # what the 7 bits of CAT010 I270 hold


@dataclass(frozen=True)
class Radar:
    """One simulated site; angles true, from the site. What the tracker is not told of: bias, clock, shadows."""

    name: str
    lon_deg: float
    lat_deg: float
    height_m: float = 0.0
    sac: int = 1
    sic: int = 1
    period_s: float = 3.0
    pd: float = 0.9
    sigma_range_m: float = 15.0
    sigma_azimuth_deg: float = 0.25
    min_range_m: float = 200.0
    max_range_m: float = 30_000.0
    false_per_scan: float = 20.0
    bias_range_m: float = 0.0
    bias_azimuth_deg: float = 0.0
    clock_s: float = 0.0
    fades: bool = False  # Pd falls with range, the sooner the smaller the ship
    glint: bool = False  # the centre wanders over the ship: 1 sigma = length / 6 along, beam / 6 across
    extended: bool = False  # a ship much longer than the range cell may give more than one plot
    merges: bool = False  # two ships in one resolution cell (40 m, 1 degree) give one plot between them
    wakes: float = 0.0  # probability of a plot in the wake of a fast craft
    clutter_cells: int = 0  # patches of sea clutter that stay for many scans
    shadows: tuple = ()  # (from_deg, to_deg, beyond_m): sectors that nothing is seen in beyond a range
    outages: tuple = ()  # (from_s, to_s)
    bursts: tuple = ()  # (from_s, to_s, false plots per scan)
    jumps: tuple = ()  # (from_s, to_s, how far the clock is ahead then, s)


@table
class Plots(NamedTuple):
    """One row per plot, in order of time within a site."""

    t_ns: I8  # by the site's clock
    site: I2
    ship: I4  # who it was; -1: nobody. Truth, not sent
    range_m: F8
    azimuth_deg: F8
    length_m: F8  # NaN where the site does not measure extent


def scan(radar, site, fleet, motion, rng, scene):
    """Plots of one site over the whole run, quantised as CAT010 sends them (1 m, 360 / 2^16 degree, 1/128 s)."""
    end_s = (motion.steps - 1.0) * 1.0
    begins = np.arange(rng.uniform(0, radar.period_s), end_s - radar.period_s, radar.period_s)
    ship = np.arange(motion.ships)
    grid_t = np.repeat(begins[:, None], motion.ships, axis=1)
    grid_ship = np.broadcast_to(ship, grid_t.shape)
    t = grid_t
    for _ in range(3):  # the target moves while the beam turns to it; the third step is below a microsecond
        x, y, _vx, _vy, heading = motion.at(grid_ship, t)
        _r, azimuth = _polar(radar, scene, x, y)
        t = grid_t + azimuth / 360.0 * radar.period_s
    heard = motion.present(grid_ship, t)
    t, who = t[heard], grid_ship[heard]
    x, y, vx, vy, heading = motion.at(who, t)
    if radar.glint:
        along, across = rng.standard_normal((2, who.size)) / 6.0
        s, c = np.sin(heading * DEG), np.cos(heading * DEG)
        along, across = along * fleet.length_m[who], across * fleet.beam_m[who]
        x, y = x + along * s + across * c, y + along * c - across * s
    parts = [(t, who, x, y, heading)]
    if radar.extended:
        parts.append(_more_of_the_hull(radar, fleet, rng, scene, *parts[0]))
    if radar.wakes > 0:
        parts.append(_wakes(radar, fleet, rng, t, who, x, y, vx, vy, heading))
    t, who, x, y, heading = (np.concatenate(c) for c in zip(*parts, strict=True))
    range_m, azimuth = _polar(radar, scene, x, y)
    seen = rng.random(t.size) < _pd(radar, fleet, range_m, who) * (who >= 0) + radar.pd * (who < 0)
    seen &= (range_m > radar.min_range_m) & (range_m < radar.max_range_m)
    if radar.merges:
        who, range_m, azimuth, gone = _merged(radar, t, who, range_m, azimuth, seen)
        seen &= ~gone
    length = fleet.length_m[who]
    length = np.where(who >= 0, np.maximum(length * (1 + 0.1 * rng.standard_normal(t.size)), 5.0), 20.0)
    true = (t[seen], who[seen], range_m[seen], azimuth[seen], length[seen])
    t, who, range_m, azimuth, length = (
        np.concatenate(c) for c in zip(true, _false(radar, rng, begins), _sea(radar, rng, begins), strict=True)
    )
    range_m = range_m + radar.sigma_range_m * rng.standard_normal(t.size) + radar.bias_range_m
    azimuth_m = azimuth + radar.sigma_azimuth_deg * rng.standard_normal(t.size) + radar.bias_azimuth_deg
    told_m = np.round(range_m)
    keep = ~_hidden(radar, azimuth, range_m, t) & (told_m >= radar.min_range_m) & (told_m <= radar.max_range_m)
    return _plots(site, radar, scene, t, who, range_m, azimuth_m, length, keep)


def _plots(site, radar, scene, t, who, range_m, azimuth, length, keep):
    """The kept plots as a table, quantised and in order of time."""
    t, who, range_m, azimuth, length = (c[keep] for c in (t, who, range_m, azimuth, length))
    order = np.lexsort((who, azimuth, t))
    lsb = 360.0 / 65_536
    ahead_s = np.full(t.size, radar.clock_s)
    for from_s, to_s, jump_s in radar.jumps:
        ahead_s += np.where((t >= from_s) & (t < to_s), jump_s, 0.0)
    clock_ns = np.round((t + ahead_s) * 128).astype(np.int64) * (S // 128)
    return Plots(
        t_ns=(scene.start_ns + clock_ns)[order],
        site=np.full(t.size, site),
        ship=who[order],
        range_m=np.round(range_m)[order],
        azimuth_deg=(np.round(azimuth / lsb) % 65_536 * lsb)[order],
        length_m=np.minimum(np.round(length), MOST_M)[order] if radar.glint else None,
    )


def _polar(radar, scene, x, y):
    """(slant range, azimuth) from the site, through WGS 84."""
    lon, lat = frame.enu_to_lonlat(x, y, scene.lon0_deg, scene.lat0_deg)
    e, n, u = frame.lonlat_to_enu(lon, lat, radar.lon_deg, radar.lat_deg)
    return np.sqrt(e * e + n * n + (u - radar.height_m) ** 2), np.arctan2(e, n) / DEG % 360.0


def _pd(radar, fleet, range_m, who):
    """Probability of detection; where it fades, half of it is left at the range that the ship's length allows."""
    if not radar.fades:
        return np.full(range_m.shape, radar.pd)
    half_m = 6_000.0 * (fleet.length_m[who] / 10.0) ** 0.45
    return radar.pd / (1.0 + (range_m / half_m) ** 6)


def _merged(radar, t, who, range_m, azimuth, seen):
    """(who, range, azimuth, gone) after plots that share a cell have become one, which counts for nobody alone."""
    turn = np.floor((t - azimuth / 360.0 * radar.period_s) / radar.period_s + 0.5)
    gone, taken = np.zeros(t.size, bool), np.zeros(t.size, bool)
    who, range_m, azimuth = who.copy(), range_m.copy(), azimuth.copy()
    rows = np.flatnonzero(seen)
    rows = rows[np.argsort(turn[rows], kind="stable")]
    for group in np.split(rows, np.flatnonzero(np.diff(turn[rows])) + 1):
        off = np.abs((azimuth[group][:, None] - azimuth[group] + 180.0) % 360.0 - 180.0)
        near = (np.abs(range_m[group][:, None] - range_m[group]) < 40.0) & (off < 1.0)
        for a, b in zip(*np.nonzero(np.triu(near, 1)), strict=True):
            one, two = group[a], group[b]
            if not (taken[one] or taken[two]):
                taken[[one, two]] = True
                range_m[one] = (range_m[one] + range_m[two]) / 2
                azimuth[one] += ((azimuth[two] - azimuth[one] + 180.0) % 360.0 - 180.0) / 2
                who[one], gone[two] = -1, True
    return who, range_m, azimuth, gone


def _hidden(radar, azimuth, range_m, t):
    """Plots in a shadow or an outage."""
    hidden = np.zeros(t.size, bool)
    for from_deg, to_deg, beyond_m in radar.shadows:
        hidden |= ((azimuth - from_deg) % 360.0 < (to_deg - from_deg) % 360.0) & (range_m > beyond_m)
    for from_s, to_s in radar.outages:
        hidden |= (t >= from_s) & (t < to_s)
    return hidden


def _scattered(radar, rng, begins, mean):
    """Plots of nobody, even over the disc: `mean` a scan, an array or a number."""
    count = rng.poisson(mean, begins.size)
    total = int(count.sum())
    azimuth = rng.uniform(0, 360.0, total)
    low, high = (radar.min_range_m / radar.max_range_m) ** 2, 1.0
    range_m = radar.max_range_m * np.sqrt(rng.uniform(low, high, total))
    t = np.repeat(begins, count) + azimuth / 360.0 * radar.period_s
    return t, np.full(total, -1), range_m, azimuth, rng.uniform(5, 40, total)


def _false(radar, rng, begins):
    """False plots, and more of them in a burst."""
    mean = np.full(begins.size, radar.false_per_scan)
    for from_s, to_s, burst in radar.bursts:
        mean[(begins >= from_s) & (begins < to_s)] += burst
    return _scattered(radar, rng, begins, mean)


def _sea(radar, rng, begins):
    """Sea clutter: patches of some 400 m near the radar, mostly upwind, whose strength lives for half a minute."""
    if not radar.clutter_cells:
        return tuple(np.empty(0, kind) for kind in (float, np.int64, float, float, float))
    cells = radar.clutter_cells
    upwind = rng.uniform(0, 360.0)
    azimuth0 = upwind + 60.0 * rng.standard_normal(cells)
    range0 = rng.uniform(radar.min_range_m, 6_000.0, cells)
    keep = np.exp(-radar.period_s / 30.0)
    draws = rng.standard_normal((2, begins.size, cells))
    state, strength = draws[:, 0], np.empty((begins.size, cells))
    for k in range(begins.size):
        state = keep * state + np.sqrt(1 - keep * keep) * draws[:, k] if k else state
        strength[k] = 0.5 * (state[0] ** 2 + state[1] ** 2)  # exponential: the texture of K-distributed clutter
    count = rng.poisson(0.4 * strength)
    scan_at, cell = (np.repeat(index, count.ravel()) for index in np.indices(count.shape).reshape(2, -1))
    range_m = range0[cell] + 200.0 * rng.standard_normal(cell.size)  # what is nearer than the minimum is not seen
    across_deg = np.degrees(200.0 / np.maximum(range_m, 500.0))
    azimuth = (azimuth0[cell] + across_deg * rng.standard_normal(cell.size)) % 360.0
    t = begins[scan_at] + azimuth / 360.0 * radar.period_s
    return t, np.full(t.size, -1), range_m, azimuth, rng.uniform(5, 20, t.size)


def _more_of_the_hull(radar, fleet, rng, scene, t, who, x, y, heading):
    """Further plots of long ships: one for each 100 m beyond the first, each with probability one half."""
    extra = np.maximum((fleet.length_m[who] // 100).astype(np.int64) - 1, 0)
    row = np.repeat(np.arange(t.size), extra)
    row = row[rng.random(row.size) < 0.5]
    along = rng.uniform(-0.5, 0.5, row.size) * fleet.length_m[who[row]]
    s, c = np.sin(heading[row] * DEG), np.cos(heading[row] * DEG)
    return t[row], who[row], x[row] + along * s, y[row] + along * c, heading[row]


def _wakes(radar, fleet, rng, t, who, x, y, vx, vy, heading):
    """Plots of nobody one to four lengths behind what runs faster than 18 kn."""
    fast = (np.hypot(vx, vy) > 9.3) & (rng.random(t.size) < radar.wakes)
    back = fleet.length_m[who[fast]] * rng.uniform(1.0, 4.0, int(fast.sum()))
    s, c = np.sin(heading[fast] * DEG), np.cos(heading[fast] * DEG)
    return t[fast], np.full(back.size, -1), x[fast] - back * s, y[fast] - back * c, heading[fast]
