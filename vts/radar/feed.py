"""A radar recording as batches of Reports: what it is, how it is framed, and who decodes it."""

import datetime
import os
import re

import numpy as np

from vts.errors import LogError, UsageError
from vts.files import chunks
from vts.radar import asterix_kernels as kernels
from vts.radar import pcap
from vts.radar.asterix import Decoder, Framed
from vts.radar.tables import categories
from vts.schema import Rejects
from vts.units import S

FORMATS = ("asterix", "final", "pcap", "arpa")
BLOCK = 1 << 22  # radar video comes at megabytes a second: small blocks would cost more in calls than in cells
_REACH = 1 << 17  # octets beyond a seam; more than the longest block, so that its end is seen
_TEXT_STARTS = (b"$", b"!", b"\\", b"U")  # no category of ASTERIX that is known here begins so
_PADDING = b"\xa5\xa5\xa5\xa5"  # closes every Final Format packet


class Feed:
    """An iterable of Reports batches in order of the recording, with `rejects` (unit: a record or sentence).

    `clock_offset_s` estimates {site: lead of its clock, s} where the recording says when packets came.
    """

    def __init__(self, source, sites, format=None, start=None, editions=None):
        self.source = source
        self.sites = tuple(sites)
        self.name = str(source) if isinstance(source, str | os.PathLike) else "the given blocks"
        self.rejects = Rejects(self.name)
        self.format = format
        self._start_ns = start_ns(start, self.sites)
        self._editions = editions
        self._chunks = chunks(source, BLOCK)
        self._decoder = None
        self._made = None
        self._nmea = None

    @property
    def bytes_done(self):
        return self._chunks.bytes_done

    @property
    def bytes_total(self):
        return self._chunks.bytes_total

    @property
    def clock_offset_s(self):
        return self._decoder.clock_offset_s if self._decoder else {}

    def __iter__(self):
        kind, blocks = told(self.format, iter(self._chunks), self.name)
        if kind == "arpa":
            yield from self._arpa(blocks)
            return
        if str(kind).endswith(".toml"):
            from vts.radar import mapping

            yield from mapping.read(kind, blocks, self.sites, self.rejects, self._start_ns)
            return
        self._decoder = Decoder(self.sites, self.rejects, start_ns=self._start_ns, editions=self._editions)
        for piece in framing(kind, blocks, self._decoder.layout, self.rejects):
            if isinstance(piece, bytes):
                yield from (part for part in [self._sentences(piece)] if part.n)
                continue
            video, rest = _split_video(piece)
            reports = [self._decoder.reports(rest), *(self._video.plots(video) if len(video.blocks) else [])]
            yield from (part for part in reports if part.n)
        if self._made:
            yield from (part for part in self._video.finish() if part.n)

    def _sentences(self, text):
        """Reports of NMEA sentences that came as datagrams (IEC 61162-450, or bare)."""
        if self._nmea is None:
            from vts.radar.arpa import Reader

            self._nmea = Reader(self.sites, self.rejects, self._start_ns)
        return self._nmea.reports(text)

    @property
    def _video(self):
        """The extractor of radar video, made when the first radial comes."""
        if self._made is None:
            from vts.radar.video import Plots

            self._made = Plots(self._decoder, self.sites, self.rejects)
        return self._made

    @property
    def plot_rejects(self):
        """{site: Rejects} of echoes that the extractor left out; their unit is an echo, not a record."""
        return self._made.rejects if self._made else {}

    def _arpa(self, blocks):
        from vts.radar import arpa

        yield from arpa.read(blocks, self.sites, self.rejects, self._start_ns)


def _split_video(framed):
    """(video blocks, other blocks) of a framed buffer."""
    video = framed.blocks[:, 0] == 240
    return tuple(
        framed._replace(blocks=framed.blocks[which], rx_ns=framed.rx_ns[which], port=framed.port[which])
        for which in (video, ~video)
    )


