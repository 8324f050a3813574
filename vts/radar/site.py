"""Radar sites: where each antenna stands, how well it measures, and what it cannot see.

```toml
date = 2026-11-23               # UTC date of recordings that carry a time of day only (raw ASTERIX); optional

[[site]]
name = "Dachan"
sac = 10                        # ASTERIX source; leave out to take whatever source nobody else claims
sic = 1
port = 8600                     # UDP port, where two sources share an identifier; optional
lon_deg = 113.85
lat_deg = 22.52
height_m = 60.0                 # of the antenna, above the sea
sigma_range_m = 15.0
sigma_azimuth_deg = 0.3
blind_deg = [[350.0, 10.0]]     # sectors without transmission, clockwise
coverage = [[113.7, 22.4], [114.0, 22.4], [114.0, 22.7]]
```
"""

import datetime
import math
import tomllib
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import numpy as np

from vts.errors import SiteError
from vts.schema import MAX_SENSORS


@dataclass(frozen=True)
class Site:
    """One radar. Site k of a file is sensor k + 1 in Reports. Biases are what the radar reads too much.

    `range_bias_m` and `azimuth_bias_deg` are left in the Reports, for the tracker to take off and to learn;
    `clock_offset_s` (its clock ahead of UTC) and `latency_s` (from measurement to its time stamp) are taken off by the
    decoder. The default sigmas are half the accuracy that IMO MSC.192(79) asks of a ship's radar.
    """

    name: str
    number: int = 0
    lon_deg: float = math.nan  # of the antenna; unknown for an own ship, whose position comes from the log
    lat_deg: float = math.nan
    sac: int = -1  # -1: any source that no other site claims
    sic: int = -1
    port: int = -1  # UDP destination port; -1: any
    height_m: float = 0.0
    range_bias_m: float = 0.0
    azimuth_bias_deg: float = 0.0
    latency_s: float = 0.0
    clock_offset_s: float = 0.0
    sigma_range_m: float = 15.0
    sigma_azimuth_deg: float = 0.5
    period_s: float = 3.0  # of the antenna's rotation
    min_range_m: float = 0.0
    max_range_m: float = 100_000.0
    blind_deg: tuple = ()  # ((from, to), ...) clockwise
    coverage: tuple = ()  # ((lon, lat), ...); () means the circle of max_range_m
    own_ship: bool = False  # the radar sails: range and azimuth are from where it then was
    land: str = (
        ""  # video is not searched there: a GeoJSON file of polygons, or "coast" for the shipped 1:10 million one
    )
    date: str = ""  # UTC date of recordings without one, YYYY-MM-DD

    @property
    def sensor(self):
        """Its number in Reports.sensor."""
        return self.number + 1


_LIMITS = {
    "lon_deg": (-180.0, 180.0),
    "lat_deg": (-90.0, 90.0),
    "sac": (-1, 255),
    "sic": (-1, 255),
    "port": (-1, 65535),
    "height_m": (-500.0, 9000.0),
    "range_bias_m": (-100_000.0, 100_000.0),
    "azimuth_bias_deg": (-360.0, 360.0),
    "latency_s": (-86_400.0, 86_400.0),
    "clock_offset_s": (-86_400.0, 86_400.0),
    "sigma_range_m": (1e-3, 1e5),
    "sigma_azimuth_deg": (1e-6, 90.0),
    "period_s": (1e-3, 3600.0),
    "min_range_m": (0.0, 1e6),
    "max_range_m": (1.0, 1e6),
}


