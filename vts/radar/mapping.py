"""Plots of others' tables: CSV rows or JSON objects, read through a mapping in TOML.

```toml
[log]
format = "csv"                      # or "json": a list of objects, or one object a line
site = "Callista"                   # name in the sites file; may be left out where there is one site
delimiter = ","
where = { sensorID = 2 }            # only rows that say so; the others are counted

[columns]                           # a column's name, or a path such as "measurement.0" in JSON; numbers, or lists of
time = { from = "t", unit = "s" }   #   numbers where one row holds several plots
range_m = { from = "r", factor = 1852 }   # unit of time: s, ms, us, ns since 1970, tod_s (seconds of the day), or iso
azimuth_deg = "bearing"             # or lon_deg and lat_deg, or x_m and y_m (east and north of the antenna)

[origin]                            # for a radar that sails in a local frame
lon_deg = 10.399                    # of the frame
lat_deg = 63.438
east_m = "ownshipPosition.1"        # where the antenna then was in it
north_m = "ownshipPosition.0"
```

Other columns: track, sog_kn, cog_deg, length_m, width_m.
"""

import csv
import datetime
import json
import math
import tomllib
from pathlib import Path

import numpy as np

from vts import geo
from vts.errors import ConfigError, UsageError
from vts.radar import project
from vts.radar.site import in_sight
from vts.schema import RADAR_PLOT, RADAR_TRACK, Reports
from vts.units import DAY, S

_COLUMNS = ("time", "lon_deg", "lat_deg", "range_m", "azimuth_deg", "x_m", "y_m", "track", "sog_kn", "cog_deg")
_COLUMNS += ("length_m", "width_m")
_UNITS = {"s": S, "ms": 1_000_000, "us": 1_000, "ns": 1, "tod_s": S, "iso": 0}
_POSITIONS = (("range_m", "azimuth_deg"), ("lon_deg", "lat_deg"), ("x_m", "y_m"))
_BATCH = 4096
_MOST_LINE = 1 << 24  # a longer line is no row of a table
_MOST_JSON = 1 << 30  # a JSON list is read whole; a log over this is to be given as one object a line


class Mapping:
    """What a mapping file says; ConfigError names file, key and remedy where it cannot be followed."""

    def __init__(self, path):
        self.path = Path(path)
        try:
            given = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read ({error.strerror}); name a readable mapping") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: not TOML ({error}); mend that line") from error
        self._only(given, "the mapping", ("log", "columns", "origin"))
        log, columns, origin = (given.get(k, {}) for k in ("log", "columns", "origin"))
        self._only(log, "[log]", ("format", "site", "delimiter", "where"))
        self._only(columns, "[columns]", _COLUMNS)
        self._only(origin, "[origin]", ("lon_deg", "lat_deg", "east_m", "north_m"))
        self.format, self.site = log.get("format", "csv"), log.get("site")
        if self.format not in ("csv", "json"):
            raise ConfigError(f"{path}: [log] format {self.format!r} is not known; write csv or json")
        self.delimiter, self.where = log.get("delimiter", ","), log.get("where", {})
        self.columns = {name: self._column(name, value) for name, value in columns.items()}
        if "time" not in self.columns or not any(set(pair) <= set(columns) for pair in _POSITIONS):
            raise ConfigError(
                f"{path}: [columns] needs time and range_m with azimuth_deg, or lon and lat, or x_m and y_m"
            )
        if origin and set(origin) != {"lon_deg", "lat_deg", "east_m", "north_m"}:
            raise ConfigError(f"{path}: [origin] needs lon_deg, lat_deg, east_m and north_m")
        self.origin = origin

    def _only(self, table, where, known):
        """Raise for a key that nobody reads."""
        unknown = sorted(set(table) - set(known)) if isinstance(table, dict) else ["(not a table)"]
        if unknown:
            raise ConfigError(f"{self.path}: {where} has no key {unknown[0]!r}; there are {', '.join(known)}")

    def _column(self, name, value):
        """(source, factor) of a column; of time: (source, unit)."""
        value = {"from": value} if isinstance(value, str) else value
        self._only(value, f"column {name}", ("from", "unit") if name == "time" else ("from", "factor"))
        if not isinstance(value.get("from"), str):
            raise ConfigError(f'{self.path}: column {name} needs from = "name of the column"')
        if name == "time":
            if value.get("unit", "s") not in _UNITS:
                raise ConfigError(f"{self.path}: unit of time {value['unit']!r}; there are {', '.join(_UNITS)}")
            return value["from"], value.get("unit", "s")
        factor = value.get("factor", 1.0)
        if isinstance(factor, bool) or not isinstance(factor, int | float) or not math.isfinite(factor):
            raise ConfigError(f"{self.path}: column {name}: factor {factor!r} is not a number")
        return value["from"], float(factor)


