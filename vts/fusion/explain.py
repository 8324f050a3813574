"""Which reports made a track, and which near it were not used, and why: the log is read again, so nothing is stored.

A run is deterministic, so the same reports under the same configuration do again exactly what they did.
"""

from typing import NamedTuple

import numpy as np

from vts.errors import UsageError
from vts.fusion import layout as col
from vts.fusion.tracker import Tracker, fuse
from vts.geo import lon_diff_deg, metres_per_degree
from vts.schema import F8, I1, I2, I8, Text, table
from vts.units import S

NEAR_M = 500.0  # a plot this near the track is worth a word, whatever became of it


@table
class Explanation(NamedTuple):
    """One row per report that made a track, or came near it and did not; in order of time."""

    t_ns: I8
    sensor: I2
    kind: I1
    ident: I8
    used: I1  # 1: it moved, or began, this track
    reason: Text(60)  # what became of it
    apart_m: F8  # from where the track was at the picture's time, less its run since
    seq: I8


def explain(feed, track, at_ns, config=None, sites=(), window_s=60.0):
    """Explanation of a track at an instant: the reports of the last `window_s` that it used, and those it did not.

    `feed` yields what `fuse` was given; `config` and `sites` must be those of that run. Raises UsageError when there is
    no such track at that time.
    """
    tracker = Tracker(config, sites)
    seen = []
    tracker._listener = lambda reports, verdict, number: seen.append((reports, verdict, number))
    every_ns = int(tracker.config.picture_s * S)
    for picture in fuse(feed, tracker):
        begin = at_ns - int(window_s * S) - int(tracker.config.ring_s * S)
        seen[:] = [part for part in seen if part[0].n and part[0].t_ns.max() >= begin]
        if picture.at_ns + every_ns > at_ns:
            return _explained(picture, seen, track, at_ns, int(window_s * S))
    raise UsageError(f"the log ends before the time asked for; track {track} is not known then")


def _explained(picture, seen, track, at_ns, window_ns):
    """The rows that concern a track, the latest account of each report."""
    row = np.flatnonzero(picture.tracks.track == track)
    if not row.size:
        known = ", ".join(map(str, picture.tracks.track[:8].tolist()))
        raise UsageError(f"there is no track {track} at that time; there are {known} ...")
    here = picture.tracks.take(row)
    mmsi = int(here.mmsi[0])
    east_m, north_m = metres_per_degree(float(here.lat_deg[0]))
    parts = []
    for reports, verdict, number in seen:
        dt = (reports.t_ns - picture.at_ns) / S
        course, speed = np.radians(here.cog_deg[0]), here.sog_kn[0] * 1852.0 / 3600.0
        east_deg = np.array([lon_diff_deg(lon, here.lon_deg[0]) for lon in reports.lon_deg])
        dx = east_deg * east_m - speed * np.sin(course) * dt
        dy = (reports.lat_deg - here.lat_deg[0]) * north_m - speed * np.cos(course) * dt
        apart = np.hypot(dx, dy)
        mine = number == track
        about = mine | ((reports.ident == mmsi) & (mmsi >= 0) & (reports.sensor == 0))
        about |= (reports.sensor > 0) & (apart < NEAR_M)
        about &= (reports.t_ns > at_ns - window_ns) & (reports.t_ns <= at_ns)
        at = np.flatnonzero(about)
        used = mine & np.isin(verdict, (col.USED, col.BEGAN))
        parts.append(
            Explanation(
                **{name: getattr(reports, name)[at] for name in ("t_ns", "sensor", "kind", "ident", "seq")},
                used=used[at],
                reason=np.array([_reason(verdict[j], number[j], track) for j in at], dtype="<U60"),
                apart_m=apart[at],
            )
        )
    found = Explanation.concat(parts)
    order = np.lexsort((found.seq, found.sensor, found.t_ns))
    found = found.take(order)
    # a report that came late was worked in again with its neighbours: the last account holds
    again = (np.diff(found.t_ns) == 0) & (np.diff(found.sensor) == 0) & (np.diff(found.seq) == 0)
    return found.take(np.concatenate([~again, [True]])[: found.n])


def _reason(verdict, number, track):
    """What became of a report, in words."""
    if verdict == col.BEGAN:
        return "began this track" if number == track else f"began track {number}"
    if verdict == col.USED:
        return "moved this track" if number == track else f"belongs to track {number}"
    return str(col.REASONS[verdict]) + (f"; began track {number}" if verdict == col.TELEPORT and number >= 0 else "")
