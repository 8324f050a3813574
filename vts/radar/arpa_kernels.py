"""NMEA radar sentences in one compiled pass: lines to targets, with own position, heading and date kept on the way.

Sentence layouts after IEC 61162-1 (TTM, TLL, OSD, GGA, GLL, RMC, VTG, ZDA, HDT, THS, HDG). The bit layout of TTD was
written from memory and is not verified against the standard.
"""

import math

import numpy as np

from vts.jit import kernel
from vts.units import KMH, KN, NM

DAY_NS = 86_400_000_000_000
HEADING_NS = 10_000_000_000  # a heading older than this does not turn a relative bearing
POSITION_NS = 60_000_000_000  # own position older than this is no origin
TWIN_NS = 10_000_000_000  # a TLL within this of the same target's TTM repeats it
NUMBERS = 1024  # target numbers that are told apart
REUSE = 1000  # target number + REUSE x how often it was lost before = ident

# state, int64: times (ns, -1 unknown); then for each number: last TTM, whether it was seen since it was lost, how often
POSITION_AT, HEADING_AT, LATEST, NOON = 0, 1, 2, 3
TTM_AT = 8
SEEN = TTM_AT + NUMBERS
LOST = SEEN + NUMBERS
STATE = LOST + NUMBERS
# state, float64
OWN_LON, OWN_LAT, HEADING = 0, 1, 2
OWN = 3
# out_n
T, RX, IDENT, SEQ = 0, 1, 2, 3
# out_f
LON0, LAT0, RANGE, AZIMUTH, LON, LAT, SOG, COG = 0, 1, 2, 3, 4, 5, 6, 7

# reasons; REASONS[k] is the text of the k-th
REASONS = (
    "used",
    "own ship or time sentence",
    "other sentence",
    "no sentence in the line",
    "no checksum",
    "checksum",
    "target lost",
    "target not yet tracked (status Q)",
    "not a number",
    "unit is not K, N or S",
    "bearing neither true nor relative",
    "relative bearing without a heading",
    "no own position",
    "no time",
    "repeats a TTM",
    "test target",
    "line too long",
)
USED, OWN_SHIP, OTHER, NO_SENTENCE, NO_CHECKSUM, CHECKSUM, LOST_TARGET, QUERY, NUMBER, UNIT = range(10)
REFERENCE, NO_HEADING, NO_POSITION, NO_TIME, TWIN, TEST, TOO_LONG = range(10, 17)
AIS = -1  # belongs to the AIS decoder: not counted here

MAX_LINE = 2048
MAX_FIELDS = 32


@kernel
def code3(a, b, c):
    """Three letters as one number."""
    return (np.int64(a) << 16) | (np.int64(b) << 8) | np.int64(c)


TTM, TLL, TTD = 0x54544D, 0x544C4C, 0x545444
RMC, GGA, GLL, ZDA, VTG = 0x524D43, 0x474741, 0x474C4C, 0x5A4441, 0x565447
HDT, THS, HDG, OSD = 0x484454, 0x544853, 0x484447, 0x4F5344
VDM, VDO = 0x56444D, 0x56444F


@kernel
def number(buffer, start, stop):
    """A decimal number without exponent; NaN for anything else, such as `0.-6`."""
    if stop <= start or stop - start > 24:
        return math.nan
    at, sign = start, 1.0
    if buffer[at] == 45 or buffer[at] == 43:
        sign = -1.0 if buffer[at] == 45 else 1.0
        at += 1
    value, scale, digits, dot = 0.0, 1.0, 0, False
    while at < stop:
        c = np.int64(buffer[at])
        if c == 46 and not dot:
            dot = True
        elif 48 <= c <= 57:
            value = value * 10.0 + (c - 48)
            scale = scale * 10.0 if dot else scale
            digits += 1
        else:
            return math.nan
        at += 1
    return sign * value / scale if digits else math.nan


@kernel
def day_number(year, month, day):
    """Days from 1970-01-01 to a date of the Gregorian calendar."""
    y = year - (1 if month <= 2 else 0)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@kernel
