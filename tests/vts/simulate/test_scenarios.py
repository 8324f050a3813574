"""Scenarios as files: what is written is what is said, the same every time."""

import numpy as np
import pyais
import pytest

from vts import simulate
from vts.errors import UsageError


@pytest.fixture(scope="module")
def river():
    return simulate.build("pearl-river", 1, duration_s=900)


@pytest.mark.parametrize("name", simulate.names())
def test_same_name_and_seed_give_the_same_scenario(name):
    small = {"duration_s": 150} | ({"vessels": 60} if name in ("n1000", "n200", "cold-start", "dense") else {})
    one, two = (simulate.build(name, 3, **small) for _ in range(2))
    for a, b in ((one.messages, two.messages), (one.plots, two.plots), (one.motion, two.motion)):
        for column, again in zip(a, b, strict=True):
            assert np.array_equal(column, again, equal_nan=column.dtype.kind == "f")
    assert not np.array_equal(one.motion.x_m, simulate.build(name, 4, **small).motion.x_m)


def test_unknown_scenario_and_setting_are_refused_with_the_choice():
    with pytest.raises(UsageError, match="pearl-river"):
        simulate.build("pearl-rivr")
    with pytest.raises(UsageError, match="duration_s"):
        simulate.build("pearl-river", 1, hours=2)


def test_every_line_of_the_log_is_read_by_pyais(river, tmp_path):
    river.write(tmp_path)
    with pyais.FileReaderStream(str(tmp_path / "ais.nmea")) as stream:
        types = [sentence.decode().msg_type for sentence in stream]
    assert river.messages.type.tolist() == types


def test_everything_written_says_that_it_is_simulated(river, tmp_path):
    from pyarrow import parquet

    paths = river.write(tmp_path)
    assert {"ais.nmea", "radar-sim-guishan.ast", "faults.json", "truth.parquet", "zones.geojson"} <= {
        p.name for p in paths
    }
    assert b"true" == parquet.read_schema(tmp_path / "truth.parquet").metadata[b"simulated"]
    assert all(line.startswith((b"\\s:SIM", b"\\g:")) for line in (tmp_path / "ais.nmea").read_bytes().splitlines())
    assert all(name.startswith("SIM ") for name in river.papers.name)


def test_ships_report_as_often_as_the_tables_ask(river):
    own = river.messages.take((river.messages.type <= 3) & (river.messages.station == 0))
    speed = np.hypot(river.motion.vx_mps, river.motion.vy_mps) * 3600 / 1852
    ferry = int(np.flatnonzero((river.fleet.kind == "ferry") & (speed[:, :120].min(axis=1) > 24))[0])
    sent = own.take((own.ship == ferry) & (own.t_ns < river.scene.start_ns + 120_000_000_000))
    assert 60 == pytest.approx(sent.n, abs=6)  # every 2 s above 23 kn, 3 % of them not heard
    anchored = int(np.flatnonzero(own.nav_status == 1)[0])
    assert (river.messages.ship == own.ship[anchored]).sum() <= 2 * (900 / 180 + 1) + 2 * (900 / 360 + 1)


def as_read(reports):
    """Reports in one order, for comparison; seq is each source's own."""
    order = np.lexsort((reports.azimuth_deg, reports.lon_deg, reports.ident, reports.sensor, reports.t_ns))
    return reports.take(order)


@pytest.mark.parametrize("name", ["pearl-river", "n20", "open-sea", "bridge-watch", "station-clock"])
def test_decoders_read_back_what_the_scenario_says(name, tmp_path, few):
    import ais
    from vts import radar
    from vts.schema import Reports, Statics

    scenario = simulate.build(name, 2, duration_s=few(600, 120))
    scenario.write(tmp_path)
    sites = radar.load_sites(tmp_path / "sites.toml")
    assert scenario.sites == sites
    feed = ais.read(tmp_path / "ais.nmea")
    batches = list(feed)
    files = [tmp_path / f"radar-{site.name}.ast" for site in scenario.radars]
    files += [tmp_path / "arpa.nmea"] if scenario.arpa else []
    plots = [b for f in files for b in radar.read(f, sites, format="arpa" if f.suffix == ".nmea" else "asterix")]
    got = as_read(Reports.concat([b for b in batches if isinstance(b, Reports)] + plots))
    said = as_read(scenario.reports())
    assert said.n == got.n
    for column in set(Reports._fields) - {"seq"}:
        tolerance = 2e-7 if column in ("lon_deg", "lat_deg") else 1e-6
        np.testing.assert_allclose(
            getattr(got, column), getattr(said, column), atol=tolerance, rtol=1e-9, err_msg=column
        )
    papers = Statics.concat([b for b in batches if isinstance(b, Statics)])
    said = scenario.statics()
    for column in set(Statics._fields) - {"seq"}:
        assert getattr(said, column).tolist() == pytest.approx(getattr(papers, column).tolist(), nan_ok=True), column


def test_feeds_give_the_merge_what_reports_and_statics_say(river):
    import vts
    from vts.schema import Reports, Statics

    merged = vts.merge(river.feeds(), lateness_s=10.0)
    batches = list(merged)
    reports = Reports.concat([b for b in batches if isinstance(b, Reports)])
    assert 0 == sum(merged.rejects.counts.values())
    assert river.reports().n == reports.n
    assert river.statics().n == sum(b.n for b in batches if isinstance(b, Statics))
    assert np.array_equal(np.sort(river.reports().t_ns), np.sort(reports.t_ns))


@pytest.mark.parametrize("name", ["pearl-river", "mirs-bay"])
def test_ships_keep_to_the_water(name):
    """Against the shipped coast, whose smallest islands are some kilometres."""
    import shapely

    from vts.paths import data_dir

    with np.load(data_dir() / "coast" / "land.npz") as coast:
        ring, steps = coast["ring"], np.column_stack([coast["lon"], coast["lat"]])
    truth = simulate.build(name, 1).truth
    at = shapely.points(truth["lon_deg"][::50], truth["lat_deg"][::50])
    water = shapely.box(*shapely.total_bounds(at))
    land = [np.cumsum(r, axis=0) * 1e-4 for r in np.split(steps, np.cumsum(ring)[:-1])]
    near = [r for r in land if shapely.box(*r.min(axis=0), *r.max(axis=0)).intersects(water)]
    assert near
    for shore in near:
        assert not shapely.Polygon(shore).buffer(0).intersection(water).contains(at).any()


def test_lng_carrier_is_escorted_and_cut_in_upon():
    scenario = simulate.build("mirs-bay", 1)
    x, y, heading = scenario.motion.x_m, scenario.motion.y_m, np.radians(scenario.motion.heading_deg[0])
    for tug in range(1, 5):
        assert np.hypot(x[tug] - x[0], y[tug] - y[0]).max() < 1_500.0
    ahead = (x[7] - x[0]) * np.sin(heading) + (y[7] - y[0]) * np.cos(heading)
    right = (x[7] - x[0]) * np.cos(heading) - (y[7] - y[0]) * np.sin(heading)
    crossed = np.flatnonzero(np.diff(np.sign(right)) != 0)
    assert ((ahead[crossed] > 500.0) & (ahead[crossed] < 1_200.0)).any()
