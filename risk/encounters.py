"""Encounters: every pair of vessels that is near or will be, with closest approach, uncertainty, COLREG and domain."""

from typing import NamedTuple

import numpy as np

from risk import cpa, domains
from risk.ledger import among, pair_key
from vts.config import RiskConfig
from vts.errors import UsageError
from vts.schema import F8, I1, I8, static_rows, table
from vts.units import DEG, KN

SITUATIONS = ("not under way", "head-on", "crossing, gives way", "crossing, stands on", "overtaking", "overtaken")
NEAR_M = 1852.0  # a pair nearer than this is listed whatever its motion: rendezvous, near misses and tows start here
# M.1371-5 table 53: towing 31 and 32, pilot vessel 50, tug 52, port tender 53
SERVICE_TYPES = (31, 32, 50, 52, 53)
COVARIANCE = ("ee_m2", "en_m2", "nn_m2", "eve_m2s", "evn_m2s", "nve_m2s", "nvn_m2s")
COVARIANCE += ("veve_m2s2", "vevn_m2s2", "vnvn_m2s2")
COMPANY_M = 400.0  # alongside, made fast or towing: hulls of 300 m and a tow line between two antennas
COMPANY_KN = 3.0
SERVICE_M = 1852.0  # a pilot boat or a tug making for its ship


@table
class Encounters(NamedTuple):
    """Pairs of vessels at one instant, each once, in order of (track, other); track < other."""

    track: I8
    other: I8
    row: I8  # of `track` in Tracks
    other_row: I8
    east_m: F8  # other minus track
    north_m: F8
    range_m: F8
    dcpa_m: F8  # on present courses; where past, of the approach that was
    tcpa_min: F8  # negative: past
    closing_kn: F8  # positive when the range shrinks
    dcpa_sigma_m: F8  # from both tracks' covariance; NaN: unknown
    p_close: F8  # probability that DCPA is below the limit
    situation: I1  # SITUATIONS, seen from `track`
    ddv: F8  # degree of domain violation to come, 0..1; 0 where no length is known
    tdv_min: F8  # time to domain violation; NaN: none
    scale: F8  # the domain scaled to touch now; below 1: violated now; NaN: no length known
    company: I1  # 1: a tug, pilot boat, tow or registered attendant with its ship, or made fast; no alarms of those


def find(picture, config=None, *, domain="coldwell"):
    """The Encounters of a Picture.

    `domain` is a name of domains.PRESETS, "goodwin", or four numbers in ship lengths: semi-axis ahead, semi-axis
    abeam, centre ahead, centre to starboard. Raises UsageError for another name, or a ship outside her own domain.
    """
    config = config or RiskConfig()
    ellipse, overtaking, goodwin_m = _domain(domain)
    tracks = picture.tracks
    use = np.flatnonzero(np.isfinite(tracks.lon_deg) & np.isfinite(tracks.lat_deg) & (np.abs(tracks.lat_deg) <= 90))
    if use.size < 2:
        return Encounters.empty()
    some = tracks if use.size == tracks.n else tracks.take(use)
    speed_mps = some.sog_kn * KN
    vx_mps, vy_mps = speed_mps * np.sin(some.cog_deg * DEG), speed_mps * np.cos(some.cog_deg * DEG)
    stopped = some.sog_kn < 0.1  # AIS sends no course for a ship that lies still; her velocity is known all the same
    vx_mps[stopped], vy_mps[stopped] = 0.0, 0.0
    pairs = _pairs(some, vx_mps, vy_mps, config)
    shape = np.empty((len(pairs), 4))
    cov = np.column_stack([getattr(some, name) for name in COVARIANCE])
    cpa.describe(pairs, vx_mps, vy_mps, some.cog_deg, speed_mps, cov, config.dcpa_m, shape)
    heading = np.where(np.isfinite(some.heading_deg), some.heading_deg, some.cog_deg)
    inside = np.empty((len(pairs), 3))
    kind = shape[:, 2].astype(np.int8)
    domains.violations(pairs, vx_mps, vy_mps, heading, some.length_m, kind, ellipse, overtaking, goodwin_m, inside)
    i, j = pairs[:, 0].astype(np.int64), pairs[:, 1].astype(np.int64)
    range_m = np.hypot(pairs[:, 2], pairs[:, 3])
    return Encounters(
        track=some.track[i],
        other=some.track[j],
        row=use[i],
        other_row=use[j],
        east_m=pairs[:, 2],
        north_m=pairs[:, 3],
        range_m=range_m,
        dcpa_m=pairs[:, 4],
        tcpa_min=pairs[:, 5] / 60.0,
        closing_kn=shape[:, 3] / KN,
        dcpa_sigma_m=shape[:, 0],
        p_close=shape[:, 1],
        situation=kind,
        ddv=inside[:, 0],
        tdv_min=inside[:, 1] / 60.0,
        scale=inside[:, 2],
        company=_company(picture, use[i], use[j], range_m, np.hypot(vx_mps[j] - vx_mps[i], vy_mps[j] - vy_mps[i])),
    )