def told(format, blocks, name):
    """(format, the blocks again): the format as named, or as the first block shows it."""
    if format is not None and format not in FORMATS and not str(format).endswith(".toml"):
        raise UsageError(
            f"radar format {str(format)!r} is not known; there are {', '.join(FORMATS)} or a mapping .toml"
        )
    first = next(blocks, b"")
    kind = format or _kind(first)
    if kind is None:
        raise LogError(
            f"{name}: not a radar recording that can be told by its bytes; name its format ({', '.join(FORMATS)} or a "
            "mapping .toml)"
        )
    return kind, _again(first, blocks)


def _again(first, rest):
    yield first
    yield from rest


class Messages:
    """An iterable of a dict per record or sentence, in order of the recording, with `rejects`."""

    def __init__(self, source, sites=(), format=None, start=None, editions=None):
        self._blocks = chunks(source)
        self._format, self._sites, self._start, self._editions = format, tuple(sites), start, editions
        self.rejects = Rejects(str(source) if isinstance(source, str | os.PathLike) else "the given blocks")

    def __iter__(self):
        from vts.radar import arpa

        kind, blocks = told(self._format, iter(self._blocks), self.rejects.source)
        first_ns = start_ns(self._start, self._sites)
        if kind == "arpa":
            yield from arpa.messages(blocks, self.rejects, first_ns)
            return
        decoder = Decoder(self._sites, self.rejects, start_ns=first_ns, editions=self._editions)
        for piece in framing(kind, blocks, decoder.layout, self.rejects):
            if isinstance(piece, bytes):
                yield from arpa.messages([piece], self.rejects, first_ns)
            else:
                yield from decoder.messages(piece)


def sniff(source):
    """ "asterix", "final", "pcap" or "arpa", as the first bytes tell; None for anything else (also for AIS alone)."""
    return _kind(next(iter(chunks(source)), b""))


def _kind(head):
    """Format of a recording by its first block."""
    if head[:4] in pcap.MAGICS:
        return "pcap"
    length = _final_length(head, 0)
    if length and head[length - 4 : length] == _PADDING:
        return "final"
    if _arpa_like(head):
        return "arpa"
    return "asterix" if _asterix_like(head) else None


def _final_length(data, at):
    """Length of the Final Format packet at `at`, header and padding included; 0 where none can be."""
    length = int.from_bytes(data[at : at + 2], "big")
    return length if length > 8 + 3 + 4 else 0


def _arpa_like(head):
    """Whether a text holds radar sentences."""
    return re.search(rb"[$!][A-Z]{2}(TTM|TLL|TTD|TLB|OSD|RSD),", head) is not None


def _asterix_like(head):
    """Whether blocks follow each other from the first octet on (three, or all there are), the first one known."""
    if not re.search(rb"[\x00-\x08\x0e-\x1f]", head[:512]):
        return False  # a text: a line feed is 10, and two blanks a length
    at = 0
    for _ in range(3):
        if at + 3 > len(head):
            return at > 0
        length = int.from_bytes(head[at + 1 : at + 3], "big")
        if (at == 0 and head[at] not in categories()) or length < 5:
            return False
        at += length
        if at >= len(head):
            return True
    return True


def framing(kind, blocks, layout, rejects):
    """Yield a Framed buffer for each piece of a recording, or bytes for a piece that is NMEA text."""
    if kind == "asterix":
        return _raw(blocks, layout, rejects)
    datagrams = _final(blocks, rejects) if kind == "final" else pcap.payloads(blocks, rejects)
    return _datagrams(datagrams, layout, rejects)


def _raw(blocks, layout, rejects):
    """Blocks that follow each other without anything between."""
    held, base, lost = b"", 0, False
    for block, last in _with_last(blocks):
        start = 0
        if held and len(block) > _REACH:  # what lies across the seam is copied, not the whole block
            framed, at, lost = _framed(held + block[:_REACH], 0, False, base, lost, layout, rejects)
            yield framed
            start, base, held = at - len(held), base + len(held), b""
        data = held + block if held else block
        framed, at, lost = _framed(data, start, last, base, lost, layout, rejects)
        yield framed
        held, base = data[at:], base + at


