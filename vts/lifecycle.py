"""The life of an alert: raised, updated, cleared, withdrawn; one alert per cause, the same in every run.

A rule says at each Picture what it finds; this turns findings into changes of state. Rules, behaviours and fusion
findings share it. It remembers, so it is saved and loaded with the Watch that owns it.
"""

import hashlib
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vts import causes as kernels
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
    excess <= 0, means that the condition does not hold; -inf means "disproved": an alert told before is withdrawn.
    Of two rows for one cause the greater excess counts.
    """

    track: I8
    other: I8
    zone: I4
    excess: F8  # in the rule's unit
    severity: I1
    since_ns: I8  # when the condition began, where the rule knows better than the Picture's time
    detail: Text(120)
    mmsi: I8  # of a track that the Picture may no longer show, or that is -1: who is named, and where; else -1
    lon_deg: F8
    lat_deg: F8


# by what a step does to a cause (vts/causes.py)
STATES = np.array([-1, schema.RAISED, schema.UPDATED, schema.CLEARED, schema.WITHDRAWN], np.int8)


def alert_id(rule, track, other, zone, since_ns):
    """A positive 63-bit number made from an alert's cause, so that every run gives an alert the same id."""
    text = f"{rule}\0{track}\0{other}\0{zone}\0{since_ns}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


@table
class _Causes(NamedTuple):
    """The causes of one rule that hold, are about to, or ended lately: one row each, in order of the first three."""

    track: I8
    other: I8
    zone: I4
    alert: I8  # 0 while not raised
    since_ns: I8
    seen_ns: I8  # when the condition last held
    cleared_ns: I8  # -1 while it lasts
    excess: F8  # the greatest told so far
    severity: I1
    acknowledged: I1
    mmsi: I8  # what an Alerts row needs when the track itself is gone
    other_mmsi: I8
    lon_deg: F8
    lat_deg: F8
    detail: Text(120)


@table
class Suppressions(NamedTuple):
    """What the officer does not want to hear, until when; "" and -1 stand for any rule, vessel or zone."""

    rule: Text(40)
    mmsi: I8
    track: I8
    zone: I4
    until_ns: I8
    reason: Text(120)


