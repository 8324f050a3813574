"""Zone entry judged on tables of past fixes: by hand on straight runs, and on a year of real traffic."""

import numpy as np
import pytest

from risk import batch, circles
from vts.errors import LogError
from vts.geo import ahead, distance_m
from vts.units import KN, MINUTE, S


def run_towards(n=10, step_min=60, sog=12.0, start=(113.0, -20.0), course=90.0):
    """A straight run as columns: voyage, t_ns, lon, lat, sog, cog."""
    at = [ahead(*start, course, k * step_min * 60 * sog * KN) for k in range(n)]
    lon, lat = np.array(at).T
    return np.zeros(n, np.int64), np.arange(n) * step_min * MINUTE, lon, lat, np.full(n, sog), np.full(n, course)


def test_entry_is_told_to_the_minute_from_hourly_fixes():
    voyage, t_ns, lon, lat, sog, cog = run_towards()
    zone = (*ahead(113.0, -20.0, 90.0, 100_000.0), 10_000.0)
    onset, known, at = np.empty(10, np.int64), np.empty(10, np.int64), np.empty((10, 4))
    circles.next_entry_ns(voyage, t_ns, lon, lat, *zone, 10**18, onset, known)
    circles.stand(lon, lat, sog, cog, *zone, 86_400.0, at)
    expected_min = 90_000.0 / (12.0 * KN) / 60.0
    assert onset[0] / MINUTE == pytest.approx(expected_min, abs=1.0)
    assert at[0, 2] == pytest.approx(expected_min, abs=1.0)
    assert at[0, 0] == pytest.approx(distance_m(lon[0], lat[0], *zone[:2]) - 10_000.0, rel=0.01)
    assert at[0, 3] == 0.0 and at[0, 1] == pytest.approx(90.0, abs=1.0)
    assert onset[-1] == -1 and np.isnan(at[-1, 2])


def test_a_row_whose_future_is_unknown_is_left_out_and_one_that_enters_stays():
    columns = run_towards()
    zone = (*ahead(113.0, -20.0, 90.0, 100_000.0), 10_000.0)
    fixes = batch.Fixes(columns[0], *columns, np.full(len(columns[0]), -1))
    rows = batch.entries(fixes, [zone], horizon_min=180.0, window_min=370.0, reach_m=1e6)
    assert (rows.t_ns[rows.y] < rows.onset_ns[rows.y]).all() and rows.y.sum() >= 3
    late = columns[1][-1] - 180 * MINUTE
    assert (rows.y | (rows.t_ns <= late)).all()


def test_features_from_a_batch_equal_those_of_the_live_history():
    from risk import rolling
    from risk.history import History
    from vts.schema import Tracks

    rng = np.random.default_rng(5)
    n = 40
    t_ns = np.cumsum(rng.integers(60, 90, n)) * S
    lon, lat = 113 + np.cumsum(rng.normal(0, 1e-3, n)), 22 + np.cumsum(rng.normal(0, 1e-3, n))
    sog, cog = rng.uniform(0, 20, n), rng.uniform(0, 360, n)
    sog[5], cog[7] = np.nan, np.nan
    expected = np.empty((n, len(rolling.COLUMNS)))
    rolling.over_fixes(np.zeros(n, np.int64), t_ns, lon, lat, sog, cog, 600 * S, expected)
    history = History()
    for k in range(n):
        track = Tracks(track=1, t_ns=t_ns[k], lon_deg=lon[k], lat_deg=lat[k], sog_kn=sog[k], cog_deg=cog[k])
        assert np.array_equal(expected[k], history.columns(track, 600.0)[0], equal_nan=True)
        history.add(track, int(t_ns[k]))


def test_a_file_that_is_no_table_of_fixes_is_refused(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    (tmp_path / "a.parquet").write_bytes(b"PAR1 no")
    pq.write_table(pa.table({"lon": [1.0]}), tmp_path / "b.parquet")
    for name in ("a.parquet", "b.parquet", "absent.parquet"):
        with pytest.raises(LogError, match=name):
            batch.read_fixes(tmp_path / name)


@pytest.mark.slow
def test_zone_entry_reaches_the_targets_on_a_year_never_seen(data):
    train, test = (data("risk", "omtad", f"west-grid-{year}.parquet") for year in (2018, 2019))
    unseen = batch.evaluate_fixes(train, test)["unseen"]
    assert unseen["ap"]["model"] >= 0.975
    assert unseen["brier_skill"] >= 0.86
    assert unseen["recall_at_precision_0.9"] >= 0.94
    assert unseen["ece"] <= 0.005
    assert unseen["gain_interval"][0] > 0


@pytest.mark.slow
def test_ports_are_harder_and_still_better_than_the_rule(data):
    train, test = (data("risk", "omtad", f"west-grid-{year}.parquet") for year in (2018, 2019))
    found = batch.evaluate_fixes(train, test, harbours=data("risk", "gfw_anchorages", "WPI_ports.csv"))
    assert {"BUNBURY", "FREMANTLE", "GERALDTON", "ONSLOW"} <= set(found["by_zone"])
    assert 0.89 <= found["unseen"]["ap"]["model"] and found["unseen"]["gain_interval"][0] > 0.05


def test_every_port_that_voyages_enter_is_judged_and_no_other(tmp_path):
    import pandas as pd

    _, t_ns, lon, lat, sog, cog = run_towards(40, step_min=10)
    near, off = ahead(113.0, -20.0, 90.0, 50_000.0), ahead(113.0, -20.0, 45.0, 60_000.0)
    corner = ahead(*ahead(113.0, -20.0, 90.0, 150_000.0), 0.0, 90_000.0)  # so that the box holds `off`
    fixes = batch.Fixes(
        np.r_[np.repeat(np.arange(25), 40), 99],
        np.r_[np.repeat(np.arange(25), 40), 99],
        *(
            np.r_[np.tile(c, 25), last]
            for c, last in ((t_ns, 0), (lon, corner[0]), (lat, corner[1]), (sog, 0), (cog, 0))
        ),
        np.full(25 * 40 + 1, 7),
    )
    rows = [("A", *near[::-1]), ("B", *off[::-1]), ("C", 60.0, 5.0)]
    pd.DataFrame(rows, columns=["label", "latitude", "longitude"]).to_csv(tmp_path / "ports.csv", index=False)
    assert ["A"] == batch.ports(fixes, tmp_path / "ports.csv")[1]
    (tmp_path / "bad.csv").write_text("name\nA\n")
    with pytest.raises(LogError, match=r"bad\.csv"):
        batch.ports(fixes, tmp_path / "bad.csv")
