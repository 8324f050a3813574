"""ASTERIX: what was encoded is what is read, whatever the category says and however the octets come."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vts.radar import octets
from vts.errors import LogError, UsageError
from vts.radar import Site, messages, project, read, sniff
from vts.radar import asterix_kernels as kernels
from vts.radar.asterix import Decoder, Framed, decode, encode
from vts.radar.tables import EXT, FIXED, categories, table
from vts.schema import RADAR_TRACK, Rejects, Reports
from vts.units import KN, NM

NOON = 12 * 3600.0
SITE = Site("Dachan", 0, 113.85, 22.52, sac=10, sic=1, sigma_range_m=10.0, sigma_azimuth_deg=0.5)
DAY_NS = 1_767_225_600 * 10**9  # 2026-01-01


def decoded(data, sites=(SITE,), start_ns=DAY_NS, rx_ns=-1):
    """(Reports, Rejects) of octets that hold whole blocks."""
    rejects = Rejects("test")
    decoder = Decoder(sites, rejects, start_ns=start_ns)
    buffer = np.frombuffer(data, np.uint8)
    out = np.empty((len(buffer), 3), np.int64)
    n, *_ = kernels.frame(buffer, 0, len(buffer), decoder.layout, True, False, 0, out)
    fill = np.full(n, -1, np.int64)
    return decoder.reports(Framed(buffer, out[:n], np.full(n, rx_ns, np.int64), fill, 0)), rejects


def cat010(n=1, **other):
    """Octets of n CAT010 target reports of site 10/1."""
    values = {
        "i010_sac": 10,
        "i010_sic": 1,
        "i000_typ": 1,
        "i140_tod_s": NOON,
        "i040_rho_m": 5000.0,
        "i040_th_deg": 90.0,
    }
    return encode(10, {k: np.full(n, v) if np.ndim(v) == 0 else v for k, v in (values | other).items()})


def test_known_octets_of_a_plot_are_written():
    # by hand: CAT, LEN 14, FSPEC 1101 0100 (010, 000, 140, 040), 0a 01, 1, 43,200 s x 128, 5,000 m, a quarter turn
    assert bytes.fromhex("0a000e d4 0a01 01 546000 1388 4000") == cat010()


def test_report_carries_what_the_radar_measured():
    reports, rejects = decoded(cat010(i161_trk=77, i200_gsp_nmps=12 * KN / NM, i200_tra_deg=270.0, i270_length_m=120.0))
    assert (1, 0) == (rejects.used, sum(rejects.counts.values()))
    assert (77, 1, RADAR_TRACK) == (reports.ident[0], reports.sensor[0], reports.kind[0])
    assert (5000.0, 90.0) == (reports.range_m[0], reports.azimuth_deg[0])
    assert (12.0, 270.0) == pytest.approx((reports.sog_kn[0], reports.cog_deg[0]), abs=0.1)
    assert 120.0 == reports.length_m[0]
    assert np.isnan(reports.width_m[0])
    assert DAY_NS + int(NOON * 1e9) == reports.t_ns[0]
    assert 43.6 == pytest.approx(reports.major_m[0], abs=0.1)  # 5 km at 0.5 degrees, across the beam
    assert 10.0 == reports.minor_m[0]


def test_two_known_scales_are_those_of_the_standard():
    fields = table(10).fields
    assert (0.25, 0.25) == (fields["i202_vx_mps"].lsb, fields["i210_ax_mps2"].lsb)


def test_unknown_column_is_named():
    with pytest.raises(UsageError, match="i999"):
        encode(10, {"i999_x": 1.0})


# what hostile and broken octets do ------------------------------------------------------------------------------------


def counted(data, **options):
    """The Rejects of octets read as a file."""
    feed = read([data], (SITE,), format="asterix", start="2026-01-01", **options)
    used = sum(reports.n for reports in feed)
    assert used == feed.rejects.used
    return feed.rejects


GOOD = cat010(3)


@pytest.mark.parametrize("length", [0, 1, 2])
def test_block_shorter_than_its_header_loses_only_itself(length):
    rejects = counted(GOOD + bytes([10, 0, length]) + GOOD)
    assert (6, 1) == (rejects.used, rejects.counts["framing lost"])


def test_block_longer_than_the_file_is_counted():
    rejects = counted(GOOD + bytes([10, 0xFF, 0xFF]) + b"\xd4\x0a\x01")
    assert (3, 1) == (rejects.used, rejects.counts["framing lost"])


def test_block_that_ends_within_a_record_keeps_the_records_before():
    cut = bytearray(cat010(2, i161_trk=5))
    cut[1:3] = (len(cut) - 2).to_bytes(2, "big")
    rejects = counted(bytes(cut[:-2]) + GOOD)
    assert (4, 1) == (rejects.used, rejects.counts["record past the end of its block"])


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\x00", "record without items"),
        (b"\xff" * 30, "FSPEC longer than the category has items (another edition?)"),
        (b"\x01\x01\x01\x08\x00", "item that this edition does not define (name another edition)"),
        (b"\xa0\x0a\x01" + b"\xff" * 9, "FX chain longer than the item (another edition?)"),
        (b"\x01\x01\x01\x04\x00", "explicit item of length 0"),
        (b"\x01\x01\x01\x04\xff", "record past the end of its block"),
        (b"\x80\x0a", "record past the end of its block"),
        (b"\x01\x01\x80\xff", "record past the end of its block"),
    ],
)
def test_record_that_cannot_be_walked_is_named_and_the_next_block_is_read(body, reason):
    rejects = counted(octets.block(10, [body]) + GOOD)
    assert (3, {reason: 1}) == (rejects.used, rejects.counts)


def test_repetition_of_0_is_an_empty_item():
    rejects = counted(octets.block(10, [b"\xf1\x01\x40\x0a\x01\x01\x80\x54\x60\x00\x00"]))
    assert {"no position": 1} == rejects.counts


def test_time_of_day_over_24_h_is_counted():
    late = bytearray(cat010())
    late[7:10] = (11_059_200).to_bytes(3, "big")
    assert {"time of day over 24 h": 1} == counted(bytes(late)).counts
    late[7:10] = (11_059_199).to_bytes(3, "big")
    assert 1 == counted(bytes(late)).used


def test_unknown_category_is_named_and_passed_over():
    rejects = counted(GOOD + octets.block(19, [b"\x80\x01\x02"]) + GOOD)
    assert (6, {"category without a table": 1}) == (rejects.used, rejects.counts)
    assert "CAT019" == rejects.examples["category without a table"]


def test_source_of_another_radar_is_named():
    rejects = counted(cat010(i010_sic=9))
    assert {"source that no site claims": "SAC 10 SIC 9"} == rejects.examples


@pytest.mark.parametrize(
    ("column", "reason"), [("i020_sim", "simulated target"), ("i020_tst", "test target"), ("i020_rab", "field monitor")]
)
def test_what_is_no_measured_target_is_counted(column, reason):
    assert {reason: 1} == counted(cat010(**{column: 1})).counts


def test_status_messages_carry_no_target():
    assert {"service message": 2} == counted(cat010(2, i000_typ=[2, 3])).counts


def test_date_is_asked_for_where_nothing_tells_it():
    feed = read([GOOD], (SITE,), format="asterix")
    with pytest.raises(UsageError, match="date"):
        list(feed)


def test_midnight_is_passed_and_steps_back_are_kept():
    times = [86_399.0, 86_399.9921875, 0.5, 86_399.5, 1.0]
    reports, _ = decoded(cat010(5, i140_tod_s=times))
    np.testing.assert_allclose([0, 0.9921875, 1.5, 0.5, 2.0], (reports.t_ns - reports.t_ns[0]) / 1e9)


def test_record_without_a_time_takes_its_neighbours():
    reports, rejects = decoded(cat010(3, i140_tod_s=[NOON, np.nan, NOON + 1]))
    assert [0, 0, 10**9] == list(reports.t_ns - reports.t_ns[0])
    _, rejects = decoded(cat010(1, i140_tod_s=np.nan))
    assert {"no time": 1} == rejects.counts


def test_old_stations_clock_wraps_every_512_s():
    plot = {"i010_sac": 10, "i010_sic": 1, "i020_typ": 0, "i040_rho_nm": 5.0, "i040_theta_deg": 90.0}
    north = encode(2, {"i010_sac": 10, "i010_sic": 1, "i000_typ": 1, "i030_tod_s": 43_519.0})
    octets_001 = encode(1, {**plot, "i141_ttod_s": np.array([511.5, 0.25])})
    reports, rejects = decoded(north + octets_001)
    assert 2 == reports.n, rejects.counts
    np.testing.assert_allclose([43_519.5, 43_520.25], (reports.t_ns - DAY_NS) / 1e9)
    assert 5 * NM == pytest.approx(reports.range_m[0])


def test_old_stations_clock_starts_anew_at_midnight():
    near = 86_400 * 10**9
    for at_s, ref_s in ((86_399.0, 86_398.0), (86_401.0, 86_399.0), (86_399.5, 86_403.0), (300.0, 250.0)):
        tod_ns = int(at_s % 86_400 % 512 * 1e9)
        assert 10 * near + int(at_s * 1e9) == project.nearest_ns(10 * near + int(ref_s * 1e9), tod_ns, 512 * 10**9)


def test_clock_and_latency_of_the_site_are_taken_off():
    site = dataclasses.replace(SITE, latency_s=0.25, clock_offset_s=-1.0)
    reports, _ = decoded(cat010(), (site,))
    assert NOON + 0.75 == pytest.approx((reports.t_ns[0] - DAY_NS) / 1e9)


@pytest.mark.parametrize(("east", "north"), [(3000, 4000), (-3000, 100), (0, -5)])
def test_cartesian_plot_lies_where_the_polar_one_does(east, north):
    reports, _ = decoded(cat010(i040_rho_m=np.nan, i040_th_deg=np.nan, i042_x_m=east, i042_y_m=north))
    assert math.hypot(east, north) == pytest.approx(reports.range_m[0])
    assert math.degrees(math.atan2(east, north)) % 360 == pytest.approx(reports.azimuth_deg[0])


def test_position_alone_gives_range_and_azimuth():
    there, _ = decoded(cat010())
    again, _ = decoded(
        cat010(i040_rho_m=np.nan, i040_th_deg=np.nan, i041_lon_deg=there.lon_deg, i041_lat_deg=there.lat_deg)
    )
    assert 5000.0 == pytest.approx(again.range_m[0], abs=0.1)
    assert 90.0 == pytest.approx(again.azimuth_deg[0], abs=1e-3)


def test_what_the_site_cannot_see_is_counted():
    site = dataclasses.replace(SITE, min_range_m=100.0, max_range_m=9_000.0, blind_deg=((350.0, 10.0), (80.0, 100.0)))
    ranges, azimuths = [50.0, 500.0, 9_500.0, 500.0, 500.0], [45.0, 45.0, 45.0, 355.0, 90.0]
    reports, rejects = decoded(cat010(5, i040_rho_m=ranges, i040_th_deg=azimuths), (site,))
    assert 1 == reports.n
    assert {"outside the site's range limits": 2, "in a blind sector": 2} == rejects.counts


def test_two_radars_on_one_port_are_told_apart_by_their_source():
    sites = (SITE, dataclasses.replace(SITE, name="Mawan", number=1, sic=2))
    reports, _ = decoded(cat010(4, i010_sic=[1, 2, 1, 2]), sites)
    assert [1, 2, 1, 2] == list(reports.sensor)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_no_octets_break_the_reader(junk):
    for fmt in ("asterix", "final"):
        feed = read([junk], (SITE,), format=fmt, start="2026-01-01")
        assert sum(r.n for r in feed) == feed.rejects.used


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(sorted(categories())), st.integers(0, 400), st.integers(0, 255))
def test_no_flipped_octet_breaks_the_reader(seed, category, where, value):
    rng = np.random.default_rng(seed)
    tab = table(category)
    records = [octets.record(tab, rng, int(rng.integers(len(tab.uaps))))[0] for _ in range(3)]
    data = bytearray(octets.block(category, records) + GOOD)
    data[where % len(data)] = value
    feed = read([bytes(data)], (SITE,), format="asterix", start="2026-01-01")
    assert sum(r.n for r in feed if r.ident.size) <= feed.rejects.used
    for message in messages([bytes(data)], format="asterix", start="2026-01-01"):
        assert message["category"] in categories()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(1, 60), min_size=1, max_size=30))
def test_any_batching_gives_the_same_reports(seed, sizes):
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, int(rng.integers(0, 20))).astype(np.uint8).tobytes()
    data = cat010(5, i140_tod_s=NOON + np.arange(5.0)) + noise + GOOD + octets.block(19, [b"\x80\x01\x02"]) + GOOD
    cuts = np.unique(np.minimum(np.cumsum(sizes), len(data)))
    pieces = [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True) if b > a]
    whole, parts = (read(b, (SITE,), format="asterix", start="2026-01-01") for b in ([data], pieces))
    for a, b in zip(Reports.concat(list(whole)), Reports.concat(list(parts)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert whole.rejects.counts == parts.rejects.counts


def test_long_blocks_are_the_same_in_any_pieces(few):
    n = few(30_000, 8_500)
    data = cat010(n, i140_tod_s=NOON + np.arange(n) / 128) + b"\x00\x01" + cat010(n)
    size = few(150_000, 140_000)
    whole, parts = (
        read(b, (SITE,), format="asterix", start="2026-01-01")
        for b in ([data], [data[k : k + size] for k in range(0, len(data), size)])
    )
    for a, b in zip(Reports.concat(list(whole)), Reports.concat(list(parts)), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (2 * n, {"framing lost": 1}) == (whole.rejects.used, whole.rejects.counts)
    assert whole.rejects.counts == parts.rejects.counts


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([10, 34, 48, 62, 2, 15]))
def test_what_is_encoded_is_what_is_read(seed, category):
    rng = np.random.default_rng(seed)
    tab = table(category)
    plain = [f for f in tab.fields.values() if tab.items[f.item, 0] in (FIXED, EXT) and f.bits <= 32]
    chosen = [plain[k] for k in rng.choice(len(plain), 8, replace=False)]
    values = {}
    for f in chosen:
        low, high = (-(2 ** (f.bits - 1)), 2 ** (f.bits - 1) - 1) if f.form == "s" else (0, 2**f.bits - 1)
        values[f.name] = rng.integers(low, high, 3, endpoint=True) * f.lsb
    read_back = list(messages([encode(category, values)], format="asterix", start="2026-01-01"))
    for name, column in values.items():
        got = [m[name] for m in read_back]
        want = [int(v, 8) if isinstance(v, str) and tab.fields[name].form == "o" else v for v in got]
        if not any(isinstance(v, str) for v in want):
            np.testing.assert_allclose(want, column, rtol=1e-12)


# framings -------------------------------------------------------------------------------------------------------------


def final(*blocks):
    """Octets of a Final Format recording."""
    return b"".join((len(b) + 12).to_bytes(2, "big") + bytes(6) + b + b"\xa5" * 4 for b in blocks)


def test_final_format_is_told_and_read():
    recording = final(GOOD, GOOD)
    assert "final" == sniff([recording])
    assert 6 == sum(r.n for r in read([recording], (SITE,), start="2026-01-01"))


def test_final_format_finds_its_way_back():
    feed = read([final(GOOD) + b"\x12junk" + final(GOOD, GOOD)], (SITE,), format="final", start="2026-01-01")
    assert 6 == sum(r.n for r in feed)  # the packet after the junk ends it
    assert {"framing lost": 1} == feed.rejects.counts


@pytest.mark.parametrize("size", [1, 3, 7, 50, 1000])
def test_final_format_is_the_same_in_any_pieces(size):
    data = final(GOOD) + b"\x12junk" + final(GOOD, GOOD) + bytes(40) + final(GOOD) + b"\xa5\xa5"
    whole = read([data], (SITE,), format="final", start="2026-01-01")
    parts = read([data[k : k + size] for k in range(0, len(data), size)], (SITE,), format="final", start="2026-01-01")
    assert sum(r.n for r in whole) == sum(r.n for r in parts) > 3
    assert whole.rejects.counts == parts.rejects.counts


def test_formats_are_told_by_their_octets():
    assert "asterix" == sniff([GOOD])
    assert "arpa" == sniff([b"$RATTM,01,0.48,263.6,T,0.0,2.9,T,0.48,,N,1,T,,134601,M*51\r\n"])
    assert "pcap" == sniff([b"\xd4\xc3\xb2\xa1" + bytes(20)])
    assert None is sniff([b"!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5C\r\n"])
    assert None is sniff([b"time,lon,lat\r\n"])


def test_unknown_format_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="asterix, final, pcap, arpa"):
        list(read([GOOD], (SITE,), format="cat"))
    with pytest.raises(LogError, match="name its format"):
        list(read([b"hello"], (SITE,)))


def test_decode_is_the_inverse_of_encode():
    data = cat010(5, i040_rho_m=[1.0, 2.0, np.nan, 4.0, 5.0], i040_th_deg=[1, 1, np.nan, 1, 1]) + octets.block(
        34, [b"\x80\x01\x02"]
    )
    found = decode(10, data)
    np.testing.assert_array_equal([1.0, 2.0, np.nan, 4.0, 5.0], found["i040_rho_m"])
    assert np.isnan(found["i042_x_m"]).all()
    with pytest.raises(UsageError, match="i999"):
        decode(10, data, ["i999"])