def digits(buffer, start, count):
    """`count` decimal digits as a number; -1 where one is no digit."""
    value = 0
    for k in range(count):
        c = np.int64(buffer[start + k]) - 48
        if not 0 <= c <= 9:
            return -1
        value = value * 10 + c
    return value


@kernel
def clock_ns(buffer, start, stop):
    """hhmmss[.ss] as ns of the day; -1 where it is none."""
    if stop - start < 6:
        return -1
    h, m, s = digits(buffer, start, 2), digits(buffer, start + 2, 2), digits(buffer, start + 4, 2)
    if not (0 <= h <= 23 and 0 <= m <= 59 and 0 <= s <= 60):
        return -1
    fraction = number(buffer, start + 6, stop) if stop > start + 7 else 0.0
    if not 0.0 <= fraction < 1.0:
        return -1
    return ((h * 60 + m) * 60 + s) * 1_000_000_000 + np.int64(np.rint(fraction * 1e9))


@kernel
def nearest(clock, ref_ns):
    """The instant with that time of day nearest to a reference."""
    t = ref_ns - ref_ns % DAY_NS + clock
    if t - ref_ns > DAY_NS // 2:
        t -= DAY_NS
    elif ref_ns - t > DAY_NS // 2:
        t += DAY_NS
    return t


@kernel
def line_time(buffer, start, stop):
    """UTC ns that stands before a sentence: an epoch in s, ms or ns, an ISO time, or a tag block's c field; -1."""
    at = start
    while at < stop and (buffer[at] == 32 or buffer[at] == 91 or buffer[at] == 34):  # space [ "
        at += 1
    if at < stop and buffer[at] == 92:  # a tag block
        for k in range(at, stop - 2):
            if buffer[k] == 99 and buffer[k + 1] == 58 and (buffer[k - 1] == 92 or buffer[k - 1] == 44):
                return epoch_ns(buffer, k + 2, stop)
        return -1
    if stop - at >= 19 and buffer[at + 4] == 45 and buffer[at + 7] == 45:
        day = iso_day(buffer, at)
        h, m, s = digits(buffer, at + 11, 2), digits(buffer, at + 14, 2), digits(buffer, at + 17, 2)
        if day < 0 or not (0 <= h <= 23 and 0 <= m <= 59 and 0 <= s <= 60):
            return -1
        ns, unit, k = 0, 100_000_000, at + 20
        if at + 19 < stop and buffer[at + 19] == 46:
            while k < stop and 48 <= buffer[k] <= 57 and unit:
                ns += (np.int64(buffer[k]) - 48) * unit
                unit //= 10
                k += 1
        return day * DAY_NS + ((h * 60 + m) * 60 + s) * 1_000_000_000 + ns
    return epoch_ns(buffer, at, stop)


@kernel
def iso_day(buffer, at):
    """Day number of YYYY-MM-DD; -1 where it is none."""
    year, month, day = digits(buffer, at, 4), digits(buffer, at + 5, 2), digits(buffer, at + 8, 2)
    if not (1970 <= year <= 2261 and 1 <= month <= 12 and 1 <= day <= 31):
        return -1
    return day_number(year, month, day)


@kernel
def epoch_ns(buffer, start, stop):
    """ns of a leading Unix time in s (with a fraction), ms or ns; -1 where there is none."""
    whole, count, at = 0, 0, start
    while at < stop and 48 <= buffer[at] <= 57 and count < 19:
        whole = whole * 10 + (np.int64(buffer[at]) - 48)
        count += 1
        at += 1
    if count == 19:
        return whole if whole > 0 else -1
    if count == 13:
        return whole * 1_000_000
    if count not in (10, 9):
        return -1
    ns = whole * 1_000_000_000
    unit = 100_000_000
    if at < stop and buffer[at] == 46:
        at += 1
        while at < stop and 48 <= buffer[at] <= 57 and unit:
            ns += (np.int64(buffer[at]) - 48) * unit
            unit //= 10
            at += 1
    return ns


@kernel
def hex_digit(c):
    """Value of a hexadecimal digit, -1 for none."""
    if 48 <= c <= 57:
        return np.int64(c) - 48
    if 65 <= c <= 70:
        return np.int64(c) - 55
    if 97 <= c <= 102:
        return np.int64(c) - 87
    return -1


