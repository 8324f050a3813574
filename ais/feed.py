"""`ais.read`: a log to Statics and Reports batches, by the fast lane."""

import contextlib
import datetime
import os
from collections import deque
from typing import NamedTuple

import numpy as np

from ais import columns, envelope, tables
from ais.intake import Intake, opened, recorded
from vts.ahead import Ahead
from vts.errors import LogError, UsageError
from vts.files import chunks
from vts.radar.pcap import MAGICS
from vts.schema import AIS_A, AIS_ATON, AIS_B, AIS_BASE, AIS_LONG_RANGE, AIS_SAR, AIS_SENSOR, Rejects, Reports, Statics
from vts.units import MINUTE, S

HEARD_NS = 15 * S  # a position is older than this at its reception only by a clock error: then it counts as received
ACCURATE_M, COARSE_M = 10.0, 30.0
TWO_CORES_BYTES = 64 << 20
PAST_ROWS = 131_072  # reports that a further reception may be of: the decoder remembers 65,536 messages
LONG_RANGE_M = 185.2 / 12**0.5
KIND = np.full(32, -1, np.int8)
KIND[[1, 2, 3, 11]] = AIS_A
KIND[[18, 19]] = AIS_B
KIND[4], KIND[21], KIND[9], KIND[27] = AIS_BASE, AIS_ATON, AIS_SAR, AIS_LONG_RANGE


def measured_ns(rx_ns, second):
    """When each position was measured, shape (n,): the last instant before reception that ends in its time stamp.

    A message carries only the second of the minute (M.1371-5 table 47). Receivers stamp within a few seconds; an
    answer more than 15 s before reception means that one of the clocks is wrong, or that the log's own resolution has
    cut the reception to before the measurement, and then (as for time stamps of 60 and above) reception is taken.
    """
    t_ns = rx_ns - rx_ns % MINUTE + second.astype(np.int64) * S
    t_ns -= np.where(t_ns > rx_ns, MINUTE, 0)
    return np.where((second < 60) & (rx_ns - t_ns <= HEARD_NS), t_ns, rx_ns)


def reports(fixes):
    """Reports of Fixes: units, and NaN for every "not available" of M.1371-5.

    The error ellipse is the accuracy flag's: 10 m when set; 30 m otherwise, which says "worse than 10 m" and is our
    choice (an uncorrected GNSS fix with the antenna's offset unknown). Type 27 is cut to 0.1 minute: the standard
    deviation of a uniform 185 m.
    """
    kind = fixes.kind & 31
    degree = 1 / 600_000
    bad = (np.abs(fixes.lon) > 180 * 600_000) | (np.abs(fixes.lat) > 90 * 600_000)
    sigma_m = np.where(fixes.kind & columns.ACCURATE, ACCURATE_M, COARSE_M)
    sigma_m = np.where(kind == 27, np.maximum(sigma_m, LONG_RANGE_M), sigma_m)
    turn = np.abs(fixes.rot.astype(np.float64))
    turn = np.where(turn == 128, np.nan, np.where(turn == 127, np.inf, (turn / 4.733) ** 2))
    return Reports(
        t_ns=measured_ns(fixes.rx_ns, fixes.second),
        rx_ns=fixes.rx_ns,
        sensor=AIS_SENSOR,
        kind=KIND[kind],
        ident=fixes.mmsi,
        lon_deg=np.where(bad, np.nan, fixes.lon * degree),
        lat_deg=np.where(bad, np.nan, fixes.lat * degree),
        sog_kn=np.where(fixes.sog == columns.NO_SOG, np.nan, fixes.sog / 10),
        cog_deg=np.where(fixes.cog >= columns.NO_COG, np.nan, fixes.cog / 10),
        heading_deg=np.where(fixes.heading >= 360, np.nan, fixes.heading),
        rot_deg_min=np.copysign(turn, fixes.rot),
        nav_status=np.where(fixes.status > 15, -1, fixes.status.astype(np.int8)),
        major_m=sigma_m,
        minor_m=sigma_m,
        axis_deg=0.0,
        seq=fixes.seq,
    )


