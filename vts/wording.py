"""What the officer reads: an alert as a sentence, a place as a bearing and distance, a time with its zone, in en or zh.

English is the text in the code; `data/locale/zh.po`, a gettext catalogue, holds the Chinese. Rules bring their own
sentences in both languages (TITLE and TEXT). Text from the air is data: it never becomes a template, and what cannot be
printed is shown as a box.
"""

import functools
import math
import re
import string
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

import numpy as np

from vts import schema
from vts.errors import ConfigError
from vts.paths import data_dir
from vts.units import NM, S

LANGUAGES = ("en", "zh")
# China keeps one time without summer time since 1992.
ZONES = {"UTC": (UTC, "UTC"), "Asia/Shanghai": (timezone(timedelta(hours=8)), "UTC+8")}
UNKNOWN = "–"
LANDMARK_DEG = 0.5
FAR_M = 30 * NM
STATION_HEADS = ("station", "read", "used", "received twice", "rejected", "vessels", "a minute", "longest silence")
STATION_HEADS += ("delay 50 %", "delay 95 %", "coverage")


@functools.cache
def catalogue_of(lang):
    """{English: translation} of a language, empty for English; ConfigError for any that there is none of."""
    if lang not in LANGUAGES:
        raise ConfigError(f"--lang {lang}: there are {', '.join(LANGUAGES)}")
    return {} if lang == "en" else read_po(data_dir() / "locale" / f"{lang}.po")


@functools.cache
def translator(lang="en"):
    """tr(text, **values): the text in a language, with {values} filled in; ConfigError for any other language."""
    messages = catalogue_of(lang)

    def tr(text, /, **values):
        text = messages.get(text, text)
        return text.format(**values) if values else text

    tr.lang = lang
    return tr


def read_po(path):
    """{English: translation} of a gettext catalogue; entries marked fuzzy or left empty are not there."""
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); install the program anew") from error
    messages = {}
    for block in content.split("\n\n"):
        found = {}
        for key, text in re.findall(r'^(msgid|msgstr) ((?:"(?:[^"\\]|\\.)*"\s*)+)', block, re.M):
            pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
            found[key] = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), "".join(pieces))
        if found.get("msgid") and found.get("msgstr") and "#, fuzzy" not in block:
            messages[found["msgid"]] = found["msgstr"]
    return messages


def clean(text, limit=120):
    """Text from outside, fit to be printed on a terminal or put in a line: no control or direction characters."""
    text = text[: 2 * limit]
    return "".join(c if c.isprintable() else "\N{WHITE VERTICAL RECTANGLE}" for c in text)[:limit]