@kernel
def degrees(buffer, f, k):
    """Signed degrees of the ddmm.mm and hemisphere in fields k and k + 1; NaN where they are none."""
    value = number(buffer, f[k], f[k + 1] - 1)
    if not value >= 0.0 or f[k + 2] - 1 - f[k + 1] != 1:
        return math.nan
    whole = math.floor(value / 100.0)
    minutes = value - whole * 100.0
    if minutes >= 60.0:
        return math.nan
    half = np.int64(buffer[f[k + 1]])
    deg = whole + minutes / 60.0
    limit = 90.0 if half in (78, 83) else 180.0
    if half not in (78, 83, 69, 87) or deg > limit:
        return math.nan
    return -deg if half in (83, 87) else deg


@kernel
def letter(buffer, f, k, n):
    """The only character of field k; 0 where it is empty, longer or not there."""
    return np.int64(buffer[f[k]]) if k < n and f[k + 1] - 1 - f[k] == 1 else 0


@kernel
def value_of(buffer, f, k, n):
    """Field k as a number; NaN where it is empty, malformed or not there."""
    return number(buffer, f[k], f[k + 1] - 1) if k < n else math.nan


@kernel
def time_of(buffer, f, k, n, line_ns, when):
    """UTC ns of a sentence whose time of day is field k (-1: none), or of its line, or of its neighbour; -1."""
    clock = clock_ns(buffer, f[k], f[k + 1] - 1) if 0 <= k < n else -1
    if clock < 0:
        return line_ns if line_ns >= 0 else when[LATEST]
    ref = line_ns if line_ns >= 0 else (when[LATEST] if when[LATEST] >= 0 else when[NOON])
    return nearest(clock, ref) if ref >= 0 else -1


@kernel
def own_position(lon, lat, t, when, own):
    """Keep own position where it is one."""
    if not math.isnan(lon) and not math.isnan(lat):
        own[OWN_LON], own[OWN_LAT] = lon, lat
        when[POSITION_AT] = t


@kernel
def own_sentence(buffer, code, f, n, line_ns, when, own):
    """Take position, heading, date and time from a sentence about own ship; whether it was one."""
    t = -2
    if code == RMC and n >= 10:
        day = digits(buffer, f[9], 6) if f[10] - 1 - f[9] == 6 else -1
        clock = clock_ns(buffer, f[1], f[2] - 1)
        if letter(buffer, f, 2, n) != 65 or day < 0 or clock < 0:
            return True
        dd, mm, yy = day // 10_000, day // 100 % 100, day % 100
        if not (1 <= dd <= 31 and 1 <= mm <= 12):
            return True
        t = day_number(yy + (1900 if yy >= 80 else 2000), mm, dd) * DAY_NS + clock
        own_position(degrees(buffer, f, 5), degrees(buffer, f, 3), t, when, own)
    elif code == ZDA and n >= 5:
        clock = clock_ns(buffer, f[1], f[2] - 1)
        dd, mm, yyyy = value_of(buffer, f, 2, n), value_of(buffer, f, 3, n), value_of(buffer, f, 4, n)
        if clock < 0 or not (1 <= dd <= 31 and 1 <= mm <= 12 and 1980 <= yyyy <= 2261):
            return True
        t = day_number(np.int64(yyyy), np.int64(mm), np.int64(dd)) * DAY_NS + clock
    elif code == GGA and n >= 7:
        t = time_of(buffer, f, 1, n, line_ns, when)
        if not value_of(buffer, f, 6, n) >= 1.0:
            return True
        own_position(degrees(buffer, f, 4), degrees(buffer, f, 2), t, when, own)
    elif code == GLL and n >= 5:
        t = time_of(buffer, f, 5, n, line_ns, when)
        if n > 6 and letter(buffer, f, 6, n) != 65:
            return True
        own_position(degrees(buffer, f, 3), degrees(buffer, f, 1), t, when, own)
    elif code in (HDT, HDG, OSD) or (code == THS and letter(buffer, f, 2, n) == 65):
        heading = value_of(buffer, f, 1, n)
        t = time_of(buffer, f, -1, n, line_ns, when)
        if code == OSD and letter(buffer, f, 2, n) != 65:
            return True
        if code == HDG:  # magnetic: true only with the variation that it carries
            variation = value_of(buffer, f, 4, n) * (-1.0 if letter(buffer, f, 5, n) == 87 else 1.0)
            deviation = value_of(buffer, f, 2, n) * (-1.0 if letter(buffer, f, 3, n) == 87 else 1.0)
            heading += variation + (0.0 if math.isnan(deviation) else deviation)
        if not math.isnan(heading):
            own[HEADING] = heading % 360.0
            when[HEADING_AT] = t
    elif code in (VTG, THS):
        t = -1
    if t >= 0:
        when[LATEST] = t
    return t > -2


