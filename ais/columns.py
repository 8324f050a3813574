"""The fast lane: whole messages to columns of wire integers, no Python per message (ITU-R M.1371-5 annex 8).

Types 1, 2, 3, 4, 9, 11, 18, 19, 21, 27 give a row of `Fixes`; 5, 19, 21, 24 a row of `Particulars`. Wire integers stay
exact; only three are brought to the common scale: SOG of types 9 and 27 to 0.1 kn, COG of type 27 to 0.1 degree,
the position of type 27 from 0.1 to 0.0001 minute.
"""

from typing import NamedTuple

import numpy as np

from ais.envelope import ARMOUR, DUPLICATE, LENGTH, NO_REPORT, NONE, TYPE, U8, count, word
from vts.jit import inlined, kernel, once

MAX_CHARS = 9 * 128
NO_SOG, NO_COG, NO_HEADING, NO_ROT, NO_STATUS, NO_SECOND = 1023, 3600, 511, -128, 255, 60
NO_LON, NO_LAT = 181 * 600_000, 91 * 600_000


class Fixes(NamedTuple):
    """Where vessels and stations said they were, as sent: 40 bytes a row."""

    rx_ns: np.ndarray
    seq: np.ndarray  # byte offset of the line that completed the message
    mmsi: np.ndarray
    lon: np.ndarray  # 1/600000 degree; 181 degrees: not available
    lat: np.ndarray  # 1/600000 degree; 91 degrees: not available
    sog: np.ndarray  # 0.1 kn; 1023 not available, 1022 that or more
    cog: np.ndarray  # 0.1 degree; 3600 and above not available
    heading: np.ndarray  # degree; 511 not available
    station: np.ndarray  # row of the book of stations; NONE_STATION
    rot: np.ndarray  # raw = 4.733 sqrt(degree/min); -128 not available
    status: np.ndarray  # table 45; 255 where the type has none
    second: np.ndarray  # 0-59; 60 not available, 61 manual, 62 dead reckoning, 63 inoperative
    kind: np.ndarray  # type in the low 5 bits, position accuracy at 32, RAIM at 64, own ship (VDO) at 128


class Particulars(NamedTuple):
    """What vessels and aids said of themselves, as sent."""

    rx_ns: np.ndarray
    seq: np.ndarray
    mmsi: np.ndarray
    imo: np.ndarray
    eta: np.ndarray  # month, day, hour, minute in 4, 5, 5, 6 bits
    to_bow: np.ndarray  # m; with all four 0 not available
    to_stern: np.ndarray
    to_port: np.ndarray
    to_starboard: np.ndarray
    draught: np.ndarray  # 0.1 m; 0 not available, 255 that or more
    ship_type: np.ndarray  # table 53; of type 21 the nature of the aid
    kind: np.ndarray  # type; 24 for part A, 124 for part B
    station: np.ndarray
    name: np.ndarray  # (n, 20) ASCII, zero-padded
    callsign: np.ndarray  # (n, 7)
    destination: np.ndarray  # (n, 20)


NONE_STATION = 65_535
ACCURATE, RAIM, OWN = 32, 64, 128


def rooms(rows):
    """Empty Fixes and Particulars of that many rows."""
    i8, i4, u4, u2, u1, i1 = np.int64, np.int32, np.uint32, np.uint16, np.uint8, np.int8
    fixes = Fixes(*(np.empty(rows, d) for d in (i8, i8, u4, i4, i4, u2, u2, u2, u2, i1, u1, u1, u1)))
    flat = (np.empty(rows, d) for d in (i8, i8, u4, u4, u4, u2, u2, u1, u1, u1, u1, u1, u2))
    return fixes, Particulars(*flat, *(np.empty((rows, width), u1) for width in (20, 7, 20)))


SEEN = 1 << 16
SEEN_WAYS = 4
TWICE_NS = 30_000_000_000


class Seen(NamedTuple):
    """Messages of the last half minute, by a hash of their bits: for those that several stations received."""

    key: np.ndarray
    rx_ns: np.ndarray
    seq: np.ndarray


def unseen():
    """Nothing seen."""
    return Seen(np.zeros(SEEN, np.uint64), np.zeros(SEEN, np.int64), np.zeros(SEEN, np.int64))


class Receptions(NamedTuple):
    """One row for every further reception of a message that was kept: `seq` is the kept one's, `line` its own.

    `station` is a row of the feed's `stations`, or NONE_STATION where the line named none.
    """

    seq: np.ndarray
    line: np.ndarray
    rx_ns: np.ndarray
    station: np.ndarray


def receptions(rows):
    """Room for that many."""
    return Receptions(*(np.empty(rows, dtype) for dtype in (np.int64, np.int64, np.int64, np.uint16)))


