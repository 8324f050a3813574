"""The slow lane: one message, any of the 27 types, as a dict by ITU names with units, and back to sentences.

Layouts (which field lies where, and which of the application-specific variants of types 6 and 8 applies) are pyais's;
the bits are read and written here, because pyais rounds the rate of turn, folds reserved codes into their neighbours
and knows no "not available". `raw=True` gives the wire integers, which encode to the very bits they came from.
"""

import datetime
import functools
import math
import re

import numpy as np

from ais import columns, envelope
from vts.errors import UsageError
from vts.radar.pcap import MAGICS
from vts.schema import AIS_A, AIS_ATON, AIS_B, AIS_BASE, AIS_LONG_RANGE, AIS_SAR, Reports

# pyais's converters as (scale, offset): physical = wire * scale + offset
_SCALES = {
    "to_lat_lon": (1 / 600_000, 0, 7),
    "to_lat_lon_600": (1 / 600, 0, 5),
    "to_lat_lon_60000": (1 / 60_000, 0, 6),
    "to_10th": (0.1, 0, 1),
    "to_speed": (0.1, 0, 1),
    "to_100th": (0.01, 0, 2),
    "to_airtemp_leg": (0.1, -60, 1),
    "to_dewpt_leg": (0.1, -20, 1),
    "to_wl_leg": (0.1, -10, 1),
    "to_wl31": (0.01, -10, 2),
    "to_press800": (1, 800, 0),
    "to_press799": (1, 799, 0),
}
_TENTH_MINUTE = (1 / 600, 0, 5)  # types 17, 22 and 23, which pyais leaves in tenths of a minute

# pyais's name -> ours, for every type; then where one type differs
_NAMES = {
    "msg_type": "type",
    "repeat": "repeat_indicator",
    "status": "navigational_status",
    "turn": "rate_of_turn_deg_min",
    "speed": "sog_kn",
    "accuracy": "position_accuracy",
    "lon": "longitude_deg",
    "lat": "latitude_deg",
    "course": "cog_deg",
    "heading": "true_heading_deg",
    "second": "time_stamp_s",
    "maneuver": "special_manoeuvre_indicator",
    "raim": "raim_flag",
    "radio": "communication_state",
    "ais_version": "ais_version_indicator",
    "imo": "imo_number",
    "callsign": "call_sign",
    "shipname": "name",
    "ship_type": "type_of_ship_and_cargo",
    "to_bow": "dimension_a_m",
    "to_stern": "dimension_b_m",
    "to_port": "dimension_c_m",
    "to_starboard": "dimension_d_m",
    "epfd": "type_of_epfd",
    "draught": "maximum_present_static_draught_m",
    "alt": "altitude_m",
    "seqno": "sequence_number",
    "dest_mmsi": "destination_id",
    "retransmit": "retransmit_flag",
    "app_id": "application_id",
    "dac": "designated_area_code",
    "fid": "function_identifier",
    "aid_type": "type_of_aid_to_navigation",
    "off_position": "off_position_indicator",
    "virtual_aid": "virtual_aton_flag",
    "assigned": "assigned_mode_flag",
    "name_ext": "name_extension",
    "cs": "class_b_unit_flag",
    "display": "class_b_display_flag",
    "dsc": "class_b_dsc_flag",
    "band": "class_b_band_flag",
    "msg22": "class_b_message_22_flag",
    "partno": "part_number",
    "vendorid": "vendor_id",
    "model": "unit_model_code",
    "serial": "serial_number",
    "gnss": "position_latency",
    "txrx": "tx_rx_mode",
    "ne_lon": "longitude_1_deg",
    "ne_lat": "latitude_1_deg",
    "sw_lon": "longitude_2_deg",
    "sw_lat": "latitude_2_deg",
    "zonesize": "transitional_zone_size",
    "interval": "reporting_interval",
    "quiet": "quiet_time_min",
    "wspeed": "wind_speed_kn",
    "wgust": "wind_gust_kn",
    "wdir": "wind_direction_deg",
    "wgustdir": "wind_gust_direction_deg",
    "airtemp": "air_temperature_c",
    "humidity": "relative_humidity_pct",
    "dewpoint": "dew_point_c",
    "pressure": "air_pressure_hpa",
    "pressuretend": "air_pressure_tendency",
    "visibility": "visibility_nm",
    "waterlevel": "water_level_m",
    "leveltrend": "water_level_trend",
    "cspeed": "surface_current_speed_kn",
    "cdir": "surface_current_direction_deg",
    "cspeed2": "current_2_speed_kn",
    "cdir2": "current_2_direction_deg",
    "cdepth2": "current_2_depth_m",
    "cspeed3": "current_3_speed_kn",
    "cdir3": "current_3_direction_deg",
    "cdepth3": "current_3_depth_m",
    "waveheight": "significant_wave_height_m",
    "waveperiod": "wave_period_s",
    "wavedir": "wave_direction_deg",
    "swellheight": "swell_height_m",
    "swellperiod": "swell_period_s",
    "swelldir": "swell_direction_deg",
    "seastate": "sea_state_beaufort",
    "watertemp": "water_temperature_c",
    "preciptype": "precipitation_type",
    "salinity": "salinity_pct",
    "airdraught": "air_draught_m",
    "berth_length": "berth_length_m",
    "berth_depth": "berth_depth_m",
    "berth_lon": "berth_longitude_deg",
    "berth_lat": "berth_latitude_deg",
    "start_lon": "start_longitude_deg",
    "start_lat": "start_latitude_deg",
    "end_lon": "end_longitude_deg",
    "end_lat": "end_latitude_deg",
    "length": "length_m",
    "beam": "beam_m",
    "shiptype": "eri_ship_type",
    "vin": "european_vessel_id",
    "duration": "duration_min",
    "horsepower": "engine_power_hp",
    "tonnage": "gross_tonnage",
    "min": "minimum",
    "max": "maximum",
    "type": "warning_type",
    "station": "station_name",
}
_BY_TYPE = {
    5: {"month": "eta_month", "day": "eta_day", "hour": "eta_hour", "minute": "eta_minute"},
}
_UTC = {k: f"utc_{k}" for k in ("year", "month", "day", "hour", "minute")} | {"second": "utc_second"}
_BY_TYPE[4] = _BY_TYPE[11] = _UTC

