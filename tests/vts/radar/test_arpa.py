"""ARPA sentences: whose target it is, where it is, and when."""

import functools
import operator

import numpy as np
import pytest

from vts import geo
from vts.radar import Site, messages, read
from vts.schema import Reports
from vts.units import KN, NM

OWN = (Site("own ship", 0, own_ship=True, sigma_range_m=20.0, sigma_azimuth_deg=1.0),)
ASHORE = (Site("pier", 0, 114.0, 22.5),)


def line(body):
    """A sentence with its checksum."""
    return f"${body}*{functools.reduce(operator.xor, body.encode()):02X}\r\n".encode()


RMC = line("GPRMC,120000,A,2230.0000,N,11400.0000,E,0.0,67.0,010226,2.9,E,A")
TTM = "RATTM,{number},{distance},{bearing},{reference},10.0,45.0,T,0.2,3.0,{unit},NAME (1),{status},,{time},A"


def ttm(number=1, distance=2.0, bearing=90.0, reference="T", unit="N", status="T", time="120001"):
    return line(TTM.format(**locals()))


def replayed(*lines, sites=OWN, **options):
    """(Reports, Rejects) of sentences."""
    feed = read([b"".join(lines)], sites, format="arpa", **options)
    return Reports.concat(list(feed)), feed.rejects


def test_target_lies_where_range_and_bearing_from_own_ship_say():
    reports, rejects = replayed(RMC, ttm())
    assert 1 == reports.n == rejects.used
    assert (2 * NM, 90.0) == (reports.range_m[0], reports.azimuth_deg[0])
    assert 2 * NM == pytest.approx(geo.distance_m(114.0, 22.5, reports.lon_deg[0], reports.lat_deg[0]), rel=3e-3)
    assert np.datetime64("2026-02-01T12:00:01", "ns").astype(np.int64) == reports.t_ns[0]
    assert (10.0, 45.0) == pytest.approx((reports.sog_kn[0], reports.cog_deg[0]))


@pytest.mark.parametrize(("unit", "metres", "mps"), [("N", NM, KN), ("K", 1000.0, 1 / 3.6), ("S", 1609.344, 0.44704)])
def test_units_are_told_apart(unit, metres, mps):
    reports, _ = replayed(RMC, ttm(unit=unit))
    assert 2 * metres == pytest.approx(reports.range_m[0])
    assert 10 * mps / KN == pytest.approx(reports.sog_kn[0])


def test_relative_bearing_is_turned_by_the_heading_and_only_by_it():
    reports, rejects = replayed(RMC, ttm(reference="R"), line("HEHDT,300.0,T"), ttm(reference="R", time="120002"))
    assert [30.0] == list(reports.azimuth_deg)
    assert {"relative bearing without a heading": 1} == {k: v for k, v in rejects.counts.items() if "relative" in k}


def test_number_given_anew_after_a_loss_is_another_target():
    lost = ttm(status="L", time="120002")
    reports, _ = replayed(RMC, ttm(), lost, lost, ttm(time="120009"))
    assert [1, 1001] == list(reports.ident)


def test_query_is_not_tracked():
    reports, rejects = replayed(RMC, ttm(status="Q"))
    assert (0, 1) == (reports.n, rejects.counts["target not yet tracked (status Q)"])


def test_tll_that_repeats_a_ttm_is_counted_once():
    tll = line("RATLL,01,2230.0000,N,11402.1650,E,NAME (1),120001,T,")
    reports, rejects = replayed(RMC, ttm(), tll)
    assert (1, 1) == (reports.n, rejects.counts["repeats a TTM"])
    alone, _ = replayed(RMC, tll)
    assert (114.0 + 2.165 / 60, 22.5) == pytest.approx((alone.lon_deg[0], alone.lat_deg[0]))
    assert 2 * NM == pytest.approx(alone.range_m[0], rel=3e-3)


def test_midnight_is_passed_without_a_new_date():
    late = line("GPRMC,235959,A,2230.0000,N,11400.0000,E,0.0,67.0,010226,2.9,E,A")
    reports, _ = replayed(late, ttm(time="235959.50"), ttm(time="000000.50"))
    assert 10**9 == reports.t_ns[1] - reports.t_ns[0]