def statics(parts):
    """Statics of Particulars: units, "" and NaN and -1 for what was not sent or not available."""
    along = parts.to_bow.astype(np.float64) + parts.to_stern
    across = parts.to_port.astype(np.float64) + parts.to_starboard
    no_ship = (parts.ship_type == 0) | (parts.kind == 21)
    # A = C = 0 with B and D given: the size is known, the antenna's place is not (M.1371-5 figure 41)
    placed = ~((parts.to_bow == 0) & (parts.to_port == 0))
    return Statics(
        mmsi=parts.mmsi,
        t_ns=parts.rx_ns,
        imo=np.where(parts.imo == 0, -1, parts.imo.astype(np.int64)),
        ship_type=np.where(no_ship, -1, parts.ship_type.astype(np.int16)),
        length_m=np.where(along > 0, along, np.nan),
        beam_m=np.where(across > 0, across, np.nan),
        to_bow_m=np.where(placed & (along > 0), parts.to_bow, np.nan),
        to_port_m=np.where(placed & (across > 0), parts.to_port, np.nan),
        draught_m=np.where(parts.draught == 0, np.nan, parts.draught / 10),
        name=_text(parts.name),
        callsign=_text(parts.callsign),
        destination=_text(parts.destination),
        eta=_eta(parts.eta),
        seq=parts.seq,
    )


def _text(rows):
    """(n, width) ASCII as a text column."""
    width = rows.shape[1]
    return np.ascontiguousarray(rows).view(f"S{width}")[:, 0].astype(f"U{width}")


def _eta(eta):
    """MM-DDTHH:MM; "" where month or day is not given; an hour of 24 or a minute of 60 is left as sent."""
    out = np.zeros(eta.size, "U11")
    for row in np.flatnonzero((eta >> 16 & 15 > 0) & (eta >> 11 & 31 > 0)):
        e = int(eta[row])
        out[row] = f"{e >> 16 & 15:02d}-{e >> 11 & 31:02d}T{e >> 6 & 31:02d}:{e & 63:02d}"
    return out


def start_ns(start):
    """UTC ns of what a user gives as a start: ISO 8601 text, a datetime (naive is UTC), or ns."""
    if isinstance(start, int | np.integer):
        return int(start)
    if isinstance(start, str):
        try:
            start = datetime.datetime.fromisoformat(start)
        except ValueError as error:
            raise UsageError(f"start {start!r} is not a time; write it as 2026-01-31T08:00:00Z") from error
    if not isinstance(start, datetime.datetime):
        raise UsageError(f"start {start!r} is not a time; write it as 2026-01-31T08:00:00Z")
    if start.tzinfo is None:
        start = start.replace(tzinfo=datetime.UTC)
    since = start - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    return (since.days * 86_400 + since.seconds) * S + since.microseconds * 1000


class Clock:
    """Times for messages that carry none: `start`, then one every 1/rate s."""

    def __init__(self, start=None, rate=None):
        if rate is not None and not 0 < rate < 1e9:
            raise UsageError(f"rate {rate!r} is not a number of messages a second above 0; try 10")
        self.start_ns = None if start is None else start_ns(start)
        self.step_ns = S / (rate or 10.0)
        self.given = 0

    def fill(self, rx_ns, bare):
        """Give the messages that `bare` marks their times, in place."""
        rows = np.flatnonzero(bare)
        rx_ns[rows] = self.start_ns + ((self.given + np.arange(rows.size)) * self.step_ns).astype(np.int64)
        self.given += rows.size


