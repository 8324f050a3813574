"""AIS as JSON lines: AIS-catcher (sentences within) and gpsd (fields, scaled or not), each back to its payload.

Going back to the wire means that one decoder serves every source. gpsd's names are pyais's names; its scaled values are
rounded to the wire unit that they came from, so that nothing is lost on the way.
"""

import contextlib
import datetime
import json
import math
import re
from typing import NamedTuple

from ais import envelope
from ais.message import armoured, encode_bits, layout, layout_class

_SENTENCE = re.compile(r"!..VD([MO]),([1-9]),([1-9]),\d*,(.?),([0-W`-w]*),([0-5])\*([0-9A-Fa-f]{2})")
_ALIASES = {"ship_type": "shiptype", "msg_type": "type", "serial": "serial", "partno": "part"}
_ETA = re.compile(r"(\d+)-(\d+)T(\d+):(\d+)")
_WORDS = {"turn": {"fastright": 127, "fastleft": -127}, "speed": {"fast": 1022}}


class Line(NamedTuple):
    """What a JSON line says."""

    rx_ns: int
    station: str
    payload: bytes
    fill: int
    channel: int
    own: bool


def read_line(text):
    """The Line of a JSON object, or None where it is no AIS message; never raises."""
    with contextlib.suppress(Exception):  # whatever a hostile line makes json or the encoder raise, it is no message
        given = json.loads(text)
        if isinstance(given, dict) and given.get("class", "AIS") == "AIS" and ("nmea" in given or "mmsi" in given):
            return _catcher(given) if "nmea" in given else _gpsd(given)
    return None


def _catcher(given):
    """The sentences of one AIS-catcher object joined."""
    sentences = given["nmea"] if isinstance(given["nmea"], list) else [given["nmea"]]
    parts = {}
    count = 0
    for sentence in sentences[: envelope.PARTS]:
        found = _SENTENCE.fullmatch(str(sentence).strip())
        if not found or _xor(sentence.strip()[1:-3]) != int(found[7], 16):
            return None
        count = int(found[2])
        parts[int(found[3])] = found
    if not parts or sorted(parts) != list(range(1, count + 1)):
        return None
    last = parts[count]
    payload = "".join(parts[k][5] for k in sorted(parts)).encode()
    return Line(time_ns(given), _station(given), payload, int(last[6]), ord(last[4]) if last[4] else 0, last[1] == "O")


def _xor(text):
    value = 0
    for c in text.encode():
        value ^= c
    return value


def _station(given):
    return str(given.get("station") or given.get("station_id") or "")


def time_ns(given):
    """UTC ns from rxuxtime, toa, rxtime, time or timestamp (epoch, ISO 8601 or YYYYMMDDhhmmss); NONE without."""
    for key in ("rxuxtime", "toa", "rxtime", "time", "timestamp", "tagblock_timestamp"):
        value = given.get(key)
        if isinstance(value, str) and re.fullmatch(r"\d{14}", value):
            value = f"{value[:8]}T{value[8:]}Z"
        if isinstance(value, int | float) and not isinstance(value, bool) and 1e8 < value < 1e10:
            return round(value * 1_000_000) * 1000
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                when = datetime.datetime.fromisoformat(value)
                when = when if when.tzinfo else when.replace(tzinfo=datetime.UTC)
                since = when - datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
                return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000
    return envelope.NONE


def _gpsd(given):
    """The payload that gpsd (or AIS-catcher without sentences) took apart."""
    kind = int(given["type"])
    scaled = bool(given.get("scaled", True))
    hints = {
        "type": kind,
        "mmsi": int(given["mmsi"]),
        "designated_area_code": given.get("dac", 0),
        "function_identifier": given.get("fid", 0),
        "part_number": _part(given, kind),
        "addressed": given.get("addressed", False),
        "structured": given.get("structured", False),
    }
    if "dest_mmsi" in given:
        hints["destination_id"] = given["dest_mmsi"]
    message = dict(hints, raw=False)
    eta = _ETA.match(str(given.get("eta", "")))
    eta = dict(zip(("month", "day", "hour", "minute"), map(int, eta.groups()), strict=True)) if eta else {}
    if kind in (4, 11) and "timestamp" in given:
        when = re.match(r"(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)", str(given["timestamp"]))
        names = ("year", "month", "day", "hour", "minute", "second")
        eta = dict(zip(names, map(int, when.groups()), strict=True)) if when else {}
    for field in layout(layout_class(hints, kind), kind):
        value = given.get(field.pyais, given.get(_ALIASES.get(field.pyais, ""), eta.get(field.pyais)))
        if field.spare or field.pyais in ("msg_type", "mmsi") or value is None or field.name in message:
            continue
        if field.kind == "bytes":
            bits, _, digits = str(value).rpartition(":")
            message[field.name] = digits
            message[f"{field.name}_bits"] = int(bits) if bits else 4 * len(digits)
        elif field.kind == "str":
            message[field.name] = str(value)
        elif isinstance(value, str):
            word = _WORDS.get(field.pyais, {}).get(value)
            if word is not None:
                message[field.name + "_cut"] = [field.width, word]
        elif not (isinstance(value, float) and not math.isfinite(value)):
            if scaled:
                message[field.name] = value
            else:
                message[field.name + "_cut"] = [field.width, int(value)]
    bits, size = encode_bits(message)
    payload, fill = armoured(bits, size)
    channel = str(given.get("channel") or " ")[0].strip()
    return Line(
        time_ns(given), _station(given), payload, fill, ord(channel) if channel.isascii() and channel else 0, False
    )


def _part(given, kind):
    """0 or 1 of type 24: as given, or told by what is there (gpsd puts both parts in one object: its name is kept)."""
    if kind != 24:
        return 0
    part = given.get("part", given.get("partno"))
    if isinstance(part, str):
        return int(part.upper() == "B")
    return int(part) if part is not None else int("shipname" not in given)
