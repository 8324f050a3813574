"""ASTERIX in compiled loops: blocks to item offsets, offsets to numbers, numbers to bytes.

Nothing here knows a category: the tables of vts/radar/tables.py say what lies where. Every read is checked against the
end of its block first, so hostile bytes end in a code, never outside the buffer.
"""

import math

import numpy as np

from vts.jit import kernel

FIXED, EXT, REP, REPFX, EXPLICIT, COMPOUND, SPARE = 0, 1, 2, 3, 4, 5, 6  # as in tables.py

# Why a record could not be walked; 0 is a good one.
EMPTY, FSPEC_LONG, UNDEFINED, PAST_END, FX_CHAIN, NO_LENGTH = 1, 2, 3, 4, 5, 6


@kernel
def _fspec(buffer, at, end, most):
    """Octets of the FSPEC at `at`; 0 past the end, -1 longer than `most`."""
    n = 0
    while True:
        if at + n >= end:
            return 0
        n += 1
        if not buffer[at + n - 1] & 1:
            return n
        if n >= most:
            return -1


@kernel
def _item_end(buffer, at, end, kind, size):
    """Where an item that begins at `at` ends; a negative error code when it does not end within the block."""
    if kind == FIXED:
        stop = at + size
    elif kind == EXT:
        stop = at
        while True:
            if stop >= end:
                return -PAST_END
            stop += 1
            if not buffer[stop - 1] & 1:
                break
            if stop - at >= size:
                return -FX_CHAIN
    elif kind == REP:
        if at >= end:
            return -PAST_END
        stop = at + 1 + np.int64(buffer[at]) * size
    elif kind == REPFX:
        stop = at
        while True:
            stop += size
            if stop > end:
                return -PAST_END
            if not buffer[stop - 1] & 1:
                break
    elif kind == EXPLICIT:
        if at >= end:
            return -PAST_END
        if buffer[at] == 0:
            return -NO_LENGTH
        stop = at + np.int64(buffer[at])
    else:
        return -UNDEFINED
    return stop if stop <= end else -PAST_END