class Wire:
    """An iterable of (Fixes, Particulars, Receptions), wire integers as sent; the arrays are the caller's to keep.

    `merge`: of one transmission received by several stations only the first is kept, the others are Receptions.
    `cores`: 2 finds sentences in a thread of its own; None does so for a large file. The rows are the same.
    """

    def __init__(self, source, *, start=None, rate=None, keep_bad=False, merge=True, size=1 << 20, cores=None):
        self.intake = Intake(source, keep_bad=keep_bad, size=size)
        self.merge = merge
        self.clock = Clock(start, rate)
        self._seen = columns.unseen()
        self._tally = envelope.tally()
        self._timed = False
        large = self.intake.chunks.bytes_total > TWO_CORES_BYTES
        self.two_cores = (large and (os.cpu_count() or 1) > 1) if cores is None else cores > 1

    def __iter__(self):
        return self.over(self.intake.blocks())

    def over(self, blocks):
        """The same of these blocks."""
        intake = self.intake
        work = intake.over(blocks)
        # kernels hold no lock: one core finds the sentences while the other decodes those found before
        with Ahead(work, 1, "ais intake") if self.two_cores else contextlib.nullcontext(work) as found:
            yield from self._decoded(found)
        if not self._timed and intake.rejects.counts.get(envelope.REASONS[envelope.NO_TIME]):
            raise LogError(
                f"{intake.chunks.name}: no message carries a time; give the time of the first with --start "
                "and the messages a second with --rate"
            )

    @property
    def lines(self):
        """{station: {reason or "used": lines}}; "" holds the lines that named none."""
        names, rejects = self.intake.stations, self.intake.rejects
        rows = self.intake.state.tally[: len(names)].astype(np.int64) + self._tally[: len(names)]
        said = [dict(zip(envelope.REASONS, row, strict=True)) for row in rows.tolist()]
        rest = {"used": rejects.used, **rejects.counts}
        nameless = {why: n - sum(row.get(why, 0) for row in said) for why, n in rest.items()}
        given = dict(zip(names, said, strict=True)) | {"": nameless}
        return {name: {why: n for why, n in row.items() if n} for name, row in given.items()}

    def _decoded(self, found):
        """Wire tables of each Held."""
        intake = self.intake
        fixes, parts = columns.rooms(0)
        heard = columns.receptions(0)
        for held in found:
            room = len(held.frames.at)
            if len(fixes.mmsi) < room:
                (fixes, parts), heard = columns.rooms(room), columns.receptions(room)
            self._time(held)
            n_fix, n_part, n_heard = columns.decode(
                held.buf,
                held.n,
                held.base,
                held.joined,
                held.frames,
                held.rows,
                self.merge,
                self._seen,
                held.counts,
                held.firsts,
                self._tally,
                fixes,
                parts,
                heard,
            )
            intake.settle(held)
            yield _first(fixes, n_fix), _first(parts, n_part), _first(heard, n_heard)

    def _time(self, held):
        """Times for messages without one, or their rejection."""
        frames = held.frames
        at, rx_ns = frames.at[: held.rows], frames.rx_ns[: held.rows]
        bare = rx_ns == envelope.NONE
        self._timed = self._timed or not bare.all()
        if not bare.any():
            return
        bare &= at >= 0
        if self.clock.start_ns is not None:
            self.clock.fill(rx_ns, bare)
        elif bare.any():
            held.counts[envelope.NO_TIME] += int(frames.parts[: held.rows][bare].sum())
            held.firsts[envelope.NO_TIME] = max(int(frames.seq[: held.rows][bare][0] - held.base), 0)
            at[bare] = envelope.SKIP


def _first(table, rows):
    """The first rows of a room, as arrays of their own."""
    return type(table)(*(column[:rows].copy() for column in table))


class Heard(NamedTuple):
    """Who received which position report: one row a reception, in the order of the lines."""

    station: np.ndarray  # row of the feed's `stations`, -1 where the line named none
    first: np.ndarray  # whether it is this reception that became the report
    line: np.ndarray  # its place in the source
    rx_ns: np.ndarray
    ident: np.ndarray  # this and what follows as in Reports
    t_ns: np.ndarray
    lon_deg: np.ndarray
    lat_deg: np.ndarray


