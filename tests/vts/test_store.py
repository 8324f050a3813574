"""The store: what goes in comes out, whole or not at all, and a query can read nothing else."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from vts import Alerts, Picture, Rejects, Reports, Scores, Statics, Store, Tracks
from vts.errors import StoreError, UsageError
from vts.units import S

START_NS = 1_700_000_000 * S
ROOT = Path(__file__).resolve().parents[2]


def picture(k, vessels=5, **tracks):
    """The k-th Picture of a small fleet; the numbers depend on k alone."""
    rng = np.random.default_rng(k)
    at_ns = START_NS + 10 * k * S
    columns = {
        "track": np.arange(vessels),
        "mmsi": 413_000_000 + np.arange(vessels),
        "t_ns": at_ns,
        "lon_deg": rng.uniform(113, 115, vessels),
        "lat_deg": rng.uniform(21, 23, vessels),
        "sog_kn": rng.uniform(0, 20, vessels),
        "ee_m2": rng.uniform(1, 1e6, vessels),
    }
    tracks = Tracks(**columns | tracks)
    alerts = Alerts(alert=k, rule="speed", state=0, severity=2, track=1, mmsi=413_000_001, t_ns=at_ns, since_ns=at_ns)
    scores = Scores(track=tracks.track, mmsi=tracks.mmsi, t_ns=at_ns, risk=rng.uniform(0, 1, vessels), head="zone")
    return Picture(at_ns, tracks, Statics.empty(), alerts, scores)


def reports(k, n=7):
    """The k-th batch of reports."""
    rng = np.random.default_rng(1000 + k)
    return Reports(
        t_ns=START_NS + 10 * k * S + np.arange(n),
        sensor=0,
        kind=0,
        ident=413_000_000 + np.arange(n),
        lon_deg=rng.uniform(113, 115, n),
        lat_deg=22.0,
        seq=k * n + np.arange(n),
    )


def fill(store, first, last):
    for k in range(first, last):
        store.add_reports(reports(k))
        store.append(picture(k))


def rows(store, name):
    """A whole table in one fixed order, as text: NaN compares equal to NaN."""
    order = {"reports": "seq", "alerts": "alert"}.get(name, "t_ns, track")
    return [column.tolist().__repr__() for column in store.table(name, order=order)]


def test_a_track_comes_back_within_the_stated_rounding(tmp_path):
    with Store(tmp_path / "out") as store:
        fill(store, 0, 3)
    wrote = Tracks.concat([picture(k).tracks for k in range(3)])
    read = Store(tmp_path / "out").tracks()
    assert wrote.n == read.n
    for name in ("track", "mmsi", "t_ns", "nav_status", "reports"):
        assert getattr(wrote, name).tolist() == getattr(read, name).tolist()
    np.testing.assert_allclose(read.lon_deg, wrote.lon_deg, rtol=0, atol=2**-25)
    np.testing.assert_allclose(read.sog_kn, wrote.sog_kn, rtol=0, atol=2**-8)
    np.testing.assert_allclose(read.ee_m2, wrote.ee_m2, rtol=2**-12)
    assert np.isnan(read.cog_deg).all()


def test_reports_come_back_bit_for_bit(tmp_path):
    with Store(tmp_path / "out") as store:
        fill(store, 0, 4)
    wrote = Reports.concat([reports(k) for k in range(4)])
    read = Store(tmp_path / "out").reports()
    for name, column in zip(wrote._fields, wrote, strict=True):
        np.testing.assert_array_equal(column, getattr(read, name), err_msg=name)


def test_one_vessel_in_a_window(tmp_path):
    with Store(tmp_path / "out", part_rows=20) as store:
        fill(store, 0, 30)
    read = Store(tmp_path / "out").tracks(mmsi=413_000_002, start_ns=START_NS + 100 * S, end_ns=START_NS + 150 * S)
    assert [START_NS + s * S for s in (100, 110, 120, 130, 140)] == read.t_ns.tolist()
    assert {413_000_002} == set(read.mmsi.tolist())


@pytest.mark.parametrize(("first", "last"), [(0, 3), (7, 8), (12, 30), (29, 30), (30, 40), (5, 5)])
def test_a_window_opens_the_parts_that_hold_it_and_finds_every_row(tmp_path, first, last):
    with Store(tmp_path / "out", part_rows=20) as store:
        fill(store, 0, 30)
    window = {"start_ns": START_NS + 10 * first * S, "end_ns": START_NS + 10 * last * S}
    for file in (tmp_path / "out" / "tracks").iterdir():  # what lies wholly outside may be gone, and nobody notices
        t_ns = pq.read_table(file).column("t_ns").to_numpy()
        before_ns = t_ns.min() - 10 * S  # the last Picture of the part before, which is all that a commit knows
        if t_ns.max() < window["start_ns"] or before_ns >= window["end_ns"]:
            file.unlink()
    whole = [START_NS + 10 * k * S for k in range(first, min(last, 30)) for _ in range(5)]
    assert whole == Store(tmp_path / "out").tracks(**window).t_ns.tolist()


def test_parts_are_plain_parquet_with_the_nouns_columns(tmp_path):
    with Store(tmp_path / "out") as store:
        fill(store, 0, 2)
    for name, cls in (("reports", Reports), ("tracks", Tracks), ("alerts", Alerts), ("scores", Scores)):
        (file,) = (tmp_path / "out" / name).glob("*.parquet")
        table = pq.read_table(file)
        assert list(cls._fields) == table.column_names
        assert "int64" == str(table.schema.field("t_ns").type)


def test_views_show_readable_time_and_states(tmp_path):
    with Store(tmp_path / "out") as store:
        fill(store, 0, 1)
    row = (
        Store(tmp_path / "out")
        .arrow("SELECT t::VARCHAR AS t, state_name, severity_name, until FROM alerts")
        .to_pylist()
    )
    assert [{"t": "2023-11-14 22:13:20", "state_name": "raised", "severity_name": "alarm", "until": None}] == row


def test_an_empty_store_has_every_view(tmp_path):
    Store(tmp_path / "out").begin()
    for name in ("reports", "statics", "tracks", "alerts", "scores", "visits", "rejects", "zones", "notes"):
        assert 0 == Store(tmp_path / "out").sql(f"SELECT count(*) AS n FROM {name}").n[0]


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('{store}/lingding.json')",
        "FROM '/etc/passwd'",
        "SELECT * FROM glob('/etc/*')",
        "COPY tracks TO '{store}/stolen.csv'",
        "EXPLAIN ANALYZE COPY tracks TO '{store}/stolen.csv'",
        "SELECT * FROM query('COPY tracks TO ''{store}/stolen.csv''')",
        "ATTACH '{store}/x.db'",
        "INSTALL spatial",
        "SET enable_external_access=true",
        "SELECT 1; SELECT 2",
        "SELEC 1",
        "",
    ],
)
def test_a_query_reads_the_views_and_nothing_else(tmp_path, query):
    with Store(tmp_path / "out") as store:
        fill(store, 0, 2)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError) as error:
        Store(tmp_path / "out").sql(query.format(store=tmp_path / "out"))
    assert "\n" not in str(error.value)
    assert before == sorted(tmp_path.rglob("*"))


def test_a_second_writer_is_refused_and_readers_are_not(tmp_path):
    with Store(tmp_path / "out") as first:
        fill(first, 0, 2)
        first.flush()
        with pytest.raises(StoreError, match="another run is writing"):
            Store(tmp_path / "out").begin(resume=True)
        assert 10 == Store(tmp_path / "out").tracks().n


def test_a_finished_run_is_not_overwritten_without_resume(tmp_path):
    with Store(tmp_path / "out") as store:
        fill(store, 0, 2)
    with pytest.raises(StoreError, match="--resume"):
        Store(tmp_path / "out").append(picture(5))


@pytest.mark.parametrize("killed_at", [1, 4, 9])
def test_a_resumed_run_leaves_the_rows_of_an_unbroken_one(tmp_path, killed_at):
    with Store(tmp_path / "whole", part_rows=15) as store:
        fill(store, 0, 10)
    broken = Store(tmp_path / "broken", part_rows=15)
    fill(broken, 0, killed_at)
    broken._release()  # as a kill does: the lock is gone, the buffers are lost
    with Store(tmp_path / "broken", part_rows=15) as store:
        store.begin(resume=True)
        fill(store, 0, 10)
    for name in ("reports", "tracks", "alerts", "scores"):
        assert rows(Store(tmp_path / "whole"), name) == rows(Store(tmp_path / "broken"), name)


def test_parts_without_a_commit_do_not_count(tmp_path):
    with Store(tmp_path / "out", part_rows=10) as store:
        fill(store, 0, 4)
    (tmp_path / "out" / "parts" / "000002.json").unlink()
    assert 10 == Store(tmp_path / "out").tracks().n
    with Store(tmp_path / "out", part_rows=10) as store:
        assert START_NS + 10 * S == store.begin(resume=True)
        fill(store, 0, 4)
    assert 20 == Store(tmp_path / "out").tracks().n


def test_the_newest_committed_state_is_what_a_run_resumes_from(tmp_path):
    def save(folder):
        (folder / "tracker").write_text("state")

    with Store(tmp_path / "out") as store:
        for k in (2, 4):
            fill(store, k - 2, k)
            store.flush(save)
        fill(store, 4, 5)
    folder, at_ns = Store(tmp_path / "out").state
    assert ("state", START_NS + 30 * S) == ((folder / "tracker").read_text(), at_ns)
    assert ["000002"] == [f.name for f in (tmp_path / "out" / "state").iterdir()]
    assert START_NS + 40 * S == Store(tmp_path / "out").watermark_ns


def test_rejects_are_kept_as_they_grow(tmp_path):
    rejects = Rejects("day.nmea")
    with Store(tmp_path / "out") as store:
        rejects.used = 5
        rejects.add("checksum", 2, b"!AIVDM\xff")
        store.add_rejects(rejects)
        store.flush()
        rejects.used = 9
        rejects.add("checksum", 1)
        store.add_rejects(rejects)
    store = Store(tmp_path / "out")
    assert {"day.nmea": {"used": 9, "rejected": {"checksum": 3}}} == store.totals
    assert [{"n": 3}] == store.arrow("SELECT sum(count)::INT AS n FROM rejects").to_pylist()


def test_hostile_names_come_back_as_text(tmp_path):
    names = np.array(["<script>alert(1)</script>"[:20], "'; DROP TABLE x; --", "\x1b[2J\x07", "lone \ud800", "深圳"])
    statics = Statics(mmsi=np.arange(5), t_ns=START_NS, name=names, seq=np.arange(5))
    with Store(tmp_path / "out") as store:
        store.add_statics(statics)
        store.append(picture(0))
    read = Store(tmp_path / "out").statics().name.tolist()
    assert ["<script>alert(1)</sc", "'; DROP TABLE x; --", "\x1b[2J\x07", "lone ?", "深圳"] == read


def test_notes_are_append_only_and_survive_a_torn_last_line(tmp_path):
    with Store(tmp_path / "out") as store:
        fill(store, 0, 1)
    store.note(START_NS, "wang", 0, "acknowledged", "called on channel 14")
    with open(tmp_path / "out" / "notes.jsonl", "a") as file:
        file.write('{"at_ns": 1, "who": "cut o')
    assert ["called on channel 14"] == [n["text"] for n in store.notes()]
    assert [{"who": "wang"}] == store.arrow("SELECT who FROM notes").to_pylist()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ('{"format": "lingding store", "version": 99}', "version 99"),
        ('{"format": "other"}', "not a store"),
        ("{", "damaged"),
        ("[]", "not a store"),
    ],
)
def test_a_foreign_or_newer_store_is_refused_in_one_sentence(tmp_path, content, says):
    (tmp_path / "lingding.json").write_text(content)
    with pytest.raises(StoreError, match=says) as error:
        Store(tmp_path).sql("SELECT 1")
    assert "\n" not in str(error.value)


def test_a_folder_with_other_files_is_not_taken(tmp_path):
    (tmp_path / "thesis.doc").write_text("x")
    with pytest.raises(StoreError, match="not empty and not a store"):
        Store(tmp_path).begin()
    assert ["thesis.doc"] == [f.name for f in tmp_path.iterdir()]


def test_no_store_says_how_to_make_one(tmp_path):
    with pytest.raises(StoreError, match="vts replay"):
        Store(tmp_path / "nowhere").tracks()


def test_prune_removes_old_parts_and_keeps_totals(tmp_path):
    with Store(tmp_path / "out", part_rows=10) as store:
        fill(store, 0, 10)
    store = Store(tmp_path / "out")
    assert 2 == store.prune(START_NS + 40 * S)
    store.close()
    assert START_NS + 40 * S == Store(tmp_path / "out").tracks().t_ns.min()
    assert START_NS + 90 * S == Store(tmp_path / "out").watermark_ns


def contents(path):
    """Every table of a store in the order of its rows' meaning, and what vts score would hash."""
    store = Store(path)
    order = {"reports": "sensor, seq", "statics": "seq", "alerts": "t_ns, alert, state", "rejects": "ALL"}
    tables = {
        n: store.arrow(f"FROM {n} ORDER BY {order.get(n, 't_ns, track')}") for n in ("reports", "tracks", "alerts")
    }
    return tables, store.commits_between(0, 2**62), store.totals, store.watermark_ns


