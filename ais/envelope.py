"""The envelope of every line: where its sentence lies, when it was received, by which station; and parts joined.

One kernel walks a buffer of whole lines. It knows no style by name: time and station are looked for in tag blocks
(NMEA 0183 V4.10 clause 7, `c:` `s:` `g:`), before the sentence (epoch or ISO 8601), after its checksum (epoch, and a
station that begins with r or b) and in a $PGHP line or a bare tag block on the line before; the innermost that is
there holds. Every line ends in one bucket.
"""

from typing import NamedTuple

import numpy as np

from vts.jit import kernel

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


class State(NamedTuple):
    """What lies between two blocks: messages waiting for parts, groups, the last $PGHP, stations by name."""

    mark: np.ndarray  # PGHP time, PGHP station, lines so far, stations so far, duplicates' hand
    group_key: np.ndarray
    group_t: np.ndarray
    group_station: np.ndarray
    slot_key: np.ndarray  # (SETS * WAYS,); 0 is free
    slot_station: np.ndarray
    slot_t: np.ndarray
    slot_offset: np.ndarray
    slot_line: np.ndarray
    slot_have: np.ndarray  # bit k: part k + 1 is here
    slot_size: np.ndarray  # (SETS * WAYS, PARTS)
    slot_fill: np.ndarray
    slot_text: np.ndarray  # (SETS * WAYS, PARTS, PART)
    name_row: np.ndarray  # open addressing, 0 is free, else row + 1
    name_text: np.ndarray  # (NAMES, NAME)


MARK_T, MARK_STATION, MARK_LINES, MARK_NAMES = range(4)


def fresh():
    """The State before the first byte."""
    slots = SETS * WAYS
    i8 = np.int64
    return State(
        np.array([NONE, NONE, 0, 0], i8),
        np.zeros(GROUPS, i8),
        np.zeros(GROUPS, i8),
        np.zeros(GROUPS, i8),
        np.zeros(slots, i8),
        np.zeros(slots, i8),
        np.zeros(slots, i8),
        np.zeros(slots, i8),
        np.zeros(slots, i8),
        np.zeros(slots, i8),
        np.zeros((slots, PARTS), i8),
        np.zeros(slots, i8),
        np.zeros((slots, PARTS, PART), np.uint8),
        np.zeros(2 * NAMES, np.int32),
        np.zeros((NAMES, NAME), np.uint8),
    )


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


@kernel
def word(buf, i):
    """Eight bytes, the first highest; LLVM makes one load of it."""
    w = U8(0)
    for k in range(8):
        w = (w << U8(8)) | U8(buf[i + k])
    return w


@kernel
def zeros(w):
    """The high bit of every byte of w that is zero, exactly (no borrow from byte to byte)."""
    return ~(((w & LOW7) + LOW7) | w | LOW7)


@kernel
def line_end(buf, i):
    """Index of the next newline."""
    while zeros(word(buf, i) ^ NEWLINES) == U8(0):
        i += 8
    while buf[i] != NL:
        i += 1
    return i


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
    """Index after the digits and decimals at i; out: [0] whole, [1] billionths, [2] digits before the point."""
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
    out[0], out[1], out[2] = whole, fraction, digits
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
        second, fraction = out[0], out[1]
        if out[2] != 2:
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
    if out[2] == 4 or (out[2] == 8 and (buf[after] == 84 or buf[after] == 95 or buf[after] == SPACE)):
        return iso_ns(buf, i, end, out)
    return epoch_ns(out[0], out[1], out[2])


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
def station_row(buf, i, end, state):
    """Row of the station named by buf[i:end] (cut to NAME bytes); a new one is entered; NONE when the book is full."""
    end = min(end, i + NAME)
    if end <= i:
        return np.int64(NONE)
    h = np.int64(end - i)
    for k in range(i, end):
        h = (h * 131 + np.int64(buf[k])) & 0xFFFFFFFFFFF
    at = (h ^ (h >> 20)) & (2 * NAMES - 1)
    while state.name_row[at] > 0:
        row = np.int64(state.name_row[at]) - 1
        k = 0
        while k < end - i and state.name_text[row, k] == buf[i + k]:
            k += 1
        if k == end - i and (k == NAME or state.name_text[row, k] == 0):
            return row
        at = (at + 1) & (2 * NAMES - 1)
    row = state.mark[MARK_NAMES]
    if row >= NAMES:
        return np.int64(NONE)
    state.mark[MARK_NAMES] += 1
    state.name_row[at] = row + 1
    for k in range(end - i):
        state.name_text[row, k] = buf[i + k]
    return row


