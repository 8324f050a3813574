"""What a run leaves behind: immutable Parquet parts in a folder, written whole or not at all, read through DuckDB.

DIR/lingding.json         format and version
DIR/parts/000001.json     one commit: rows by table, totals, watermark; a part without it does not count
DIR/reports/000001.parquet and so on for statics, tracks, alerts, scores, visits, moving_zones, sensors, sources,
rejects
DIR/zones.geojson rules.json run.json stations.json notes.jsonl state/

Columns keep the names of `vts.schema`, so any Parquet reader can use them. Compact without a private encoding: track
columns are rounded to a power of two finer than they are known (positions 2^-24 degree, 7 mm), and byte-stream-split
pages then hold zero planes that zstd removes. Measured on 260,000 track positions: 3.8 bytes a position against 15.8
for plain doubles and 2.6 for scaled int32 deltas, which only we could read.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
from pathlib import Path

import numpy as np

from vts import schema
from vts.errors import StoreError, UsageError
from vts.units import DAY, S

VERSION = 2  # 2: a commit may stand for several (of), its files under a name of their own (files)
READS = (1, VERSION)  # a store of version 1 is one of version 2 that nobody has compacted
TABLES = {
    "reports": schema.Reports,
    "statics": schema.Statics,
    "tracks": schema.Tracks,
    "alerts": schema.Alerts,
    "scores": schema.Scores,
    "visits": schema.Visits,
    "moving_zones": schema.MovingZones,
    "sensors": schema.Sensors,
    "sources": schema.Sources,
}
REJECTS = {"source": "VARCHAR", "reason": "VARCHAR", "count": "BIGINT", "example": "VARCHAR"}
STATIONS = {"station": "VARCHAR", "lines": "MAP"}
STATIONS |= dict.fromkeys(("receptions", "first", "vessels", "first_ns", "last_ns", "stamped"), "BIGINT")
STATIONS |= dict.fromkeys(("per_min", "silence_min", "delay_50_s", "delay_95_s", "coverage_nm2"), "DOUBLE")
STATIONS |= dict.fromkeys(("west_deg", "south_deg", "east_deg", "north_deg"), "DOUBLE")
# A vessel's rows lie together, so that its statistics let a reader skip all other row groups.
ORDER = {
    "reports": ("ident", "sensor", "t_ns", "seq"),
    "statics": ("mmsi", "t_ns", "seq"),
    "tracks": ("mmsi", "track", "t_ns"),
    "alerts": (),  # as they happened
    "scores": ("mmsi", "track", "t_ns"),
    "visits": (),
    "moving_zones": ("track", "t_ns", "zone"),
    "sensors": ("sensor", "t_ns"),
    "sources": ("track", "sensor", "t_ns"),
}
PICTURED = ("tracks", "scores")  # whose every row has the time of its Picture
PART_ROWS = 262_144  # a part is written when a table has this many: 60 MB of tracks
ROW_GROUP = 32_768
MERGED_ROWS = 1_048_576  # rows of a table in a compacted part: as many as 1 GB of memory sorts at once
GRID = {  # columns rounded to a multiple of this, in tracks and scores; reports are kept as they came
    "lon_deg": 2.0**-24,
    "lat_deg": 2.0**-24,
    "sog_kn": 2.0**-7,
    "cog_deg": 2.0**-7,
    "rot_deg_min": 2.0**-7,
    "age_s": 2.0**-10,
    "ais_age_s": 2.0**-4,
    "radar_age_s": 2.0**-4,
    "radar_share": 2.0**-8,
    "offset_e_m": 2.0**-2,
    "offset_n_m": 2.0**-2,
    "offset_sum": 2.0**-4,
    "share": 2.0**-10,
    "existence": 2.0**-12,
    "p_dark": 2.0**-12,
    "p_spoof": 2.0**-12,
    "risk": 2.0**-20,
    "weight_1": 2.0**-12,
    "weight_2": 2.0**-12,
    "weight_3": 2.0**-12,
}
COVARIANCE = ("_m2", "_m2s", "_m2s2")  # endings of the columns that keep
COVARIANCE_BITS = 12  # of mantissa: 0.012 %
_SAID = tuple(name for name in schema.Statics._fields if name not in ("mmsi", "t_ns"))  # what a slice repeats
_NAMES = {  # small integers that a view shows in words
    ("tracks", "state"): schema.TRACK_STATES,
    ("alerts", "state"): schema.ALERT_STATES,
    ("alerts", "severity"): schema.SEVERITIES,
    ("visits", "event"): schema.VISIT_EVENTS,
    ("moving_zones", "shape"): schema.MOVING_SHAPES,
}


PART = re.compile(r"[0-9]{6,}(-[0-9]{6,})?\.(parquet|json)")  # the files that a store removes when nobody owns them


class Store:
    """A run's folder. Reading needs nothing more; the first write takes the folder's lock, until `close`.

    with vts.Store("out") as store:
        for picture in pictures:
            store.append(picture)

    Raises StoreError where the folder is another program's, of another version, or being written by another run.
    """

    def __init__(self, path, part_rows=PART_ROWS):
        self.path = Path(path)
        self._part_rows = part_rows
        self._lock = None
        self._buffers = {name: [] for name in TABLES}
        self._rows = dict.fromkeys(TABLES, 0)  # buffered
        self._skip = dict.fromkeys(TABLES, 0)  # rows already in the store, of a run that is being resumed
        self._totals = {}
        self._rejects = {}
        self._part = 0
        self.at_ns = -1  # the last Picture that was appended

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Writing

    def begin(self, resume=False):
        """Take the lock and mend what a killed run left; returns the watermark `at_ns`, -1 in an empty store.

        A store that holds a run is refused unless `resume`; then the rows that it already holds are skipped as they
        come again, so that a resumed run and an unbroken one leave the same rows.
        """
        if self._lock is not None:
            return self.at_ns
        with _told(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            _check_version(self.path)
            self._take_lock()
        try:
            with _told(self.path):
                commits = self._mend()
            if commits and not resume:
                raise StoreError(f"{self.path}: holds a run already; name another folder, or add --resume to go on")
        except BaseException:
            self._release()
            raise
        if commits:
            last = commits[-1]
            self._part, self.at_ns, self._totals = last["part"], last["at_ns"], last["totals"]
            for name in ("reports", "statics"):
                self._skip[name] = sum((c.get("pruned") or c["rows"]).get(name, 0) for c in commits)
        return self.at_ns

    def append(self, picture):
        """Keep a Picture's tracks, alerts and scores; one at or before the watermark is held already and skipped."""
        self.begin()
        if picture.at_ns <= self.at_ns:
            return
        self.at_ns = int(picture.at_ns)
        for name in ("tracks", "alerts", "scores", "visits", "moving_zones", "sensors", "sources"):
            self._add(name, getattr(picture, name))
        if self._rows["tracks"] >= self._part_rows or self._rows["reports"] >= self._part_rows:
            self.flush()

    def add_reports(self, reports):
        """Keep what sensors said; call it in merged order, ahead of the Pictures made from it."""
        self._add_raw("reports", reports)

    def add_statics(self, statics):
        """Keep what vessels said of themselves."""
        self._add_raw("statics", statics)

    def add_rejects(self, rejects):
        """Keep the counts of a Rejects; it may be given again and again as it grows."""
        self.begin()
        self._rejects[rejects.source] = rejects

    def record(self, batches):
        """The batches of a merge, each kept as it passes: vts.fuse(store.record(merged), tracker)."""
        for batch in batches:
            self.add(batch)
            yield batch

    def add(self, batch):
        """Keep a batch of a merge."""
        self._add_raw("statics" if isinstance(batch, schema.Statics) else "reports", batch)

    def flush(self, save=None):
        """Write all that is buffered as one part; when it returns, a kill cannot take it back.

        `save(folder)` writes there what a resumed run starts from: the Tracker and the Watches after the last Picture.
        """
        self.begin()
        rejects = self._new_rejects()
        if not any(self._rows.values()) and not rejects and save is None and self._part:
            return
        part = self._part + 1
        commit = {"part": part, "at_ns": self.at_ns, "rows": {}, "totals": self._totals, "state": save is not None}
        with _told(self.path):
            if save is not None:
                self._save_state(part, save)
            for name, tables in self._buffers.items():
                if tables:
                    if isinstance(tables[0], TABLES[name]):
                        tables[:] = [_to_arrow(name, TABLES[name].concat(tables))]
                    tables[:] = [_sorted(name, tables)]  # the same rows, held once while they are written
                    self._write(name, f"{part:06d}", tables[0])
                    commit["rows"][name] = self._rows[name]
            if rejects:
                self._write("rejects", f"{part:06d}", _rejects_arrow(rejects))
                commit["rows"]["rejects"] = len(rejects)
            _write_whole(self.path / "parts" / f"{part:06d}.json", json.dumps(commit).encode())
        self._part = part
        if save is not None:
            self._forget_states(keep=part)
        self._buffers = {name: [] for name in TABLES}
        self._rows = dict.fromkeys(TABLES, 0)

    def close(self):
        """Write what is left and let go of the lock; a store that was only read is left as it is."""
        if self._lock is not None:
            try:
                self.flush()
            finally:
                self._release()

    def write_zones(self, geojson):
        """Keep the zones that the run used, as GeoJSON (a dict or its text): alerts name their rows."""
        self._write_json("zones.geojson", geojson)

    def write_catalogue(self, rules):
        """Keep the texts, units and citations of the rules: {rule: {...}}."""
        self._write_json("rules.json", rules)

    def write_run(self, manifest):
        """Keep what was run: inputs, configuration, versions."""
        self._write_json("run.json", manifest)

    def write_stations(self, rows):
        """Keep what each AIS station gave, dicts as `ais.stations.Station`; what stood there before is replaced."""
        from vts.export import finite

        self._write_json("stations.json", {"stations": [finite(row) for row in rows]})

    def stations(self):
        """What each AIS station gave, the one with most lines first: dicts as `ais.stations.Station`."""
        return (self.read_json("stations.json") or {}).get("stations", [])

    def _write_json(self, name, value):
        self.begin()
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
        with _told(self.path):
            _write_whole(self.path / name, text.encode())

    def _save_state(self, part, save):
        """The folder DIR/state/<part>, there as a whole or not at all."""
        folder = self.path / "state" / f"{part:06d}"
        temporary = folder.with_name(f".{folder.name}.tmp")
        for stale in (temporary, folder):
            shutil.rmtree(stale, ignore_errors=True)
        temporary.mkdir(parents=True)
        save(temporary)
        os.replace(temporary, folder)

    def _forget_states(self, keep):
        """Only the newest state is needed once it is committed."""
        for folder in (self.path / "state").iterdir():
            if folder.name != f"{keep:06d}":
                shutil.rmtree(folder, ignore_errors=True)

    def _take_lock(self):
        lock = open(self.path / "lock", "a+", encoding="utf-8")  # noqa: SIM115 - held until close
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise StoreError(
                f"{self.path}: another run is writing here; wait for it, or name another folder with --out"
            ) from None
        self._lock = lock
        from vts import __version__

        mark = self.path / "lingding.json"
        about = json.loads(mark.read_text(encoding="utf-8")) if mark.exists() else {"made_by": __version__}
        if about.get("version") != VERSION:
            about |= {"format": "lingding store", "version": VERSION}
            _write_whole(mark, json.dumps(about).encode())

    def _release(self):
        lock, self._lock = self._lock, None
        lock.close()

    def _mend(self):
        """The commits, after removing parts that a killed run wrote and did not commit."""
        commits = _commits(self.path)
        for name in (*TABLES, "rejects"):
            (self.path / name).mkdir(exist_ok=True)
            kept = {_file(self.path, c, name) for c in commits if c["rows"].get(name)}
            for file in (self.path / name).iterdir():
                if file.name.startswith(".") or (PART.fullmatch(file.name) and file not in kept):
                    file.unlink()
        (self.path / "parts").mkdir(exist_ok=True)
        kept = {f"{c['part']:06d}.json" for c in commits}
        for file in (self.path / "parts").iterdir():
            if file.name.startswith(".") or (PART.fullmatch(file.name) and file.name not in kept):
                file.unlink()
        return commits

    def _add_raw(self, name, rows):
        self.begin()
        held = min(self._skip[name], rows.n)
        self._skip[name] -= held
        rows = rows.take(slice(held, None)) if held else rows
        if rows.n:  # many and small, so made Arrow together
            self._buffers[name].append(rows)
            self._rows[name] += rows.n
        if self._rows[name] >= 2 * self._part_rows:  # an hour without a single Picture must not fill the memory
            self.flush()

    def _add(self, name, rows):
        if rows.n:
            self._buffers[name].append(_to_arrow(name, rows))
            self._rows[name] += rows.n

    def _new_rejects(self):
        """(source, reason, count, example) rows since the last part; the totals are brought up to date."""
        rows = []
        for source, rejects in sorted(self._rejects.items()):
            totals = self._totals.setdefault(source, {"used": 0, "rejected": {}})
            totals["used"] = max(totals["used"], rejects.used)
            for reason, count in sorted(rejects.counts.items()):
                more = count - totals["rejected"].get(reason, 0)
                if more > 0:
                    totals["rejected"][reason] = count
                    rows.append((source, reason, more, rejects.examples.get(reason, "")))
        return rows

    def _write(self, name, label, arrow):
        import pyarrow.parquet as pq

        target = self.path / name / f"{label}.parquet"
        split = [f.name for f in arrow.schema if str(f.type) == "double" and f.name in _SPLIT[name]]
        delta = [f.name for f in arrow.schema if f.name in ("t_ns", "rx_ns", "seq", "reports")]
        plain = {*split, *delta}
        temporary = target.with_name(f".{target.name}.tmp")
        with _or_gone(temporary):
            pq.write_table(
                arrow,
                temporary,
                compression="zstd",
                row_group_size=ROW_GROUP,
                use_dictionary=[n for n in arrow.column_names if n not in plain],
                column_encoding=dict.fromkeys(split, "BYTE_STREAM_SPLIT") | dict.fromkeys(delta, "DELTA_BINARY_PACKED"),
            )
            _put(temporary, target)

    # Reading

    @property
    def totals(self):
        """{source: {"used", "rejected": {reason: count}}} as of the last part."""
        commits = self._committed()
        return commits[-1]["totals"] if commits else {}

    @property
    def watermark_ns(self):
        """The last Picture that the store holds, -1 when there is none."""
        commits = self._committed()
        return commits[-1]["at_ns"] if commits else -1

    @property
    def state(self):
        """(folder, at_ns) of the last state that a resumed run may start from, or None."""
        for commit in reversed(self._committed()):
            folder = self.path / "state" / f"{commit['part']:06d}"
            if commit["state"] and folder.is_dir():
                return folder, commit["at_ns"]
        return None

    def read_json(self, name, default=None):
        """zones.geojson, rules.json or run.json as Python values; `default` where the run wrote none."""
        try:
            value = json.loads((self.path / name).read_text(encoding="utf-8"))
            if not isinstance(value, dict):
                raise ValueError("not an object")
            return value
        except FileNotFoundError:
            return default
        except (OSError, ValueError) as error:
            raise StoreError(f"{self.path / name}: cannot be read ({error}); replay the log again") from error

    def connect(self, tables=(*TABLES, "rejects"), start_ns=None, end_ns=None):
        """A DuckDB connection with a view per table; it can read this store's parts and nothing else.

        Every part of every table is opened: name the tables that are needed, and the window, to open fewer.
        """
        import duckdb
        import pyarrow as pa

        commits = self._committed()
        within = _within(commits, start_ns, end_ns)
        parts = {
            name: [
                str(_file(self.path, c, name)) for c in (within if name in PICTURED else commits) if c["rows"].get(name)
            ]
            for name in tables
        }
        con = duckdb.connect(":memory:")
        con.execute("SET TimeZone='UTC'; SET python_enable_replacements=false; SET memory_limit='2GB'")
        for name, files in parts.items():
            if files:
                source = f"read_parquet([{_quoted(files)}], union_by_name=true)"
                try:
                    con.execute(f"CREATE VIEW {name} AS SELECT *{_readable(name)} FROM {source}")
                    if absent := _absent(con, name):
                        con.execute(f"CREATE OR REPLACE VIEW {name} AS SELECT *{absent}{_readable(name)} FROM {source}")
                except duckdb.Error as error:
                    raise _damaged(self.path / name, error) from error
            else:
                empty = _to_arrow(name, TABLES[name].empty()) if name in TABLES else _rejects_arrow([])
                _keep(con, name, empty, _readable(name))
        _keep(
            con, "notes", pa.Table.from_pylist(self.notes(), schema=_notes_schema()), ", make_timestamp_ns(at_ns) AS at"
        )
        zones = (self.read_json("zones.geojson") or {}).get("features", [])
        rows = [_zone_row(i, feature) for i, feature in enumerate(zones)]
        _keep(con, "zones", pa.Table.from_pylist(rows, schema=_zone_schema()))
        _keep(con, "stations", _stations_arrow(self.stations()), _stamped("first_ns", "last_ns"))
        con.execute(f"SET allowed_paths=[{_quoted(file for files in parts.values() for file in files)}]")
        con.execute("SET enable_external_access=false; SET lock_configuration=true")
        return con

    def sql(self, query):
        """The answer to one SELECT over the views as a pandas DataFrame; UsageError for anything but a SELECT."""
        return self.arrow(query).to_pandas()

    def arrow(self, query):
        """The same as a pyarrow Table, without pandas on the way."""
        import duckdb

        con = self.connect()
        try:
            kinds = [str(s.type).rpartition(".")[2] for s in con.extract_statements(query)]
            if kinds != ["SELECT"]:
                raise UsageError(f"vts query takes one SELECT, not {' and '.join(kinds) or 'nothing'}")
            return con.sql(query).to_arrow_table()
        except duckdb.Error as error:
            reason = str(error).strip().splitlines()[0]
            if "TProtocolException" in reason:  # the head of a Parquet page: no query can cause that
                raise StoreError(f"{self.path}: damaged ({reason}); replay the log into a new folder") from error
            raise UsageError(f"the query failed: {reason}") from error
        finally:
            con.close()

    def table(self, name, where="", order="", start_ns=None, end_ns=None):
        """The rows of a table as its noun, in the order of its parts unless `order` says otherwise.

        A window, which `where` must ask for as well, leaves parts closed that hold none of it.
        """
        cls = TABLES[name]
        columns = ", ".join(cls._fields)
        con = self.connect([name], start_ns, end_ns)
        try:
            where, order = where and f" WHERE {where}", order and f" ORDER BY {order}"
            arrow = con.sql(f"SELECT {columns} FROM {name}{where}{order}").to_arrow_table()
        finally:
            con.close()
        return _from_arrow(cls, arrow)

    def reports(self, ident=None, start_ns=None, end_ns=None):
        """What sensors said, of one MMSI or of all, in [start_ns, end_ns), as Reports in order of time."""
        return self.table("reports", _where("ident", ident, start_ns, end_ns), "t_ns, sensor, ident, seq")

    def statics(self, mmsi=None, start_ns=None, end_ns=None):
        """What vessels said of themselves, as Statics in order of time."""
        return self.table("statics", _where("mmsi", mmsi, start_ns, end_ns), "t_ns, mmsi, seq")

    def tracks(self, mmsi=None, start_ns=None, end_ns=None):
        """The tracks of one MMSI or of all in [start_ns, end_ns), as Tracks in order of time and track."""
        return self.table("tracks", _where("mmsi", mmsi, start_ns, end_ns), "t_ns, track", start_ns, end_ns)

    def alerts(self, mmsi=None, start_ns=None, end_ns=None, rule=None):
        """Changes of state of alerts, as Alerts in the order in which they happened."""
        where = _where("mmsi", mmsi, start_ns, end_ns)
        if rule is not None:
            quoted = rule.replace("'", "''")
            where = " AND ".join(filter(None, [where, f"rule = '{quoted}'"]))
        return self.table("alerts", where)

    def evidence(self, alert, lead_s=300.0):
        """The track segment behind an alert: the Tracks of its vessels in order of time and track.

        From `lead_s` before the condition began to when it ended, or to the last Picture while it lasts; of the
        vessel and of the other, where the alert has one. `alert` is an id of `alerts`; UsageError where there is none.
        """
        rows = self.table("alerts", f"alert = {int(alert)}", "t_ns")
        if not rows.n:
            raise UsageError(f"{self.path}: no alert {int(alert)}; vts alerts lists those that there are")
        vessels = {int(track) for track in (rows.track[-1], rows.other[-1]) if track >= 0}
        where = [
            f"track IN ({', '.join(map(str, sorted(vessels)))})",
            f"t_ns >= {int(rows.since_ns.min() - lead_s * S)}",
        ]
        if rows.until_ns[-1] >= 0:
            where.append(f"t_ns <= {int(max(rows.until_ns[-1], rows.since_ns[-1]))}")
        return self.table("tracks", " AND ".join(where), "t_ns, track") if vessels else schema.Tracks.empty()

    def visits(self, mmsi=None, start_ns=None, end_ns=None):
        """Entries into zones and exits from them, as Visits in the order in which they happened."""
        return self.table("visits", _where("mmsi", mmsi, start_ns, end_ns))

    def moving_zones(self, mmsi=None, start_ns=None, end_ns=None):
        """Zones that went with vessels, such as an LNG carrier's, as MovingZones in order of time and track."""
        return self.table("moving_zones", _where("mmsi", mmsi, start_ns, end_ns), "t_ns, track, zone")

    def scores(self, mmsi=None, start_ns=None, end_ns=None):
        """Risk of tracks, as Scores in order of time and track."""
        return self.table("scores", _where("mmsi", mmsi, start_ns, end_ns), "t_ns, track", start_ns, end_ns)

    def notes(self):
        """What officers added: a list of {"at_ns", "who", "alert", "action", "text"}, oldest first."""
        path = self.path / "notes.jsonl"
        if not path.exists():
            return []
        lines = path.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]  # a line cut by a crash has no end

    def note(self, at_ns, who, alert, action, text=""):
        """Add one line to what officers said of an alert; nothing is ever changed or removed.

        UsageError where there is no such alert.
        """
        if not self.arrow(f"SELECT 1 FROM alerts WHERE alert = {int(alert)} LIMIT 1").num_rows:
            raise UsageError(f"{self.path}: no alert {int(alert)}; vts alerts lists those that there are")
        line = json.dumps(
            {"at_ns": int(at_ns), "who": str(who), "alert": int(alert), "action": str(action), "text": str(text)},
            ensure_ascii=False,
        )
        with _told(self.path), open(self.path / "notes.jsonl", "a", encoding="utf-8") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def commits_between(self, start_ns, end_ns):
        """[part, rows, watermark] of each commit that may hold Pictures of [start_ns, end_ns)."""
        before, found = -1, []
        for commit in self._committed():
            for part, rows, at_ns in _of(commit):
                if at_ns >= start_ns and before < end_ns:
                    found.append([part, rows, at_ns])
                before = at_ns
        return found

    def slice(self, start_ns, end_ns, metadata=None, every_ns=None):
        """The tracks in [start_ns, end_ns) in order of time, as an Arrow table, for `pictures_of`.

        Each row has what its vessel had said of herself by then; `every_ns` leaves the first Picture of each such step.
        """
        start_ns, end_ns = int(start_ns), int(end_ns)
        columns = ", ".join(f"t.{name}" for name in schema.Tracks._fields)
        said = ", ".join(f"s.{name} AS said_{name}" for name in _SAID)
        known = {name: _known_sql(name) for name in _SAID}
        latest = ", ".join(
            f"arg_max({name}, (t_ns, seq)) FILTER ({known[name]} IS NOT NULL) AS {name}" for name in _SAID
        )
        # a message fills only the fields that it knows, as in vts/fusion/known.py
        carried = ", ".join(f"last_value({known[name]} IGNORE NULLS) OVER so_far AS {name}" for name in _SAID)
        within = f"t_ns >= {start_ns} AND t_ns < {end_ns}"
        first = f" AND t.t_ns IN (SELECT min(t_ns) FROM tracks WHERE {within} GROUP BY t_ns // {int(every_ns or 1)})"
        con = self.connect()
        try:
            table = con.sql(
                f"WITH told AS (SELECT mmsi, {start_ns - 1} AS t_ns, seq AS nth, * EXCLUDE (mmsi) FROM"
                f" (SELECT mmsi, {latest} FROM statics WHERE mmsi >= 0 AND t_ns < {start_ns} GROUP BY mmsi)"
                f" UNION ALL BY NAME SELECT mmsi, t_ns, seq AS nth, {', '.join(_SAID)} FROM statics"
                f" WHERE mmsi >= 0 AND {within}),"
                f" said AS (SELECT mmsi, t_ns, {carried} FROM told"
                " WINDOW so_far AS (PARTITION BY mmsi ORDER BY t_ns, nth ROWS UNBOUNDED PRECEDING)"
                " QUALIFY row_number() OVER (PARTITION BY mmsi, t_ns ORDER BY nth DESC) = 1)"
                f" SELECT {columns}, {said} FROM tracks AS t"
                " ASOF LEFT JOIN said AS s ON s.mmsi = t.mmsi AND s.t_ns < t.t_ns"
                f" WHERE t.t_ns >= {start_ns} AND t.t_ns < {end_ns}{first if every_ns else ''}"
                " ORDER BY t.t_ns, t.track"
            ).to_arrow_table()
        finally:
            con.close()
        return table.replace_schema_metadata(metadata or {})

    def write_slice(self, path, start_ns, end_ns, zones, begin_ns, memory=""):
        """A `slice` as one Parquet file that can be scored anywhere.

        Its metadata carries the zones (GeoJSON text), `begin_ns`, and where the memory of the days before lies.
        """
        import pyarrow.parquet as pq

        table = self.slice(start_ns, end_ns, {"zones": zones, "begin_ns": str(int(begin_ns)), "memory": str(memory)})
        path = Path(path)
        with _told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(table, path, compression="zstd")

    def pictures(self):
        """The Pictures of all days, each with its tracks and what is known of their vessels, as an iterator."""
        span = self.arrow("SELECT min(t_ns) AS first, max(t_ns) AS last FROM tracks").to_pylist()[0]
        if span["first"] is None:
            return
        for start in range(span["first"] // DAY * DAY, span["last"] + 1, DAY):
            yield from pictures_of(self.slice(start, start + DAY))

    def size_bytes(self):
        """Bytes on disk by table."""
        return {
            name: sum(file.stat().st_size for file in (self.path / name).glob("*.parquet"))
            for name in (*TABLES, "rejects")
        }

    def prune(self, before_ns):
        """Remove the parts whose every row is older than `before_ns`; returns how many. A part is never rewritten."""
        self.begin(resume=True)
        gone = 0
        with _told(self.path):
            commits = _commits(self.path)
            for commit in commits[:-1]:  # the last one holds the totals and the watermark
                if commit["at_ns"] < before_ns and commit["rows"]:
                    rows, commit["rows"] = commit["rows"], {}
                    commit["pruned"] = rows
                    _write_whole(self.path / "parts" / f"{commit['part']:06d}.json", json.dumps(commit).encode())
                    for name in rows:
                        _file(self.path, commit, name).unlink(missing_ok=True)
                    gone += 1
        return gone

    def compact(self, merged_rows=MERGED_ROWS):
        """Merge the small parts of each UTC day; returns {"before", "after"}, the number of parts.

        The rows stay the same and so does what `vts score` made of them. A new part is written beside the old ones and
        counts from the moment its commit takes their place; a kill before that changes nothing, one after it leaves
        files that the next writer removes. A query that is being answered meanwhile may have to be asked again.
        """
        self.begin(resume=True)
        with _told(self.path):
            commits = _commits(self.path)
            for group in _groups(commits, merged_rows):
                self._merge(group)
            after = self._mend()
        return {"before": len(commits), "after": len(after)}

    def _merge(self, group):
        """One part for several; its commit replaces that of the last."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        last = group[-1]
        rows = {name: sum(c["rows"].get(name, 0) for c in group) for name in (*TABLES, "rejects")}
        label = f"{_of(group[0])[0][0]:06d}-{last['part']:06d}"
        for name in [name for name, n in rows.items() if n]:
            try:
                tables = [pq.read_table(_file(self.path, c, name)) for c in group if c["rows"].get(name)]
            except (pa.ArrowException, OSError) as error:
                raise _damaged(self.path / name, error) from error
            self._write(name, label, _sorted(name, tables) if name in TABLES else _joined(tables))
        merged = last | {
            "rows": {name: n for name, n in rows.items() if n},
            "files": label,
            "of": [entry for commit in group for entry in _of(commit)],
        }
        _write_whole(self.path / "parts" / f"{last['part']:06d}.json", json.dumps(merged).encode())

    def _committed(self):
        if not (self.path / "lingding.json").exists():
            raise StoreError(f"{self.path}: no store here; make one with vts replay LOG --out {self.path}")
        _check_version(self.path)
        return _commits(self.path)


@contextlib.contextmanager
def _told(path):
    """An OSError inside becomes a StoreError that names the folder and what to do."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({_why(error)}); make room or give permission, or name another folder; "
            "what was written before is whole"
        ) from error