def days_of_small_parts(path):
    """Two days, a part for every two Pictures, and the state of the last."""
    day = 24 * 360  # Pictures ten seconds apart
    with Store(path, part_rows=10) as store:
        fill(store, 0, 20)
        fill(store, day, day + 21)
        store.flush(lambda folder: (folder / "tracker").write_text("state"))


def test_compaction_keeps_every_row_and_leaves_a_part_a_day(tmp_path):
    days_of_small_parts(tmp_path / "out")
    before = contents(tmp_path / "out")
    with Store(tmp_path / "out") as store:
        assert {"before": 21, "after": 2} == store.compact()
        assert {"before": 2, "after": 2} == store.compact()
    assert before == contents(tmp_path / "out")
    assert 2 == len(list((tmp_path / "out" / "tracks").iterdir())) == len(list((tmp_path / "out" / "parts").iterdir()))
    assert "state" == (Store(tmp_path / "out").state[0] / "tracker").read_text()


def test_compaction_makes_no_part_larger_than_asked(tmp_path):
    days_of_small_parts(tmp_path / "out")
    with Store(tmp_path / "out") as store:
        store.compact(merged_rows=40)
    assert all(pq.read_metadata(f).num_rows <= 40 for f in (tmp_path / "out" / "reports").iterdir())
    assert 1 < len(list((tmp_path / "out" / "parts").iterdir())) < 21