T, STATION, GROUP = 0, 1, 2


@kernel
def tag_block(buf, i, end, tag, out, state):
    """Index after the tag block at i; tag: [T] [STATION] [GROUP] where it gives them.

    Its checksum is not asked: archives shorten stations and rewrite times without sealing the block anew, the sentence
    has a checksum of its own, and `vts.merge` holds back a clock that jumps. A block that is not closed ends where the
    sentence begins.
    """
    close = i + 1
    star = np.int64(-1)
    while close < end and buf[close] != BACKSLASH and buf[close] != BANG:
        if buf[close] == STAR and star < 0:
            star = close
        close += 1
    after = close + 1 if close < end and buf[close] == BACKSLASH else close
    stop = star if star >= 0 else close
    i += 1
    while i < stop:
        comma = i
        while comma < stop and buf[comma] != COMMA:
            comma += 1
        key = buf[i]
        if buf[i + 1] == COLON and i + 2 < comma:
            if key == 99:  # c: time
                if number(buf, i + 2, comma, out) == comma:
                    t = epoch_ns(out[0], out[1], out[2])
                    tag[T] = t if t >= 0 else tag[T]
            elif key == 115:  # s: source
                tag[STATION] = station_row(buf, i + 2, comma, state)
            elif key == 103:  # g: part-total-id
                first = number(buf, i + 2, comma, out)
                second = number(buf, first + 1, comma, out)
                tag[GROUP] = group_key(buf, second + 1, comma, out[0])
        elif 49 <= key <= 57 and buf[i + 1] == 71 and buf[i + 3] == COLON:  # 1G2:id, the older form
            tag[GROUP] = group_key(buf, i + 4, comma, np.int64(buf[i + 2]) - 48)
        i = comma + 1
    return after


@kernel
def group_key(buf, i, end, total):
    """A number above 0 for a group's id and size."""
    h = total + 1
    for k in range(i, min(end, i + 32)):
        h = (h * 131 + np.int64(buf[k])) & 0xFFFFFFFFFFF
    return h + 1


@kernel
def trailing(buf, i, end, tag, out, state):
    """Index of what follows the fields after a checksum (newline, tag block or sentence); fills tag as found."""
    while i < end and buf[i] != BACKSLASH and buf[i] != BANG:
        stop = i
        while stop < end and buf[stop] not in (COMMA, BACKSLASH, BANG, CR, QUOTE, SPACE):
            stop += 1
        c = buf[i]
        if 48 <= c <= 57 and tag[T] < 0:
            if number(buf, i, stop, out) == stop:
                tag[T] = epoch_ns(out[0], out[1], out[2])
        elif c in (114, 98, 82, 66) and stop - i >= 4 and 48 <= buf[i + 3] <= 57 and tag[STATION] < 0:
            tag[STATION] = station_row(buf, i, stop, state)
        if stop < end and (buf[stop] == BACKSLASH or buf[stop] == BANG):
            return stop
        i = stop + 1
    return min(i, end)


# What `sentence` finds
S_AT, S_SIZE, S_FILL, S_PARTS, S_PART, S_ID, S_CHANNEL, S_END = 0, 1, 2, 3, 4, 5, 6, 7