@kernel
def _compound_end(buffer, at, end, items, row, out_offsets):
    """Where a compound item ends, its subitems' offsets written; a negative error code when it cannot be walked."""
    first, count = items[row, 2], items[row, 3]
    length = _fspec(buffer, at, end, (count + 6) // 7)
    if length <= 0:
        return -PAST_END if length == 0 else -FSPEC_LONG
    stop = at + length
    for octet in range(length):
        bits = np.int64(buffer[at + octet])
        for k in range(7):
            if bits & (0x80 >> k):
                child = octet * 7 + k
                if child >= count:
                    return -UNDEFINED
                out_offsets[first + child] = stop
                stop = _item_end(buffer, stop, end, items[first + child, 0], items[first + child, 1])
                if stop < 0:
                    return stop
    return stop


@kernel
def walk_record(buffer, at, end, items, uaps, out_offsets):
    """(where the record ends or a negative error code, the FRN reached); offsets of its items, -1 where absent.

    Where a category has two profiles (CAT001) the top bit of its second item, I001/020 TYP, chooses.
    """
    length = _fspec(buffer, at, end, (uaps.shape[1] + 6) // 7)
    if length <= 0:
        return -PAST_END if length == 0 else -FSPEC_LONG, 0
    stop, profile, frn = at + length, 0, 0
    for octet in range(length):
        bits = np.int64(buffer[at + octet])
        for k in range(7):
            if not bits & (0x80 >> k):
                continue
            frn = octet * 7 + k
            row = uaps[profile, frn] if frn < uaps.shape[1] else -1
            if row < 0:
                return -UNDEFINED, frn + 1
            out_offsets[row] = stop
            kind = items[row, 0]
            if kind == COMPOUND:
                stop = _compound_end(buffer, stop, end, items, row, out_offsets)
            else:
                begin = stop
                stop = _item_end(buffer, begin, end, kind, items[row, 1])
                if frn == 1 and stop > 0 and uaps.shape[0] > 1:
                    profile = np.int64(buffer[begin]) >> 7
            if stop < 0:
                return stop, frn + 1
    return (stop if stop > at + length else -EMPTY), frn + 1


@kernel
def walk(buffer, blocks, block, at, items, uaps, out_offsets, out_records, out_errors):
    """(records, errors, next block, where in it) from `blocks` on, until the outputs are full.

    `out_offsets` (records, items) where each item begins, -1 when absent; `out_records` (records, 2) begin and block;
    `out_errors` (errors, 4): block, where the bad record begins, code, FRN. The rest of a bad record's block cannot
    be found, so it is given up.
    """
    n, bad = 0, 0
    while block < blocks.shape[0]:
        end = blocks[block, 2]
        at = max(at, blocks[block, 1])
        while at < end:
            if n == out_offsets.shape[0] or bad == out_errors.shape[0]:
                return n, bad, block, at
            out_offsets[n, :] = -1
            stop, frn = walk_record(buffer, at, end, items, uaps, out_offsets[n])
            if stop < 0:
                out_errors[bad, 0], out_errors[bad, 1], out_errors[bad, 2], out_errors[bad, 3] = block, at, -stop, frn
                bad += 1
                break
            out_records[n, 0], out_records[n, 1] = at, block
            n += 1
            at = stop
        block += 1
        at = 0
    return n, bad, block, at


@kernel
def bits_at(buffer, begin, bit, bits):
    """The unsigned integer of `bits` (at most 56) that begins `bit` bits after octet `begin`."""
    first, last = begin + (bit >> 3), begin + ((bit + bits - 1) >> 3)
    value = np.uint64(0)
    for i in range(first, last + 1):
        value = (value << np.uint64(8)) | np.uint64(buffer[i])
    value >>= np.uint64(7 - ((bit + bits - 1) & 7))
    return np.int64(value & ((np.uint64(1) << np.uint64(bits)) - np.uint64(1)))


@kernel
def numbers(buffer, offsets, fields, lsb, out):
    """Fill `out` (fields, records) with each field's value in its unit; NaN where the item or its octet is absent.

    `fields` (fields, 5): slot, octet of the FX chain, bit, bits, signed.
    """
    for f in range(fields.shape[0]):
        slot, octet, bit, bits, signed = fields[f, 0], fields[f, 1], fields[f, 2], fields[f, 3], fields[f, 4]
        for n in range(offsets.shape[0]):
            begin = offsets[n, slot]
            present = begin >= 0
            for k in range(octet):
                if present and not buffer[begin + k] & 1:
                    present = False
            if not present:
                out[f, n] = math.nan
                continue
            value = bits_at(buffer, begin, bit, bits)
            if signed and value >> (bits - 1):
                value -= np.int64(1) << np.int64(bits)
            out[f, n] = value * lsb[f]


@kernel
def _put(buffer, begin, bit, bits, value):
    """Write an unsigned integer into zeroed octets."""
    for k in range(bits):
        if (value >> (bits - 1 - k)) & 1:
            at = bit + k
            buffer[begin + (at >> 3)] |= 0x80 >> (at & 7)


@kernel
def _rounded(value, lsb, bits, signed):
    """The wire integer nearest to a value, held within what the bits can carry; 0 for NaN."""
    if math.isnan(value):
        return 0
    low = -(2.0 ** (bits - 1)) if signed else 0.0
    high = 2.0 ** (bits - 1) - 1 if signed else 2.0**bits - 1
    whole = np.int64(min(max(np.rint(value / lsb), low), high))
    return whole & ((np.int64(1) << bits) - 1)


@kernel
def encode(items, uaps, fields, lsb, first, columns, raw_slot, raw, category, per_block, out):
    """Octets of n records in blocks of `per_block`, written to `out`; only counted while `out` is empty; -1: too long.

    `columns` (n, fields) as `numbers` gives them; `first` (items + 1) where each item's fields begin in `fields`,
    which is in order of items. An item is sent when one of its fields is not NaN. `raw` (n, octets) is the content of
    the `rep` or `explicit` item `raw_slot`, -1 for none.
    """
    write = out.size > 0
    at = 0
    block_at = 0
    for n in range(columns.shape[0]):
        if n % per_block == 0:
            if write and n:
                out[block_at + 1], out[block_at + 2] = (at - block_at) >> 8, (at - block_at) & 255
            block_at = at
            if write:
                out[at] = category
            at += 3
        frns = 0
        for frn in range(uaps.shape[1]):
            if uaps[0, frn] >= 0 and _sent(items, uaps[0, frn], first, columns[n], raw_slot):
                frns = frn + 1
        length = max(1, (frns + 6) // 7)
        if write:
            for octet in range(length - 1):
                out[at + octet] |= 1
        body = at + length
        for frn in range(frns):
            row = uaps[0, frn]
            if row < 0 or not _sent(items, row, first, columns[n], raw_slot):
                continue
            if write:
                out[at + frn // 7] |= 0x80 >> (frn % 7)
            if items[row, 0] == COMPOUND:
                body = _encode_compound(items, row, fields, lsb, first, columns[n], body, out)
            elif row == raw_slot:
                body = _encode_raw(items, row, raw[n], body, out)
            else:
                body = _encode_item(items, row, fields, lsb, first, columns[n], body, out)
        at = body
        if at - block_at > 65_535:
            return -1
    if write and columns.shape[0]:
        out[block_at + 1], out[block_at + 2] = (at - block_at) >> 8, (at - block_at) & 255
    return at


@kernel
def _sent(items, row, first, values, raw_slot):
    """Whether an item, or one of its subitems, has anything to say."""
    if row == raw_slot:
        return True
    for f in range(first[row], first[row + 1]):
        if not math.isnan(values[f]):
            return True
    if items[row, 0] == COMPOUND:
        for child in range(items[row, 2], items[row, 2] + items[row, 3]):
            for f in range(first[child], first[child + 1]):
                if not math.isnan(values[f]):
                    return True
    return False


@kernel
def _encode_item(items, row, fields, lsb, first, values, at, out):
    """The end of a fixed or extended item, written from `at` on."""
    size = items[row, 1]
    if items[row, 0] == EXT:
        size = 1
        for f in range(first[row], first[row + 1]):
            if not math.isnan(values[f]):
                size = max(size, fields[f, 1] + 1)
    if out.size:
        for f in range(first[row], first[row + 1]):
            if items[row, 0] != EXT or fields[f, 1] < size:
                bits, signed = fields[f, 3], fields[f, 4]
                _put(out, at, fields[f, 2], bits, _rounded(values[f], lsb[f], bits, signed))
        if items[row, 0] == EXT:
            for octet in range(size - 1):
                out[at + octet] |= 1
    return at + size


@kernel
def _encode_compound(items, row, fields, lsb, first, values, at, out):
    """The end of a compound item, written from `at` on."""
    children, count = items[row, 2], items[row, 3]
    last = 0
    for k in range(count):
        if _sent(items, children + k, first, values, -1):
            last = k + 1
    length = (last + 6) // 7
    if out.size:
        for octet in range(length - 1):
            out[at + octet] |= 1
    body = at + length
    for k in range(last):
        if _sent(items, children + k, first, values, -1):
            if out.size:
                out[at + k // 7] |= 0x80 >> (k % 7)
            body = _encode_item(items, children + k, fields, lsb, first, values, body, out)
    return body


@kernel
def _encode_raw(items, row, content, at, out):
    """The end of a repetitive or explicit item with the given content."""
    if out.size:
        out[at] = content.size // items[row, 1] if items[row, 0] == REP else content.size + 1
        out[at + 1 : at + 1 + content.size] = content
    return at + 1 + content.size


@kernel
def whole(buffer, at, end, layout):
    """Whether a block's records, walked one by one, end exactly where the block does."""
    known, items, item_at, uaps, profiles = layout
    category = buffer[at]
    if not known[category]:
        return False
    mine = items[item_at[category] : item_at[category + 1]]
    scratch = np.empty(mine.shape[0], np.int64)
    at += 3
    while 0 <= at < end:
        at, _ = walk_record(buffer, at, end, mine, uaps[category, : profiles[category]], scratch)
    return at == end


@kernel
def frame(buffer, start, stop, layout, closed, lost, n, out_blocks):
    """(blocks, where the next one begins, gaps, whether within a gap) of buffer[start:stop], from row `n` on.

    `out_blocks` rows: category, first octet after the header, end. A block whose length is impossible has lost the
    framing: octets are skipped to the next block of a known category whose records fill it exactly; each such gap
    counts once. A block of an unknown category is passed over where such a block follows it, or nothing. Without
    `closed` more octets may follow, and what they could decide is left for later, so that blocks are the same however
    the source is cut.
    """
    known = layout[0]
    at, gaps = start, 0
    while at < stop and n < out_blocks.shape[0]:
        if at + 3 > stop and not closed:
            break
        length = np.int64(buffer[at + 1]) * 256 + np.int64(buffer[at + 2]) if at + 3 <= stop else 0
        end = at + length
        if length > 3 and end >= stop and not closed and not (known[buffer[at]] and end == stop):
            break
        good = length > 3 and end <= stop
        if good and (lost or not known[buffer[at]]):
            # A stranger's block, or the first after a gap: octets that recur in every record (SAC, SIC, type) can look
            # like headers for ever, so what follows must bear the claim out, record by record.
            first = at if lost else end
            until = first + 3
            if first < stop:
                if until <= stop:
                    until = first + np.int64(buffer[first + 1]) * 256 + np.int64(buffer[first + 2])
                if until > stop and not closed:
                    break
                good = until <= stop and until > first + 3 and whole(buffer, first, until, layout)
        if good:
            out_blocks[n, 0], out_blocks[n, 1], out_blocks[n, 2] = buffer[at], at + 3, end
            n += 1
            at = end
            lost = False
        else:
            gaps += not lost
            lost = True
            at += 1
    return n, at, gaps, lost


@kernel
def frame_datagrams(buffer, bounds, layout, out_blocks, out_datagram):
    """(blocks, gaps) of many datagrams, each complete in itself; `out_datagram` says which one a block came in."""
    n, gaps = 0, 0
    for k in range(bounds.shape[0]):
        before = n
        n, _, more, _ = frame(buffer, bounds[k, 0], bounds[k, 1], layout, True, False, n, out_blocks)
        out_datagram[before:n] = k
        gaps += more
    return n, gaps
