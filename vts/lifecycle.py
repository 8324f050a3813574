"""The life of an alert: raised, updated, cleared, withdrawn; one alert per cause, the same in every run.

A rule says at each Picture what it finds; this turns findings into changes of state. Rules, behaviours and fusion
findings share it. It remembers, so it is saved and loaded with the Watch that owns it.
"""

import hashlib
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vts import schema
from vts.schema import F8, I1, I4, I8, Text, table
from vts.units import S


@dataclass(frozen=True)
class Policy:
    """How patient a rule is, in seconds of event time."""

    raise_after_s: float = 0.0  # the condition must hold this long
    clear_after_s: float = 60.0  # ... and be gone this long
    rearm_s: float = 600.0  # a return within this continues the old alert: no new alarm for weaving over a line
    latched: bool = False  # stays until acknowledged or withdrawn, even when the condition ends
    update_factor: float = 1.5  # an update is told when the excess has grown by this, or the severity rises


@table
class Findings(NamedTuple):
    """What one rule finds in one Picture: a row per track (and other, and zone) for which the condition may hold.

    A row with excess > 0 is a breach; NaN is "insufficient data", which neither raises nor clears; no row, or
    excess <= 0, means that the condition does not hold.
    """

    track: I8
    other: I8
    zone: I4
    excess: F8  # in the rule's unit
    severity: I1
    since_ns: I8  # when the condition began, where the rule knows better than the Picture's time
    detail: Text(120)


def alert_id(rule, track, other, zone, since_ns):
    """A positive 63-bit number made from an alert's cause, so that every run gives an alert the same id."""
    text = f"{rule}\0{track}\0{other}\0{zone}\0{since_ns}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


class Lifecycle:
    """The open alerts of a set of rules."""

    # One cause: id (0 while not raised), since, last seen, cleared at (-1 while it lasts), last told excess and
    # severity, and what an Alerts row needs when the track itself is gone.
    FIELDS = ("id", "since", "seen", "cleared", "excess", "severity", "mmsi", "other_mmsi", "lon", "lat", "detail")

    def __init__(self):
        self._causes = {}

    def step(self, at_ns, rule, policy, findings, tracks):
        """The changes of state of one rule at one instant, as Alerts; call it for every rule at every Picture.

        `tracks` are the Picture's, in order of `track`. Causes are walked in key order, so the rows have one order.
        """
        found = {}
        for i in np.flatnonzero(~(findings.excess <= 0)):
            found[(rule, int(findings.track[i]), int(findings.other[i]), int(findings.zone[i]))] = i
        open_keys = [key for key in self._causes if key[0] == rule]
        rows = []
        for key in sorted(found.keys() | set(open_keys)):
            i = found.get(key)
            if i is not None and math.isnan(findings.excess[i]):
                continue
            if i is None:
                self._absent(at_ns, key, policy, rows)
            else:
                self._present(at_ns, key, policy, findings, i, tracks, rows)
        return _alerts(rows)

    def withdraw(self, at_ns, rule, keep):
        """Withdraw every open alert of a rule for which keep(track, other, zone) is False: later data disproved it."""
        rows = []
        for key in sorted(k for k in self._causes if k[0] == rule and not keep(*k[1:])):
            cause = self._causes.pop(key)
            if cause["id"] and cause["cleared"] < 0:
                rows.append(_row(key, cause, schema.WITHDRAWN, at_ns, until_ns=at_ns))
        return _alerts(rows)

    def acknowledge(self, at_ns, alert):
        """The officer has seen it: a latched alert may now clear. An Alerts row, or none if the id is not open."""
        for key, cause in self._causes.items():
            if cause["id"] == alert and cause["cleared"] < 0:
                cause["acked"] = True
                return _alerts([_row(key, cause, schema.ACKNOWLEDGED, at_ns)])
        return _alerts([])

    def _present(self, at_ns, key, policy, findings, i, tracks, rows):
        """The condition holds: begin, raise, update or resume."""
        since = int(findings.since_ns[i]) if findings.since_ns[i] >= 0 else at_ns
        cause = self._causes.get(key)
        if cause is None:
            cause = self._causes[key] = dict.fromkeys(self.FIELDS, -1) | {"id": 0, "since": since, "acked": False}
        lon, lat, mmsi = _where(tracks, key[1])
        _, _, other_mmsi = _where(tracks, key[2])
        excess, severity = float(findings.excess[i]), int(findings.severity[i])
        told_excess, told_severity = cause["excess"], cause["severity"]
        cause.update(seen=at_ns, mmsi=mmsi, lon=lon, lat=lat, detail=str(findings.detail[i]))
        cause["other_mmsi"] = other_mmsi
        grown = excess > told_excess * policy.update_factor or severity > told_severity
        if not cause["id"]:
            if at_ns - cause["since"] < policy.raise_after_s * S:
                return
            cause.update(id=alert_id(*key, cause["since"]), excess=excess, severity=severity)
            rows.append(_row(key, cause, schema.RAISED, at_ns))
        elif cause["cleared"] >= 0 or grown:
            cause.update(cleared=-1, excess=max(excess, told_excess), severity=max(severity, told_severity))
            rows.append(_row(key, cause, schema.UPDATED, at_ns, excess=excess))

    def _absent(self, at_ns, key, policy, rows):
        """The condition does not hold: forget, clear, or wait."""
        cause = self._causes[key]
        if not cause["id"]:
            del self._causes[key]
        elif cause["cleared"] >= 0:
            if at_ns - cause["cleared"] > policy.rearm_s * S:
                del self._causes[key]
        elif at_ns - cause["seen"] >= policy.clear_after_s * S and (not policy.latched or cause["acked"]):
            cause["cleared"] = at_ns
            rows.append(_row(key, cause, schema.CLEARED, at_ns, until_ns=cause["seen"]))

    def dump(self):
        """The whole state as plain lists and numbers, for JSON."""
        return [[list(key), cause] for key, cause in sorted(self._causes.items())]

    @classmethod
    def restore(cls, dumped):
        """The Lifecycle that `dump` described."""
        life = cls()
        life._causes = {(str(k[0]), *map(int, k[1:])): dict(cause) for k, cause in dumped}
        return life


def _where(tracks, track):
    """(lon_deg, lat_deg, mmsi) of a track in the Picture; NaN and -1 where it is not there."""
    at = int(np.searchsorted(tracks.track, track))
    if track < 0 or at == tracks.n or tracks.track[at] != track:
        return math.nan, math.nan, -1
    return float(tracks.lon_deg[at]), float(tracks.lat_deg[at]), int(tracks.mmsi[at])


def _row(key, cause, state, at_ns, until_ns=-1, excess=None):
    """One Alerts row as a tuple in the table's order."""
    rule, track, other, zone = key
    excess = cause["excess"] if excess is None else excess
    return (
        *(cause["id"], rule, state, cause["severity"], track, cause["mmsi"], other, cause["other_mmsi"], zone),
        *(at_ns, cause["since"], until_ns, excess, cause["lon"], cause["lat"], cause["detail"]),
    )


def _alerts(rows):
    """Alerts of a list of row tuples."""
    return schema.Alerts(*map(np.array, zip(*rows, strict=True))) if rows else schema.Alerts.empty()
