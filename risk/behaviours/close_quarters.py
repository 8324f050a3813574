"""The CPA rule: two strangers will pass too near for these waters, too soon. Always on, whatever the model thinks."""

import numpy as np

from risk import waters
from risk.behaviours._common import findings
from risk.encounters import SITUATIONS
from risk.ledger import Ledger, pair_key
from vts.lifecycle import Policy
from vts.schema import ALARM, CAUTION, CONFIRMED, WARNING
from vts.units import NM, S

UNIT = "m"
CITATION = (
    "COLREG Rules 7, 8, 13-15; limits by water (risk/waters.py): customary values, from memory, not verified, "
    "never wider than RiskConfig dcpa_m and tcpa_min, set by the operator"
)
POLICY = Policy(raise_after_s=30.0, clear_after_s=60.0)
TITLE = {"en": "Risk of collision", "zh": "碰撞危险"}
TEXT = {
    "en": "{vessel} and {other}: DCPA {dcpa_nm} nm in {tcpa_min} min, {situation}; limit here {limit_nm} nm",
    "zh": "{vessel}与{other}最近会遇距离 {dcpa_nm} 海里，{tcpa_min} 分钟后，{situation}；此处限值 {limit_nm} 海里",
}
# In a score there is no room for names: the facts alone
REASON = {
    "en": "DCPA {dcpa_nm} nm in {tcpa_min} min; alters {turns} degrees",
    "zh": "最近会遇距离 {dcpa_nm} 海里，{tcpa_min} 分钟后；转向 {turns} 度",
}
PARAMETERS = waters.PARAMETERS | {
    "least_kn": (3.0, "kn", "ours: one of both at least this fast; slower, a course is noise"),
    "lying_least_kn": (5.0, "kn", "ours: slower, she is berthing or anchoring beside the lying vessel"),
    "lying_s": (60.0, "s", "ours: so long she must head for a lying vessel; a bend or a swing to the berth is shorter"),
    "narrow_s": (30.0, "s", "ours: added to the rule's patience in narrow water, where ships turn all the time"),
    "gap_s": (30.0, "s", "ours: a shorter break is the same approach"),
    "p_close": (0.5, "1", "ours: certain enough that the pair's own limit is broken, by the tracks' covariance"),
    "near_nm": (0.1, "NM", "customary for channels, lower end; from memory, not verified: nearer is an alarm if soon"),
    "near_share": (0.5, "1", "ours: of the DCPA limit"),
    "soon_share": (0.5, "1", "ours: of the TCPA limit"),
}


def evaluate(view, memory):
    """Metres under the DCPA limit of the pair's waters. memory: a ledger of pairs that must last, seen and since."""
    pairs, sog = view.encounters, view.tracks.sog_kn
    # what holds of every pair that is told, whatever its water: the rest is asked of these few
    may = (pairs.tcpa_min >= 0) & (pairs.tcpa_min <= view.config.tcpa_min) & (pairs.closing_kn > 0)
    may = np.flatnonzero(may & (pairs.dcpa_m < view.config.dcpa_m) & (pairs.company == 0))
    water = waters.waters(view, may)
    pairs = pairs.take(may)
    view = view._replace(encounters=pairs)
    ships = waters.ships(view)
    limit_m, limit_min = waters.limits(view, ships, water)
    lying = ships.resting[pairs.row] | ships.resting[pairs.other_row]
    least = np.where(lying, PARAMETERS["lying_least_kn"][0], PARAMETERS["least_kn"][0])
    moving = np.fmax(sog[pairs.row], sog[pairs.other_row]) >= least
    to_come = (pairs.tcpa_min >= 0) & (pairs.tcpa_min <= limit_min) & (pairs.closing_kn > 0)
    # a course is known once the track is confirmed, and a silent ship's no longer in water where ships turn
    sure = (view.tracks.state == CONFIRMED) | ships.resting
    sure = (sure[pairs.row] & sure[pairs.other_row]) | (water == waters.OPEN)
    known = waters.settled(view)
    sure &= known[pairs.row] & known[pairs.other_row]
    use = moving & sure & to_come & (pairs.dcpa_m < limit_m) & waters.strangers(view)
    rows = np.flatnonzero(use)
    rows = rows[
        waters.p_within(limit_m[rows], pairs.dcpa_m[rows], pairs.dcpa_sigma_m[rows]) >= PARAMETERS["p_close"][0]
    ]
    small = ships.small[pairs.row] & ships.small[pairs.other_row]
    rows = _in_domain(view, ships, rows, (water != waters.OPEN) | small)
    rows = _lasting(view, memory, rows, lying, water != waters.OPEN)
    turn = np.nan_to_num(np.abs(view.recent("turn_net_deg")))
    turns = np.round(np.maximum(turn[pairs.row], turn[pairs.other_row])).astype(int)
    dcpa, tcpa = pairs.dcpa_m[rows], pairs.tcpa_min[rows]
    soon = tcpa <= PARAMETERS["soon_share"][0] * limit_min[rows]
    near = dcpa < np.minimum(PARAMETERS["near_nm"][0] * NM, PARAMETERS["near_share"][0] * limit_m[rows])
    grave = soon.astype(int) + near
    # At the berths every bow points at what is moored there: told, but the alarm is for ships under way
    grave -= (lying & (water != waters.OPEN))[rows] & (grave > 0)
    situation = np.array(("courses hardly cross", *SITUATIONS[1:]))[pairs.situation[rows]]
    situation = np.where(ships.resting[pairs.other_row[rows]], "the other lies still", situation)
    situation = np.where(ships.resting[pairs.row[rows]], "she lies still", situation)
    return findings(
        view,
        pairs.row[rows],
        limit_m[rows] - dcpa,
        severity=np.array([CAUTION, WARNING, ALARM])[grave],
        other=pairs.other[rows],
        dcpa_nm=dcpa / NM,
        tcpa_min=tcpa,
        turns=turns[rows],
        situation=situation,
        limit_nm=limit_m[rows] / NM,
    )


def _in_domain(view, ships, rows, narrow):
    """The rows in open water, and of the others those that will break the narrow-water domain of either ship."""
    keep = ~narrow[rows]
    if not keep.all():
        keep[~keep] = waters.narrow_domain(view, ships, rows[~keep])[0] > 0
    return rows[keep]


def _lasting(view, memory, rows, lying, narrow):
    """The rows that have held for as long as their kind of pair must, with gaps of at most gap_s."""
    pairs, at_ns, keep = view.encounters, view.at_ns, np.ones(len(rows), bool)
    noted = memory.setdefault("pairs", Ledger(seen_ns="i8", since_ns="i8"))
    asked = np.flatnonzero((lying | narrow)[rows])
    key = pair_key(pairs.track[rows[asked]], pairs.other[rows[asked]])
    noted.put(key[noted.at(key) < 0], since_ns=at_ns)
    noted.put(key, seen_ns=at_ns)
    needed = np.where(lying[rows[asked]], PARAMETERS["lying_s"][0], PARAMETERS["narrow_s"][0]) * S
    keep[asked] = at_ns - noted["since_ns"][noted.at(key)] >= needed
    noted.keep(at_ns - noted["seen_ns"] <= int(PARAMETERS["gap_s"][0] * S))
    return rows[keep]