@kernel
def vector(speed, course, to_mps, out):
    """Write speed over ground and course, both or neither."""
    known = speed >= 0.0 and 0.0 <= course <= 360.0
    out[SOG] = speed * to_mps / KN if known else math.nan
    out[COG] = course % 360.0 if known else math.nan


@kernel
def origin(t, when, own, fixed, out):
    """Write where the antenna was; whether it is known."""
    if not fixed and (
        math.isnan(own[OWN_LON]) or (when[POSITION_AT] >= 0 and abs(t - when[POSITION_AT]) > POSITION_NS)
    ):
        out[LON0] = out[LAT0] = math.nan
        return False
    out[LON0], out[LAT0] = own[OWN_LON], own[OWN_LAT]
    return True


@kernel
def begin_row(t, target, line_ns, seq, when, out_n, out_f):
    """Fill what every target has."""
    if line_ns < 0 or t > when[LATEST]:
        when[LATEST] = t
    out_f[:] = math.nan
    out_n[T], out_n[RX], out_n[SEQ] = t, (line_ns if line_ns >= 0 else t), seq
    out_n[IDENT] = target + REUSE * when[LOST + target]
    when[SEEN + target] = 1


@kernel
def lose(target, when):
    """The number is free; once, however often the loss is repeated."""
    if when[SEEN + target] == 1:
        when[LOST + target] += 1
        when[SEEN + target] = 0
    return LOST_TARGET


@kernel
def turned(bearing, reference, t, when, own):
    """(true bearing, 0) or (NaN, reason) of a bearing that is T or R."""
    if reference == 84:
        return bearing % 360.0, 0
    if reference != 82:
        return math.nan, REFERENCE
    if math.isnan(own[HEADING]) or abs(t - when[HEADING_AT]) > HEADING_NS:
        return math.nan, NO_HEADING
    return (bearing + own[HEADING]) % 360.0, 0


@kernel
def ttm(buffer, f, n, line_ns, seq, when, own, fixed, out_n, out_f):
    """A row for a TTM, or the reason why there is none."""
    target, distance, bearing = value_of(buffer, f, 1, n), value_of(buffer, f, 2, n), value_of(buffer, f, 3, n)
    status = letter(buffer, f, 12, n)
    if not 0 <= target < REUSE:
        return NUMBER
    if status == 76:
        return lose(np.int64(target), when)
    if status == 81:  # being acquired: whatever the number meant before is over
        lose(np.int64(target), when)
        return QUERY
    if not (distance >= 0.0 and 0.0 <= bearing <= 360.0):
        return NUMBER
    unit = letter(buffer, f, 10, n)
    if unit == 78:
        metres, mps = NM, KN
    elif unit == 75:
        metres, mps = 1000.0, KMH
    elif unit == 83:
        metres, mps = 1609.344, 0.44704
    else:
        return UNIT
    t = time_of(buffer, f, 14, n, line_ns, when)
    if t < 0:
        return NO_TIME
    azimuth, why = turned(bearing, letter(buffer, f, 4, n), t, when, own)
    if why:
        return why
    if not origin(t, when, own, fixed, out_f):
        return NO_POSITION
    lon0, lat0 = out_f[LON0], out_f[LAT0]
    begin_row(t, np.int64(target), line_ns, seq, when, out_n, out_f)
    out_f[LON0], out_f[LAT0], out_f[RANGE], out_f[AZIMUTH] = lon0, lat0, distance * metres, azimuth
    if letter(buffer, f, 7, n) == 84:  # R is relative to own motion: not over ground
        vector(value_of(buffer, f, 5, n), value_of(buffer, f, 6, n), mps, out_f)
    when[TTM_AT + np.int64(target)] = t
    return USED