# Wire values that say "not available" (M.1371-5 annex 8; IMO SN.1/Circ.289 for types 6 and 8)
_LONLAT = {"lon": 181, "lat": 91}
_UNKNOWN = {
    "turn": lambda v: v == -128,
    "speed": lambda v: v == 1023,
    "course": lambda v: v >= 3600,
    "heading": lambda v: v >= 360,
    "imo": lambda v: v == 0,
    "draught": lambda v: v == 0,
    "alt": lambda v: v == 4095,
    "year": lambda v: v == 0,
    "month": lambda v: v == 0,
    "day": lambda v: v == 0,
    "hour": lambda v: v == 24,
    "minute": lambda v: v == 60,
    "wspeed": lambda v: v == 127,
    "wgust": lambda v: v == 127,
    "humidity": lambda v: v > 100,
    "wdir": lambda v: v >= 360,
    "wgustdir": lambda v: v >= 360,
    "cdir": lambda v: v >= 360,
    "cdir2": lambda v: v >= 360,
    "cdir3": lambda v: v >= 360,
    "cdepth2": lambda v: v == 31,
    "cdepth3": lambda v: v == 31,
    "cspeed": lambda v: v == 255,
    "cspeed2": lambda v: v == 255,
    "cspeed3": lambda v: v == 255,
    "wavedir": lambda v: v >= 360,
    "swelldir": lambda v: v >= 360,
    "waveheight": lambda v: v == 255,
    "swellheight": lambda v: v == 255,
    "waveperiod": lambda v: v == 63,
    "swellperiod": lambda v: v == 63,
    "duration": lambda v: v == 262143,
    "horsepower": lambda v: v == 262143,
    "tonnage": lambda v: v == 262143,
    "airdraught": lambda v: v == 0,
    "berth_length": lambda v: v == 0,
    "berth_depth": lambda v: v == 0,
}
_UNKNOWN_BY = {
    (27, "speed"): lambda v: v == 63,
    (27, "course"): lambda v: v >= 360,
    (8, "visibility"): lambda v: v == 127,
    (8, "pressure"): lambda v: v in (402, 403, 511),
    (8, "watertemp"): lambda v: v == 501,
    (8, "airtemp"): lambda v: v == -1024,
    (8, "dewpoint"): lambda v: v == 501,
    (8, "waterlevel"): lambda v: v == 4001,
    (8, "salinity"): lambda v: v >= 510,
    (8, "draught"): lambda v: v == 0,
}
_LISTS = ("sub_areas", "targets", "reports", "waypoints", "cargos", "gauges")  # what pyais makes of a data region
_SIX = "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_ !\"#$%&'()*+,-./0123456789:;<=>?"
_CODE = {c: i for i, c in enumerate(_SIX)}
_TYPES = range(1, 28)


