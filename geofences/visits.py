"""Entry, exit and dwell: which vessel is in which zone, with hysteresis in space and in time.

A vessel has entered when it has been at least the margin over the line for `enter`, and left when it has been at
least the margin outside for `leave`; both count from the first fix over the line. A stay that ended may be resumed
within `rejoin`, also by a new track of the same MMSI. GNSS jitter of 10 m on a line and a berth's swell would
otherwise make an event every few seconds.
"""

from typing import NamedTuple

import numpy as np

from geofences import stay_kernels
from geofences.stay_kernels import ABSENT, CANDIDATE, FRESH, GONE
from vts.schema import F8, I1, I4, I8, RESUMED, Visits, table


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
    entry_cog_deg: F8  # course over ground when it crossed the line; NaN where nobody saw that


def follow(at_ns, stays, tracks, part, rejoin_ns):
    """(Stays, Visits): the stays of lost tracks given to the new tracks of the same MMSI, and what tells of it.

    A track is lost when it is ABSENT, its heir the newest FRESH one of its MMSI. She was last in the zone at most
    `rejoin_ns` ago, and the heir has no stay there of its own.
    """
    last_ns = np.where(stays.state == GONE, stays.left_ns, stays.seen_ns)
    lasting = (stays.mmsi >= 0) & (stays.state != CANDIDATE) & (at_ns - last_ns <= rejoin_ns)
    lost = np.flatnonzero(lasting & ~np.isin(stays.track, tracks.track[part != ABSENT]))
    if not lost.size:
        return stays, Visits.empty()
    heirs = np.flatnonzero((part == FRESH) & np.isin(tracks.mmsi, stays.mmsi[lost]))
    heir_of = dict(zip(tracks.mmsi[heirs].tolist(), tracks.track[heirs].tolist(), strict=True))  # the newest is last
    taken = set(zip(stays.track.tolist(), stays.zone.tolist(), strict=True)) if heir_of else set()
    track, moved = stays.track.copy(), []
    for row in lost[np.argsort(-last_ns[lost], kind="stable")].tolist():  # of two lost stays the later one goes on
        heir, zone = heir_of.get(int(stays.mmsi[row]), -1), int(stays.zone[row])
        if heir >= 0 and (heir, zone) not in taken:
            taken.add((heir, zone))
            track[row] = heir
            moved.append(row)
    if not moved:
        return stays, Visits.empty()
    stays = stays._replace(track=track)
    told = stays.take(np.array([row for row in sorted(moved) if stays.state[row] != GONE], int))
    after = stays.take(np.lexsort((stays.zone, stays.track)))
    return after, Visits(
        *(told.track, told.mmsi, told.zone),
        event=np.full(told.n, RESUMED),
        t_ns=np.full(told.n, at_ns),
        entered_ns=told.entered_ns,
    )


def step(at_ns, stays, tracks, cog_deg, part, places, margin_m, times_ns):
    """(Stays, Visits, since_ns) after one Picture; `since_ns` is per Places row, -1 outside.

    Per track, `cog_deg` is her course if she enters now, NaN where it is not known, and `part` whether she is ABSENT,
    HELD or FRESH; `places` are in order of track and zone.
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
            cog_deg,
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
