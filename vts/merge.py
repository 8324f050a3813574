"""Event-time merge of many feeds: one order, whatever the batching and however many feeds the reports came in.

A report measured at t and received at r takes its place at max(t, r - lateness): in the order of measurement as long
as it came within the stated lateness, and otherwise as soon as it could be known. That place is a function of the
report alone, so neither batches nor the order of feeds can change it.
"""

import numpy as np

from vts.schema import Rejects, Reports, Statics
from vts.units import HOUR, S

JUMP_NS = HOUR  # a forward step over this must be confirmed by the feed's next report, else it is a clock error
MAX_NS = 4_102_444_800 * S  # 2100-01-01; a time outside 1980 to this is a clock error
MIN_NS = 315_532_800 * S
CHUNK = 65_536
LEAST_RUN = 64  # rows that are judged at once after a jump of a clock, doubled while there is none


class Merged:
    """An iterator over Reports and Statics batches in event-time order; `rejects` counts the reports left out."""

    def __init__(self, feeds, lateness_ns):
        self.rejects = Rejects("merge")
        self.feeds = [_Feed(feed, lateness_ns, self.rejects) for feed in feeds]

    def __iter__(self):
        """Batches of one kind each; within and across batches the place in time never steps back."""
        while any(not feed.done for feed in self.feeds):
            behind = min((feed for feed in self.feeds if not feed.done), key=lambda feed: feed.safe_ns)
            behind.pull()
            safe_ns = min((feed.safe_ns for feed in self.feeds if not feed.done), default=MAX_NS + 1)
            if behind.done or sum(feed.held for feed in self.feeds) >= CHUNK or safe_ns > MAX_NS:
                yield from self._release(safe_ns)
        yield from self._release(MAX_NS + 1)

    def _release(self, safe_ns):
        """Everything whose place is before `safe_ns`, sorted."""
        reports, places = _gather([feed.take(Reports, safe_ns) for feed in self.feeds], Reports)
        statics, static_places = _gather([feed.take(Statics, safe_ns) for feed in self.feeds], Statics)
        self.rejects.used += reports.n
        yield from _interleave(reports, places, statics, static_places)


def merge(feeds, *, lateness_s=5.0):
    """Reports and Statics of all feeds in event-time order, as an iterable of batches with a `rejects`.

    `feeds` are iterables of Reports or Statics batches, each roughly in order of reception; a report that lies more
    than `lateness_s` behind its own feed's clock is counted as "late", one outside 1980-2100 or alone with a forward
    step of an hour as "clock". A single feed may be given bare.
    """
    if isinstance(feeds, Reports) or not isinstance(feeds, list | tuple):
        feeds = [feeds]
    feeds = [[feed] if isinstance(feed, Reports | Statics) else feed for feed in feeds]
    return Merged(feeds, int(lateness_s * S))


class _Feed:
    """One source: what it has given and not yet released, and the time before which it will give nothing more."""

    def __init__(self, batches, lateness_ns, rejects):
        self._batches = iter(batches)
        self._lateness_ns = lateness_ns
        self._rejects = rejects
        self._high_ns = MIN_NS
        self._waiting = None  # the last report, until the next confirms its clock
        self._unplaced = []  # statics whose neighbours in the source have not been judged yet
        self._held = {Reports: [], Statics: []}  # [(places, table)]
        self.held = 0
        self.done = False

    @property
    def safe_ns(self):
        # a report up to `lateness` behind the clock is kept, and its place may be `lateness` before its reception
        return self._high_ns - 2 * self._lateness_ns

    def pull(self):
        """Read one batch; at the end of the feed, judge what waited."""
        batch = next(self._batches, None)
        if batch is None:
            self.done = True
            self._admit(self._waiting or Reports.empty(), last=True)
        elif isinstance(batch, Statics):
            sane = (batch.t_ns >= MIN_NS) & (batch.t_ns <= MAX_NS)
            self._rejects.add("clock (static data)", np.count_nonzero(~sane))
            self._unplaced.append(batch.take(sane))
        elif batch.n:
            self._admit(batch if self._waiting is None else Reports.concat([self._waiting, batch]))

    def _admit(self, batch, last=False):
        """Keep what has a believable time; the newest row waits, so that batches cannot change the judgement."""
        rx = np.where(batch.rx_ns >= 0, batch.rx_ns, batch.t_ns)
        sane = (rx >= MIN_NS) & (rx <= MAX_NS) & (batch.t_ns >= MIN_NS) & (batch.t_ns <= MAX_NS)
        self._rejects.add("clock", np.count_nonzero(~sane))
        batch, rx = _those(batch, sane), rx[sane]
        if not last:
            self._waiting = batch.take(slice(-1, None)) if batch.n else self._waiting
        judged = batch.n if last else max(batch.n - 1, 0)
        before_ns = self._high_ns
        verdict, highs = _judge(rx, judged, before_ns, self._lateness_ns)
        if judged:
            self._high_ns = int(highs[-1])
        self._rejects.add("late", np.count_nonzero(verdict == LATE))
        self._rejects.add("clock", np.count_nonzero(verdict == CLOCK))
        chosen = verdict == KEEP
        judged_now = batch if judged == batch.n else batch.take(slice(0, judged))
        place = np.maximum(judged_now.t_ns, rx[:judged] - self._lateness_ns)[chosen]
        self._hold(Reports, place, _those(judged_now, chosen))
        self._place_statics(batch.seq[:judged], np.concatenate(([before_ns], highs)), last)

    def _place_statics(self, seq, highs, last):
        """Give statics their place: their own time, or the clock of the report before them where that is far later."""
        if not self._unplaced:
            return
        statics = Statics.concat(self._unplaced)
        ready = np.ones(statics.n, bool) if last or self._waiting is None else statics.seq <= self._waiting.seq[0]
        chosen = statics.take(ready)
        clock_ns = highs[np.searchsorted(seq, chosen.seq)]
        self._hold(Statics, np.maximum(chosen.t_ns, clock_ns - self._lateness_ns), chosen)
        self._unplaced = [statics.take(~ready)] if not ready.all() else []

    def _hold(self, kind, place, table):
        if table.n:
            self._held[kind].append((place, table))
            self.held += table.n

    def take(self, kind, safe_ns):
        """(places, table) of one kind before safe_ns; the rest stays."""
        held = self._held[kind]
        if not held:
            return np.empty(0, np.int64), kind.empty()
        place = np.concatenate([p for p, _ in held])
        table = kind.concat([t for _, t in held])
        ready = place < safe_ns
        self._held[kind] = [] if ready.all() else [(place[~ready], table.take(~ready))]
        self.held -= int(ready.sum())
        return place[ready], _those(table, ready)


