"""ARPA targets from NMEA logs: TTM, TLL and TTD with own ship's position, heading and clock.

A target's ident is its number on the radar's screen plus 1,000 for every time that number was lost before, so that a
number given anew is not taken for the old target. Status Q is not yet tracked and gives no report; a TLL that repeats
a TTM of the same target is counted, not reported twice. Relative bearings are turned by a heading not older than 10 s;
speed and course are taken only where they are true. AIS lines are left to the AIS decoder and not counted.
"""

import numpy as np

from vts.radar import arpa_kernels as kernels
from vts.radar import project
from vts.radar.listing import iso
from vts.radar.site import Site, in_sight
from vts.schema import RADAR_TRACK, Reports
from vts.units import S


class Reader:
    """Reports of NMEA text, whatever pieces it comes in."""

    def __init__(self, sites, rejects, start_ns=-1):
        self._homeless = not sites  # an AIS log may hold a few targets that nobody asked for: they stop no run
        sites = sites or (Site("unknown", own_ship=True),)
        self._sites = sites
        self._rejects = rejects
        self._row = next((k for k, s in enumerate(sites) if s.own_ship), None)
        if self._row is None:
            self._row = next((k for k, s in enumerate(sites) if s.sac < 0), 0)
        site = sites[self._row]
        self._fixed = not site.own_ship
        self._when = np.full(kernels.STATE, -1, np.int64)
        self._when[kernels.SEEN :] = 0
        self._when[kernels.NOON] = start_ns + 43_200 * S if start_ns >= 0 and start_ns % (86_400 * S) == 0 else start_ns
        self._own = np.array([site.lon_deg, site.lat_deg, np.nan])
        self._held = b""
        self._base = 0

    def reports(self, block, last=False):
        """Reports of the lines that end in this block."""
        data = self._held + block + (b"\n" if last else b"")
        buffer = np.frombuffer(data, np.uint8)
        most = len(data) // 12 + 8
        n, f = np.empty((most, 4), np.int64), np.empty((most, 8))
        counts, first = np.zeros(len(kernels.REASONS), np.int64), np.full((len(kernels.REASONS), 2), -1, np.int64)
        rows, line = kernels.targets(
            buffer, 0, len(data), self._base, self._when, self._own, self._fixed, n, f, counts, first
        )
        for k, reason in enumerate(kernels.REASONS):
            if k != kernels.USED:
                self._rejects.add(reason, counts[k], data[first[k, 0] : first[k, 1]] if counts[k] else "")
        if len(data) - line > kernels.MAX_LINE * 64:  # a file without line ends is no log
            self._rejects.add(kernels.REASONS[kernels.TOO_LONG], 1, data[line : line + 80])
            line = len(data)
        self._held, self._base = data[line:], self._base + line
        return self._placed(n[:rows], f[:rows])

    def _placed(self, n, f):
        """Reports of the kernel's rows."""
        site, rows = self._sites[self._row], len(n)
        rng, az, lon, lat = (np.ascontiguousarray(f[:, k]) for k in (2, 3, 4, 5))
        unknown = np.full(rows, np.nan)
        major, minor, axis = np.full((3, rows), np.nan)
        if rows:
            project.place(
                np.zeros(rows, np.int64), np.ascontiguousarray(f[:, 0]), np.ascontiguousarray(f[:, 1]),
                np.array([site.height_m]), np.array([site.sigma_range_m]), np.array([site.sigma_azimuth_deg]),
                rng, az, unknown, unknown, lon, lat, major, minor, axis,
            )  # fmt: skip
        if self._homeless:
            self._rejects.add("no radar site: name a sites file (own_ship = true for a ship's radar)", rows)
            return Reports.empty()
        late_ns = round((site.latency_s + site.clock_offset_s) * S)
        reports = Reports(
            t_ns=n[:, 0] - late_ns, rx_ns=n[:, 1], sensor=np.full(rows, site.sensor), kind=np.full(rows, RADAR_TRACK),
            ident=n[:, 2], lon_deg=lon, lat_deg=lat, range_m=rng, azimuth_deg=az, sog_kn=f[:, 6], cog_deg=f[:, 7],
            major_m=major, minor_m=minor, axis_deg=axis, seq=n[:, 3],
        )  # fmt: skip
        return in_sight(reports, self._sites, self._rejects)


def read(blocks, sites, rejects, start_ns=-1):
    """Yield the Reports of blocks of NMEA text."""
    reader = Reader(sites, rejects, start_ns)
    for block in blocks:
        reports = reader.reports(block)
        if reports.n:
            yield reports
    reports = reader.reports(b"", last=True)
    if reports.n:
        yield reports