def _damaged(path, error):
    why = str(error).strip().splitlines()[0]
    return StoreError(f"{path}: a part is damaged or gone ({why}); copy the store again, or replay the log")


def _why(error):
    """The system's reason; pyarrow gives a longer one of its own."""
    return os.strerror(error.errno) if error.errno else str(error)


def _check_version(path):
    """Refuse a folder of another version, or one that is not a store and not empty."""
    mark = path / "lingding.json"
    try:
        about = json.loads(mark.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if any(file.name != "lock" for file in path.iterdir()):
            raise StoreError(f"{path}: not empty and not a store; name a new folder") from None
        return
    except ValueError as error:
        raise StoreError(f"{mark}: damaged ({error}); replay the log into a new folder") from error
    if not isinstance(about, dict) or about.get("format") != "lingding store":
        raise StoreError(f"{path}: not a store of Lingding; name a new folder")
    if about.get("version") not in READS:
        raise StoreError(
            f"{path}: store version {about.get('version')}, and this is the program for version {VERSION}; "
            "replay the log into a new folder"
        )


def _quoted(files):
    """File names as a list of SQL texts."""
    return ", ".join("'" + file.replace("'", "''") + "'" for file in files)


def _keep(con, name, arrow, added=""):
    """A small table, copied into the connection."""
    con.register("_given", arrow)
    con.execute(f"CREATE TABLE {name} AS SELECT *{added} FROM _given")
    con.unregister("_given")


def _commits(path):
    """Every commit, oldest first, without those that a later one stands for."""
    try:
        files = sorted(f for f in (path / "parts").glob("*.json") if f.stem.isdigit())
        commits = [_read_commit(file) for file in files]
        over = {part for c in commits for part, _, _ in c.get("of", ()) if part != c["part"]}
        return [commit for commit in commits if commit["part"] not in over]
    except FileNotFoundError:
        return _commits(path)  # compacted between the listing and the reading
    except (OSError, ValueError) as error:
        raise StoreError(f"{path / 'parts'}: damaged ({error}); replay the log into a new folder") from error


def _read_commit(file):
    commit = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(commit, dict) or not commit.keys() >= {"part", "at_ns", "rows", "totals", "state"}:
        raise ValueError(f"{file.name} is no commit")
    return commit


def _within(commits, start_ns, end_ns):
    """The commits that may hold Pictures of a window: each holds those after its predecessor's watermark."""
    before, found = -1, []
    for commit in commits:
        if (end_ns is None or before < end_ns) and (start_ns is None or commit["at_ns"] >= start_ns):
            found.append(commit)
        before = commit["at_ns"]
    return found


def _of(commit):
    """[part, rows, watermark] of each commit that one stands for: itself, unless it was compacted."""
    # a pruned one counts as it was: what was made of it stays made
    return commit.get("of") or [[commit["part"], commit.get("pruned") or commit["rows"], commit["at_ns"]]]


def _file(path, commit, name):
    """Where a commit's rows of a table lie."""
    return path / name / f"{commit.get('files') or format(commit['part'], '06d')}.parquet"


def _groups(commits, merged_rows):
    """Runs of two or more neighbouring commits of one UTC day that fit into one part; pruned ones stay apart."""
    groups, room = [[]], 0
    for commit in commits:
        rows = max(commit["rows"].values(), default=0)
        group = groups[-1]
        apart = "pruned" in commit or rows > room or (group and group[-1]["at_ns"] // DAY != commit["at_ns"] // DAY)
        if apart:
            groups.append([])
            room = 0 if "pruned" in commit else merged_rows
        groups[-1].append(commit)
        room -= rows
    return [group for group in groups if len(group) > 1]


def _joined(tables):
    """The rows of several tables, one after the other."""
    import pyarrow as pa

    return pa.concat_tables(tables).combine_chunks()


def _write_whole(path, content):
    """A file that is there with all its bytes or not at all."""
    temporary = path.with_name(f".{path.name}.tmp")
    with _or_gone(temporary):
        temporary.write_bytes(content)
        _put(temporary, path)


@contextlib.contextmanager
def _or_gone(temporary):
    """What could not be written whole is removed: on a full disk every byte counts."""
    try:
        yield
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def _put(temporary, path):
    """Bytes to the disk, then the name: after a power cut too there is no name without its bytes."""
    with open(temporary, "rb") as file:
        os.fsync(file.fileno())
    os.replace(temporary, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


_SPLIT = {name: frozenset() for name in (*TABLES, "rejects")} | {
    "reports": frozenset(("lon_deg", "lat_deg", "range_m", "azimuth_deg", "major_m", "minor_m", "axis_deg")),
    "tracks": frozenset(GRID) | frozenset(name for name in schema.Tracks._fields if name.endswith(COVARIANCE)),
    "alerts": frozenset(("lon_deg", "lat_deg", "excess")),
    "scores": frozenset(GRID),
    "sources": frozenset(GRID),
}


def _coarse(name, column):
    """A track's or score's column without the digits that nobody knows; NaN and infinity as they are."""
    if name in GRID:
        return np.round(column / GRID[name]) * GRID[name]
    if name.endswith(COVARIANCE):
        mantissa, exponent = np.frexp(column)
        return np.ldexp(np.round(mantissa * 2.0**COVARIANCE_BITS) * 2.0**-COVARIANCE_BITS, exponent)
    return column


def _to_arrow(name, rows):
    """A noun with the columns of a part: NaN as null, times as int64 ns, text without its padding."""
    import pyarrow as pa

    arrays = {}
    for column, values in zip(rows._fields, rows, strict=True):
        if values.dtype.kind == "f":
            known = _coarse(column, values) if name in ("tracks", "scores", "sources") else values
            arrays[column] = _numbers(pa, known, np.isnan(known))
        elif values.dtype.kind == "U":
            arrays[column] = _text(pa, values)
        else:
            arrays[column] = _numbers(pa, values)
    return pa.table(arrays)


def _numbers(pa, values, unknown=None):
    """A column of numbers, null where `unknown`; from its bytes, as pa.array imports pandas (1 s) to look at them."""
    nulls = 0 if unknown is None else int(np.count_nonzero(unknown))
    known = pa.py_buffer(np.packbits(~unknown, bitorder="little")) if nulls else None
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), values.size, [known, data], nulls)


def _sorted(name, tables):
    """The rows of several tables, a vessel's together and in order of time."""
    import pyarrow as pa

    rows = pa.concat_tables(tables, promote_options="default")
    if not ORDER[name]:
        return rows.combine_chunks()
    order = _numbers(pa, np.lexsort([_plain(name, key, rows.column(key)) for key in reversed(ORDER[name])]))
    # a column at a time: a second copy of all of them is a tenth of a replay's memory
    return pa.table({column: rows.column(column).combine_chunks().take(order) for column in rows.column_names})


def _plain(name, key, column):
    """A column without nulls as one array, from its bytes, as `_numbers`."""
    dtype = TABLES[name].spec[key][0]
    return np.concatenate([np.frombuffer(c.buffers()[1], dtype)[c.offset : c.offset + len(c)] for c in column.chunks])


def _text(pa, values):
    """A text column; what is no Unicode (a lone surrogate) is replaced."""
    filled = np.flatnonzero(values != "")
    if filled.size > values.size // 4:
        return _strings(pa, values.tolist())
    # most reasons are empty: three wide columns of them cost more than all else in a part
    distinct, index = np.unique(values[filled], return_inverse=True)
    codes = np.zeros(values.size, np.int32)
    codes[filled] = index + 1
    texts = _strings(pa, ["", *distinct.tolist()])
    return pa.DictionaryArray.from_arrays(_numbers(pa, codes), texts).cast(pa.string())


def _strings(pa, texts):
    coded = [text.encode("utf-8", "replace") for text in texts]
    ends = np.zeros(len(coded) + 1, np.int32)
    np.cumsum([len(text) for text in coded], out=ends[1:])
    return pa.Array.from_buffers(pa.string(), len(coded), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(coded))])