def _those(table, mask):
    """The rows of a mask; the table itself, not copied, where that is all of them."""
    return table if mask.all() else table.take(mask)


KEEP, LATE, CLOCK = 0, 1, 2


def _judge(rx, judged, high, lateness_ns):
    """(verdict, the feed's clock after each) for the first `judged` rows; later rows only confirm or refute a jump."""
    verdict, highs = np.full(judged, KEEP), np.empty(judged, np.int64)
    at, run = 0, LEAST_RUN
    while at < judged:
        stop = min(at + run, judged)
        clock = np.maximum.accumulate(np.concatenate(([high], rx[at:stop])))
        jumps = rx[at:stop] - clock[:-1] > JUMP_NS
        jump = bool(jumps.any())
        if jump:
            stop = at + int(jumps.argmax())
        highs[at:stop] = clock[1 : stop - at + 1]
        verdict[at:stop][rx[at:stop] < clock[: stop - at] - lateness_ns] = LATE
        at, high, run = stop, int(clock[stop - at]), 2 * run
        if jump:
            if at + 1 < rx.size and rx[at] - rx[at + 1] > JUMP_NS:
                verdict[at] = CLOCK
            else:
                high = int(rx[at])
            highs[at] = high
            at, run = at + 1, LEAST_RUN
    return verdict, highs


def _order(table, place):
    """The one order of these rows: by place, then time, then every column, so that equal places have one order too."""
    rest = (column for column in table if column is not table.t_ns)
    keys = (place, table.t_ns, *(c.view(np.int64) if c.dtype.kind == "f" else c for c in rest))
    rank = np.argsort(place, kind="stable")
    tied = np.arange(place.size)
    told = 1  # keys by which rank is in order; each further one is asked of those only that are still alike
    while told < len(keys):
        rows = rank[tied]
        alike = np.ones(max(rows.size - 1, 0), bool)
        for key in keys[:told]:
            alike &= key[rows[1:]] == key[rows[:-1]]
        again = np.zeros(rows.size, bool)
        again[1:] |= alike
        again[:-1] |= alike
        if not again.any():
            break
        tied, rows = tied[again], rows[again]
        told = min(2 * told + 1, len(keys))
        rank[tied] = rows[np.lexsort([key[rows] for key in reversed(keys[:told])])]
    return rank


def _gather(parts, kind):
    """One sorted table of the parts, and its places."""
    place = np.concatenate([p for p, _ in parts])
    table = kind.concat([t for _, t in parts])
    if not place.size:
        return kind.empty(), place
    rank = _order(table, place)
    return table.take(rank), place[rank]


def _interleave(reports, places, statics, static_places):
    """Batches in order of place; at one instant reports come before statics."""
    if not statics.n:
        if reports.n:
            yield reports
        return
    cut = np.searchsorted(places, static_places, side="right")
    start = 0
    at = 0
    while at < statics.n:
        stop = cut[at]
        if stop > start:
            yield reports.take(slice(start, stop))
            start = stop
        same = at + np.searchsorted(cut[at:], cut[at], side="right")
        yield statics.take(slice(at, same))
        at = same
    if start < reports.n:
        yield reports.take(slice(start, None))
