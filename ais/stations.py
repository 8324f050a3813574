"""What each receiving station gave: lines and why they were not used, rate, silence, delay, vessels, coverage.

A station's delay is from the second at which a ship measured her position, which GNSS keeps for all ships, to the
station's stamp of reception: its median tells a clock that is ahead, its spread a slow line. A stamp that no second of
the position fits, as of a clock behind, gives no delay; `stamped` counts those that do. Coverage is the cells of a
tenth of a degree in which it heard three different hulls (risk.hearing judges positions by the same rule). Logs that
name no station have one row, named "".
"""

from typing import NamedTuple

import numpy as np

from vts.units import MINUTE, S

FOLD_ROWS = 262_144  # receptions that wait to be counted together
BIN_S, FIRST_S, LAST_S = 0.25, -64.0, 64.0  # delays beyond are counted in the outermost bins
BINS = int((LAST_S - FIRST_S) / BIN_S)
HULLS = 3  # ours: one false position, or two, makes no coverage
CELLS = 10  # a degree
MMSI_BITS = 30


class Station(NamedTuple):
    """One station's row; a count is 0 and a number NaN where nothing tells it."""

    station: str
    lines: dict  # {"used" or reason: lines}
    receptions: int  # of position reports, also heard by others before or not
    first: int  # of these those that nobody handed in before
    vessels: int
    first_ns: int
    last_ns: int
    per_min: float
    silence_min: float  # the longest run of whole minutes without a reception
    stamped: int  # receptions that give a delay
    delay_50_s: float
    delay_95_s: float
    coverage_nm2: float
    west_deg: float  # the box around the coverage
    south_deg: float
    east_deg: float
    north_deg: float


