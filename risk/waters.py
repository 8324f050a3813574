"""How near is too near for this pair, here: open water, a channel or a crowded harbour; ship domain; lying vessels.

One limit for all waters is either late at sea or never silent in a river. The limits here follow what is known of the
pair: the zones that either is in, how many vessels are around them, their lengths, and whether one of them lies still.
"""

from typing import NamedTuple

import numpy as np

from risk import cpa, domains
from risk.behaviours._common import in_kind
from risk.encounters import NEAR_M
from risk.ledger import among
from vts import schema
from vts.units import DEG, KN, NM, S

OPEN, CHANNEL, CROWDED = 0, 1, 2
SAILING_TYPES = (36, 37)  # M.1371-5 table 53: sailing vessel, pleasure craft
RESTING_STATUS = (1, 5, 6)  # at anchor, moored, aground
PARAMETERS = {
    "channel_at": (3.0, "vessels", "ours: so many others within 1 NM make narrow water, charted or not"),
    "crowded_at": (10.0, "vessels", "ours: so many others within 1 NM make a harbour"),
    "open_lengths": (4.0, "lengths", "Fujii and Tanaka 1971, fore and aft; from memory, not verified"),
    "channel_nm": (0.2, "NM", "customary for channels, upper end; from memory, not verified"),
    "crowded_nm": (0.1, "NM", "customary for channels, lower end; from memory, not verified"),
    "open_min": (12.0, "min", "customary for open water; from memory, not verified"),
    "channel_min": (6.0, "min", "customary for channels; from memory, not verified"),
    "lying_min": (3.0, "min", "ours, in narrow water: before a bend every course points at what lies on the bank"),
    "small_m": (20.0, "m", "COLREG Rules 9(b) and 23: vessels of less than 20 m"),
    "small_min": (2.0, "min", "ours: two small craft turn in a length"),
    "unknown_m": (100.0, "m", "ours: length of a vessel that tells none"),
    "rest_kn": (1.0, "kn", "ours: slower lies still"),
    "moored_kn": (3.0, "kn", "M.1371-5 table 1: a moored or anchored vessel moves no faster"),
    "swing_lengths": (1.0, "lengths", "ours: a vessel at anchor swings within her own length"),
    "moored_lengths": (0.5, "lengths", "ours: in narrow water she is taken as made fast: half her length"),
    "margin_lengths": (0.5, "lengths", "ours: half the passing vessel, from antenna to hull"),
    "company_m": (0.15 * NM, "m", "ours: a pair so near, for so long, with so little relative speed, is company"),
    "company_kn": (1.0, "kn", "ours"),
    "company_min": (4.0, "min", "ours"),
    "settle_s": (60.0, "s", "IMO MSC.192(79) 5.25.4: a target's motion is known in trend after a minute"),
}


class Ships(NamedTuple):
    """What the limits need of each track, shape (tracks,)."""

    length_m: np.ndarray  # never NaN
    small: np.ndarray
    resting: np.ndarray


def value(name):
    """The default of a parameter."""
    return PARAMETERS[name][0]


def ships(view, unknown_m=None):
    """The Ships of a view; an unknown length is assumed: `unknown_m` or the parameter, small_m for small craft."""
    tracks = view.tracks
    length = np.where(tracks.length_m > 0, tracks.length_m, view.static("length_m"))
    kind = view.static("ship_type", -1)
    unknown = ~(length > 0)
    small = (length < value("small_m")) | (unknown & ((tracks.kind == schema.AIS_B) | among(kind, SAILING_TYPES)))
    length = np.where(unknown, np.where(small, value("small_m"), unknown_m or value("unknown_m")), length)
    moored = among(tracks.nav_status, RESTING_STATUS) & (tracks.sog_kn < value("moored_kn"))
    return Ships(length, small, (tracks.sog_kn < value("rest_kn")) | moored)


def waters(view, rows):
    """OPEN, CHANNEL or CROWDED for some rows of view.encounters, by the zones and the traffic around either vessel."""
    pairs, n = view.encounters, view.tracks.n
    near = pairs.range_m < NEAR_M
    around = np.bincount(pairs.row[near], minlength=n) + np.bincount(pairs.other_row[near], minlength=n)
    a, b = pairs.row[rows], pairs.other_row[rows]
    around = np.maximum(around[a], around[b]) - near[rows]  # not each other
    charted = in_kind(view, "fairway") | in_kind(view, "stop")
    narrow = charted[a] | charted[b] | (around >= value("channel_at"))
    return np.where(around >= value("crowded_at"), CROWDED, np.where(narrow, CHANNEL, OPEN))


