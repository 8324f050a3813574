"""S-57 cells, GeoParquet, positions as notices print them, and times."""

import json

import numpy as np
import pytest
import shapely

import geofences
from geofences import dms
from geofences.s57 import _feature, _lacking
from geofences.validity import validity
from vts.errors import ZoneError
from vts.paths import data_dir
from vts.units import HOUR


def test_noaa_cell_gives_its_depth_areas_bridges_and_channel(data):
    zones = geofences.load(data("enc", "US5OH10M.000"))
    counts = {kind: len(zones.rows(kind)) for kind in set(zones.kinds)}
    assert 1 == counts["fairway"] == counts["rules_area"] and 23 == counts["bridge"]
    assert "Put-In-Bay Channel" in zones.names
    assert len(set(zones.names)) == zones.n
    assert all("edition 25 of 20180613" in p["source"] for p in zones.properties)
    # Lake Erie north of South Bass Island: the depth area that holds a position says how deep it is at least
    hits = zones.index.locate([-82.92], [41.79])
    depths = [zones.properties[z].get("depth_m") for z in hits.zone if zones.kinds[z] == "depth_area"]
    assert 1 == len(depths) and 5.0 < depths[0] < 12.0


def test_cell_cut_short_is_refused_by_name(data, tmp_path):
    cell = tmp_path / "CUT.000"
    cell.write_bytes(data("enc", "US5OH10M.000").read_bytes()[:100_000])
    with pytest.raises(ZoneError, match=r"CUT\.000: not an S-57 cell"):
        geofences.load(cell)


def test_chart_objects_become_zones_by_their_attributes(tmp_path):
    area = shapely.to_wkb(shapely.box(0, 0, 1, 1))
    row = {"ORIENT": 43.0, "TRAFIC": 3, "RESTRN": "1", "DATEND": "20261231", "FIDN": 7, "FIDS": 1}
    lane = _feature(tmp_path, "TSSLPT", area, row, "cell", set())
    assert ("tss_lane", 43.0, True, "2026-12-31") == tuple(
        lane.properties[k] for k in ("kind", "direction_deg", "one_way", "valid_to")
    )
    anchoring = _feature(tmp_path, "RESARE", area, {"RESTRN": "1,3"}, "cell", set())
    assert "no_anchoring_area" == anchoring.properties["kind"]
    assert ["anchoring prohibited", "fishing prohibited"] == anchoring.properties["restrictions"]
    assert "restricted_area" == _feature(tmp_path, "RESARE", area, {"RESTRN": "1,7"}, "c", set()).properties["kind"]
    for codes in ({}, {"RESTRN": "3"}, {"RESTRN": "13,27"}):  # nothing said, no fishing, slow
        assert "rules_area" == _feature(tmp_path, "RESARE", area, codes, "c", set()).properties["kind"]
    assert "without direction_deg" in _lacking(_feature(tmp_path, "TSSLPT", area, {}, "cell", set()))
    point = shapely.to_wkb(shapely.Point(0, 0))
    assert "without radius_m" in _lacking(_feature(tmp_path, "ACHBRT", point, {}, "cell", set()))
    assert "" == _lacking(_feature(tmp_path, "ACHBRT", point, {"RADIUS": 300.0}, "cell", set()))


def test_geoparquet_gives_the_same_zones_as_the_geojson_it_was_made_of(tmp_path):
    import geopandas

    zones = geofences.load(data_dir() / "zones")
    frame = geopandas.GeoDataFrame.from_features(zones.to_geojson(drawn=True), crs="EPSG:4326")
    frame["parameters"] = frame["parameters"].map(lambda v: json.dumps(v) if isinstance(v, list) else None)
    frame.to_parquet(tmp_path / "zones.parquet")
    again = geofences.load(tmp_path / "zones.parquet")
    assert zones.names == again.names and zones.kinds == again.kinds
    assert all(a.equals_exact(b, 0) for a, b in zip(zones.drawn, again.drawn))
    at = np.int64(1_744_171_200_000_000_000) + np.arange(48) * HOUR
    assert np.array_equal(zones.in_force(at), again.in_force(at))


def test_geoparquet_in_another_reference_is_told(tmp_path):
    import geopandas

    frame = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(800_000, 2_500_000)], crs="EPSG:32649")
    frame.to_parquet(tmp_path / "utm.parquet")
    (defect,) = geofences.defects(tmp_path / "utm.parquet")
    assert "EPSG:32649" in defect.problem and "to_crs" in defect.remedy
    (tmp_path / "no.parquet").write_bytes(b"PAR1")
    with pytest.raises(ZoneError, match=r"no\.parquet: not GeoParquet"):
        geofences.load(tmp_path / "no.parquet")


@pytest.mark.parametrize(
    ("text", "lon", "lat"),
    [
        ("22°26′26.55″N,113°53′01.81″E", 113.883836, 22.440708),
        ("22º07´20″N; 113º45´48″E", 113.763333, 22.122222),
        ("113°47.88'E 22°08'N", 113.798, 22.133333),
        ("北纬22度26分26.55秒，东经113度53分01.81秒", 113.883836, 22.440708),
        ("22-07.3N 113-47.88E", 113.798, 22.121667),
        ("22 07 20 N, 113 45 48 E", 113.763333, 22.122222),
        ("33.5S / 70.25W", -70.25, -33.5),
    ],
)
def test_printed_position_is_read(text, lon, lat):
    assert np.allclose((lon, lat), dms.position(text), atol=6e-7)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("22°08′N, 113°47'88\"E", "88 seconds"),
        ("22°75'N, 113°47'E", "75 minutes"),
        ("22°08', 113°47'E", "hemisphere"),
        ("22°08'N, 23°47'N", "two latitudes"),
        ("95°08'N, 113°47'E", "beyond 90"),
        ("somewhere", "not a latitude and a longitude"),
        ("北纬x度, 东经113度", "not a printed angle"),
    ],
)
def test_impossible_position_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        dms.position(text)


def instant(text):
    return np.array([text], "M8[ns]").astype(np.int64)


def test_night_window_runs_over_midnight_and_follows_summer_time():
    v = validity([{"daily_window": "22:00-05:00", "time_zone": "Europe/London"}])
    for text, open_ in (
        ("2026-01-10T22:00", True), ("2026-01-10T21:59", False), ("2026-01-11T04:59", True),
        ("2026-01-11T05:00", False),
        ("2026-07-10T21:00", True), ("2026-07-10T20:59", False), ("2026-07-11T04:00", False),
    ):  # fmt: skip
        assert open_ == v.in_force(instant(text))[0, 0], text


def test_a_zone_until_the_year_9999_has_no_end():
    zone = validity([{"valid_from": "0001-01-01", "valid_to": "9999-12-31"}])
    assert zone.in_force(1_744_171_200_000_000_000)[0]


def test_last_day_of_a_zone_belongs_to_it():
    v = validity([{"valid_from": "2026-01-01", "valid_to": "2026-12-31", "time_zone": "Asia/Shanghai"}])
    for text, holds in (
        ("2025-12-31T15:59", False), ("2025-12-31T16:00", True), ("2026-12-31T15:59", True),
        ("2026-12-31T16:00", False),
    ):  # fmt: skip
        assert holds == v.in_force(instant(text))[0, 0], text
    assert v.in_force(int(instant("2026-06-01T00:00")[0])).tolist() == [True]