def _rejects_arrow(rows):
    import pyarrow as pa

    columns = zip(REJECTS.items(), zip(*rows, strict=True) if rows else [()] * len(REJECTS), strict=True)
    return pa.table(
        {
            name: _numbers(pa, np.array(values, np.int64)) if kind == "BIGINT" else _strings(pa, values)
            for (name, kind), values in columns
        }
    )


def _stations_arrow(rows):
    import pyarrow as pa

    kinds = {"BIGINT": pa.int64(), "DOUBLE": pa.float64(), "VARCHAR": pa.string()}
    kinds["MAP"] = pa.map_(pa.string(), pa.int64())
    rows = [row | {"lines": sorted(row.get("lines", {}).items())} for row in rows]
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, kinds[kind]) for name, kind in STATIONS.items()]))


def _from_arrow(cls, arrow):
    """The noun of an Arrow table; null becomes the noun's own unknown."""
    columns = {}
    for name, (dtype, fill) in cls.spec.items():
        values = arrow.column(name)
        if dtype.kind == "U":
            columns[name] = np.array(values.fill_null("").to_pylist(), dtype=dtype)
        elif values.null_count and dtype.kind == "i":
            columns[name] = values.fill_null(int(fill)).to_numpy()
        else:
            columns[name] = values.to_numpy()
    return cls(**columns) if arrow.num_rows else cls.empty()