def read(path, blocks, sites, rejects, start_ns=-1):
    """Yield Reports of a table of plots in batches, read through the mapping at `path`."""
    mapping = Mapping(path)
    site = _site(mapping, sites)
    clock = _Clock(start_ns)
    rows = _csv_rows(mapping, blocks, rejects) if mapping.format == "csv" else _json_rows(blocks, rejects)
    held = []
    for seq, row in rows:
        held += _plots(mapping, row, seq, clock, site, rejects)
        if len(held) >= _BATCH:
            yield _reports(held, site, sites, rejects)
            held = []
    if held:
        yield _reports(held, site, sites, rejects)


def _site(mapping, sites):
    """The site that the table comes from."""
    named = [site for site in sites if mapping.site in (None, site.name)]
    if len(named) != 1:
        there = ", ".join(site.name for site in sites) or "none"
        raise UsageError(f"{mapping.path}: [log] site must name one of the sites file's sites ({there})")
    return named[0]


def _csv_rows(mapping, blocks, rejects):
    """(row number, {column: text}) of CSV text; a row of another length is counted."""
    reader = csv.reader(_text(blocks), delimiter=mapping.delimiter)
    head = None
    number = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:  # a field longer than any number
            number += 1
            rejects.add("row that is no CSV", 1, str(error))
            continue
        if head is None:
            head = [name.strip().lstrip("\ufeff# ") for name in row]
            wanted = [source for source, _ in mapping.columns.values()] + list(mapping.where)
            missing = [name for name in wanted if name not in head]
            if missing:
                raise ConfigError(f"{mapping.path}: the log has no column {missing[0]!r}; there are {', '.join(head)}")
        elif row:
            number += 1
            if len(row) != len(head):
                rejects.add("row of another length", 1, mapping.delimiter.join(row))
            else:
                yield number, dict(zip(head, row, strict=True))


def _text(blocks):
    """Lines of text blocks; what is not UTF-8 is replaced."""
    held = b""
    for block in blocks:
        *lines, held = (held + block).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace") + "\n"
        if len(held) > _MOST_LINE:
            yield held.decode("utf-8", "replace") + "\n"
            held = b""
    if held:
        yield held.decode("utf-8", "replace")


def _json_rows(blocks, rejects):
    """(number, object) of a JSON list, or of one object a line."""
    blocks = iter(blocks)
    first = next(blocks, b"")
    if first.lstrip()[:1] == b"[":
        parts, size = [first], len(first)
        for block in blocks:
            parts.append(block)
            size += len(block)
            if size > _MOST_JSON:
                raise UsageError(f"{rejects.source}: a JSON list over 1 GB; write one object a line")
        try:
            listed = json.loads(b"".join(parts))
        except (ValueError, RecursionError) as error:
            rejects.add("not JSON", 1, str(error))
            return
        yield from enumerate(listed)
        return
    for number, line in enumerate(_text(_again(first, blocks))):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                rejects.add("not JSON", 1, line)


def _again(first, rest):
    yield first
    yield from rest


def _at(row, path):
    """What lies at a dotted path; None where there is nothing."""
    if isinstance(row, dict) and path in row:
        return row[path]
    for step in path.split("."):
        if isinstance(row, dict):
            row = row.get(step)
        elif isinstance(row, list) and step.isdigit() and int(step) < len(row):
            row = row[int(step)]
        else:
            return None
    return row


def _numbers(value, factor):
    """A number or a list of numbers as a list of floats; NaN for what is none."""
    found = []
    for each in value if isinstance(value, list) else [value]:
        try:
            found.append(math.nan if isinstance(each, bool | list | dict) else float(each) * factor)
        except (TypeError, ValueError, OverflowError):
            found.append(math.nan)
    return found


