"""The report: its numbers are the store's, its text is escaped, in both languages."""

import re

import numpy as np
import pytest

from vts import Rejects, Reports, Store, report
from vts.errors import StoreError

from .test_maps import EVIL, START_NS, S, radar_of, store_of


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "s"
    store_of(path, pictures=100)
    with Store(path) as store:
        store.begin(resume=True)
        rejects = Rejects("day.nmea")
        rejects.used = 1234
        rejects.add("checksum", 56, EVIL)
        store.add_rejects(rejects)
        t_ns = START_NS + np.array([0, 1, 2, 1202, 1203]) * S
        store.add_reports(
            Reports(t_ns=t_ns, rx_ns=t_ns + 2 * S, sensor=0, kind=0, ident=413_000_001, lon_deg=114.0, lat_deg=22.5)
        )
    return Store(path)


def text_of(page):
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", "|", page))


def test_the_numbers_are_the_stores(store):
    text = text_of(report.page(store))
    assert "2|vessels with AIS" in text
    assert "1|tracks without AIS" in text
    assert "1|alarms" in text
    assert "1,290||1,234||56" in text  # read = used + rejected
    assert "20 min 00 s" in text  # the silence
    assert "2.0 s||2.0 s" in text  # the delay of reception


def test_text_from_the_air_is_escaped_in_every_table(store):
    page = report.page(store)
    assert EVIL not in page
    assert page.count("&lt;/script&gt;") >= 4  # vessel, zone, example, reason


def test_the_page_loads_nothing_and_is_the_same_every_time(store):
    page = report.page(store)
    assert [] == re.findall(r"https?://", page)
    assert "<script" not in page
    assert page == report.page(store)


def test_times_and_words_follow_language_and_zone(store):
    page = report.page(store, lang="zh", tz="Asia/Shanghai")
    assert '<html lang="zh">' in page
    assert "UTC+8" in page
    assert "超速" in page


def test_a_window_limits_what_is_counted(store):
    text = text_of(report.page(store, start_ns=START_NS + 500 * S))
    assert "0|alarms" in text
    assert "2|vessels with AIS" in text


def test_a_store_without_tracks_is_told_in_one_sentence(tmp_path):
    Store(tmp_path / "s").begin()
    with pytest.raises(StoreError, match="no tracks"):
        report.page(Store(tmp_path / "s"))


def test_inside_by_the_even_odd_rule():
    ring = [[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]
    hole = [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
    held = report.inside(
        {"type": "Polygon", "coordinates": [ring, hole]}, np.array([0.5, 1.5, 3.0, 5.0]), np.array([0.5, 1.5, 3.0, 1.0])
    )
    assert [True, False, True, False] == held.tolist()


def test_the_sensors_health_and_errors_are_told_with_their_bounds(tmp_path):
    page = report.page(radar_of(tmp_path / "s"))
    text = text_of(page)
    assert "range +35.0 ± 1.6 m (95 %); azimuth -0.40 ± 0.10° (95 %); clock +0.50 ± 0.20 s (95 %)" in text
    assert "silent since 2023-11-14 22:16:17 UTC" in text  # a radar of 3 s; the last Picture is two minutes later
    assert "silent for up to" in text_of(report.page(radar_of(tmp_path / "s2"), end_ns=START_NS + 181 * S))
    assert page.count("<svg") > report.page(store_of(tmp_path / "t")).count("<svg")  # how the errors were learned
    assert EVIL not in page
