"""Turns the text table of an ASTERIX category into the arrays that the kernels walk.

A line is `FRN ITEM [kind] fields`, as the category's own user application profile lists them. Kinds: none (fixed
length), `ext` (octets chained by FX, `|` marks each FX bit), `rep` (one octet of REP, then that many), `repfx` (chained
by FX), `explicit` (one octet of length, which counts itself), `compound` (an FSPEC of its own; its subitems follow,
indented). A field is `NAME:bits`, with u (unsigned), s (signed), a (ASCII), i (ICAO 6-bit), o (octal) before the bits
and `@lsb unit` behind them; `.` is spare. A column is called i<item>[_<subitem>][_<name>][_<unit>], in lower case.
"""

import functools
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vts.errors import UsageError
from vts.plugins import discover

FIXED, EXT, REP, REPFX, EXPLICIT, COMPOUND, SPARE = 0, 1, 2, 3, 4, 5, 6
_KINDS = {"ext": EXT, "rep": REP, "repfx": REPFX, "explicit": EXPLICIT, "compound": COMPOUND}
_FIELD = re.compile(r"([.\w]*):([usaio]?)(\d+)(?:@([\d.]+)(?:/([\d.]+)(?:\^(\d+))?)?([a-z]\w*)?)?$")


class Field(NamedTuple):
    """One number or text within an item."""

    name: str
    item: int  # row of `items`, which is also its slot among the offsets
    octet: int  # of an `ext` item: the field is there only when the chain reaches this octet; else 0
    bit: int  # from the item's first data bit
    bits: int
    form: str  # u, s, a, i or o
    lsb: float


@dataclass(frozen=True, eq=False)
class Table:
    """One category in one edition, as arrays."""

    category: int
    edition: str
    items: np.ndarray  # int32 (n, 4): kind, octets (EXT: most octets), first subitem, number of subitems
    uaps: np.ndarray  # int32 (profiles, FRNs): row of `items`, or -1 where the FRN is spare
    names: tuple  # of the items: "040", "380_ADR"
    fields: dict  # column name -> Field; fields of `rep` items describe one repetition

    @functools.cached_property
    def by_item(self):
        """{row of items: [its Fields]}."""
        grouped = {}
        for field in self.fields.values():
            grouped.setdefault(field.item, []).append(field)
        return grouped


@functools.cache
def categories():
    """{category: {edition: Table}} of every file in vts/radar/categories."""
    found = {}
    for name, module in discover("vts.radar.categories").items():
        category = int(name[3:6])
        found.setdefault(category, {})[module.EDITION] = _table(category, module)
    return found


@functools.cache
def table(category, edition=None):
    """The Table of a category; the newest edition unless one is named.

    Raises UsageError for a category or an edition that is not there.
    """
    editions = categories().get(category)
    if editions is None:
        known = ", ".join(f"CAT{c:03d}" for c in sorted(categories()))
        raise UsageError(f"CAT{category:03d} is not known; there are {known}")
    if edition is None:
        return editions[max(editions, key=lambda e: tuple(map(int, e.split("."))))]
    if edition not in editions:
        raise UsageError(f"CAT{category:03d} edition {edition} is not known; there is {', '.join(sorted(editions))}")
    return editions[edition]


def _table(category, module):
    """The arrays of one category's text."""
    rows, names, fields, uaps = [], [], {}, []
    for text in (module.TABLE, getattr(module, "TRACK_TABLE", "")):
        if text:
            uaps.append(_profile(text, rows, names, fields))
    width = max(map(len, uaps))
    uap = np.full((len(uaps), width), -1, np.int32)
    for k, frns in enumerate(uaps):
        uap[k, : len(frns)] = frns
    return Table(category, module.EDITION, np.array(rows, np.int32), uap, tuple(names), fields)


def _profile(text, rows, names, fields):
    """Append one profile's items and fields; the row of each FRN in order."""
    frns, todo = [], text.strip().splitlines()
    while todo:
        number, item, kind, words = _split(todo.pop(0))
        children = []
        while todo and todo[0].startswith(" "):
            children.append(_split(todo.pop(0)))
        frns += [-1] * (number - 1 - len(frns))
        if item in names:  # CAT001: both profiles hold it, with the same layout
            frns.append(names.index(item))
            continue
        frns.append(len(rows))
        row = len(rows)
        rows.append(_size(kind, words))
        names.append(item)
        fields.update(_fields(item, row, words))
        if kind == COMPOUND:
            rows[row] = (COMPOUND, 0, len(rows), children[-1][0])
            _subitems(item, children, rows, names, fields)
    return frns


def _subitems(item, children, rows, names, fields):
    """Append the rows of a compound item's subitems, spare ones included."""
    first = len(rows)
    for number, child, kind, words in children:
        while len(rows) - first < number - 1:
            rows.append((SPARE, 0, 0, 0))
            names.append(f"{item}_spare{len(rows) - first}")
        name = f"{item}_{child}"
        fields.update(_fields(name, len(rows), words))
        rows.append(_size(kind, words))
        names.append(name)


def _split(line):
    """(number, item, kind, field words) of one line."""
    number, item, *words = line.split()
    kind = _KINDS.get(words[0]) if words else None
    return int(number), item, FIXED if kind is None else kind, words if kind is None else words[1:]


def _size(kind, words):
    """A row of `items` for an item without subitems."""
    bits = sum(int(_FIELD.match(word)[3]) for word in words if word != "|")
    if kind == EXT:
        return EXT, words.count("|"), 0, 0
    return kind, (bits + (kind == REPFX)) // 8, 0, 0


def _fields(item, row, words):
    """{column name: Field} of one item."""
    fields, bit, octet = {}, 0, 0
    for word in words:
        if word == "|":
            bit, octet = bit + 1, octet + 1
            continue
        name, form, bits, lsb, divisor, power, unit = _FIELD.match(word).groups()
        if name != ".":
            scale = float(lsb or 1) / (float(divisor or 1) ** int(power or 1))
            column = "_".join(part for part in (f"i{item}", name, unit) if part).lower()
            fields[column] = Field(column, row, octet, bit, int(bits), form or "u", scale)
        bit += int(bits)
    return fields


def layout(tables):
    """(known, items, item_at, uaps, profiles) of {category: Table} as arrays by category, for the framing kernel."""
    known, profiles = np.zeros(256, np.bool_), np.ones(256, np.int64)
    item_at = np.zeros(257, np.int64)
    width = max(tab.uaps.shape[1] for tab in tables.values())
    uaps = np.full((256, 2, width), -1, np.int32)
    for category, tab in tables.items():
        known[category], profiles[category] = True, len(tab.uaps)
        item_at[category + 1] = len(tab.items)
        uaps[category, : len(tab.uaps), : tab.uaps.shape[1]] = tab.uaps
    items = np.concatenate([tables[category].items for category in sorted(tables)])
    return known, items, np.cumsum(item_at), uaps, profiles
