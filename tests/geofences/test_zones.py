"""Zone files: what loads, what holds where, and what each defect is called."""

import json

import numpy as np
import pytest

import geofences
from vts.errors import ZoneError
from vts.paths import data_dir


def polygon(*corners, **properties):
    """A closed zone over some corners."""
    given = {"name": "Eastern Anchorage", "kind": "anchorage", "source": "test", "confidence": "high"} | properties
    ring = [list(c) if not isinstance(c, str) else c for c in (*corners, corners[0])]
    return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": given}


def write(tmp_path, *features, **top):
    path = tmp_path / "zones.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features} | top), encoding="utf-8")
    return path


SQUARE = ((113.9, 22.1), (114.0, 22.1), (114.0, 22.2), (113.9, 22.2))


def test_shipped_zones_have_no_defect_and_examples_stay_off():
    zones, every = geofences.load(data_dir() / "zones"), geofences.load(data_dir() / "zones", examples=True)
    assert [] == geofences.defects(data_dir() / "zones")
    assert {"high", "medium"} == {p["confidence"] for p in zones.properties}
    assert all(p["source"] and p["jurisdiction"] and "valid_from" in p for p in every.properties)
    assert 60 < every.n - zones.n
    assert all(p["enabled"] for p in zones.properties)


def test_ship_in_guishan_pilot_anchorage_is_held_by_it_alone_of_the_anchorages():
    zones = geofences.load(data_dir() / "zones")
    hits = zones.index.locate([113.78, 113.80], [22.13, 22.13])
    kinds = [(zones.names[z], row) for row, z in zip(hits.row, hits.zone) if zones.kinds[z] == "anchorage"]
    assert [("桂山引航锚地 Guishan pilot anchorage (18GS)", 0)] == kinds


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        (polygon(*((lat, lon) for lon, lat in SQUARE)), ("latitude first", "longitude first")),
        (polygon(SQUARE[0], SQUARE[1], SQUARE[3], SQUARE[2]), ("crosswise", "exchange")),
        (polygon((0, 0), (4, 0), (4, 4), (1, 4), (1, 3), (5, 1), (0, 4)), ("crosses itself", "loop")),
        (polygon((12_600_000, 2_500_000), *SQUARE), ("another reference", "WGS 84")),
        (polygon("22°08′N,113°47'88\"E", *SQUARE), ("88 seconds", "decimals of a minute")),
        (polygon(*SQUARE, kind="tss_lane"), ("without direction_deg", "add it")),
        (polygon(*SQUARE, kind="anchorge"), ("'anchorge'", "use one of")),
        (polygon(*SQUARE, capacity=-3), ("capacity -3", "0 to 10000")),
        (polygon(*SQUARE, source=""), ("no source", "add where")),
        (polygon(*SQUARE, complete=["anchorges"]), ("complete 'anchorges'", "anchorage_candidate")),
        (polygon(*SQUARE, complete=True), ("complete True", "kinds of zone")),
        (polygon(*SQUARE, kind=["anchorage"]), ("['anchorage']", "use one of")),
        (polygon(*SQUARE, allowed=["tankers"]), ("allowed 'tankers'", "use unknown, fishing")),
        (polygon(*SQUARE, forbidden=5), ("forbidden 5", "vessel kinds")),
        (polygon(*SQUARE, no_overtaking=1), ("no_overtaking 1", "true or false")),
        (polygon(*SQUARE, horizon_min="ten"), ("horizon_min 'ten'", "a number (min)")),
        (polygon(*SQUARE, max_wind_mps=float("nan")), ("max_wind_mps nan", "a number (m/s)")),
        (polygon(*SQUARE, lng_zone="dapeng"), ("'dapeng' is no preset", "yangshan_2020")),
        (polygon(*SQUARE, lng_zone="own", lng_zone_ahead="2 cables"), ("'2 cables'", "beams")),
        (polygon(*SQUARE, valid_from="2025-04-09T08:00"), ("no time zone", "+08:00")),
        (polygon(*SQUARE, daily_window="8-17", time_zone="+08:00"), ("daily_window '8-17'", "08:00-17:00")),
    ],
)
def test_defect_names_feature_problem_and_remedy(tmp_path, feature, words):
    path = write(tmp_path, feature)
    with pytest.raises(ZoneError) as caught:
        geofences.load(path)
    for word in (str(path), "Eastern Anchorage", *words):
        assert word in str(caught.value)
    assert 1 == len(geofences.defects(path))


