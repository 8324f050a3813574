"""One ASTERIX record as a dict of all its items, for people to read: the slow lane beside the columns."""

import numpy as np

from vts.radar.tables import EXPLICIT, EXT, FIXED, REP, REPFX


def iso(t_ns):
    """UTC as ISO 8601 with microseconds; None where unknown."""
    if t_ns < 0:
        return None
    return f"{np.datetime64(int(t_ns), 'ns').astype('datetime64[us]')}Z"


def record_fields(tab, buffer, offsets):
    """{column: value} of one record's items, as its offsets say; lists for repetitive items, hex for opaque."""
    found = {}
    for row in np.flatnonzero(offsets >= 0):
        kind, size, begin = int(tab.items[row, 0]), int(tab.items[row, 1]), int(offsets[row])
        name = f"i{tab.names[row]}".lower()
        if kind == EXPLICIT:
            found[name] = bytes(buffer[begin + 1 : begin + int(buffer[begin])]).hex()
        elif kind == REP:
            starts = range(begin + 1, begin + 1 + int(buffer[begin]) * size, size)
            found[name] = [_values(tab, int(row), buffer, at, size) for at in starts]
        elif kind == REPFX:
            found[name] = [_values(tab, int(row), buffer, begin, size)]
            while buffer[begin + size - 1] & 1:
                begin += size
                found[name].append(_values(tab, int(row), buffer, begin, size))
        elif kind == EXT:
            length = 1
            while buffer[begin + length - 1] & 1:
                length += 1
            found |= _values(tab, int(row), buffer, begin, length)
        elif kind == FIXED:
            found |= _values(tab, int(row), buffer, begin, size)
    return found


def _values(tab, row, buffer, begin, size):
    """{column: value} of the fields within `size` octets."""
    content = bytes(buffer[begin : begin + size])
    whole = int.from_bytes(content, "big")
    found = {}
    for field in tab.by_item.get(row, ()):
        left = size * 8 - field.bit - field.bits
        if left >= 0:
            found[field.name] = _value(field, whole >> left & ((1 << field.bits) - 1))
    return found


def _value(field, raw):
    """A field's wire integer in its unit, or its text."""
    if field.bits > 64:
        return f"{raw:0{field.bits // 4}x}"
    if field.form == "a":
        return raw.to_bytes(field.bits // 8, "big").decode("latin-1").rstrip("\0 ")
    if field.form == "i":
        letters = [raw >> shift & 63 for shift in range(field.bits - 6, -6, -6)]
        return "".join(_ICAO[letter] for letter in letters).rstrip()
    if field.form == "o":
        return f"{raw:0{field.bits // 3}o}"
    if field.form == "s" and raw >> (field.bits - 1):
        raw -= 1 << field.bits
    return raw if field.lsb == 1.0 else raw * field.lsb


_ICAO = "?ABCDEFGHIJKLMNOPQRSTUVWXYZ????? ???????????????0123456789??????"  # Annex 10 volume IV, table 3-9