def test_target_without_a_time_takes_that_of_its_tag_block_or_neighbour():
    tagged = b"\\s:r1,c:1769947205*00\\" + ttm(time="")
    reports, _ = replayed(RMC, ttm(time=""), tagged)
    assert [0, 5] == list((reports.t_ns - 1_769_947_200 * 10**9) // 10**9)


def test_radar_ashore_keeps_its_own_position():
    reports, rejects = replayed(line("GPRMC,120000,A,1000.0,N,01000.0,E,0,0,010226,,,A"), ttm(), sites=ASHORE)
    assert 2 * NM == pytest.approx(geo.distance_m(114.0, 22.5, reports.lon_deg[0], reports.lat_deg[0]), rel=3e-3)
    assert 1 == rejects.used


def test_targets_without_a_site_are_counted_and_stop_no_run():
    reports, rejects = replayed(RMC, ttm(), sites=())
    assert 0 == reports.n == rejects.used
    assert {
        "own ship or time sentence": 1,
        "no radar site: name a sites file (own_ship = true for a ship's radar)": 1,
    } == (rejects.counts)


@pytest.mark.parametrize("bad", ["0.-6", "", "1e3", "--1", ".", "NaN", "9" * 30])
def test_malformed_distance_is_counted(bad):
    reports, rejects = replayed(RMC, ttm(distance=bad))
    assert (0, 1) == (reports.n, rejects.counts["not a number"])


def test_every_line_is_in_one_bucket_and_ais_is_left_alone():
    ais = b"!AIVDM,1,1,,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5C\r\n"
    lines = (RMC, ttm(), ais, b"junk\r\n", ttm()[:-4] + b"00\r\n", ttm()[:-5] + b"\r\n", line("GPGSV,3,1,11"), b"\r\n")
    reports, rejects = replayed(*lines)
    assert 1 == reports.n
    assert 6 == rejects.read
    assert {"own ship or time sentence", "no sentence in the line", "checksum", "no checksum", "other sentence"} == set(
        rejects.counts
    )


def test_any_batching_gives_the_same_targets():
    text = b"".join([RMC, *(ttm(number=k % 7, time=f"1200{k:02d}", distance=1 + k / 10) for k in range(50))])
    whole = Reports.concat(list(read([text], OWN, format="arpa")))
    for size in (1, 13, 100, 1000):
        feed = read([text[k : k + size] for k in range(0, len(text), size)], OWN, format="arpa")
        for a, b in zip(whole, Reports.concat(list(feed)), strict=True):
            np.testing.assert_array_equal(a, b)


def test_real_log_holds_four_target_numbers(data):
    feed = read(data("radar", "nmea_ttm", "RadarLogs.txt"), OWN)
    reports = Reports.concat(list(feed))
    assert {1, 2, 3, 4} == set((reports.ident % 1000).tolist())
    assert 56_579 == feed.rejects.read
    assert 73 * 2 == feed.rejects.counts["target not yet tracked (status Q)"]
    leaps = {}
    for ident in np.unique(reports.ident):
        mine = np.flatnonzero(reports.ident == ident)
        step = geo_steps(reports, mine)
        gap_s = np.maximum(np.diff(reports.t_ns[mine]) / 1e9, 1.0)
        leaps[int(ident)] = int(np.count_nonzero(step > gap_s * 60 * KN + 150.0))
    assert {3: 2} == {ident: n for ident, n in leaps.items() if n}  # the radar itself swapped target 3 at 14:00:25


def geo_steps(reports, rows):
    """Metres between successive reports."""
    lon, lat = reports.lon_deg[rows], reports.lat_deg[rows]
    return np.array(
        [geo.distance_m(*p, *q) for p, q in zip(zip(lon[1:], lat[1:]), zip(lon[:-1], lat[:-1]), strict=True)]
    )


def test_messages_name_every_field(data):
    found = next(iter(messages(data("radar", "nmea_ttm", "RATLL.txt"), start="2015-07-27")))
    assert ("2015-07-27T13:46:01.000000Z", "RA", "TLL", 1) == tuple(
        found[k] for k in ("t", "station", "type", "target")
    )
    assert (58.21145, 11.53250333) == pytest.approx((found["lat_deg"], found["lon_deg"]))
    assert ("1 (Broadband 4G - 2782 B)", "T") == (found["name"], found["status"])
