"""Records that a category's table allows, drawn at random: every item, every subitem, every length."""

import numpy as np

from vts.radar.tables import COMPOUND, EXPLICIT, EXT, FIXED, REP, REPFX, SPARE


def fspec(present):
    """Octets of an FSPEC whose k-th item is there when present[k]."""
    last = max((k for k, here in enumerate(present) if here), default=0)
    octets = bytearray(last // 7 + 1)
    for k, here in enumerate(present):
        if here:
            octets[k // 7] |= 0x80 >> (k % 7)
    for k in range(len(octets) - 1):
        octets[k] |= 1
    return bytes(octets)


def chained(rng, size):
    """`size` octets of which all but the last have FX set."""
    octets = rng.integers(0, 256, size).astype(np.uint8) | 1
    octets[-1] &= 0xFE
    return octets.tobytes()


def item(tab, row, rng):
    """Octets of one item."""
    kind, size, first, count = (int(x) for x in tab.items[row])
    if kind == FIXED:
        return rng.integers(0, 256, size).astype(np.uint8).tobytes()
    if kind == EXT:
        return chained(rng, int(rng.integers(1, size + 1)))
    if kind == REP:
        n = int(rng.integers(0, 4))
        return bytes([n]) + rng.integers(0, 256, n * size).astype(np.uint8).tobytes()
    if kind == REPFX:
        n = int(rng.integers(1, 4))
        units = [rng.integers(0, 256, size).astype(np.uint8) for _ in range(n)]
        for k, unit in enumerate(units):
            unit[-1] = unit[-1] | 1 if k < n - 1 else unit[-1] & 0xFE
        return b"".join(unit.tobytes() for unit in units)
    if kind == EXPLICIT:
        n = int(rng.integers(2, 6))
        return bytes([n]) + rng.integers(0, 256, n - 1).astype(np.uint8).tobytes()
    assert kind == COMPOUND
    there = [tab.items[first + k, 0] != SPARE and rng.random() < 0.4 for k in range(count)]
    there[0] = there[0] or not any(there)
    return fspec(there) + b"".join(item(tab, first + k, rng) for k in range(count) if there[k])


def record(tab, rng, profile=0, share=0.5):
    """(octets, {FRN row: octets}) of one record; about a share of the items are there, the first always."""
    rows = tab.uaps[profile]
    there = [row >= 0 and (k == 0 or rng.random() < share) for k, row in enumerate(rows)]
    if len(tab.uaps) > 1:
        there[1] = True
    items = {int(rows[k]): item(tab, int(rows[k]), rng) for k, here in enumerate(there) if here}
    if len(tab.uaps) > 1:  # CAT001: the top bit of the second item tells the profile
        row = int(rows[1])
        items[row] = bytes([items[row][0] & 0x7F | profile << 7]) + items[row][1:]
    return fspec(there) + b"".join(items.values()), items


def block(category, records):
    """One data block."""
    body = b"".join(records)
    return bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body
