"""What the risk stage remembers: where tracks have been, where traffic went, what behaviours noted, open alerts.

One object, saved and loaded whole. Its size follows the traffic, never the length of the log.
"""

import io
import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from risk import encounters
from risk.behaviours import catalogue
from risk.features.habit import remember
from risk.habit import Habit
from risk.heads import zone_entry
from risk.hearing import Hearing
from risk.history import History
from risk.ledger import Ledger
from risk.view import look
from vts import schema
from vts.config import RiskConfig
from vts.errors import StateError
from vts.lifecycle import Lifecycle
from vts.units import S

FORMAT = "lingding-risk-watch/4"
WINDOW_S = 600.0  # of rolling features: ten minutes, at the pace of a ship
MAX_BYTES = 1 << 30


class Open(NamedTuple):
    """The open alerts of one behaviour, in order of track, other and zone."""

    track: np.ndarray
    other: np.ndarray
    zone: np.ndarray
    alert: np.ndarray
    severity: np.ndarray  # as last found, which may be less than what was told
    detail: np.ndarray  # texts of those that do not hold just now
    row: np.ndarray  # of the others: where `describe` finds their numbers; else -1
    describe: Any

    def details(self, at):
        """The latest details of some of them, as objects."""
        texts, live = self.detail[at], np.flatnonzero(self.row[at] >= 0)
        if live.size:
            texts[live] = self.describe(self.row[at[live]])
        return texts


