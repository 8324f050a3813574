"""AIS messages as the bytes that a shore network delivers: bit fields, six-bit armour, sentences, tag blocks.

Written here rather than with the AIS library because `vts` stands below `ais`, and because a log of ten million
messages must be made in a minute: a message is a row, a character of the payload is a column. The library judges the
result in the tests. Field tables: ITU-R M.1371-5 annex 8; sentences: IEC 61162-1; tag blocks: IEC 61162-450 annex B.
"""

from typing import NamedTuple

import numpy as np

from vts.schema import F8, I1, I2, I4, I8, table
from vts.units import S

CHUNK = 100_000
SIXBIT = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"
HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)
MULTIPART = (5,)  # longer than the 60 characters that one sentence takes
FIRST_CHARS = 60
PART_A, PART_B = 0, 1


@table
class Messages(NamedTuple):
    """One row per transmission as one station received it, in order of reception; unknown as in Reports."""

    rx_ns: I8  # by the station's clock
    t_ns: I8  # UTC of the fix
    type: I1  # M.1371-5 message number
    part: I1  # of message 24: PART_A, PART_B
    mmsi: I8
    ship: I4  # row of the fleet, for static data; -1: none
    station: I2  # row of the stations
    second: I1  # the seconds field, 0-63
    lon_deg: F8
    lat_deg: F8
    sog_kn: F8
    cog_deg: F8
    heading_deg: F8
    rot_deg_min: F8
    nav_status: I1
    accurate: I1  # 1: 10 m or better
    false: I1  # 1: a fault has changed it. Truth, not sent


def encode(messages, statics, stations):
    """Iterator of byte blocks: the sentences of Messages, each under a tag block with station and reception time.

    `statics` has one row per ship, to which `messages.ship` points; `stations` are names of at most 15 characters,
    padded here to one width so that lines of a kind are of one length. Whole seconds in `c:`, as most networks send.
    """
    width = max(map(len, stations), default=1)
    names = np.array([list(name.ljust(width, "-").encode()) for name in stations], np.uint8).reshape(-1, width)
    text = _texts(statics)
    for start in range(0, messages.n, CHUNK):
        yield _block(messages.take(slice(start, start + CHUNK)), statics, text, names, start)


def quantised(messages):
    """The same Messages with every field at the resolution of its wire form, unknown as NaN."""
    long_range = messages.type == 27
    place = np.where(long_range, 600.0, 600_000.0)
    sog = np.where(
        long_range, np.minimum(np.round(messages.sog_kn), 62), np.minimum(np.round(messages.sog_kn * 10), 1022) / 10
    )
    cog = np.where(long_range, np.round(messages.cog_deg), np.round(messages.cog_deg * 10) / 10) % 360.0
    has_rot = (messages.type >= 1) & (messages.type <= 3)
    return messages._replace(
        lon_deg=np.round(messages.lon_deg * place) / place,
        lat_deg=np.round(messages.lat_deg * place) / place,
        sog_kn=sog,
        cog_deg=cog,
        heading_deg=np.where(long_range, np.nan, np.round(messages.heading_deg) % 360.0),
        rot_deg_min=np.where(has_rot, _rot_back(_rot_raw(messages.rot_deg_min)), np.nan),
        nav_status=np.where(has_rot | long_range, messages.nav_status, -1).astype(np.int8),
    )


def _block(messages, statics, text, names, serial):
    """The bytes of one chunk: each type is laid out as a matrix, then its rows are set at their place."""
    lines, lengths, rows = [], np.zeros(messages.n, np.int64), []
    kind = messages.type.astype(np.int64) * 2 + (messages.part == PART_B)
    for code in np.unique(kind):
        chosen = np.flatnonzero(kind == code)
        some = messages.take(chosen)
        payload, fill = _payload(some, statics, text)
        made = _sentences(payload, fill, some, names, serial + chosen)
        lines.append(made)
        rows.append(chosen)
        lengths[chosen] = made.shape[1]
    starts = np.concatenate(([0], np.cumsum(lengths)))
    out = np.empty(starts[-1], np.uint8)
    for made, chosen in zip(lines, rows, strict=True):
        out[starts[chosen][:, None] + np.arange(made.shape[1])] = made
    return out.tobytes()


