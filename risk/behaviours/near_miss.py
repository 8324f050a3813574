"""Two ships were in each other's domain: a near miss, told with its closest approach."""

import numpy as np

from risk import waters
from risk.behaviours._common import findings
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


def evaluate(view, memory):
    """1 less the least scale of the domain. memory: {"track other": [t, least range, least scale, when]}."""
    pairs, sog, ships = view.encounters, view.tracks.sog_kn, waters.ships(view, PARAMETERS["unknown_m"][0])
    a, b = pairs.row, pairs.other_row
    moving = np.fmin(sog[a], sog[b]) >= PARAMETERS["least_kn"][0]
    moving &= ~(ships.resting[a] | ships.resting[b])
    course = view.tracks.cog_deg * DEG
    east, north = sog * np.sin(course), sog * np.cos(course)
    moving &= np.hypot(east[b] - east[a], north[b] - north[a]) >= PARAMETERS["relative_kn"][0]
    known = (view.tracks.state == CONFIRMED) & waters.settled(view)
    moving &= known[a] & known[b]
    rows = np.flatnonzero(moving & (pairs.range_m < PARAMETERS["most_m"][0]) & waters.strangers(view))
    scales = waters.narrow_domain(view, ships, rows)[1] if rows.size else np.empty(0)
    inside = scales < PARAMETERS["scale"][0]
    for k, scale in zip(rows[inside], scales[inside], strict=True):
        key = f"{pairs.track[k]} {pairs.other[k]}"
        old = memory.get(key)
        least = [float(pairs.range_m[k]), float(scale), int(view.at_ns)]
        if old and old[1] <= least[0]:
            least = old[1:]
        memory[key] = [int(view.at_ns), *least]
    told_ns = int(PARAMETERS["told_min"][0] * MINUTE)
    for key in [key for key, entry in memory.items() if view.at_ns - entry[0] > told_ns]:
        del memory[key]
    # told once the range opens: until then the closest approach is not known
    over = [(*map(int, key.split()), *entry[1:]) for key, entry in sorted(memory.items()) if view.at_ns > entry[3]]
    track, other, range_m, scale, since = (np.array(c) for c in zip(*over, strict=True)) if over else np.empty((5, 0))
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
