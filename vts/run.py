"""What of the logs a run takes, what it was made from, and what came of it: cut, manifest, totals."""

import contextlib
import dataclasses
import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np

from vts.errors import StoreError
from vts.schema import Rejects, Reports
from vts.units import MINUTE, S

SITE = ("name", "sensor", "lon_deg", "lat_deg", "min_range_m", "max_range_m", "period_s", "blind_deg", "coverage")
SAME = ("config", "sites", "model", "zones", "land", "start_ns", "end_ns", "area", "lingding")  # of a resumed run


class Cut:
    """What of the logs was asked for: a time and an area. What is left out is counted."""

    def __init__(self, start_ns=None, end_ns=None, area=None):
        self.start_ns, self.end_ns, self.area = start_ns, end_ns, area
        self.counts = {}

    def of(self, batches):
        """The batches without the reports outside; ends once everything lies after the end."""
        if self.start_ns is None and self.end_ns is None and self.area is None:
            yield from batches
            return
        for batch in batches:
            if self.end_ns is not None and batch.n and (batch.t_ns >= self.end_ns + MINUTE).all():
                return
            if not isinstance(batch, Reports):  # a name that was said before the window still holds in it
                yield batch if self.end_ns is None else batch.take(batch.t_ns < self.end_ns)
                continue
            when = batch.t_ns >= (self.start_ns or 0)
            when &= self.end_ns is None or batch.t_ns < self.end_ns
            self._count("outside --start and --end", ~when)
            yield batch.take(when & self._near(batch, when))

    def _near(self, batch, when):
        if self.area is None:
            return when
        west, south, east, north = self.area
        lon, lat = batch.lon_deg, batch.lat_deg
        across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
        near = (across & (lat >= south) & (lat <= north)) | np.isnan(lon)
        self._count("outside --area", when & ~near)
        return near

    def _count(self, reason, mask):
        if n := int(mask.sum()):
            self.counts[reason] = self.counts.get(reason, 0) + n


def after(batches, at_ns, lateness_s):
    """The batches from the first row that the Picture at `at_ns` did not hold: where vts.fuse cut them."""
    found = False
    for batch in batches:
        if not found and batch.n:
            place = batch.t_ns
            if isinstance(batch, Reports):
                received = np.where(batch.rx_ns >= 0, batch.rx_ns, batch.t_ns)
                place = np.maximum(batch.t_ns, received - int(lateness_s * S))
            past = place >= at_ns
            if not past.any():
                continue
            found = True
            batch = batch.take(slice(int(past.argmax()), None))  # noqa: PLW2901 - the rest of it
        yield batch


def manifest(logs, sites, settings, model, cut, **more):
    """What is run, so that it can be run again: inputs, configuration, versions."""
    from vts import __version__

    return {
        "logs": [
            {"log": str(log)} | ({"bytes": Path(log).stat().st_size} if Path(log).is_file() else {}) for log in logs
        ],
        "lingding": __version__,
        "versions": {name: version(name) for name in ("numpy", "numba", "pyarrow", "duckdb")},
        "config": dataclasses.asdict(settings),
        "model": {
            k: v for k, v in getattr(model, "manifest", {}).items() if k in ("created_with", "arrays_sha256", "seed")
        },
        "sites": [{name: getattr(s, name) for name in SITE} for s in sites if s.lon_deg == s.lon_deg],
        "radars": [_told(dataclasses.asdict(s)) for s in sites],
        "start_ns": cut.start_ns,
        "end_ns": cut.end_ns,
        "area": cut.area,
    } | more


def _told(fields):
    """Fields without what is unknown, which JSON has no word for."""
    return {name: value for name, value in fields.items() if value == value}  # noqa: PLR0124 - NaN


def retold(store):
    """(logs, sites, FusionConfig, Cut, rate) that the run of a store was made from, so that its log is read again.

    Raises StoreError naming a log that is gone or has changed since.
    """
    from vts.config import FusionConfig
    from vts.radar import Site

    run = store.read_json("run.json")
    if run is None or "radars" not in run:
        raise StoreError(f"{store.path}: does not say what it was made from; replay the logs again with this version")
    for about in run["logs"]:
        log = Path(about["log"])
        if not log.is_file() or log.stat().st_size != about.get("bytes"):
            raise StoreError(f"{log}: is gone or has changed since the replay; put the log back that it was made from")
    try:
        sites = tuple(
            Site(**{k: _tuples(v) if isinstance(v, list) else v for k, v in site.items()}) for site in run["radars"]
        )
        cut = Cut(run["start_ns"], run["end_ns"], run["area"])
        return [about["log"] for about in run["logs"]], sites, FusionConfig(**run["config"]["fusion"]), cut, run["rate"]
    except (KeyError, TypeError) as error:  # made with numbers that this version does not have, or lacks
        raise StoreError(
            f"{store.path}: run.json is of another version; replay the logs again with this one"
        ) from error


def _tuples(value):
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def same(store, now, zones):
    """Refuse to resume with other options than the run was begun with: the numbers would not be those of one run."""
    begun = store.read_json("run.json")
    if begun is None:
        return
    now = json.loads(json.dumps(now | {"zones": zones}))
    before = begun | {"zones": store.read_json("zones.geojson")}
    for key in SAME:
        if now[key] != before.get(key):
            raise StoreError(f"{store.path}: was begun with another {key}; resume with the same, or name a new folder")


def hashed(manifest):
    """The manifest with each log's SHA-256: evidence, taken once the run is done so that nobody waits for it."""
    return manifest | {"logs": [_hashed(log) for log in manifest["logs"]]}


def _hashed(about):
    if "bytes" not in about:
        return about
    with open(about["log"], "rb") as file:
        return about | {"sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def totals(feeds, merged):
    """The totals of all feeds: read = used + rejected; sentences that one reader hands to another count once."""
    radar_sources = {f.rejects.source for f in feeds if getattr(f, "format", "") == "arpa"}
    total = Rejects("all")
    for feed in feeds:
        if getattr(feed, "format", "") != "arpa" and feed.rejects.source in radar_sources:
            feed.rejects.counts.pop("other sentence", None)
        total.merge(feed.rejects)
    return total.balance() | {
        "sources": [
            {"source": f.rejects.source, "read": f.rejects.read, "used": f.rejects.used, "rejected": f.rejects.counts}
            for f in feeds
        ],
        "reports": {"read": merged.read, "used": merged.used, "rejected": merged.counts},
    }


def peak_mb():
    """Largest resident size of this process so far, MB."""
    import resource

    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def give_back():
    """Let freed blocks of half a megabyte and more go back to the system at once, where the C library is glibc.

    By itself it raises that border to 32 MB as arrays come and go, and keeps them: 807 against 702 MB at the peak of
    a replay of 10,000 vessels, for 3 % of its time.
    """
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(-3, 1 << 19)  # M_MMAP_THRESHOLD
