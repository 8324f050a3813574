"""Tables of plots, read through a mapping."""

import json
import math

import numpy as np
import pytest

from vts import geo
from vts.errors import ConfigError, UsageError
from vts.radar import Site, read
from vts.schema import Reports
from vts.units import NM

SITE = (Site("pier", 0, 114.0, 22.5),)
POLAR = """
[log]
format = "csv"
[columns]
time = { from = "t", unit = "iso" }
range_m = { from = "r_nm", factor = 1852 }
azimuth_deg = "az"
track = "n"
"""


def replayed(tmp_path, mapping, *blocks, sites=SITE, **options):
    """(Reports, Rejects) of a table."""
    path = tmp_path / "mapping.toml"
    path.write_text(mapping)
    feed = read(list(blocks), sites, format=str(path), **options)
    return Reports.concat(list(feed)), feed.rejects


def test_rows_become_plots_and_bad_ones_are_counted(tmp_path):
    table = b"t,r_nm,az,n\n2026-01-01T00:00:01Z,2,90,7\n2026-01-01T00:00:02Z,x,90,7\nwhen,1,2,3\n1,2\n"
    reports, rejects = replayed(tmp_path, POLAR, table[:20], table[20:])
    assert [7] == list(reports.ident)
    assert (2 * NM, 90.0) == (reports.range_m[0], reports.azimuth_deg[0])
    assert {"no position": 1, "no time": 1, "row of another length": 1} == rejects.counts


def test_time_of_day_passes_midnight_and_asks_for_its_date(tmp_path):
    mapping = POLAR.replace('"iso"', '"tod_s"')
    table = b"t,r_nm,az,n\n86399.5,2,90,7\n0.5,2,90,7\n"
    reports, _ = replayed(tmp_path, mapping, table, start="2026-01-01")
    assert 10**9 == reports.t_ns[1] - reports.t_ns[0]
    with pytest.raises(UsageError, match="date"):
        replayed(tmp_path, mapping, table)


@pytest.mark.parametrize(
    ("mapping", "match"),
    [
        (POLAR.replace('"csv"', '"xls"'), "xls"),
        (POLAR.replace('"az"', '"nowhere"'), "nowhere"),
        (POLAR.replace("azimuth_deg", "bearing"), "bearing"),
        (POLAR.replace("azimuth_deg", "cog_deg"), "needs time and range_m"),
        (POLAR.replace("1852", '"NM"'), "factor"),
        (POLAR.replace("[log]", "[log"), "not TOML"),
        (POLAR.replace('"iso"', '"days"'), "days"),
    ],
)
def test_mapping_that_cannot_be_followed_says_why(tmp_path, mapping, match):
    with pytest.raises(ConfigError, match=match):
        replayed(tmp_path, mapping, b"t,r_nm,az,n\n")


def test_no_bytes_break_a_table(tmp_path):
    rng = np.random.default_rng(1)
    for _ in range(20):
        junk = rng.integers(0, 256, 200).astype(np.uint8).tobytes()
        reports, _ = replayed(tmp_path, POLAR, b"t,r_nm,az,n\n" + junk)
        assert 0 == reports.n
        json_mapping = POLAR.replace('"csv"', '"json"')
        reports, _ = replayed(tmp_path, json_mapping, b'{"t": 1}\n' + junk + b"\n[1]\n3\n")
        assert 0 == reports.n


AUTOFERRY = """
[log]
format = "json"
where = { sensorID = 2 }
[columns]
time = { from = "time", unit = "s" }
x_m = "measurement.1"
y_m = "measurement.0"
[origin]
lon_deg = 10.39908278
lat_deg = 63.4389029083
east_m = "ownshipPosition.1"
north_m = "ownshipPosition.0"
"""


def test_real_ferry_detections_lie_on_the_surveyed_vessels(tmp_path, data):
    path = data("radar", "autoferry", "scenario2_detections.json")
    log = json.loads(path.read_text())
    truth = json.loads(data("radar", "autoferry", "scenario2_groundTruth.json").read_text())
    ferry = (Site("milliAmpere", 0, own_ship=True),)
    reports, rejects = replayed(tmp_path, AUTOFERRY, path.read_bytes(), sites=ferry)
    radar = [k for k, row in enumerate(log) if row["sensorID"] == 2]
    plots = sum(len(np.atleast_1d(log[k]["measurement"][0])) for k in radar if log[k]["measurement"])
    assert plots == reports.n == rejects.used
    assert len(log) - len(radar) == rejects.counts["other row"]
    near = 0
    for k in radar:
        for vessel in truth[k]:
            north, east, _down = vessel["position"]
            lon, lat = geo.enu_to_lonlat(east, north, 10.39908278, 63.4389029083)
            mine = reports.seq == k
            gap = [geo.distance_m(lon, lat, *p) for p in zip(reports.lon_deg[mine], reports.lat_deg[mine], strict=True)]
            near += min(gap, default=math.inf) < 25.0
    assert near > 0.8 * 2 * len(radar)


def test_real_ship_radar_table_is_read(tmp_path, data):
    mapping = """
[columns]
time = { from = "t_s_of_day", unit = "tod_s" }
range_m = "range_m"
azimuth_deg = { from = "azimuth_true_rad", factor = 57.29577951308232 }
"""
    (tmp_path / "marce.toml").write_text(mapping)
    feed = read(
        data("fusion", "marce", "radar_01_001.csv.gz"),
        (Site("Callista", 0, -1.3, 50.8),),
        format=str(tmp_path / "marce.toml"),
        start="2012-06-01",
    )
    reports = Reports.concat(list(feed))
    assert reports.n == feed.rejects.read > 1000
    assert math.degrees(5.113815) == pytest.approx(reports.azimuth_deg[0])