def _absent(con, name):
    """Columns of a noun that the parts of an earlier version do not have, unknown in every row."""
    known = con.execute(f"SELECT column_name FROM duckdb_columns() WHERE table_name = '{name}'").fetchall()
    has = {row[0] for row in known}
    kinds = {"i": "BIGINT", "f": "DOUBLE", "U": "VARCHAR"}
    spec = TABLES[name].spec if name in TABLES else {}
    return "".join(f", CAST(NULL AS {kinds[dtype.kind]}) AS {c}" for c, (dtype, _) in spec.items() if c not in has)


def _readable(name):
    """What a view adds to a part's columns: times as UTC timestamps (t_ns -> t), small integers in words."""
    added = ""
    for column in TABLES[name]._fields if name in TABLES else ():
        if column.endswith("_ns"):
            added += _stamped(column)
        if (name, column) in _NAMES:
            words = ", ".join(f"'{word}'" for word in _NAMES[name, column])
            added += f", ([{words}])[{column} + 1] AS {column}_name"
        if column == "kind":
            cases = " ".join(f"WHEN {value} THEN '{word}'" for value, word in schema.KINDS.items())
            added += f", CASE kind {cases} END AS kind_name"
    return added


def _stamped(*columns):
    """Columns in ns as UTC timestamps besides."""
    return "".join(f', CASE WHEN {c} >= 0 THEN make_timestamp_ns({c}) END AS "{c[:-3]}"' for c in columns)


