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
        self._mmsi = np.empty(0, np.int64)  # ascending
        self._row = np.empty(0, np.int64)  # of each in `_columns`
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
        told = np.unique(batch.mmsi)
        self._grow(told[self._rows(told) < 0])
        rows = self._rows(batch.mmsi)
        last = _last(rows)
        for name, column, new in zip(Statics._fields, self._columns, batch, strict=True):
            known = _known(name, new)
            which = last
            if not known.all():
                told_by = np.flatnonzero(known)
                which = told_by[_last(rows[told_by])]
            column[rows[which]] = new[which]
        self._changed = True
        return told

    def _rows(self, mmsis):
        """Row of each MMSI, shape (n,); -1 where nothing was said."""
        if not self._mmsi.size:
            return np.full(len(mmsis), -1)
        at = np.minimum(np.searchsorted(self._mmsi, mmsis), self._mmsi.size - 1)
        return np.where(self._mmsi[at] == mmsis, self._row[at], -1)

    def _grow(self, new):
        """A row for each of these MMSIs; the columns double when they are full."""
        have, need = self._columns.n, self._mmsi.size + new.size
        if need > have:
            more = max(need, 2 * have, 64) - have
            extra = Statics(**{name: np.full(more, fill, dtype) for name, (dtype, fill) in Statics.spec.items()})
            self._columns = Statics.concat([self._columns, extra])
        rows = np.concatenate([self._row, np.arange(self._mmsi.size, need)])
        mmsi = np.concatenate([self._mmsi, new])
        order = np.argsort(mmsi, kind="stable")
        self._mmsi, self._row = mmsi[order], rows[order]

    def of(self, mmsis):
        """Statics of those of the MMSIs (ascending, unique) that are known."""
        if not self._changed and np.array_equal(mmsis, self._shown[0]):
            return self._shown[1]
        rows = self._rows(mmsis)
        self._shown = (mmsis, self._columns.take(rows[rows >= 0]))
        self._changed = False
        return self._shown[1]

    def sizes(self, mmsis):
        """(which of the MMSIs have said anything, their length_m, beam_m, to_bow_m and to_port_m)."""
        rows = self._rows(mmsis)
        known, c = rows >= 0, self._columns
        return known, [column[rows[known]] for column in (c.length_m, c.beam_m, c.to_bow_m, c.to_port_m)]

    def forget(self, keep, before_ns):
        """Drop whoever is not in `keep` and last spoke before a time, so that memory follows the traffic."""
        stay = np.isin(self._mmsi, keep) | (self._columns.t_ns[self._row] >= before_ns)
        if not stay.all():
            self._columns = self._columns.take(self._row[stay])
            self._mmsi, self._row = self._mmsi[stay], np.arange(int(stay.sum()))

    def dump(self):
        """Every row as one table, after settling."""
        self.settle()
        return self._columns.take(self._row)

    @classmethod
    def restore(cls, table):
        """The Known that `dump` gave."""
        known = cls()
        known._columns = table
        known._mmsi, known._row = table.mmsi, np.arange(table.n)
        known._changed = True
        return known


def _last(rows):
    """Where each row is named for the last time: numpy leaves open which of several writes to one row stays."""
    return rows.size - 1 - np.unique(rows[::-1], return_index=True)[1]