class _Clock:
    """Times of a table as UTC; days are counted on where it carries times of day."""

    def __init__(self, start_ns):
        self._last_ns = start_ns
        self._day_known = start_ns >= 0

    def ns(self, value, unit):
        """UTC ns of a cell; -1 where it is none, -2 where its date is not known."""
        if unit == "iso":
            return _iso_ns(value)
        (number,) = _numbers(value, 1.0)[:1] or [math.nan]
        if not math.isfinite(number) or number < 0:
            return -1
        if unit != "tod_s":
            whole = number * _UNITS[unit]
            return round(whole) if whole < 2**63 else -1
        if not self._day_known:
            return -2
        if number >= 86_400:
            return -1
        day = self._last_ns - self._last_ns % DAY
        t = day + round(number * S)
        if self._last_ns - t > DAY // 2:
            t += DAY
        self._last_ns = t
        return t


def _iso_ns(value):
    """UTC ns of an ISO 8601 text; -1 where it is none."""
    try:
        when = datetime.datetime.fromisoformat(str(value).strip())
    except ValueError:
        return -1
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    past = when - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
    return (past.days * 86_400 + past.seconds) * S + past.microseconds * 1000


def _plots(mapping, row, seq, clock, site, rejects):
    """[{column: value}] of one row."""
    if not isinstance(row, dict):
        rejects.add("not an object", 1, str(row))
        return []
    if any(str(_at(row, key)) != str(value) for key, value in mapping.where.items()):
        rejects.add("other row", 1)
        return []
    source, unit = mapping.columns["time"]
    t_ns = clock.ns(_at(row, source), unit)
    if t_ns == -2:
        raise UsageError(f"{rejects.source}: carries times of day without a date; name its UTC date (start)")
    if t_ns < 0:
        rejects.add("no time", 1, str(_at(row, source)))
        return []
    origin = (site.lon_deg, site.lat_deg)
    if mapping.origin:
        east, north = (_numbers(_at(row, mapping.origin[k]), 1.0)[0] for k in ("east_m", "north_m"))
        if not (math.isfinite(east) and math.isfinite(north)):
            rejects.add("no own position", 1)
            return []
        origin = geo.enu_to_lonlat(east, north, float(mapping.origin["lon_deg"]), float(mapping.origin["lat_deg"]))
    values = {k: _numbers(_at(row, s), f) for k, (s, f) in mapping.columns.items() if k != "time"}
    n = max(map(len, values.values()))
    if n == 0:
        rejects.add("row without a plot", 1)
        return []
    if any(len(v) not in (1, n) for v in values.values()):
        rejects.add("lists of different lengths", 1)
        return []
    return [
        {k: v[j % len(v)] for k, v in values.items()} | {"t": t_ns, "seq": seq, "lon0": origin[0], "lat0": origin[1]}
        for j in range(n)
    ]


def _reports(held, site, sites, rejects):
    """Reports of gathered plots."""
    n = len(held)

    def column(name):
        return np.array([plot.get(name, math.nan) for plot in held], np.float64)

    rng, az, lon, lat = (column(k) for k in ("range_m", "azimuth_deg", "lon_deg", "lat_deg"))
    az %= 360.0
    major, minor, axis = np.full((3, n), np.nan)
    project.place(
        np.zeros(n, np.int64), column("lon0"), column("lat0"), np.array([site.height_m]),
        np.array([site.sigma_range_m]), np.array([site.sigma_azimuth_deg]), rng, az, column("x_m"), column("y_m"),
        lon, lat, major, minor, axis,
    )  # fmt: skip
    track = column("track")
    track = np.where(np.isfinite(track) & (np.abs(track) < 2**53), track, -1).astype(np.int64)
    t_ns = np.array([plot["t"] for plot in held], np.int64)
    reports = Reports(
        t_ns=t_ns - round((site.latency_s + site.clock_offset_s) * S), rx_ns=t_ns, sensor=np.full(n, site.sensor),
        kind=np.where(track >= 0, RADAR_TRACK, RADAR_PLOT), ident=track, lon_deg=lon, lat_deg=lat, range_m=rng,
        azimuth_deg=az, sog_kn=column("sog_kn"), cog_deg=column("cog_deg"), major_m=major, minor_m=minor, axis_deg=axis,
        length_m=column("length_m"), width_m=column("width_m"), seq=np.array([plot["seq"] for plot in held], np.int64),
    )  # fmt: skip
    return in_sight(reports, sites, rejects)
