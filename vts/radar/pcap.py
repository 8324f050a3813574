"""UDP payloads of a pcap or pcapng recording, IP fragments put together again; TCP streams line by line on request.

Sources: the pcap and pcapng formats of the IETF opsawg drafts; RFC 791 and 8200 (fragments), 768 (UDP),
9293 (TCP); IEEE 802.1Q.
Every length is checked against what is there, and what waits for its other half is bounded, so a hostile recording
costs no more memory than its own largest packet and 256 open datagrams.
"""

import struct

from vts.errors import LogError
from vts.schema import Rejects

MAGICS = (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d", b"\x0a\x0d\x0d\x0a")
_MOST = 1 << 24  # a longer packet or block is damage
_OPEN = 256  # datagrams that may wait for fragments at once
_TCP, _UDP = 6, 17
_LINE = 1 << 16  # octets of a TCP stream kept for the end of a line, and segments kept for the one before them
_AHEAD, _STREAMS = 32, 64
_SKIPPED_V6 = (0, 43, 60, 135, 139, 140)  # extension headers whose second octet is their length
_ETHERNET, _NULL, _RAW, _LOOP, _SLL, _SLL2 = 1, 0, (12, 14, 101, 228, 229), 108, 113, 276
_NOT_UDP = "packet without UDP"
_CUT = "packet cut short"


def payloads(blocks, rejects=None, lines=False):
    """Yield (t_ns, payload, source, destination) of every UDP datagram, in order of the recording.

    `lines`: of TCP streams too, as whole lines with the time of the segment that completed them.

    `blocks` is an iterable of bytes; source and destination are (address, port), the address as bytes of 4 or 16
    octets. A datagram in fragments comes when its last piece does, with that piece's time. What holds no payload is
    counted in `rejects`. Raises LogError where the recording itself is damaged and cannot be followed on.
    """
    rejects = Rejects("pcap") if rejects is None else rejects
    fragments = _Fragments(rejects)
    streams = _Streams() if lines else None
    for t_ns, link, packet in _packets(_Reader(blocks)):
        ip = _network(link, packet)
        if ip is None:
            rejects.add(_NOT_UDP)
            continue
        datagram = _datagram(ip, fragments, rejects, streams)
        if datagram is not None:
            yield t_ns, *datagram
    rejects.add("fragments never completed", len(fragments.open))


class _Reader:
    """Octets in the order of an iterable of blocks, taken in the sizes that a format asks for."""

    def __init__(self, blocks):
        self._blocks = iter(blocks)
        self._held = b""
        self._at = 0

    def take(self, n):
        """The next `n` octets, or what is left of them at the end."""
        if len(self._held) - self._at < n:
            parts = [self._held[self._at :]]
            size = len(parts[0])
            while size < n:
                block = next(self._blocks, None)
                if block is None:
                    break
                parts.append(block)
                size += len(block)
            self._held, self._at = b"".join(parts), 0
        taken = self._held[self._at : self._at + n]
        self._at += len(taken)
        return taken


def _packets(reader):
    """(t_ns, link type, octets) of every captured packet."""
    magic = reader.take(4)
    if magic == MAGICS[4]:
        yield from _pcapng(reader)
    elif magic in MAGICS:
        yield from _pcap(reader, magic)
    else:
        raise LogError("the recording is neither pcap nor pcapng; name its format")


def _pcap(reader, magic):
    """Packets of a classic recording."""
    order = "<" if magic in (MAGICS[0], MAGICS[2]) else ">"
    unit_ns = 1000 if magic in MAGICS[:2] else 1
    head = reader.take(20)
    if len(head) < 20:
        raise LogError("the pcap recording stops within its header; copy the file again")
    link = struct.unpack(order + "I", head[16:])[0] & 0xFFFF
    header = struct.Struct(order + "IIII")
    while len(raw := reader.take(16)) == 16:
        seconds, fraction, length, _ = header.unpack(raw)
        if length > _MOST:
            raise LogError("the pcap recording is damaged: a packet of impossible length; copy the file again")
        packet = reader.take(length)
        if len(packet) == length:
            yield seconds * 1_000_000_000 + fraction * unit_ns, link, packet


def _pcapng(reader):
    """Packets of a pcapng recording, whose sections may differ in byte order."""
    order, links, block_type = "<", [], MAGICS[4]
    while len(block_type) == 4:
        raw_length = reader.take(4)
        section = block_type == MAGICS[4]
        if section:
            order = "<" if (mark := reader.take(4)) == b"\x4d\x3c\x2b\x1a" else ">"
            if mark not in (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d"):
                raise LogError("the pcapng recording is damaged: a section without byte order; copy the file again")
            links = []
        if len(raw_length) < 4:
            return
        length = struct.unpack(order + "I", raw_length)[0] - (16 if section else 12)
        if not 0 <= length <= _MOST:
            raise LogError("the pcapng recording is damaged: a block of impossible length; copy the file again")
        body = reader.take(length)
        reader.take(4)
        if len(body) < length:
            return
        kind = struct.unpack(order + "I", block_type)[0]
        if kind == 1 and length >= 8:
            links.append((struct.unpack(order + "H", body[:2])[0], *_resolution(body[8:], order)))
        elif kind in (2, 6) and length >= 20:
            which = struct.unpack(order + ("H" if kind == 2 else "I"), body[: 2 if kind == 2 else 4])[0]
            high, low, size = struct.unpack(order + "III", body[4:16])
            if which < len(links):
                link, per_s, offset_s = links[which]
                ticks = high << 32 | low
                whole, part = divmod(ticks, per_s)
                t_ns = (whole + offset_s) * 1_000_000_000 + part * 1_000_000_000 // per_s
                yield t_ns, link, body[20 : 20 + size]
        elif kind == 3 and length >= 4 and links:
            yield -1, links[0][0], body[4:]
        block_type = reader.take(4)


def _resolution(options, order):
    """(ticks a second, offset in s) that an interface's options state; microseconds where they are silent."""
    per_s, offset_s, at = 1_000_000, 0, 0
    while at + 4 <= len(options):
        code, length = struct.unpack(order + "HH", options[at : at + 4])
        value = options[at + 4 : at + 4 + length]
        if code == 0:
            break
        if code == 9 and len(value) == 1:
            per_s = 1 << min(value[0] & 0x7F, 63) if value[0] & 0x80 else 10 ** min(value[0], 18)
        elif code == 14 and len(value) == 8:
            offset_s = struct.unpack(order + "q", value)[0]
        at += 4 + length + -length % 4
    return per_s, offset_s


def _network(link, packet):
    """The IP packet within a link-layer frame; None where there is none."""
    if link == _ETHERNET:
        at = 12
        while packet[at : at + 2] in (b"\x81\x00", b"\x88\xa8", b"\x91\x00"):  # VLAN tags, nested
            at += 4
        kind, at = packet[at : at + 2], at + 2
    elif link in _RAW:
        kind, at = b"", 0
    elif link in (_NULL, _LOOP):
        kind, at = b"", 4
    elif link == _SLL:
        kind, at = packet[14:16], 16
    elif link == _SLL2:
        kind, at = packet[:2], 20
    else:
        return None
    if kind not in (b"", b"\x08\x00", b"\x86\xdd") or len(packet) <= at:
        return None
    return packet[at:] if packet[at] >> 4 in (4, 6) else None


def _datagram(ip, fragments, rejects, streams=None):
    """(payload, source, destination) of an IP packet that completes a UDP datagram, or a line; None otherwise."""
    parsed = _v4(ip) if ip[0] >> 4 == 4 else _v6(ip)
    if parsed is None:
        rejects.add(_CUT)
        return None
    protocol, source, destination, body, fragment = parsed
    if protocol == _TCP and streams is not None and fragment is None:
        return streams.add(source, destination, body)
    if protocol != _UDP:
        rejects.add(_NOT_UDP)
        return None
    if fragment is not None:
        body = fragments.add((source, destination, fragment[0]), fragment[1], fragment[2], body)
        if body is None:
            return None
    if len(body) < 8:
        rejects.add(_CUT)
        return None
    source_port, destination_port, length, _ = struct.unpack("!HHHH", body[:8])
    if length == 0:  # RFC 2675: longer than 64 kB
        length = len(body)
    if length < 8 or length > len(body):
        rejects.add(_CUT)
        return None
    return body[8:length], (source, source_port), (destination, destination_port)


def _v4(ip):
    """(protocol, source, destination, body, (id, offset, more) or None) of an IPv4 packet; None when cut."""
    header = (ip[0] & 15) * 4
    if len(ip) < 20 or header < 20:
        return None
    length, ident, flags = struct.unpack("!HHH", ip[2:8])
    length = length or len(ip)  # 0: the network card was to fill it in (segmentation offload)
    if length > len(ip) or length < header:
        return None
    offset, more = (flags & 0x1FFF) * 8, bool(flags & 0x2000)
    fragment = (ident, offset, more) if offset or more else None
    return ip[9], ip[12:16], ip[16:20], ip[header:length], fragment


def _v6(ip):
    """As _v4, for IPv6 with its chain of extension headers."""
    if len(ip) < 40:
        return None
    length = struct.unpack("!H", ip[4:6])[0]
    end = 40 + length if length else len(ip)
    if end > len(ip):
        return None
    protocol, at, fragment = ip[6], 40, None
    while protocol in _SKIPPED_V6 or protocol == 44:
        if at + 8 > end:
            return None
        if protocol == 44:
            bits, ident = struct.unpack("!HI", ip[at + 2 : at + 8])
            if bits & 0xFFF9:
                fragment = (ident, bits & 0xFFF8, bool(bits & 1))
            step = 8
        else:
            step = 8 + ip[at + 1] * 8
        protocol, at = ip[at], at + step
    return (protocol, ip[8:24], ip[24:40], ip[at:end], fragment) if at <= end else None


class _Streams:
    """TCP streams: segments in their order, lines when they are whole; of too many streams the oldest goes."""

    def __init__(self):
        self._open = {}  # {(source, destination): [next sequence number, {sequence: segment}, tail]}

    def add(self, source, destination, body):
        """(whole lines, source, destination) that this segment completes; None when there are none."""
        header = (body[12] >> 4) * 4 if len(body) >= 20 else 0
        if not 20 <= header < len(body):
            return None  # cut, or without payload
        source_port, destination_port, sequence = struct.unpack("!HHI", body[:8])
        key = ((source, source_port), (destination, destination_port))
        sequence = sequence + (body[13] >> 1 & 1) & 0xFFFFFFFF  # SYN takes a number of its own
        stream = self._open.setdefault(key, [sequence, {}, b""])
        if len(self._open) > _STREAMS:
            self._open.pop(next(iter(self._open)))
        text = self._ordered(stream, sequence, body[header:])
        text = stream[2] + text
        cut = text.rfind(b"\n") + 1
        stream[2] = text[cut:] if len(text) - cut <= _LINE else b""
        return (text[:cut], *key) if cut else None

    @staticmethod
    def _ordered(stream, sequence, segment):
        """What of the stream is now known without a gap; after _AHEAD segments a gap is given up."""
        stream[1].setdefault(sequence, segment)
        out = []
        while stream[1]:
            first = min(stream[1], key=lambda at: _after(at, stream[0]))
            late = _after(first, stream[0])
            if late > 0 and len(stream[1]) <= _AHEAD:
                break
            piece = stream[1].pop(first)
            if late > 0:
                out.append(b"\n")  # what was lost must not join two halves of different lines
                late = 0
            if -late < len(piece):
                out.append(piece[-late:])
                stream[0] = first + len(piece) & 0xFFFFFFFF
        return b"".join(out)


def _after(a, b):
    """Sequence number a less b, in the circle of 2**32."""
    return (a - b + 0x80000000 & 0xFFFFFFFF) - 0x80000000


class _Fragments:
    """Datagrams that wait for their other pieces; the oldest goes when too many wait."""

    def __init__(self, rejects):
        self.open = {}
        self._rejects = rejects

    def add(self, key, offset, more, body):
        """The whole datagram when this piece completes it, in whatever order they came; else None."""
        pieces = self.open.setdefault(key, {})
        pieces.setdefault(offset, (body, more))  # the first copy counts: a later one may be forged to overlap
        whole = self._whole(pieces)
        if whole is not None:
            del self.open[key]
        elif len(self.open) > _OPEN:
            self.open.pop(next(iter(self.open)))
            self._rejects.add("fragments never completed")
        return whole

    @staticmethod
    def _whole(pieces):
        """The joined pieces when they run from 0 to one without more; else None."""
        parts, at = [], 0
        while at in pieces:
            body, more = pieces[at]
            parts.append(body)
            at += len(body)
            if not more:
                return b"".join(parts)
            if not body:
                break
        return None