def _where(key, value, start_ns, end_ns):
    """A WHERE clause of whole numbers only: nothing that a user wrote enters the query as text."""
    terms = [] if value is None else [f"{key} = {int(value)}"]
    terms += [] if start_ns is None else [f"t_ns >= {int(start_ns)}"]
    terms += [] if end_ns is None else [f"t_ns < {int(end_ns)}"]
    return " AND ".join(terms)


def _notes_schema():
    import pyarrow as pa

    text = pa.string()
    return pa.schema([("at_ns", pa.int64()), ("who", text), ("alert", pa.int64()), ("action", text), ("text", text)])


def _zone_schema():
    import pyarrow as pa

    return pa.schema([("zone", pa.int32()), ("name", pa.string()), ("kind", pa.string()), ("properties", pa.string())])


def _zone_row(i, feature):
    properties = feature.get("properties") or {}
    return {
        "zone": i,
        "name": str(properties.get("name", "")),
        "kind": str(properties.get("kind", "")),
        "properties": json.dumps(properties, ensure_ascii=False),
    }


def _known_sql(name):
    """A column of statics as SQL, NULL where nothing was said."""
    kind, fill = schema.Statics.spec[name]
    if kind.kind == "f":
        return name
    return f"nullif({name}, '')" if kind.kind == "U" else f"nullif({name}, {int(fill)})"