def _pairs(tracks, vx_mps, vy_mps, config):
    """Near pairs in order of (row, other row), shape (n, 6); columns as in cpa.near_pairs."""
    key = np.empty(tracks.n, np.int64)
    columns = cpa.cells(tracks.lon_deg, tracks.lat_deg, config.reach_m, key)
    order = np.argsort(key, kind="stable")
    limits = (config.reach_m, min(NEAR_M, config.reach_m), 2.0 * config.dcpa_m, config.tcpa_min * 60.0)
    out = np.empty((16 * tracks.n + 64, 6))
    while True:
        found = cpa.near_pairs(tracks.lon_deg, tracks.lat_deg, vx_mps, vy_mps, key, order, columns, limits, out)
        if found <= len(out):
            break
        out = np.empty((found, 6))
    ordered = np.empty((found, 6))
    cpa.by_row(out[:found], tracks.n, ordered)
    return ordered


def _domain(domain):
    """(ellipse, ellipse when overtaking, Goodwin radii or zeros)."""
    nothing = (0.0, 0.0, 0.0)
    if domain == "goodwin":
        return domains.FUJII, domains.FUJII, domains.GOODWIN_M
    if domain == "coldwell":
        return domains.COLDWELL, domains.COLDWELL_OVERTAKING, nothing
    if isinstance(domain, str) and domain not in domains.PRESETS:
        raise UsageError(f"no ship domain {domain!r}; there are goodwin, {', '.join(domains.PRESETS)}, or four numbers")
    ellipse = tuple(float(v) for v in (domains.PRESETS[domain] if isinstance(domain, str) else domain))
    if len(ellipse) != 4 or min(ellipse[:2]) <= 0 or np.hypot(ellipse[2] / ellipse[0], ellipse[3] / ellipse[1]) >= 1:
        raise UsageError(f"ship domain {domain}: give two positive semi-axes and a centre that keeps the ship inside")
    return ellipse, ellipse, nothing


def _company(picture, i, j, range_m, relative_mps):
    """1 for a pair that belongs together: a service craft with its ship, or two vessels side by side."""
    at = static_rows(picture)
    known = picture.statics.ship_type
    kind = np.where(at >= 0, known[np.maximum(at, 0)] if known.size else -1, -1)
    service = among(kind, SERVICE_TYPES)
    slow = relative_mps < COMPANY_KN * KN
    served = (service[i] ^ service[j]) & (range_m < SERVICE_M)
    # a pilot boat comes fast and slows at the last moment; a tug or tow keeps its ship's speed
    pilot = (kind[i] == 50) ^ (kind[j] == 50)
    moving = np.nan_to_num(picture.tracks.sog_kn)
    together = slow & (range_m < COMPANY_M) & (np.maximum(moving[i], moving[j]) > 0.5) & (service[i] | service[j])
    return ((served & (slow | pilot)) | together | _registered(picture, i, j)).astype(np.int8)


def _registered(picture, i, j):
    """Whether a register says that one of a pair attends the other: at any range, for she comes to meet her."""
    known = picture.attendants
    if not known.n:
        return np.zeros(len(i), bool)
    track = picture.tracks.track
    return np.isin(pair_key(track[i], track[j]), pair_key(known.track, known.other))
