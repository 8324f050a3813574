"""Radar video to plots: revolutions assembled, GO-CFAR with a guard as long as a ship, clutter map, land mask.

Which radial a target lies in and how many cells it fills is left to components over range and azimuth; what is a
vessel is left to fusion (M of N). Video is taken as linear amplitude; `power_table(256, "log", 0.3)` serves
logarithmic video. A plot holds for the instant when the beam crossed its centre.
"""

import functools
import math

import numpy as np

from vts.radar import extract_kernels as kernels
from vts.radar import land, project
from vts.radar.site import in_sight
from vts.schema import RADAR_PLOT, Rejects, Reports

_MOST_CELLS = 1 << 14  # with 4,096 azimuths a scan is 64 MB at most
_MOST_RUNS = 1 << 21
_GRIDS = 4  # ranges that one antenna may switch between


@functools.cache
def go_cfar_factor(false_alarm, reference):
    """Factor on the greater mean of two windows of `reference` cells that gives a false-alarm rate in Rayleigh clutter.

    Square law; the probability is that of Hansen and Sawyers (1980) for greatest-of: with T = factor / N,
    2 (1 + T)^-N - 2 sum_{i<N} C(N + i - 1, i) (2 + T)^-(N + i).
    """

    def rate(factor):
        t, n = factor / reference, reference
        total = sum(math.comb(n + i - 1, i) * (2.0 + t) ** -(n + i) for i in range(n))
        return 2.0 * (1.0 + t) ** -n - 2.0 * total

    low, high = 0.0, 1e4
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if rate(middle) > false_alarm else (low, middle)
    return high


def power_table(levels=256, law="linear", db_per_step=0.0):
    """Power of each amplitude: its square, or 10^(amplitude x db_per_step / 10) for logarithmic video; 0 stays 0."""
    amplitude = np.arange(levels, dtype=np.float64)
    if law == "linear":
        return amplitude * amplitude
    power = 10.0 ** (amplitude * db_per_step / 10.0)
    power[0] = 0.0
    return power