@kernel
def tll(buffer, f, n, line_ns, seq, when, own, fixed, out_n, out_f):
    """A row for a TLL, or the reason why there is none."""
    target = value_of(buffer, f, 1, n)
    status = letter(buffer, f, 8, n)
    if not 0 <= target < REUSE or n < 6:
        return NUMBER
    if status == 76:
        return lose(np.int64(target), when)
    if status == 81:  # being acquired: whatever the number meant before is over
        lose(np.int64(target), when)
        return QUERY
    twin = when[TTM_AT + np.int64(target)]
    lat, lon = degrees(buffer, f, 2), degrees(buffer, f, 4)
    if math.isnan(lat) or math.isnan(lon):
        return NUMBER
    t = time_of(buffer, f, 7, n, line_ns, when)
    if t < 0:
        return NO_TIME
    if twin >= 0 and abs(t - twin) <= TWIN_NS:
        return TWIN
    origin(t, when, own, fixed, out_f)
    lon0, lat0 = out_f[LON0], out_f[LAT0]
    begin_row(t, np.int64(target), line_ns, seq, when, out_n, out_f)
    out_f[LON0], out_f[LAT0], out_f[LON], out_f[LAT] = lon0, lat0, lon, lat
    return USED


@kernel
def six_bits(buffer, start, bit, bits):
    """An unsigned number of a 6-bit text; -1 where a character is none."""
    value = 0
    for k in range(bit, bit + bits):
        c = np.int64(buffer[start + k // 6]) - 48
        if c > 40:
            c -= 8
        if not 0 <= c < 64:
            return -1
        value = value << 1 | (c >> (5 - k % 6)) & 1
    return value


@kernel
def ttd(buffer, start, line_ns, seq, when, own, fixed, out_n, out_f):
    """A row for one 90-bit target of a TTD, or the reason why there is none.

    Bits: version 2, number 10, bearing 12 (0.1 deg, true), speed 12 (0.1 kn), course 12 (0.1 deg), heading 12, status 3
    (2: lost, 4-7: acquiring or established), mode 1 (1: test), distance 14 (0.01 NM), speed mode 1, and 11 more.
    """
    version, target = six_bits(buffer, start, 0, 2), six_bits(buffer, start, 2, 10)
    bearing, speed, course = (
        six_bits(buffer, start, 12, 12),
        six_bits(buffer, start, 24, 12),
        six_bits(buffer, start, 36, 12),
    )
    status, mode = six_bits(buffer, start, 60, 3), six_bits(buffer, start, 63, 1)
    distance = six_bits(buffer, start, 64, 14)
    if version != 0 or not 0 <= target < REUSE or bearing < 0 or speed < 0 or course < 0 or mode < 0:
        return NUMBER
    if mode == 1:
        return TEST
    if status == 2:
        return lose(target, when)
    if status < 4:
        return QUERY
    if bearing >= 3600 or not 0 <= distance < 16_383:
        return NUMBER
    t = time_of(buffer, out_n, -1, 0, line_ns, when)
    if t < 0:
        return NO_TIME
    if not origin(t, when, own, fixed, out_f):
        return NO_POSITION
    lon0, lat0 = out_f[LON0], out_f[LAT0]
    begin_row(t, target, line_ns, seq, when, out_n, out_f)
    out_f[LON0], out_f[LAT0], out_f[RANGE], out_f[AZIMUTH] = lon0, lat0, distance * 0.01 * NM, bearing * 0.1
    if speed < 4095 and course < 3600 and not six_bits(buffer, start, 78, 1):
        vector(speed * 0.1, course * 0.1, KN, out_f)
    return USED


@kernel
def split(buffer, start, stop, f):
    """Number of fields between `start` (after $ or !) and `stop` (the *); f[k] begins field k, f[k + 1] - 1 ends it."""
    n = 1
    f[0] = start
    for at in range(start, stop):
        if buffer[at] == 44 and n < MAX_FIELDS:
            f[n] = at + 1
            n += 1
    f[n] = stop + 1
    return n


@kernel
def sentence(buffer, start, stop, f):
    """(code, first octet after $, the *, fields) of a line whose checksum holds; the code is -reason otherwise."""
    dollar = -1
    at = start
    while at < stop:  # past a tag block, whose text may hold any sign
        if buffer[at] == 92:
            at += 1
            while at < stop and buffer[at] != 92:
                at += 1
        elif buffer[at] == 36 or buffer[at] == 33:
            dollar = at
            break
        at += 1
    if dollar < 0 or dollar + 7 > stop:
        return -NO_SENTENCE, start, stop, 0
    code = code3(buffer[dollar + 3], buffer[dollar + 4], buffer[dollar + 5])
    if buffer[dollar] == 33 and (code in (VDM, VDO)):
        return AIS * 1000, dollar, stop, 0
    star = stop - 1
    while star > dollar and buffer[star] != 42:
        star -= 1
    if star <= dollar or star + 3 > stop:
        return -NO_CHECKSUM, dollar, stop, 0
    total = 0
    for k in range(dollar + 1, star):
        total ^= np.int64(buffer[k])
    high, low = hex_digit(buffer[star + 1]), hex_digit(buffer[star + 2])
    if high < 0 or low < 0 or high * 16 + low != total:
        return -CHECKSUM, dollar, stop, 0
    return code, dollar, star, split(buffer, dollar + 1, star, f)


@kernel
def targets(buffer, start, stop, base, when, own, fixed, out_n, out_f, out_counts, out_first):
    """(rows, where the unfinished line begins) of the lines in buffer[start:stop].

    `out_counts` (REASONS) and `out_first` (REASONS, 2) count the sentences by reason and keep each one's first line;
    the latter must come in as -1. `when` and `own` carry own ship's state from call to call.
    """
    rows, line = 0, start
    f = np.zeros(MAX_FIELDS + 2, np.int64)
    for at in range(start, stop):
        if buffer[at] != 10:
            continue
        begin, end = line, at
        line = at + 1
        while end > begin and (buffer[end - 1] == 13 or buffer[end - 1] == 32):
            end -= 1
        if end == begin:
            continue
        if end - begin > MAX_LINE:
            why = TOO_LONG
        else:
            code, dollar, _star, n = sentence(buffer, begin, end, f)
            if code == AIS * 1000:
                continue
            why = -code
        if why < 0:
            line_ns = line_time(buffer, begin, dollar)
            if code == TTM:
                why = ttm(buffer, f, n, line_ns, base + begin, when, own, fixed, out_n[rows], out_f[rows])
            elif code == TLL:
                why = tll(buffer, f, n, line_ns, base + begin, when, own, fixed, out_n[rows], out_f[rows])
            elif code == TTD and buffer[dollar] == 33 and n >= 5:
                why = NUMBER
                each = f[4]
                while each + 15 < f[5]:
                    if why == USED:
                        out_counts[USED] += 1
                        rows += 1
                    why = ttd(buffer, each, line_ns, base + begin, when, own, fixed, out_n[rows], out_f[rows])
                    each += 15
                    if why != USED and each + 15 < f[5]:
                        out_counts[why] += 1
            elif fixed and own_fixed(code):
                why = OWN_SHIP
                before_lon, before_lat = own[OWN_LON], own[OWN_LAT]
                own_sentence(buffer, code, f, n, line_ns, when, own)
                own[OWN_LON], own[OWN_LAT] = before_lon, before_lat
            elif own_sentence(buffer, code, f, n, line_ns, when, own):
                why = OWN_SHIP
            else:
                why = OTHER
        if why == USED:
            rows += 1
        out_counts[why] += 1
        if out_first[why, 0] < 0:
            out_first[why, 0], out_first[why, 1] = begin, end
    return rows, line


@kernel
def own_fixed(code):
    """Whether a sentence could move an antenna that stands ashore."""
    return code in (RMC, GGA, GLL)