class _Field:
    """One field of a layout: where it lies and what it is called and means."""

    __slots__ = ("at", "decimals", "kind", "name", "offset", "pyais", "scale", "signed", "spare", "unknown", "width")

    def __init__(self, cls, field, at, kind):
        meta = field.metadata
        self.at, self.width, self.signed = at, meta["width"], meta["signed"]
        self.pyais = field.name
        self.kind = meta["d_type"].__name__
        self.spare = meta["is_spare"]
        self.name = _BY_TYPE.get(kind, {}).get(field.name) or _NAMES.get(field.name, field.name)
        converter = getattr(meta["to_converter"], "__name__", "")
        if kind in (17, 22, 23) and self.kind == "float":
            converter, self.signed = "tenth minute", True  # pyais reads type 17's position as unsigned
        scaled = _TENTH_MINUTE if converter == "tenth minute" else _SCALES.get(converter)
        self.scale, self.offset, self.decimals = scaled or (None, 0, 0)
        unknown = _UNKNOWN_BY.get((kind, field.name)) or _UNKNOWN.get(field.name)
        axis = field.name.rsplit("_", 1)[-1]
        if axis in _LONLAT and scaled:
            whole = round(_LONLAT[axis] / self.scale)
            unknown = functools.partial(int.__eq__, whole)
        if "Fid11" in cls.__name__ and self.at >= 56 and not self.signed:
            every = (1 << self.width) - 1  # Circ. 236's weather: all bits set is "not available"
            unknown = lambda v, was=unknown: v == every or (was is not None and was(v))  # noqa: E731
        self.unknown = unknown


@functools.lru_cache(maxsize=128)
def layout(cls, kind):
    """The fields of a pyais class, in order."""
    fields, at = [], 0
    for field in cls.fields():
        fields.append(_Field(cls, field, at, kind))
        at += field.metadata["width"]
    return fields


def _bits(value, size, at, width):
    """Unsigned integer of the `width` bits from `at` of a `size`-bit integer; fewer at its end."""
    width = min(width, size - at)
    return (value >> (size - at - width)) & ((1 << width) - 1)


def payload_bits(payload, fill):
    """(integer, bits) of armoured characters."""
    value = 0
    for c in payload:
        value = value << 6 | (c - 48 - (8 if c > 87 else 0))
    size = 6 * len(payload)
    fill = min(fill, size)
    return value >> fill, size - fill


def armoured(value, size):
    """(six-bit characters, fill bits) of `size` bits."""
    fill = -size % 6
    value <<= fill
    count = (size + fill) // 6
    codes = (value >> 6 * (count - 1 - k) & 63 for k in range(count))
    return bytes(c + 48 if c < 40 else c + 56 for c in codes), fill


def _instance(value, size, kind):
    """(pyais's class for these bits, its message where the class is one of several)."""
    from pyais.bit_vector import int_bit_vector
    from pyais.messages import MSG_CLASS, Payload

    cls = MSG_CLASS[kind]
    if issubclass(cls, Payload) and "from_vector" not in cls.__dict__:
        return cls, None
    message = cls.from_vector(int_bit_vector(*armoured(value, size)))
    return type(message), message