def columns(text):
    """How many columns of a terminal a text takes: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fitting(text, width):
    """As much of a text as fits into so many columns.

    >>> fitting("伶仃洋 Lingding", 9)
    '伶仃洋 Li'
    """
    while columns(text) > width:
        text = text[:-1]
    return text


def time_text(t_ns, tz="UTC"):
    """A time and which; a dash where it is not known.

    >>> time_text(1_469_664_040_000_000_000, "Asia/Shanghai")
    '2016-07-28 08:00:40 UTC+8'
    """
    if t_ns < 0:
        return UNKNOWN
    zone, says = time_zone(tz)
    return f"{datetime.fromtimestamp(int(t_ns) // S, zone):%Y-%m-%d %H:%M:%S} {says}"


def iso_text(t_ns):
    """2016-07-28T00:00:40Z: an instant as programs write it."""
    return f"{datetime.fromtimestamp(int(t_ns) // S, UTC):%Y-%m-%dT%H:%M:%SZ}"


def time_zone(tz):
    """(tzinfo, what to call it); ConfigError for a zone that is not offered."""
    if tz not in ZONES:
        raise ConfigError(f"--tz {tz}: there are {', '.join(ZONES)}")
    return ZONES[tz]


def position_text(lon_deg, lat_deg):
    """A position as on a chart; a dash where it is not known.

    >>> position_text(113.9463, 22.2057)
    "22°12.34'N 113°56.78'E"
    """
    if not (math.isfinite(lon_deg) and math.isfinite(lat_deg)):
        return UNKNOWN

    def part(value, width, letters):
        hundredths = round(abs(value) * 6000)
        whole, minutes = divmod(hundredths, 6000)
        return f"{whole:0{width}d}°{minutes / 100:05.2f}'{letters[value < 0]}"

    return f"{part(lat_deg, 2, 'NS')} {part(lon_deg, 3, 'EW')}"


def duration_text(seconds):
    """A span of time in the units that matter.

    >>> [duration_text(s) for s in (3905, 200, 12)]
    ['1 h 05 min', '3 min 20 s', '12 s']
    """
    seconds = round(seconds)
    if seconds >= 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
    return f"{seconds // 60} min {seconds % 60:02d} s" if seconds >= 60 else f"{seconds} s"


def vessel_text(tr, mmsi, track, name=""):
    """What to call a vessel: name and MMSI, MMSI alone, or a track without AIS."""
    name = clean(str(name)).strip()
    if mmsi >= 0:
        return f"{name} ({mmsi})" if name else f"MMSI {mmsi}"
    return tr("dark track {track}", track=track) if track >= 0 else UNKNOWN


class Place(NamedTuple):
    """Where a position lies from the nearest named zone."""

    name: str
    distance_m: float  # 0 inside
    bearing_deg: float  # from the zone to the position; NaN inside


class Gazetteer:
    """Named zones of harbour size as landmarks: `nearest(lon, lat)`; built from the GeoJSON that a store keeps."""

    def __init__(self, geojson=None):
        self._names, outlines = [], []
        for feature in (geojson or {}).get("features", []):
            name = str((feature.get("properties") or {}).get("name") or "")
            for ring in rings(feature.get("geometry") or {}) if name else ():
                outlines.append((len(self._names), np.asarray(ring, float)[:, :2]))
            self._names.append(name)
        starts = [ring[:-1] for _, ring in outlines]
        self._from = np.concatenate(starts) if starts else np.empty((0, 2))
        self._to = np.concatenate([ring[1:] for _, ring in outlines]) if outlines else np.empty((0, 2))
        self._owner = np.repeat([i for i, _ in outlines], [len(s) for s in starts]) if outlines else np.empty(0, int)
        self._count = len(self._names)
        # "in the port's area" tells nobody where: an area wider than a morning's sail is no landmark
        self._small = np.zeros(self._count, bool)
        for owner, ring in outlines:
            self._small[owner] = np.ptp(ring, axis=0).max() < LANDMARK_DEG
        self._small |= not self._small.any()
        # a line has no inside, though a ray may cross it
        self._closed = np.repeat([np.array_equal(r[0], r[-1]) for _, r in outlines], [len(s) for s in starts])
        low, high = np.full((self._count, 2), np.inf), np.full((self._count, 2), -np.inf)
        for owner, ring in outlines:
            low[owner] = np.minimum(low[owner], ring.min(axis=0))
            high[owner] = np.maximum(high[owner], ring.max(axis=0))
        self._low, self._high = np.nan_to_num(low, posinf=0.0), np.nan_to_num(high, neginf=0.0)  # where none is drawn

    def nearest(self, lon_deg, lat_deg, within_m=math.inf):
        """The nearest named zone's Place, or None without position or zones so near; good to 1 % within 100 NM."""
        if not len(self._from) or not (math.isfinite(lon_deg) and math.isfinite(lat_deg)):
            return None
        scale = np.array([111_320 * math.cos(math.radians(lat_deg)), 110_900.0])
        wrap = np.array([360.0, np.inf])
        # a fleet's alerts ask for thousands of places: first which zones' boxes are near enough at all
        low, high = self._low - (lon_deg, lat_deg), self._high - (lon_deg, lat_deg)
        turns = wrap_to(low, wrap)
        beside = np.maximum(np.maximum(low - turns, turns - high), 0.0) * scale
        of_near = (np.hypot(beside[:, 0], beside[:, 1]) <= within_m)[self._owner]
        if not of_near.any():
            return None
        owner = self._owner[of_near]
        a, b = self._from[of_near] - (lon_deg, lat_deg), self._to[of_near] - (lon_deg, lat_deg)
        a, b = a - wrap_to(a, wrap), b - wrap_to(b, wrap)
        # even-odd rule along the parallel to the east
        crosses = self._closed[of_near] & ((a[:, 1] > 0) != (b[:, 1] > 0))
        slope = np.divide(b[:, 0] - a[:, 0], b[:, 1] - a[:, 1], out=np.zeros(len(a)), where=crosses)
        hits = crosses & (a[:, 0] - a[:, 1] * slope > 0)
        inside = np.flatnonzero((np.bincount(owner[hits], minlength=self._count) % 2 == 1) & self._small)
        if inside.size:
            return Place(self._names[self._smallest(inside)], 0.0, math.nan)
        a, b = a * scale, b * scale
        run = b - a
        length2 = (run**2).sum(1)
        along = np.clip(np.divide(-(a * run).sum(1), length2, out=np.zeros(len(a)), where=length2 > 0), 0, 1)
        near = a + along[:, None] * run
        distance = np.where(self._small[owner], np.hypot(near[:, 0], near[:, 1]), np.inf)
        i = int(np.argmin(distance))
        if distance[i] > within_m:
            return None
        bearing = math.degrees(math.atan2(-near[i, 0], -near[i, 1])) % 360
        return Place(self._names[owner[i]], float(distance[i]), bearing)

    def _smallest(self, zones):
        """Of zones that hold the position, the one of the least extent: it says most."""
        spans = [np.ptp(self._from[self._owner == zone], axis=0).prod() for zone in zones]
        return int(zones[int(np.argmin(spans))])