class Lifecycle:
    """The open alerts of a set of rules. A step without news costs a few array operations, however many are open."""

    def __init__(self):
        self._causes = {}
        self._found = {}  # of each rule: the row of each cause in the findings of the last step, or -1
        self._suppressed = Suppressions.empty()

    def step(self, at_ns, rule, policy, findings, tracks, describe=None):
        """The changes of state of one rule at one instant, as Alerts; call it for every rule at every Picture.

        `tracks` are the Picture's, in order of `track`. The rows come in order of track, other and zone. `describe`
        gives the details of some rows of `findings`, for rules that leave the column empty: words are made for what
        is told, not for all that holds.
        """
        told_by = describe if describe is not None else findings.detail.__getitem__
        causes = self._causes.get(rule)
        if causes is None and not findings.n:
            self._found.pop(rule, None)
            return schema.Alerts.empty()
        heard = self._heard(at_ns, rule, findings, tracks)
        findings = findings.take(heard) if heard is not None else findings
        causes, found = _matched(at_ns, causes if causes is not None else _Causes.empty(), findings)
        excess, step = np.empty(causes.n), np.empty(causes.n, np.int64)
        patience = (float(s * S) for s in (policy.raise_after_s, policy.clear_after_s, policy.rearm_s))
        changes = kernels.advance(
            int(at_ns),
            *patience,
            bool(policy.latched),
            float(policy.update_factor),
            found,
            *(findings.excess, findings.severity, findings.mmsi, findings.lon_deg, findings.lat_deg),
            *(tracks.track, tracks.lon_deg, tracks.lat_deg, tracks.mmsi),
            *(causes.track, causes.other, causes.alert, causes.since_ns, causes.seen_ns, causes.cleared_ns),
            *(causes.excess, causes.severity, causes.acknowledged, causes.mmsi, causes.other_mmsi),
            *(causes.lon_deg, causes.lat_deg, excess, step),
        )
        rows = schema.Alerts.empty()
        if changes:
            news = step & ~kernels.FORGET
            for i in np.flatnonzero(news == kernels.RAISED):
                causes.alert[i] = alert_id(rule, causes.track[i], causes.other[i], causes.zone[i], causes.since_ns[i])
            told = (news == kernels.RAISED) | (news == kernels.AGAIN)
            if told.any():
                rows_told = found[told] if heard is None else heard[found[told]]
                causes.detail[told] = told_by(rows_told)
            until_ns = np.where(told, -1, np.where(news == kernels.CLEARED, causes.seen_ns, at_ns))
            rows = _rows(rule, causes, news > 0, STATES[news], at_ns, until_ns, np.where(told, excess, causes.excess))
        if heard is not None and heard.size:
            found = np.where(found >= 0, heard[found], -1)
        if changes:
            kept = step < kernels.FORGET
            if not kept.all():
                causes, found = causes.take(kept), found[kept]
        self._keep(rule, causes)
        self._found[rule] = found
        return rows

    def open_now(self, rule):
        """The causes of the open alerts of a rule, in order of track, other and zone."""
        causes = self._causes.get(rule)
        return _Causes.empty() if causes is None else causes.take(_is_open(causes))

    def open_rows(self, rule):
        """(track, other, zone, alert, row) of the same: the row in the findings of the last step, or -1."""
        causes = self._causes.get(rule)
        if causes is None:
            return (*_Causes.empty()[:4], np.empty(0, np.int64))
        found, which = self._found.get(rule), _is_open(causes)
        found = np.full(causes.n, -1) if found is None or found.size != causes.n else found
        return (*(column[which] for column in causes[:4]), found[which])

    def withdraw(self, at_ns, rule, keep):
        """Withdraw every open alert of a rule for which keep(track, other, zone) is False: later data disproved it."""
        causes = self._causes.get(rule)
        if causes is None:
            return schema.Alerts.empty()
        kept = np.array([bool(keep(*map(int, key))) for key in zip(*causes[:3], strict=True)], bool)
        rows = _rows(rule, causes, ~kept & _is_open(causes), schema.WITHDRAWN, at_ns, until_ns=at_ns)
        self._keep(rule, causes.take(kept))
        return rows

    def acknowledge(self, at_ns, alert):
        """The officer has seen it: a latched alert may now clear. An Alerts row, or none if the id is not open."""
        for rule, causes in self._causes.items():
            seen = (causes.alert == alert) & (causes.cleared_ns < 0) & (alert != 0)
            if seen.any():
                causes.acknowledged[seen] = 1
                return _rows(rule, causes, seen, schema.ACKNOWLEDGED, at_ns)
        return schema.Alerts.empty()

    def suppress(self, until_ns, *, rule="", mmsi=-1, track=-1, zone=-1, reason=""):
        """Raise nothing that fits all that is given, until then (event time); what is open clears as if it ended.

        What is asked a second time is there already: a list may be read again at every start.
        """
        row = Suppressions(rule=[rule], mmsi=[mmsi], track=[track], zone=[zone], until_ns=[until_ns], reason=[reason])
        if tuple(column[0] for column in row) in set(zip(*self._suppressed, strict=True)):
            return
        self._suppressed = Suppressions.concat([self._suppressed, row])

    @property
    def suppressed(self):
        """The Suppressions that have not been dropped since they ended."""
        return self._suppressed

    def open(self):
        """{rule: number of alerts that are raised and not cleared}, for a status line."""
        counts = {rule: int(_is_open(c).sum()) for rule, c in sorted(self._causes.items())}
        return {rule: count for rule, count in counts.items() if count}

    def _heard(self, at_ns, rule, findings, tracks):
        """Rows of the findings that nobody suppressed; None: all."""
        if not self._suppressed.n:
            return None
        self._suppressed = self._suppressed.take(self._suppressed.until_ns > at_ns)
        mmsi, heard = _where(tracks, findings.track)[2], np.ones(findings.n, bool)
        for s_rule, s_mmsi, s_track, s_zone, _, _ in zip(*self._suppressed, strict=True):
            if s_rule in ("", rule):
                fits = ((s_mmsi < 0) | (mmsi == s_mmsi)) & ((s_track < 0) | (findings.track == s_track))
                heard &= ~(fits & ((s_zone < 0) | (findings.zone == s_zone)))
        return np.flatnonzero(heard)

    def _keep(self, rule, causes):
        if causes.n:
            self._causes[rule] = causes
        else:
            self._causes.pop(rule, None)

    def dump(self):
        """The whole state as plain lists and numbers, for JSON."""
        return {
            "causes": {rule: {k: c.tolist() for k, c in causes._asdict().items()} for rule, causes in self._by_name()},
            "suppressed": {k: c.tolist() for k, c in self._suppressed._asdict().items()},
        }

    def _by_name(self):
        return sorted(self._causes.items())

    @classmethod
    def restore(cls, dumped):
        """The Lifecycle that `dump` described."""
        life = cls()
        life._causes = {str(rule): _restored(_Causes, columns) for rule, columns in dumped["causes"].items()}
        life._suppressed = _restored(Suppressions, dumped["suppressed"])
        return life


