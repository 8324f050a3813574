"""Late AIS reports where no radar is in play: the past of their own vessels alone is worked in again.

Without plots a report touches the tracks of its own MMSI and no others, so the rest of the picture stands. On a coast
guard's log one report in a hundred comes later than the merge waits, some in every ten seconds: going back with all
vessels for them made the kernel work 1.9 times.
"""

import numpy as np

from vts.fusion import layout as col
from vts.fusion import rows
from vts.fusion.step import SLOT_NS, SWEEP_NS
from vts.schema import RADAR_PLOT, Reports

_INTO = ("f", "n", "c", "free", "keys", "heads", "hit_ns", "look_ns", "gone")
_OF = ("f", "n", "keys", "heads", "hit_ns", "look_ns", "gone")


def alone(tracker, late):
    """Whether late Reports change the tracks of their own MMSIs alone: radar has given no plot, nor do they."""
    return tracker._c[col.C_PLOTS] == 0 and bool((late.kind < RADAR_PLOT).all())


def mend(tracker, late):
    """Work in late Reports at the times when they were measured, as if they had been punctual; gives them in order.

    The tracks of their MMSIs are taken from the last state kept before them, brought forward by all that was heard of
    them, and put in the place of what is there, in every state kept since and in the present.
    """
    late = late.take(np.lexsort((late.seq, late.sensor, late.t_ns)))
    kept = tracker._kept(int(late.t_ns[0]))
    kept_ns, state = tracker._states[kept]
    mmsis = np.unique(late.ident[late.ident >= 0])
    since = [part for part in tracker._past if part.t_ns[0] >= kept_ns]
    theirs = [part.take(np.isin(part.ident, mmsis)) for part in since]
    reports = Reports.concat([*theirs, late])
    first = np.arange(reports.n) >= reports.n - late.n
    order = np.lexsort((reports.seq, reports.sensor, reports.t_ns))
    reports, first = reports.take(order), first[order]

    apart = type(tracker)(tracker.config)
    apart._known, apart._births, apart._listener = tracker._known, tracker._births, tracker._listener
    apart.rejects = tracker.rejects
    apart._c[[col.C_TRACK, col.C_REPLAY]] = tracker._c[[col.C_TRACK, col.C_REPLAY]] + [0, 1]
    apart._c[col.C_CLOCK] = state["c"][col.C_CLOCK]
    _graft(apart, state, mmsis)
    apart._size_up(None)
    slots = np.unique(np.concatenate([part.t_ns // SLOT_NS for part in (*since, late)]))
    turns = slots * SLOT_NS // SWEEP_NS
    before = np.maximum.accumulate(np.concatenate([[state["c"][col.C_CLOCK] // SWEEP_NS], turns[:-1]]))
    marks = [(int(slot) * SLOT_NS, 1, None) for slot in slots[turns > before]]
    marks += [(int(at_ns), 0, at) for at, (at_ns, _) in enumerate(tracker._states) if at > kept]
    done = 0
    for at_ns, _, at in sorted(marks, key=lambda mark: mark[:2]):
        stop = int(np.searchsorted(reports.t_ns, at_ns))
        apart._run(reports.take(slice(done, stop)), first[done:stop])
        done = stop
        if at is None:
            apart._sweep(at_ns)
        else:
            _graft_kept(tracker._states[at][1], _tables(apart), mmsis)
    apart._run(reports.take(slice(done, None)), first[done:])
    apart._sweep(int(tracker._c[col.C_CLOCK]))
    tracker._sweep(int(apart._c[col.C_CLOCK]))
    tracker._births = apart._births
    tracker._c[[col.C_TRACK, col.C_REPLAY]] = apart._c[[col.C_TRACK, col.C_REPLAY]]
    _graft(tracker, _tables(apart), mmsis)
    return late


def rekeyed(keys, heads, need):
    """(keys, heads, how many) of those that have tracks, in a table with room for `need` more."""
    size = max(256, 1 << (4 * (int(np.count_nonzero(heads >= 0)) + need)).bit_length())
    out_keys, out_heads = np.full(size, -1, np.int64), np.full(size, -1, np.int64)
    return out_keys, out_heads, rows.rehash(keys, heads, out_keys, out_heads)


def _tables(tracker):
    """The tables of a tracker that hold the tracks of an MMSI."""
    return {name: getattr(tracker, f"_{name}") for name in _INTO}


def _graft(tracker, tables, mmsis):
    """Give a tracker the tracks that these MMSIs have in other tables."""
    need = max(int(np.isin(tables["n"][:, col.MMSI], mmsis).sum()), mmsis.size)
    c = tracker._c
    if len(tracker._f) - c[col.C_TOP] + c[col.C_FREE] < need or 2 * (c[col.C_KEYS] + need) >= len(tracker._keys):
        tracker._grow(need)
    rows.graft(*_tables(tracker).values(), *(tables[name] for name in _OF), mmsis)


def _graft_kept(state, tables, mmsis):
    """The same for a state kept, whose tables hold no more rows than were in use."""
    need = int((tables["n"][:, col.MMSI] >= 0).sum()) - int(state["c"][col.C_FREE])
    need -= int(np.isin(state["n"][:, col.MMSI], mmsis).sum())  # theirs come free
    if need > 0:
        for name in ("f", "n", "free", "hit_ns", "look_ns"):
            table = state[name]
            state[name] = np.concatenate([table, np.zeros((need, *table.shape[1:]), table.dtype)])
    if 2 * (state["c"][col.C_KEYS] + mmsis.size) >= state["keys"].size:
        state["keys"], state["heads"], state["c"][col.C_KEYS] = rekeyed(state["keys"], state["heads"], mmsis.size)
    rows.graft(*(state[name] for name in _INTO), *(tables[name] for name in _OF), mmsis)
    top = int(state["c"][col.C_TOP])
    for name in ("f", "n", "free", "hit_ns", "look_ns"):
        state[name] = state[name][:top]
