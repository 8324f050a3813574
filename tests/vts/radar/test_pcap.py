"""Recordings of packets: whatever wraps the datagram, the datagram comes out whole."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vts.radar.test_arpa import RMC, ttm
from tests.vts.radar.test_asterix import GOOD, SITE, cat010
from vts.errors import LogError
from vts.radar import Site, messages, pcap, read
from vts.schema import Rejects, Reports

T_NS = 1_767_268_800_250_000_000  # 2026-01-01 12:00:00.25
A, B = b"\x0a\x00\x00\x01", b"\xef\xc0\x00\x02"


def udp(payload, port=8600):
    return struct.pack("!HHHH", 5000, port, len(payload) + 8, 0) + payload


def ip4(body, ident=7, offset=0, more=False, protocol=17):
    flags = offset // 8 | (0x2000 if more else 0)
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), ident, flags, 64, protocol, 0, A, B) + body


def ip6(body, header=17):
    return struct.pack("!IHBB16s16s", 6 << 28, len(body), header, 64, A * 4, B * 4) + body


def ethernet(packet, tags=0):
    kind = b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"
    return bytes(12) + b"\x81\x00\x00\x05" * tags + kind + packet


def classic(*packets, order="<", magic=0xA1B2C3D4, link=1, per_s=1_000_000):
    out = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)]
    for k, packet in enumerate(packets):
        s, rest = divmod(T_NS + k * 10**9, 10**9)
        out.append(struct.pack(order + "IIII", s, rest * per_s // 10**9, len(packet), len(packet)) + packet)
    return b"".join(out)


def pcapng(*packets, order="<", resolution=b""):
    def block(kind, body):
        body += bytes(-len(body) % 4)
        return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)

    out = [block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))]
    out.append(block(1, struct.pack(order + "HHI", 1, 0, 65535) + resolution))
    per_s = 10**9 if resolution else 10**6
    for k, packet in enumerate(packets):
        ticks = (T_NS + k * 10**9) * per_s // 10**9
        head = struct.pack(order + "IIIII", 0, ticks >> 32, ticks & 0xFFFFFFFF, len(packet), len(packet))
        out.append(block(6, head + packet))
    return b"".join(out)


def unpacked(recording):
    """([(t_ns, payload, port)], Rejects)."""
    rejects = Rejects("test")
    return [(t, payload, to[1]) for t, payload, _from, to in pcap.payloads([recording], rejects)], rejects


FRAMES = {
    "ethernet": classic(ethernet(ip4(udp(b"ship")))),
    "big-endian": classic(ethernet(ip4(udp(b"ship"))), order=">"),
    "nanoseconds": classic(ethernet(ip4(udp(b"ship"))), magic=0xA1B23C4D, per_s=10**9),
    "vlan": classic(ethernet(ip4(udp(b"ship")), tags=1)),
    "vlan in vlan": classic(ethernet(ip4(udp(b"ship")), tags=2)),
    "raw ip": classic(ip4(udp(b"ship")), link=101),
    "loopback": classic(b"\x02\0\0\0" + ip4(udp(b"ship")), link=0),
    "linux cooked": classic(bytes(14) + b"\x08\x00" + ip4(udp(b"ship")), link=113),
    "linux cooked 2": classic(b"\x08\x00" + bytes(18) + ip4(udp(b"ship")), link=276),
    "ipv6": classic(ethernet(ip6(udp(b"ship")))),
    "ipv6 with options": classic(ethernet(ip6(b"\x11\x00" + bytes(6) + udp(b"ship"), header=0))),
    "pcapng": pcapng(ethernet(ip4(udp(b"ship")))),
    "pcapng big-endian": pcapng(ethernet(ip4(udp(b"ship"))), order=">"),
    "pcapng nanoseconds": pcapng(ethernet(ip4(udp(b"ship"))), resolution=b"\x09\x00\x01\x00\x09\0\0\0\0\0\0\0"),
}


@pytest.mark.parametrize("name", FRAMES)
def test_datagram_comes_out_of_every_frame(name):
    assert [(T_NS, b"ship", 8600)] == unpacked(FRAMES[name])[0]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (0, 0, 1, 2)])
def test_fragments_in_any_order_are_one_datagram(order):
    whole = udp(bytes(range(200)) * 10)
    pieces = [ip4(whole[k : k + 800], offset=k, more=k + 800 < len(whole)) for k in range(0, len(whole), 800)]
    found, rejects = unpacked(classic(*(ethernet(pieces[k]) for k in order)))
    assert [bytes(range(200)) * 10] == [payload for _, payload, _ in found]
    assert {} == rejects.counts


def test_fragment_that_never_comes_is_counted():
    found, rejects = unpacked(classic(ethernet(ip4(udp(bytes(100))[:80], more=True))))
    assert ([], {"fragments never completed": 1}) == (found, rejects.counts)


def test_fragments_without_end_use_bounded_memory():
    flood = classic(*(ethernet(ip4(bytes(80), ident=k, more=True)) for k in range(1000)))
    assert {"fragments never completed": 1000} == unpacked(flood)[1].counts


def test_what_is_no_datagram_is_counted():
    recording = classic(
        ethernet(ip4(bytes(30), protocol=6)), bytes(12) + b"\x08\x06" + bytes(30), ethernet(ip4(udp(b"x")))[:-3]
    )
    assert {"packet without UDP": 2, "packet cut short": 1} == unpacked(recording)[1].counts


def test_other_files_are_refused():
    with pytest.raises(LogError, match="neither pcap nor pcapng"):
        list(pcap.payloads([b"hello, sailor"]))


def test_radar_chain_in_a_recording_is_dated_by_it_and_its_clock_told():
    one = [cat010(1, i140_tod_s=43_200.0 + k) for k in range(40)]  # stamped 0.25 s before each packet came
    feed = read([classic(*(ethernet(ip4(udp(octets))) for octets in one))], (SITE,))
    reports = Reports.concat(list(feed))
    assert 40 == reports.n
    assert T_NS - 250_000_000 == reports.t_ns[0]
    assert T_NS == reports.rx_ns[0]
    assert {"Dachan": -0.25} == feed.clock_offset_s


def test_two_radars_of_one_identifier_are_told_apart_by_their_port():
    sites = (
        Site("north", 0, 114.0, 22.0, sac=10, sic=1, port=8600),
        Site("south", 1, 114.0, 21.0, sac=10, sic=1, port=8601),
    )
    feed = read([classic(*(ethernet(ip4(udp(GOOD, port))) for port in (8600, 8601, 8600)))], sites)
    assert [1, 1, 1, 2, 2, 2, 1, 1, 1] == list(Reports.concat(list(feed)).sensor)


def test_sentences_on_a_network_are_read_beside_asterix():
    own = (SITE, Site("own", 1, own_ship=True))
    block_450 = b"UdPbC\0\\s:RA0001*25\\" + ttm(time="120001")
    feed = read([classic(*(ethernet(ip4(udp(p))) for p in (RMC, GOOD, block_450)))], own)
    reports = Reports.concat(list(feed))
    assert [1, 1, 1, 2] == list(reports.sensor)


def test_real_yacht_radar_recording_gives_its_datagrams(data):
    path = data("radar", "mayara", "halo_and_0183.pcap")
    rejects = Rejects("mayara")
    found = list(pcap.payloads([path.read_bytes()], rejects))
    ais = sum(payload.count(b"!AIVDM") for _, payload, *_ in found)
    spokes = [payload for _, payload, *_ in found if len(payload) > 10_000]
    assert 138 == ais
    assert len(spokes) > 100  # only whole when their IP fragments were put together
    times = np.array([t for t, *_ in found])
    assert 6.4 == pytest.approx((times.max() - times.min()) / 1e9, abs=0.2)


def test_real_messages_of_a_recording_are_listed(data):
    found = list(messages(data("radar", "mayara", "halo_and_0183.pcap")))
    assert all(message["type"] in ("TTM", "TLL", "OSD", "RSD", "TTD", "TLB") for message in found if "type" in message)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(FRAMES)), st.integers(0, 300), st.integers(0, 255), st.integers(0, 300))
def test_no_damage_breaks_the_reader(name, where, value, cut):
    data = bytearray(FRAMES[name])
    data[where % len(data)] = value
    for recording in (bytes(data), bytes(data[: len(data) - cut % len(data)])):
        try:
            list(pcap.payloads([recording]))
        except LogError as error:
            assert "\n" not in str(error)
