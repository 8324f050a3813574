"""Port state control: Tokyo MoU and Paris MoU risk profiles as dated tables, exact, with what is missing said.

Lists of flags, organisations, companies, ships and inspections are the user's CSV files: they change every year and
none is shipped. A parameter that is not known gives no points and is named in `missing`, so a profile is a lower
bound until it is empty. Marks: V read in a quoted source, S secondary source only, M from memory, not verified.
"""

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

from risk.identity import imo_valid
from vts.errors import RegisterError
from vts.units import DAY

HIGH, STANDARD, LOW = "high", "standard", "low"
SHARE = {HIGH: 0.15, STANDARD: 0.03, LOW: 0.0}  # of static risk in the combined score; ours
MAX_ROWS = 1_000_000
HULLS = ("tanker", "carrier", "ship", "vessel")  # that may follow a ship type: oil tanker, bulk carrier
FIRST, LAST = date(1900, 1, 1), date(9999, 12, 31)


class Regime(NamedTuple):
    """One memorandum's rules, valid from a day on."""

    name: str
    valid_from: date
    valid_to: date
    types: tuple  # ship types with points
    type_points: int
    age_years: int  # older than this
    age_points: int
    flag_points: dict  # list or its level: points
    ro_points: dict
    company_points: dict
    many_deficiencies: int  # an inspection with more than this counts
    deficiency_points: int  # ... each; 0: not a parameter
    detentions: int  # this many or more in the months
    detention_points: int
    months: int
    high_at: int  # points
    ro_recognition: str  # what a low-risk ship's organisation must be recognised by
    windows: dict  # profile: (opens, closes) in months after the last inspection
    marks: dict  # parameter: V, S or M


TOKYO = Regime(
    name="tokyo",
    valid_from=date(2014, 1, 1),
    valid_to=LAST,
    types=("chemical", "gas", "oil", "bulk", "passenger", "container"),
    type_points=2,
    age_years=12,
    age_points=1,
    flag_points={"black": 1},
    ro_points={"low": 1, "very low": 1},
    company_points={"low": 2, "very low": 2, "none": 2},
    many_deficiencies=5,
    deficiency_points=1,
    detentions=3,
    detention_points=1,
    months=36,
    high_at=4,
    ro_recognition="tokyo",
    windows={LOW: (9, 18), STANDARD: (5, 8), HIGH: (2, 4)},
    marks={
        "type": "S",
        "age": "S",
        "flag": "S",
        "ro": "M",
        "company": "S",
        "company none": "M",
        "deficiencies": "S",
        "detentions": "S",
        "windows": "V",
    },
)
PARIS = Regime(
    name="paris",
    valid_from=date(2011, 1, 1),
    # Directive (EU) 2024/3099 changes the flag criterion with its transposition, due 2027: its table will follow this
    valid_to=LAST,
    types=("chemical", "gas", "oil", "bulk", "passenger"),
    type_points=2,
    age_years=12,
    age_points=1,
    flag_points={"very high": 2, "high": 2, "medium to high": 2, "medium": 1},
    ro_points={"low": 1, "very low": 1},
    company_points={"low": 2, "very low": 2},
    many_deficiencies=5,
    deficiency_points=0,
    detentions=2,
    detention_points=1,
    months=36,
    high_at=5,
    ro_recognition="eu",
    windows={LOW: (24, 36), STANDARD: (10, 12), HIGH: (5, 6)},
    marks=dict.fromkeys(("type", "age", "flag", "ro", "company", "detentions"), "V")
    | {"windows": "S", "low detention": "M"},
)
REGIMES = {"tokyo": (TOKYO,), "paris": (PARIS,)}


class Profile(NamedTuple):
    """One ship's profile on one day."""

    imo: int
    name: str
    regime: str
    risk: str  # high, standard or low
    points: int
    breakdown: tuple  # ((parameter, points, mark), ...) of what gave points
    missing: tuple  # parameters that could not be judged
    last_inspection: date | None
    opens: date | None  # the window in which an inspection is due
    closes: date | None
    priority: int  # 1: overdue or never inspected, 2: in the window, 0: not yet


@dataclass(frozen=True)
class Lists:
    """The user's CSV files, rows as dicts; empty where a file is absent."""

    ships: tuple = ()
    flags: tuple = ()
    organisations: tuple = ()
    companies: tuple = ()
    inspections: tuple = ()
    watch: tuple = ()
    absent: tuple = field(default=())