def test_a_compacted_store_is_resumed_and_pruned_like_any(tmp_path):
    with Store(tmp_path / "whole", part_rows=15) as store:
        fill(store, 0, 30)
    with Store(tmp_path / "out", part_rows=15) as store:
        fill(store, 0, 17)
    with Store(tmp_path / "out", part_rows=15) as store:
        store.compact()
    with Store(tmp_path / "out", part_rows=15) as store:
        store.begin(resume=True)
        fill(store, 0, 30)
    for name in ("reports", "tracks", "alerts", "scores"):
        assert rows(Store(tmp_path / "whole"), name) == rows(Store(tmp_path / "out"), name)
    with Store(tmp_path / "out") as store:
        assert 1 == store.prune(START_NS + 169 * S)
        assert START_NS + 170 * S == Store(tmp_path / "out").tracks().t_ns.min()


@pytest.mark.parametrize("killed_after", [0, 2, 4, 5, 9, 10, 11, 40, 90])
def test_a_compaction_killed_anywhere_changes_no_row(tmp_path, monkeypatch, killed_after):
    days_of_small_parts(tmp_path / "out")
    before = contents(tmp_path / "out")
    steps = iter(range(999))

    class Killed(BaseException):
        pass

    def step(real):
        def stepping(*args, **kwargs):
            if next(steps) == killed_after:
                raise Killed
            return real(*args, **kwargs)

        return stepping

    store = Store(tmp_path / "out")
    with monkeypatch.context() as patch:
        for name in ("replace", "unlink"):  # every step that the folder could be left at
            patch.setattr(os, name, step(getattr(os, name)))
        with pytest.raises(Killed):
            store.compact()
    store._release()
    assert before == contents(tmp_path / "out")
    with Store(tmp_path / "out") as store:
        assert 2 == store.compact()["after"]
    assert before == contents(tmp_path / "out")


