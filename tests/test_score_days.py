"""Days that `vts score` works through one by one: each knows what the days before it taught, in whatever order."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import cli
import geofences
import risk
from geofences.zones import from_geojson
from vts import Alerts, Picture, Scores, Statics, Store, Tracks
from vts.geo import enu_to_lonlat
from vts.units import DAY, KN, MINUTE, S

MIDNIGHT = 1_735_689_600 * S  # 2025-01-01
VESSELS = 12
MODEL = Path(cli.__file__).parent / "data" / "models" / "current"


def fence():
    corners = ((6e3, -4e3), (14e3, -4e3), (14e3, 4e3), (6e3, 4e3), (6e3, -4e3))
    ring = [enu_to_lonlat(east, north, 113.9, 22.2) for east, north in corners]
    feature = {
        "type": "Feature",
        "properties": {"name": "Basin", "kind": "restricted_area", "source": "test"},
        "geometry": {"type": "Polygon", "coordinates": [[list(map(float, at)) for at in ring]]},
    }
    return {"type": "FeatureCollection", "features": [feature]}


def picture(at_ns):
    """Half of the vessels sail to and fro through the fence, the others past it."""
    number = np.arange(VESSELS)
    leg_m, speed = 40_000.0, 8.0 + number
    run = ((at_ns - MIDNIGHT) / S * speed * KN + number * 7_000.0) % (2 * leg_m)
    east = np.where(run < leg_m, run, 2 * leg_m - run) - leg_m / 2
    north = np.where(number % 2 == 0, 300.0 * number, 9_000.0 + 300.0 * number)
    lon, lat = np.array([enu_to_lonlat(e, n, 113.9, 22.2) for e, n in zip(east, north, strict=True)]).T
    tracks = Tracks(
        track=number, mmsi=413_000_100 + number, t_ns=at_ns, lon_deg=lon, lat_deg=lat, sog_kn=speed, kind=0,
        cog_deg=np.where(run < leg_m, 90.0, 270.0), heading_deg=np.where(run < leg_m, 90.0, 270.0), age_s=2.0,
        first_ns=MIDNIGHT - DAY, reports=100, existence=1.0, length_m=120.0, ee_m2=100.0, nn_m2=100.0, en_m2=0.0,
        eve_m2s=0.0, evn_m2s=0.0, nve_m2s=0.0, nvn_m2s=0.0, veve_m2s2=0.02, vevn_m2s2=0.0, vnvn_m2s2=0.02, state=1,
        nav_status=0,
    )  # fmt: skip
    return Picture(at_ns, tracks, Statics.empty(), Alerts.empty(), Scores.empty())


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """A store from six in the evening to two in the morning two days later, a Picture every ten minutes."""
    store = Store(tmp_path_factory.mktemp("days") / "port", part_rows=VESSELS * 20)
    with store:
        store.write_zones(fence())
        said = {"mmsi": 413_000_100, "imo": 9074729, "ship_type": 70, "name": "FIRST", "destination": "HONG KONG"}
        store.add_statics(Statics(**said, t_ns=MIDNIGHT - 5 * 3600 * S, seq=0))
        store.add_statics(Statics(mmsi=413_000_100, t_ns=MIDNIGHT + 3600 * S, callsign="VRAB1", seq=1))
        store.add_statics(Statics(mmsi=413_000_100, t_ns=MIDNIGHT + 7200 * S, name="SECOND", seq=2))
        for at_ns in range(MIDNIGHT - 6 * 3600 * S, MIDNIGHT + 26 * 3600 * S, 10 * MINUTE):
            store.append(picture(at_ns))
    return store


def plan(store, out, since=None, zones=None):
    return list(cli._plan(store.path, out, MODEL, zones, since, 60, out.parent / "scratch"))


def scored(partition):
    """(time, track, risk) of a day's scores."""
    table = cli.score_table(pq.read_table(partition.path_in), str(MODEL), 60)
    return tuple(table.column(name).to_numpy() for name in ("t_ns", "track", "risk"))


def straight(store):
    """The same of all days without a cut."""
    fences = from_geojson(store.read_json("zones.geojson"), "the store's zones")
    watched = risk.score(geofences.check(store.pictures(), fences), risk.load(MODEL))
    scores = Scores.concat([picture.scores for picture in watched])
    return scores.t_ns, scores.track, scores.risk