class Extractor:
    """Plots of one site's radials, revolution after revolution; `rejects` counts plots left out and lost scans."""

    def __init__(
        self, site, *, azimuths=4096, false_alarm=1e-5, ship_m=400.0, reference=32, join_m=30.0, beam_deg=None,
        least_cells=4, least_rows=2, longest_m=600.0, clutter_factor=4.0, clutter_gain=0.1, law="linear",
        db_per_step=0.0, not_searched=None,
    ):  # fmt: skip
        """`ship_m` is the longest hull that must not hide itself in its own threshold: the guard is that long.

        `not_searched` is a list of rings ((n, 2) lon, lat; even-odd) of land (vts/radar/land.py); `beam_deg` is taken
        off widths.
        """
        self.site = site
        self.rejects = Rejects(site.name)
        self.azimuths = azimuths
        self._factor = go_cfar_factor(false_alarm, reference)
        self._ship_m, self._reference, self._join_m = ship_m, reference, join_m
        self._beam_deg = 360.0 / azimuths if beam_deg is None else beam_deg
        self._least_cells, self._least_rows, self._longest_m = least_cells, least_rows, longest_m
        self._clutter_factor, self._clutter_gain = clutter_factor, clutter_gain
        self._law, self._db_per_step = law, db_per_step
        self._land = not_searched
        self._grids = {}

    def plots(self, radials):
        """Reports of every revolution that these radials completed."""
        parts = []
        for cell_m in dict.fromkeys(np.round(radials.cell_m, 6).tolist()):
            grid = self._grid(cell_m)
            which = np.flatnonzero(np.round(radials.cell_m, 6) == cell_m)
            if grid is None:
                self.rejects.add("radial of a fifth range", which.size)
                continue
            parts += grid.add(radials, which)
        return Reports.concat(parts)

    def finish(self):
        """Reports of the revolutions that the recording left unfinished."""
        return Reports.concat([grid.finish() for grid in self._grids.values()])

    def _grid(self, cell_m):
        """The scan with this cell length; an antenna may switch between a few."""
        if cell_m not in self._grids and len(self._grids) < _GRIDS:
            self._grids[cell_m] = _Scan(self, cell_m)
        return self._grids.get(cell_m)

    def extract(self, scan, row_ns, cell_m, clutter, land):
        """(Reports, clutter runs) of one scan (azimuths, cells) whose row k was seen at row_ns[k]."""
        power = power_table(65_536 if scan.dtype == np.uint16 else 256, self._law, self._db_per_step)
        guard = int(min(max(math.ceil(self._ship_m / cell_m), 2), 256))
        join = int(min(max(round(self._join_m / cell_m), 0), 8))
        runs, row_at = np.empty((_MOST_RUNS // 16, 3), np.int64), np.empty(len(scan) + 1, np.int64)
        n = -1
        while n < 0:
            n = kernels.detect(
                scan, power, row_ns, guard, self._reference, self._factor, land, clutter, self._clutter_factor, join,
                runs, row_at,
            )  # fmt: skip
            if n < 0 and len(runs) >= _MOST_RUNS:
                self.rejects.add("scan that is all target", 1, f"site {self.site.name}: over {_MOST_RUNS} echoes")
                return Reports.empty(), np.empty((0, 3), np.int64)
            runs = np.empty((len(runs) * 4, 3), np.int64) if n < 0 else runs
        runs = runs[:n]
        sums = np.empty((n, kernels.SUMS))
        found = kernels.components(scan, power, runs, row_at, join, np.empty(n, np.int64), sums)
        return self._reports(sums[:found], row_ns, cell_m), runs

    def _reports(self, sums, row_ns, cell_m):
        """Reports of the components that have a ship's size."""
        sums = sums[(sums[:, kernels.COUNT] >= self._least_cells) & (sums[:, kernels.ROWS] >= self._least_rows)]
        n = len(sums)
        cell, row, length, width, axis = np.empty((5, n))
        kernels.describe(sums, self.azimuths, cell_m, self._beam_deg, cell, row, length, width, axis)
        ship = length <= self._longest_m
        self.rejects.add("echo longer than a ship", np.count_nonzero(~ship))
        cell, row, length, width = cell[ship], row[ship], length[ship], width[ship]
        t_ns = row_ns[(row.astype(np.int64)) % self.azimuths]
        self.rejects.add("no time", np.count_nonzero(t_ns <= 0))
        timed = t_ns > 0
        rng = (cell * cell_m)[timed]
        az = ((row + 0.5) * 360.0 / self.azimuths % 360.0)[timed]
        t_ns, length, width = t_ns[timed], length[timed], width[timed]
        order = np.lexsort((az, rng, t_ns))
        return self._placed(t_ns[order], rng[order], az[order], length[order], width[order])

    def _placed(self, t_ns, rng, az, length, width):
        """Reports of range and azimuth."""
        site, n = self.site, len(rng)
        major, minor, axis, lon, lat = np.full((5, n), np.nan)
        none = np.full(n, np.nan)
        project.place(
            np.zeros(n, np.int64), np.full(n, site.lon_deg), np.full(n, site.lat_deg), np.array([site.height_m]),
            np.array([site.sigma_range_m]), np.array([site.sigma_azimuth_deg]), rng, az, none, none, lon, lat,
            major, minor, axis,
        )  # fmt: skip
        late_ns = round((site.latency_s + site.clock_offset_s) * 1e9)
        reports = Reports(
            t_ns=t_ns - late_ns, rx_ns=t_ns, sensor=np.full(n, site.sensor), kind=np.full(n, RADAR_PLOT), lon_deg=lon,
            lat_deg=lat, range_m=rng, azimuth_deg=az, major_m=major, minor_m=minor, axis_deg=axis, length_m=length,
            width_m=width, seq=np.arange(n),
        )  # fmt: skip
        return in_sight(reports, (site,), self.rejects, first_sensor=site.sensor)

    def land_bits(self, cells, cell_m):
        """Bits (azimuths, cells / 8) of the cells that lie on land; of size 0 without land."""
        if not self._land:
            return np.empty((0, 0), np.uint8)
        bits = np.zeros((self.azimuths, -(-cells // 8)), np.uint8)
        edges, on_land = land.around(self._land, self.site.lon_deg, self.site.lat_deg, cells * cell_m)
        kernels.shade(edges, on_land, self.azimuths, cell_m, 0.5 * cell_m, bits)
        return bits


class _Scan:
    """One revolution in the making, at one cell length."""

    def __init__(self, extractor, cell_m):
        self._x = extractor
        self._cell_m = cell_m
        self._image = np.zeros((extractor.azimuths, 0), np.uint8)
        self._row_ns = np.full(extractor.azimuths, -1, np.int64)
        self._clutter = np.empty((0, 0))
        self._land = np.empty((0, 0), np.uint8)
        self._last_row = -1

    def add(self, radials, which):
        """[Reports] of the revolutions that these radials complete."""
        n_az = self._x.azimuths
        first = np.floor(radials.start_deg[which] * n_az / 360.0 + 0.5).astype(np.int64)
        sweep = (radials.end_deg[which] - radials.start_deg[which]) % 360.0
        backwards = sweep > 180.0
        last = np.floor((radials.start_deg[which] + np.where(backwards, sweep - 360.0, sweep)) * n_az / 360.0 + 0.5)
        rows = np.abs(last.astype(np.int64) - first)
        first = np.minimum(first, last.astype(np.int64)) % n_az
        rows = np.maximum(rows, 1)  # STARTAZ == ENDAZ: as wide as a row; `mend` closes what that leaves open
        wide = rows > n_az // 8
        self._x.rejects.add("radial wider than 45 degrees", np.count_nonzero(wide))
        first, rows, which = first[~wide], rows[~wide], which[~wide]
        if not which.size:
            return []
        before = np.concatenate(([self._last_row if self._last_row >= 0 else first[0]], first[:-1]))
        north = np.flatnonzero(np.abs(first - before) > n_az // 2)
        found, at = [], 0
        for stop in [*north, len(which)]:
            if stop > at:
                self._paint(radials, which[at:stop], first[at:stop], rows[at:stop])
            if stop < len(which):
                found.append(self.finish())
            at = stop
        self._last_row = int(first[-1])
        return found

    def _paint(self, radials, which, first, rows):
        """Lay radials into the image, which grows to the longest."""
        most = int((radials.first_cell[which] + radials.count[which]).max())
        wanted = min(-(-most // 16) * 16, _MOST_CELLS)
        self._x.rejects.add("cells beyond the longest scan", np.count_nonzero(most > _MOST_CELLS))
        cells = radials.cells
        dtype = np.promote_types(self._image.dtype, cells.dtype)
        if wanted > self._image.shape[1] or dtype != self._image.dtype:
            larger = np.zeros((self._x.azimuths, max(wanted, self._image.shape[1])), dtype)
            larger[:, : self._image.shape[1]] = self._image * (257 if dtype != self._image.dtype else 1)
            self._image = larger
            self._land = self._x.land_bits(larger.shape[1], self._cell_m)
            self._clutter = np.full((-(-self._x.azimuths // 16), larger.shape[1] // 16), -1.0)
        cells = cells[which] if len(which) < len(cells) else cells
        if cells.dtype != self._image.dtype:
            cells = cells.astype(self._image.dtype) * self._image.dtype.type(257)
        t_ns = np.maximum(radials.t_ns[which], 0)
        kernels.paint(
            cells, radials.count[which], radials.first_cell[which], first, rows, t_ns, self._image, self._row_ns
        )

    def finish(self):
        """Reports of the revolution as it stands; the image is clear again."""
        seen = np.count_nonzero(self._row_ns >= 0)
        reports = Reports.empty()
        if seen and seen < self._x.azimuths // 8:
            self._x.rejects.add("revolution mostly lost", 1)
        elif seen:
            kernels.mend(self._image, self._row_ns, max(2, self._x.azimuths // 512))
            reports, runs = self._x.extract(self._image, self._row_ns, self._cell_m, self._clutter, self._land)
            kernels.learn_clutter(
                self._image, power_of(self._x, self._image), runs, self._row_ns, self._x._clutter_gain, self._clutter
            )
        self._image[:] = 0
        self._row_ns[:] = -1
        return reports


def power_of(extractor, image):
    """The power table of an extractor for an image's type."""
    return power_table(65_536 if image.dtype == np.uint16 else 256, extractor._law, extractor._db_per_step)