def test_a_store_of_version_1_is_read_as_it_is_and_moved_on_by_its_next_writer(tmp_path):
    with Store(tmp_path / "out") as store:
        fill(store, 0, 2)
    mark = tmp_path / "out" / "lingding.json"
    mark.write_text(json.dumps({"format": "lingding store", "version": 1, "made_by": "0.0.9"}))
    assert 10 == Store(tmp_path / "out").tracks().n
    with Store(tmp_path / "out") as store:
        store.begin(resume=True)
    assert {"format": "lingding store", "version": 2, "made_by": "0.0.9"} == json.loads(mark.read_text())


WRITER = """
    import sys
    sys.path[:0] = [{root!r}, {here!r}]
    from test_store import fill
    from vts import Store
    store = Store(sys.argv[1], part_rows=40)
    store.begin(resume=True)
    print("up", flush=True)
    fill(store, 0, 4000)
"""


def kill_and_look(path, delay_s, parts=0):
    """Kill a writer after a while; returns how many Pictures the store holds, after checking that they are a prefix.

    Not before the store has so many parts, however long a busy machine takes.
    """
    code = textwrap.dedent(WRITER).format(root=str(ROOT), here=str(Path(__file__).parent))
    writer = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    writer.stdout.readline()
    time.sleep(delay_s)
    while writer.poll() is None and len(list((path / "parts").glob("*.json"))) < parts:
        time.sleep(0.01)
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait()
    store = Store(path)
    kept = store.tracks()
    pictures = kept.n // 5
    assert 5 * pictures == kept.n
    np.testing.assert_array_equal(np.unique(kept.t_ns), START_NS + 10 * S * np.arange(pictures))
    assert pictures == store.scores().n // 5 == store.alerts().n
    seen = store.reports().seq
    np.testing.assert_array_equal(seen, np.arange(seen.size))
    assert seen.size >= 7 * pictures
    assert store.watermark_ns == (kept.t_ns.max() if kept.n else -1)
    return pictures


