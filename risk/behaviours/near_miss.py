"""Two ships were in each other's domain: a near miss, told with its closest approach."""

import numpy as np

from risk import waters
from risk.behaviours._common import findings
from risk.ledger import Ledger, pair_key, pair_of
from risk.view import rows_of
from vts.lifecycle import Policy
from vts.schema import CONFIRMED, WARNING
from vts.units import DEG, MINUTE, NM

UNIT = "1"
CITATION = "IALA G1118 (recording of near misses); Fujii and Tanaka 1971, narrow waters; from memory, not verified"
POLICY = Policy(clear_after_s=60.0)
TITLE = {"en": "Near miss", "zh": "险情会遇"}
TEXT = {
    "en": "{vessel} and {other} passed at {closest_nm} nm, inside the ship domain",
    "zh": "{vessel}与{other}最近 {closest_nm} 海里，侵入船舶领域",
}
REASON = {"en": "passed another ship at {closest_nm} nm", "zh": "与他船最近 {closest_nm} 海里"}
PARAMETERS = {
    "scale": (0.8, "1", "ours: of the narrow-water domain; a full one is entered daily in a harbour"),
    "least_kn": (3.0, "kn", "ours: both under way"),
    "relative_kn": (3.0, "kn", "ours: slower past each other are escort, tow, fleet"),
    "unknown_m": (50.0, "m", "ours: length of a vessel that tells none; a record rests on no generous guess"),
    "most_m": (0.5 * NM, "m", "ours: nearer than this whatever the lengths"),
    "told_min": (10.0, "min", "ours: how long it is told after the closest approach"),
}
NOTED = {"t_ns": "i8", "range_m": "f8", "scale": "f8", "nearest_ns": "i8"}


def evaluate(view, memory):
    """1 less the least scale of the domain. memory: a ledger of pairs, with when they were nearest and how near."""
    near = np.flatnonzero((view.encounters.range_m < PARAMETERS["most_m"][0]) & (view.encounters.company == 0))
    pairs, sog, ships = view.encounters.take(near), view.tracks.sog_kn, waters.ships(view, PARAMETERS["unknown_m"][0])
    view = view._replace(encounters=pairs)
    noted = memory.setdefault("pairs", Ledger(**NOTED))
    rows = np.flatnonzero(waters.strangers(view))
    a, b = pairs.row[rows], pairs.other_row[rows]
    moving = np.fmin(sog[a], sog[b]) >= PARAMETERS["least_kn"][0]
    moving &= ~(ships.resting[a] | ships.resting[b])
    course = view.tracks.cog_deg * DEG
    east, north = sog * np.sin(course), sog * np.cos(course)
    moving &= np.hypot(east[b] - east[a], north[b] - north[a]) >= PARAMETERS["relative_kn"][0]
    known = (view.tracks.state == CONFIRMED) & waters.settled(view)
    moving &= known[a] & known[b]
    rows = rows[moving]
    scale = waters.narrow_domain(view, ships, rows)[1] if rows.size else np.empty(0)
    inside = scale < PARAMETERS["scale"][0]
    rows, scale = rows[inside], scale[inside]
    key, range_m = pair_key(pairs.track[rows], pairs.other[rows]), pairs.range_m[rows]
    old = noted.at(key)
    nearer = old < 0
    nearer[~nearer] = range_m[~nearer] < noted["range_m"][old[~nearer]]
    noted.put(key[nearer], range_m=range_m[nearer], scale=scale[nearer], nearest_ns=view.at_ns)
    noted.put(key, t_ns=view.at_ns)
    noted.keep(view.at_ns - noted["t_ns"] <= int(PARAMETERS["told_min"][0] * MINUTE))
    # told once the range opens: until then the closest approach is not known
    over = view.at_ns > noted["nearest_ns"]
    track, other = pair_of(noted.key[over])
    range_m, scale, since = (noted[name][over] for name in ("range_m", "scale", "nearest_ns"))
    row = rows_of(view.tracks, track)
    here = np.flatnonzero(row >= 0)
    return findings(
        view,
        row[here],
        1.0 - scale[here],
        severity=WARNING,
        other=other[here],
        since_ns=since[here],
        closest_nm=range_m[here] / NM,
    )
