"""What became of the collision alarms of a store: how near the two really came, and whether somebody turned away."""

import numpy as np

from vts import schema
from vts.geo import angle_diff_deg, distance_m
from vts.units import MINUTE, NM

RULE = "close_quarters"
AFTER_MIN = 6.0  # ours: so long after the TCPA that was told the closest approach is looked for
TURN_DEG, CHANGE_KN = 15.0, 2.0  # ours: a manoeuvre that shows on a display
LEAST_KN = 2.0  # slower, a course is noise


def judge(alerts, tracks):
    """{severity: counts} of the collision alerts in `alerts`, by what came of them in `tracks` (a store's, in order).

    came_true: the two came within the limit that the alert names; manoeuvre: they did not, and one of them had altered
    by 15 degrees or 2 kn before they were nearest; neither; unknown: one of them was lost first, or the alert names no
    limit. precision: came_true over those known; founded: with those that a manoeuvre kept apart.
    """
    raised = alerts.take(np.flatnonzero((alerts.rule == RULE) & (alerts.state == schema.RAISED)))
    order = np.lexsort((tracks.t_ns, tracks.track))
    names, first = np.unique(tracks.track[order], return_index=True)
    last = np.append(first[1:], order.size)
    where = {name: order[a:b] for name, a, b in zip(names.tolist(), first, last, strict=False)}
    kinds = np.array([_outcome(raised, k, tracks, where) for k in range(raised.n)], "<U10")
    out = {}
    for severity, name in enumerate(schema.SEVERITIES):
        of = kinds[raised.severity == severity]
        count = {kind: int((of == kind).sum()) for kind in ("came_true", "manoeuvre", "neither", "unknown")}
        known = of.size - count["unknown"]
        founded = count["came_true"] + count["manoeuvre"]
        out[name] = count | {
            "precision": count["came_true"] / known if known else None,
            "founded": founded / known if known else None,
        }
    hours = (int(tracks.t_ns.max()) - int(tracks.t_ns.min())) / (60 * MINUTE) if tracks.n else 0.0
    return out | {"hours": hours}


def _outcome(alerts, k, tracks, where):
    """What came of one alert."""
    detail = dict(part.split("=", 1) for part in str(alerts.detail[k]).split(";") if "=" in part)
    try:
        limit_m, tcpa_min = float(detail["limit_nm"]) * NM, float(detail["tcpa_min"])
        end_ns = int(alerts.t_ns[k] + (tcpa_min + AFTER_MIN) * MINUTE)
    except (KeyError, ValueError, OverflowError):  # a store from elsewhere may say anything
        return "unknown"
    begin_ns = int(alerts.t_ns[k])
    pair = []
    for track in (int(alerts.track[k]), int(alerts.other[k])):
        rows = where.get(track, np.empty(0, np.int64))
        pair.append(rows[(tracks.t_ns[rows] >= begin_ns) & (tracks.t_ns[rows] <= end_ns)])
    t_ns, a, b = np.intersect1d(tracks.t_ns[pair[0]], tracks.t_ns[pair[1]], return_indices=True)
    if not t_ns.size:
        return "unknown"
    a, b = pair[0][a], pair[1][b]
    range_m = np.array(
        [
            distance_m(*at)
            for at in zip(tracks.lon_deg[a], tracks.lat_deg[a], tracks.lon_deg[b], tracks.lat_deg[b], strict=True)
        ]
    )
    if range_m.min() <= limit_m:
        return "came_true"
    nearest = int(range_m.argmin())
    if any(_manoeuvred(tracks, rows[: nearest + 1]) for rows in (a, b)):
        return "manoeuvre"
    # still closing when one of them was lost: nobody knows
    return "unknown" if nearest == range_m.size - 1 and t_ns[-1] < end_ns - 2 * MINUTE else "neither"


def _manoeuvred(tracks, rows):
    """Whether a vessel altered her course or her speed over these rows."""
    sog, cog = tracks.sog_kn[rows], tracks.cog_deg[rows]
    turn = np.abs([angle_diff_deg(c, cog[0]) for c in cog[(sog > LEAST_KN) & np.isfinite(cog)]])
    return bool(np.any(turn > TURN_DEG) or np.any(np.abs(sog - sog[0]) > CHANGE_KN))