def test_kill_9_leaves_a_prefix(tmp_path):
    rng = np.random.default_rng(1)
    held = [kill_and_look(tmp_path / "out", delay) for delay in rng.uniform(0, 0.6, 3)]
    held.append(kill_and_look(tmp_path / "out", 0.0, parts=1))
    assert sorted(held) == held  # every resumed run begins with what the killed one left
    assert held[-1] > 0


def test_a_full_disk_stops_in_one_sentence_and_keeps_what_was_written(tmp_path, monkeypatch):
    with Store(tmp_path / "out", part_rows=10) as store:
        fill(store, 0, 2)
        replace = os.replace

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(StoreError, match="No space left") as error:
            fill(store, 2, 9)
        monkeypatch.setattr(os, "replace", replace)
    assert "\n" not in str(error.value)
    assert json.loads((tmp_path / "out" / "parts" / "000001.json").read_text())["rows"]["tracks"] == 10


def test_the_evidence_of_an_alert_is_the_track_of_its_vessels_while_it_lasted(tmp_path):
    since_ns, until_ns = START_NS + 60 * S, START_NS + 100 * S
    with Store(tmp_path / "day") as store:
        for k in range(20):
            now = picture(k)
            row = {"alert": 7, "rule": "lng_intruder", "track": 3, "other": 1, "since_ns": since_ns, "t_ns": now.at_ns}
            ongoing = {"alert": 8, "rule": "speed", "track": 2, "since_ns": since_ns, "t_ns": now.at_ns, "state": 0}
            alerts = {
                6: [Alerts(**row, state=0), Alerts(**ongoing)], 10: [Alerts(**row, state=3, until_ns=until_ns)]
            }.get(k, [])  # fmt: skip
            store.append(now._replace(alerts=Alerts.concat(alerts)))
    store = Store(tmp_path / "day")
    seen = store.evidence(7, lead_s=20)
    want = [(START_NS + 10 * k * S, track) for k in range(4, 11) for track in (1, 3)]
    assert want == list(zip(seen.t_ns.tolist(), seen.track.tolist(), strict=True))
    lasts = store.evidence(8, lead_s=0)
    assert [(START_NS + 10 * k * S, 2) for k in range(6, 20)] == list(zip(lasts.t_ns.tolist(), lasts.track.tolist()))
    with pytest.raises(UsageError, match="no alert 9"):
        store.evidence(9)


def test_columns_that_an_earlier_version_did_not_write_are_unknown(tmp_path):
    store = Store(tmp_path / "out")
    with store:
        fill(store, 0, 3)
    for file in (store.path / "tracks").glob("*.parquet"):
        part = pq.read_table(file)
        pq.write_table(part.drop_columns(["radar_age_s", "nav_status"]), file)
    (held,) = {picture.tracks.n for picture in store.pictures()}
    assert 5 == held
    for tracks in (store.tracks(), next(store.pictures()).tracks):
        assert np.isnan(tracks.radar_age_s).all() and (tracks.nav_status == -1).all()
    assert 15 == store.sql("SELECT count(*) AS n FROM tracks WHERE radar_age_s IS NULL").n[0]
