"""Metrics on tracks whose faults are known, and GOSPA against two oracles."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vts import metrics
from vts.errors import LogError, StoreError
from vts.schema import AIS_BASE, CONFIRMED, TENTATIVE, Picture, Scores, Statics, Tracks
from vts.schema import Alerts as NoAlerts

S = 1_000_000_000
LON, LAT = 114.0, 22.0
EAST, NORTH = 103_265.0, 110_735.0


def sailing(vessels=2, seconds=400, bound_m=5.0):
    """Truth columns of vessels that sail east at 10 kn, 5 km from each other."""
    t, v = (a.ravel() for a in np.meshgrid(np.arange(seconds), np.arange(vessels), indexing="ij"))
    return {
        "t_ns": t * S,
        "vessel": v,
        "mmsi": 412_990_000 + v,
        "lon_deg": LON + t * 5.144 / EAST,
        "lat_deg": LAT + v * 5_000.0 / NORTH,
        "sog_kn": np.full(t.size, 10.0),
        "cog_deg": np.full(t.size, 90.0),
        "bound_m": np.full(t.size, bound_m),
    }


def tracking(columns, every=10, **changes):
    """Tracks that say what the truth says, at every tenth second."""
    rows = columns["t_ns"] % (every * S) == 0
    given = {name: columns[name][rows] for name in ("t_ns", "lon_deg", "lat_deg", "sog_kn", "cog_deg", "mmsi")}
    given |= {"track": columns["vessel"][rows] + 100, "state": CONFIRMED, "seen_by": 3}
    given |= {"ee_m2": 25.0, "en_m2": 0.0, "nn_m2": 25.0, "p_spoof": 0.0}
    return Tracks(**(given | changes))


def judged(columns, tracks):
    return metrics.score(metrics.truth(columns), tracks)


def test_perfect_tracks_have_no_error():
    columns = sailing()
    got = judged(columns, tracking(columns))
    perfect = {"gospa_m": 0, "rmse_m": 0, "missed_pct": 0, "false": 0, "ghosts": 0, "id_switches": 0, "ratio": 0}
    perfect |= {"continuity_pct": 100, "initiation_median_s": 0, "never_tracked": 0, "vessels": 2, "pictures": 40}
    assert perfect == pytest.approx({name: got[name] for name in perfect}, abs=1e-6)


def test_a_shift_of_ten_metres_is_the_error_and_twice_the_bound():
    columns = sailing()
    got = judged(columns, tracking(columns, lat_deg=tracking(columns).lat_deg + 10.0 / NORTH))
    assert 10.0 == pytest.approx(got["rmse_m"], rel=1e-3)
    assert 2.0 == pytest.approx(got["ratio_steady"], rel=1e-3)
    assert 10.0 * np.sqrt(2) == pytest.approx(got["gospa_m"], rel=1e-3)
    assert 4.0 == pytest.approx(got["nees"], rel=1e-2)


def test_a_vessel_without_track_is_missed_and_a_track_without_vessel_is_false():
    columns = sailing()
    tracks = tracking(columns)
    away = tracks.lat_deg + np.where(tracks.track == 101, 1_000.0 / NORTH, 0.0)
    got = judged(columns, tracks._replace(lat_deg=away, mmsi=np.full(tracks.n, -1)))
    assert (50.0, 1.0, 0.0) == (got["missed_pct"], got["false"], got["ghosts"])
    assert 200.0 == pytest.approx(got["gospa_m"])
    assert 1 == got["never_tracked"]


def test_a_picture_without_a_track_counts_as_missed():
    columns = sailing()
    tracks = tracking(columns)
    late = tracks.take(tracks.t_ns >= 200 * S)
    got = metrics.score(metrics.truth(columns), late, at_ns=np.unique(tracks.t_ns))
    assert 40 == got["pictures"]
    assert 0.5 * 200.0 == pytest.approx(got["gospa_m"])  # two missed vessels are 200 m, in every second picture


def test_an_invented_ais_position_is_a_ghost_not_a_false_track():
    columns = sailing()
    tracks = tracking(columns)
    ghost = tracks.take(tracks.track == 101)
    ghost = ghost._replace(track=ghost.track + 1, lat_deg=ghost.lat_deg + 0.02, seen_by=np.ones(ghost.n, np.int64))
    ghost = ghost._replace(p_spoof=np.full(ghost.n, 0.9))
    got = judged(columns, Tracks.concat([tracks, ghost]))
    assert (0.0, 1.0, 100.0) == (got["false"], got["ghosts"], got["ghosts_flagged_pct"])


def test_tentative_tracks_do_not_count():
    columns = sailing()
    tracks = tracking(columns)
    got = judged(columns, tracks._replace(state=np.where(tracks.track == 101, TENTATIVE, CONFIRMED).astype(np.int8)))
    assert (50.0, 0.0) == (got["missed_pct"], got["false"])


def test_a_base_station_is_no_ghost():
    columns = sailing()
    tracks = tracking(columns)
    station = tracks.take(tracks.track == 101)
    station = station._replace(track=station.track + 1, lat_deg=station.lat_deg + 0.02)
    station = station._replace(kind=np.full(station.n, AIS_BASE, np.int8), seen_by=np.ones(station.n, np.int64))
    got = judged(columns, Tracks.concat([tracks, station]))
    assert (0.0, 0.0, 0.0) == (got["false"], got["ghosts"], got["missed_pct"])


def test_two_tracks_that_change_vessels_are_two_switches():
    columns = sailing()
    tracks = tracking(columns)
    late = tracks.t_ns >= 200 * S
    got = judged(columns, tracks._replace(track=np.where(late, 201 - tracks.track, tracks.track)))
    assert (2, 50.0) == (got["id_switches"], got["continuity_pct"])


def test_a_track_between_two_vessels_stays_with_the_one_it_had():
    columns = sailing()
    columns["lat_deg"] = LAT + columns["vessel"] * 100.0 / NORTH
    tracks = tracking(columns)
    tracks = tracks.take(tracks.track == 100)
    creep = np.minimum(np.arange(tracks.n) * 5.0, 70.0)  # ends nearer to the other vessel
    got = judged(columns, tracks._replace(lat_deg=tracks.lat_deg + creep / NORTH))
    assert 0 == got["id_switches"]


def test_initiation_is_from_the_first_report():
    columns = sailing(vessels=1)
    columns["bound_m"] = np.where(columns["t_ns"] < 20 * S, np.nan, 5.0)
    tracks = tracking(columns)
    got = judged(columns, tracks.take(tracks.t_ns >= 50 * S))
    assert (30.0, 30.0) == (got["initiation_median_s"], got["initiation_p95_s"])


def test_vessels_that_cannot_be_known_are_not_asked_for():
    columns = sailing(bound_m=500.0)
    tracks = tracking(columns)
    assert np.isnan(judged(columns, tracks.take(tracks.track == 100))["missed_pct"])


def test_pictures_and_a_store_give_the_same(tmp_path):
    import pyarrow as pa
    from pyarrow import parquet

    columns = sailing()
    tracks = tracking(columns)
    pictures = [
        Picture(int(t), tracks.take(tracks.t_ns == t), Statics.empty(), NoAlerts.empty(), Scores.empty())
        for t in np.unique(tracks.t_ns)
    ]
    parquet.write_table(pa.table(columns), tmp_path / "truth.parquet")
    (tmp_path / "run" / "tracks").mkdir(parents=True)
    parquet.write_table(tracks.to_arrow(), tmp_path / "run" / "tracks" / "000001.parquet")
    stored = metrics.evaluate(tmp_path / "truth.parquet", tmp_path / "run")
    shown = metrics.evaluate_pictures(columns, pictures)
    assert str(stored) == str(shown)


def test_wrong_files_are_named(tmp_path):
    (tmp_path / "truth.parquet").write_bytes(b"no")
    with pytest.raises(LogError, match=r"truth\.parquet"):
        metrics.load_truth(tmp_path / "truth.parquet")
    with pytest.raises(StoreError, match="no tracks"):
        metrics.load_tracks(tmp_path)


def slow_gospa(xy, got, c):
    """GOSPA by trying every pairing."""
    best = np.inf
    for size in range(min(len(xy), len(got)) + 1):
        for rows in combinations(range(len(xy)), size):
            for columns in permutations(range(len(got)), size):
                d2 = sum(((xy[r] - got[k]) ** 2).sum() for r, k in zip(rows, columns, strict=True))
                best = min(best, d2 + c * c / 2 * (len(xy) + len(got) - 2 * size))
    return np.sqrt(best)


points = st.lists(st.tuples(st.floats(-400, 400), st.floats(-400, 400)), max_size=4).map(
    lambda p: np.array(p, float).reshape(-1, 2)
)


@settings(max_examples=60, deadline=None)
@given(points, points)
def test_gospa_is_the_least_over_all_pairings(xy, got):
    assert slow_gospa(xy, got, 200.0) == pytest.approx(metrics.gospa(xy, got)[0], abs=1e-6)


def test_gospa_agrees_with_stone_soup():
    pytest.importorskip("stonesoup", reason="Stone Soup is not installed; it is no dependency")
    import datetime

    from stonesoup.metricgenerator.ospametric import GOSPAMetric
    from stonesoup.types.state import State

    rng = np.random.default_rng(5)
    when = datetime.datetime(2026, 3, 2)
    for n, m in ((5, 5), (20, 24), (30, 22), (0, 3), (40, 40)):
        xy, got = rng.uniform(0, 2_000, (n, 2)), rng.uniform(0, 2_000, (m, 2))
        got[: min(n, m)] = xy[: min(n, m)] + rng.normal(0, 60, (min(n, m), 2))
        states = [[State(p.reshape(2, 1), timestamp=when) for p in q] for q in (xy, got)]
        peer = GOSPAMetric(c=200.0, p=2).compute_gospa_metric(states[1], states[0])[0].value
        total, local, missed, false = metrics.gospa(xy, got)
        assert peer["distance"] == pytest.approx(total)
        assert peer["localisation"] == pytest.approx(local)
        assert (peer["missed"], peer["false"]) == pytest.approx((missed, false))


def test_consistency_holds_what_it_should():
    rng = np.random.default_rng(1)
    mean, low, high = metrics.consistency((rng.standard_normal((500, 2)) ** 2).sum(axis=1), 2)
    assert low < mean < high
    mean, _low, high = metrics.consistency((1.3 * rng.standard_normal((500, 2)) ** 2).sum(axis=1), 2)
    assert mean > high
