"""Exports: the same rows in every form, markup and formulas from the air made harmless."""

import csv
import json
from xml.etree import ElementTree

import geopandas
import pytest

from vts import Store, export
from vts.errors import StoreError, UsageError

from .test_maps import START_NS, S, store_of


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "s"
    store_of(path, pictures=5)
    return Store(path)


def test_positions_are_the_same_in_every_form(store, tmp_path):
    for form in export.FORMS:
        assert 15 == export.write(store, tmp_path / f"p.{form}", form)
    frames = [geopandas.read_parquet(tmp_path / "p.geoparquet"), geopandas.read_file(tmp_path / "p.gpkg")]
    features = json.loads((tmp_path / "p.geojson").read_text())["features"]
    rows = list(csv.DictReader((tmp_path / "p.csv").read_text(encoding="utf-8").splitlines()))
    marks = ElementTree.parse(tmp_path / "p.kml").getroot().iter("{http://www.opengis.net/kml/2.2}coordinates")
    lon = [feature["geometry"]["coordinates"][0] for feature in features]
    assert lon == frames[0].geometry.x.tolist() == frames[1].geometry.x.tolist()
    assert lon == [float(row["lon_deg"]) for row in rows] == [float(m.text.split(",")[0]) for m in marks]
    assert "EPSG:4326" == frames[0].crs.to_string()
    assert {"2023-11-14T22:13:20.000000Z"} < {row["t"] for row in rows}


def test_lines_join_the_positions_of_each_track(store, tmp_path):
    assert 3 == export.write(store, tmp_path / "l.geojson", "geojson", what="lines")
    for feature in json.loads((tmp_path / "l.geojson").read_text())["features"]:
        assert 5 == len(feature["geometry"]["coordinates"]) == feature["properties"]["positions"]


def test_alerts_go_out_as_sentences(store, tmp_path):
    assert 1 == export.write(store, tmp_path / "a.kml", "kml", what="alerts")
    text = (tmp_path / "a.kml").read_text(encoding="utf-8")
    assert "over 10 kn" in text
    assert "</script>" not in text


def test_a_window_and_a_vessel_can_be_chosen(store, tmp_path):
    assert 2 == export.write(store, tmp_path / "w.csv", "csv", mmsi=413_000_001, end_ns=START_NS + 20 * S)


def test_what_cannot_be_done_is_said_and_leaves_no_file(store, tmp_path):
    with pytest.raises(UsageError, match="geoparquet"):
        export.write(store, tmp_path / "x", "shapefile")
    with pytest.raises(StoreError, match="nothing to export"):
        export.write(store, tmp_path / "x.gpkg", "gpkg", mmsi=5)
    assert [] == list(tmp_path.iterdir())
