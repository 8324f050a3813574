"""Will this vessel enter this zone within the horizon?"""

import numpy as np

from risk.view import rows_of

ROWS = "place"
FAMILIES = ("motion", "place", "habit")
HORIZON_MIN = 30.0
LEAD_MIN = 0.0
WINDOW_MIN = 10.0
CONSEQUENCE = 0.35  # entering is not yet harm: most entries are lawful
TITLE = {"en": "Zone entry", "zh": "进入区域"}
TEXT = {"en": "enters {zone} in {enter_min} min on this course", "zh": "按现航向 {enter_min} 分钟后进入{zone}"}
MONOTONE = {"edge_nm": -1, "closing_zone_kn": 1, "made_closing_kn": 1, "pass_nm": -1, "edge_min": -1}
MONOTONE |= {"habit_soon": 1, "habit_share": 1, "habit_fine": 1, "habit_kind": 1, "habit_destination": 1}


def candidates(view):
    """(rows for the features, keys (n, 2) of track and zone): every place row outside the zone."""
    places = view.picture.places
    at = rows_of(view.tracks, places.track)
    use = (at >= 0) & (places.edge_m > 0)
    places = places.take(use)
    return (at[use], places), np.column_stack([places.track, places.zone])


def happening(view):
    """Keys (n, 2) of what is so now: the vessel is inside."""
    places = view.picture.places
    inside = places.edge_m <= 0
    return np.column_stack([places.track[inside], places.zone[inside]])


def rule(x):
    """The extrapolation rule on feature columns: the nearer the run comes to the zone the riskier, then the sooner."""
    return -x["pass_nm"] - 1e-3 * np.where(np.isfinite(x["enter_min"]), x["enter_min"], 1e3)


def persistence(x):
    """As it is now, so it stays: outside remains outside, the nearer the likelier."""
    return -x["edge_nm"]


def facts(x):
    """Numbers for TEXT from one row's features, or None where the rule has nothing to say."""
    return {"enter_min": round(x["enter_min"])} if np.isfinite(x["enter_min"]) else None