def limits(view, ships, water):
    """(DCPA limit in m, TCPA limit in min) for each pair; the operator's own limits are never exceeded."""
    pairs, config = view.encounters, view.config
    a, b = pairs.row, pairs.other_row
    larger = np.maximum(ships.length_m[a], ships.length_m[b])
    channel_m, crowded_m = value("channel_nm") * NM, value("crowded_nm") * NM
    at_sea = np.clip(value("open_lengths") * larger, channel_m, max(channel_m, config.dcpa_m))
    dcpa = np.choose(water, [at_sea, channel_m, crowded_m])
    tcpa = np.array([value("open_min"), value("channel_min"), value("channel_min")])[water]
    # a small craft needs less water around her: a domain of her own, and the larger ship's, abeam
    dcpa = np.where(ships.small[a] | ships.small[b], np.minimum(dcpa, domains.FUJII[1] * larger), dcpa)
    both = ships.small[a] & ships.small[b]
    dcpa = np.where(both, np.minimum(dcpa, domains.FUJII_NARROW[1] * larger), dcpa)
    tcpa = np.where(both, value("small_min"), tcpa)
    # a vessel that lies is passed at a length every day: only her swing and our hull count
    room = np.where(water == OPEN, value("swing_lengths"), value("moored_lengths"))
    swing = room * np.where(ships.resting[a], ships.length_m[a], ships.length_m[b])
    hull = value("margin_lengths") * np.where(ships.resting[a], ships.length_m[b], ships.length_m[a])
    lying = ships.resting[a] | ships.resting[b]
    dcpa = np.where(lying, np.minimum(dcpa, swing + hull), dcpa)
    bend = np.where(water == OPEN, value("channel_min"), value("lying_min"))
    tcpa = np.where(lying, np.minimum(tcpa, bend), tcpa)
    return np.minimum(dcpa, config.dcpa_m), np.minimum(tcpa, config.tcpa_min)


def narrow_domain(view, ships, rows):
    """(DDV, least scale now) of the narrow-water domain (Fujii) for some rows of view.encounters, shape (n,) each."""
    pairs, tracks = view.encounters.take(rows), view.tracks
    speed = tracks.sog_kn * KN
    vx, vy = speed * np.sin(tracks.cog_deg * DEG), speed * np.cos(tracks.cog_deg * DEG)
    still = tracks.sog_kn < 0.1
    vx[still], vy[still] = 0.0, 0.0
    heading = np.where(np.isfinite(tracks.heading_deg), tracks.heading_deg, tracks.cog_deg)
    heading = np.nan_to_num(heading)
    table = np.column_stack([pairs.row, pairs.other_row, pairs.east_m, pairs.north_m]).astype(float)
    out = np.empty((len(table), 3))
    ellipse = domains.FUJII_NARROW
    domains.violations(table, vx, vy, heading, ships.length_m, pairs.situation, ellipse, ellipse, (0.0, 0.0, 0.0), out)
    return out[:, 0], out[:, 2]


def together(view):
    """Whether each pair has long been near and slow to part: rafted, on one berth, a fleet, a tow; shape (pairs,)."""
    pairs = view.encounters
    east, north, span = (view.recent(name) for name in ("made_east_kn", "made_north_kn", "span_min"))
    a, b = pairs.row, pairs.other_row
    slow = np.hypot(east[b] - east[a], north[b] - north[a]) < value("company_kn")
    long = np.fmin(span[a], span[b]) >= value("company_min")
    return slow & long & (pairs.range_m < value("company_m"))


def strangers(view):
    """Whether the two of a pair are neither company nor one vessel under two tracks, shape (pairs,)."""
    pairs, mmsi = view.encounters, view.tracks.mmsi
    twins = (mmsi[pairs.row] == mmsi[pairs.other_row]) & (mmsi[pairs.row] >= 0)
    return (pairs.company == 0) & ~together(view) & ~twins


def settled(view):
    """Whether each track's motion is known: AIS tells it, or radar has followed it for a minute; shape (tracks,).

    Where two echoes part, a third is followed between them for some scans, and would collide with both.
    """
    return (view.tracks.mmsi >= 0) | (view.at_ns - view.tracks.first_ns >= value("settle_s") * S)


def p_within(limit_m, dcpa_m, sigma_m):
    """Probability that each pair's miss is below its own limit, from the tracks' covariance; NaN: unknown."""
    out = np.empty(len(limit_m))
    cpa.within(limit_m, dcpa_m, sigma_m, out)
    return out