def wrap_to(delta, period):
    """Whole turns to take off, so that a zone beyond 180 degrees is seen the short way round."""
    return np.where(np.isfinite(period), np.round(delta / np.where(np.isfinite(period), period, 1.0)) * 360.0, 0.0)


def rings(geometry):
    """Rings or lines of a GeoJSON geometry, each of two or more points."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates") or []
    if kind == "GeometryCollection":
        found = [ring for part in geometry.get("geometries") or [] for ring in rings(part)]
    else:
        nested = {"Polygon": [coordinates], "MultiPolygon": coordinates, "MultiLineString": [coordinates]}
        found = [ring for polygon in nested.get(kind, []) for ring in polygon]
        found += [coordinates] if kind == "LineString" else []
    return [ring for ring in found if len(ring) >= 2]


def place_text(tr, place):
    """in Eastern Anchorage; 2.3 NM, bearing 045° from Eastern Anchorage; empty where there is no landmark."""
    if place is None:
        return ""
    name = clean(place.name)
    if place.distance_m == 0:
        return tr("in {zone}", zone=name)
    nm = f"{place.distance_m / NM:.1f}" if place.distance_m >= 185 else f"{place.distance_m / NM:.2f}"
    return tr(
        "{nm} NM, bearing {bearing}° from {zone}", nm=nm, bearing=f"{round(place.bearing_deg) % 360:03d}", zone=name
    )


class _Plain(string.Formatter):
    """Fills {name} and {name:.1f} and nothing else: a template from a file must not reach into objects."""

    def get_field(self, field_name, args, kwargs):
        return kwargs.get(field_name, UNKNOWN), field_name

    def format_field(self, value, format_spec):
        if not format_spec and isinstance(value, float):
            return number_text(value)
        try:
            return format(value, format_spec)
        except ValueError:
            return str(value)


def number_text(value):
    """A number as a person says it: whole where it is whole or large, else three digits; a dash where unknown."""
    if not math.isfinite(value):
        return UNKNOWN
    return f"{value:.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.3g}"


# What is known of a quantity, by the unit in its name: a miss of 0.000752 NM is nothing that a tracker can tell
KNOWN_TO = {"_nm": 2, "_min": 1, "_kn": 1, "_deg": 0}  # decimals


def measure_text(name, value, tr):
    """A quantity as a person says it, no finer than it is known; "under 0.01" where it is less than can be told."""
    decimals = next((d for unit, d in KNOWN_TO.items() if name.endswith(unit)), None)
    if decimals is None or not math.isfinite(value):
        return number_text(value)
    if 0.0 < abs(value) < 10.0**-decimals and decimals:
        return tr("under {value}", value=f"{10.0**-decimals:g}")
    return number_text(round(value, decimals) + 0.0)


def detail_values(detail):
    """{key: number or text} of an alert's "key=value;key=value"."""
    values = {}
    for pair in detail.split(";"):
        key, equals, value = pair.partition("=")
        if equals:
            values[key.strip()] = _number(value)
    return values


