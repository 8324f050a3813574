"""What a user waits for: help, a track out of ten million rows, a map of a million positions, a batch on two."""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.bench import browser
from vts import Alerts, Picture, Scores, Statics, Store, Tracks, batch, maps
from vts.store import PART_ROWS
from vts.units import S

ROOT = Path(__file__).resolve().parents[2]
START_NS = 1_700_000_000 * S


def fleet(path, vessels, pictures, every_s=10, part_rows=PART_ROWS):
    """A store of vessels that sail on with slowly changing courses."""
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(113.5, 114.5, vessels), rng.uniform(21.8, 22.8, vessels)
    cog, sog = rng.uniform(0, 360, vessels), rng.uniform(3, 18, vessels)
    known = {"track": np.arange(vessels), "mmsi": 413_000_000 + np.arange(vessels), "state": 1, "en_m2": 0.0}
    with Store(path, part_rows) as store:
        for k in range(pictures):
            at_ns = START_NS + k * every_s * S
            cog = cog + rng.normal(0, 1, vessels)
            step = sog * 0.5144 * every_s / 111_000
            lon, lat = lon + step * np.sin(np.radians(cog)), lat + step * np.cos(np.radians(cog))
            noise = rng.uniform(50, 150, (2, vessels))
            tracks = Tracks(
                **known,
                t_ns=at_ns,
                lon_deg=lon,
                lat_deg=lat,
                sog_kn=sog,
                cog_deg=cog % 360,
                ee_m2=noise[0],
                nn_m2=noise[1],
            )
            risk = np.clip(rng.normal(0.2, 0.1, vessels), 0, 1)
            scores = Scores(track=tracks.track, mmsi=tracks.mmsi, t_ns=at_ns, risk=risk, head="zone_entry")
            store.append(Picture(at_ns, tracks, Statics.empty(), Alerts.empty(), scores))
    return Store(path)


def best(work, times=3):
    """Least seconds of several runs."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def cpu(work):
    """The CPU seconds of a run in words: what a crowded machine cannot stretch much."""
    began = time.process_time()
    work()
    return f"CPU {time.process_time() - began:.2f} s"


def bytes_of(store, columns=()):
    """Bytes on disk of a row of tracks, or of some of its columns."""
    import pyarrow.parquet as pq

    size = n = 0
    for file in (store.path / "tracks").glob("*.parquet"):
        about = pq.read_metadata(file)
        n += about.num_rows
        for group in map(about.row_group, range(about.num_row_groups)):
            chunks = map(group.column, range(group.num_columns))
            size += sum(c.total_compressed_size for c in chunks if not columns or c.path_in_schema in columns)
    return size / n


def spin(table, rounds):
    """A unit of work that only computes."""
    import pyarrow as pa

    x = np.arange(200_000.0)
    for _ in range(rounds):
        x = np.sin(x) + 1.0
    return pa.table({"x": x[: table.num_rows]})


def run():
    rows = []

    def row(what, ours, unit, target, met, note="", peer=None):
        ratio = peer / ours if peer else None
        rows.append(
            {
                "what": what,
                "ours": ours,
                "peer": peer,
                "unit": unit,
                "ratio": ratio,
                "target": target,
                "met": met,
                "note": note,
            }
        )

    bare = best(lambda: subprocess.run([sys.executable, "-c", "pass"], check=True))
    shown = best(lambda: subprocess.run([sys.executable, ROOT / "cli.py", "--help"], check=True, capture_output=True))
    row("vts --help", shown, "s", "< 0.3", shown < 0.3, f"a bare interpreter {bare:.2f} s")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        began = time.perf_counter()
        store = fleet(folder / "ten", 10_000, 1000)
        spent = time.perf_counter() - began
        size = store.size_bytes()
        row("store, MB per million tracks", size["tracks"] / 1e7, "MB", "", None, "10 million rows")
        row("store, tracks and scores written a second", 1e7 / spent, "1/s", "", None)
        window = best(lambda: store.tracks(mmsi=413_004_321, start_ns=START_NS + 3600 * S, end_ns=START_NS + 7200 * S))
        note = cpu(lambda: store.tracks(mmsi=413_004_321, start_ns=START_NS + 3600 * S, end_ns=START_NS + 7200 * S))
        row("track of one vessel in an hour, of 10 million rows", window, "s", "< 0.2", window < 0.2, note)
        small = fleet(folder / "small", 700, 1440, every_s=60, part_rows=700)
        hour = {"mmsi": 413_000_321, "start_ns": START_NS + 3600 * S, "end_ns": START_NS + 7200 * S}
        before = best(lambda: small.tracks(**hour))
        began = time.perf_counter()
        with small:
            small.compact()
        note = f"1,440 parts of a day's watch into 2 in {time.perf_counter() - began:.1f} s"
        after = best(lambda: small.tracks(**hour))
        row("the same in a million rows after vts compact, over before", after, "s", "", None, note, before)
        shutil.rmtree(folder / "small")
        million = fleet(folder / "map", 1000, 1000, every_s=30)
        drawn = best(lambda: maps.write(million, folder / "map.html"), times=2)
        size_mb = (folder / "map.html").stat().st_size / 1e6
        row(
            "map of a million positions, seconds",
            drawn,
            "s",
            "",
            None,
            f"{size_mb:.1f} MB; a study's map: 12.7 MB, 3.0 s",
        )
        for name, told in ((store, "simulated fleet"), (million, "the same, every 30 s")):
            each = bytes_of(name, ("lon_deg", "lat_deg"))
            row("bytes of a position in the store", each, "B", "<= 10.4", each <= 10.4, told, 16.0)
        each = bytes_of(store)
        row("bytes of a row of tracks, all columns", each, "B", "", None, "simulated fleet")
        if seen := browser.shown(folder / "map.html"):
            note = f"headless Chromium, network off; ready to slide after {seen[1] / 1000:.1f} s"
            row("map of a million positions, first paint", seen[0] / 1000, "s", "", None, note)
        shutil.rmtree(folder / "ten")
        rows.append(_two_workers(folder, million))
    return rows


def _two_workers(folder, store):
    """Batch on two processes over one."""
    store.write_slice(folder / "in.parquet", START_NS, START_NS + 60 * S, "{}", START_NS)

    def work(workers):
        out = folder / f"out{workers}"
        shutil.rmtree(out, ignore_errors=True)
        parts = [
            batch.Partition(f"a/{k}", str(folder / "in.parquet"), str(out / f"{k}.parquet"), "k") for k in range(8)
        ]
        began = time.perf_counter()
        batch.run(parts, "tests.bench.bench_users:spin", {"rounds": 1500}, out, workers=workers)
        return time.perf_counter() - began

    one, two = work(1), work(2)
    return {"what": "batch on two workers over one", "ours": two, "peer": one, "unit": "s", "ratio": one / two,
            "target": ">= 1.7", "met": one / two >= 1.7, "note": "8 equal partitions"}  # fmt: skip
