"""The transit log: what each LNG carrier passed, when, and what went wrong on the way."""

from typing import NamedTuple

import numpy as np

from geofences.calls import stays
from vts.schema import CROSSED, I4, I8, RAISED, Text, table
from vts.units import HOUR

GAP_H = 6.0  # longer out of every corridor, terminal and line: the next passage is another transit


@table
class Passages(NamedTuple):
    """One row per zone entered or line crossed by a carrier, in order of vessel and time."""

    mmsi: I8
    transit: I8  # 1, 2, ... for each carrier
    zone: I4
    name: Text(80)
    kind: Text(24)
    entered_ns: I8
    left_ns: I8  # -1: still inside
    breaches: I8  # alerts raised about her, or about others because of her, while she was there
    rules: Text(200)  # their names


def transits(visits, alerts, zones, mmsi):
    """The Passages of the carriers `mmsi`, from a Visits and an Alerts table (of Pictures, or of a store)."""
    kept = stays(visits)
    crossed = visits.take(visits.event == CROSSED)
    rows = type(visits).concat([kept, crossed])
    rows = rows.take(np.isin(rows.mmsi, mmsi))
    rows = rows.take(np.lexsort((rows.zone, rows.entered_ns, rows.mmsi)))
    if not rows.n:
        return Passages.empty()
    raised = alerts.take((alerts.state == RAISED) & (np.isin(alerts.mmsi, mmsi) | np.isin(alerts.other_mmsi, mmsi)))
    told = [_breaches(raised, *row) for row in zip(rows.mmsi, rows.zone, rows.entered_ns, rows.left_ns, strict=True)]
    return Passages(
        mmsi=rows.mmsi,
        transit=_transits(rows),
        zone=rows.zone,
        name=[str(zones.names[z]) for z in rows.zone],
        kind=[str(zones.kinds[z]) for z in rows.zone],
        entered_ns=rows.entered_ns,
        left_ns=rows.left_ns,
        breaches=[len(rules) for rules in told],
        rules=[", ".join(sorted(set(rules))) for rules in told],
    )


def _transits(rows):
    """Number of the transit that each row belongs to: a new one after GAP_H without a zone or line."""
    out = np.empty(rows.n, np.int64)
    number, until = 0, 0
    for k in range(rows.n):
        if k == 0 or rows.mmsi[k] != rows.mmsi[k - 1]:
            number, until = 1, int(rows.left_ns[k])
        elif until >= 0 and rows.entered_ns[k] - until > GAP_H * HOUR:
            number += 1
        until = -1 if -1 in (until, rows.left_ns[k]) else max(until, int(rows.left_ns[k]))
        out[k] = number
    return out


def _breaches(raised, mmsi, zone, entered_ns, left_ns):
    """Names of the rules whose alerts were raised in that zone in that time about this carrier."""
    during = (raised.since_ns >= entered_ns) & ((raised.since_ns <= left_ns) | (left_ns < 0))
    hers = (raised.mmsi == mmsi) | (raised.other_mmsi == mmsi)
    return raised.rule[during & hers & (raised.zone == zone)].tolist()
