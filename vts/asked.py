"""What a user types, as values: a time, an area, a budget, a span of days, a speed.

Each raises ValueError whose text says what was wanted.
"""

from datetime import UTC, datetime


def instant(text):
    """ns since 1970 of an ISO 8601 time; a time without a zone is UTC.

    >>> instant("1970-01-01T08:00:01+08:00")
    1000000000
    """
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not an ISO 8601 time such as 2026-01-31T08:00:00Z") from None
    return round((given if given.tzinfo else given.replace(tzinfo=UTC)).timestamp() * 1e6) * 1000


def area(text):
    """(west, south, east, north) in degrees of "W,S,E,N".

    >>> area("113.5,21.8,114.5,22.8")
    (113.5, 21.8, 114.5, 22.8)
    """
    try:
        west, south, east, north = map(float, text.split(","))
    except ValueError:
        raise ValueError(
            f"{text!r} is not four numbers such as 113.5,21.8,114.5,22.8 (west,south,east,north)"
        ) from None
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south < north <= 90):
        raise ValueError(f"{text!r}: write west,south,east,north in degrees, south below north")
    return west, south, east, north


def budget(text):
    """Alerts an hour: 6/h, or 6; all is no limit.

    >>> budget("6/h"), budget("all")
    (6, inf)
    """
    number = text.removesuffix("/h")
    if number == "all":
        return float("inf")
    if not number.isdigit():
        raise ValueError(f"{text!r} is neither a number of alerts an hour such as 6/h nor all")
    return int(number)


def days(text):
    """Days: 180, 180d, 26w.

    >>> days("180d"), days("26w")
    (180, 182)
    """
    number = text.rstrip("dw")
    if not number.isdigit():
        raise ValueError(f"{text!r} is not a number of days such as 180d or 26w")
    return int(number) * (7 if text.endswith("w") else 1)


def speed(text):
    """Event seconds a second; infinity for max, as fast as it goes."""
    try:
        pace = float("inf") if text == "max" else float(text)
    except ValueError:
        pace = -1.0
    if not pace > 0:
        raise ValueError(f"{text!r} is neither a number such as 1 or 10 nor max")
    return pace
