"""Training rows from Pictures: features as known at t, labels from what happened after it, in one pass.

label 1: an onset (the condition begins) in [t + lead, t + horizon]. Rows already inside, rows with an onset sooner
than the lead, and rows whose vessel is lost before the horizon without an onset are left out: nobody knows those.
"""

from typing import NamedTuple

import numpy as np

from risk import encounters, matrix
from risk.features.habit import remember
from risk.habit import Habit
from risk.heads import zone_entry
from risk.history import History
from risk.view import look
from vts.config import RiskConfig
from vts.units import MINUTE, S

REJOIN_MIN = 5.0  # a condition that returns within this goes on: jitter at an edge is no new onset


class Samples(NamedTuple):
    """Rows of one head, in order of time."""

    X: np.ndarray  # (n, features)
    y: np.ndarray  # (n,) bool
    key: np.ndarray  # (n, 2) track, and zone or other
    vessel: np.ndarray  # (n,) MMSI where known, else -1 - track: the unit that train and test may share or not
    t_ns: np.ndarray
    onset_ns: np.ndarray  # of the event that made y; -1

    @property
    def n(self):
        return len(self.y)

    def take(self, which):
        """The rows that a mask or an index array names."""
        return self._make(column[which] for column in self)


def collect(pictures, *, every_s=120.0, heads=None, config=None, horizons=None):
    """{head: Samples} of a stream of Pictures; rows are taken at every multiple of `every_s`.

    `horizons` {head: minutes} overrides the heads' own.
    """
    config = config or RiskConfig()
    heads = heads or matrix.heads()
    history, habit = History(), Habit(zone_entry.HORIZON_MIN)
    rows = {name: [] for name in heads}
    flags = {name: [] for name in heads}
    last_seen = {}
    for picture in pictures:
        view = look(picture, encounters.find(picture, config), history, config, 600.0, habit=habit)
        remember(view)
        due = picture.at_ns % int(every_s * S) == 0
        for name, head in heads.items():
            flags[name].append((picture.at_ns, np.asarray(head.happening(view), np.int64).reshape(-1, 2)))
            if due:
                chosen, keys = head.candidates(view)
                if len(keys):
                    at = np.searchsorted(view.tracks.track, keys[:, 0])
                    mmsi = view.tracks.mmsi[at]
                    vessel = np.where(mmsi >= 0, mmsi, -1 - keys[:, 0])
                    rows[name].append((picture.at_ns, matrix.matrix(head, view, chosen), keys, vessel))
        fresh = picture.tracks.age_s < 60.0
        last_seen.update(dict.fromkeys(picture.tracks.track[fresh].tolist(), picture.at_ns))
        history.add(picture.tracks, picture.at_ns)
    return {
        name: label(head, rows[name], flags[name], last_seen, (horizons or {}).get(name, head.HORIZON_MIN))
        for name, head in heads.items()
    }


def label(head, rows, flags, last_seen, horizon_min):
    """Samples of one head from its rows and from where its condition held."""
    if not rows:
        k = len(matrix.features(head))
        return Samples(np.empty((0, k)), np.empty(0, bool), np.empty((0, 2), np.int64), *(np.empty(0, np.int64),) * 3)
    X = np.concatenate([r[1] for r in rows])
    key = np.concatenate([r[2] for r in rows])
    vessel = np.concatenate([r[3] for r in rows])
    t_ns = np.concatenate([np.full(len(r[2]), r[0]) for r in rows])
    held = np.concatenate([k for _, k in flags]).reshape(-1, 2)
    held_ns = np.concatenate([np.full(len(k), t) for t, k in flags])
    onset = next_onset(key, t_ns, held, held_ns)
    ahead = np.where(onset >= 0, onset - t_ns, np.iinfo(np.int64).max)
    known = np.array([last_seen.get(int(track), 0) for track in key[:, 0]]) - t_ns
    y = (ahead >= int(head.LEAD_MIN * MINUTE)) & (ahead <= int(horizon_min * MINUTE))
    censored = ~y & ((known < int(horizon_min * MINUTE)) | (ahead < int(head.LEAD_MIN * MINUTE)))
    keep = ~censored
    return Samples(X, y, key, vessel, t_ns, np.where(y, onset, -1)).take(keep)


def next_onset(key, t_ns, held, held_ns):
    """Time of the first onset after each row's own, shape (n,); -1 where there is none.

    An onset is a time at which the condition holds for a key and did not in the REJOIN_MIN before.
    """
    _names, number = np.unique(np.concatenate([key, held]), axis=0, return_inverse=True)
    number = number.reshape(-1)
    row_key, held_key = number[: len(key)], number[len(key) :]
    order = np.lexsort((held_ns, held_key))
    k, t = held_key[order], held_ns[order]
    first = np.ones(len(k), bool)
    first[1:] = (k[1:] != k[:-1]) | (t[1:] - t[:-1] > int(REJOIN_MIN * MINUTE))
    k, t = k[first], t[first]
    # one sorted list of (key, time): ranks make both comparable as one number
    times = np.unique(np.concatenate([t, t_ns]))
    base = len(times) + 1
    events = k * base + np.searchsorted(times, t)
    rows = row_key * base + np.searchsorted(times, t_ns)
    at = np.searchsorted(events, rows, side="right")
    found = np.minimum(at, max(len(events) - 1, 0))
    ok = (at < len(events)) & (k[found] == row_key) if len(events) else np.zeros(len(key), bool)
    return np.where(ok, t[found] if len(events) else -1, -1)