def pictures_of(table):
    """The Pictures of a `Store.slice`, as an iterator; alerts and scores are empty."""
    tracks = _from_arrow(schema.Tracks, table)
    said = {name: table.column(f"said_{name}") for name in _SAID}
    statics = _from_arrow(schema.Statics, _renamed(said, table.column("mmsi")))
    known = ~np.asarray(table.column("said_seq").is_null())
    starts = np.flatnonzero(np.diff(tracks.t_ns, prepend=tracks.t_ns[:1] - 1))
    for start, stop in zip(starts, np.append(starts, tracks.n)[1:], strict=True):
        rows = np.arange(start, stop)
        mine = rows[known[start:stop]]
        first = mine[np.unique(tracks.mmsi[mine], return_index=True)[1]]
        yield schema.Picture(
            int(tracks.t_ns[start]),
            tracks.take(rows),
            statics.take(first),
            schema.Alerts.empty(),
            schema.Scores.empty(),
        )


def _renamed(said, mmsi):
    """The static columns under their own names, as a table."""
    import pyarrow as pa

    return pa.table({"mmsi": mmsi, "t_ns": said["seq"], **said})


def remove(path):
    """Delete a store and all that is in it; StoreError where the folder is something else."""
    path = Path(path)
    if path.exists():
        _check_version(path)
        shutil.rmtree(path)
