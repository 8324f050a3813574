"""Kill a replay at random moments and look at what it left: python -m tests.kill_replay --kills 200 [--seed 1]

Each replay runs in a forked child that has everything imported and compiled, so that 200 kills take minutes; parts and
states are made as often as the machine allows, so that kills fall between all their steps. A killed run is looked at,
then resumed and killed again until it ends; the ended store must equal that of an unbroken run, bit for bit.
"""

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import cli
from vts import simulate, store

TABLES = {"reports": "sensor, seq, t_ns", "statics": "seq, t_ns", "tracks": "t_ns, track", "scores": "t_ns, track",
          "alerts": "t_ns, alert, state", "visits": "t_ns, track, zone, event", "sensors": "t_ns, sensor",
          "sources": "t_ns, track, sensor"}  # fmt: skip


def forked(work):
    """Run `work` in a forked child; returns its process id. The parent keeps no thread, which a fork would lose."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            code = work() or 0
    except SystemExit as leaving:
        code = leaving.code or 0
    finally:
        os._exit(code)


def replay(sim, out):
    """A replay that writes a part every few Pictures and a state whenever it may."""
    store.Store.__init__.__defaults__ = (1_000,)
    cli.CHECKPOINT_S = 0.02
    logs = [str(sim / "ais.nmea"), str(sim / "radar-sim-guishan.ast"), "--sites", str(sim / "sites.toml")]
    again = ["--resume"] if (out / "lingding.json").exists() else []
    return lambda: cli.main.main(["replay", *logs, "--out", str(out), "--json", *again])


def contents(path, until_ns=None):
    """Every table of a store in one order, up to an instant."""
    opened = store.Store(path)
    where = "" if until_ns is None else f" WHERE t_ns <= {until_ns}"
    return {name: opened.arrow(f"FROM {name}{where} ORDER BY {order}") for name, order in TABLES.items()}


def look(whole, out):
    """0 where a killed store opens and holds a prefix of the whole one."""
    opened = store.Store(out)
    if not (out / "lingding.json").exists() or not parts(out):
        return 0  # killed before its first part: nothing is what it holds
    mark = opened.watermark_ns
    whole, held = contents(whole, mark), contents(out, mark)
    late = opened.arrow(f"SELECT count(*) AS n FROM tracks WHERE t_ns > {mark}").column("n")[0].as_py()
    for name in ("tracks", "scores", "alerts", "visits", "sensors", "sources"):
        if late or not whole[name].equals(held[name]):
            print(f"{name} of {out} is no prefix", file=sys.stderr)
            return 1
    return 0


def same(whole, out):
    """0 where two stores hold the same rows."""
    one, two = contents(whole), contents(out)
    differing = [name for name in TABLES if not one[name].equals(two[name])]
    if differing:
        print(f"{', '.join(differing)} of {out} differ from the unbroken run", file=sys.stderr)
    return bool(differing)


def parts(path):
    """How many parts a store has committed."""
    return len(list(path.glob("parts/*.json")))


def ended(child):
    """The exit code of a child, -9 when it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(kills, seed, folder):
    chance = random.Random(seed)
    sim, whole = folder / "sim", folder / "whole"
    simulate.build("pearl-river", 7, duration_s=150, vessels=24).write(sim)
    with contextlib.redirect_stdout(open(os.devnull, "w")), contextlib.suppress(SystemExit):
        cli.main.main(["replay", str(sim / "ais.nmea"), "--out", str(folder / "warm"), "--json"])
    began = time.monotonic()
    assert 0 == ended(forked(replay(sim, whole)))
    span_s = time.monotonic() - began
    found = {"kills": 0, "runs": 1, "before_the_first_part": 0, "bad": 0}
    out = folder / "run1"
    while found["kills"] < kills:
        left = 1.0 - min(parts(out) / parts(whole), 0.9)  # a resumed run has less to do
        child = forked(replay(sim, out))
        time.sleep(chance.uniform(0, span_s * left))
        os.kill(child, signal.SIGKILL)
        if ended(child) == -signal.SIGKILL:
            found["kills"] += 1
            found["before_the_first_part"] += not parts(out)
            found["bad"] += ended(forked(partial(look, whole, out))) != 0
            if found["kills"] % 20:
                continue
            print(json.dumps(found), file=sys.stderr, flush=True)
            found["bad"] += ended(forked(replay(sim, out))) != 0
        else:
            span_s *= 0.95  # it ended first: the machine is calmer than when the span was taken
        found["bad"] += ended(forked(partial(same, whole, out))) != 0
        found["runs"] += 1
        out = folder / f"run{found['runs']}"
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(main(given.kills, given.seed, Path(scratch))))