@pytest.mark.parametrize(
    ("name", "words"),
    [("N" * 100_000, "100000 characters"), ("one\ntwo", "cannot be shown"), ("\x1b[31mred\u202e", "cannot be shown")],
    ids=["long", "two lines", "control characters"],
)
def test_a_name_that_no_list_could_show_is_refused(tmp_path, name, words):
    (defect,) = geofences.defects(write(tmp_path, polygon(*SQUARE, name=name)))
    assert words in str(defect)
    assert str(defect).isprintable()


def test_open_ring_is_refused_with_its_end(tmp_path):
    feature = polygon(*SQUARE)
    feature["geometry"]["coordinates"][0].pop()
    with pytest.raises(ZoneError, match=r"'Eastern Anchorage' at 113\.900000E 22\.200000N is not closed; repeat"):
        geofences.load(write(tmp_path, feature))


def test_every_defect_of_a_file_is_named(tmp_path):
    path = write(tmp_path, polygon(*SQUARE, kind="x"), polygon(*SQUARE, name=""), polygon(*SQUARE), crs={"x": "GCJ-02"})
    assert ["GCJ-02" in str(d) for d in geofences.defects(path)].count(True) == 1
    assert 3 == len(geofences.defects(path))
    with pytest.raises(ZoneError, match="2 more: vts zones check"):
        geofences.load(path)


def test_shekou_works_area_holds_by_day_in_its_four_days_only():
    zones = geofences.load(data_dir() / "zones")
    (row,) = zones.rows("works_area")
    at = np.array(
        ["2025-04-08T23:59", "2025-04-09T00:00", "2025-04-09T08:59", "2025-04-09T09:00", "2025-04-12T08:59",
         "2025-04-12T09:00", "2025-04-13T01:00"], "M8[ns]").astype(np.int64)  # fmt: skip
    assert [False, True, True, False, True, False, False] == zones.in_force(at)[:, row].tolist()


def test_corridor_is_as_wide_as_it_says_and_knows_its_course(tmp_path):
    line = {"type": "LineString", "coordinates": [[114.0, 22.0], [114.0, 22.2], [114.2, 22.4]]}
    p = {"name": "c", "kind": "corridor", "source": "t", "width_port_m": 300, "width_starboard_m": 500}
    index = geofences.load(write(tmp_path, {"type": "Feature", "geometry": line, "properties": p})).index
    east_m = np.array([-310.0, -290.0, 490.0, 510.0])
    lon = 114.0 + east_m / 103_300.0
    hits = index.locate(lon, np.full(4, 22.1))
    assert [1, 2] == hits.row.tolist()
    along = index.along(lon, np.full(4, 22.1), np.arange(4), np.zeros(4, int))
    assert np.allclose(along.cross_m, east_m, atol=1.0)
    assert np.allclose(along.axis_deg, 0.0)
    assert np.allclose(along.along_m, 11_074, atol=5)


def test_outline_shifted_to_gcj02_is_suspected_and_the_chart_outline_is_not(tmp_path):
    from geofences.doubts import gcj02_from_wgs84, wgs84_from_gcj02

    lon, lat = (np.array(v) for v in zip(*SQUARE))
    shifted = np.round(np.column_stack(gcj02_from_wgs84(lon, lat)), 6).tolist()
    assert [] == geofences.defects(write(tmp_path, polygon(*SQUARE)))
    (defect,) = geofences.defects(write(tmp_path, polygon(*shifted)))
    assert "GCJ-02" in str(defect) and not defect.fatal
    assert 1 == geofences.load(tmp_path / "zones.geojson").n
    assert np.allclose(SQUARE, np.column_stack(wgs84_from_gcj02(*gcj02_from_wgs84(lon, lat))), atol=1e-9)


def test_gcj02_shift_is_the_published_one():
    from geofences.doubts import gcj02_from_wgs84

    # Shenzhen, Shanghai and Beijing, from the test table of an independent implementation (googollee/eviltransform)
    lon, lat = np.array([113.912316, 121.5272106, 116.377817]), np.array([22.543847, 31.1774276, 39.911954])
    east, north = gcj02_from_wgs84(lon, lat)
    assert np.allclose([113.9171764808363, 121.531541859215, 116.38404722455657], east, rtol=0, atol=1e-9)
    assert np.allclose([22.540796131694766, 31.17530398364597, 39.91334545536069], north, rtol=0, atol=1e-9)


