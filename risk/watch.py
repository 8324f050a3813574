"""What the risk stage remembers: where tracks have been, what behaviours noted, which alerts are open.

One object, saved and loaded whole. Its size follows the traffic, never the length of the log.
"""

import io
import json
import zipfile
from pathlib import Path

import numpy as np

from risk import encounters
from risk.behaviours import catalogue
from risk.history import History
from risk.view import look
from vts import schema
from vts.config import RiskConfig
from vts.errors import StateError
from vts.lifecycle import Lifecycle

FORMAT = "lingding-risk-watch/1"
WINDOW_S = 600.0  # of rolling features: ten minutes, at the pace of a ship
MAX_BYTES = 1 << 30


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
        self.life = Lifecycle()
        self.memory = {name: {} for name in catalogue()}
        self.open = {}  # (rule, track, other, zone): [severity, latest detail] of every alert that is open

    def look(self, picture):
        """The View of a Picture: its encounters and its past. Call `step` afterwards to remember it."""
        found = encounters.find(picture, self.config)
        return look(picture, found, self.history, self.config, WINDOW_S, self.listed)

    def step(self, view):
        """Alerts of all behaviours at this instant; the Picture becomes part of the past."""
        parts = []
        for name, behaviour in catalogue().items():
            findings = behaviour.evaluate(view, self.memory[name])
            alerts = self.life.step(view.at_ns, name, behaviour.POLICY, findings, view.tracks)
            self._keep_open(name, alerts, findings)
            parts.append(alerts)
        self.history.add(view.tracks, view.at_ns)
        return schema.Alerts.concat(parts)

    def _keep_open(self, rule, alerts, findings):
        """Follow which alerts are open, with the numbers of this instant."""
        for i in range(alerts.n):
            key = rule, int(alerts.track[i]), int(alerts.other[i]), int(alerts.zone[i])
            if alerts.state[i] in (schema.CLEARED, schema.WITHDRAWN):
                self.open.pop(key, None)
            else:
                self.open[key] = [int(alerts.severity[i]), str(alerts.detail[i])]
        if self.open:
            f = findings
            told = (f.track, f.other, f.zone, f.excess, f.severity, f.detail)
            for track, other, zone, excess, severity, detail in zip(*(c.tolist() for c in told), strict=True):
                key = rule, track, other, zone
                if excess > 0 and key in self.open:
                    self.open[key] = [severity, detail]

    def save(self, path):
        """Write the whole state to one file."""
        state = {
            "format": FORMAT,
            "config": vars(self.config),
            "life": self.life.dump(),
            "memory": self.memory,
            "open": [[list(key), entry] for key, entry in sorted(self.open.items())],
        }
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(zipfile.ZipInfo("state.json"), json.dumps(state, sort_keys=True))
            for name, array in self.history.dump().items():
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
                state = json.loads(archive.read("state.json"))
                arrays = {
                    info.filename.removesuffix(".npy"): np.load(io.BytesIO(archive.read(info)), allow_pickle=False)
                    for info in archive.infolist()
                    if info.filename.endswith(".npy")
                }
            if state["format"] != FORMAT:
                raise ValueError(f"format {state['format']!r}")
            watch = cls(RiskConfig(**state["config"]), profiles, listed)
            watch.history = History.restore(arrays)
            watch.life = Lifecycle.restore(state["life"])
            watch.memory = {name: state["memory"].get(name, {}) for name in catalogue()}
            watch.open = {(str(k[0]), *map(int, k[1:])): list(entry) for k, entry in state["open"]}
        except OSError as error:
            raise StateError(f"{path}: cannot be read ({error.strerror}); start the watch anew") from error
        except (KeyError, ValueError, TypeError, AttributeError, RecursionError, zipfile.BadZipFile) as error:
            raise StateError(f"{path}: not a saved risk watch of this version ({error}); start it anew") from error
        return watch