def _is_open(causes):
    return (causes.alert != 0) & (causes.cleared_ns < 0)


def _restored(kind, columns):
    return kind(**{name: np.array(columns[name], dtype) for name, (dtype, _) in kind.spec.items()})


def _matched(at_ns, causes, findings):
    """(causes with a row for every finding, row of its finding or -1); of two findings for one cause, the greater."""
    f = findings
    if kernels.sorted_once(*f[:3]):
        order = np.arange(f.n)
    else:
        rank = np.where(np.isnan(f.excess), -np.inf, f.excess)
        order = np.lexsort((rank, f.zone, f.other, f.track))
    known, found = np.empty((2, causes.n + f.n), np.int64)
    n = kernels.paired(*causes[:3], *f[:3], f.excess, order, known, found)
    known, found = known[:n], found[:n]
    if n == causes.n:
        return causes, found
    grown = causes.take(np.maximum(known, 0)) if causes.n else _Causes(track=np.full(n, -1))
    new = known < 0
    at = found[new]
    for name in ("track", "other", "zone"):
        getattr(grown, name)[new] = getattr(f, name)[at]
    grown.alert[new], grown.cleared_ns[new], grown.acknowledged[new] = 0, -1, 0
    grown.excess[new], grown.severity[new] = -np.inf, -1
    grown.mmsi[new], grown.other_mmsi[new], grown.lon_deg[new], grown.lat_deg[new] = -1, -1, np.nan, np.nan
    grown.since_ns[new] = np.where(f.since_ns[at] >= 0, f.since_ns[at], at_ns)
    return grown, found


def _where(tracks, track):
    """(lon_deg, lat_deg, mmsi) of each of these tracks in the Picture; NaN and -1 where it is not there."""
    if not tracks.n:
        return np.full(track.size, np.nan), np.full(track.size, np.nan), np.full(track.size, -1)
    at = np.minimum(np.searchsorted(tracks.track, track), tracks.n - 1)
    here = (tracks.track[at] == track) & (track >= 0)
    return (
        np.where(here, tracks.lon_deg[at], np.nan),
        np.where(here, tracks.lat_deg[at], np.nan),
        np.where(here, tracks.mmsi[at], -1),
    )


def _rows(rule, causes, which, state, at_ns, until_ns=None, excess=None):
    """Alerts of the causes that `which` marks."""
    at = np.flatnonzero(which)
    if not at.size:
        return schema.Alerts.empty()
    c = causes.take(at)
    until = np.full(at.size, -1) if until_ns is None else np.broadcast_to(until_ns, causes.n)[at]
    state = [state] if np.ndim(state) == 0 else state[at]
    return schema.Alerts(
        alert=c.alert,
        rule=[rule],
        state=state,
        severity=c.severity,
        track=c.track,
        mmsi=c.mmsi,
        other=c.other,
        other_mmsi=c.other_mmsi,
        zone=c.zone,
        t_ns=[at_ns],
        since_ns=c.since_ns,
        until_ns=until,
        excess=c.excess if excess is None else excess[at],
        lon_deg=c.lon_deg,
        lat_deg=c.lat_deg,
        detail=c.detail,
    )
