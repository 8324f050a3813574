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
    for t_ns, payload, _, _ in payloads(blocks):
        lines = payload.removeprefix(b"UdPbC\0").replace(b"\r", b"").split(b"\n")
        text = [b"%d %s\n" % (t_ns, line) for line in lines if line[:1] in (b"!", b"$", b"\\")]
        held.extend(text or (b"\x00\n",))
        if len(held) >= 4096:
            yield b"".join(held)
            held.clear()
    yield b"".join(held)


class Intake:
    """An iterable of Held; `rejects` counts the lines. `counts` and `firsts` are this buffer's, for later stages."""

    def __init__(self, source, *, keep_bad=False, size=1 << 20):
        self.chunks = source if isinstance(source, Chunks) else chunks(source, size)
        self.rejects = Rejects(self.chunks.name)
        self.state = envelope.fresh()
        self.keep_bad = keep_bad
        self.counts = np.zeros(len(envelope.REASONS), np.int64)
        self.firsts = np.full(len(envelope.REASONS), -1, np.int64)
        self._buf = np.empty(0, np.uint8)
        self._joined = np.empty(0, np.uint8)
        self._frames = envelope.frames(0)

    def over(self, blocks):
        """Held after Held of these blocks; the caller settles what it counted before it asks for the next."""
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
                yield self._held(tail, block[:cut], base)
                base += len(tail) + cut
                tail = block[cut:]
            else:
                tail += block
            if len(tail) > envelope.MAX_LINE:
                self.rejects.add(envelope.REASONS[envelope.TOO_LONG], 1, tail[:200])
                self.state.mark[envelope.MARK_LINES] += 1
                base += len(tail)
                tail, skipping = b"", True
        if tail:
            yield self._held(tail, b"\n", base)
        self._orphans()

    def __iter__(self):
        return self.over(self.blocks())

    def blocks(self):
        """The log's blocks; of a recording of a network the payloads, a line each, with the packet's time before it."""
        first, blocks = opened(self.chunks)
        return recorded(blocks) if first[:4] in MAGICS else blocks

    def _held(self, tail, block, base):
        n = len(tail) + len(block)
        if self._buf.size < n + envelope.PAD:
            self._buf = np.empty(n + n // 8 + envelope.PAD, np.uint8)
            self._joined = np.empty(n + self.state.part.size + envelope.PAD, np.uint8)
            self._frames = envelope.frames(n + n // 8)
        buf = self._buf
        buf[: len(tail)] = np.frombuffer(tail, np.uint8)
        buf[len(tail) : n] = np.frombuffer(block, np.uint8)
        buf[n : n + envelope.PAD] = envelope.NL
        rows = envelope.walk(
            buf, n, base, self.keep_bad, self.state, self._joined, self.counts, self.firsts, self._frames
        )
        self._json(buf, rows, base)
        return Held(buf, n, base, self._joined, self._frames, rows)

    def _json(self, buf, rows, base):
        """Make messages of JSON lines: the payload takes the line's place in the buffer."""
        frames = self._frames
        for row in np.flatnonzero(frames.at[:rows] == envelope.JSON):
            from ais.jsonl import read_line

            at, size = int(frames.offset[row] - base), int(frames.size[row])
            line = read_line(bytes(buf[at : at + size]))
            if line is None or len(line.payload) > size:
                envelope.count(self.counts, self.firsts, envelope.JSON_OTHER, at)
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
        for bucket in np.flatnonzero(self.counts):
            if bucket == envelope.USED:
                self.rejects.used += int(self.counts[bucket])
            else:
                at = int(self.firsts[bucket])
                line = bytes(held.buf[at : min(at + 200, held.n)]).split(b"\n")[0].rstrip() if at >= 0 else b""
                self.rejects.add(envelope.REASONS[bucket], int(self.counts[bucket]), line)
        self.counts[:] = 0
        self.firsts[:] = -1

    def _orphans(self):
        """Parts whose message was never completed."""
        slot = self.state.slot
        waiting = np.flatnonzero(slot[:, envelope.KEY])
        lines = sum(int(have).bit_count() for have in slot[waiting, envelope.HAVE])
        if lines:
            first = slot[waiting, envelope.WHERE].min()
            self.rejects.add(envelope.REASONS[envelope.ORPHAN], lines, f"the message begun at byte {first}")
            slot[:, envelope.KEY] = 0

    @property
    def stations(self):
        """Names by station row."""
        rows = int(self.state.mark[envelope.MARK_NAMES])
        names = self.state.name_text[:rows].astype(">u8")
        return [row.tobytes().rstrip(b"\0").decode("utf-8", "replace") for row in names]
