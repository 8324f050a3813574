"""Who hears whom: what each receiving station covers, learned from the traffic, and positions that contradict it.

A vessel is heard by the stations around her. One whose messages come only through stations that never hear her stated
waters, while a station that does hear these waters, and hears others there now, never gets her, is not where she says.
No list of stations is needed: a cell of a station's coverage is one in which it has heard three different hulls.
Logs that name no station, or one, teach nothing and accuse nobody.
"""

import zlib
from collections import deque

import numpy as np

from risk.ledger import Ledger
from vts.units import DAY, MINUTE, S

ROWS, COLUMNS = 1_800, 3_600  # cells of a tenth of a degree: six miles, a tenth of a station's reach
HULLS = 3  # ours: one false position, or two, makes no coverage
LEARN_MIN = 30.0  # ours: a station heard for less is not known yet
WINDOW_MIN = 10.0  # ours: of receptions that are judged
LEAST = 5  # ours: receptions in the window
KEEP_DAYS = 30
LATE_S = 5.0  # a reception that comes later after its own feed's clock is not used: no batching may change the rest


class Hearing:
    """Coverage by station, and who contradicts it; fed by `tap`, asked by `step`."""

    def __init__(self):
        self.cover = Ledger(t_ns="i8", hulls="u8")  # by station and cell
        self.first = Ledger(t_ns="i8")  # by station
        self.window = np.empty((5, 0), np.int64)  # minute, MMSI, station, cell, receptions
        self.until_ns = -1  # all receptions up to here are learned
        self.minute = -1
        self.suspects = np.empty(0, np.int64)  # MMSI
        # (rx_ns, mmsi, station, cell) arrays, not learned yet; the feed's thread adds them at its end, ours takes them
        self._waiting = deque()

    def tap(self, feed):
        """The batches of a feed, unchanged; what it says of stations is noted. A feed without stations passes."""
        high_ns = -1
        for batch in feed:
            names = getattr(feed, "stations", ())
            if names and hasattr(batch, "lon_deg"):
                high_ns = self._note(feed.heard, names, high_ns)
            yield batch

    def _note(self, heard, names, high_ns):
        """Put receptions in the queue; the feed's clock after them."""
        station = np.array([zlib.crc32(name.encode()) for name in names] + [-1], np.int64)[heard.station]
        clock = np.maximum.accumulate(np.concatenate([[high_ns], heard.rx_ns]))
        on_time = heard.rx_ns >= clock[:-1] - int(LATE_S * S)
        use = on_time & (station >= 0) & (heard.ident >= 0) & np.isfinite(heard.lon_deg) & np.isfinite(heard.lat_deg)
        cell = _cell(heard.lon_deg[use], heard.lat_deg[use])
        self._waiting.append((heard.rx_ns[use], heard.ident[use], station[use], cell))
        return int(clock[-1])

    def step(self, at_ns):
        """MMSIs whose positions contradict what is heard, ascending; looked at once a minute of event time."""
        if at_ns // MINUTE != self.minute:
            self.minute = int(at_ns // MINUTE)
            self._learn(int(at_ns))
            self.suspects = self._judge(at_ns)
        return self.suspects

    def _learn(self, at_ns):
        """Take over the receptions up to now."""
        taken = [self._waiting.popleft() for _ in range(len(self._waiting))]
        joined = [np.concatenate(c) for c in zip(*taken, strict=True)] or [np.empty(0, np.int64)] * 4
        now, later = joined[0] <= at_ns, joined[0] > at_ns
        if later.any():
            self._waiting.appendleft(tuple(c[later] for c in joined))
        now &= joined[0] > self.until_ns
        last_ns = joined[0][now].max(initial=-1)
        self.until_ns = at_ns
        old = self.window[:, self.window[0] > self.minute - WINDOW_MIN]
        heard, count = np.unique(np.stack(joined[1:])[:, now], axis=1, return_counts=True)
        self.window = np.concatenate([old, [np.full(count.size, self.minute), *heard, count]], axis=1)
        mmsi, station, cell = heard
        new = np.setdiff1d(station, self.first.key)
        self.first.put(new, t_ns=last_ns)
        key = station * (ROWS * COLUMNS) + cell
        self.cover.put(np.unique(key), t_ns=last_ns)
        bit = np.uint64(1) << (mmsi * 2_654_435_761 % 2**32 >> 26).astype(np.uint64)
        np.bitwise_or.at(self.cover["hulls"], self.cover.at(key), bit)
        self.cover.keep(~(at_ns - self.cover["t_ns"] > KEEP_DAYS * DAY))

    def _covers(self, station, cell):
        """Whether each station's coverage holds each cell or one beside it."""
        out = np.zeros(np.broadcast(station, cell).shape, bool)
        for beside in _around(cell):
            at = self.cover.at(station * (ROWS * COLUMNS) + beside)
            out |= (at >= 0) & (np.bitwise_count(self.cover["hulls"][at]) >= HULLS) if len(self.cover) else False
        return out

    def _judge(self, at_ns):
        """MMSIs heard only by stations that do not cover where they say they are, and not by a live one that does."""
        minute, mmsi, station, cell, count = self.window
        known = self.first.key[at_ns - self.first["t_ns"] >= LEARN_MIN * MINUTE]
        if known.size < 2 or not mmsi.size:
            return np.empty(0, np.int64)
        who, number = np.unique(mmsi, return_inverse=True)
        strange = np.bincount(number, count) >= LEAST
        strange &= np.bincount(number, ~np.isin(station, known)) == 0
        strange &= np.bincount(number, self._covers(station, cell)) == 0
        out = []
        for m in who[strange]:
            here, since = cell[mmsi == m][-1], minute[mmsi == m][0]
            hers = np.unique(station[mmsi == m])
            near = (mmsi != m) & (minute > since) & np.isin(cell, [c for (c,) in _around(np.array([here]))])
            live = np.setdiff1d(np.intersect1d(station[near], known), hers)
            if live.size and self._covers(live, np.full(live.size, here)).any():
                out.append(m)
        return np.array(out, np.int64)

    def dump(self):
        """The state as lists and ledgers; what waits is read again from the feeds."""
        return {
            "cover": self.cover,
            "first": self.first,
            "window": self.window.tolist(),
            "until_ns": self.until_ns,
            "minute": self.minute,
            "suspects": self.suspects.tolist(),
        }

    @classmethod
    def restore(cls, dumped):
        """The Hearing that `dump` described."""
        hearing = cls()
        hearing.cover, hearing.first = dumped["cover"], dumped["first"]
        hearing.window = np.array(dumped["window"], np.int64).reshape(5, -1)
        hearing.until_ns, hearing.minute = int(dumped["until_ns"]), int(dumped["minute"])
        hearing.suspects = np.array(dumped["suspects"], np.int64)
        return hearing


def _cell(lon_deg, lat_deg):
    """Number of the cell of a tenth of a degree."""
    x = np.floor(lon_deg * 10.0).astype(np.int64) % COLUMNS
    return x * ROWS + np.clip(np.floor((lat_deg + 90.0) * 10.0).astype(np.int64), 0, ROWS - 1)


def _around(cell):
    """The cells themselves and their eight neighbours, nine arrays."""
    x, y = cell // ROWS, cell % ROWS
    return [(x + i) % COLUMNS * ROWS + np.clip(y + j, 0, ROWS - 1) for i in (-1, 0, 1) for j in (-1, 0, 1)]