class Watch:
    """The memory of behaviours and features; give the same one to every call of risk.score."""

    def __init__(self, config=None, profiles=None, listed=None):
        """`profiles` {imo: share of static risk in [0, 1)} and `listed`, the watch list, come from risk.psc.

        Both are the user's files and are not saved with the Watch.
        """
        self.config = config or RiskConfig()
        self.profiles = profiles or {}
        self.listed = listed or {}
        self.history = History()
        self.habit = Habit(zone_entry.HORIZON_MIN)
        self.hearing = Hearing()  # vts.merge([watch.hearing.tap(feed) ...]) lets it know who received what
        self.life = Lifecycle()
        self._policy = {
            name: getattr(b, "policy", lambda _, b=b: b.POLICY)(self.config) for name, b in catalogue().items()
        }
        self.memory = {name: {} for name in catalogue()}
        self._open = {}  # Open of every rule that has any

    def look(self, picture):
        """The View of a Picture: its encounters and its past. Call `step` afterwards to remember it."""
        found = encounters.find(picture, self.config)
        view = look(picture, found, self.history, self.config, WINDOW_S, self.listed, self.habit)
        return view._replace(out_of_range=self.hearing.step(picture.at_ns))

    def step(self, view):
        """Alerts of all behaviours at this instant; the Picture becomes part of the past."""
        remember(view)
        parts = []
        for name, behaviour in catalogue().items():
            findings = behaviour.evaluate(view, self.memory[name])
            describe = getattr(findings, "describe", None)
            told = self.life.step(view.at_ns, name, self._policy[name], findings, view.tracks, describe)
            self._follow(name, findings, describe)
            parts.append(self._once(view, behaviour, name, told) if hasattr(behaviour, "SAME_AS") else told)
        self.history.add(view.tracks, view.at_ns)
        return schema.Alerts.concat(parts)

    def _once(self, view, behaviour, rule, told):
        """What a behaviour tells, less what a finding of fusion tells of the same track: one cause, one alert.

        Its alert is open all the same and weighs in the score. It waits for the finding WAIT_S where the Picture shows
        the track; where none comes, or the finding ends before it, it is raised.
        """
        at_ns, news = view.at_ns, view.picture.alerts
        findings = self.memory[rule].setdefault("findings", Ledger(track="i8", other="i8"))
        quiet = self.memory[rule].setdefault("quiet", Ledger(begun_ns="i8", seen_ns="i8"))
        for k in np.flatnonzero(np.isin(news.rule, behaviour.SAME_AS)):
            alert = news.alert[k : k + 1]
            if news.state[k] in (schema.RAISED, schema.UPDATED):
                findings.put(alert, track=news.track[k], other=news.other[k])
            elif news.state[k] in (schema.CLEARED, schema.WITHDRAWN):
                findings.keep(findings.key != alert)
        quiet.put(told.alert[told.state == schema.RAISED], begun_ns=at_ns)
        if not len(quiet):
            return told
        causes = self.life.open_now(rule)
        for alert in (told.alert, causes.alert):
            held = quiet.at(alert)
            quiet["seen_ns"][held[held >= 0]] = at_ns
        told = told.take(quiet.at(told.alert) < 0)
        causes = causes.take((quiet.at(causes.alert) >= 0) & (causes.seen_ns == at_ns))
        waits = np.isin(causes.track, view.tracks.track)
        waits &= at_ns - quiet["begun_ns"][quiet.at(causes.alert)] < behaviour.WAIT_S * S
        same = np.concatenate([findings["track"], findings["other"][findings["other"] >= 0]])
        late = causes.take(~(waits | np.isin(causes.track, same) | np.isin(causes.other, same)))
        # what has ended may come back as long as the lifecycle remembers it
        remembered = at_ns - quiet["seen_ns"] <= self._policy[rule].rearm_s * S
        quiet.keep(remembered & ~np.isin(quiet.key, late.alert))
        columns = {name: column for name, column in late._asdict().items() if name in schema.Alerts.spec}
        late = schema.Alerts(**columns, rule=[rule], state=[schema.RAISED], t_ns=[at_ns], until_ns=[-1])
        return schema.Alerts.concat([told, late])

    def _follow(self, rule, findings, describe):
        """Which alerts are open now, with the severity of this instant; their words are made when somebody asks."""
        *causes, alert, row = self.life.open_rows(rule)
        before = self._open.pop(rule, None)
        if not alert.size:
            return
        holds = row >= 0
        holds[holds] = findings.excess[row[holds]] > 0
        row = np.where(holds, row, -1)
        severity = np.where(holds, findings.severity[row], -1) if findings.n else np.full(alert.size, -1)
        detail = np.full(alert.size, "", object)
        absent = np.flatnonzero(~holds)
        if absent.size:
            order = np.argsort(before.alert)
            at = order[np.searchsorted(before.alert, alert[absent], sorter=order)]
            severity[absent], detail[absent] = before.severity[at], before.details(at)
        self._open[rule] = Open(*causes, alert, severity, detail, row, describe or findings.detail.__getitem__)

    @property
    def open(self):
        """[(rule, Open)] of the rules with an open alert, by name."""
        return sorted(self._open.items())

    def save(self, path):
        """Write the whole state to one file."""
        state = {
            "format": FORMAT,
            "config": vars(self.config),
            "life": self.life.dump(),
            "memory": self.memory,
            "hearing": self.hearing.dump(),
            "open": {
                rule: {"severity": held.severity.tolist(), "detail": held.details(np.arange(held.alert.size)).tolist()}
                for rule, held in self.open
            },
        }
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("state.json"), json.dumps(state, sort_keys=True, default=_plain))
            for name, array in (self.history.dump() | self.habit.dump()).items():
                raw = io.BytesIO()
                np.save(raw, array, allow_pickle=False)
                archive.writestr(zipfile.ZipInfo(f"{name}.npy"), raw.getvalue(), zipfile.ZIP_DEFLATED)

    @classmethod
    def load(cls, path, profiles=None, listed=None):
        """The Watch that `save` wrote. Raises StateError, one sentence, for any other file."""
        path = Path(path)
        try:
            with zipfile.ZipFile(path) as archive:
                if sum(info.file_size for info in archive.infolist()) > MAX_BYTES:
                    raise ValueError("larger than a watch can be")
                state = json.loads(archive.read("state.json"), object_hook=_restored)
                arrays = {
                    info.filename.removesuffix(".npy"): np.load(io.BytesIO(archive.read(info)), allow_pickle=False)
                    for info in archive.infolist()
                    if info.filename.endswith(".npy")
                }
            if state["format"] != FORMAT:
                raise ValueError(f"format {state['format']!r}")
            watch = cls(RiskConfig(**state["config"]), profiles, listed)
            watch.history = History.restore(arrays)
            watch.habit = Habit.restore(arrays)
            watch.hearing = Hearing.restore(state["hearing"])
            watch.life = Lifecycle.restore(state["life"])
            watch.memory = {name: state["memory"].get(name, {}) for name in catalogue()}
            for rule, held in state["open"].items():
                causes = watch.life.open_now(rule)
                severity, detail = np.array(held["severity"], np.int64), np.array(held["detail"], object)
                if not causes.n == severity.size == detail.size:
                    raise ValueError("open alerts without a cause")
                watch._open[rule] = Open(*causes[:4], severity, detail, np.full(causes.n, -1), None)
        except OSError as error:
            raise StateError(f"{path}: cannot be read ({error.strerror}); start the watch anew") from error
        except (KeyError, ValueError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile) as error:
            raise StateError(f"{path}: not a saved risk watch of this version ({error}); start it anew") from error
        return watch


def _policy(behaviour, config):
    """A behaviour's patience; some let the configuration choose it."""
    return behaviour.policy(config) if hasattr(behaviour, "policy") else behaviour.POLICY


def _plain(value):
    """A ledger as JSON can hold it."""
    if isinstance(value, Ledger):
        return {"ledger": value.dump()}
    raise TypeError(f"{type(value).__name__} in the memory of a behaviour; keep numbers, strings, lists or a Ledger")


def _restored(value):
    """The ledger again."""
    return Ledger.restore(value["ledger"]) if value.keys() == {"ledger"} else value
