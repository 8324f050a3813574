"""Where the traffic before her went from here: shares of earlier vessels that entered a zone, from the past alone.

A vessel outside a zone that comes into a cell on a course is a passage. It is noted under several keys: the cell and
the course, a finer cell, her kind of ship, where she was first seen, her destination, herself. Three horizons later its
outcome is settled and counted; features read settled counts only, so no row can see what became of it.

The same Habit serves training tables, simulated days and the live Watch. Its size follows the water, not the log: a row
a key, the longest unused forgotten first.
"""

import zipfile
import zlib
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from risk import columns
from risk.ledger import Ledger
from vts.errors import StateError
from vts.units import DAY, KN, MINUTE

KEYS = ("cell", "fine", "kind", "origin", "destination", "own")
ONCE = np.isin(KEYS, ("origin", "destination", "own"))  # counted once an approach, not once a cell
# Side of a cell for each minute of horizon, half of what a ship runs in it: 0.1 to 0.4 degree at 180 min are alike
CELL_DEG_MIN = 0.4 / 180.0
FINE, ORIGIN = 0.25, 2.5  # sides of the other cells, in cells
WAIT = 3  # horizons until an outcome counts: ships slow down and wait
STILL_KN = 1.0  # slower, a course says nothing of where she goes
LEAST_KN = 0.5
MOST = 500_000  # keys kept
KEEP_DAYS = 400
COUNTS = {"t_ns": "i8", "passed": "i8", "soon": "i8", "entered": "i8", "log_ratio": "f8", "last_ns": "i8"}


class Approaches(NamedTuple):
    """Vessels outside zones: one row a vessel and zone at one time."""

    t_ns: np.ndarray
    track: np.ndarray
    zone: np.ndarray
    vessel: np.ndarray  # MMSI, or -1
    kind: np.ndarray  # first digit of the ship type of M.1371-5; -1 unknown
    destination: np.ndarray  # a number for its text; -1 unknown
    lon_deg: np.ndarray
    lat_deg: np.ndarray
    sog_kn: np.ndarray
    cog_deg: np.ndarray
    edge_m: np.ndarray


