"""Words: places as bearing and distance, times with their zone, and rules' own sentences that reach no further."""

import math

import numpy as np
import pytest

from vts import wording
from vts.errors import ConfigError
from vts.units import S

TR = wording.translator("en")
ZH = wording.translator("zh")


def square(name, west, south, side):
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    return {
        "type": "Feature",
        "properties": {"name": name, "kind": "anchorage"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


ZONES = {
    "features": [square("Outer", 113.0, 22.0, 0.4), square("Inner", 113.2, 22.2, 0.1), square("Port", 112, 21, 3.0)]
}


@pytest.mark.parametrize(
    ("lon", "lat", "said"),
    [
        (113.25, 22.25, "in Inner"),
        (113.1, 22.1, "in Outer"),
        (113.2, 21.9, "6.0 NM, bearing 180° from Outer"),
        (113.5, 22.2, "5.6 NM, bearing 090° from Outer"),
        (113.3, 22.401, "0.06 NM, bearing 000° from Outer"),
        (math.nan, 22.0, ""),
    ],
)
def test_a_place_is_a_zone_or_distance_and_bearing_from_one(lon, lat, said):
    assert said == wording.place_text(TR, wording.Gazetteer(ZONES).nearest(lon, lat))


def test_a_zone_beyond_the_antimeridian_is_near():
    place = wording.Gazetteer({"features": [square("Far", 179.0, 0.0, 0.9)]}).nearest(-179.9, 0.5)
    assert place.distance_m == pytest.approx(0.2 * 111_320, rel=0.01)
    assert place.bearing_deg == pytest.approx(90)


def test_a_wide_area_is_no_landmark_and_nothing_else_is_nearer():
    gazetteer = wording.Gazetteer({"features": [square("Port", 112, 21, 3.0), square("Berth", 113.0, 22.0, 0.01)]})
    assert "Berth" == gazetteer.nearest(113.5, 22.0).name
    assert "in Sea" == wording.place_text(
        TR, wording.Gazetteer({"features": [square("Sea", 100, 0, 30.0)]}).nearest(110, 9)
    )


def test_no_zones_no_place():
    assert "" == wording.place_text(TR, wording.Gazetteer().nearest(113.0, 22.0))


def test_lines_and_collections_are_landmarks_too():
    line = {"type": "LineString", "coordinates": [[113.0, 22.0], [114.0, 22.0]]}
    both = {"type": "GeometryCollection", "geometries": [line, {"type": "Point", "coordinates": [0, 0]}]}
    zones = {"features": [{"properties": {"name": "Line"}, "geometry": both}]}
    assert "6.0 NM, bearing 000° from Line" == wording.place_text(TR, wording.Gazetteer(zones).nearest(113.5, 22.1))


def test_nobody_is_inside_a_line_that_bends_round_her():
    bend = {"type": "LineString", "coordinates": [[113.1, 22.0], [113.0, 22.0], [113.0, 22.1], [113.1, 22.1]]}
    gazetteer = wording.Gazetteer({"features": [{"properties": {"name": "Reporting line"}, "geometry": bend}]})
    place = gazetteer.nearest(112.95, 22.05)
    assert place.distance_m == pytest.approx(0.05 * 111_320 * np.cos(np.radians(22.05)), rel=0.01)


def test_a_place_within_a_distance_is_the_nearest_or_none():
    gazetteer, rng = wording.Gazetteer(ZONES), np.random.default_rng(5)
    for lon, lat in zip(rng.uniform(112.5, 114.0, 200), rng.uniform(21.5, 23.0, 200), strict=True):
        place = gazetteer.nearest(lon, lat)
        expected = place if place.distance_m <= 20_000 else None
        assert expected == gazetteer.nearest(lon, lat, 20_000)


def test_times_say_their_zone():
    assert "2016-07-28 00:00:40 UTC" == wording.time_text(1_469_664_040 * S)
    assert "2016-07-28 08:00:40 UTC+8" == wording.time_text(1_469_664_040 * S, "Asia/Shanghai")
    assert "–" == wording.time_text(-1)
    with pytest.raises(ConfigError, match="Asia/Shanghai"):
        wording.time_text(0, "Mars")


def test_positions_as_on_a_chart():
    assert "22°12.34'N 113°56.78'E" == wording.position_text(113 + 56.78 / 60, 22 + 12.34 / 60)
    assert "00°30.00'S 005°00.00'W" == wording.position_text(-5.0, -0.5)
    assert "60°00.00'N 000°00.00'E" == wording.position_text(0.0, 59.99999)


RULES = {
    "speed": {
        "title": {"en": "Too fast", "zh": "超速"},
        "text": {"en": "{vessel} makes {sog_kn:.1f} kn in {zone}, {excess:.1f} over", "zh": "{vessel} 在{zone}超速"},
        "unit": "kn",
        "citation": "Order 1",
    },
    "evil": {"text": {"en": "{vessel.__class__} {excess!r} {0} {zone[0]} {missing}"}},
}
ALERT = {
    "rule": "speed", "track": 7, "mmsi": 413_000_001, "other": -1, "other_mmsi": -1, "zone": 1, "excess": 2.34,
    "detail": "sog_kn=14.34;note=x", "state": 0, "severity": 2, "t_ns": 1_469_664_040 * S,
    "lon_deg": 113.25, "lat_deg": 22.25,
}  # fmt: skip


def test_an_alert_in_both_languages():
    words = wording.Wording("en", RULES, ZONES, {413_000_001: "HAI XUN"})
    assert "HAI XUN (413000001) makes 14.3 kn in Inner, 2.3 over" == words.sentence(ALERT)
    line = words.line(ALERT)
    assert line.startswith("2016-07-28 00:00:40 UTC  alarm raised: HAI XUN")
    assert line.endswith("; in Inner")
    assert "MMSI 413000001 在Inner超速" == wording.Wording("zh", RULES, ZONES).sentence(ALERT)


def test_a_rule_without_text_still_says_something():
    words = wording.Wording("en", {}, ZONES)
    assert "MMSI 413000001, anchor outside, 2.34" == words.sentence(ALERT | {"rule": "anchor_outside"})
    assert "dark track 7, anchor outside" == words.sentence(
        ALERT | {"rule": "anchor_outside", "mmsi": -1, "excess": None}
    )


def test_a_template_from_a_file_reaches_nothing():
    said = wording.Wording("en", RULES, ZONES).sentence(ALERT | {"rule": "evil"})
    assert "class" not in said
    assert said.count(wording.UNKNOWN) >= 3


def test_names_from_the_air_are_printable():
    assert "A▯[2JB▯" == wording.clean("A\x1b[2JB\u202e")
    assert 120 == len(wording.clean("x" * 10_000))
    assert "MMSI 5" == wording.vessel_text(TR, 5, 1, "   ")


def test_a_catalogue_of_gettext_is_read(tmp_path):
    file = tmp_path / "zh.po"
    file.write_text(
        'msgid ""\nmsgstr "Language: zh\\n"\n\n#: cli.py\nmsgid "a \\"b\\""\n'
        'msgstr "甲"\n"乙\\n"\n\n#, fuzzy\nmsgid "c"\nmsgstr "丙"\n\nmsgid "d"\nmsgstr ""\n',
        encoding="utf-8",
    )
    assert {'a "b"': "甲乙\n"} == wording.read_po(file)


def test_a_language_we_do_not_have_is_refused():
    with pytest.raises(ConfigError, match="en, zh"):
        wording.translator("fr")


@pytest.mark.parametrize(
    ("name", "value", "english", "chinese"),
    [
        ("dcpa_nm", 0.000752, "under 0.01", "不足 0.01"),
        ("dcpa_nm", 0.0449, "0.04", "0.04"),
        ("dcpa_nm", 0.0, "0", "0"),
        ("tcpa_min", 5.04, "5", "5"),
        ("tcpa_min", 0.03, "under 0.1", "不足 0.1"),
        ("cog_deg", 0.4, "0", "0"),
        ("old_m", 6.85, "6.85", "6.85"),
        ("dcpa_nm", math.nan, "-", "-"),
    ],
)
def test_a_quantity_is_told_no_finer_than_it_is_known(name, value, english, chinese):
    said = [wording.measure_text(name, value, wording.translator(language)) for language in ("en", "zh")]
    assert [english, chinese] == [text.replace(wording.UNKNOWN, "-") for text in said]