# Every byte's six bits are checked and packed eight at a time. x86 `pext` would do the packing in one instruction but
# takes 18 cycles on some AMD cores; mask and shift is the same everywhere.
HIGH = U8(0x8080808080808080)
FROM_0 = U8(0x5050505050505050)  # carries into the high bit from '0' up
FROM_X = U8(0x0808080808080808)  # carries into the high bit from 'x' up
HOLE, HOLE_MASK = U8(0x5858585858585858), U8(0xF8F8F8F8F8F8F8F8)  # 'X' to '_' are not used
LOW7 = U8(0x7F7F7F7F7F7F7F7F)
ZERO = U8(0x3030303030303030)
OVER_40 = U8(0x5757575757575757)
ONES = U8(0x0101010101010101)


@inlined
def fits(w):
    """Whether all eight bytes are six-bit characters (M.1371 table 47, IEC 61162-1)."""
    low = w & LOW7
    hole = (w & HOLE_MASK) ^ HOLE
    hole = ~(((hole & LOW7) + LOW7) | hole | LOW7)
    return ((w | ~(low + FROM_0) | (low + FROM_X) | hole) & HIGH) == U8(0)


@inlined
def packed(w):
    """The 48 bits of eight six-bit characters."""
    v = w - ZERO
    v -= (((v + OVER_40) & HIGH) >> U8(7)) << U8(3)
    v = ((v & U8(0x3F003F003F003F00)) >> U8(2)) | (v & U8(0x003F003F003F003F))
    v = ((v & U8(0x0FFF00000FFF0000)) >> U8(4)) | (v & U8(0x00000FFF00000FFF))
    return ((v >> U8(8)) & U8(0xFFFFFF000000)) | (v & U8(0xFFFFFF))


@inlined
def unarmour(text, at, size, out_words):
    """Whether all `size` characters are six-bit ones; out_words: 48 bits each, then two words of zeros."""
    k = 0
    while size >= 8:
        w = word(text, at)
        if not fits(w):
            return False
        out_words[k] = packed(w)
        k += 1
        at += 8
        size -= 8
    if size > 0:
        keep = ~U8(0) << U8(64 - 8 * size)
        w = (word(text, at) & keep) | (ZERO & ~keep)
        if not fits(w):
            return False
        out_words[k] = packed(w)
        k += 1
    out_words[k] = out_words[k + 1] = 0
    return True


@once
@kernel
def bits(words, start, n):
    """Unsigned integer of n <= 48 bits from bit `start`, the first bit highest."""
    i, off = start // 48, start % 48
    if off + n <= 48:
        return np.int64((words[i] >> U8(48 - off - n)) & ((U8(1) << U8(n)) - U8(1)))
    rest = off + n - 48
    high = words[i] & ((U8(1) << U8(48 - off)) - U8(1))
    return np.int64((high << U8(rest)) | (words[i + 1] >> U8(48 - rest)))


@once
@kernel
def signed(words, start, n):
    """Two's complement integer of n bits."""
    value = bits(words, start, n)
    return value - (np.int64(1) << n) if value >> (n - 1) else value


@once
@kernel
def text(words, start, width, out, row):
    """Six-bit ASCII into out[row, :width], zeros from the first @ on and in place of trailing blanks."""
    last = -1
    done = False
    for k in range(width):
        c = bits(words, start + 6 * k, 6)
        done = done or c == 0
        out[row, k] = 0 if done else (c + 64 if c < 32 else c)
        if not done and c != 32:
            last = k
    for k in range(last + 1, width):
        out[row, k] = 0


