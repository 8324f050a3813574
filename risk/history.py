"""Where each track has been: a ring of fixes a track, thinned to one a `step_s`, dropped when the track is gone.

Memory is `slots * K` fixes: bounded by the tracks alive at once, whatever the length of the log.
"""

import numpy as np

from risk import rolling
from vts.units import S

SIZE = 64  # fixes a track: 64 minutes at one a minute
STEP_S = 60.0
KEEP_S = 3600.0  # a track that has left the picture is forgotten after this


class History:
    """Rings of (t_ns, lon_deg, lat_deg, sog_kn, cog_deg) by track."""

    def __init__(self, step_s=STEP_S):
        self.step_s = float(step_s)
        self.track = np.empty(0, np.int64)  # ascending
        self.slot = np.empty(0, np.int64)  # of each in `track`
        self.seen_ns = np.empty(0, np.int64)
        self.free = np.empty(0, np.int64)
        self.t_ns = np.empty((0, SIZE), np.int64)
        self.ring = np.empty((4, 0, SIZE))
        self.filled = np.empty(0, np.int64)

    def slots(self, track):
        """Slot of each track, shape (n,); -1 where it has no past."""
        if not self.track.size:
            return np.full(len(track), -1)
        at = np.minimum(np.searchsorted(self.track, track), self.track.size - 1)
        return np.where(self.track[at] == track, self.slot[at], -1)

    def columns(self, tracks, window_s):
        """rolling.COLUMNS of every track over the last `window_s`, shape (tracks, 12)."""
        out = np.empty((tracks.n, len(rolling.COLUMNS)))
        now = np.stack([tracks.lon_deg, tracks.lat_deg, tracks.sog_kn, tracks.cog_deg])
        slot = self.slots(tracks.track)
        rolling.over_rings(slot, self.t_ns, self.ring, self.filled, tracks.t_ns, now, int(window_s * S), out)
        return out

    def path(self, track):
        """(t_ns, lon_deg, lat_deg, sog_kn, cog_deg) of one track's past, oldest first."""
        slot = int(self.slots(np.array([track]))[0])
        if slot < 0:
            return (np.empty(0, np.int64), *np.empty((4, 0)))
        end = int(self.filled[slot])
        at = np.arange(max(0, end - SIZE), end) % SIZE
        return self.t_ns[slot, at], *self.ring[:, slot, at]

    def add(self, tracks, at_ns):
        """Remember the tracks' present fixes: the first of each track in every step of the clock.

        By the clock, not since the last one: else what a vessel has done would depend on when we began to watch.
        """
        self._make_room(tracks.track)
        slot = self.slots(tracks.track)
        self.seen_ns[np.searchsorted(self.track, tracks.track)] = at_ns
        last = self.t_ns[slot, (self.filled[slot] - 1) % SIZE]
        step_ns = int(self.step_s * S)
        due = (self.filled[slot] == 0) | (tracks.t_ns // step_ns > last // step_ns)
        slot, at = slot[due], self.filled[slot[due]] % SIZE
        self.t_ns[slot, at] = tracks.t_ns[due]
        for c, column in enumerate((tracks.lon_deg, tracks.lat_deg, tracks.sog_kn, tracks.cog_deg)):
            self.ring[c, slot, at] = column[due]
        self.filled[slot] += 1
        self._forget(at_ns)

    def _make_room(self, track):
        """Slots for tracks not seen before; free ones first, lowest number first."""
        new = np.setdiff1d(track, self.track)
        if not new.size:
            return
        short = new.size - self.free.size
        if short > 0:
            old = self.filled.size
            more = max(short, old // 2, 64)
            self.free = np.concatenate([self.free, np.arange(old, old + more)])
            self.t_ns = np.concatenate([self.t_ns, np.zeros((more, SIZE), np.int64)])
            self.ring = np.concatenate([self.ring, np.full((4, more, SIZE), np.nan)], axis=1)
            self.filled = np.concatenate([self.filled, np.zeros(more, np.int64)])
        order = np.argsort(np.concatenate([self.track, new]), kind="stable")
        self.slot = np.concatenate([self.slot, self.free[: new.size]])[order]
        self.seen_ns = np.concatenate([self.seen_ns, np.zeros(new.size, np.int64)])[order]
        self.track = np.concatenate([self.track, new])[order]
        self.free = self.free[new.size :]

    def _forget(self, at_ns):
        """Free the slots of tracks long gone."""
        gone = at_ns - self.seen_ns > int(KEEP_S * S)
        if gone.any():
            self.filled[self.slot[gone]] = 0
            self.free = np.sort(np.concatenate([self.free, self.slot[gone]]))
            self.track, self.slot, self.seen_ns = self.track[~gone], self.slot[~gone], self.seen_ns[~gone]

    ARRAYS = ("track", "slot", "seen_ns", "free", "t_ns", "ring", "filled")

    def dump(self):
        """The state as {name: array}."""
        return {name: getattr(self, name) for name in self.ARRAYS} | {"step_s": np.array([self.step_s])}

    @classmethod
    def restore(cls, arrays):
        """The History that `dump` described; ValueError where the arrays contradict each other."""
        history = cls(float(arrays["step_s"][0]))
        for name in cls.ARRAYS:
            like = getattr(history, name)
            if arrays[name].dtype != like.dtype or arrays[name].ndim != like.ndim:
                raise ValueError(name)
            setattr(history, name, np.ascontiguousarray(arrays[name]))
        slots = history.filled.size
        used = np.concatenate([history.slot, history.free])
        if (
            history.t_ns.shape != (slots, SIZE)
            or history.ring.shape != (4, slots, SIZE)
            or not np.array_equal(np.sort(used), np.arange(slots))
            or not history.track.shape == history.slot.shape == history.seen_ns.shape
            or np.any(np.diff(history.track) <= 0)
            or np.any(history.filled < 0)
        ):
            raise ValueError("history")
        return history