class Feed:
    """An iterable of Statics and Reports batches; `seq` ascends over both within a chunk, Statics first.

    `rejects` counts lines, or rows of a table; `bytes_done` of `bytes_total` (0: unknown) is the progress; `stations`
    names the receivers, and `heard` says who of them received what of the chunk just given.
    """

    def __init__(self, source, *, start=None, rate=None, keep_bad=False, merge=True, mapping=None):
        self.chunks = chunks(source)
        self._options = {"start": start, "rate": rate, "keep_bad": keep_bad, "merge": merge}
        self._mapping = mapping
        self._lane = None
        self.rejects = Rejects(self.chunks.name)
        self._past = deque()  # what `heard` needs of this and earlier chunks
        self._give(Reports.empty(), np.empty(0, np.uint16), columns.receptions(0))
        Clock(start, rate)  # what cannot be used is refused before the first byte is read

    bytes_done = property(lambda self: self.chunks.bytes_done)
    bytes_total = property(lambda self: self.chunks.bytes_total)

    def __iter__(self):
        self.rejects.__init__(self.chunks.name)  # one object for whoever holds it, counted anew on each run
        first, blocks = opened(self.chunks)
        if self._mapping is not None or tables.is_table(first):
            self._lane = tables.Table(self.chunks, self._mapping)
            self._lane.rejects = self.rejects
            for batch in self._lane.over(blocks):
                if isinstance(batch, Reports):
                    self._give(batch, np.full(batch.n, columns.NONE_STATION), columns.receptions(0))
                yield batch
            return
        self._lane = Wire(self.chunks, **self._options)
        self._lane.intake.rejects = self.rejects
        for fixes, parts, further in self._lane.over(recorded(blocks) if first[:4] in MAGICS else blocks):
            batch = reports(fixes)
            self._give(batch, fixes.station, further)
            if parts.mmsi.size:
                yield statics(parts)
            if batch.n or further.seq.size:  # without a report of its own a chunk may still tell who heard one
                yield batch

    def _give(self, batch, station, further):
        """Keep what tells who heard the batch: Reports, the stations of their lines, further Receptions."""
        self._chunk, self._heard = (batch, station, further), None
        self._past.append((batch.seq, batch.ident, batch.t_ns, batch.lon_deg, batch.lat_deg))
        rows = sum(part[0].size for part in self._past)
        while rows - self._past[0][0].size > PAST_ROWS:
            rows -= self._past.popleft()[0].size

    @property
    def heard(self):
        """Heard of the chunk just given: its own reports, and further receptions of these and of earlier ones."""
        if self._heard is None:
            batch, station, further = self._chunk
            own = (station, np.ones(batch.n, bool), batch.seq, batch.rx_ns, *self._past[-1][1:])
            if further.seq.size:
                oldest = further.seq.min()
                past = [part for part in self._past if part[0].size and part[0][-1] >= oldest] or [self._past[-1]]
                past = [np.concatenate(column) for column in zip(*past, strict=True)]
                at = np.minimum(np.searchsorted(past[0], further.seq), max(past[0].size - 1, 0))
                known = past[0][at] == further.seq if past[0].size else np.zeros(at.size, bool)  # not of static data
                also = (further.station, np.zeros(at.size, bool), further.line, further.rx_ns)
                also = [*(c[known] for c in also), *(c[at[known]] for c in past[1:])]
                own = [np.concatenate(pair) for pair in zip(own, also, strict=True)]
                order = np.argsort(own[2], kind="stable")
                own = [column[order] for column in own]
            row = own[0].astype(np.int64)
            self._heard = Heard(np.where(row == columns.NONE_STATION, -1, row), *own[1:])
        return self._heard

    @property
    def stations(self):
        """Names of the receivers by the row that `heard` gives."""
        return self._lane.intake.stations if isinstance(self._lane, Wire) else []

    @property
    def lines(self):
        """Lines, or rows of a table, by station and what became of them: {station: {reason or "used": lines}}."""
        if isinstance(self._lane, Wire):
            return self._lane.lines
        return {"": {"used": self.rejects.used, **self.rejects.counts}}
