"""Zones that traffic draws: anchorages where vessels stayed, lanes where they sailed."""

import json

import numpy as np

import geofences
from geofences.proposals import _Stays
from vts.geo import angle_diff_deg, metres_per_degree
from vts.schema import Tracks
from vts.units import HOUR, MINUTE

EAST_M, NORTH_M = metres_per_degree(22.1)


def at_anchor(mmsi, lon, lat, begin_h, hours, swing_m=150.0, status=1):
    """A vessel that swings about its anchor, a fix every 20 minutes."""
    t = np.arange(begin_h * HOUR, (begin_h + hours) * HOUR + 1, 20 * MINUTE, dtype=np.int64)
    angle = 2 * np.pi * t / (12.4 * HOUR) + mmsi
    return {
        "mmsi": np.full(t.size, mmsi), "track": np.full(t.size, mmsi), "t_ns": t, "nav_status": np.full(t.size, status),
        "lon_deg": lon + swing_m * np.cos(angle) / EAST_M, "lat_deg": lat + swing_m * np.sin(angle) / NORTH_M,
        "sog_kn": np.full(t.size, 0.1), "cog_deg": np.zeros(t.size),
    }  # fmt: skip


def under_way(mmsi, course_deg, begin_h, start=(113.70, 22.00), cross_m=0.0, fixes=60):
    """A vessel on a straight course at 12 kn, a fix a minute."""
    t = np.int64(begin_h * HOUR) + np.arange(fixes, dtype=np.int64) * MINUTE
    run = 370.4 * np.arange(fixes)
    sin, cos = np.sin(np.radians(course_deg)), np.cos(np.radians(course_deg))
    return {
        "mmsi": np.full(t.size, mmsi), "track": np.full(t.size, mmsi), "t_ns": t, "nav_status": np.zeros(t.size),
        "lon_deg": start[0] + (run * sin + cross_m * cos) / EAST_M,
        "lat_deg": start[1] + (run * cos - cross_m * sin) / NORTH_M,
        "sog_kn": np.full(t.size, 12.0), "cog_deg": np.full(t.size, float(course_deg)),
    }  # fmt: skip


def tracks(*vessels):
    """One table in order of time."""
    columns = {name: np.concatenate([v[name] for v in vessels]) for name in vessels[0]}
    order = np.lexsort((columns["track"], columns["t_ns"]))
    return Tracks(**{name: column[order] for name, column in columns.items()})


def anchored_fleet(n, hours=14):
    """n vessels within 1.5 km of each other, one after the other, and a loner far off."""
    rng = np.random.default_rng(2)
    fleet = [
        at_anchor(
            100 + k, 113.80 + rng.uniform(-700, 700) / EAST_M, 22.13 + rng.uniform(-700, 700) / NORTH_M, 3 * k, hours
        )
        for k in range(n)
    ]
    return [*fleet, at_anchor(900, 114.2, 22.13, 0, 200)]


def test_place_where_twenty_vessels_stayed_twelve_hours_is_proposed_and_off(tmp_path):
    proposal = geofences.propose(tracks(*anchored_fleet(20)))
    (feature,) = proposal["features"]
    p = feature["properties"]
    assert ("anchorage_candidate", 20, 20, 14.0) == tuple(p[k] for k in ("kind", "vessels", "stays", "median_stay_h"))
    assert not p["enabled"] and "derived" == p["confidence"] and "500 m, 12 h, 20 vessels" in p["source"]
    path = tmp_path / "proposed.geojson"
    path.write_text(json.dumps(proposal), encoding="utf-8")
    assert [] == geofences.defects(path)
    zones = geofences.load(path, examples=True)
    assert [0] == zones.index.locate([113.80, 114.2], [22.13, 22.13]).row.tolist()


def test_nineteen_vessels_or_eleven_hours_propose_nothing():
    assert [] == geofences.propose(tracks(*anchored_fleet(19)))["features"]
    assert [] == geofences.propose(tracks(*anchored_fleet(20, hours=11)))["features"]


def test_where_vessels_lie_moored_a_berth_is_proposed():
    berth = [at_anchor(200 + k, 113.88, 22.47, 20 * k, 15, swing_m=5, status=5) for k in range(20)]
    (feature,) = geofences.propose(tracks(*berth))["features"]
    assert "berth" == feature["properties"]["kind"]


def test_silence_or_a_voyage_ends_a_stay():
    stays = _Stays(500.0, 12.0)
    two = [at_anchor(7, 113.8, 22.1, 0, 13), at_anchor(7, 113.8, 22.1, 20, 13), at_anchor(8, 113.8, 22.1, 0, 40)]
    moved = [at_anchor(9, 113.8, 22.1, 0, 13), at_anchor(9, 113.9, 22.1, 13.5, 13)]
    table = tracks(*two, *moved)
    stays.add(table.mmsi, table)
    periods = stays.finish()
    assert [7, 7, 8, 9, 9] == periods.vessel.tolist()
    assert [13, 13, 40, 13, 13] == ((periods.end_ns - periods.begin_ns) // HOUR).tolist()
    assert (periods.spread_m < 310).all()


def test_proposals_do_not_depend_on_how_the_tracks_are_cut():
    whole = tracks(*anchored_fleet(20), *(under_way(300 + k, 40, k, cross_m=30.0 * k - 300) for k in range(22)))
    parts = [whole.take(slice(begin, begin + 487)) for begin in range(0, whole.n, 487)]
    assert geofences.propose(whole) == geofences.propose(iter(parts))


def test_two_way_traffic_is_proposed_as_two_lanes_with_their_directions():
    out = [under_way(300 + k, 40, k, cross_m=20.0 * k - 200) for k in range(22)]
    end = out[11]["lon_deg"][-1], out[11]["lat_deg"][-1]
    back = [under_way(500 + k, 220, k, start=end, cross_m=20.0 * k - 1400) for k in range(22)]
    lanes = [f["properties"] for f in geofences.propose(tracks(*out, *back), lane_vessels=6)["features"]]
    assert {"corridor"} == {p["kind"] for p in lanes}
    directions = [p["direction_deg"] for p in lanes]
    assert 2 == len(lanes)
    assert all(min(abs(angle_diff_deg(d, 40)), abs(angle_diff_deg(d, 220))) <= 20 for d in directions)
    assert abs(angle_diff_deg(*directions)) > 130


def test_store_is_read_a_day_at_a_time(tmp_path):
    from vts.schema import Alerts, Picture, Scores, Statics
    from vts.store import Store

    table = tracks(*anchored_fleet(20))
    with Store(tmp_path / "store") as store:
        store.begin()
        for at_ns in np.unique(table.t_ns):
            now = table.take(table.t_ns == at_ns)
            store.append(Picture(int(at_ns), now, Statics.empty(), Alerts.empty(), Scores.empty()))
    stored, direct = (geofences.propose(source)["features"][0] for source in (Store(tmp_path / "store"), table))
    assert stored["properties"] == direct["properties"]
    corners = [np.array(f["geometry"]["coordinates"][0]).mean(axis=0) for f in (stored, direct)]
    assert np.allclose(*corners, atol=1e-5)  # a store keeps 1e-7 degree
