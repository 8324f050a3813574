"""What the tracker knows beside the tracks: how far sensors agree, and what follows from that."""

import functools
from typing import NamedTuple

import numpy as np

from vts.fusion import layout as col
from vts.fusion.plots import UNSEEN_DOUBT
from vts.fusion.registration import DISTRUST_SUM, LEAST_OFFSET_M
from vts.lifecycle import Findings
from vts.plugins import discover
from vts.schema import Alerts, Tracks
from vts.units import S

# Ours, to be judged by the simulator: a third of small craft carry no AIS; a transponder that is on is heard within
# half a minute, as two or three of its reports fall into that.
PRIOR_DARK, HEARD_S = 0.3, 20.0
LEAST_HEARD = 1.0  # AIS reports of late around a place, before silence there means anything
DOUBT_WIDTH = 4.0  # of the sums of offsets, in sigmas
RIVAL_DOUBT = 1.0  # ... where radar holds another vessel under that MMSI: one of the two is not hers


class Registration(NamedTuple):
    """What one radar site reads too much, with 1-sigma; NaN sigma before it is known. `pairs` is their fading count."""

    range_m: float
    range_sigma_m: float
    azimuth_deg: float
    azimuth_sigma_deg: float
    clock_s: float
    clock_sigma_s: float
    pairs: float


class Evidence(NamedTuple):
    """What findings are made from, a row a shown track."""

    at_ns: int
    tracks: Tracks
    f: np.ndarray  # columns of vts.fusion.layout
    n: np.ndarray
    heard: np.ndarray  # AIS reports of late around it; NaN out of every radar's reach
    registration: tuple

    def offset_m(self):
        """(east, north) of each vessel's AIS from its radar echo, as `offsets_m` gives it."""
        return self.tracks.offset_e_m, self.tracks.offset_n_m

    def findings(self, where, excess, severity, *, other=-1, since_ns=-1, **detail):
        """Findings of the rows `where`; detail columns become "key=value", one decimal."""
        if not where.size:
            return Findings.empty()
        words = ";".join(f"{key}=%.1f" for key in detail)
        values = (np.broadcast_to(np.asarray(value, float), where.shape).tolist() for value in detail.values())
        text = [words % row for row in zip(*values, strict=True)]
        return Findings(
            track=self.tracks.track[where],
            other=other,
            excess=excess,
            severity=severity,
            since_ns=since_ns,
            detail=np.array(text) if text else None,
        )


def offsets_m(f):
    """(east, north) of each vessel's AIS from its radar echo, registration taken off; NaN without a pair."""
    paired = f[:, col.OFF_W] > 0
    weight = np.where(paired, f[:, col.OFF_W], 1.0)
    return tuple(np.where(paired, f[:, k] / weight, np.nan) for k in (col.OFF_E, col.OFF_N))


def doubts(f, n, seen_by, heard, at_ns, overdue_s):
    """(p_dark, p_spoof) of tracks, NaN where it cannot be told."""
    named = n[:, col.MMSI] >= 0
    by_radar = (seen_by & ~np.int64(1)) != 0
    ais_s = np.where(n[:, col.AIS_T] >= 0, (at_ns - n[:, col.AIS_T]) / S, np.inf)
    silent_s = np.where(named, ais_s - overdue_s, (at_ns - n[:, col.FIRST]) / S)
    silence = np.exp(-np.clip(silent_s, 0.0, 1e4) / HEARD_S)
    dark = PRIOR_DARK / (PRIOR_DARK + (1.0 - PRIOR_DARK) * silence)
    told = by_radar & (heard >= LEAST_HEARD)
    p_dark = np.where(named & (silent_s <= 0), 0.0, np.where(told, dark, np.nan))

    drift = f[:, col.CUSUM : col.CUSUM + 4].max(axis=1)
    apart = 0.5 + 0.5 * np.tanh((drift - DISTRUST_SUM) / DOUBT_WIDTH)
    apart = np.where((n[:, col.DISTRUST] == 1) | (f[:, col.OFF_FAR] > LEAST_OFFSET_M), apart, 0.0)
    doubt = np.where(n[:, col.HELD] == 1, RIVAL_DOUBT, UNSEEN_DOUBT)
    vain = -f[:, col.UNSEEN] - doubt - 0.3 * np.minimum(n[:, col.HITS], 20)
    unseen = np.where(by_radar & (f[:, col.UNSEEN] > -doubt), 0.0, 0.5 + 0.5 * np.tanh(0.5 * vain))
    p_spoof = np.where(named & ~np.isnan(heard), np.maximum(apart, unseen), np.nan)
    return p_dark, p_spoof


@functools.cache
def _rules():
    return tuple(discover("vts.fusion.findings").items())


def findings_at(evidence, life):
    """The changes of state of every finding of the fusion at one instant, as Alerts."""
    return Alerts.concat(
        [
            life.step(evidence.at_ns, name, rule.POLICY, rule.evaluate(evidence), evidence.tracks)
            for name, rule in _rules()
        ]
    )