FILES = {  # file: (needed columns, other columns)
    "ships": (("imo",), ("name", "type", "built", "flag", "ro", "company")),
    "flags": (("flag", "regime", "list"), ("level", "imo_audit", "valid_from", "valid_to")),
    "organisations": (("ro", "regime", "performance"), ("recognised", "valid_from", "valid_to")),
    "companies": (("company", "regime", "performance"), ("valid_from", "valid_to")),
    "inspections": (("imo", "date", "deficiencies"), ("detained", "company", "ism_deficiencies", "refused")),
    "watch": (("why",), ("imo", "mmsi", "name", "valid_from", "valid_to")),
}
WORDS = {
    "list": ("white", "grey", "black", "none"),
    "level": ("", "very high", "high", "medium to high", "medium"),
    "performance": ("high", "medium", "low", "very low", "none"),
    "regime": ("tokyo", "paris"),
}
NUMBERS = ("imo", "mmsi", "deficiencies", "ism_deficiencies")
DATES = ("built", "date", "valid_from", "valid_to")
FLAGS = ("detained", "imo_audit", "refused")


def load(folder):
    """The Lists of a folder of CSV files, UTF-8, first row the names: {}.

    Raises RegisterError naming file, line and remedy for a missing column, a wrong date or number, or a word that is
    none of the list's. A file that is absent is named in `absent`.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise RegisterError(f"{folder}: no such folder; name one that holds ships.csv and the lists")
    found, absent = {}, []
    for name, (needed, other) in FILES.items():
        path = folder / f"{name}.csv"
        if path.is_file():
            found[name] = tuple(_read(path, needed, other))
        else:
            absent.append(name)
    numbers = [ship["imo"] for ship in found.get("ships", ())]
    twice = next((n for n, more in Counter(numbers).items() if more > 1), None)
    if twice is not None:
        raise RegisterError(f"{folder / 'ships.csv'}: IMO {twice} stands in two rows; keep one")
    return Lists(**found, absent=tuple(absent))


load.__doc__ = load.__doc__.format(", ".join(f"{name}.csv" for name in FILES))


def _read(path, needed, other):
    """Rows of one file with values of their types."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            lacking = [name for name in needed if name not in (reader.fieldnames or ())]
            if lacking:
                raise RegisterError(f"{path}: column {lacking[0]!r} is missing; add it to the first row")
            twice = [name for name in needed + other if reader.fieldnames.count(name) > 1]
            if twice:
                raise RegisterError(f"{path}: column {twice[0]!r} stands twice; keep one")
            for number, row in enumerate(reader, 2):
                if number > MAX_ROWS:
                    raise RegisterError(f"{path}: more than {MAX_ROWS} rows; split the file")
                if None in row:
                    raise RegisterError(f"{path}: line {number}: more cells than columns; put quotes round a comma")
                yield {name: _value(path, number, name, row.get(name), name in needed) for name in needed + other}
    except OSError as error:
        raise RegisterError(f"{path}: cannot be read ({error.strerror}); name a readable file") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise RegisterError(f"{path}: not CSV in UTF-8 ({error}); save it so") from error


def _value(path, number, name, text, needed):
    """One cell as its type; None where it is empty."""
    text = (text or "").strip()
    place = f"{path}: line {number}: {name} {text[:40]!r}"
    if not text:
        if needed:
            raise RegisterError(f"{path}: line {number}: {name} is empty; fill it in or take the row out")
        return None
    try:
        if name in DATES:
            day = date.fromisoformat(text)
            if name != "valid_to" and not 1900 <= day.year <= 2200:  # windows are counted from the others
                raise ValueError
            return day
        if name in NUMBERS:
            value = int(text)
            if value < 0:
                raise ValueError
    except ValueError as error:
        kind = "a date like 2026-03-31" if name in DATES else "a whole number"
        raise RegisterError(f"{place} is not {kind}; mend that cell") from error
    if name == "imo" and not imo_valid(value):
        raise RegisterError(f"{place} has a wrong check digit; compare it with the certificate")
    if name in NUMBERS:
        return value
    if name in FLAGS:
        if text.lower() not in ("yes", "no"):
            raise RegisterError(f"{place} is neither yes nor no; mend that cell")
        return text.lower() == "yes"
    if name in WORDS:
        if text.lower() not in WORDS[name]:
            raise RegisterError(f"{place} is none of {', '.join(w for w in WORDS[name] if w)}; mend that cell")
        return text.lower()
    return text


