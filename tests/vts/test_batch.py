"""Batches: each output exactly once by its content, retried when it fails, and nothing lost when a worker is killed."""

import sys
import textwrap

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from vts import batch
from vts.errors import StoreError, UsageError
from vts.units import DAY

UNITS = """
    import os, signal
    import pyarrow as pa

    def double(table, factor=2):
        return pa.table({"x": [value * factor for value in table.column("x").to_pylist()]})

    def broken(table):
        raise ValueError("no good\\nsecond line")

    def killed_once(table, flag):
        "The worker dies the first time, as by the kernel's hand when memory is short."
        try:
            os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
        except FileExistsError:
            return double(table)
        os.kill(os.getpid(), signal.SIGKILL)

    def killed_always(table):
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def units(tmp_path, monkeypatch):
    """The name of an importable module of units of work."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "batch_units.py").write_text(textwrap.dedent(UNITS))
    monkeypatch.syspath_prepend(str(tmp_path / "lib"))
    yield "batch_units"
    sys.modules.pop("batch_units", None)


def partitions(tmp_path, n, key="1"):
    made = []
    for k in range(n):
        pq.write_table(pa.table({"x": [k, k + 1]}), tmp_path / f"{k}.parquet")
        out = tmp_path / "out" / f"day={k}" / "scores.parquet"
        made.append(batch.Partition(f"port/{k}", str(tmp_path / f"{k}.parquet"), str(out), key))
    return made


def test_every_partition_is_made_once_and_a_second_run_does_nothing(tmp_path, units):
    parts = partitions(tmp_path, 3)
    first = batch.run(parts, f"{units}:double", {"factor": 3}, tmp_path / "out")
    assert (3, 0, {}, 6) == (first["made"], first["kept"], first["failed"], first["rows"])
    assert [0, 3] == pq.read_table(parts[0].path_out).column("x").to_pylist()
    stamp = (tmp_path / "out" / "day=0" / "scores.parquet").stat().st_mtime_ns
    second = batch.run(parts, f"{units}:double", {"factor": 3}, tmp_path / "out")
    assert (0, 3) == (second["made"], second["kept"])
    assert stamp == (tmp_path / "out" / "day=0" / "scores.parquet").stat().st_mtime_ns


def test_a_partition_whose_input_changed_or_output_is_gone_is_made_again(tmp_path, units):
    batch.run(partitions(tmp_path, 2), f"{units}:double", {}, tmp_path / "out")
    (tmp_path / "out" / "day=1" / "scores.parquet").unlink()
    assert 1 == batch.run(partitions(tmp_path, 2), f"{units}:double", {}, tmp_path / "out")["made"]
    assert 2 == batch.run(partitions(tmp_path, 2, key="2"), f"{units}:double", {}, tmp_path / "out")["made"]


def test_a_failed_partition_is_reported_and_stops_no_other(tmp_path, units):
    parts = partitions(tmp_path, 2)
    pq.write_table(pa.table({"y": [1]}), parts[0].path_in)  # not what the unit expects
    result = batch.run(parts, f"{units}:double", {}, tmp_path / "out")
    assert 1 == result["made"]
    assert ["port/0"] == list(result["failed"])
    assert "\n" not in result["failed"]["port/0"]
    assert "failed" == batch.read_manifest(tmp_path / "out")["port/0"]["state"]
    pq.write_table(pa.table({"x": [1]}), parts[0].path_in)
    assert 1 == batch.run(parts, f"{units}:double", {}, tmp_path / "out")["made"]


def test_a_killed_worker_loses_nothing(tmp_path, units):
    parts = partitions(tmp_path, 3)
    result = batch.run(parts, f"{units}:killed_once", {"flag": str(tmp_path / "flag")}, tmp_path / "out")
    assert (tmp_path / "flag").exists()
    assert (3, {}) == (result["made"], result["failed"])
    assert [[2 * k, 2 * k + 2] for k in range(3)] == [pq.read_table(p.path_out).column("x").to_pylist() for p in parts]
    assert [] == list((tmp_path / "out").rglob("*.tmp"))


def test_a_partition_that_always_kills_its_worker_is_given_up(tmp_path, units):
    result = batch.run(partitions(tmp_path, 1), f"{units}:killed_always", {}, tmp_path / "out", workers=1)
    assert {"port/0": "its worker died three times"} == result["failed"]


def test_dask_does_the_same_and_restarts_a_killed_worker(tmp_path, units):
    pytest.importorskip("distributed")
    parts = partitions(tmp_path, 3)
    result = batch.run(
        parts, f"{units}:killed_once", {"flag": str(tmp_path / "flag")}, tmp_path / "out", engine="dask", workers=2
    )
    assert (3, {}) == (result["made"], result["failed"])
    assert [[0, 2], [2, 4], [4, 6]] == [pq.read_table(p.path_out).column("x").to_pylist() for p in parts]


def test_two_runs_on_one_folder_at_once_are_refused(tmp_path, units):
    def again(*_):
        with pytest.raises(StoreError, match="another run"):
            batch.run([], f"{units}:double", {}, tmp_path / "out")

    batch.run(partitions(tmp_path, 1), f"{units}:double", {}, tmp_path / "out", done=again)


def test_an_unknown_engine_and_a_damaged_manifest_are_told(tmp_path):
    with pytest.raises(UsageError, match="local, dask"):
        batch.run([], "x:y", {}, tmp_path / "out", engine="spark")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(StoreError, match="damaged"):
        batch.run([], "x:y", {}, tmp_path)


def test_days_are_utc_and_whole():
    assert [(DAY, 2 * DAY), (2 * DAY, 3 * DAY)] == batch.days(DAY + 5, 2 * DAY)
    assert [(2 * DAY, 3 * DAY)] == batch.days(5, 2 * DAY + 1, since_ns=2 * DAY + 1)
