"""What is known of vessels and weather beside AIS and radar, from a folder of CSV files; any of them may be absent.

| file | columns | what it is for |
|---|---|---|
| lng_carriers.csv | imo, mmsi, name, length_m, beam_m, note | which vessels carry LNG: AIS has no such ship type |
| attendants.csv | mmsi, name, role | escort, pilot, operator or patrol: who may be near a carrier or terminal |
| permits.csv | mmsi, zone, valid_from, valid_to | who may enter a restricted zone, and when |
| reports.csv | mmsi, zone, t | reports that vessels made at reporting lines ("*": at any) |
| notices.csv | mmsi, eta, sent | notices of arrival |
| weather.csv | t, wind_mps, visibility_m, wave_m | what a station or a forecast says from t on |
| heights.csv | mmsi, air_draught_m | height of the highest point above the water |
| suppressions.csv | rule, mmsi, zone, until, reason | what the officer does not want to hear, and until when |
"""

import csv
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from vts.errors import RegisterError
from vts.units import S

_ROWS = 1_000_000


@dataclass(frozen=True)
class Registers:
    """Columns of every register by name; None where the file is absent, which is not the same as empty."""

    lng_carriers: dict | None = None
    attendants: dict | None = None
    permits: dict | None = None
    reports: dict | None = None
    notices: dict | None = None
    weather: dict | None = None
    heights: dict | None = None
    suppressions: dict | None = None


# file: {column: (kind, needed)}; kinds are int, float, text, time
_FORMS = {
    "lng_carriers": {
        "imo": ("imo", False),
        "mmsi": ("mmsi", False),
        "name": ("text", False),
        "length_m": ("float", False),
        "beam_m": ("float", False),
    },
    "attendants": {"mmsi": ("mmsi", True), "name": ("text", False), "role": ("role", True)},
    "permits": {
        "mmsi": ("mmsi", True),
        "zone": ("text", True),
        "valid_from": ("time", False),
        "valid_to": ("time", False),
    },
    "reports": {"mmsi": ("mmsi", True), "zone": ("text", True), "t": ("time", True)},
    "notices": {"mmsi": ("mmsi", True), "eta": ("time", True), "sent": ("time", True)},
    "weather": {
        "t": ("time", True),
        "wind_mps": ("float", False),
        "visibility_m": ("float", False),
        "wave_m": ("float", False),
    },
    "heights": {"mmsi": ("mmsi", True), "air_draught_m": ("float", True)},
    "suppressions": {
        "rule": ("text", False),
        "mmsi": ("mmsi", False),
        "zone": ("text", False),
        "until": ("time", True),
        "reason": ("text", True),
    },
}
_DTYPES = {"imo": np.int64, "mmsi": np.int64, "time": np.int64, "float": np.float64, "text": str, "role": str}
_EMPTY = {"imo": -1, "mmsi": -1, "time": -1, "float": np.nan, "text": "", "role": ""}
ROLES = ("escort", "pilot", "operator", "patrol")


def load(folder):
    """The Registers in a folder; RegisterError names file, line, column and remedy for what cannot be used."""
    folder = Path(folder)
    if not folder.is_dir():
        raise RegisterError(f"{folder}: not a folder; name the one that holds lng_carriers.csv and the other registers")
    present = {name: folder / f"{name}.csv" for name in _FORMS if (folder / f"{name}.csv").is_file()}
    return Registers(**{name: read(path, _FORMS[name]) for name, path in present.items()})