def test_days_scored_one_by_one_in_any_order_are_the_run_without_a_cut(port, tmp_path):
    t_ns, track, truth = straight(port)
    parts = plan(port, tmp_path / "out")
    assert 3 == len(parts)
    found = [scored(partition) for partition in reversed(parts)][::-1]
    assert np.array_equal(t_ns, np.concatenate([day[0] for day in found]))
    assert np.array_equal(track, np.concatenate([day[1] for day in found]))
    off = np.abs(truth - np.concatenate([day[2] for day in found]))
    assert off.max() < 1e-9
    # and it is the memory that makes it so
    forgetful = pq.read_table(parts[1].path_in)
    about = {**forgetful.schema.metadata, b"memory": b""}
    table = cli.score_table(forgetful.replace_schema_metadata(about), str(MODEL), 60)
    assert np.abs(table.column("risk").to_numpy() - found[1][2]).max() > 0.01


def test_what_the_days_before_taught_is_the_same_wherever_one_begins(port, tmp_path):
    whole, late = plan(port, tmp_path / "a" / "out"), plan(port, tmp_path / "b" / "out", since=MIDNIGHT + DAY)
    assert whole[-1].key == late[-1].key and whole[-1].memory == late[-1].memory and whole[-1].memory
    memories = [next((tmp_path / run / "out").rglob("day=2025-01-02/memory.npz")).read_bytes() for run in "ab"]
    assert memories[0] == memories[1]


def test_a_memory_that_is_lost_or_damaged_is_made_again_and_a_made_day_needs_none(port, tmp_path):
    out = tmp_path / "out"
    plan(port, out)
    files = sorted(out.rglob("memory.npz"))
    before = [file.read_bytes() for file in files]
    files[0].write_bytes(b"half a file")
    files[1].unlink()
    plan(port, out)
    assert before == [file.read_bytes() for file in files]
    stamps = [file.stat().st_mtime_ns for file in files]
    plan(port, out)
    assert stamps == [file.stat().st_mtime_ns for file in files]


def test_other_zones_are_another_memory(port, tmp_path):
    moved = tmp_path / "zones.geojson"
    moved.write_text('{"type": "FeatureCollection", "features": []}')
    plan(port, tmp_path / "out")
    before = next(tmp_path.rglob("day=2025-01-02/memory.npz")).read_bytes()
    assert plan(port, tmp_path / "out", zones=moved)[-1].memory != plan(port, tmp_path / "c" / "out")[-1].memory
    assert before != next((tmp_path / "out").rglob("day=2025-01-02/memory.npz")).read_bytes()


def test_what_was_pruned_is_still_remembered_and_changes_no_key(port, tmp_path):
    store = shutil.copytree(port.path, tmp_path / "port")
    before = plan(Store(store), tmp_path / "out")
    memory = next((tmp_path / "out").rglob("day=2025-01-02/memory.npz")).read_bytes()
    with Store(store) as opened:
        assert opened.prune(MIDNIGHT + 6 * 3600 * S) > 0
    after = plan(Store(store), tmp_path / "out")
    assert [p[:1] + p[3:] for p in before[1:]] == [p[:1] + p[3:] for p in after]
    assert memory == next((tmp_path / "out").rglob("day=2025-01-02/memory.npz")).read_bytes()


def test_a_row_has_what_its_vessel_had_said_by_then(port):
    said = {}
    for picture in port.pictures():
        row = np.flatnonzero(picture.statics.mmsi == 413_000_100)
        said[(picture.at_ns - MIDNIGHT) / S / 3600] = picture.statics.take(row)
    assert not said[-5.0].n and 1 == said[-5.0 + 1 / 6].n  # said at that instant, known after it
    first, later, last = said[0.5], said[1.5], said[3.0]
    assert ("FIRST", "", 9074729) == (first.name[0], first.callsign[0], first.imo[0])
    # a message without a name takes none away
    assert ("FIRST", "VRAB1", 9074729) == (later.name[0], later.callsign[0], later.imo[0])
    assert ("SECOND", "VRAB1", 9074729) == (last.name[0], last.callsign[0], last.imo[0])
