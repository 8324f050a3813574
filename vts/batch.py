"""One function over many partitions: local processes, or a Dask cluster; each output exactly once, by its content.

The unit of work is plain: `unit(pa.Table, **options) -> pa.Table`, named "module:function" so that any worker can find
it. `run_partition(path_in, path_out, unit, options)` wraps it in files, whole or not at all. An engine that has its
own table (Spark's mapInArrow) calls the unit itself: see docs/scheduler.md.

manifest.json in the output folder says for every partition what it was made from. A partition whose inputs, options
and program are the same is not made again; one that fails is tried again, then reported, and stops no other.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import zipfile
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from vts import __version__
from vts.errors import StoreError, UsageError
from vts.units import DAY, MINUTE
from vts.wording import iso_text

ENGINES = ("local", "dask")
TRIES = 3


class Partition(NamedTuple):
    """One day of one area: where its rows come from, where its output goes, and the hash of all that decides it."""

    name: str  # area/day
    path_in: str
    path_out: str
    key: str
    memory: str = ""  # hash of what the days before it taught


def run_partition(path_in, path_out, unit, options):
    """Rows written: the unit's answer to a Parquet file, as a Parquet file that appears only when it is whole."""
    import pyarrow.parquet as pq

    module, _, function = unit.partition(":")
    answer = getattr(import_module(module), function)(pq.read_table(path_in), **options)
    path_out = Path(path_out)
    path_out.parent.mkdir(parents=True, exist_ok=True)
    temporary = path_out.with_name(f".{path_out.name}.{os.getpid()}.tmp")
    try:
        pq.write_table(answer, temporary, compression="zstd")
        os.replace(temporary, path_out)
    finally:
        temporary.unlink(missing_ok=True)
    return answer.num_rows


def run(partitions, unit, options, out, *, engine="local", workers=2, address=None, done=None):
    """{"made", "kept", "failed": {name: reason}, "rows"} after working through the partitions.

    `partitions` are Partitions; `done(partition, rows, error)` is told of each.
    The manifest is written after every partition, so a run that is killed goes on where it was. StoreError when
    another run works on the same folder, UsageError for an unknown engine.
    """
    if engine not in ENGINES:
        raise UsageError(f"--engine {engine}: there are {', '.join(ENGINES)}")
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with _locked(out):
        manifest = read_manifest(out)
        wanted = [p for p in partitions if not _is_made(manifest, p)]
        summary = {"made": 0, "kept": len(partitions) - len(wanted), "failed": {}, "rows": 0}
        for partition, rows, error in _engines()[engine](wanted, unit, options, workers, address):
            entry = {"key": partition.key, "memory": partition.memory, "path": os.path.relpath(partition.path_out, out)}
            if error is None:
                manifest[partition.name] = entry | {"rows": rows, "state": "made"}
                summary["made"] += 1
                summary["rows"] += rows
            else:
                manifest[partition.name] = entry | {"state": "failed", "error": error}
                summary["failed"][partition.name] = error
            _write_manifest(out, manifest)
            if done is not None:
                done(partition, rows, error)
        return summary


