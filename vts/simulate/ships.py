"""The ships of a scenario: size, manner and papers by kind. Every name begins with SIM; no MMSI is meant to be real."""

from typing import NamedTuple

import numpy as np

from vts.schema import AIS_A, AIS_ATON, AIS_B, F8, I1, I8, Statics, Text, table

NO_AIS = -1


class Kind(NamedTuple):
    """What ships of a kind have in common; ranges are drawn from evenly."""

    klass: int  # AIS_A, AIS_B, AIS_ATON or NO_AIS
    ship_type: int  # M.1371-5 table 53
    length_m: tuple
    slender: float  # length over beam
    draught_m: tuple
    speed_kn: tuple
    turn_deg_s: float
    gain_mps2: float
    bridge: float  # how far aft of the bow the antenna stands, in lengths


KINDS = {
    "cargo": Kind(AIS_A, 70, (90, 200), 6.3, (5, 11), (8, 13), 0.5, 0.04, 0.82),
    "container": Kind(AIS_A, 71, (180, 366), 7.0, (9, 15), (10, 16), 0.4, 0.03, 0.70),
    "bulker": Kind(AIS_A, 70, (170, 290), 6.5, (9, 17), (8, 12), 0.35, 0.025, 0.85),
    "tanker": Kind(AIS_A, 80, (100, 250), 6.0, (6, 14), (7, 12), 0.4, 0.03, 0.85),
    "lng": Kind(AIS_A, 80, (285, 299), 6.2, (11, 12), (8, 12), 0.35, 0.02, 0.83),
    "passenger": Kind(AIS_A, 60, (120, 300), 7.5, (6, 8), (10, 16), 0.5, 0.04, 0.25),
    "ferry": Kind(AIS_A, 40, (28, 48), 3.6, (1.2, 2), (28, 36), 1.0, 0.25, 0.40),
    "tug": Kind(AIS_A, 52, (28, 38), 2.8, (4, 6), (7, 11), 1.0, 0.15, 0.35),
    "tow": Kind(AIS_A, 31, (26, 36), 2.8, (3, 5), (4, 6), 0.5, 0.05, 0.35),
    "barge": Kind(NO_AIS, 0, (60, 90), 4.0, (2, 4), (4, 6), 0.5, 0.05, 0.5),
    "pilot": Kind(AIS_A, 50, (15, 24), 3.2, (1, 2), (14, 22), 1.0, 0.3, 0.40),
    "law": Kind(AIS_A, 55, (30, 60), 5.5, (2, 4), (8, 20), 1.0, 0.2, 0.35),
    "dredger": Kind(AIS_A, 33, (80, 120), 5.5, (5, 7), (3, 6), 0.6, 0.05, 0.80),
    "fishing": Kind(AIS_B, 30, (18, 40), 4.5, (2, 4), (3, 9), 1.0, 0.1, 0.45),
    "yacht": Kind(AIS_B, 37, (10, 24), 3.4, (1, 2), (6, 20), 1.0, 0.3, 0.40),
    "small": Kind(NO_AIS, 0, (6, 12), 3.5, (0.5, 1), (4, 18), 1.0, 0.4, 0.5),
    "coaster": Kind(AIS_A, 79, (45, 88), 5.2, (2, 4.5), (6, 10), 0.7, 0.05, 0.85),
    "buoy": Kind(AIS_ATON, 0, (2, 2), 1.0, (0, 0), (0, 0), 0.0, 0.0, 0.5),
}
MIDS = (412, 413, 414, 477, 453, 563, 636, 538)  # flags met in the estuary, and four open registers


@table
class Fleet(NamedTuple):
    """One row per ship, true values."""

    mmsi: I8  # what it would send; -1: no AIS at all
    ais_kind: I1  # AIS_A, AIS_B, AIS_ATON, NO_AIS
    kind: Text(10)
    length_m: F8
    beam_m: F8
    to_bow_m: F8  # from the antenna
    to_port_m: F8
    turn_deg_s: F8
    gain_mps2: F8
    speed_kn: F8  # usual


def muster(kinds, rng, start=0):
    """(Fleet, Statics) of one ship per named kind; row k of both is the k-th name. `start` numbers them on."""
    n = len(kinds)
    of = [KINDS[kind] for kind in kinds]
    draw = rng.random((6, n))

    def drawn(field, row):
        low, high = np.array([getattr(kind, field) for kind in of], float).reshape(n, 2).T
        return low + (high - low) * draw[row]

    klass = np.array([kind.klass for kind in of], np.int64)
    length = 2 * np.round(drawn("length_m", 0) / 2)  # even, so that an antenna amidships is told exactly
    beam = np.maximum(2 * np.round(length / np.array([kind.slender for kind in of]) / 2), 2.0)
    number = start + np.arange(n)
    mids = np.array(MIDS)[(draw[5] * len(MIDS)).astype(int)]
    mmsi = np.where(klass == AIS_ATON, 994_129_000 + number, mids * 1_000_000 + 990_000 + number)
    mmsi = np.where(klass == NO_AIS, -1, mmsi)
    bridge = np.array([kind.bridge for kind in of])
    fleet = Fleet(
        mmsi=mmsi,
        ais_kind=klass,
        kind=np.array(kinds),
        length_m=length,
        beam_m=beam,
        to_bow_m=np.round(length * bridge),
        to_port_m=np.round(beam * (0.35 + 0.3 * draw[1])),
        turn_deg_s=np.array([kind.turn_deg_s for kind in of]) * (0.8 + 0.2 * draw[2]),
        gain_mps2=np.array([kind.gain_mps2 for kind in of]),
        speed_kn=drawn("speed_kn", 3),
    )
    big = (klass == AIS_A) & (length >= 80)  # SOLAS ships; the others have no IMO number
    return fleet, Statics(
        mmsi=mmsi,
        t_ns=np.full(n, -1),
        imo=np.where(big, _imo(9_000_00 + number), -1),
        ship_type=np.where(klass == NO_AIS, -1, [kind.ship_type for kind in of]),
        length_m=length,
        beam_m=beam,
        to_bow_m=fleet.to_bow_m,
        to_port_m=fleet.to_port_m,
        draught_m=np.where(klass == AIS_A, np.round(drawn("draught_m", 4), 1), np.nan),
        name=np.array([f"SIM {kind.upper()} {k:03d}" for kind, k in zip(kinds, number, strict=True)]),
        callsign=np.array([f"SIM{k:04d}" for k in number]),
        destination=np.where(klass == AIS_A, "SIMULATION", ""),
        eta=np.full(n, ""),
        seq=np.full(n, -1),
    )


def _imo(stem):
    """Seven digits of which the last is the check digit: the sum of the first six by 7 to 2, modulo 10."""
    digits = stem[:, None] // 10 ** np.arange(5, -1, -1) % 10
    return stem * 10 + (digits * np.arange(7, 1, -1)).sum(axis=1) % 10
