"""AIS out of recordings of a network: UDP and TCP, in order or not, over VLAN."""

import struct

import pytest

import ais

S = b"!AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E\r\n"
T_NS = 1_700_000_000_123_456_000


def recording(packets, vlan=False):
    """A pcap of Ethernet frames, one a millisecond."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for k, packet in enumerate(packets):
        frame = b"\0" * 12 + (b"\x81\x00\x00\x07" if vlan else b"") + b"\x08\x00" + packet
        seconds, rest = divmod(T_NS // 1000 + 1000 * k, 1_000_000)
        out += struct.pack("<IIII", seconds, rest, len(frame), len(frame)) + frame
    return out


def ip(protocol, body):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
    return head + body


def udp(payload):
    return ip(17, struct.pack("!HHHH", 4001, 4002, 8 + len(payload), 0) + payload)


def tcp(sequence, payload, flags=0x18):
    return ip(6, struct.pack("!HHIIBBHHH", 4001, 4002, sequence & 0xFFFFFFFF, 0, 0x50, flags, 0, 0, 0) + payload)


def times(packets, **options):
    return [m["t"] for m in ais.messages([recording(packets, **options)])]


@pytest.mark.parametrize("vlan", [False, True])
def test_a_datagram_gives_its_sentences_with_the_packets_time(vlan):
    assert ["2023-11-14T22:13:20.123456Z"] * 2 == times([udp(S + S)], vlan=vlan)
    assert ["2023-11-14T22:13:20.123456Z"] == times([udp(b"UdPbC\0\\s:AI0001*3B\\" + S)])


def test_a_line_over_two_tcp_segments_has_the_second_ones_time():
    assert ["2023-11-14T22:13:20.124456Z"] == times([tcp(1, S[:20]), tcp(21, S[20:])])


@pytest.mark.parametrize("start", [1, 0xFFFFFFF0])
def test_segments_out_of_order_and_sent_twice_are_one_stream(start):
    n = len(S)
    pieces = [
        tcp(start, S),
        tcp(start, S),
        tcp(start + 2 * n, S),
        tcp(start + n, S),
        tcp(start + n // 2, S[n // 2 :] + S),
    ]
    assert 3 == len(times(pieces))


def test_a_lost_segment_costs_its_own_lines_only():
    n = len(S)
    pieces = [tcp(1, S + S[:10]), *(tcp(1 + 2 * n + k * n, S) for k in range(40))]
    assert 41 == len(times(pieces))


def test_what_is_no_nmea_is_counted():
    feed = ais.messages([recording([udp(b"\x30\x00\x08"), udp(S)])])
    assert 1 == len(list(feed))
    assert {"not AIS": 1} == feed.rejects.counts
