"""The envelope of every line: where its sentence lies, when it was received, by which station; and parts joined.

One kernel walks a buffer of whole lines. It knows no style by name: time and station are looked for in tag blocks
(NMEA 0183 V4.10 clause 7, `c:` `s:` `g:`), before the sentence (epoch or ISO 8601), after its checksum (epoch, and a
station that begins with r or b) and in a $PGHP line or a bare tag block on the line before; the innermost that is
there holds. Every line ends in one bucket.
"""

from typing import NamedTuple

import numpy as np

from vts.jit import inlined, kernel

NONE = -1  # no time, no station
MAX_LINE = 65_536
MAX_AGE_LINES = 20_000  # a message whose parts lie farther apart, or more than MAX_AGE_NS, is not one message
MAX_AGE_NS = 60_000_000_000
PART = 128  # characters of one part of several; IEC 61162-1 allows 82 for the whole sentence
PARTS = 9
SETS, WAYS = 64, 8  # messages waiting for parts
GROUPS = 1024
NAMES, NAME = 32_768, 32  # stations known by name, and their length
PAD = 64  # a word may be read past the last line

# Buckets. A line that goes into a message, or gives it its time, is USED.
USED, BLANK, COMMENT, NOT_AIS, OTHER, CHECKSUM, NO_CHECKSUM, MALFORMED, ORPHAN, TOO_LONG = range(10)
LENGTH, ARMOUR, TYPE, NO_REPORT, DUPLICATE, NO_TIME, JSON_OTHER = range(10, 17)
REASONS = (
    "used",
    "blank line",
    "comment",
    "not AIS",
    "other sentence",
    "bad checksum",
    "no checksum",
    "malformed sentence",
    "orphan part",
    "line too long",
    "wrong length",
    "not six-bit text",
    "unsupported type",
    "no position or static data",
    "received twice",
    "no time",
    "JSON of another kind",
)

NL, CR, SPACE, QUOTE, BANG, DOLLAR, STAR, COMMA, COLON, BACKSLASH, BRACE = 10, 13, 32, 34, 33, 36, 42, 44, 58, 92, 123
JSON, SKIP = -1, -2  # Frames.at of a line that holds JSON (Frames.size is the line's length), or of no message

U8 = np.uint64
LOW7 = U8(0x7F7F7F7F7F7F7F7F)
STARS = U8(0x2A2A2A2A2A2A2A2A)
NEWLINES = U8(0x0A0A0A0A0A0A0A0A)
COMMAS = U8(0x2C2C2C2C2C2C2C2C)
BACKSLASHES = U8(0x5C5C5C5C5C5C5C5C)
BANGS = U8(0x2121212121212121)


class State(NamedTuple):
    """What lies between two blocks: messages waiting for parts, groups, the last $PGHP, stations by name.

    Few arrays, and kernels pass on only those that they need: an array costs an atomic count at each call.
    """

    mark: np.ndarray  # MARK_T ...: time and station for the next sentence; lines and stations so far
    group: np.ndarray  # (GROUPS, 3) key, time, station
    slot: np.ndarray  # (SETS * WAYS, 7 + PARTS) KEY ...
    part: np.ndarray  # (SETS * WAYS, PARTS, PART) characters
    name_row: np.ndarray  # open addressing, 0 is free, else row + 1
    name_text: np.ndarray  # (NAMES, NAME // 8) words, the first byte highest
    tally: np.ndarray  # (NAMES, buckets) lines by station; those of no station are the rest of `counts`


MARK_T, MARK_STATION, MARK_LINES, MARK_NAMES = range(4)
KEY, WHO, WHEN, WHERE, LINE, HAVE, FILL, SIZE = range(8)  # of a slot; KEY 0 is free, bit k of HAVE: part k + 1 is here