def day_of(at_ns):
    """The UTC day of an instant."""
    return date(1970, 1, 1).fromordinal(date(1970, 1, 1).toordinal() + int(at_ns // DAY))


def months_before(day, months):
    """The day `months` earlier, the last of its month where there is no such day."""
    return months_after(day, -months)


def months_after(day, months):
    """The day `months` later, the last of its month where there is no such day."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(day)


def regime_on(name, day):
    """The Regime of a memorandum in force on a day. Raises RegisterError where none is known."""
    for regime in REGIMES.get(name, ()):
        if regime.valid_from <= day <= regime.valid_to:
            return regime
    raise RegisterError(f"no rules of {name!r} for {day}; there are {', '.join(sorted(REGIMES))} from 2014 on")


def _valid(rows, key, value, regime, day):
    """The row of a list that holds for a value on a day; None where there is none. The latest start wins."""
    fits = [
        row
        for row in rows
        if row[key] == value
        and row["regime"] == regime
        and (row["valid_from"] or FIRST) <= day <= (row["valid_to"] or LAST)
    ]
    return max(fits, key=lambda row: row["valid_from"] or FIRST) if fits else None


def _kinds(text):
    """A ship type as the tables' words: {"oil", "chemical"} of "Oil/chemical tanker"."""
    words = text.lower().split()
    return set(" ".join(words[:-1] if words and words[-1] in HULLS else words).split("/"))


def profile(ship, lists, regime_name, day):
    """The Profile of a ship (a row of ships.csv) on a day."""
    regime = regime_on(regime_name, day)
    since = months_before(day, regime.months)
    known = lists.inspections if "inspections" not in lists.absent else None
    past = sorted((r for r in known or () if r["imo"] == ship["imo"] and r["date"] <= day), key=lambda r: r["date"])
    recent = [r for r in past if r["date"] >= since]
    flag = _valid(lists.flags, "flag", ship["flag"], regime.name, day) if ship["flag"] else None
    ro = _valid(lists.organisations, "ro", ship["ro"], regime.name, day) if ship["ro"] else None
    company = _valid(lists.companies, "company", ship["company"], regime.name, day) if ship["company"] else None
    points, missing = [], []

    def add(parameter, value, mark=None):
        if value:
            points.append((parameter, value, regime.marks.get(mark or parameter, "S")))

    kinds = _kinds(ship["type"] or "")
    counted = not kinds.isdisjoint(regime.types)
    if kinds == {""} or (not counted and ship["type"].lower().endswith("tanker")):  # of what is not said
        missing.append("type")
    else:
        add("type", regime.type_points * counted)
    if ship["built"] is None:
        missing.append("age")
    else:
        add("age", regime.age_points * (months_after(ship["built"], 12 * regime.age_years) < day))
    if flag is None:
        missing.append("flag")
    else:
        level = flag["level"] if flag["list"] == "black" and flag["level"] else flag["list"]
        if regime.name == "paris" and flag["list"] == "black" and not flag["level"]:
            missing.append("flag level")
        add("flag", regime.flag_points.get(level, regime.flag_points.get(flag["list"], 0)))
    if ro is None:
        missing.append("ro")
    else:
        add("ro", regime.ro_points.get(ro["performance"], 0))
    if company is None:
        missing.append("company")
    else:
        performance = company["performance"]
        add("company", regime.company_points.get(performance, 0), "company none" if performance == "none" else None)
    if known is None:
        missing.append("inspections")
    else:
        many = sum(r["deficiencies"] > regime.many_deficiencies for r in recent)
        add("deficiencies", regime.deficiency_points * many)
        detained = sum(bool(r["detained"]) for r in recent)
        add("detentions", regime.detention_points * (detained >= regime.detentions))
    total = sum(value for _, value, _ in points)
    low = (
        not missing
        and flag["list"] == "white"
        and bool(flag["imo_audit"])
        and ro["performance"] == "high"
        and regime.ro_recognition in (ro["recognised"] or "").lower().split("+")
        and company["performance"] == "high"
        and len(recent) > 0
        and all(r["deficiencies"] <= regime.many_deficiencies for r in recent)
        and not any(r["detained"] for r in recent)
    )
    risk = HIGH if total >= regime.high_at else LOW if low else STANDARD
    last = past[-1]["date"] if past else None
    opens = months_after(last, regime.windows[risk][0]) if last else None
    closes = months_after(last, regime.windows[risk][1]) if last else None
    if known is None:
        priority = 0
    elif last is None or day > closes:
        priority = 1
    else:
        priority = 2 if day >= opens else 0
    return Profile(
        ship["imo"],
        ship["name"] or "",
        regime.name,
        risk,
        total,
        tuple(points),
        tuple(missing),
        last,
        opens,
        closes,
        priority,
    )


def boarding(lists, regime_name, day, capacity, present=None):
    """The Profiles worth boarding, most urgent first, at most `capacity`; `present` limits them to IMO numbers here.

    Order: priority I before II, then high risk first, then points, then the longest overdue; a ship whose last
    inspection is inside its window by nobody's rule is left out, so that one ship is not boarded twice.
    """
    found = [
        profile(ship, lists, regime_name, day) for ship in lists.ships if present is None or ship["imo"] in present
    ]
    due = [p for p in found if p.priority]
    rank = {HIGH: 0, STANDARD: 1, LOW: 2}
    due.sort(key=lambda p: (p.priority, rank[p.risk], -p.points, p.closes or FIRST, p.imo))
    return due[: max(0, int(capacity))]


# Directive 2009/16/EC, Regulation (EU) 802/2010: matrix of the two ratios; from memory, not verified
MATRIX = {
    ("above", "above"): "very low",
    ("above", "average"): "low",
    ("above", "below"): "low",
    ("average", "above"): "low",
    ("average", "average"): "medium",
    ("average", "below"): "medium",
    ("below", "above"): "low",
    ("below", "average"): "medium",
    ("below", "below"): "high",
}
ISM_POINTS = 5  # an ISM deficiency counts five, any other one (secondary source)
BAND = 2.0  # above or below the average by this many points, or percent of detentions (secondary source)


def company_performance(lists, day, months=36):
    """{company: (performance, inspections, deficiency points an inspection, detention %)} over the months before a day.

    Compared with the average of all inspections in the list. A refusal of access counts as above average; a company
    without inspections is not listed here and is "medium" (secondary source).
    """
    since = months_before(day, months)
    rows = [r for r in lists.inspections if since <= r["date"] <= day]
    if not rows:
        return {}

    def points(r):
        return r["deficiencies"] + (ISM_POINTS - 1) * (r["ism_deficiencies"] or 0)

    mean_points = sum(map(points, rows)) / len(rows)
    mean_detained = 100.0 * sum(bool(r["detained"]) for r in rows) / len(rows)
    owner = {ship["imo"]: ship["company"] for ship in lists.ships}
    out = {}
    for company in sorted({r["company"] or owner.get(r["imo"]) or "" for r in rows} - {""}):
        own = [r for r in rows if (r["company"] or owner.get(r["imo"])) == company]
        each = sum(map(points, own)) / len(own)
        detained = 100.0 * sum(bool(r["detained"]) for r in own) / len(own)
        refused = any(r["refused"] for r in own)
        key = ("above" if refused else _against(detained, mean_detained), _against(each, mean_points))
        out[company] = (MATRIX[key], len(own), each, detained)
    return out


def _against(value, mean):
    """Above, average or below."""
    return "above" if value > mean + BAND else "below" if value < mean - BAND else "average"


def profiles(lists, regime_name, day):
    """{imo: share of static risk} for risk.Watch(profiles=...)."""
    return {ship["imo"]: SHARE[profile(ship, lists, regime_name, day).risk] for ship in lists.ships}


def watch_list(lists):
    """{("imo" | "mmsi" | "name", value): (why, from ns, to ns)} for risk.Watch(listed=...)."""
    out = {}
    for row in lists.watch:
        start = _ns(row["valid_from"] or date(1970, 1, 1))
        end = _ns(row["valid_to"]) + DAY - 1 if row["valid_to"] else np.iinfo(np.int64).max
        for kind in ("imo", "mmsi", "name"):
            if row[kind]:
                out[kind, row[kind]] = (row["why"], start, int(end))
    return out


def _ns(day):
    """Midnight UTC of a day, ns."""
    return (day.toordinal() - date(1970, 1, 1).toordinal()) * DAY
