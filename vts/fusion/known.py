"""What vessels have said of themselves: the latest known value of each field, by MMSI."""

import numpy as np

from vts.schema import Statics

_UNKNOWN = {name: fill for name, (_, fill) in Statics.spec.items()}


def _known(name, column):
    """Which values of a column say something."""
    if column.dtype.kind == "f":
        return ~np.isnan(column)
    return column != _UNKNOWN[name]


class Known:
    """Growing columns of Statics with one row per MMSI; a message fills only the fields that it knows.

    A class B unit sends its name and its size in two messages; neither may wipe out the other.
    """

    def __init__(self):
        self._row = {}
        self._columns = Statics.empty()
        self._pending = []
        self._shown = (np.empty(0, np.int64), Statics.empty())
        self._changed = False

    def learn(self, statics):
        """Take a batch; its rows count in order."""
        if statics.n:
            self._pending.append(statics)

    def settle(self):
        """Work the batches in; MMSIs that were new or changed, ascending."""
        if not self._pending:
            return np.empty(0, np.int64)
        batch = Statics.concat(self._pending)
        batch = batch.take(batch.mmsi >= 0)
        self._pending = []
        for mmsi in batch.mmsi.tolist():
            self._row.setdefault(mmsi, len(self._row))
        self._grow()
        rows = np.array([self._row[mmsi] for mmsi in batch.mmsi.tolist()], np.int64)
        for name, column, new in zip(Statics._fields, self._columns, batch, strict=True):
            known = _known(name, new)
            at, values = rows[known], new[known]
            # numpy leaves open which of several writes to one row stays: write only the last of each
            _, last = np.unique(at[::-1], return_index=True)
            last = at.size - 1 - last
            column[at[last]] = values[last]
        self._changed = True
        return np.unique(batch.mmsi)

    def _grow(self):
        """Room for every row, doubling."""
        need, have = len(self._row), self._columns.n
        if need > have:
            more = max(need, 2 * have, 64) - have
            extra = Statics(**{name: np.full(more, fill, dtype) for name, (dtype, fill) in Statics.spec.items()})
            self._columns = Statics.concat([self._columns, extra])

    def of(self, mmsis):
        """Statics of those of the MMSIs (ascending, unique) that are known."""
        if not self._changed and np.array_equal(mmsis, self._shown[0]):
            return self._shown[1]
        rows = np.array([row for row in map(self._row.get, mmsis.tolist()) if row is not None], np.int64)
        self._shown = (mmsis, self._columns.take(rows))
        self._changed = False
        return self._shown[1]

    def knows(self, mmsis):
        """Which of the MMSIs have said anything."""
        return np.array([mmsi in self._row for mmsi in mmsis.tolist()], bool)

    def pick(self, mmsis):
        """One row for each of the MMSIs, unknown where nothing was said; the order is theirs."""
        rows = np.array([self._row.get(mmsi, -1) for mmsi in mmsis.tolist()], np.int64)
        blank = Statics(**{name: np.full(1, fill, dtype) for name, (dtype, fill) in Statics.spec.items()})
        return Statics.concat([self._columns, blank]).take(rows)  # -1 is the blank one

    def mmsis(self):
        """Everyone who is known, ascending."""
        return np.array(sorted(self._row), np.int64)

    def forget(self, keep, before_ns):
        """Drop whoever is not in `keep` and last spoke before a time, so that memory follows the traffic."""
        rows = np.fromiter(self._row.values(), np.int64, len(self._row))
        mmsi = self._columns.mmsi[rows]
        stay = np.isin(mmsi, keep) | (self._columns.t_ns[rows] >= before_ns)
        if not stay.all():
            self._columns = self._columns.take(rows[stay])
            self._row = {m: k for k, m in enumerate(mmsi[stay].tolist())}

    def dump(self):
        """Every row as one table, after settling."""
        self.settle()
        return self._columns.take(slice(0, len(self._row)))

    @classmethod
    def restore(cls, table):
        """The Known that `dump` gave."""
        known = cls()
        known._columns = table
        known._row = {m: k for k, m in enumerate(table.mmsi.tolist())}
        known._changed = True
        return known