class Habit:
    """Counts by key, passages whose outcome is not known yet, and where each track was first seen."""

    LEDGERS = ("known", "open", "tracks")

    def __init__(self, horizon_min):
        self.horizon_min = float(horizon_min)
        self.known = Ledger(**COUNTS)
        self.open = Ledger(t_ns="i8", track="i8", pair="i8", keys=f"({len(KEYS)},)i8", edge_min="f8", entered_ns="i8")
        self.tracks = Ledger(seen_ns="i8", origin="i8")
        self.minute = -1

    def keys(self, a):
        """The key of each of KEYS for rows of Approaches, shape (n, len(KEYS)); -1 where it is not known."""
        side = CELL_DEG_MIN * self.horizon_min
        row = self.tracks.at(a.track)
        origin = self.tracks["origin"][row] if len(self.tracks) else np.empty(len(row), np.int64)
        new = np.flatnonzero(row < 0)
        origin[new] = _cell(a.lon_deg[new], a.lat_deg[new], side * ORIGIN)
        out = np.empty((len(row), len(KEYS)), np.int64)
        said = (np.ascontiguousarray(c, np.int64) for c in (a.zone, a.kind, a.destination, a.vessel, origin))
        at = (np.ascontiguousarray(c, float) for c in (a.lon_deg, a.lat_deg, a.sog_kn, a.cog_deg))
        columns.habit_keys(*said, *at, side, side * FINE, STILL_KN, out)
        return out

    def shares(self, a):
        """(n, 11) of what is settled of such Approaches, as columns.habit_shares writes it."""
        out, known = np.empty((len(a.t_ns), columns.SHARES)), self.known
        counts = (known[name] for name in ("passed", "soon", "entered", "log_ratio", "last_ns"))
        who = (np.ascontiguousarray(c, np.int64) for c in (a.vessel, a.t_ns))
        columns.habit_shares(self.keys(a), known.key, *counts, *who, out)
        return out

    def due(self, at_ns):
        """Whether a minute has passed since the last `step`: no cell is crossed sooner."""
        return at_ns // MINUTE != self.minute

    def settle(self, at_ns):
        """Count the passages whose outcome is known by now."""
        ripe = at_ns - self.open["t_ns"] >= int(WAIT * self.horizon_min * MINUTE)
        if not ripe.any():
            return
        t_ns, entered_ns = self.open["t_ns"][ripe], self.open["entered_ns"][ripe]
        ahead_min = np.where(entered_ns >= 0, (entered_ns - t_ns) / MINUTE, np.inf)
        seen = self.tracks.at(self.open["track"][ripe])
        seen_ns = np.where(seen >= 0, self.tracks["seen_ns"][seen], t_ns) if len(self.tracks) else t_ns
        entered = ahead_min <= WAIT * self.horizon_min
        sure = entered | (seen_ns - t_ns >= int(self.horizon_min * MINUTE))  # else lost: nobody knows
        ratio = np.log(np.maximum(ahead_min, 1.0) / np.maximum(self.open["edge_min"][ripe], 1.0))
        keys = self.open["keys"][ripe]
        row, column = np.nonzero((keys >= 0) & sure[:, None])
        key, at = np.unique(keys[row, column], return_inverse=True)
        new = self.known.at(key) < 0
        if new.any():
            self.known.add(key[new])
        at = self.known.at(key)[at]
        self.known["t_ns"][at] = at_ns
        for name, value in (
            ("passed", sure),
            ("soon", ahead_min <= self.horizon_min),
            ("entered", entered),
            ("log_ratio", np.where(entered, ratio, 0.0)),
        ):
            np.add.at(self.known[name], at, value[row])
        np.maximum.at(self.known["last_ns"], at, entered_ns[row])
        self.open.keep(~ripe)
        self._forget(at_ns)

    def _forget(self, at_ns):
        """Forget keys that nobody has used for long, and tracks that are gone and settled."""
        self.known.keep(at_ns - self.known["t_ns"] <= KEEP_DAYS * DAY)
        if len(self.known) > MOST:
            oldest = np.lexsort((self.known.key, self.known["t_ns"]))[: len(self.known) - MOST * 4 // 5]
            which = np.ones(len(self.known), bool)
            which[oldest] = False
            self.known.keep(which)
        self.tracks.keep(at_ns - self.tracks["seen_ns"] <= int((WAIT + 1) * self.horizon_min * MINUTE))

    def step(self, at_ns, seen, approaches, inside):
        """Note what was `seen` (track, t_ns, lon_deg, lat_deg), Approaches, and entries (track, zone, entered_ns).

        Of several entries after one passage the first counts.
        """
        self.minute = int(at_ns // MINUTE)
        track, t_ns, lon_deg, lat_deg = seen
        one, first = np.unique(track, return_index=True)
        new = self.tracks.at(one) < 0
        if new.any():
            self.tracks.add(one[new])
        here = _cell(lon_deg[first[new]], lat_deg[first[new]], CELL_DEG_MIN * self.horizon_min * ORIGIN)
        self.tracks["origin"][self.tracks.at(one[new])] = here
        np.maximum.at(self.tracks["seen_ns"], self.tracks.at(track), t_ns)
        keys = self.keys(approaches)
        name, first = np.unique(_hash(6, keys[:, 0], approaches.track), return_index=True)
        new = self.open.at(name) < 0
        if new.any():
            a, rows = approaches, first[new]
            pair = _hash(7, a.track[rows], a.zone[rows])
            _, at = np.unique(pair, return_index=True)
            again = np.ones(pair.size, bool)
            again[at] = np.isin(pair[at], self.open["pair"])
            self.open.put(
                name[new],
                t_ns=a.t_ns[rows],
                track=a.track[rows],
                pair=pair,
                keys=np.where(again[:, None] & ONCE, -1, keys[rows]),
                edge_min=edge_min(a.edge_m[rows], a.sog_kn[rows]),
                entered_ns=-1,
            )
        self._enter(*inside)

    def _enter(self, track, zone, entered_ns):
        """Write the entry of each track and zone to its passages that have none yet."""
        if not len(self.open) or not len(track):
            return
        pair = _hash(7, track, zone)
        order = np.lexsort((entered_ns, pair))
        pair, entered_ns = pair[order], entered_ns[order]
        at = np.minimum(np.searchsorted(pair, self.open["pair"]), pair.size - 1)
        mine = (pair[at] == self.open["pair"]) & (self.open["entered_ns"] < 0) & (entered_ns[at] > self.open["t_ns"])
        self.open["entered_ns"][mine] = entered_ns[at[mine]]

    def dump(self):
        """The state as {name: array}."""
        out = {"habit": np.array([self.horizon_min, self.minute])}
        for name in self.LEDGERS:
            ledger = getattr(self, name)
            out |= {f"habit.{name}.{column}": a for column, a in ({"key": ledger.key} | ledger.columns).items()}
        return out

    def save(self, path, key=""):
        """Write the state to one .npz file; `key` says what it was made from. The same state gives the same bytes."""
        with open(path, "wb") as file:
            np.savez_compressed(file, key=np.array(key), **self.dump())

    @classmethod
    def restore(cls, arrays):
        """The Habit that `dump` described; ValueError where the arrays contradict each other."""
        habit = cls(float(arrays["habit"][0]))
        habit.minute = int(arrays["habit"][1])
        for name in cls.LEDGERS:
            ledger = getattr(habit, name)
            given = {column: arrays[f"habit.{name}.{column}"] for column in ("key", *ledger.columns)}
            for column, like in ({"key": ledger.key} | ledger.columns).items():
                part = given[column]
                if part.dtype != like.dtype or part.shape != (given["key"].size, *like.shape[1:]):
                    raise ValueError(f"habit.{name}.{column}")
            ledger.key = given.pop("key")
            ledger.columns = given
            if np.any(np.diff(ledger.key) <= 0):
                raise ValueError(f"habit.{name}")
        return habit


def load(path):
    """The Habit that `save` wrote. Raises StateError, one sentence, for any other file."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return Habit.restore({name: file[name] for name in file.files if name != "key"})
    except OSError as error:
        raise StateError(f"{path}: cannot be read ({error.strerror}); remove it, and it is made anew") from error
    except (KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise StateError(f"{path}: not a memory of traffic ({error}); remove it, and it is made anew") from error


def edge_min(edge_m, sog_kn):
    """Minutes to the edge at this speed, or at LEAST_KN."""
    return edge_m / (np.maximum(np.nan_to_num(sog_kn), LEAST_KN) * KN) / 60.0


def text_number(texts):
    """A number for each text, shape (n,); -1 for an empty one."""
    return np.array([_text_number(text) for text in texts.tolist()], np.int64)


@lru_cache(maxsize=100_000)
def _text_number(text):
    return zlib.crc32(" ".join(text.split()).encode()) if text else -1


def _cell(lon_deg, lat_deg, side_deg):
    """A number for the cell of each position."""
    x, y = (np.floor(np.nan_to_num(c) / side_deg).astype(np.int64) for c in (lon_deg, lat_deg))
    return x * (1 << 24) + y


def _hash(*parts):
    """A positive 63-bit number for rows of whole numbers, by the finaliser of splitmix64 (Steele and others, 2014)."""
    h = np.zeros(np.broadcast_shapes(*(np.shape(part) for part in parts)), np.uint64)
    for part in parts:
        h = h + np.asarray(part, np.int64).astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        h = h ^ (h >> np.uint64(31))
    return (h >> np.uint64(1)).astype(np.int64)