class Stations:
    """The stations of one or more feeds; fed by `tap`, asked by `rows`.

    All that it keeps is sums and unions, so no order and no cut of the feeds changes a number. Memory: 4 kB a station,
    16 bytes a pair of station and vessel, of station and cell, and a silence.
    """

    def __init__(self):
        self._feeds = []
        self._row = {}  # {name: row}
        self._names = self._known = None  # of the batch before, and their rows
        self._counts = np.zeros((0, 2), np.int64)  # receptions, first
        self._span = np.zeros((0, 2), np.int64)  # first_ns, last_ns
        self._delays = np.zeros((0, BINS), np.int64)
        self._pairs = np.empty(0, np.int64)  # station << MMSI_BITS | MMSI
        self._cells = np.empty(0, np.int64), np.empty(0, np.uint64)  # station and cell; bits of hulls
        self._minutes = np.empty((2, 0), np.int64)  # first and last of each run of minutes, station << 32 | minute

    def tap(self, feed, batches=None):
        """The batches of a feed (as another tap hands them on), unchanged; what it says of stations is counted."""
        batches = feed if batches is None else batches
        if not hasattr(feed, "heard"):  # a radar's
            yield from batches
            return
        self._feeds.append(feed)
        held, rows = [], 0
        for batch in batches:
            if hasattr(batch, "lon_deg"):
                held.append(self._heard(feed.heard, self._rows_of(feed.stations)))
                rows += held[-1][0].size
                if rows >= FOLD_ROWS:
                    self._fold(*(np.concatenate(c) for c in zip(*held, strict=True)))
                    held, rows = [], 0
            yield batch
        if rows:
            self._fold(*(np.concatenate(c) for c in zip(*held, strict=True)))

    def _heard(self, heard, known):
        """(station, whether first, MMSI, rx_ns, delay bin, cell) of each reception."""
        placed = np.isfinite(heard.lon_deg) & np.isfinite(heard.lat_deg)
        x = np.floor(np.where(placed, heard.lon_deg, 0.0) * CELLS).astype(np.int64) + 180 * CELLS
        y = np.floor(np.where(placed, heard.lat_deg, 0.0) * CELLS).astype(np.int64) + 90 * CELLS
        late_s = (heard.rx_ns - heard.t_ns) / S
        delay = np.clip((late_s - FIRST_S) / BIN_S, 0, BINS - 1).astype(np.int64)
        delay[late_s == 0.0] = -1
        return known[heard.station], heard.first, heard.ident, heard.rx_ns, delay, np.where(placed, x << 12 | y, -1)

    def _rows_of(self, names):
        """Rows here of a feed's stations, then of those without a name."""
        if self._names is not names:
            self._names = names
            self._known = np.array([self._row.setdefault(n, len(self._row)) for n in (*names, "")], np.int64)
        return self._known

    def _fold(self, station, first, mmsi, rx_ns, delay, cell):
        """Count so many receptions."""
        grown = len(self._row) - len(self._counts)
        if grown:
            self._counts = np.pad(self._counts, ((0, grown), (0, 0)))
            self._delays = np.pad(self._delays, ((0, grown), (0, 0)))
            self._span = np.concatenate([self._span, np.tile([np.iinfo(np.int64).max, -1], (grown, 1))])
        self._counts[:, 0] += np.bincount(station, minlength=len(self._row))
        self._counts[:, 1] += np.bincount(station[first], minlength=len(self._row))
        np.add.at(self._delays, (station[delay >= 0], delay[delay >= 0]), 1)
        self._pairs = np.unique(np.concatenate([self._pairs, station << MMSI_BITS | mmsi & (1 << MMSI_BITS) - 1]))
        np.minimum.at(self._span[:, 0], station, rx_ns)
        np.maximum.at(self._span[:, 1], station, rx_ns)
        minute = np.unique(station << 32 | rx_ns // MINUTE)
        first, last = np.concatenate([self._minutes, [minute, minute]], axis=1)
        order = np.argsort(first, kind="stable")
        first, last = first[order], np.maximum.accumulate(last[order])
        new = np.append(True, first[1:] > last[:-1] + 1)
        self._minutes = np.stack([first[new], last[np.append(new[1:], True)]])
        placed = cell >= 0
        key = np.concatenate([self._cells[0], station[placed] << 24 | cell[placed]])
        bit = np.uint64(1) << (mmsi[placed] * 2_654_435_761 % 2**32 >> 26).astype(np.uint64)
        bits = np.concatenate([self._cells[1], bit])
        order = np.argsort(key, kind="stable")
        key, bits = key[order], bits[order]
        begin = np.flatnonzero(np.diff(key, prepend=-1))
        self._cells = key[begin], np.bitwise_or.reduceat(bits, begin) if begin.size else bits

    def rows(self):
        """A Station each, the one with most lines first."""
        lines = {}
        for feed in self._feeds:
            for name, row in feed.lines.items():
                into = lines.setdefault(name, {})
                for why, n in row.items():
                    into[why] = into.get(why, 0) + n
        out = [self._station(name, lines.get(name, {})) for name in {**lines, **self._row}]
        out = [row for row in out if row.lines or row.receptions]
        return sorted(out, key=lambda row: (-sum(row.lines.values()), row.station))

    def _station(self, name, lines):
        at = self._row.get(name, -1)
        if not 0 <= at < len(self._counts) or not self._counts[at, 0]:
            return Station(name, lines, 0, 0, 0, -1, -1, np.nan, np.nan, 0, *[np.nan] * 7)
        first_ns, last_ns = self._span[at].tolist()
        run = self._minutes[:, self._minutes[0] >> 32 == at]
        low, high = np.searchsorted(self._pairs, [at << MMSI_BITS, at + 1 << MMSI_BITS])
        receptions, first = self._counts[at].tolist()
        cells, hulls = self._cells
        mine = cells[(cells >> 24 == at) & (np.bitwise_count(hulls) >= HULLS)] & (1 << 24) - 1
        x, y = (mine >> 12) / CELLS - 180.0, (mine & 0xFFF) / CELLS - 90.0
        side_nm = 60.0 / CELLS
        box = (x.min(), y.min(), x.max() + 1 / CELLS, y.max() + 1 / CELLS) if mine.size else [np.nan] * 4
        return Station(
            name,
            lines,
            receptions,
            first,
            int(high - low),
            first_ns,
            last_ns,
            60.0 * receptions / max((last_ns - first_ns) / S, 1.0),
            float((run[0, 1:] - run[1, :-1] - 1).max(initial=0)),
            int(self._delays[at].sum()),
            *self._delay_s(at),
            float((np.cos(np.radians(y + 0.5 / CELLS)) * side_nm**2).sum()),
            *map(float, box),
        )

    def _delay_s(self, at):
        """The delay that half and 95 % of a station's receptions do not exceed, to a quarter of a second."""
        if not self._delays[at].any():
            return [np.nan, np.nan]
        share = np.cumsum(self._delays[at]) / self._delays[at].sum()
        return [float(FIRST_S + BIN_S * (np.searchsorted(share, p) + 0.5)) for p in (0.5, 0.95)]