def load_sites(path):
    """The Sites of a TOML file, in file order; site k becomes sensor k + 1.

    Raises SiteError naming file, site and remedy for a missing or impossible value, a name or a source used twice,
    or more sites than Tracks.seen_by has bits.
    """
    path = Path(path)
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SiteError(f"{path}: cannot be read ({error.strerror}); name a readable TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SiteError(f"{path}: not TOML ({error}); mend that line") from error
    date = given.pop("date", "")
    entries = given.pop("site", None)
    if given:
        raise SiteError(f"{path}: unknown key {sorted(given)[0]!r}; a sites file holds `date` and [[site]] tables")
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        raise SiteError(f"{path}: no sites; write a [[site]] table for each radar")
    if len(entries) > MAX_SENSORS - 1:
        raise SiteError(f"{path}: {len(entries)} sites; at most {MAX_SENSORS - 1} can be told apart, split the file")
    sites = tuple(_site(path, k, {"date": date} | entry) for k, entry in enumerate(entries))
    _unique(path, sites)
    return sites


def _site(path, number, entry):
    """One Site from its table."""
    known = {f.name: f for f in fields(Site) if f.name != "number"}
    name = entry.get("name")
    if not isinstance(name, str) or not name.strip():
        raise SiteError(f'{path}: site {number + 1} has no name; write name = "..."')
    where = f"{path}: site {name!r}"
    for key in entry:
        if key not in known:
            raise SiteError(f"{where} has no key {key!r}; there are {', '.join(known)}")
    values = {key: _value(where, key, value, known[key]) for key, value in entry.items()}
    site = Site(number=number, **values)
    if not site.own_ship and not (math.isfinite(site.lon_deg) and math.isfinite(site.lat_deg)):
        raise SiteError(f"{where} has no position; give lon_deg and lat_deg, or own_ship = true")
    if site.min_range_m >= site.max_range_m:
        raise SiteError(f"{where}: min_range_m {site.min_range_m:g} is not below max_range_m {site.max_range_m:g}")
    return site


def _value(where, key, value, field):
    """A key's value as the dataclass wants it."""
    if key in ("blind_deg", "coverage"):
        return _pairs(where, key, value)
    if key == "date":
        try:
            return value and datetime.date.fromisoformat(str(value)).isoformat()
        except ValueError as error:
            raise SiteError(f"{where}: date {value!r} is not a date; write date = 2026-11-23") from error
    if field.type in (str, bool):
        if not isinstance(value, field.type):
            raise SiteError(f"{where}: {key} must be a {field.type.__name__}, not {value!r}")
        return value
    low, high = _LIMITS[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise SiteError(f"{where}: {key} is {value!r}; it must be a number from {low:g} to {high:g}")
    if field.type is int and value != int(value):
        raise SiteError(f"{where}: {key} is {value!r}; it must be a whole number")
    return field.type(value)


def _pairs(where, key, value):
    """((a, b), ...) of a list of pairs of numbers."""
    good = isinstance(value, list) and all(
        isinstance(pair, list)
        and len(pair) == 2
        and all(isinstance(x, int | float) and not isinstance(x, bool) and abs(x) <= 360 for x in pair)
        for pair in value
    )
    if not good or (key == "coverage" and 0 < len(value) < 3):
        what = "[[lon, lat], ...] with three points or more" if key == "coverage" else "[[from, to], ...] in degrees"
        raise SiteError(f"{where}: {key} must be {what}")
    return tuple((float(a), float(b)) for a, b in value)


def _unique(path, sites):
    """Raise SiteError where two sites cannot be told apart."""
    for what, key in (("name", lambda s: s.name), ("source", lambda s: (s.sac, s.sic, s.port))):
        seen = {}
        for site in sites:
            other = seen.setdefault(key(site), site)
            if other is not site:
                raise SiteError(f"{path}: sites {other.name!r} and {site.name!r} have the same {what}; change one")


def to_toml(sites, date=""):
    """The text of a sites file that load_sites reads back; for simulators."""
    lines = [f"date = {date}\n"] if date else []
    for site in sites:
        lines.append("[[site]]")
        for f in fields(Site):
            value = getattr(site, f.name)
            if f.name in ("number", "date") or (f.default is not MISSING and value in (f.default, None)):
                continue
            if isinstance(value, float) and math.isnan(value):
                continue
            text = str(value).lower() if isinstance(value, bool) else _toml(value)
            lines.append(f"{f.name} = {text}")
        lines.append("")
    return "\n".join(lines)


def _toml(value):
    """A TOML literal of a name, a number or pairs of numbers."""
    if isinstance(value, str):
        escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08X}" for c in value)
        return f'"{escaped}"'
    return str([list(pair) for pair in value]) if isinstance(value, tuple) else repr(value)


def match_site(sites, sac, sic, port):
    """Row of the site that claims a source: by SAC/SIC and port, then by either, then the one that takes any; -1."""
    best, best_rank = -1, -1
    for k, site in enumerate(sites):
        named = site.sac >= 0 or site.sic >= 0
        if named and (site.sac, site.sic) != (sac, sic):
            continue
        if site.port >= 0 and site.port != port:
            continue
        rank = 2 * named + (site.port >= 0)
        if rank > best_rank:
            best, best_rank = k, rank
    return best


def in_sight(reports, sites, rejects, first_sensor=1):
    """The reports that their site can have seen; the others are counted and left out."""
    keep = np.ones(reports.n, bool)
    nowhere = np.isnan(reports.lon_deg)
    rejects.add("no position", np.count_nonzero(nowhere))
    keep &= ~nowhere
    for k, site in enumerate(sites):
        mine = keep & (reports.sensor == k + first_sensor)
        far = mine & ((reports.range_m < site.min_range_m) | (reports.range_m > site.max_range_m))
        rejects.add("outside the site's range limits", np.count_nonzero(far), f"site {site.name}")
        keep &= ~far
        for start, stop in site.blind_deg:
            blind = mine & keep & ((reports.azimuth_deg - start) % 360.0 < (stop - start) % 360.0)
            rejects.add("in a blind sector", np.count_nonzero(blind), f"site {site.name}")
            keep &= ~blind
    rejects.used += int(np.count_nonzero(keep))
    return reports if keep.all() else reports.take(keep)