def _framed(data, start, last, base, lost, layout, rejects):
    """(Framed, where the next block begins, whether the framing is lost) of octets from `start` on."""
    buffer = np.frombuffer(data, np.uint8)
    out = np.empty((len(buffer) // 4 + 1, 3), np.int64)
    n, at, gaps, lost = kernels.frame(buffer, start, len(buffer), layout, last, lost, 0, out)
    rejects.add("framing lost", gaps, f"after octet {base + start}")
    nothing = np.full(n, -1, np.int64)
    return Framed(buffer, out[:n], nothing, nothing, base), at, lost


def _with_last(blocks):
    """(block, whether it is the last) of each block."""
    before = None
    for block in blocks:
        if before is not None:
            yield before, False
        before = block
    if before is not None:
        yield before, True


def _final(blocks, rejects):
    """(-1, payload, None, None) of each Final Format packet: 8 octets of header, ASTERIX, 4 octets A5.

    The header's own time is left alone: its unit is not publicly documented. A packet without its padding has lost
    the framing, which the next padding brings back.
    """
    held, lost = b"", False
    for block, last in _with_last(blocks):
        held += block
        at = 0
        while len(held) - at >= (1 if last else 4):
            if not lost:
                length = _final_length(held, at)
                if length and at + length > len(held) and not last:
                    break
                if length and held[at + length - 4 : at + length] == _PADDING:
                    yield -1, held[at + 8 : at + length - 4], None, None
                    at += length
                    continue
                rejects.add("framing lost", 1, held[at : at + 16].hex())
            found = held.find(_PADDING, at)
            lost = found < 0
            at = len(held) - (0 if last else 3) if lost else found + 4
        held = held[at:]


def _datagrams(datagrams, layout, rejects, batch=1 << 20):
    """Datagrams gathered to buffers that are worth a kernel's call; text and ASTERIX keep their order."""
    parts, times, ports, size, base, text = [], [], [], 0, 0, False
    for t_ns, payload, _source, destination in datagrams:
        is_text = payload[:1] in _TEXT_STARTS
        if parts and (size >= batch or is_text != text):
            yield _text(parts, times) if text else _gathered(parts, times, ports, base, layout, rejects)
            base += size
            parts, times, ports, size = [], [], [], 0
        text = is_text
        parts.append(payload)
        times.append(t_ns)
        ports.append(-1 if destination is None else destination[1])
        size += len(payload)
    if parts:
        yield _text(parts, times) if text else _gathered(parts, times, ports, base, layout, rejects)


def _text(parts, times):
    """Lines of NMEA datagrams; one that says no time of its own is given that of its reception as a tag block."""
    lines = []
    for payload, t_ns in zip(parts, times):
        for line in payload.removeprefix(b"UdPbC\0").splitlines():
            stamp = b"" if t_ns < 0 or line[:1] == b"\\" else b"%d " % t_ns
            lines.append(stamp + line + b"\n")
    return b"".join(lines)


def _gathered(parts, times, ports, base, layout, rejects):
    """One Framed buffer of many datagrams, none of which runs into the next."""
    buffer = np.frombuffer(b"".join(parts), np.uint8)
    ends = np.cumsum([len(part) for part in parts])
    bounds = np.column_stack([np.concatenate([[0], ends[:-1]]), ends]).astype(np.int64)
    out = np.empty((len(buffer) // 4 + 1, 3), np.int64)
    datagram = np.empty(len(out), np.int64)
    n, gaps = kernels.frame_datagrams(buffer, bounds, layout, out, datagram)
    rejects.add("framing lost", gaps, f"within octets {base} to {base + len(buffer)}")
    rx, port = np.array(times, np.int64)[datagram[:n]], np.array(ports, np.int64)[datagram[:n]]
    return Framed(buffer, out[:n], rx, port, base)


def start_ns(start, sites=()):
    """UTC ns of a stated start (ns, ISO 8601 text, date or datetime), else of the sites' date; -1 for neither."""
    if start is None:
        start = next((site.date for site in sites if site.date), None)
    if start is None:
        return -1
    if isinstance(start, int | np.integer) and not isinstance(start, bool):
        return int(start)
    try:
        when = datetime.datetime.fromisoformat(str(start))
    except ValueError as error:
        raise UsageError(f"start {start!r} is not a time; write 2026-11-23 or 2026-11-23T09:30:00Z") from error
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    elapsed = when - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) * S + elapsed.microseconds * 1000