def read_manifest(out):
    """{partition: what it was made from}; empty where nothing was made."""
    try:
        return json.loads((Path(out) / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise StoreError(
            f"{out}/manifest.json: damaged ({error}); remove it and every partition is made anew"
        ) from error


def key_of(*parts):
    """Hash of all that decides a partition's content: its input's commits, the options, the versions."""
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def plan(store, out, zones, scratch, *, since=None, warm_up=60, made_with=(), learn=None):
    """A Partition for each day of a Store, as an iterator; its rows are laid out in `scratch` where they are needed.

    `zones` is GeoJSON text, `warm_up` minutes before each day, `made_with` whatever else decides the content. With
    `learn(table, path_in or None, path_out, key)` each day begins with what the days before it taught: memory.npz
    beside its scores, which `learn` writes from a slice and the memory before it.
    """
    span = store.arrow("SELECT min(t_ns) AS first, max(t_ns) AS last FROM tracks").to_pylist()[0]
    if span["first"] is None:
        return
    out, area, made = Path(out), store.path.resolve().name, read_manifest(out)
    memory = _Memory(store, out / f"area={area}", zones, warm_up, learn)
    for start, end in days(span["first"], span["last"], since):
        before = start - warm_up * MINUTE
        past = memory.key(start) if learn else ""
        key = key_of(store.commits_between(before, end), *made_with, zones, warm_up, __version__, past)
        day = _day(start)
        path_in = Path(scratch) / area / f"{day}.parquet"
        path_out = out / f"area={area}" / f"day={day}" / "scores.parquet"
        partition = Partition(f"{area}/{day}", str(path_in), str(path_out), key, past)
        if not _is_made(made, partition):
            store.write_slice(path_in, before, end, zones, start, memory.at(start) if learn else "")
        yield partition


class _Memory:
    """What the days before each day of an area taught: one file a day, which says by its key what it was made from.

    It is made by whoever plans, one day after the other, so that the days themselves can be worked through in any
    order. A key covers every part before its time, pruned ones too: what is not in the store any more stays known.
    """

    def __init__(self, store, folder, zones, warm_up, learn):
        self.store, self.folder, self.zones, self.warm_up_ns, self.learn = store, folder, zones, warm_up * MINUTE, learn
        commits = store.commits_between(0, 1 << 62)
        self.first = (commits[0][2] // DAY - 1) * DAY  # the first part ends on the next day, and may begin on this one
        self.keys = {self.first: ""}

    def key(self, start_ns):
        """Hash of all that decides what is known when the warm-up of the day at `start_ns` begins."""
        for day in range(max(self.keys) + DAY, start_ns + 1, DAY):
            parts = self.store.commits_between(*self._span(day))
            self.keys[day] = key_of(self.keys[day - DAY], parts, self.zones, self.warm_up_ns, __version__)
        return self.keys[start_ns]

    def at(self, start_ns):
        """The file of what is known then, made where it is absent; "" where nothing came before."""
        missing = []
        while start_ns > self.first and not self._stands(start_ns):
            missing.append(start_ns)
            start_ns -= DAY
        before = self._path(start_ns) if start_ns > self.first else None
        for start_ns in reversed(missing):
            path = self._path(start_ns)
            path.parent.mkdir(parents=True, exist_ok=True)
            table = self.store.slice(*self._span(start_ns), {"zones": self.zones}, every_ns=MINUTE)
            temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
            try:
                self.learn(table, before, temporary, self.key(start_ns))
                os.replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
            before = path
        return before or ""

    def _span(self, start_ns):
        """From the beginning of the warm-up of the day before to that of this day."""
        first_ns = 0 if start_ns - DAY <= self.first else start_ns - DAY - self.warm_up_ns
        return first_ns, start_ns - self.warm_up_ns

    def _path(self, start_ns):
        return self.folder / f"day={_day(start_ns)}" / "memory.npz"

    def _stands(self, start_ns):
        """Whether the file is there, whole, and made from what the store holds."""
        import numpy as np

        try:
            with np.load(self._path(start_ns), allow_pickle=False) as file:
                return str(file["key"]) == self.key(start_ns)
        except (OSError, KeyError, ValueError, zipfile.BadZipFile, EOFError):
            return False


def write_metrics(path, result, at_s):
    """A run's figures in the text format of Prometheus, for its node exporter's folder; `at_s` since 1970 is now."""
    lines = [
        ("vts_score_partitions_made", "Partitions made by the last run", result["made"]),
        ("vts_score_partitions_kept", "Partitions that were up to date", result["kept"]),
        ("vts_score_partitions_failed", "Partitions that failed", len(result["failed"])),
        ("vts_score_rows", "Scores written by the last run", result["rows"]),
        ("vts_score_seconds", "Duration of the last run", result["seconds"]),
        ("vts_score_last_run_timestamp_seconds", "When the last run ended", round(at_s)),
    ]
    text = "".join(f"# HELP {name} {what}\n# TYPE {name} gauge\n{name} {value}\n" for name, what, value in lines)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)


def _day(start_ns):
    return iso_text(start_ns)[:10]


def days(first_ns, last_ns, since_ns=None):
    """(start_ns, end_ns) of every UTC day that touches [first_ns, last_ns], from the day of `since_ns` on."""
    start = max(first_ns, first_ns if since_ns is None else since_ns) // DAY * DAY
    return [(t, t + DAY) for t in range(start, last_ns + 1, DAY)]


def _is_made(manifest, partition):
    entry = manifest.get(partition.name, {})
    made = entry.get("key") == partition.key and entry.get("state") == "made"
    return made and Path(partition.path_out).exists()


def _write_manifest(out, manifest):
    temporary = out / ".manifest.json.tmp"
    temporary.write_text(json.dumps(manifest, indent=1, sort_keys=True), encoding="utf-8")
    os.replace(temporary, out / "manifest.json")


@contextlib.contextmanager
def _locked(out):
    with open(out / "lock", "a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreError(f"{out}: another run is working here; wait for it, or name another folder") from None
        yield


def _engines():
    return {"local": _local, "dask": _dask}


def _one_sentence(error):
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]


def _local(partitions, unit, options, workers, _address):
    """(partition, rows, error) as they finish, on processes of this machine; a process that dies is replaced."""
    from concurrent.futures import as_completed
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
    from multiprocessing import get_context

    left = dict.fromkeys(partitions, 0)  # tries so far
    while left:
        # spawn: a forked child of a process that has threads (DuckDB, numba) can hang
        with ProcessPoolExecutor(max_workers=workers, mp_context=get_context("spawn")) as pool:
            running = {pool.submit(run_partition, p.path_in, p.path_out, unit, options): p for p in left}
            try:
                for future in as_completed(running):
                    partition = running[future]
                    left[partition] += 1
                    try:
                        rows = future.result()
                    except BrokenProcessPool:
                        raise
                    except Exception as error:  # whatever the unit raised belongs to its partition
                        if left[partition] >= TRIES:
                            del left[partition]
                            yield partition, 0, _one_sentence(error)
                        continue
                    del left[partition]
                    yield partition, rows, None
            except BrokenProcessPool:
                # nobody can say whose fault it was; every unfinished one has used up a try
                for partition in [p for p, tries in left.items() if tries >= TRIES]:
                    del left[partition]
                    yield partition, 0, "its worker died three times"


def _dask(partitions, unit, options, workers, address):
    """(partition, rows, error) as they finish, on a Dask cluster; without an address, one of this machine's own."""
    try:
        from distributed import Client, LocalCluster, as_completed
    except ImportError as error:
        raise UsageError("--engine dask needs the extra: pip install lingding[cluster]") from error
    with contextlib.ExitStack() as stack:
        cluster = address or stack.enter_context(
            LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None)
        )
        client = stack.enter_context(Client(cluster))
        running = {
            client.submit(run_partition, p.path_in, p.path_out, unit, options, retries=TRIES - 1, pure=False): p
            for p in partitions
        }
        for future in as_completed(list(running)):
            error = future.exception() if future.status == "error" else None
            yield running[future], 0 if error else future.result(), error and _one_sentence(error)