@kernel
def fingerprint(words, size):
    """64 bits of a message's own bits, but for the repeat indicator; never 0. Shifts only: they cannot overflow."""
    h = U8(size) ^ U8(0x9E3779B97F4A7C15)
    for k in range((size + 7) // 8):
        w = words[k]
        if k == 0:
            w &= ~(U8(3) << U8(40))
        h ^= w
        h ^= h << U8(13)
        h ^= h >> U8(7)
        h ^= h << U8(17)
    return h | U8(1)


@kernel
def first_copy(key, rx_ns, seq, seen_key, seen_rx, seen_seq):
    """`seq` of the copy already kept within TWICE_NS, or NONE, and then this one is remembered."""
    base = np.int64((key >> U8(20)) & U8(SEEN // SEEN_WAYS - 1)) * SEEN_WAYS
    oldest = base
    for k in range(base, base + SEEN_WAYS):
        if seen_key[k] == key and abs(rx_ns - seen_rx[k]) <= TWICE_NS:
            return seen_seq[k]
        if seen_rx[k] < seen_rx[oldest]:
            oldest = k
    seen_key[oldest], seen_rx[oldest], seen_seq[oldest] = key, rx_ns, seq
    return np.int64(NONE)


FIX_TYPES = sum(1 << kind for kind in (1, 2, 3, 4, 9, 11, 18, 19, 21, 27))
PART_TYPES = sum(1 << kind for kind in (5, 19, 21, 24))


@kernel
def limits(kind, part_b):
    """Least and most bits of a message of this type; 6 over and under for other ideas of fill bits."""
    if kind <= 4 or kind in (9, 11, 18):
        return 162, 174
    if kind == 5:
        return 406, 434  # 424; several coders cut the destination's last characters
    if kind == 19:
        return 306, 318
    if kind == 21:
        return 268, 372
    if kind == 27:
        return 90, 174
    if kind == 24:
        return (162 if part_b else 156), 216  # some class B sets pad part B to 204
    return 40, 6 * MAX_CHARS


@kernel
def reject(offset, parts, station, bucket, base, n, counts, firsts, tally):
    """All lines of a message into one bucket, and into that of its station."""
    at = offset - base
    count(counts, firsts, bucket, at if 0 <= at < n else 0)
    counts[bucket] += np.int64(parts) - 1
    if station >= 0:
        tally[station, bucket] += parts


@kernel
def decode(buf, n, base, joined, frames, rows, merge, seen, counts, firsts, tally, out_fixes, out_parts, out_heard):
    """(rows of Fixes, of Particulars, of Receptions) of frames[:rows]; what gives none is counted by bucket."""
    words = np.zeros(MAX_CHARS // 8 + 3, np.uint64)
    found = np.zeros(8, np.int64)
    fix = part = heard = 0
    for row in range(rows):
        at, size = frames.at[row], np.int64(frames.size[row])
        if at < 0:
            continue
        station = frames.station[row]
        if size == 0 or size > MAX_CHARS:
            reject(frames.offset[row], frames.parts[row], station, LENGTH, base, n, counts, firsts, tally)
            continue
        good = unarmour(buf, at, size, words) if frames.parts[row] == 1 else unarmour(joined, at, size, words)
        if not good:
            reject(frames.offset[row], frames.parts[row], station, ARMOUR, base, n, counts, firsts, tally)
            continue
        have = 6 * size - frames.fill[row]
        kind = bits(words, 0, 6)
        is_fix = (FIX_TYPES >> kind) & 1
        is_part = (PART_TYPES >> kind) & 1
        if kind == 0 or kind > 27 or (kind == 24 and bits(words, 38, 2) > 1):
            reject(frames.offset[row], frames.parts[row], station, TYPE, base, n, counts, firsts, tally)
            continue
        if not (is_fix or is_part):
            reject(frames.offset[row], frames.parts[row], station, NO_REPORT, base, n, counts, firsts, tally)
            continue
        part_b = kind == 24 and bits(words, 38, 2) == 1
        need, most = limits(kind, part_b)
        if have < need or have > most:
            reject(frames.offset[row], frames.parts[row], station, LENGTH, base, n, counts, firsts, tally)
            continue
        rx_ns = frames.rx_ns[row]
        if merge:
            copy_of = first_copy(fingerprint(words, size), rx_ns, frames.seq[row], seen.key, seen.rx_ns, seen.seq)
            if copy_of >= 0:
                reject(frames.offset[row], frames.parts[row], station, DUPLICATE, base, n, counts, firsts, tally)
                out_heard.seq[heard], out_heard.line[heard] = copy_of, frames.seq[row]
                out_heard.rx_ns[heard] = rx_ns
                out_heard.station[heard] = station if station >= 0 else NONE_STATION
                heard += 1
                continue
        counts[0] += frames.parts[row]
        if station >= 0:
            tally[station, 0] += frames.parts[row]
        station = station if station >= 0 else NONE_STATION
        mmsi = bits(words, 8, 30)
        if is_fix:
            sog, cog, heading, rot = NO_SOG, NO_COG, NO_HEADING, NO_ROT
            status, second = NO_STATUS, NO_SECOND
            if kind <= 3:
                status, rot, sog = bits(words, 38, 4), signed(words, 42, 8), bits(words, 50, 10)
                accurate, lon, lat = bits(words, 60, 1), signed(words, 61, 28), signed(words, 89, 27)
                cog, heading, second = bits(words, 116, 12), bits(words, 128, 9), bits(words, 137, 6)
                raim = bits(words, 148, 1)
            elif kind in (18, 19):
                sog = bits(words, 46, 10)
                accurate, lon, lat = bits(words, 56, 1), signed(words, 57, 28), signed(words, 85, 27)
                cog, heading, second = bits(words, 112, 12), bits(words, 124, 9), bits(words, 133, 6)
                raim = bits(words, 147, 1) if kind == 18 else bits(words, 305, 1)
            elif kind == 9:
                sog = bits(words, 50, 10)
                sog = sog * 10 if sog < 1023 else NO_SOG
                accurate, lon, lat = bits(words, 60, 1), signed(words, 61, 28), signed(words, 89, 27)
                cog, second, raim = bits(words, 116, 12), bits(words, 128, 6), bits(words, 147, 1)
            elif kind == 21:
                accurate, lon, lat = bits(words, 163, 1), signed(words, 164, 28), signed(words, 192, 27)
                second, raim = bits(words, 253, 6), bits(words, 268, 1)
            elif kind == 27:
                accurate, raim, status = bits(words, 38, 1), bits(words, 39, 1), bits(words, 40, 4)
                lon, lat = signed(words, 44, 18) * 1000, signed(words, 62, 17) * 1000
                sog, cog = bits(words, 79, 6), bits(words, 85, 9)
                sog = sog * 10 if sog < 63 else NO_SOG
                cog = cog * 10 if cog < 360 else NO_COG
            else:
                second = bits(words, 72, 6)
                accurate, lon, lat = bits(words, 78, 1), signed(words, 79, 28), signed(words, 107, 27)
                raim = bits(words, 148, 1)
            out_fixes.rx_ns[fix] = rx_ns
            out_fixes.seq[fix] = frames.seq[row]
            out_fixes.mmsi[fix] = mmsi
            out_fixes.lon[fix], out_fixes.lat[fix] = lon, lat
            out_fixes.sog[fix], out_fixes.cog[fix], out_fixes.heading[fix] = sog, cog, heading
            out_fixes.station[fix] = station
            out_fixes.rot[fix], out_fixes.status[fix], out_fixes.second[fix] = rot, status, second
            out_fixes.kind[fix] = kind | (accurate << 5) | (raim << 6) | (np.int64(frames.own[row]) << 7)
            fix += 1
        if is_part:
            particulars(
                words, kind, part_b, mmsi, part, found, out_parts.name, out_parts.callsign, out_parts.destination
            )
            out_parts.mmsi[part], out_parts.imo[part], out_parts.eta[part] = mmsi, found[IMO], found[ETA]
            out_parts.to_bow[part], out_parts.to_stern[part] = found[BOW], found[STERN]
            out_parts.to_port[part], out_parts.to_starboard[part] = found[PORT], found[STARBOARD]
            out_parts.draught[part], out_parts.ship_type[part] = found[DRAUGHT], found[SHIP_TYPE]
            out_parts.kind[part] = kind + 100 if part_b else kind
            out_parts.rx_ns[part], out_parts.seq[part], out_parts.station[part] = rx_ns, frames.seq[row], station
            part += 1
    return fix, part, heard


IMO, ETA, BOW, STERN, PORT, STARBOARD, DRAUGHT, SHIP_TYPE = range(8)  # of what `particulars` finds


@kernel
def particulars(words, kind, part_b, mmsi, row, out, out_name, out_callsign, out_destination):
    """Static data of one message: numbers into out, texts into a row of the three matrices."""
    out[:] = 0
    for k in range(20):
        out_name[row, k] = out_destination[row, k] = 0
    for k in range(7):
        out_callsign[row, k] = 0
    start = -1
    if kind == 5:
        out[IMO], out[SHIP_TYPE] = bits(words, 40, 30), bits(words, 232, 8)
        out[ETA], out[DRAUGHT] = bits(words, 274, 20), bits(words, 294, 8)
        text(words, 70, 7, out_callsign, row)
        text(words, 112, 20, out_name, row)
        text(words, 302, 20, out_destination, row)
        start = 240
    elif kind == 19:
        out[SHIP_TYPE] = bits(words, 263, 8)
        text(words, 143, 20, out_name, row)
        start = 271
    elif kind == 21:
        out[SHIP_TYPE] = bits(words, 38, 5)
        text(words, 43, 20, out_name, row)
        start = 219
    elif not part_b:
        text(words, 40, 20, out_name, row)
    else:
        out[SHIP_TYPE] = bits(words, 40, 8)
        text(words, 90, 7, out_callsign, row)
        if mmsi // 10_000_000 != 98:  # an auxiliary craft sends its mother ship's MMSI in place of its size
            start = 132
    if start >= 0:
        out[BOW], out[STERN] = bits(words, start, 9), bits(words, start + 9, 9)
        out[PORT], out[STARBOARD] = bits(words, start + 18, 6), bits(words, start + 24, 6)