def _sentences(payload, fill, messages, names, serial):
    """(n, bytes) of the line, or of the two lines of a long message, with tag blocks and checksums."""
    n = messages.n
    station = names[messages.station]
    clock = _digits(messages.rx_ns // S, 10)
    channel = np.where(serial % 2 == 0, ord("A"), ord("B")).astype(np.uint8)[:, None]
    if messages.type[0] not in MULTIPART:
        tag = _checked(n, b"s:", station, b",c:", clock)
        body = _checked(n, b"AIVDM,1,1,,", channel, b",", payload, b",%d" % fill)
        return _join(n, b"\\", tag, b"\\!", body, b"\r\n")
    group, sequence = _digits(1000 + serial % 9000, 4), _digits(serial % 10, 1)
    tag1 = _checked(n, b"g:1-2-", group, b",s:", station, b",c:", clock)
    body1 = _checked(n, b"AIVDM,2,1,", sequence, b",", channel, b",", payload[:, :FIRST_CHARS], b",0")
    tag2 = _checked(n, b"g:2-2-", group)
    body2 = _checked(n, b"AIVDM,2,2,", sequence, b",", channel, b",", payload[:, FIRST_CHARS:], b",%d" % fill)
    return _join(n, b"\\", tag1, b"\\!", body1, b"\r\n\\", tag2, b"\\!", body2, b"\r\n")


def _join(n, *parts):
    """(n, bytes): constants repeated down the rows, matrices side by side."""
    return np.hstack(
        [
            np.broadcast_to(np.frombuffer(part, np.uint8), (n, len(part))) if isinstance(part, bytes) else part
            for part in parts
        ]
    )


def _checked(n, *parts):
    """The parts and `*hh`, the exclusive or of all their bytes."""
    text = _join(n, *parts)
    total = np.bitwise_xor.reduce(text, axis=1)
    return _join(n, text, b"*", HEX[np.stack([total >> 4, total & 15], axis=1)])


def _digits(values, count):
    """(n, count) ASCII digits, leading zeros kept."""
    powers = 10 ** np.arange(count - 1, -1, -1, dtype=np.int64)
    return (values[:, None] // powers % 10 + ord("0")).astype(np.uint8)


def _payload(messages, statics, text):
    """((n, chars) armoured payload, fill bits) of messages of one type and part."""
    fields = _FIELDS[messages.type[0]](messages, statics, text)
    bits = sum(width for width, _ in fields)
    chars = -(-bits // 6)
    six = np.zeros((chars, messages.n), np.uint8)
    at = 0
    for width, given in fields:
        values = np.asarray(given)
        if values.ndim == 2:  # text: six-bit characters that need not start on a payload character
            for column in values.T:
                _put(six, at, 6, column)
                at += 6
            continue
        if values.ndim or values != 0:
            _put(six, at, width, values.astype(np.int64) & ((1 << width) - 1))
        at += width
    return (six + np.where(six < 40, 48, 56).astype(np.uint8)).T, chars * 6 - bits


def _put(six, at, width, values):
    """Or the `width` low bits of `values` into the six-bit columns from bit `at` on."""
    for column in range(at // 6, (at + width - 1) // 6 + 1):
        shift = at + width - 6 * (column + 1)
        part = values >> shift if shift >= 0 else values << -shift
        six[column] |= (part & 63).astype(np.uint8)


def _texts(statics):
    """{field: (ships, characters) six-bit codes}; a character outside the six-bit set becomes a space."""
    code = {c: i for i, c in enumerate(SIXBIT)}
    return {
        field: np.array(
            [[code.get(c, 32) for c in value.upper()[:chars].ljust(chars, "@")] for value in getattr(statics, field)],
            np.int64,
        ).reshape(-1, chars)
        for field, chars in (("name", 20), ("callsign", 7), ("destination", 20))
    }


def _scaled(values, factor, unknown):
    """round(values * factor) as integers, `unknown` where NaN."""
    return np.where(np.isnan(values), unknown, np.round(np.nan_to_num(values) * factor)).astype(np.int64)


def _rot_raw(rot_deg_min):
    """M.1371-5 table 48: 4.733 sqrt(deg/min), +-127 for infinite (turning, no indicator), -128 unknown."""
    finite = np.where(np.isfinite(rot_deg_min), rot_deg_min, 0.0)
    raw = np.sign(finite) * np.minimum(np.round(4.733 * np.sqrt(np.abs(finite))), 126)
    raw = np.where(np.isinf(rot_deg_min), np.where(rot_deg_min > 0, 127, -127), raw)
    return np.where(np.isnan(rot_deg_min), -128, raw).astype(np.int64)


def _rot_back(raw):
    """deg/min of a raw rate of turn."""
    turn = np.sign(raw) * (raw / 4.733) ** 2
    turn = np.where(np.abs(raw) == 127, np.copysign(np.inf, raw), turn)
    return np.where(raw == -128, np.nan, turn)


def _head(messages):
    return [(6, messages.type), (2, 0), (30, messages.mmsi)]


def _course(messages):
    """Longitude to the seconds field, as messages 1, 18 and 19 share it."""
    cog = _scaled(messages.cog_deg, 10, 3600)
    return [
        (28, _scaled(messages.lon_deg, 600_000, 181 * 600_000)),
        (27, _scaled(messages.lat_deg, 600_000, 91 * 600_000)),
        (12, np.where(np.isnan(messages.cog_deg), 3600, cog % 3600)),
        (9, np.where(np.isnan(messages.heading_deg), 511, _scaled(messages.heading_deg, 1, 511) % 360)),
        (6, messages.second),
    ]


def _speed(messages):
    return (10, np.where(np.isnan(messages.sog_kn), 1023, np.minimum(_scaled(messages.sog_kn, 10, 1023), 1022)))


def _dimensions(statics):
    """A, B, C, D; unknown as 0."""
    bow, port = np.nan_to_num(statics.to_bow_m), np.nan_to_num(statics.to_port_m)
    stern, starboard = np.nan_to_num(statics.length_m) - bow, np.nan_to_num(statics.beam_m) - port
    return [
        (width, np.clip(np.round(side), 0, (1 << width) - 1))
        for width, side in ((9, bow), (9, stern), (6, port), (6, starboard))
    ]


def _class_a(messages, _statics, _text):
    return [
        *_head(messages),
        (4, np.where(messages.nav_status < 0, 15, messages.nav_status)),
        (8, _rot_raw(messages.rot_deg_min)),
        _speed(messages),
        (1, messages.accurate),
        *_course(messages),
        *((2, 0), (3, 0), (1, 0), (19, 0)),
    ]


def _base_station(messages, _statics, _text):
    when = messages.t_ns.astype("datetime64[ns]")
    year, month = when.astype("datetime64[Y]"), when.astype("datetime64[M]")
    day, second = when.astype("datetime64[D]"), messages.t_ns // S
    return [
        *_head(messages),
        (14, year.astype(np.int64) + 1970),
        (4, (month - year.astype("datetime64[M]")).astype(np.int64) + 1),
        (5, (day - month.astype("datetime64[D]")).astype(np.int64) + 1),
        (5, second // 3600 % 24),
        (6, second // 60 % 60),
        (6, second % 60),
        (1, 1),
        *_course(messages)[:2],
        *((4, 7), (1, 0), (9, 0), (1, 0), (19, 0)),
    ]


def _static_a(messages, statics, text):
    ship = statics.take(messages.ship)
    month, day, hour, minute = (
        np.array([int(eta[a:b]) if len(eta) == 11 else none for eta in ship.eta], np.int64)
        for a, b, none in ((0, 2, 0), (3, 5, 0), (6, 8, 24), (9, 11, 60))
    )
    return [
        *_head(messages),
        (2, 2),
        (30, np.maximum(ship.imo, 0)),
        (42, text["callsign"][messages.ship]),
        (120, text["name"][messages.ship]),
        (8, np.maximum(ship.ship_type, 0)),
        *_dimensions(ship),
        (4, 1),
        *((4, month), (5, day), (5, hour), (6, minute)),
        (8, np.minimum(_scaled(ship.draught_m, 10, 0), 255)),
        (120, text["destination"][messages.ship]),
        *((1, 0), (1, 0)),
    ]


def _class_b(messages, _statics, _text):
    return [
        *_head(messages),
        (8, 0),
        _speed(messages),
        (1, messages.accurate),
        *_course(messages),
        # reserved 2, then unit CS, no display, DSC, whole band, message 22; assigned 0, RAIM 0, communication state
        *((2, 0), (1, 1), (1, 0), (1, 1), (1, 1), (1, 1), (1, 0), (1, 0), (20, 0)),
    ]


def _class_b_extended(messages, statics, text):
    ship = statics.take(messages.ship)
    return [
        *_class_b(messages, statics, text)[:11],
        (4, 0),
        (120, text["name"][messages.ship]),
        (8, np.maximum(ship.ship_type, 0)),
        *_dimensions(ship),
        *((4, 1), (1, 0), (1, 0), (1, 0), (4, 0)),
    ]


def _aid_to_navigation(messages, statics, text):
    return [
        *_head(messages),
        (5, 24),  # M.1371-5 table 74: floating, port hand mark; the simulator's buoys are all alike
        (120, text["name"][messages.ship]),
        (1, messages.accurate),
        *_course(messages)[:2],
        *_dimensions(statics.take(messages.ship)),
        *((4, 1), (6, messages.second), (1, 0), (8, 0), (1, 0), (1, 0), (1, 0), (1, 0)),
    ]


def _static_b(messages, statics, text):
    if messages.part[0] == PART_A:
        return [*_head(messages), (2, PART_A), (120, text["name"][messages.ship])]
    ship = statics.take(messages.ship)
    return [
        *_head(messages),
        (2, PART_B),
        (8, np.maximum(ship.ship_type, 0)),
        *((18, 0), (4, 0), (20, 0)),
        (42, text["callsign"][messages.ship]),
        *_dimensions(ship),
        *((4, 1), (2, 0)),
    ]


def _long_range(messages, _statics, _text):
    return [
        *_head(messages),
        (1, messages.accurate),
        (1, 0),
        (4, np.where(messages.nav_status < 0, 15, messages.nav_status)),
        (18, _scaled(messages.lon_deg, 600, 181 * 600)),
        (17, _scaled(messages.lat_deg, 600, 91 * 600)),
        (6, np.where(np.isnan(messages.sog_kn), 63, np.minimum(_scaled(messages.sog_kn, 1, 63), 62))),
        (9, np.where(np.isnan(messages.cog_deg), 511, _scaled(messages.cog_deg, 1, 511) % 360)),
        *((1, 0), (1, 0)),
    ]


_FIELDS = {
    1: _class_a,
    2: _class_a,
    3: _class_a,
    4: _base_station,
    5: _static_a,
    18: _class_b,
    19: _class_b_extended,
    21: _aid_to_navigation,
    24: _static_b,
    27: _long_range,
}
