"""What visits add up to: who lies where, who waits, and how long vessels wait and stay.

Everything here reads a Visits table (of Pictures, or of a store) or a Watch; nothing is remembered.
"""

from typing import NamedTuple

import numpy as np

from geofences.mooring_kernels import ANCHORED, MOORED, STOPPED
from vts.schema import CROSSED, F8, I4, I8, Text, table
from vts.units import HOUR

WAITING_KINDS = ("anchorage",)
BERTH_KINDS = ("berth", "lng_terminal", "terminal")


@table
class Occupancy(NamedTuple):
    """One row per anchorage, berth or terminal."""

    zone: I4
    name: Text(80)
    kind: Text(24)
    inside: I8  # vessels that have entered and not left
    lying: I8  # ... and are stopped, at anchor or moored
    capacity: F8  # NaN: not known
    free: F8  # capacity less lying; negative: over capacity


@table
class Queue(NamedTuple):
    """Vessels at anchor in an anchorage, the first come first."""

    zone: I4
    place: I8  # 1 is the first
    track: I8
    mmsi: I8
    since_ns: I8
    waited_h: F8


@table
class Calls(NamedTuple):
    """Port calls: one row per vessel and stay at a berth."""

    mmsi: I8
    berth: I4  # zone
    anchorage: I4  # zone that she waited in before; -1 none
    arrived_ns: I8  # at the anchorage, or at the berth where she did not wait
    berthed_ns: I8
    left_ns: I8  # -1: still there
    waited_h: F8  # arrival to berth; 0 where she did not anchor
    alongside_h: F8
    turn_round_h: F8  # arrival to departure


def occupancy(watch, zones):
    """Occupancy of every anchorage, berth and terminal, by a Watch's latest Picture."""
    rows = np.array([k for k in range(zones.n) if zones.kinds[k] in WAITING_KINDS + BERTH_KINDS], np.int64)
    stays = watch.open_visits()
    lying = _lying(watch, stays)
    inside = np.bincount(stays.zone, minlength=zones.n)[rows]
    still = np.bincount(stays.zone[lying], minlength=zones.n)[rows]
    capacity = np.array([_capacity(zones, k) for k in rows], float)
    return Occupancy(
        zone=rows,
        name=np.array([str(zones.names[k]) for k in rows], str),
        kind=np.array([zones.kinds[k] for k in rows], str),
        inside=inside,
        lying=still,
        capacity=capacity,
        free=capacity - still,
    )


def queue(watch, zones, at_ns):
    """The Queue of every anchorage: who lies at anchor there, in order of arrival."""
    stays = watch.open_visits()
    waits = np.array([kind in WAITING_KINDS for kind in zones.kinds], bool)
    at = np.searchsorted(watch.moorings.track, stays.track)
    at = np.minimum(at, max(watch.moorings.n - 1, 0))
    anchored = (watch.moorings.track[at] == stays.track) & (watch.moorings.state[at] == ANCHORED)
    stays, at = stays.take(anchored & waits[stays.zone]), at[anchored & waits[stays.zone]]
    since_ns = np.maximum(stays.entered_ns, watch.moorings.since_ns[at])
    order = np.lexsort((stays.track, since_ns, stays.zone))
    stays, since_ns = stays.take(order), since_ns[order]
    first = np.searchsorted(stays.zone, stays.zone, side="left")
    return Queue(
        zone=stays.zone,
        place=np.arange(stays.n) - first + 1,
        track=stays.track,
        mmsi=stays.mmsi,
        since_ns=since_ns,
        waited_h=(at_ns - since_ns) / HOUR,
    )


def stays(visits):
    """The last row of every stay of a Visits table, in order of vessel and time: lines crossed are left out.

    A stay that a new track of the same MMSI went on with is one stay: zone and entry are the same.
    """
    rows = visits.take(visits.event != CROSSED)
    rows = _last(rows, rows.track)
    rows = _last(rows, np.where(rows.mmsi >= 0, rows.mmsi, -2 - rows.track))
    return rows.take(np.lexsort((rows.zone, rows.entered_ns, rows.mmsi, rows.track)))


def _last(rows, vessel):
    """The last row in time of each vessel (a key per row), zone and entry."""
    order = np.lexsort((rows.t_ns, rows.entered_ns, rows.zone, vessel))
    rows, vessel = rows.take(order), vessel[order]
    last = np.ones(rows.n, bool)
    last[:-1] = np.any([np.diff(c) != 0 for c in (vessel, rows.zone, rows.entered_ns)], axis=0)
    return rows.take(last)


def calls(visits, zones, *, within_h=96.0):
    """The Calls of vessels with an MMSI: each stay at a berth, with the last stay in an anchorage before it.

    An anchorage counts as waiting for a berth when she left it within `within_h` before she berthed, and she had no
    berth between.
    """
    rows = stays(visits)
    kinds = np.array([str(kind) for kind in zones.kinds])
    berths, waits = np.isin(kinds, BERTH_KINDS)[rows.zone], np.isin(kinds, WAITING_KINDS)[rows.zone]
    out = []
    for mmsi in np.unique(rows.mmsi[rows.mmsi >= 0]).tolist():
        mine = np.flatnonzero((rows.mmsi == mmsi) & (berths | waits))
        mine = mine[np.argsort(rows.entered_ns[mine], kind="stable")]
        waited = -1
        for k in mine.tolist():
            if waits[k]:
                waited = k
                continue
            berthed_ns, left_ns = int(rows.entered_ns[k]), int(rows.left_ns[k])
            if waited >= 0 and (rows.left_ns[waited] < 0 or berthed_ns - rows.left_ns[waited] > within_h * HOUR):
                waited = -1
            arrived_ns = int(rows.entered_ns[waited]) if waited >= 0 else berthed_ns
            out.append((mmsi, rows.zone[k], rows.zone[waited] if waited >= 0 else -1, arrived_ns, berthed_ns, left_ns))
            waited = -1
    if not out:
        return Calls.empty()
    mmsi, berth, anchorage, arrived_ns, berthed_ns, left_ns = map(np.array, zip(*out, strict=True))
    gone = left_ns >= 0
    return Calls(
        *(mmsi, berth, anchorage, arrived_ns, berthed_ns, left_ns),
        waited_h=(berthed_ns - arrived_ns) / HOUR,
        alongside_h=np.where(gone, (left_ns - berthed_ns) / HOUR, np.nan),
        turn_round_h=np.where(gone, (left_ns - arrived_ns) / HOUR, np.nan),
    )


def _lying(watch, stays):
    """Which open stays are of vessels that do not make way."""
    at = np.minimum(np.searchsorted(watch.moorings.track, stays.track), max(watch.moorings.n - 1, 0))
    known = watch.moorings.track[at] == stays.track if watch.moorings.n else np.zeros(stays.n, bool)
    return known & np.isin(watch.moorings.state[at] if watch.moorings.n else at, (STOPPED, ANCHORED, MOORED))


def _capacity(zones, row):
    given = zones.properties[row].get("capacity", zones.properties[row].get("berths"))
    return np.nan if given is None else float(given)
