"""When zones hold: dates, and hours of the day in the zone's own time."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from vts.units import DAY, HOUR, S

EVER = np.iinfo(np.int64).max
_WINDOW = re.compile(r"(\d\d):(\d\d)\s*[-–]\s*(\d\d):(\d\d)")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")


class Validity(NamedTuple):
    """One row per zone."""

    from_ns: np.ndarray  # int64; 0 when without beginning
    to_ns: np.ndarray  # int64, exclusive; EVER when without end
    opens_ns: np.ndarray  # int64, local time of day; 0 when open all day
    closes_ns: np.ndarray  # int64, exclusive; DAY when open all day; less than opens_ns: over midnight
    zone: tuple  # tzinfo of each

    def in_force(self, at_ns):
        """Which zones hold: bool, shape (zones,) at one instant, (instants, zones) at an array of them."""
        at = np.atleast_1d(np.asarray(at_ns, np.int64))[:, None]
        local = (at + self._offset_ns(at[:, 0])) % DAY
        over_midnight = self.closes_ns < self.opens_ns
        after, before = local >= self.opens_ns, local < self.closes_ns
        hold = (self.from_ns <= at) & (at < self.to_ns) & np.where(over_midnight, after | before, after & before)
        return hold if np.ndim(at_ns) else hold[0]

    def _offset_ns(self, at_ns):
        """Local time minus UTC, shape (instants, zones); a zone's clock is looked up once an hour of the data."""
        out = np.zeros((at_ns.size, len(self.zone)), np.int64)
        hours, back = np.unique(at_ns // (HOUR // 4), return_inverse=True)
        for tz in set(self.zone) - {UTC}:
            rows = np.array([z is tz or z == tz for z in self.zone])
            moments = [datetime.fromtimestamp(int(h) * (HOUR // 4) / S, UTC) for h in hours]
            seconds = [m.astimezone(tz).utcoffset() // timedelta(seconds=1) for m in moments]
            out[:, rows] = (np.array(seconds, np.int64) * S)[back][:, None]
        return out


def validity(properties):
    """The Validity of zones from their property dicts; ValueError in words where a time cannot be read."""
    rows = [_row(p) for p in properties]
    columns = [np.array([row[k] for row in rows], np.int64) for k in range(4)]
    return Validity(*columns, tuple(row[4] for row in rows))


def _row(properties):
    """(from_ns, to_ns, opens_ns, closes_ns, tzinfo) of one zone."""
    tz = clock(properties.get("time_zone"))
    begin = properties.get("valid_from") or properties.get("effective")
    from_ns = instant_ns(begin, tz, "valid_from") if begin else 0
    end = properties.get("valid_to")
    to_ns = instant_ns(end, tz, "valid_to", end_of_day=True) if end else EVER
    if to_ns <= from_ns:
        raise ValueError(f"valid_to {end} is not after valid_from {begin}; put the later one last")
    window = properties.get("daily_window")
    if not window:
        return from_ns, to_ns, 0, DAY, tz or UTC
    match = _WINDOW.fullmatch(str(window).strip())
    if not match:
        raise ValueError(f"daily_window {window!r} cannot be read; write it as 08:00-17:00")
    h0, m0, h1, m1 = (int(part) for part in match.groups())
    if max(h0, h1) > 24 or max(m0, m1) > 59 or (h0, m0) == (h1, m1):
        raise ValueError(f"daily_window {window!r} is not a span of the day; write it as 08:00-17:00")
    tz = tz or _clock_of(begin) or _clock_of(end)
    if tz is None:
        raise ValueError("daily_window needs time_zone; add a name such as Asia/Shanghai or an offset such as +08:00")
    return from_ns, to_ns, (h0 * 60 + m0) * 60 * S, (h1 * 60 + m1) * 60 * S, tz


def clock(text):
    """The tzinfo of "+08:00" or "Asia/Shanghai"; None of None; ValueError of anything else."""
    if text is None:
        return None
    match = _OFFSET.fullmatch(str(text).strip())
    if match:
        sign = -1 if match[1] == "-" else 1
        return timezone(sign * timedelta(hours=int(match[2]), minutes=int(match[3])))
    try:
        return UTC if text in ("UTC", "Z") else ZoneInfo(str(text))
    except Exception as error:  # zoneinfo raises five kinds, by whether the name is absent, a path or a folder
        raise ValueError(f"time_zone {text!r} is unknown; write Asia/Shanghai or +08:00") from error


def instant_ns(text, tz, field, end_of_day=False):
    """UTC ns of an ISO 8601 time; a date alone is its first instant, or with `end_of_day` the first of the next."""
    try:
        moment = datetime.fromisoformat(str(text).strip())
    except ValueError as error:
        raise ValueError(f"{field} {text!r} is no ISO 8601 time; write it as 2025-04-09T08:00+08:00") from error
    if len(str(text).strip()) <= 10:
        tz = tz or UTC
        try:
            moment += timedelta(days=1) if end_of_day else timedelta()
        except OverflowError:
            return EVER  # 9999-12-31 is how many files write "without end"
    if moment.tzinfo is None and tz is None:
        raise ValueError(f"{field} {text!r} has no time zone; add an offset such as +08:00, or time_zone")
    moment = moment if moment.tzinfo else moment.replace(tzinfo=tz)
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return min(max((since.days * 86_400 + since.seconds) * S + since.microseconds * 1000, -EVER), EVER)


def _clock_of(text):
    """The fixed offset that a time was written with, or None."""
    try:
        return datetime.fromisoformat(str(text)).tzinfo
    except ValueError:
        return None