@kernel
def sentence(buf, p, end, out):
    """Bucket of the !..VDM at p (USED: fit to be read); out as S_AT ... S_END. Its checksum is taken word by word."""
    out[S_PARTS] = 0
    q = p + 1
    x = U8(0)
    w = word(buf, q)
    while (zeros(w ^ STARS) | zeros(w ^ NEWLINES)) == U8(0):
        x ^= w
        q += 8
        w = word(buf, q)
    x ^= x >> U8(32)
    x ^= x >> U8(16)
    x ^= x >> U8(8)
    total = np.int64(x & U8(0xFF))
    while buf[q] != STAR and buf[q] != NL:
        total ^= np.int64(buf[q])
        q += 1
    star = q
    bucket = USED
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
    stop = star - 1
    while stop >= i and buf[stop] != COMMA:
        stop -= 1
    if commas < 2 or stop < i or star - stop > 2:
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
def slot_for(key, station, part, t, state, counts):
    """The slot in which this part belongs; a full set gives up its oldest message, whose parts become orphans."""
    base = (key ^ (key >> 17)) % SETS * WAYS
    line = state.mark[MARK_LINES]
    best, best_line = base, np.int64(1) << 62
    for k in range(base, base + WAYS):
        if state.slot_key[k] == key:
            other = state.slot_station[k]
            if not (other >= 0 and station >= 0 and other != station):
                late = t >= 0 and state.slot_t[k] >= 0 and abs(t - state.slot_t[k]) > MAX_AGE_NS
                repeated = (state.slot_have[k] >> (part - 1)) & 1
                if not (late or repeated or line - state.slot_line[k] > MAX_AGE_LINES):
                    return k
                best, best_line = k, np.int64(-1)
        age = state.slot_line[k] if state.slot_key[k] else np.int64(0)
        if age < best_line:
            best, best_line = k, age
    if state.slot_key[best] != 0:
        counts[ORPHAN] += bits_set(state.slot_have[best])
    state.slot_key[best] = key
    state.slot_station[best] = station
    state.slot_t[best] = NONE
    state.slot_offset[best] = NONE
    state.slot_line[best] = line
    state.slot_have[best] = 0
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
    s = np.zeros(8, np.int64)
    tag = np.zeros(3, np.int64)
    out = np.zeros(3, np.int64)
    row = 0
    used = 0  # of joined
    end = -1
    while end + 1 < n:
        line = end + 1
        end = line_end(buf, line)
        state.mark[MARK_LINES] += 1
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
        tag[T], tag[STATION], tag[GROUP] = NONE, NONE, 0
        while q < end:
            tag[T], tag[STATION], tag[GROUP] = NONE, NONE, 0
            while q < end and buf[q] == BACKSLASH:
                q = tag_block(buf, q, end, tag, out, state)
            if q < end and buf[q] != DOLLAR and not is_vdm(buf, q):
                q = seek(buf, q, end)
                if q < end and buf[q] == BACKSLASH:
                    continue
            if q >= end:
                break
            group = tag[GROUP]
            if not is_vdm(buf, q):
                if found == 0:
                    found = 1
                    if group > 0 and (tag[T] >= 0 or tag[STATION] >= 0):
                        state.group_key[group % GROUPS] = group
                        state.group_t[group % GROUPS] = tag[T]
                        state.group_station[group % GROUPS] = tag[STATION]
                    count(counts, firsts, gatehouse(buf, q, end, out, state), here)
                break
            found += 1
            bucket = sentence(buf, q, end, s)
            talker = np.int64(buf[q + 1]) * 256 + np.int64(buf[q + 2])
            own = buf[q + 5] == 79
            after = s[S_END]
            if after < end and buf[after] != CR:
                after = trailing(buf, after, end, tag, out, state)
            elif after < end:
                after = end
            q = after
            t, station = tag[T], tag[STATION]
            if t < 0:
                t = lead
            if group > 0:
                g = group % GROUPS
                if t >= 0 or station >= 0:
                    state.group_key[g], state.group_t[g], state.group_station[g] = group, t, station
                elif state.group_key[g] == group:
                    t, station = state.group_t[g], state.group_station[g]
            if t < 0 and state.mark[MARK_T] >= 0:
                t = state.mark[MARK_T]
            if station < 0 and state.mark[MARK_T] >= 0:
                station = state.mark[MARK_STATION]
            state.mark[MARK_T] = NONE
            if bucket != USED and not (keep_bad and bucket in (CHECKSUM, NO_CHECKSUM) and s[S_PARTS] > 0):
                count(counts, firsts, bucket, here)
                here = q
                continue
            offset = base + here
            here = q
            if s[S_PARTS] == 1:
                out_frames.at[row] = s[S_AT]
                out_frames.size[row] = s[S_SIZE]
                out_frames.fill[row] = s[S_FILL]
                out_frames.offset[row] = offset
            else:
                if s[S_SIZE] > PART:
                    count(counts, firsts, LENGTH, line)
                    continue
                key = (group * 1009 + s[S_ID] + 1) & 0xFFFFFFFFFF
                key = (key * 257 + s[S_CHANNEL]) & 0xFFFFFFFFFF
                key = ((key * 65_537 + talker * 10 + s[S_PARTS]) & 0xFFFFFFFFFFFFFF) + 1
                k = slot_for(key, station, s[S_PART], t, state, counts)
                j = s[S_PART] - 1
                state.slot_have[k] |= np.int64(1) << j
                state.slot_size[k, j] = s[S_SIZE]
                for i in range(s[S_SIZE]):
                    state.slot_text[k, j, i] = buf[s[S_AT] + i]
                if state.slot_t[k] < 0:
                    state.slot_t[k] = t
                if state.slot_station[k] < 0:
                    state.slot_station[k] = station
                if state.slot_offset[k] < 0:
                    state.slot_offset[k] = offset
                if s[S_PART] == s[S_PARTS]:
                    state.slot_fill[k] = s[S_FILL]
                if state.slot_have[k] != (np.int64(1) << s[S_PARTS]) - 1:
                    continue
                out_frames.at[row] = used
                for j in range(s[S_PARTS]):
                    for i in range(state.slot_size[k, j]):
                        joined[used] = state.slot_text[k, j, i]
                        used += 1
                out_frames.size[row] = used - out_frames.at[row]
                out_frames.fill[row] = state.slot_fill[k]
                out_frames.offset[row] = state.slot_offset[k]
                t, station = state.slot_t[k], state.slot_station[k]
                state.slot_key[k] = 0
            out_frames.rx_ns[row] = t
            out_frames.seq[row] = offset
            out_frames.parts[row] = s[S_PARTS]
            out_frames.station[row] = station
            out_frames.channel[row] = s[S_CHANNEL]
            out_frames.own[row] = own
            row += 1
        if found == 0 and (tag[T] >= 0 or tag[STATION] >= 0):
            state.mark[MARK_T], state.mark[MARK_STATION] = tag[T], tag[STATION]  # a tag block on a line of its own
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
def gatehouse(buf, q, end, out, state):
    """Bucket of a sentence that is not AIS: a $PGHP line gives the next sentence its time and station."""
    if not (buf[q + 1] == 80 and buf[q + 2] == 71 and buf[q + 3] == 72 and buf[q + 4] == 80 and buf[q + 5] == COMMA):
        state.mark[MARK_T] = NONE
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
    station = np.int64(NONE)
    while i < stop and field < 12:
        comma = number(buf, i, stop, out)
        value[field] = out[0] if out[2] > 0 else -1
        while comma < stop and buf[comma] != COMMA:
            comma += 1
        if field == 10 and comma > i:
            station = station_row(buf, i, comma, state)
        i = comma + 1
        field += 1
    t = utc_ns(value[1], value[2], value[3], value[4], value[5], value[6])
    if t < 0 or not 0 <= value[7] <= 999:
        return MALFORMED
    state.mark[MARK_T] = t + value[7] * 1_000_000
    state.mark[MARK_STATION] = station
    return USED
