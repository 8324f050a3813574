"""What a behaviour notes of many vessels: columns of numbers by an ascending key, looked up and changed all at once."""

import numpy as np


class Ledger:
    """Rows by key; `ledger["name"]` is a column. A Watch saves and loads it with all else in a behaviour's memory."""

    def __init__(self, **dtypes):
        self.key = np.empty(0, np.int64)
        self.columns = {name: np.empty(0, dtype) for name, dtype in dtypes.items()}

    def __getitem__(self, name):
        return self.columns[name]

    def __len__(self):
        return self.key.size

    def at(self, key):
        """Row of each key, shape (n,); -1 where it is not noted."""
        if not self.key.size:
            return np.full(len(key), -1)
        at = np.minimum(np.searchsorted(self.key, key), self.key.size - 1)
        return np.where(self.key[at] == key, at, -1)

    def put(self, key, **columns):
        """Write a row for each key, which must differ from each other; new ones are added."""
        row = self.at(key)
        if (row < 0).any():
            self.add(key[row < 0])
            row = self.at(key)
        for name, values in columns.items():
            self.columns[name][row] = values

    def add(self, key):
        """Blank rows for keys that are not noted yet."""
        order = np.argsort(np.concatenate([self.key, key]), kind="stable")
        self.key = np.concatenate([self.key, key])[order]
        for name, column in self.columns.items():
            blank = np.zeros((len(key), *column.shape[1:]), column.dtype)
            self.columns[name] = np.concatenate([column, blank])[order]

    def keep(self, which):
        """Forget the rows that the mask does not mark."""
        if not which.all():
            self.key = self.key[which]
            self.columns = {name: column[which] for name, column in self.columns.items()}

    def dump(self):
        """The ledger as plain lists, for JSON."""
        return {name: [column.dtype.str, column.tolist()] for name, column in self._all().items()}

    def _all(self):
        return {"key": self.key} | self.columns

    @classmethod
    def restore(cls, dumped):
        """The ledger that `dump` described; ValueError where its columns do not fit together."""
        ledger = cls()
        columns = {name: np.array(values, np.dtype(dtype)) for name, (dtype, values) in dumped.items()}
        ledger.key = columns.pop("key")
        if any(len(column) != ledger.key.size for column in columns.values()):
            raise ValueError("a ledger of unequal columns")
        ledger.columns = columns
        return ledger


def among(column, values):
    """Whether each is one of a few values, shape (n,): np.isin sorts both, ten times the work for some values."""
    out = column == values[0]
    for value in values[1:]:
        out |= column == value
    return out


def pair_key(track, other):
    """The key of each pair of tracks; `pair_of` gives them back."""
    return (track << 32) | other


def pair_of(key):
    """(track, other) of each key."""
    return key >> 32, key & 0xFFFFFFFF


def rounds(key):
    """Index arrays that together are all rows, each without a key twice and in order: first those that come first."""
    order = np.argsort(key, kind="stable")
    first = np.ones(key.size, bool)
    first[1:] = key[order[1:]] != key[order[:-1]]
    if first.all():
        return [np.arange(key.size)] if key.size else []
    start = np.maximum.accumulate(np.where(first, np.arange(key.size), 0))
    rank = np.empty(key.size, np.int64)
    rank[order] = np.arange(key.size) - start
    return [np.flatnonzero(rank == k) for k in range(int(rank.max()) + 1)]
