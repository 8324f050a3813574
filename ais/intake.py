"""From a log's blocks to whole messages: lines cut at newlines, envelopes read, every line counted."""

import itertools
from typing import NamedTuple

import numpy as np

from ais import envelope
from vts.files import Chunks, chunks
from vts.radar.pcap import MAGICS, payloads
from vts.schema import Rejects


class Held(NamedTuple):
    """The messages completed in one buffer of whole lines."""

    buf: np.ndarray  # uint8, with PAD newlines after n
    n: int
    base: int  # byte of the log at which buf begins
    joined: np.ndarray  # payloads of several parts
    frames: envelope.Frames
    rows: int
    counts: np.ndarray  # lines by bucket; later stages add theirs
    firsts: np.ndarray  # place in buf of the first of each bucket, or -1
    notes: list  # (reason, lines, example) of what no buffer holds any more


def opened(blocks):
    """(at least the first line, all blocks again): enough to tell what a log is, however small its blocks."""
    blocks = iter(blocks)
    first = b""
    while b"\n" not in first and len(first) < envelope.MAX_LINE:
        block = next(blocks, None)
        if block is None:
            break
        first += block
    return first, itertools.chain((first,), blocks)


def recorded(blocks):
    """Lines of a pcap or pcapng recording; a payload without NMEA is left as one line, to be counted."""
    held = []
    for t_ns, payload, _, _ in payloads(blocks, lines=True):
        lines = payload.removeprefix(b"UdPbC\0").replace(b"\r", b"").split(b"\n")
        text = [b"%d %s\n" % (t_ns, line) for line in lines if line[:1] in (b"!", b"$", b"\\")]
        held.extend(text or (b"\x00\n",))
        if len(held) >= 4096:
            yield b"".join(held)
            held.clear()
    yield b"".join(held)


class _Room:
    """The arrays of one Held, used again for a later one."""

    def __init__(self):
        self.buf = np.empty(0, np.uint8)
        self.joined = np.empty(0, np.uint8)
        self.frames = envelope.frames(0)
        self.counts = np.zeros(len(envelope.REASONS), np.int64)
        self.firsts = np.zeros(len(envelope.REASONS), np.int64)


class Intake:
    """An iterable of Held, of which three are alive at a time; `rejects` counts the lines that were settled."""

    def __init__(self, source, *, keep_bad=False, size=1 << 20):
        self.chunks = source if isinstance(source, Chunks) else chunks(source, size)
        self.rejects = Rejects(self.chunks.name)
        self.state = envelope.fresh()
        self.keep_bad = keep_bad
        self._rooms = [_Room() for _ in range(3)]  # one being filled, one waiting, one with the caller
        self._notes = []
        self._stations = []

    def over(self, blocks):
        """Held after Held of these blocks; the caller settles each."""
        base, tail, skipping = 0, b"", False
        for block in blocks:
            if skipping:
                cut = block.find(b"\n") + 1
                base += cut or len(block)
                if not cut:
                    continue
                block, skipping = block[cut:], False  # noqa: PLW2901 - the rest of the line too long is gone
            cut = block.rfind(b"\n") + 1
            if cut:
                yield self._held(tail, memoryview(block)[:cut], base)
                base += len(tail) + cut
                tail = block[cut:]
            else:
                tail += block
            if len(tail) > envelope.MAX_LINE:
                self._notes.append((envelope.REASONS[envelope.TOO_LONG], 1, tail[:200]))
                self.state.mark[envelope.MARK_LINES] += 1
                base += len(tail)
                tail, skipping = b"", True
        if tail:
            yield self._held(tail, b"\n", base)
        self._orphans()
        yield self._held(b"", b"", base)

    def __iter__(self):
        return self.over(self.blocks())

    def blocks(self):
        """The log's blocks; of a recording of a network the payloads, a line each, with the packet's time before it."""
        first, blocks = opened(self.chunks)
        return recorded(blocks) if first[:4] in MAGICS else blocks

    def _held(self, tail, block, base):
        n = len(tail) + len(block)
        self._rooms.append(self._rooms.pop(0))
        room = self._rooms[-1]
        if room.buf.size < n + envelope.PAD:
            room.buf = np.empty(n + n // 8 + envelope.PAD, np.uint8)
            room.joined = np.empty(n + self.state.part.size + envelope.PAD, np.uint8)
            room.frames = envelope.frames(n + n // 8)
        buf = room.buf
        buf[: len(tail)] = np.frombuffer(tail, np.uint8)
        buf[len(tail) : n] = np.frombuffer(block, np.uint8)
        buf[n : n + envelope.PAD] = envelope.NL
        room.counts[:], room.firsts[:] = 0, -1
        rows = envelope.walk(
            buf, n, base, self.keep_bad, self.state, room.joined, room.counts, room.firsts, room.frames
        )
        notes, self._notes = self._notes, []
        held = Held(buf, n, base, room.joined, room.frames, rows, room.counts, room.firsts, notes)
        self._json(held)
        return held

    def _json(self, held):
        """Make messages of JSON lines: the payload takes the line's place in the buffer."""
        buf, frames = held.buf, held.frames
        for row in np.flatnonzero(frames.at[: held.rows] == envelope.JSON):
            from ais.jsonl import read_line

            at, size = int(frames.offset[row] - held.base), int(frames.size[row])
            line = read_line(bytes(buf[at : at + size]))
            if line is None or len(line.payload) > size:
                envelope.count(held.counts, held.firsts, envelope.JSON_OTHER, at)
                frames.at[row] = envelope.SKIP
                continue
            buf[at : at + len(line.payload)] = np.frombuffer(line.payload, np.uint8)
            name = line.station.encode()[: envelope.NAME]
            padded = np.frombuffer(name.ljust(2 * envelope.NAME, b"\0"), np.uint8).copy()
            frames.station[row] = envelope.station_row(
                padded, 0, len(name), self.state.mark, self.state.name_row, self.state.name_text
            )
            frames.at[row], frames.size[row], frames.fill[row] = at, len(line.payload), line.fill
            frames.rx_ns[row], frames.channel[row], frames.own[row] = line.rx_ns, line.channel & 255, line.own

    def settle(self, held):
        """Move this buffer's counts to `rejects`, with the first line of each reason."""
        for bucket in np.flatnonzero(held.counts):
            if bucket == envelope.USED:
                self.rejects.used += int(held.counts[bucket])
            else:
                at = int(held.firsts[bucket])
                line = bytes(held.buf[at : min(at + 200, held.n)]).split(b"\n")[0].rstrip() if at >= 0 else b""
                self.rejects.add(envelope.REASONS[bucket], int(held.counts[bucket]), line)
        for reason, lines, example in held.notes:
            self.rejects.add(reason, lines, example)

    def _orphans(self):
        """Parts whose message was never completed."""
        slot = self.state.slot
        waiting = np.flatnonzero(slot[:, envelope.KEY])
        lines = sum(int(have).bit_count() for have in slot[waiting, envelope.HAVE])
        if lines:
            first = slot[waiting, envelope.WHERE].min()
            self._notes.append((envelope.REASONS[envelope.ORPHAN], lines, f"the message begun at byte {first}"))
            slot[:, envelope.KEY] = 0

    @property
    def stations(self):
        """Names by station row; the same list until there is a new one."""
        rows = int(self.state.mark[envelope.MARK_NAMES])
        if rows != len(self._stations):
            names = self.state.name_text[:rows].astype(">u8")
            self._stations = [row.tobytes().rstrip(b"\0").decode("utf-8", "replace") for row in names]
        return self._stations