def decode_bits(value, size, *, raw=False):
    """Fields of a message of `size` bits as a dict; ValueError where it is not one of the 27 types."""
    if size < 40:
        raise ValueError("wrong length")
    kind = _bits(value, size, 0, 6)
    if kind not in _TYPES or (kind == 24 and _bits(value, size, 38, 2) > 1):
        raise ValueError("unsupported type")
    cls, message = _instance(value, size, kind)
    fields = _placed(cls, kind, size)
    out = {"type": kind, "mmsi": _bits(value, size, 8, 30)}
    for field in fields:
        if field.at >= size or field.pyais in ("msg_type", "mmsi") or (field.spare and not raw):
            continue
        width = min(field.width, size - field.at)
        wire = _bits(value, size, field.at, width)
        if field.kind == "bytes":
            _put_bytes(out, field, wire, width)
        elif field.kind == "str":
            text = "".join(_SIX[wire >> (width - 6 * (k + 1)) & 63] for k in range(width // 6))
            out[field.name] = text if raw else text.split("@")[0].rstrip() or None
            if raw and width % 6:
                out[f"{field.name}_rest"] = [width % 6, wire & ((1 << width % 6) - 1)]
        elif width < field.width:
            if raw:
                out[f"{field.name}_cut"] = [width, wire]
        else:
            if field.signed and wire >> (width - 1):
                wire -= 1 << width
            _put_number(out, field, wire, raw)
    if raw:
        end = max(f.at + f.width for f in fields)
        if size > end:
            out["beyond"] = [size - end, _bits(value, size, end, size - end)]
    else:
        _put_lists(out, message)
    return out


def _placed(cls, kind, size):
    """The layout, with type 26's communication state moved to the message's end (its data fill what is between)."""
    fields = layout(cls, kind)
    if kind != 26 or size < fields[-2].at + 20:
        return fields
    import copy

    data, state = copy.copy(fields[-2]), copy.copy(fields[-1])
    data.width, state.at = size - 20 - data.at, size - 20
    return [*fields[:-2], data, state]


def _put_bytes(out, field, wire, width):
    """A region of bits as hex, left-aligned, with its length."""
    if field.spare:
        out[field.name] = wire
        if width < field.width:
            out[f"{field.name}_cut"] = [width, wire]
            del out[field.name]
        return
    pad = -width % 8
    out[field.name] = (wire << pad).to_bytes((width + pad) // 8, "big").hex()
    out[f"{field.name}_bits"] = width


def _put_number(out, field, wire, raw):
    if raw:
        out[field.name] = wire
    elif field.unknown is not None and field.unknown(wire):
        out[field.name] = None
    elif field.pyais == "turn":
        # +-127: turning at more than 10 degrees a minute, without a turn indicator
        out[field.name] = None if abs(wire) == 127 else round((wire / 4.733) ** 2 * (1 if wire >= 0 else -1), 1)
        if abs(wire) == 127:
            out["turning"] = "starboard" if wire > 0 else "port"
    elif field.scale is not None:
        out[field.name] = round(wire * field.scale + field.offset, field.decimals)
    elif field.kind == "bool":
        out[field.name] = bool(wire)
    else:
        out[field.name] = wire


def _put_lists(out, message):
    """The records of an application-specific data region, as pyais reads them."""
    for name in _LISTS:
        records = getattr(message, name, None)
        if records:
            out[name] = [_renamed(record) for record in records]


def _renamed(record):
    """An application-specific record by our names."""
    if not isinstance(record, dict):
        return list(record)
    return {
        _NAMES.get(key, key) if key not in ("type", "status", "second") else key: (
            [_renamed(v) for v in value] if isinstance(value, list) else value
        )
        for key, value in record.items()
    }


def encode(message, *, talker="AI", channel="A", sequence=0, own=False):
    """The NMEA 0183 sentences (a list of str without line ends) of a message dict as `ais.messages` gives it.

    A dict with `raw` true in it holds wire integers, as `ais.messages(..., raw=True)` marks its own; any other holds
    values with units. Fields left out take their "not available" value. Raises UsageError naming the field that does
    not fit.
    """
    value, size = encode_bits(message)
    armour, fill = armoured(value, size)
    text = armour.decode()
    parts = [text[at : at + 56] for at in range(0, len(text), 56)] or [""]
    out = []
    for k, part in enumerate(parts, 1):
        last = fill if k == len(parts) else 0
        order = sequence % 10 if len(parts) > 1 else ""
        body = f"{talker}{'VDO' if own else 'VDM'},{len(parts)},{k},{order},{channel},{part},{last}"
        out.append(f"!{body}*{functools.reduce(int.__xor__, body.encode(), 0):02X}")
    return out


def encode_bits(message):
    """(integer, bits) of a message dict."""
    kind = message.get("type")
    if kind not in _TYPES:
        raise UsageError(f"type {kind!r} is not an AIS message type; there are 1 to 27")
    cls = layout_class(message, kind)
    raw = bool(message.get("raw"))
    value = size = 0
    fields = layout(cls, kind)
    if kind == 26:
        fields = [*fields[:-1], fields[-1]]
    for field in fields:
        name = "type" if field.pyais == "msg_type" else field.name
        cut = message.get(f"{name}_cut")
        if cut is not None:
            width, wire = cut
        elif raw and name not in message and field.pyais not in ("msg_type", "mmsi"):
            if field.kind in ("bytes", "str") or field.at >= _known_end(message, fields):
                continue
            width, wire = field.width, 0
        elif field.kind == "bytes":
            width, wire = _wire_bytes(message, field, name)
        elif field.kind == "str":
            width, wire = _wire_text(message, field, name, raw)
        else:
            width, wire = field.width, _wire_number(message, field, name, raw)
        value, size = value << width | (wire & ((1 << width) - 1)), size + width
    if "beyond" in message:
        width, wire = message["beyond"]
        value, size = value << width | wire, size + width
    return value, size


def _known_end(message, fields):
    """Bit after the last field that the dict names."""
    return max((f.at + f.width for f in fields if f.name in message), default=0)


def layout_class(message, kind):
    """The pyais class that these fields call for."""
    from pyais import messages as layouts

    hints = {
        "mmsi": int(message.get("mmsi", 0)),
        "dac": int(message.get("designated_area_code", 0)),
        "fid": int(message.get("function_identifier", 0)),
        "partno": int(message.get("part_number", 0)),
        "addressed": bool(message.get("addressed", False)),
        "structured": bool(message.get("structured", False)),
    }
    if kind == 6 and (hints["dac"], hints["fid"]) == (1, 16) and "destination_id" not in message:
        return layouts.MessageType6Dac1Fid16A
    if kind == 16:
        return (
            layouts.MessageType16DestinationAB
            if {"mmsi2", "mmsi2_cut"} & set(message)
            else layouts.MessageType16DestinationA
        )
    if kind == 10:
        hints["dest_mmsi"] = 0
    if kind == 12:
        hints["dest_mmsi"] = 0
    if kind == 24 and hints["partno"] == 1 and hints["mmsi"] // 10_000_000 == 98:
        return layouts.MessageType24PartBAuxiliaryCraft
    try:
        return type(layouts.MSG_CLASS[kind].create(**hints))
    except Exception as error:
        raise UsageError(f"type {kind}: {error}; mend the field that it names") from error


def _wire_bytes(message, field, name):
    data = message.get(name)
    if field.spare:
        return field.width, int(data or 0)
    if data is None:
        return 0, 0
    try:
        data = bytes.fromhex(data) if isinstance(data, str) else bytes(data)
    except ValueError as error:
        raise UsageError(f"{name} is not hexadecimal ({error}); write pairs of 0-9 a-f") from error
    width = int(message.get(f"{name}_bits", 8 * len(data)))
    if not 0 <= width <= 8 * len(data):
        raise UsageError(f"{name}_bits is {width}; {name} has {8 * len(data)} bits")
    return width, int.from_bytes(data, "big") >> (8 * len(data) - width)


def _wire_text(message, field, name, raw):
    text = str(message.get(name) or "").upper()
    width = field.width - field.width % 6
    variable = field.width > 200 or name == "name_extension"
    if raw:
        width = 6 * len(text)
    elif variable:
        width = min(width, 6 * len(text))
    value = 0
    for c in text[: width // 6].ljust(width // 6, "@"):
        if c not in _CODE:
            raise UsageError(f"{name} has {c!r}, which six-bit text has no code for; use capitals, digits and signs")
        value = value << 6 | _CODE[c]
    rest, bits = message.get(f"{name}_rest", (0, 0))
    return width + rest, value << rest | bits


def _wire_number(message, field, name, raw):
    """The wire integer of a value; the field's own "not available" where it is None or left out."""
    given = message.get(name)
    if name == "type":
        return int(given)
    if given is None:
        return _wire_default(message, field)
    if isinstance(given, bool) or raw or (field.scale is None and field.pyais != "turn"):
        wire = int(given)
    elif field.pyais == "turn":
        wire = int(np.copysign(round(4.733 * abs(given) ** 0.5), given))
        wire = max(-126, min(126, wire))
    else:
        wire = round((given - field.offset) / field.scale)
    low, high = (-(1 << field.width - 1), (1 << field.width - 1) - 1) if field.signed else (0, (1 << field.width) - 1)
    if not low <= wire <= high:
        raise UsageError(f"{name} is {given!r}, which does not fit its {field.width} bits")
    return wire


_DEFAULTS = {"turn": -128, "speed": 1023, "course": 3600, "heading": 511, "hour": 24, "minute": 60, "alt": 4095}


def _wire_default(message, field):
    axis = field.pyais.rsplit("_", 1)[-1]
    kind = message["type"]
    if field.pyais == "turn" and message.get("turning") in ("starboard", "port"):
        return 127 if message["turning"] == "starboard" else -127
    if axis in _LONLAT and field.scale:
        return round(_LONLAT[axis] / field.scale)
    if field.pyais == "second":
        return 60
    if field.pyais == "status":
        return 15
    if kind == 27 and field.pyais in ("speed", "course"):
        return {"speed": 63, "course": 511}[field.pyais]
    if field.unknown is not None:
        candidate = _DEFAULTS.get(field.pyais)
        for wire in (candidate, 0, 127, 255, 360, 511, 31, 63, 262143, 501, -1024, 4001, 403, 101):
            if wire is not None and field.unknown(wire):
                return wire
    return 0


def iso(t_ns):
    """UTC of ns since 1970, ISO 8601 with microseconds; None for an unknown time."""
    if t_ns < 0:
        return None
    whole, rest = divmod(int(t_ns), 1_000_000_000)
    when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=whole)
    return f"{when:%Y-%m-%dT%H:%M:%S}.{rest // 1000:06d}Z"


_TYPE_OF_KIND = {AIS_A: 1, AIS_B: 18, AIS_BASE: 4, AIS_ATON: 21, AIS_SAR: 9, AIS_LONG_RANGE: 27}


def _known(value):
    """None for NaN, which JSON has no word for."""
    return None if math.isnan(value) else value


ARMOUR = re.compile(rb"[0-W`-w]*\Z")


class Messages:
    """An iterable of dicts, one a message; `rejects` counts lines, `bytes_done` of `bytes_total` is the progress."""

    def __init__(self, source, *, start=None, rate=None, raw=False, keep_bad=False):
        from ais.feed import Clock
        from ais.intake import Intake

        self.intake = Intake(source, keep_bad=keep_bad)
        self.clock = Clock(start, rate)
        self.raw = raw
        self.rejects = self.intake.rejects

    bytes_done = property(lambda self: self.intake.chunks.bytes_done)
    bytes_total = property(lambda self: self.intake.chunks.bytes_total)

    def __iter__(self):
        from ais import tables
        from ais.intake import opened, recorded

        first, blocks = opened(self.intake.chunks)
        if tables.is_table(first):
            return self._rows(tables.Table(self.intake.chunks), blocks)
        return self._sentences(recorded(blocks) if first[:4] in MAGICS else blocks)

    def _rows(self, table, blocks):
        """A table's rows as position reports."""
        table.rejects = self.rejects
        for batch in table.over(blocks):
            if not isinstance(batch, Reports):
                continue
            for row in zip(*(column.tolist() for column in batch), strict=True):
                r = dict(zip(batch._fields, row, strict=True))
                yield {
                    "t": iso(r["t_ns"]),
                    "station": None,
                    "offset": r["seq"],
                    "type": _TYPE_OF_KIND[r["kind"]],
                    "mmsi": r["ident"],
                    "longitude_deg": _known(r["lon_deg"]),
                    "latitude_deg": _known(r["lat_deg"]),
                    "sog_kn": _known(r["sog_kn"]),
                    "cog_deg": _known(r["cog_deg"]),
                    "true_heading_deg": _known(r["heading_deg"]),
                    "rate_of_turn_deg_min": _known(r["rot_deg_min"]),
                    "navigational_status": r["nav_status"] if r["nav_status"] >= 0 else None,
                }

    def _sentences(self, blocks):
        stations = []
        for held in self.intake.over(blocks):
            if self.clock.start_ns is not None:
                rx_ns = held.frames.rx_ns[: held.rows]
                self.clock.fill(rx_ns, (rx_ns == envelope.NONE) & (held.frames.at[: held.rows] >= 0))
            out = []
            if len(stations) < self.intake.state.mark[envelope.MARK_NAMES]:
                stations = self.intake.stations
            for row in range(held.rows):
                message = self._message(held, row, stations)
                if message is not None:
                    out.append(message)
            self.intake.settle(held)
            yield from out

    def _message(self, held, row, stations):
        """The dict of one row, or None when it was counted under a reason."""
        frames, counts = held.frames, held.counts
        at, size, parts = int(frames.at[row]), int(frames.size[row]), int(frames.parts[row])
        if at == envelope.SKIP:
            return None
        text = bytes((held.buf if parts == 1 else held.joined)[at : at + size])
        fill = int(frames.fill[row])
        bucket = bucket_of(text, fill)
        fields = None
        if bucket == envelope.USED:
            try:
                fields = decode_bits(*payload_bits(text, fill), raw=self.raw)
            except Exception:  # pyais raises what its layouts meet; the message is counted, never fatal
                bucket = envelope.TYPE
        if fields is None:
            first = max(int(frames.seq[row]) - held.base, 0)
            envelope.count(counts, held.firsts, bucket, first)
            counts[bucket] += parts - 1
            return None
        counts[envelope.USED] += parts
        station = int(frames.station[row])
        head = {
            "t": iso(int(frames.rx_ns[row])),
            "station": stations[station] if station >= 0 else None,
            "offset": int(frames.offset[row]),
            "type": fields.pop("type"),
            "mmsi": fields.pop("mmsi"),
            "channel": chr(frames.channel[row]) if frames.channel[row] else None,
            "own_ship": bool(frames.own[row]),
        }
        if self.raw:
            head["raw"] = True
        return head | fields


def bucket_of(text, fill):
    """Bucket of an armoured payload, as the fast lane judges it."""
    if not text or len(text) > columns.MAX_CHARS:
        return envelope.LENGTH
    if not ARMOUR.match(text):
        return envelope.ARMOUR
    kind = text[0] - 48 - (8 if text[0] > 87 else 0)
    if kind not in _TYPES:
        return envelope.TYPE
    size = 6 * len(text) - fill
    if size < 40:
        return envelope.LENGTH
    part = (text[6] - 48 - (8 if text[6] > 87 else 0)) >> 2 & 3
    if kind == 24 and part > 1:
        return envelope.TYPE
    need, most = columns.limits(kind, kind == 24 and part == 1)
    return envelope.USED if need <= size <= most else envelope.LENGTH
