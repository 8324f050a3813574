"""What each receiving station gave: counts that add up, clocks, silences and coverage, whatever the blocks."""

from functools import reduce
from operator import xor

import numpy as np
import pytest

import ais
from ais import stations as of_stations
from ais.stations import Stations

T0 = 1_700_000_000  # a whole minute and 20 s


def log(minutes=4, ships=6):
    """Lines of ships that send every 10 s; B hears all, with a clock 3 s ahead; A hears half of them, and fails."""
    lines = []
    for k in range(6 * minutes):
        for ship in range(ships):
            when = T0 + 10 * k
            message = {
                "type": 1,
                "mmsi": 413_000_000 + ship,
                "longitude_deg": 113.71 + 0.001 * ship,
                "latitude_deg": 22.11,
                "sog_kn": 5.0,
                "cog_deg": 90.0,
                "time_stamp_s": when % 60,
            }
            (sentence,) = ais.encode(message)
            if ship % 2:
                lines.append(tagged("A", when + 1, sentence))
            lines.append(tagged("B", when + 4, sentence))
        lines.append(tagged("A", when + 2, sentence[:-1] + ("0" if sentence[-1] != "0" else "1")))
        lines.append("# a comment")
    return "\n".join(lines).encode() + b"\n"


def tagged(station, when, sentence):
    block = f"s:{station},c:{when}"
    return f"\\{block}*{reduce(xor, block.encode()):02X}\\{sentence}"


def rows(content, size=1 << 16):
    feed = ais.read([content[k : k + size] for k in range(0, len(content), size)])
    found = Stations()
    for _ in found.tap(feed):
        pass
    return {row.station: row for row in found.rows()}, feed.rejects


def test_lines_by_station_add_up_to_what_was_read():
    found, rejects = rows(log())
    for why in ("used", *rejects.counts):
        total = rejects.used if why == "used" else rejects.counts[why]
        assert total == sum(row.lines.get(why, 0) for row in found.values())
    assert {"used": 72, "bad checksum": 24} == found["A"].lines
    assert {"used": 72, "received twice": 72} == found["B"].lines
    assert {"comment": 24} == found[""].lines


def test_a_clock_that_is_ahead_shows_in_the_delay():
    found, _ = rows(log())
    assert found["A"].delay_50_s == pytest.approx(1.0, abs=0.2)
    assert found["B"].delay_50_s == pytest.approx(4.0, abs=0.2)


def test_receptions_vessels_silence_and_coverage():
    a, b = (rows(log())[0][name] for name in "AB")
    assert (72, 72, 3) == (a.receptions, a.first, a.vessels)
    assert (144, 72, 6) == (b.receptions, b.first, b.vessels)
    assert 0.0 == a.silence_min == b.silence_min
    assert a.coverage_nm2 == pytest.approx(36 * np.cos(np.radians(22.15)), rel=1e-6)
    assert np.allclose((113.7, 22.1, 113.8, 22.2), (a.west_deg, a.south_deg, a.east_deg, a.north_deg))


def test_a_silence_is_counted_in_whole_minutes():
    content = log().splitlines()
    gone = [line for line in content if f"c:{T0 + 100}".encode() > line[5:17] or line[5:17] > f"c:{T0 + 200}".encode()]
    found, _ = rows(b"\n".join(gone) + b"\n")
    assert 0.0 < found["A"].silence_min <= 2.0


def test_two_hulls_make_no_coverage():
    found, _ = rows(log(ships=2))
    assert 0.0 == found["B"].coverage_nm2
    assert np.isnan(found["B"].west_deg)


@pytest.mark.parametrize("size", [97, 1 << 12])
def test_no_cut_of_the_log_changes_a_number(size, monkeypatch):
    monkeypatch.setattr(of_stations, "FOLD_ROWS", 50)
    content = log()
    assert repr(rows(content)[0]) == repr(rows(content, size)[0])


def test_a_table_of_positions_has_one_row_without_a_name():
    found, _ = rows(
        b"MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading\n" + b"413000001,2024-01-01T00:00:00,22.1,113.7,5.0,90.0,90\n" * 2
    )
    assert [""] == list(found)
    assert 1 <= found[""].receptions <= 2


def test_the_coast_guards_log_adds_up(data):
    feed = ais.read(data("ais", "uscg-nais-2016", "ais_2016_07_28_aa"))
    found = Stations()
    for _ in found.tap(feed):
        pass
    rows = found.rows()
    assert feed.rejects.read == sum(sum(row.lines.values()) for row in rows)
    assert feed.rejects.used == sum(row.lines.get("used", 0) for row in rows)
    assert len(rows) > 300