def fresh():
    """The State before the first byte."""
    slots = SETS * WAYS
    return State(
        np.array([NONE, NONE, 0, 0], np.int64),
        np.zeros((GROUPS, 3), np.int64),
        np.zeros((slots, SIZE + PARTS), np.int64),
        np.zeros((slots, PARTS, PART), np.uint8),
        np.zeros(2 * NAMES, np.int32),
        np.zeros((NAMES, NAME // 8), np.uint64),
        tally(),
    )


def tally():
    """Lines by station and bucket, none yet: up to 4e9, some 300 GB of one station's lines under one reason."""
    return np.zeros((NAMES, len(REASONS)), np.uint32)


class Frames(NamedTuple):
    """Whole messages, one row each, in the order in which they were completed."""

    rx_ns: np.ndarray  # NONE where nothing told it
    offset: np.ndarray  # of the first byte of its (first) line
    seq: np.ndarray  # of the line that completed it
    at: np.ndarray  # first character: of the buffer, or of `joined` where parts > 1; JSON
    size: np.ndarray  # characters
    fill: np.ndarray  # bits to leave out at the end
    parts: np.ndarray
    station: np.ndarray  # row of State.name_text, or NONE
    channel: np.ndarray  # as sent, 0 where empty
    own: np.ndarray  # 1 for VDO


def frames(n):
    """Room for every message that n bytes can hold (the shortest sentence has 20)."""
    rows = n // 16 + 2
    i8, i4, u1 = np.int64, np.int32, np.uint8
    return Frames(*(np.empty(rows, dtype) for dtype in (i8, i8, i8, i8, i4, u1, u1, i4, u1, u1)))


# What the readers of a line find: a scratch row of integers
T, FROM, TO, GROUP, N_WHOLE, N_FRACTION, N_DIGITS = range(7)  # FROM, TO: where the station's name lies
S_AT, S_SIZE, S_FILL, S_PARTS, S_PART, S_ID, S_CHANNEL, S_END = range(7, 15)
FOUND = 15


@inlined
def word(buf, i):
    """Eight bytes, the first highest. LLVM makes one load of it, as long as no index can be below zero."""
    j = U8(i)
    return (
        (U8(buf[j]) << U8(56))
        | (U8(buf[j + U8(1)]) << U8(48))
        | (U8(buf[j + U8(2)]) << U8(40))
        | (U8(buf[j + U8(3)]) << U8(32))
        | (U8(buf[j + U8(4)]) << U8(24))
        | (U8(buf[j + U8(5)]) << U8(16))
        | (U8(buf[j + U8(6)]) << U8(8))
        | U8(buf[j + U8(7)])
    )


@inlined
def zeros(w):
    """The high bit of every byte of w that is zero, exactly (no borrow from byte to byte)."""
    return ~(((w & LOW7) + LOW7) | w | LOW7)


@inlined
def first_byte(z):
    """Which byte of a word of `zeros` is the first that is marked: 0-7, without a count-leading-zeros instruction."""
    k = 0
    if z >> U8(32) == U8(0):
        k = 4
        z <<= U8(32)
    if z >> U8(48) == U8(0):
        k += 2
        z <<= U8(16)
    return k + (z >> U8(56) == U8(0))


@kernel
def find(buf, i, end, eights):
    """Index of the first byte at i or after that equals those of `eights`, or end."""
    while i < end:
        z = zeros(word(buf, i) ^ eights)
        if z != U8(0):
            return min(i + first_byte(z), end)
        i += 8
    return end


@kernel
def line_end(buf, i):
    """Index of the next newline; there is one."""
    z = zeros(word(buf, i) ^ NEWLINES)
    while z == U8(0):
        i += 8
        z = zeros(word(buf, i) ^ NEWLINES)
    return i + first_byte(z)


@inlined
def head(buf, i, size):
    """The first eight of `size` bytes at i, zeros after them."""
    if size >= 8:
        return word(buf, i)
    if size <= 0:
        return U8(0)
    return word(buf, i) & (~U8(0) << U8(64 - 8 * size))


@kernel
def mixed(h):
    """A word with its high bits spread over the low ones; shifts only, which cannot overflow."""
    h ^= h >> U8(31)
    h ^= h >> U8(15)
    return h ^ (h >> U8(7))


@kernel
def hex_digit(c):
    """0-15, or 99."""
    if 48 <= c <= 57:
        return np.int64(c) - 48
    if 65 <= c <= 70:
        return np.int64(c) - 55
    if 97 <= c <= 102:
        return np.int64(c) - 87
    return np.int64(99)


@kernel
def epoch_ns(whole, fraction, digits):
    """UTC ns of an epoch told by its number of digits: 9-10 s, 12-13 ms, 15-16 us, 18-19 ns; NONE otherwise."""
    if 9 <= digits <= 10:
        return whole * 1_000_000_000 + fraction
    if 12 <= digits <= 13:
        return whole * 1_000_000 + fraction // 1000
    if 15 <= digits <= 16:
        return whole * 1000 + fraction // 1_000_000
    if 18 <= digits <= 19 and whole > 0:
        return whole
    return np.int64(NONE)


@kernel
def number(buf, i, end, out):
    """Index after the digits and decimals at i; out N_WHOLE, N_FRACTION (billionths), N_DIGITS before the point."""
    whole, digits = np.int64(0), np.int64(0)
    while i < end and 48 <= buf[i] <= 57:
        if digits < 18 or (digits == 18 and whole <= 922337203685477579):
            whole = whole * 10 + (np.int64(buf[i]) - 48)
        digits += 1
        i += 1
    fraction, scale = np.int64(0), np.int64(100_000_000)
    if i + 1 < end and buf[i] == 46 and digits > 0 and 48 <= buf[i + 1] <= 57:
        i += 1
        while i < end and 48 <= buf[i] <= 57:
            fraction += (np.int64(buf[i]) - 48) * scale
            scale //= 10
            i += 1
    out[N_WHOLE], out[N_FRACTION], out[N_DIGITS] = whole, fraction, digits
    return i


@kernel
def digits_at(buf, i, k):
    """The number of k digits at i, or -1."""
    value = np.int64(0)
    for j in range(k):
        if not 48 <= buf[i + j] <= 57:
            return np.int64(-1)
        value = value * 10 + (np.int64(buf[i + j]) - 48)
    return value


@kernel
def utc_ns(year, month, day, hour, minute, second):
    """UTC ns of a date of the proleptic Gregorian calendar; NONE where it is not one."""
    if not (1970 <= year <= 2200 and 1 <= month <= 12 and 1 <= day <= 31):
        return np.int64(NONE)
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 60):
        return np.int64(NONE)
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    longest = 31
    if month == 2:
        longest = 29 if leap else 28
    elif month in (4, 6, 9, 11):
        longest = 30
    if day > longest:
        return np.int64(NONE)
    y = year if month > 2 else year - 1
    m = month - 3 if month > 2 else month + 9
    days = 365 * y + y // 4 - y // 100 + y // 400 + (153 * m + 2) // 5 + day - 719469
    return ((days * 24 + hour) * 60 + minute) * 60_000_000_000 + second * 1_000_000_000


@kernel
def iso_ns(buf, i, end, out):
    """UTC ns of the ISO 8601 time at i, basic or extended, T, space or _ between; without a zone UTC; NONE if none."""
    dashed = buf[i + 4] == 45 or buf[i + 4] == 47
    gap = 1 if dashed else 0
    year, month = digits_at(buf, i, 4), digits_at(buf, i + 4 + gap, 2)
    day = digits_at(buf, i + 6 + 2 * gap, 2)
    if year < 0 or month < 0 or day < 0:
        return np.int64(NONE)
    i += 8 + 2 * gap
    if not (buf[i] == 84 or buf[i] == SPACE or buf[i] == 95):
        return np.int64(NONE)
    i += 1
    colon = 1 if buf[i + 2] == COLON else 0
    hour, minute = digits_at(buf, i, 2), digits_at(buf, i + 2 + colon, 2)
    if hour < 0 or minute < 0:
        return np.int64(NONE)
    i += 4 + colon
    if colon and buf[i] == COLON:
        i += 1
    second = np.int64(0)
    fraction = np.int64(0)
    if 48 <= buf[i] <= 57:
        i = number(buf, i, end, out)
        second, fraction = out[N_WHOLE], out[N_FRACTION]
        if out[N_DIGITS] != 2:
            return np.int64(NONE)
    t = utc_ns(year, month, day, hour, minute, second)
    if t < 0:
        return t
    if buf[i] == 43 or buf[i] == 45:
        colon = 1 if buf[i + 3] == COLON else 0
        zone_h, zone_m = digits_at(buf, i + 1, 2), digits_at(buf, i + 3 + colon, 2)
        if zone_h >= 0 and zone_m >= 0:
            east = (zone_h * 60 + zone_m) * 60_000_000_000
            t = t - east if buf[i] == 43 else t + east
    return t + fraction


@kernel
def leading_ns(buf, i, end, out):
    """The time that a line begins with: an epoch or ISO 8601, perhaps in brackets or quotes; NONE if it has none."""
    while i < end and (buf[i] == SPACE or buf[i] == QUOTE or buf[i] == 91 or buf[i] == 40 or buf[i] == 9):
        i += 1
    if i >= end or not 48 <= buf[i] <= 57:
        return np.int64(NONE)
    after = number(buf, i, end, out)
    if out[N_DIGITS] == 4 or (out[N_DIGITS] == 8 and (buf[after] == 84 or buf[after] == 95 or buf[after] == SPACE)):
        return iso_ns(buf, i, end, out)
    return epoch_ns(out[N_WHOLE], out[N_FRACTION], out[N_DIGITS])


@kernel
def seek(buf, i, end):
    """Index of the next tag block, !..VDM, !..VDO or $-sentence, or end."""
    while i < end:
        c = buf[i]
        if c == BACKSLASH:
            return i
        if c in (BANG, DOLLAR):
            k = 1
            while k <= 5 and (48 <= buf[i + k] <= 57 or 65 <= buf[i + k] <= 90):
                k += 1
            if k == 6 or (c == BANG and is_vdm(buf, i)):
                return i
        i += 1
    return end


@kernel
def is_vdm(buf, i):
    """Whether !..VDM, or !..VDO, stands at i."""
    return (
        buf[i] == BANG
        and buf[i + 3] == 86
        and buf[i + 4] == 68
        and (buf[i + 5] == 77 or buf[i + 5] == 79)
        and buf[i + 6] == COMMA
    )


@kernel
def station_row(buf, i, end, mark, name_row, name_text):
    """Row of the station named by buf[i:end] (cut to NAME bytes); a new one is entered; NONE when the book is full."""
    size = min(end - i, NAME)
    if size <= 0:
        return np.int64(NONE)
    a, b, c, d = head(buf, i, size), head(buf, i + 8, size - 8), U8(0), U8(0)
    if size > 16:
        c, d = head(buf, i + 16, size - 16), head(buf, i + 24, size - 24)
    at = np.int64(mixed(a ^ (b << U8(3)) ^ (c << U8(7)) ^ (d << U8(11))) & U8(2 * NAMES - 1))
    while name_row[at] > 0:
        row = np.int64(name_row[at]) - 1
        if name_text[row, 0] == a and name_text[row, 1] == b and name_text[row, 2] == c and name_text[row, 3] == d:
            return row
        at = (at + 1) & (2 * NAMES - 1)
    row = mark[MARK_NAMES]
    if row >= NAMES:
        return np.int64(NONE)
    mark[MARK_NAMES] += 1
    name_row[at] = row + 1
    name_text[row, 0], name_text[row, 1] = a, b
    name_text[row, 2], name_text[row, 3] = c, d
    return row


@kernel
def tag_block(buf, i, end, out):
    """Index after the tag block at i; out T, FROM, TO and GROUP where it gives them.

    Its checksum is not asked: archives shorten stations and rewrite times without sealing the block anew, the sentence
    has a checksum of its own, and `vts.merge` holds back a clock that jumps. A block that is not closed ends where the
    sentence begins.
    """
    close = i + 1
    while close < end:
        w = word(buf, close)
        z = zeros(w ^ BACKSLASHES) | zeros(w ^ BANGS)
        if z != U8(0):
            close = min(close + first_byte(z), end)
            break
        close += 8
    close = min(close, end)
    after = close + 1 if close < end and buf[close] == BACKSLASH else close
    sealed = close - i >= 4 and buf[close - 3] == STAR
    stop = close - 3 if sealed else find(buf, i, close, STARS)
    i += 1
    while i + 2 < stop:
        key = buf[i]
        if buf[i + 1] == COLON and key == 99:  # c: time
            whole = np.int64(0)
            k = i + 2
            while k < stop and 48 <= buf[k] <= 57 and k < i + 20:
                whole = whole * 10 + (np.int64(buf[k]) - 48)
                k += 1
            t = np.int64(NONE)
            if k == stop or buf[k] == COMMA:
                t = epoch_ns(whole, np.int64(0), k - i - 2)
            else:
                k = number(buf, i + 2, stop, out)
                if k == stop or buf[k] == COMMA:
                    t = epoch_ns(out[N_WHOLE], out[N_FRACTION], out[N_DIGITS])
                k = find(buf, k, stop, COMMAS)
            out[T] = t if t >= 0 else out[T]
            i = k + 1
            continue
        comma = find(buf, i, stop, COMMAS)
        if buf[i + 1] == COLON and key == 115:  # s: source
            out[FROM], out[TO] = i + 2, comma
        elif buf[i + 1] == COLON and key == 103:  # g: part-total-id
            k = i + 2
            while k < comma and buf[k] != 45:
                k += 1
            out[GROUP] = group_key(buf, k + 1, comma)
        elif 49 <= key <= 57 and buf[i + 1] == 71 and buf[i + 3] == COLON:  # 1G2:id, the older form
            out[GROUP] = group_key(buf, i + 2, comma)
        i = comma + 1
    return after


@kernel
def group_key(buf, i, end):
    """A number above 0 for a group's size and id, of which 16 characters count."""
    a, b = head(buf, i, end - i), head(buf, i + 8, end - i - 8)
    return np.int64((mixed(a ^ (b << U8(5))) >> U8(2)) | U8(1))


@kernel
def trailing(buf, i, end, out):
    """Index of what follows the fields after a checksum (a line end, tag or sentence); out T, FROM and TO as found."""
    while i < end and buf[i] != BACKSLASH and buf[i] != BANG:
        stop = i
        while stop < end and buf[stop] not in (COMMA, BACKSLASH, BANG, CR, QUOTE, SPACE):
            stop += 1
        c = buf[i]
        if 48 <= c <= 57 and out[T] < 0:
            if number(buf, i, stop, out) == stop:
                out[T] = epoch_ns(out[N_WHOLE], out[N_FRACTION], out[N_DIGITS])
        elif c in (114, 98, 82, 66) and stop - i >= 4 and 48 <= buf[i + 3] <= 57 and out[TO] == 0:
            out[FROM], out[TO] = i, stop
        if stop < end and (buf[stop] == BACKSLASH or buf[stop] == BANG):
            return stop
        i = stop + 1
    return min(i, end)


@kernel
def sentence(buf, p, end, out):
    """Bucket of the !..VDM at p (USED: fit to be read); out as S_AT ... S_END. Its checksum is taken word by word."""
    out[S_PARTS] = 0
    q = p + 1
    x = U8(0)
    w = word(buf, q)
    z = zeros(w ^ STARS)
    while z == U8(0) and q < end:
        x ^= w
        q += 8
        w = word(buf, q)
        z = zeros(w ^ STARS)
    k = first_byte(z)
    x ^= head(buf, q, k)
    q = min(q + k, end)
    x ^= x >> U8(32)
    x ^= x >> U8(16)
    x ^= x >> U8(8)
    total = np.int64(x & U8(0xFF))
    star = q
    bucket = np.int64(USED)
    if star < end:
        if hex_digit(buf[star + 1]) * 16 + hex_digit(buf[star + 2]) != total:
            bucket = CHECKSUM
        out[S_END] = min(star + 3, end)
    else:
        bucket = NO_CHECKSUM
        star = end
        while star > p and (buf[star - 1] == CR or buf[star - 1] == SPACE):
            star -= 1
        out[S_END] = end
    i = p + 7
    if not (48 <= buf[i] <= 57 and buf[i + 1] == COMMA and 48 <= buf[i + 2] <= 57 and buf[i + 3] == COMMA):
        return MALFORMED if bucket == USED else bucket
    parts, part = np.int64(buf[i]) - 48, np.int64(buf[i + 2]) - 48
    i += 4
    sequence = np.int64(-1)
    while i < star and 48 <= buf[i] <= 57 and sequence < 1000:
        sequence = max(sequence, 0) * 10 + (np.int64(buf[i]) - 48)
        i += 1
    out[S_ID] = sequence
    channel = np.int64(0)
    commas = 0
    while i < star and commas < 2:
        if buf[i] == COMMA:
            commas += 1
        elif commas == 1:
            channel = np.int64(buf[i])
        else:
            return MALFORMED if bucket == USED else bucket
        i += 1
    out[S_CHANNEL] = channel
    if commas < 2:
        return MALFORMED if bucket == USED else bucket
    stop = star - 1
    while stop >= i and buf[stop] != COMMA:
        stop -= 1
    if stop < i or star - stop > 2:
        return MALFORMED if bucket == USED else bucket
    out[S_FILL] = np.int64(buf[stop + 1]) - 48 if star - stop == 2 else 0
    out[S_AT], out[S_SIZE] = i, stop - i
    if not (0 <= out[S_FILL] <= 5 and 1 <= part <= parts):
        return MALFORMED if bucket == USED else bucket
    out[S_PARTS], out[S_PART] = parts, part
    return bucket


@kernel
def bits_set(mask):
    """How many parts are here."""
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count


@kernel
def slot_for(key, station, part, t, line, slot, counts):
    """The slot in which this part belongs; a full set gives up its oldest message, whose parts become orphans."""
    base = (key ^ (key >> 17)) % SETS * WAYS
    best, best_line = base, np.int64(1) << 62
    for k in range(base, base + WAYS):
        if slot[k, KEY] == key:
            other = slot[k, WHO]
            if not (other >= 0 and station >= 0 and other != station):
                late = t >= 0 and slot[k, WHEN] >= 0 and abs(t - slot[k, WHEN]) > MAX_AGE_NS
                repeated = (slot[k, HAVE] >> (part - 1)) & 1
                if not (late or repeated or line - slot[k, LINE] > MAX_AGE_LINES):
                    return k
                best, best_line = k, np.int64(-1)
        age = slot[k, LINE] if slot[k, KEY] else np.int64(0)
        if age < best_line:
            best, best_line = k, age
    if slot[best, KEY] != 0:
        counts[ORPHAN] += bits_set(slot[best, HAVE])
    slot[best, KEY] = key
    slot[best, WHO] = station
    slot[best, WHEN] = NONE
    slot[best, WHERE] = NONE
    slot[best, LINE] = line
    slot[best, HAVE] = 0
    return best


@kernel
def count(counts, firsts, bucket, at):
    """One line into its bucket; the first of a block is remembered."""
    counts[bucket] += 1
    if firsts[bucket] < 0:
        firsts[bucket] = at


@kernel
def walk(buf, n, base, keep_bad, state, joined, counts, firsts, out_frames):
    """Rows of out_frames: the messages completed in buf[:n], whole lines that begin at byte `base` of the log.

    buf has PAD bytes of newline after n. Every line is counted under its bucket, but those of messages (Frames.parts)
    and JSON lines, which are for the caller to count.
    """
    mark, groups, slot, text = state.mark, state.group, state.slot, state.part
    name_row, name_text, tally = state.name_row, state.name_text, state.tally
    out = np.zeros(FOUND, np.int64)
    row = 0
    used = 0  # of joined
    end = -1
    while end + 1 < n:
        line = end + 1
        end = line_end(buf, line)
        mark[MARK_LINES] += 1
        if end - line > MAX_LINE:
            count(counts, firsts, TOO_LONG, line)
            continue
        q = line
        if base + line == 0 and buf[0] == 0xEF and buf[1] == 0xBB and buf[2] == 0xBF:
            q = 3
        lead = np.int64(NONE)
        c = buf[q]
        if c == BRACE:
            out_frames.at[row] = JSON
            out_frames.size[row] = end - q
            out_frames.offset[row] = base + q
            out_frames.seq[row] = base + line
            out_frames.rx_ns[row] = NONE
            out_frames.parts[row] = 1
            row += 1
            continue
        if c not in (BANG, BACKSLASH, DOLLAR):
            start = q
            q = seek(buf, q, end)
            lead = leading_ns(buf, start, q, out)
        found = 0
        here = line
        out[T], out[FROM], out[TO], out[GROUP] = NONE, 0, 0, 0
        while q < end:
            out[T], out[FROM], out[TO], out[GROUP] = NONE, 0, 0, 0
            while q < end and buf[q] == BACKSLASH:
                q = tag_block(buf, q, end, out)
            if q < end and buf[q] != DOLLAR and not is_vdm(buf, q):
                q = seek(buf, q, end)
                if q < end and buf[q] == BACKSLASH:
                    continue
            if q >= end:
                break
            group = out[GROUP]
            if not is_vdm(buf, q):
                if found == 0:
                    found = 1
                    if group > 0 and (out[T] >= 0 or out[TO] > 0):
                        g = group & (GROUPS - 1)
                        groups[g, 0], groups[g, 1] = group, out[T]
                        groups[g, 2] = station_row(buf, out[FROM], out[TO], mark, name_row, name_text)
                    bucket = gatehouse(buf, q, end, out, mark)
                    if bucket == USED:
                        mark[MARK_STATION] = station_row(buf, out[FROM], out[TO], mark, name_row, name_text)
                    count(counts, firsts, bucket, here)
                break
            found += 1
            bucket = sentence(buf, q, end, out)
            talker = np.int64(buf[q + 1]) * 256 + np.int64(buf[q + 2])
            own = buf[q + 5] == 79
            after = out[S_END]
            if after < end and buf[after] != CR:
                after = trailing(buf, after, end, out)
            elif after < end:
                after = end
            q = after
            t = out[T]
            station = np.int64(NONE)
            if out[TO] > 0:
                station = station_row(buf, out[FROM], out[TO], mark, name_row, name_text)
            if t < 0:
                t = lead
            if group > 0:
                g = group & (GROUPS - 1)
                if t >= 0 or station >= 0:
                    groups[g, 0], groups[g, 1], groups[g, 2] = group, t, station
                elif groups[g, 0] == group:
                    t, station = groups[g, 1], groups[g, 2]
            if t < 0 and mark[MARK_T] >= 0:
                t = mark[MARK_T]
            if station < 0 and mark[MARK_T] >= 0:
                station = mark[MARK_STATION]
            mark[MARK_T] = NONE
            if bucket != USED and not (keep_bad and bucket in (CHECKSUM, NO_CHECKSUM) and out[S_PARTS] > 0):
                count(counts, firsts, bucket, here)
                if station >= 0:
                    tally[station, bucket] += 1
                here = q
                continue
            offset = base + here
            here = q
            if out[S_PARTS] == 1:
                out_frames.at[row] = out[S_AT]
                out_frames.size[row] = out[S_SIZE]
                out_frames.fill[row] = out[S_FILL]
                out_frames.offset[row] = offset
            else:
                if out[S_SIZE] > PART:
                    count(counts, firsts, LENGTH, line)
                    if station >= 0:
                        tally[station, LENGTH] += 1
                    continue
                key = ((group & 0xFFFFFFFFFF) * 1009 + out[S_ID] + 1) & 0xFFFFFFFFFF
                key = (key * 257 + out[S_CHANNEL]) & 0xFFFFFFFFFF
                key = ((key * 65_537 + talker * 10 + out[S_PARTS]) & 0xFFFFFFFFFFFFFF) + 1
                k = slot_for(key, station, out[S_PART], t, mark[MARK_LINES], slot, counts)
                j = out[S_PART] - 1
                slot[k, HAVE] |= np.int64(1) << j
                slot[k, SIZE + j] = out[S_SIZE]
                for i in range(out[S_SIZE]):
                    text[k, j, i] = buf[out[S_AT] + i]
                if slot[k, WHEN] < 0:
                    slot[k, WHEN] = t
                if slot[k, WHO] < 0:
                    slot[k, WHO] = station
                if slot[k, WHERE] < 0:
                    slot[k, WHERE] = offset
                if out[S_PART] == out[S_PARTS]:
                    slot[k, FILL] = out[S_FILL]
                if slot[k, HAVE] != (np.int64(1) << out[S_PARTS]) - 1:
                    continue
                out_frames.at[row] = used
                for j in range(out[S_PARTS]):
                    for i in range(slot[k, SIZE + j]):
                        joined[used] = text[k, j, i]
                        used += 1
                out_frames.size[row] = used - out_frames.at[row]
                out_frames.fill[row] = slot[k, FILL]
                out_frames.offset[row] = slot[k, WHERE]
                t, station = slot[k, WHEN], slot[k, WHO]
                slot[k, KEY] = 0
            out_frames.rx_ns[row] = t
            out_frames.seq[row] = offset
            out_frames.parts[row] = out[S_PARTS]
            out_frames.station[row] = station
            out_frames.channel[row] = out[S_CHANNEL]
            out_frames.own[row] = own
            row += 1
        if found == 0 and (out[T] >= 0 or out[TO] > 0):  # a tag block on a line of its own
            mark[MARK_T] = out[T]
            mark[MARK_STATION] = station_row(buf, out[FROM], out[TO], mark, name_row, name_text)
            counts[USED] += 1
        elif found == 0:
            at = line
            while at < end and (buf[at] == SPACE or buf[at] == CR or buf[at] == 9):
                at += 1
            bucket = NOT_AIS
            if at == end:
                bucket = BLANK
            elif buf[at] == 35:
                bucket = COMMENT
            count(counts, firsts, bucket, line)
    return row


@kernel
def gatehouse(buf, q, end, out, mark):
    """Bucket of a sentence that is not AIS; $PGHP gives the next sentence its time, and out FROM, TO its station."""
    if not (buf[q + 1] == 80 and buf[q + 2] == 71 and buf[q + 3] == 72 and buf[q + 4] == 80 and buf[q + 5] == COMMA):
        mark[MARK_T] = NONE
        return OTHER
    x = np.int64(0)
    i = q + 1
    while i < end and buf[i] != STAR:
        x ^= np.int64(buf[i])
        i += 1
    if i >= end or hex_digit(buf[i + 1]) * 16 + hex_digit(buf[i + 2]) != x:
        return CHECKSUM
    stop = i
    field = 0
    i = q + 6
    value = np.zeros(12, np.int64)
    out[FROM], out[TO] = 0, 0
    while i < stop and field < 12:
        comma = number(buf, i, stop, out)
        value[field] = out[N_WHOLE] if out[N_DIGITS] > 0 else -1
        while comma < stop and buf[comma] != COMMA:
            comma += 1
        if field == 10 and comma > i:
            out[FROM], out[TO] = i, comma
        i = comma + 1
        field += 1
    t = utc_ns(value[1], value[2], value[3], value[4], value[5], value[6])
    if t < 0 or not 0 <= value[7] <= 999:
        return MALFORMED
    mark[MARK_T] = t + value[7] * 1_000_000
    return USED