def suppress(registers, zones, rules, lives):
    """Suppress in each Lifecycle what suppressions.csv lists; doing so again changes nothing.

    `zones` and `rules` are what there is: RegisterError names a row that asks for another, or for everything.
    """
    rows = registers.suppressions
    if rows is None:
        return
    names = [str(name) for name in zones.names]
    for k, (rule, mmsi, zone, until_ns, reason) in enumerate(zip(*rows.values(), strict=True), 1):
        where = f"suppressions.csv: row {k}"
        if zone and zone not in names:
            raise RegisterError(f"{where}, no zone {str(zone)!r}; write a name as the zone file has it")
        if rule and rule not in rules:
            raise RegisterError(f"{where}, no rule {str(rule)!r}; vts explain lists those that there are")
        if not rule and not zone and mmsi < 0:
            raise RegisterError(f"{where} would suppress everything; name a rule, a vessel or a zone")
        row = names.index(zone) if zone else -1
        for life in lives:
            life.suppress(int(until_ns), rule=str(rule), mmsi=int(mmsi), zone=row, reason=str(reason))


def read(path, form):
    """{column: array} of one CSV file with a header, by `form`: {column: (kind, needed)}; RegisterError as in load."""
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = (line for line in file if not line.startswith("#"))
            reader = csv.DictReader(lines, strict=True)
            missing = [name for name, (_, needed) in form.items() if needed and name not in (reader.fieldnames or [])]
            if missing:
                raise RegisterError(f"{path}: has no column {missing[0]!r}; its header must name {', '.join(form)}")
            rows = [_row(path, k, row, form) for k, row in enumerate(reader, 1) if k <= _ROWS]
    except OSError as error:
        raise RegisterError(f"{path}: cannot be read ({error.strerror}); name a readable CSV file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise RegisterError(f"{path}: not CSV in UTF-8 ({error}); save it as such") from error
    return {
        name: np.array([row[name] for row in rows], _DTYPES[kind]) if rows else np.empty(0, _DTYPES[kind])
        for name, (kind, _) in form.items()
    }


def _row(path, number, row, form):
    """One row as a dict of values; RegisterError says where it is wrong."""
    out = {}
    for name, (kind, needed) in form.items():
        text = (row.get(name) or "").strip()
        try:
            out[name] = _value(kind, text) if text else _EMPTY[kind]
        except ValueError as error:
            raise RegisterError(f"{path}: row {number}, {name} {text!r}: {error}") from error
        if needed and not text:
            raise RegisterError(f"{path}: row {number} has no {name}; fill it in or remove the row")
    if {"imo", "mmsi"} <= form.keys() and out["imo"] < 0 and out["mmsi"] < 0:
        raise RegisterError(f"{path}: row {number} has neither imo nor mmsi; a vessel is known by one of them")
    return out


def _value(kind, text):
    """A cell's value; ValueError in words."""
    if kind == "float":
        try:
            value = float(text)
        except ValueError:
            raise ValueError("must be a number") from None
        if not np.isfinite(value) or value < 0:
            raise ValueError("must be a number of 0 or more")
        return value
    if kind in ("imo", "mmsi"):
        if not text.isascii() or not text.isdigit() or len(text) != (7 if kind == "imo" else 9):
            raise ValueError(f"must have {7 if kind == 'imo' else 9} digits")
        if kind == "imo" and not valid_imo(int(text)):
            raise ValueError("its check digit is wrong; compare it with the certificate")
        return int(text)
    if kind == "time":
        return instant_ns(text)
    if kind == "role" and text not in ROLES:
        raise ValueError(f"must be one of {', '.join(ROLES)}")
    return text


def instant_ns(text):
    """UTC ns of an ISO 8601 time with its offset; ValueError in words."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be an ISO 8601 time such as 2026-01-31T08:00+08:00") from None
    if moment.tzinfo is None:
        raise ValueError("has no offset; add +08:00, or Z for UTC")
    if not 1970 < moment.year < 2262:
        raise ValueError("is not of our time; a year from 1971 to 2261")  # int64 ns end in 2262
    since = moment - datetime.fromisoformat("1970-01-01T00:00+00:00")
    return (since.days * 86_400 + since.seconds) * S + since.microseconds * 1000


def valid_imo(imo):
    """Whether the last of an IMO number's seven digits is the check digit of the others."""
    digits = [int(d) for d in f"{imo:07d}"]
    return sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=False)) % 10 == digits[6]
