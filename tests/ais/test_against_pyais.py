"""The fast lane against pyais, field by field, on every common message of the real logs.

Differences that are ours by intention, each with its reason:

- rate of turn: pyais rounds to whole degrees a minute and makes an enum of +-127 and -128; here the wire integer, since
  the sensor's step is finer than a degree a minute.
- ship type and type of aid: pyais folds reserved codes into another or 0; here the wire integer: a code is
  evidence.
- texts: pyais keeps what follows an @ inside and strips leading blanks; here @ ends the text (M.1371-5, 3.3.7).
- position of type 27: pyais gives degrees to five decimals; here 1/600000 degree, one scale for all types.
- SOG of types 9 and 27: pyais gives knots; here 0.1 kn with 1023 for "not available", one scale for all types.
"""

import numpy as np
import pytest

from ais import columns
from ais.feed import Wire
from ais.intake import Intake
from ais.message import bucket_of

LOGS = [
    ("uscg-nais-2016", "ais_2016_07_28_aa"),
    ("ais.net-kystverket", "Ais1000Lines.nm4"),
    ("dma-aislib", "stream_example.txt"),
    ("dma-aislib", "decode_encode_messages.txt"),
    ("amsa-risky", "exact-earth-augmented.txt"),
    ("amsa-risky", "samples.txt"),
    ("bcl-aisparser", "SAR.log"),
    ("bcl-aisparser", "unknown.log"),
    ("simpleais", "sample.ais"),
    ("signalk", "nais400-merrimac.log"),
]
FIXES, PARTS = {1, 2, 3, 4, 9, 11, 18, 19, 21, 27}, {5, 19, 21, 24}


def pyais_rows(path, head):
    """pyais's message of every whole payload that our envelope finds, in the order of the fast lane."""
    from pyais.bit_vector import int_bit_vector
    from pyais.messages import MSG_CLASS

    for held in Intake([head(path.read_bytes())]):
        for row in range(held.rows):
            at, size, fill = (int(c[row]) for c in (held.frames.at, held.frames.size, held.frames.fill))
            text = bytes((held.buf if held.frames.parts[row] == 1 else held.joined)[at : at + size])
            kind = text[0] - 48 - (8 if text[0] > 87 else 0) if text else 0
            if kind in FIXES | PARTS and bucket_of(text, fill) == 0:
                yield MSG_CLASS[kind].from_vector(int_bit_vector(text, fill))


def plain(text):
    """pyais's text by our rule."""
    return (text or "").split("@")[0].strip()


@pytest.fixture
def head(few):
    def cut(log):
        size = few(1_500_000, 12_000)
        return log if len(log) <= size else log[: log.rfind(b"\n", 0, size) + 1]

    return cut


@pytest.mark.parametrize("log", LOGS, ids="/".join)
def test_fast_lane_equals_pyais_on_every_field(data, head, log):
    path = data("ais", *log)
    batches = list(Wire([head(path.read_bytes())], start=0, merge=False))
    fixes = columns.Fixes(*(np.concatenate(c) for c in zip(*(b[0] for b in batches), strict=True)))
    parts = columns.Particulars(*(np.concatenate(c) for c in zip(*(b[1] for b in batches), strict=True)))
    fix = part = 0
    for message in pyais_rows(path, head):
        kind = message.msg_type
        if kind in FIXES:
            assert expected_fix(message, kind) == found_fix(fixes, fix)
            fix += 1
        if kind in PARTS:
            assert expected_part(message, kind) == found_part(parts, part, kind, message)
            part += 1
    assert (fix, part) == (fixes.mmsi.size, parts.mmsi.size)


def expected_fix(m, kind):
    """A pyais message as a row of Fixes, but for the differences of the table above."""
    scale = 600 * 1000 if kind == 27 else 600_000
    speed = getattr(m, "speed", None)
    if speed is None:
        sog = 1023
    elif kind == 27:
        sog = round(speed * 10) if speed < 63 else 1023
    elif kind == 9:
        sog = round(speed * 10) if speed < 1023 else 1023
    else:
        sog = round(speed * 10)
    cog = getattr(m, "course", None)
    cog = 3600 if cog is None or (kind == 27 and cog >= 360) else round(cog * 10)
    lon, lat = round(m.lon * scale), round(m.lat * scale)
    if kind == 27:  # pyais's five decimals, back to the tenth of a minute
        lon, lat = round(m.lon * 600) * 1000, round(m.lat * 600) * 1000
    return {
        "mmsi": m.mmsi,
        "kind": kind,
        "accurate": int(m.accuracy or 0),
        "raim": int(m.raim or 0),
        "lon": lon,
        "lat": lat,
        "sog": sog,
        "cog": cog,
        "heading": getattr(m, "heading", 511),
        "second": getattr(m, "second", 60),
        "status": int(getattr(m, "status", 255)),
        "rot": pyais_turn(getattr(m, "turn", -128)),
    }


def pyais_turn(turn):
    """pyais's rate of turn: an enum as its code, else whole degrees a minute."""
    return int(turn) if abs(int(turn)) in (127, 128) else float(turn)


def found_fix(fixes, row):
    raw = int(fixes.rot[row])
    turn = raw if abs(raw) in (127, 128) else float(np.copysign(round((raw / 4.733) ** 2), raw)) + 0.0
    return {
        "mmsi": int(fixes.mmsi[row]),
        "kind": int(fixes.kind[row]) & 31,
        "accurate": int(fixes.kind[row]) >> 5 & 1,
        "raim": int(fixes.kind[row]) >> 6 & 1,
        **{name: int(getattr(fixes, name)[row]) for name in ("lon", "lat", "sog", "cog", "heading", "second")},
        "status": int(fixes.status[row]),
        "rot": turn,
    }


def expected_part(m, kind):
    eta = 0
    if kind == 5:
        eta = m.month << 16 | m.day << 11 | m.hour << 6 | m.minute
    sizes = [getattr(m, name, 0) for name in ("to_bow", "to_stern", "to_port", "to_starboard")]
    if kind == 24 and m.partno == 1 and hasattr(m, "mothership_mmsi"):
        sizes = [0, 0, 0, 0]
    return {
        "mmsi": m.mmsi,
        "imo": getattr(m, "imo", 0),
        "eta": eta,
        "sizes": [size or 0 for size in sizes],
        "draught": round(getattr(m, "draught", 0) * 10),
        "name": plain(getattr(m, "shipname", None) or getattr(m, "name", None)),
        "callsign": plain(getattr(m, "callsign", None)),
        "destination": plain(getattr(m, "destination", None)),
        "ship_type": pyais_type(getattr(m, "aid_type" if kind == 21 else "ship_type", 0)),
    }


def pyais_type(code):
    return int(code or 0)


def found_part(parts, row, kind, m):
    from pyais.constants import NavAid, ShipType

    def text(column):
        return bytes(column[row]).rstrip(b"\0").decode().strip()

    raw = int(parts.ship_type[row])
    folded = raw if kind == 24 else int((NavAid if kind == 21 else ShipType).from_value(raw))
    return {
        "mmsi": int(parts.mmsi[row]),
        "imo": int(parts.imo[row]),
        "eta": int(parts.eta[row]),
        "sizes": [int(getattr(parts, name)[row]) for name in ("to_bow", "to_stern", "to_port", "to_starboard")],
        "draught": int(parts.draught[row]),
        "name": text(parts.name),
        "callsign": text(parts.callsign),
        "destination": text(parts.destination),
        "ship_type": folded,
    }