def test_contrary_lanes_that_overlap_are_named(tmp_path):
    lane = {"kind": "tss_lane"}
    other = ((113.95, 22.1), (114.05, 22.1), (114.05, 22.2), (113.95, 22.2))
    path = write(
        tmp_path, polygon(*SQUARE, direction_deg=43, **lane), polygon(*other, name="b", direction_deg=223, **lane)
    )
    (defect,) = geofences.defects(path)
    assert "overlaps the one-way 'b'" in str(defect) and "114.0" not in defect.problem
    path = write(
        tmp_path, polygon(*SQUARE, direction_deg=43, **lane), polygon(*other, name="b", direction_deg=50, **lane)
    )
    assert [] == geofences.defects(path)


def test_one_zone_with_latitude_first_among_others_is_suspected(tmp_path):
    solent = [
        polygon(*((-1.3 + k + x / 10, 50.7 + y / 10) for x, y in ((0, 0), (1, 0), (1, 1))), name=f"z{k}")
        for k in range(4)
    ]
    solent[2]["geometry"]["coordinates"][0] = [c[::-1] for c in solent[2]["geometry"]["coordinates"][0]]
    (defect,) = geofences.defects(write(tmp_path, *solent))
    assert ("z2", False) == (defect.feature, defect.fatal) and "latitude first" in defect.problem


def test_every_kind_can_be_drawn_and_a_moving_circle_needs_no_place(tmp_path):
    from geofences.kinds import AREA, KINDS, LINE

    ring = [list(c) for c in (*SQUARE, SQUARE[0])]
    shapes = {AREA: ("Polygon", [ring]), LINE: ("LineString", ring[:3]), "Point": ("Point", ring[0])}
    p = {"source": "test", "direction_deg": 43, "width_m": 400, "buffer_m": 100, "radius_m": 50, "mmsi": 412000000}
    features = [
        {
            "type": "Feature",
            "geometry": {"type": shapes[shape][0], "coordinates": shapes[shape][1]},
            "properties": {"name": f"{kind} {shape}", "kind": kind, **p},
        }
        for kind, spec in KINDS.items()
        for shape in spec.shapes
    ]
    circle = {"name": "survey ship", "kind": "moving_works", "source": "test", "mmsi": 412000000, "radius_m": 50}
    zones = geofences.load(write(tmp_path, *features, {"type": "Feature", "geometry": None, "properties": circle}))
    assert len(features) + 1 == zones.n
    held = {zones.names[z] for z in zones.index.locate([113.95], [22.1]).zone}
    assert {"corridor LineString", "cable LineString", "anchorage Polygon"} <= held
    assert not {"survey ship", "moving_works Point"} & held
    assert zones.to_geojson()["features"][-1]["geometry"] is None
    assert zones.take(zones.rows("anchorage")).n == 2


def test_cable_with_its_buffer_is_as_wide_as_the_geodesic_says(tmp_path):
    from pyproj import Geod

    line = {"type": "LineString", "coordinates": [[113.0, 21.5], [114.5, 22.5]]}
    p = {"name": "cable", "kind": "cable", "source": "test", "buffer_m": 500}
    area = geofences.load(write(tmp_path, {"type": "Feature", "geometry": line, "properties": p})).area[0]
    geod, rim = Geod(ellps="WGS84"), np.array(area.exterior.coords)
    along = np.linspace(0, 1, 40_001)[:, None]
    cable = np.array([113.0, 21.5]) + along * np.array([1.5, 1.0])
    for lon, lat in rim[:: max(1, len(rim) // 40)]:
        near = cable[np.abs(cable[:, 0] - lon) < 0.02]
        _, _, m = geod.inv(np.full(len(near), lon), np.full(len(near), lat), near[:, 0], near[:, 1])
        assert abs(m.min() - 500) < 0.5


def test_names_are_escaped_where_a_notebook_shows_them(tmp_path):
    zones = geofences.load(write(tmp_path, polygon(*SQUARE, name="<script>alert(1)</script>")))
    assert "<script>" not in zones._repr_html_() and "&lt;script&gt;" in zones._repr_html_()
