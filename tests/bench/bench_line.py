"""The whole line from a log's bytes to a scored store: rate, memory against length, time to the first line, store size.

Needs the real USCG log (LINGDING_DATA, or shared/data beside the checkout); it is repeated with its times moved on, so
that the traffic stays the same while the log grows.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench import logs
from tests.bench.logs import repeated

ROOT = Path(__file__).resolve().parents[2]


def replay(log, out, *options, env=None):
    """(summary, seconds to the first line, seconds in all) of one `vts replay` in its own process."""
    began = time.perf_counter()
    command = [sys.executable, str(ROOT / "cli.py"), "replay", str(log), "--out", str(out), "--json", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
    first, summary = None, None
    for line in process.stdout:
        event = json.loads(line)
        if first is None and event["event"] != "start":
            first = time.perf_counter() - began
        summary = event
    if process.wait():
        raise RuntimeError(f"replay of {log} ended with {process.returncode}: {summary}")
    return summary, first, time.perf_counter() - began


def run():
    source = logs.real_log()
    if source is None:
        return [{"what": "the whole line", "note": "skipped: the real USCG log is absent; set LINGDING_DATA"}]
    rows = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        short = repeated(source, folder / "short.nmea", 2)
        cold, first_cold, _ = replay(short, folder / "cold", env={"LINGDING_CACHE": str(folder / "cache")})
        _, first_warm, _ = replay(short, folder / "warm", env={"LINGDING_CACHE": str(folder / "cache")})
        rows.append(_row("seconds to the first line, warm cache", first_warm, first_cold, "s", 3.0, "peer: cold cache"))
        long = repeated(source, folder / "long.nmea", 20)
        summary, _, seconds = replay(long, folder / "store", env={"LINGDING_CACHE": str(folder / "cache")})
        rate = summary["read"] / seconds
        rows.append({"what": f"sentences a second over {summary['read']:,}", "ours": rate, "unit": "1/s"})
        rows.append(
            {
                "what": "peak memory, 2 million sentences against 200,000",
                "ours": summary["peak_mb"],
                "peer": cold["peak_mb"],
                "unit": "MB",
                "ratio": summary["peak_mb"] / cold["peak_mb"],
                "target": "<= 1.2",
                "met": summary["peak_mb"] <= 1.2 * cold["peak_mb"],
            }
        )
        for table in ("reports", "tracks"):
            size = sum(p.stat().st_size for p in (folder / "store" / table).glob("*.parquet"))
            n = _count(folder / "store", table)
            rows.append(
                {"what": f"store, MB per million {table}", "ours": size / n, "unit": "MB", "note": f"{n:,} rows"}
            )
    return rows


def _count(store, table):
    import vts

    return vts.Store(store).arrow(f"SELECT count(*) AS n FROM {table}").column("n")[0].as_py()


def _row(what, ours, peer, unit, limit, note):
    return {
        "what": what,
        "ours": ours,
        "peer": peer,
        "unit": unit,
        "target": f"<= {limit}",
        "met": ours <= limit,
        "note": note,
    }