def _number(text):
    try:
        return float(text)
    except ValueError:
        return clean(text)


def catalogue(modules):
    """{rule: its texts, unit, source and policy} of plug-in modules, as JSON can hold it."""
    import dataclasses

    def entry(module):
        policy = getattr(module, "POLICY", None)
        parameters = getattr(module, "PARAMETERS", {})
        return {
            "title": dict(getattr(module, "TITLE", {})),
            "text": dict(getattr(module, "TEXT", {})),
            "reason": dict(getattr(module, "REASON", {})),
            "unit": getattr(module, "UNIT", ""),
            "citation": getattr(module, "CITATION", ""),
            "policy": dataclasses.asdict(policy) if dataclasses.is_dataclass(policy) else {},
            "parameters": {name: list(value) for name, value in dict(parameters).items()},
        }

    return {name: entry(module) for name, module in sorted(modules.items())}


class Wording:
    """Sentences for alerts: `sentence(alert)` and `title(alert)`; what a store keeps is all that it needs."""

    def __init__(self, lang, rules, zones=None, names=None):
        self.tr = translator(lang)
        self.lang = lang
        self._rules = rules or {}
        features = (zones or {}).get("features", [])
        self._zone_names = [str((f.get("properties") or {}).get("name") or "") for f in features]
        self._gazetteer = Gazetteer(zones)
        self._places = {}
        self.names = names if names is not None else {}  # {mmsi: name}

    def learn(self, statics):
        """Take the names of a Picture's static data."""
        self.names.update((m, n) for m, n in zip(statics.mmsi.tolist(), statics.name.tolist(), strict=True) if n)

    def facts(self, alert, tz="UTC"):
        """One alert for a program: its columns in words and numbers, with the sentence, the place and the citation."""
        lon, lat = nan_if_none(alert["lon_deg"]), nan_if_none(alert["lat_deg"])
        plain = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in alert.items()}
        return plain | {
            "state": schema.ALERT_STATES[alert["state"]],
            "severity": schema.SEVERITIES[alert["severity"]],
            "time": time_text(alert["t_ns"], tz),
            "zone_name": self.zone(alert["zone"]) if alert["zone"] >= 0 else "",
            "text": self.sentence(alert),
            "place": self.place(lon, lat),
            "citation": self.citation(alert["rule"]),
            "unit": self.unit(alert["rule"]),
        }

    def title(self, rule):
        """What a rule is called."""
        return self._text(rule, "title") or rule.replace("_", " ")

    def citation(self, rule):
        """Where a rule comes from."""
        return self._rules.get(rule, {}).get("citation", "")

    def source(self, rule):
        """The same in a few words, to stand below an alert: `vts explain RULE` says the rest."""
        return self.citation(rule).partition(";")[0]

    def unit(self, rule):
        """Unit of a rule's excess."""
        return self._rules.get(rule, {}).get("unit", "")

    def vessel(self, mmsi, track):
        """What to call a vessel."""
        return vessel_text(self.tr, mmsi, track, self.names.get(int(mmsi), ""))

    def zone(self, zone):
        """A zone's name, by its row."""
        known = 0 <= zone < len(self._zone_names)
        return clean(self._zone_names[zone]) if known and self._zone_names[zone] else UNKNOWN

    def place(self, lon_deg, lat_deg):
        """Where a position is, in words; as on a chart where no landmark is near."""
        place = self._gazetteer.nearest(lon_deg, lat_deg, FAR_M)
        if place is None:
            return position_text(lon_deg, lat_deg) if math.isfinite(lon_deg) and math.isfinite(lat_deg) else ""
        return place_text(self.tr, place)

    def sentence(self, alert):
        """One alert (a dict of the columns of Alerts) as a sentence, without time and place."""
        template = self._text(alert["rule"], "text")
        excess = alert["excess"] if alert["excess"] is not None else math.nan
        values = {
            **{key: self._word(key, value) for key, value in detail_values(alert["detail"] or "").items()},
            "vessel": self.vessel(alert["mmsi"], alert["track"]),
            "other": self.vessel(alert["other_mmsi"], alert["other"]) if alert["other"] >= 0 else UNKNOWN,
            "zone": self.zone(alert["zone"]),
            "excess": excess,
        }
        if not template:
            size = f"{excess:.3g} {self.unit(alert['rule'])}".strip() if math.isfinite(excess) else ""
            return ", ".join(filter(None, [values["vessel"], self.title(alert["rule"]), size]))
        return _Plain().vformat(template, (), values)

    def _word(self, name, value):
        """A detail in words: a quantity no finer than it is known, a word of the program's in the language."""
        if isinstance(value, float):
            return measure_text(name, value, self.tr)
        return ", ".join(map(self.tr, value.split("+")))

    def line(self, alert, tz="UTC"):
        """One alert as the line that a terminal or a list shows: when, how grave, what, where."""
        place = self.place(nan_if_none(alert["lon_deg"]), nan_if_none(alert["lat_deg"]))
        state = self.tr(schema.ALERT_STATES[alert["state"]])
        grave = self.tr(schema.SEVERITIES[alert["severity"]])
        said = f"{time_text(alert['t_ns'], tz)}  {grave} {state}: {self.sentence(alert)}"
        return f"{said}; {place}" if place else said

    def reason(self, code):
        """A score's reason, "kind.name|key=value;key=value", as a sentence; the code where nobody worded it."""
        name, _, numbers = str(code).partition("|")
        values = detail_values(numbers)
        if isinstance(values.get("zone"), float):
            values["zone"] = self.zone(int(values["zone"]))
        if isinstance(values.get("other"), float):
            values["other"] = self.tr("track {track}", track=int(values["other"]))
        kind, _, rule = name.partition(".")
        if kind == "alert":
            template = self._text(rule, "reason")
            values = {key: self._word(key, value) for key, value in values.items()}
            return _Plain().vformat(template, (), values) if template else self.title(rule)
        template = self._text(name, "text")
        for key, value in values.items():
            if isinstance(value, float):  # of a feature the code's own name tells the unit
                values[key] = measure_text(rule if kind == "feature" else key, value, self.tr)
        return _Plain().vformat(template, (), values).strip() if template else clean(str(code))

    def _text(self, rule, kind):
        texts = self._rules.get(rule, {}).get(kind) or {}
        return texts.get(self.lang) or texts.get("en") or ""