_FIELDS = {
    "TTM": "target distance bearing_deg bearing_reference speed course_deg course_reference cpa tcpa_min unit "
    "name status reference time acquisition",
    "TLL": "target lat_deg - lon_deg - name time status reference",
    "TTD": "sentences sentence sequence payload fill_bits",
    "OSD": "heading_deg heading_status course_deg course_reference speed speed_reference set_deg drift unit",
    "RSD": "origin1_range origin1_bearing_deg vrm1_range ebl1_deg origin2_range origin2_bearing_deg vrm2_range "
    "ebl2_deg cursor_range cursor_bearing_deg range_scale unit rotation",
}
_TEXT = ("name", "status", "time", "unit", "payload", "acquisition", "reference", "rotation")


def messages(blocks, rejects, start_ns=-1):
    """Yield one dict per radar sentence: t, station (the talker), offset, type, then its fields; the slow lane.

    Distances and speeds are in the sentence's own `unit` (K km, N NM, S statute miles, and the speeds of these).
    """
    when = np.full(kernels.STATE, -1, np.int64)
    when[kernels.SEEN :] = 0
    when[kernels.NOON] = start_ns + 43_200 * S if start_ns >= 0 and start_ns % (86_400 * S) == 0 else start_ns
    own, f = np.full(3, np.nan), np.zeros(kernels.MAX_FIELDS + 2, np.int64)
    for offset, line in _lines(blocks):
        buffer = np.frombuffer(line, np.uint8)
        code, dollar, star, n = kernels.sentence(buffer, 0, len(buffer), f)
        if code <= 0:
            if code != kernels.AIS * 1000 and line.strip():
                rejects.add(kernels.REASONS[-code], 1, line)
            continue
        line_ns = kernels.line_time(buffer, 0, dollar)
        kind = line[dollar + 3 : dollar + 6].decode("latin-1")
        words = line[dollar + 1 : star].decode("latin-1").split(",")[1:]
        if kind == "TLB":
            yield _head(when, line_ns, offset, line, dollar, kind) | {
                "labels": [{"target": int(t), "label": name} for t, name in zip(words[::2], words[1::2]) if t.isdigit()]
            }
        elif kind in _FIELDS:
            if kind in ("TTM", "TLL"):
                t_ns = kernels.time_of(buffer, f, 14 if kind == "TTM" else 7, n, line_ns, when)
                when[kernels.LATEST] = max(when[kernels.LATEST], t_ns)
            yield _head(when, line_ns, offset, line, dollar, kind) | _decoded(kind, words, buffer, f, n)
        elif not kernels.own_sentence(buffer, code, f, n, line_ns, when, own):
            rejects.add(kernels.REASONS[kernels.OTHER], 1, line)
            continue
        else:
            rejects.add(kernels.REASONS[kernels.OWN_SHIP], 1, line)
            continue
        rejects.used += 1


def _head(when, line_ns, offset, line, dollar, kind):
    """What every message has."""
    t_ns = int(when[kernels.LATEST]) if when[kernels.LATEST] >= 0 else int(line_ns)
    return {"t": iso(t_ns), "station": line[dollar + 1 : dollar + 3].decode("latin-1"), "offset": offset, "type": kind}


def _decoded(kind, words, buffer, f, n):
    """{field: value} of a sentence; None where a field is empty or not a number."""
    found = {}
    for k, (name, word) in enumerate(zip(_FIELDS[kind].split(), words), start=1):
        if name in ("lat_deg", "lon_deg"):
            value = kernels.degrees(buffer, f, k) if k + 1 < n else np.nan
            found[name] = None if np.isnan(value) else round(float(value), 9)
        elif name.endswith(_TEXT):
            found[name] = word or None
        elif name != "-":
            value = kernels.number(buffer, f[k], f[k + 1] - 1)
            found[name] = None if np.isnan(value) else float(value)
    if found.get("target") is not None:
        found["target"] = int(found["target"])
    return found


def _lines(blocks):
    """(offset, line) of blocks of text; a line over MAX_LINE octets is cut there."""
    held, base = b"", 0
    for block in blocks:
        *lines, held = (held + block).split(b"\n")
        for line in lines:
            yield base, line[: kernels.MAX_LINE]
            base += len(line) + 1
        held = held[: kernels.MAX_LINE * 64]
    if held:
        yield base, held[: kernels.MAX_LINE]
