"""What a cut at midnight changes: scores of `vts score` after it, by minutes of warm-up, against the replay's own.

A harbour of 150 vessels, two hours and twenty minutes about a midnight, each vessel heard every 10 s.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

import vts
from tests.bench import logs
from tests.bench.bench_line import ROOT, replay
from vts.units import DAY, MINUTE

VESSELS, STEPS = 150, 840
SPANS_MIN = ((0, 10), (10, 35))
DEFAULT, TARGET_PCT = 60, 99.0


def run():
    rows = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        log = logs.simulated(folder / "harbour.nmea", VESSELS * STEPS, 1, VESSELS)
        replay(log, folder / "store")
        whole = vts.Store(folder / "store").scores()
        midnight = int(whole.t_ns.max()) // DAY * DAY
        truth = whole.take(whole.t_ns >= midnight)
        for warm_up in (0, 5, 15, DEFAULT):
            out = folder / f"scores{warm_up}"
            command = [sys.executable, str(ROOT / "cli.py"), "score", str(folder / "store"), "--out", str(out)]
            subprocess.run([*command, "--warm-up", str(warm_up)], check=True, capture_output=True)
            cut = pq.read_table(sorted(out.rglob("scores.parquet"))[-1])
            for first, last in SPANS_MIN:
                rows.append(
                    _row(truth, cut, warm_up, midnight + first * MINUTE, midnight + last * MINUTE, (first, last))
                )
    return rows


def _row(truth, cut, warm_up, start_ns, end_ns, span):
    """How far the scores of a span lie from the replay's."""
    t_ns, track = cut.column("t_ns").to_numpy(), cut.column("track").to_numpy()
    order = np.lexsort((track, t_ns))
    mine = order[(t_ns[order] >= start_ns) & (t_ns[order] < end_ns)]
    theirs = truth.take((truth.t_ns >= start_ns) & (truth.t_ns < end_ns))
    if not (np.array_equal(t_ns[mine], theirs.t_ns) and np.array_equal(track[mine], theirs.track)):
        raise RuntimeError("the cut scores other vessels than the replay")
    off = np.abs(cut.column("risk").to_numpy()[mine] - theirs.risk)
    off = off[np.isfinite(off)]
    what = f"scores within 0.01 of the replay's, minutes {span[0]} to {span[1]} of a day, warm-up {warm_up} min"
    note = f"{len(off):,} scores; 99 % are within {np.quantile(off, 0.99):.3f}, the worst is {off.max():.3f} off"
    row = {"what": what, "ours": 100.0 * (off <= 0.01).mean(), "unit": "%", "note": note}
    return row | ({"target": f">= {TARGET_PCT:g}", "met": row["ours"] >= TARGET_PCT} if warm_up == DEFAULT else {})