def nan_if_none(value):
    """A float; NaN for SQL's NULL."""
    return math.nan if value is None else float(value)


def alert_dicts(alerts):
    """The rows of Alerts as dicts of plain Python values, in order."""
    columns = [column.tolist() for column in alerts]
    return [dict(zip(alerts._fields, row, strict=True)) for row in zip(*columns, strict=True)]


def columns_text(table, limit=1000):
    """The rows of a pyarrow Table under their names, cut at a thousand; text from the air made printable."""

    def shown(value):
        return "" if value is None else f"{value:.6g}" if isinstance(value, float) else clean(str(value), 60)

    rows = [[shown(value) for value in row.values()] for row in table.slice(0, limit).to_pylist()]
    more = table.num_rows - limit
    lines = aligned([list(table.column_names), *rows])
    return "\n".join(lines + ([f"... {more:,} rows more; add LIMIT, --csv or --json"] if more > 0 else []))


def aligned(grid):
    """Rows of texts as lines whose columns stand under each other."""
    widths = [max(map(columns, column)) for column in zip(*grid, strict=True)]
    return [
        "  ".join(cell + " " * (width - columns(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in grid
    ]


def station_cells(row, tr):
    """What a table says of an AIS station, the dict of its row, as texts under `STATION_HEADS`."""
    lines = row["lines"]
    other = {why: n for why, n in lines.items() if why not in ("used", "received twice")}

    def number(value, digits=0, unit=""):
        return UNKNOWN if value is None or math.isnan(value) else f"{value:,.{digits}f}{unit}"

    return (
        clean(row["station"]) or tr("(none named)"),
        f"{sum(lines.values()):,}",
        f"{lines.get('used', 0):,}",
        f"{lines.get('received twice', 0):,}",
        tr(", ").join(f"{n:,} {tr(why)}" for why, n in sorted(other.items(), key=lambda item: -item[1])) or UNKNOWN,
        f"{row['vessels']:,}",
        number(row["per_min"]),
        number(row["silence_min"], 0, " min"),
        number(row["delay_50_s"], 1, " s"),
        number(row["delay_95_s"], 1, " s"),
        number(row["coverage_nm2"], 0, " NM²"),
    )


def summary_text(summary, words):
    """The totals of a replay as a person reads them, in Wording's language."""
    tr, lines = words.tr, [""]
    if summary["first"]:
        lines.append(
            tr(
                "{first} to {last}: {pictures} pictures, {tracks} tracks",
                first=summary["first"],
                last=summary["last"],
                pictures=f"{summary['pictures']:,}",
                tracks=f"{summary['tracks']:,}",
            )
        )
    lines += balance_lines(summary, tr)
    reports = summary["reports"]
    left = reports["rejected"] | summary["fusion"] | summary["left_out"]
    left_out = tr(", ").join(f"{n:,} {tr(reason)}" for reason, n in left.items())
    said = tr("reports {read}, used {used}", read=f"{reports['read']:,}", used=f"{reports['used']:,}")
    lines.append(said + (tr("; ") + left_out if left_out else ""))
    for rule, count in summary["alerts"].items():
        lines.append(f"  {count:>12,}  {words.title(rule)} ({rule})")
    if summary["withheld"]:
        said = tr("alerts not told, over --budget; ask for them with vts alerts")
        lines.append(f"  {summary['withheld']:>12,}  {said}")
    lines.append(
        tr(
            "{seconds} s, {rate} a second, peak {peak} MB; store in {out}",
            seconds=f"{summary['seconds']:.1f}",
            rate=f"{summary['read'] / max(summary['seconds'], 1e-9):,.0f}",
            peak=f"{summary['peak_mb']:,}",
            out=summary["out"],
        )
    )
    return "\n".join(lines)


def balance_lines(totals, tr):
    """read = used + rejected, and each reason with its first example, the most frequent first."""
    read, used, rejected = totals["read"], totals["used"], sum(totals["rejected"].values())
    said = tr(
        "read {read} = used {used} + rejected {rejected}", read=f"{read:,}", used=f"{used:,}", rejected=f"{rejected:,}"
    )
    reasons = sorted(totals["rejected"].items(), key=lambda item: (-item[1], item[0]))
    for why, n in reasons:
        padded = tr(why) + " " * (24 - columns(tr(why)))
        said += f"\n  {n:>12,}  {padded} {clean(totals['examples'].get(why, ''), 80)}"
    return said.splitlines()
