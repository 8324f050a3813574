"""Where the time of the line goes: CPU seconds of each stage, one after the other in one process, kernels warm."""

import tempfile
import time
from pathlib import Path

import ais
import geofences
import risk
import vts
from tests.bench import logs
from vts import paths

MESSAGES = 400_000


class Clock:
    """CPU seconds by stage: what a stage spends, less what the stages before it spend meanwhile."""

    def __init__(self):
        self.spent, self._inner = {}, [0.0]

    def of(self, name, items):
        """The items, with the time that making each takes booked to `name`."""
        items = iter(items)
        while True:
            began = time.process_time()
            self._inner.append(0.0)
            try:
                item = next(items)
            except StopIteration:
                return
            finally:
                took = time.process_time() - began
                self.spent[name] = self.spent.get(name, 0.0) + took - self._inner.pop()
                self._inner[-1] += took
            yield item


def measured(log, out, clock):
    """(sentences, reports, pictures, rows of tracks) of a replay without threads."""
    config = vts.load_config()
    fences, model = geofences.load(paths.data_dir() / "zones"), risk.load(paths.data_dir() / "models" / "current")
    feed = ais.read(log)
    merged = vts.merge([clock.of("read", feed)], lateness_s=config.fusion.lateness_s)
    fence_watch, risk_watch = geofences.Watch(config.watch), risk.Watch(config.risk)
    with vts.Store(out) as store:
        batches = clock.of("store reports", store.record(clock.of("merge", merged)))
        pictures = clock.of("fuse", vts.fuse(batches, vts.Tracker(config.fusion)))
        checked = clock.of("check", geofences.check(pictures, fences, fence_watch))
        scored = clock.of("score", risk.score(checked, model, risk_watch))
        n = rows = 0
        for picture in clock.of("store pictures", (store.append(p) or p for p in scored)):
            n, rows = n + 1, rows + picture.tracks.n
    return feed.rejects.read, merged.rejects.used, n, rows


def run():
    rows = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        cases = {"port, 1,500 vessels": logs.simulated(folder / "port.nmea", MESSAGES, 1, 1500)}
        if logs.real_log():
            cases["USCG, 8,450 vessels"] = logs.repeated(logs.real_log(), folder / "uscg.nmea", MESSAGES // 100_000)
        for k, (name, log) in enumerate(cases.items()):
            if k == 0:
                warm = folder / "warm.nmea"
                warm.write_bytes(b"\n".join(log.read_bytes().split(b"\n")[:30_000]))
                measured(warm, folder / "warm", Clock())
            clock = Clock()
            read, reports, pictures, tracks = measured(log, folder / f"store{k}", clock)
            total = sum(clock.spent.values())
            note = f"{reports:,} reports, {pictures} pictures, {tracks:,} rows of tracks"
            rows.append({"what": f"{name}: all stages", "ours": read / total, "unit": "sentences/CPU-s", "note": note})
            for stage, spent in sorted(clock.spent.items(), key=lambda item: -item[1]):
                each = f"{1e6 * spent / read:.2f} us a sentence, {1e6 * spent / tracks:.2f} us a row"
                note = f"{100 * spent / total:.0f} %; {each}"
                rows.append({"what": f"{name}: {stage}", "ours": spent, "unit": "CPU-s", "note": note})
    return rows
