"""Positions as notices to mariners print them: degrees, minutes and seconds, Chinese or Latin.

22°26′26.55″N,113°53′01.81″E; 22º07´20″N; 北纬22度26分26.55秒; 22-07.3N 113-47.88E; 22.1222N.
"""

import re

_DEGREE, _MINUTE, _SECOND = "°º˚度", "'′´’‘`＇分", '"″”“＂秒'
_NUMBER = r"\d+(?:\.\d+)?"
_ANGLE = re.compile(
    rf"(?P<before>北纬|南纬|东经|西经|[NSEW])?\s*"
    rf"(?P<deg>{_NUMBER})\s*(?:[{_DEGREE}]|-(?=\d))?\s*"
    rf"(?:(?P<min>{_NUMBER})\s*(?:[{_MINUTE}](?![{_MINUTE}])|-(?=\d))?\s*)?"
    rf"(?:(?P<sec>{_NUMBER})\s*(?:[{_SECOND}]|[{_MINUTE}]{{2}})?\s*)?"
    rf"(?P<after>[NSEW])?",
    re.I,
)
_SIGN = {"N": 1, "S": -1, "E": 1, "W": -1, "北纬": 1, "南纬": -1, "东经": 1, "西经": -1}
_IS_LAT = {"N", "S", "北纬", "南纬"}


def angle(text):
    """(degrees, is_latitude) of one printed angle, south and west negative.

    ValueError, in words for the officer, where it is no angle, lacks its hemisphere, or has 60 minutes or seconds or
    more, as in 113°47'88": the printer most often meant decimals of a minute, but that is not ours to decide.
    """
    match = _ANGLE.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text.strip()[:40]!r} is not a printed angle; write it as 113°47'52.8\"E")
    hemisphere = (match["before"] or match["after"] or "").upper()
    if not hemisphere or (match["before"] and match["after"]):
        raise ValueError(f"{text.strip()[:40]!r} needs one hemisphere letter; add N, S, E or W")
    deg, minute, second = (float(match[part] or 0) for part in ("deg", "min", "sec"))
    if minute >= 60 or second >= 60:
        what, value = ("minutes", minute) if minute >= 60 else ("seconds", second)
        raise ValueError(
            f"{text.strip()!r} has {value:g} {what}, which cannot be; look at the notice again: "
            "it may have printed decimals of a minute as seconds"
        )
    is_lat = hemisphere in _IS_LAT
    value = deg + minute / 60 + second / 3600
    if value > (90 if is_lat else 180):
        raise ValueError(f"{text.strip()!r} is beyond {90 if is_lat else 180}°; check the degrees and the hemisphere")
    return _SIGN[hemisphere] * value, is_lat


def position(text):
    """(lon_deg, lat_deg) of one printed position, in whichever order it is printed.

    ValueError as `angle`, and where it is not one latitude and one longitude.
    """
    halves = [
        half
        for half in re.split(r"[,，、;；/]|(?<=[NSEWnsew])\s+(?=\d)|\s+(?=北纬|南纬|东经|西经)", text)
        if half.strip()
    ]
    if len(halves) != 2:
        raise ValueError(f"{text.strip()[:60]!r} is not a latitude and a longitude; write 22°07'20\"N, 113°47'52\"E")
    (first, first_is_lat), (second, second_is_lat) = (angle(half) for half in halves)
    if first_is_lat == second_is_lat:
        raise ValueError(f"{text.strip()[:60]!r} has two {'latitudes' if first_is_lat else 'longitudes'}")
    return (second, first) if first_is_lat else (first, second)
