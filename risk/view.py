"""What a behaviour or a feature family may look at: one Picture with its past and its encounters; nothing later."""

from typing import Any, NamedTuple

import numpy as np

from risk import rolling
from risk.encounters import Encounters
from vts.config import RiskConfig
from vts.schema import Picture, static_rows


class View(NamedTuple):
    """One instant. `past` is rolling.COLUMNS over the feature window; `statics_row` -1 where nothing is known."""

    picture: Picture
    encounters: Encounters
    history: Any  # risk.history.History
    past: np.ndarray  # (tracks, 12)
    static_row: np.ndarray  # (tracks,)
    config: RiskConfig
    listed: Any = None  # the user's watch list, risk.psc.watch_list
    out_of_range: Any = ()  # MMSIs that stations contradict, risk.hearing
    habit: Any = None  # risk.habit.Habit
    memo: Any = None  # what several behaviours and features ask for, by name; None: each makes its own

    @property
    def at_ns(self):
        return self.picture.at_ns

    @property
    def tracks(self):
        return self.picture.tracks

    def once(self, name, make):
        """What `make(self)` gives, made once; not to be written to."""
        if self.memo is None:
            return make(self)
        if name not in self.memo:
            self.memo[name] = make(self)
        return self.memo[name]

    def recent(self, name):
        """A column of rolling.COLUMNS, shape (tracks,)."""
        return self.past[:, rolling.COLUMNS.index(name)]

    def static(self, name, unknown=np.nan):
        """A column of Statics for each track, `unknown` where there is none."""
        column = getattr(self.picture.statics, name)
        if not column.size:
            return np.full(self.tracks.n, unknown)
        return np.where(self.static_row >= 0, column[np.maximum(self.static_row, 0)], unknown)


def look(picture, encounters, history, config, window_s, listed=None, habit=None):
    """The View of a Picture."""
    past = history.columns(picture.tracks, window_s)
    return View(picture, encounters, history, past, static_rows(picture), config, listed, habit=habit, memo={})


def rows_of(tracks, wanted):
    """Row of each wanted track number in Tracks, shape (n,); -1 where it is not there."""
    if not tracks.n:
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(tracks.track, wanted), tracks.n - 1)
    return np.where(tracks.track[at] == wanted, at, -1)
