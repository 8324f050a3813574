"""Entry, exit and dwell: which vessel is in which zone, with hysteresis in space and in time.

A vessel has entered when it has been at least the margin over the line for `enter`, and left when it has been at
least the margin outside for `leave`; both count from the first fix over the line. A stay that ended may be resumed
within `rejoin`. GNSS jitter of 10 m on a line and a berth's swell would otherwise make an event every few seconds.
"""

from typing import NamedTuple

import numpy as np

from geofences import stay_kernels
from vts.schema import F8, I1, I4, I8, Visits, table


@table
class Stays(NamedTuple):
    """Where vessels are, were lately, or are about to be: one row per track and zone, in that order."""

    track: I8
    mmsi: I8
    zone: I4
    state: I1  # CANDIDATE, INSIDE, LEAVING, GONE
    change_ns: I8  # first fix over the line, of the crossing that is under way
    entered_ns: I8
    left_ns: I8
    seen_ns: I8  # last Picture in which it was inside
    entry_cog_deg: F8  # course over ground when it crossed the line


def step(at_ns, stays, tracks, part, places, margin_m, times_ns):
    """(Stays, Visits, since_ns) after one Picture; `since_ns` is per Places row, -1 outside.

    `part` says per track whether it is ABSENT, HELD or FRESH; `places` are in order of track and zone.
    """
    room = stays.n + places.n
    out = Stays(track=np.empty(room, np.int64))
    event, since_ns = np.empty(room, np.int8), np.empty(places.n, np.int64)
    n = stay_kernels.merge_stays(
        *(
            at_ns,
            stays,
            tracks.track,
            tracks.mmsi,
            tracks.cog_deg,
            part,
            places.track,
            places.zone,
            places.edge_m,
            margin_m,
        ),
        *(np.asarray(times_ns, np.int64), out, event, since_ns),
    )
    told = np.flatnonzero(event[:n] >= 0)
    after = out.take(slice(0, n))
    rows = after.take(told)
    visits = Visits(
        track=rows.track,
        mmsi=rows.mmsi,
        zone=rows.zone,
        event=event[told],
        t_ns=np.full(told.size, at_ns),
        entered_ns=rows.entered_ns,
        left_ns=rows.left_ns,
    )
    return after, visits, since_ns
