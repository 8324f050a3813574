"""The state of every vessel: under way, stopped, at anchor, moored; since when, and how far she is from where she lay.

What she declares counts as long as her motion does not contradict it; a vessel that declares nothing is stopped once
she has made less than half a knot for five minutes, and takes her state from the place: a berth moors, an anchorage
anchors, and elsewhere she is only stopped.
"""

from typing import NamedTuple

import numpy as np

from geofences import mooring_kernels
from vts.schema import F8, I1, I4, I8, table

STATES = ("under_way", "stopped", "anchored", "moored")


@table
class Moorings(NamedTuple):
    """One row per track of the Picture, in its order."""

    track: I8
    state: I1  # STATES
    since_ns: I8
    slow_ns: I8  # since when below STOP_KN; -1 when she is not
    fast_ns: I8
    seen_under_way: I1  # 1: we saw her arrive, so where she stopped is about where her anchor lies
    reports: I8  # Tracks.reports when she was last looked at
    drop_lon_deg: F8  # where she came to rest; NaN under way
    drop_lat_deg: F8
    off_m: F8  # from there, at the last fix and at the two before
    off_1_m: F8
    off_2_m: F8
    lon_deg: F8  # at the last fix
    lat_deg: F8
    t_ns: I8
    last_lon_deg: F8  # at the fix before it, for lines that she crossed
    last_lat_deg: F8
    last_ns: I8


def step(at_ns, moorings, tracks, part, at_anchorage, at_berth):
    """The Moorings one Picture on; `part` as in visits, the last two say per track whether she is in such a zone."""
    out = Moorings(track=np.empty(tracks.n, np.int64))
    mooring_kernels.merge_moorings(at_ns, moorings, tracks, part, at_anchorage, at_berth, out)
    return out


def course_known(at_ns, moorings, tracks, gap_ns):
    """Which tracks, by the Moorings of the Picture before, were seen at most `gap_ns` ago, and make way now: bool.

    Only their course says how they came to where they are: who is seen for the first time may have been there for days.
    """
    seen = moorings.track[(moorings.t_ns >= 0) & (at_ns - moorings.t_ns <= gap_ns)]
    return np.isin(tracks.track, seen, assume_unique=True) & (tracks.sog_kn > mooring_kernels.GO_KN)


@table
class Crossings(NamedTuple):
    """Lines that vessels crossed lately, in order of time, track and zone."""

    track: I8
    mmsi: I8
    zone: I4
    t_ns: I8  # of the first Picture beyond the line


def crossed(at_ns, moorings, tracks, zones, lines):
    """The Crossings of the lines (rows of zones) between the last two Pictures with news of each vessel."""
    moved = moorings.take(np.flatnonzero((moorings.t_ns == at_ns) & (moorings.last_ns >= 0)))
    if not moved.n or not lines.size:
        return Crossings.empty()
    outlines = zones.index.outlines
    room = 64
    while True:
        row, line = np.empty(room, np.int64), np.empty(room, np.int64)
        n = mooring_kernels.crossings(moved, outlines.edges, outlines.edge_first, lines, row, line)
        if n <= room:
            break
        room = n
    at = np.searchsorted(tracks.track, moved.track[row[:n]])
    return Crossings(track=moved.track[row[:n]], mmsi=tracks.mmsi[at], zone=line[:n], t_ns=np.full(n, at_ns))
