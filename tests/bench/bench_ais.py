"""AIS to columns against pyais on the same sentences in one run; LINGDING_DATA names the folder of real logs.

aiscat (AIS-catcher, GPL) is measured only where an environment of its own has it: .venv-aiscat, never a dependency.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ais.feed import Feed, Wire

ROOT = Path(__file__).resolve().parents[2]
LOG = Path(os.environ.get("LINGDING_DATA") or ROOT.parent / "shared" / "data") / "ais/uscg-nais-2016/ais_2016_07_28_aa"
SENTENCE = re.compile(rb"![A-Z]{2}VD[MO],1,1,[^\r\n]*")
POSITION_BYTES = 40
AISCAT = """
import sys, time, aiscat
begin = time.process_time()
n = sum(1 for _ in aiscat.from_file(sys.argv[1]))
print(n, time.process_time() - begin)
"""


def rounds(*works, times=5, clock=time.process_time):
    """Seconds of the fastest run of each; the runs take turns, so that a busy machine is as busy for all.

    Seconds of this process's own work, unless `clock` is the wall's: others' use of the core does not count.
    """
    found = [[] for _ in works]
    for _ in range(times):
        for work, seconds in zip(works, found, strict=True):
            begin = clock()
            work()
            seconds.append(clock() - begin)
    return [min(seconds) for seconds in found]


def wire(path, cores=1, merge=False):
    """Rows of Fixes of a log, file read and checksum included; nothing is kept."""
    return sum(fixes.mmsi.size for fixes, _, _ in Wire(str(path), start=0, cores=cores, merge=merge))


def pyais_objects(lines):
    """pyais's message objects of single sentences."""
    from pyais import decode

    for line in lines:
        try:
            decode(line)
        except Exception:  # pyais has no object for a few of the real sentences
            continue


def repeated(source, path, size):
    """A file of at least `size` bytes: the text again and again."""
    with open(path, "wb") as file:
        for _ in range(-(-size // len(source))):
            file.write(source)
    return path


def row(what, ours, peer, unit, ratio, target, met, note=""):
    keys = ("what", "ours", "peer", "unit", "ratio", "target", "met", "note")
    return dict(zip(keys, (what, ours, peer, unit, ratio, target, met, note), strict=True))


def run():
    """Rows of the table."""
    if not LOG.exists():
        return [row("AIS", None, None, "", None, "", False, f"real log absent: {LOG}; set LINGDING_DATA")]
    log = LOG.read_bytes()
    sentences = SENTENCE.findall(log)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        plain = repeated(b"\n".join(sentences) + b"\n", Path(folder) / "plain.nmea", 60_000_000)
        tagged = repeated(log, Path(folder) / "tagged.nmea", 60_000_000)
        n_plain, n_tagged = (path.read_bytes().count(b"\n") for path in (plain, tagged))
        wire(plain), wire(tagged), pyais_objects(sentences[:100])
        some = sentences[:5000]
        s_plain, s_tagged, s_pyais = rounds(lambda: wire(plain), lambda: wire(tagged), lambda: pyais_objects(some))
        ours, peer = n_plain / s_plain, len(some) / s_pyais
        note = "pyais objects (3.3.1 is 4.5 times as fast as the pyais of the issue); file read, checksum, one core"
        found.append(
            row("plain to columns", ours, peer, "sentences/s", ours / peer, ">= 250 x", ours / peer >= 250, note)
        )
        found.append(
            row("plain to columns", ours, None, "sentences/s", None, ">= 8 M", ours >= 8e6, "this machine, now")
        )
        ours = n_tagged / s_tagged
        found.append(
            row("tag blocks to columns", ours, None, "sentences/s", None, ">= 3 M", ours >= 3e6, "VSI included")
        )
        found += [_reports(plain, n_plain, peer), *_two_cores(folder, log), _aiscat(plain, n_plain, s_plain)]
        found += [_kept(tagged), _first_call(folder, log), *_memory(folder, log)]
    return found


def _reports(plain, n, peer):
    (seconds,) = rounds(lambda: sum(batch.n for batch in Feed(str(plain), start=0, merge=False)), times=3)
    return row(
        "plain to Reports", n / seconds, peer, "sentences/s", n / seconds / peer, "", True, "NaN, units, measured time"
    )


def _two_cores(folder, log):
    """A log of 2 GB, or of what LINGDING_BENCH_MB says."""
    megabytes = int(os.environ.get("LINGDING_BENCH_MB", "2000"))
    path = repeated(log, Path(folder) / "large.nmea", megabytes * 1_000_000)
    one, two = rounds(lambda: wire(path, cores=1), lambda: wire(path, cores=2), times=2, clock=time.perf_counter)
    n = path.stat().st_size / len(log) * log.count(b"\n")
    path.unlink()
    note = f"{megabytes} MB, file cached, load {os.getloadavg()[0]:.1f} of {os.cpu_count()} cores"
    yield row("two cores over one", n / two, n / one, "sentences/s", one / two, ">= 1.7 x", one / two >= 1.7, note)


def _aiscat(plain, n, seconds):
    python = ROOT / ".venv-aiscat" / "bin" / "python"
    if not python.exists():
        return row(
            "against aiscat dicts",
            n / seconds,
            None,
            "sentences/s",
            None,
            ">= 20 x",
            False,
            "peer absent: .venv-aiscat",
        )
    done = subprocess.run([python, "-c", AISCAT, str(plain)], capture_output=True, text=True, check=True)
    count, theirs = (float(v) for v in done.stdout.split())
    ratio = (n / seconds) / (count / theirs)
    return row("against aiscat dicts", n / seconds, count / theirs, "sentences/s", ratio, ">= 20 x", ratio >= 20)


def _kept(path):
    fixes = next(iter(Wire(str(path), merge=False)))[0]
    size = sum(column.nbytes for column in fixes) / fixes.mmsi.size
    return row("a position kept", size, None, "bytes", None, "<= 40", size <= POSITION_BYTES)


def _first_call(folder, log):
    path = Path(folder) / "small.nmea"
    path.write_bytes(log[:100_000])
    code = (
        "import time; begin = time.process_time(); import ais, sys; list(ais.read(sys.argv[1]));"
        "print(time.process_time() - begin)"
    )
    took = [float(subprocess.check_output([sys.executable, "-c", code, str(path)], cwd=ROOT)) for _ in range(3)]
    return row("first ais.read, cache warm", min(took), None, "s", None, "< 1", min(took) < 1, "imports included")


def _memory(folder, log):
    """Peak memory of a process that reads a short and a long log."""
    code = (
        "import sys, resource; from tests.bench.bench_ais import wire; wire(sys.argv[1]);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    peaks = []
    for size in (20_000_000, 400_000_000):
        path = repeated(log, Path(folder) / "length.nmea", size)
        peaks.append(int(subprocess.check_output([sys.executable, "-c", code, str(path)], cwd=ROOT)) / 1024)
        path.unlink()
    yield row(
        "memory, log 20 times as long",
        peaks[1],
        peaks[0],
        "MB",
        peaks[1] / peaks[0],
        "<= 1.1 x",
        peaks[1] <= 1.1 * peaks[0],
    )
