"""Where earlier traffic went: counted by hand, blind to the future, the same after a restart, bounded by the water."""

import itertools

import numpy as np
import pytest

import risk
from risk import batch, habit, samples, traffic
from risk.features import habit as features
from vts.geo import ahead
from vts.schema import Picture
from vts.units import HOUR, KN, MINUTE

ZONE = (*ahead(113.0, -20.0, 90.0, 60_000.0), 10_000.0)
COLUMN = {name: k for k, name in enumerate(features.COLUMNS)}


def voyages(turns_off, step_min=10, gap_h=12):
    """Fixes of vessels that come from the west one after the other; those that turn off, half an hour out, go south."""
    parts = []
    for number, off in enumerate(turns_off):
        lon, lat = 113.0, -20.0
        for k in range(24):
            course = 180.0 if off and k >= 4 else 90.0
            t_ns = number * gap_h * HOUR + k * step_min * MINUTE
            parts.append((number, 100 + number, t_ns, lon, lat, 12.0, course, 7))
            lon, lat = ahead(lon, lat, course, 12.0 * KN * step_min * 60.0)
    columns = [np.array(c) for c in zip(*parts, strict=True)]
    return batch.Fixes(*(c.astype(t) for c, t in zip(columns, ["i8"] * 3 + ["f8"] * 4 + ["i8"], strict=True)))


def rows(fixes, **more):
    return batch.entries(fixes, [ZONE], horizon_min=180.0, window_min=370.0, reach_m=2e5, **more)


def column(found, name):
    return found.X[:, found.X.shape[1] - len(COLUMN) + COLUMN[name]]


def test_a_vessel_sees_what_became_of_those_before_her():
    found = rows(voyages([False, True, False, False]))
    last = found.vessel == 3
    assert found.y[last].any()
    first = found.t_ns == found.t_ns[last].min()
    # three came this way and settled, two of them entered; one more is taken for one that did not
    assert [3.0] == column(found, "habit_count")[first].tolist()
    assert column(found, "habit_share")[first] == pytest.approx([2 / 4])
    assert column(found, "habit_soon")[first] == pytest.approx([2 / 4])
    assert column(found, "habit_kind")[first] == pytest.approx([2 / 4])
    at_12_kn_min = (60_000.0 - 10_000.0) / (12 * KN) / 60.0
    assert column(found, "habit_min")[first] == pytest.approx([at_12_kn_min], rel=0.03)
    assert np.isnan(column(found, "own_share")[last]).all() and (column(found, "own_calls")[last] == 0).all()
    assert np.isnan(column(found, "habit_destination")).all()
    assert (column(found, "habit_count")[found.vessel == 0] == 0).all()


def test_no_row_sees_its_own_outcome_nor_any_later_one():
    """Two years that differ only in what the third vessel does at the end: all rows before her turn are the same."""
    enters, turns = (rows(voyages([False, True, off, False])) for off in (False, True))
    split = 2 * 12 * HOUR + 3 * 10 * MINUTE  # she turns after this fix
    by_time = [dict(zip(found.t_ns.tolist(), found.X, strict=True)) for found in (enters, turns)]
    both = [t for t in by_time[0].keys() & by_time[1].keys() if t <= split]
    assert len(both) > 20 and all(np.array_equal(by_time[0][t], by_time[1][t], equal_nan=True) for t in both)
    later = [column(found, "habit_share")[found.vessel == 3][0] for found in (enters, turns)]
    assert later == pytest.approx([2 / 4, 1 / 4])


def test_what_one_year_teaches_is_known_in_the_next():
    memory = habit.Habit(180.0)
    rows(voyages([False] * 3), memory=memory)
    year = voyages([False])
    later = rows(year._replace(voyage=year.voyage + 99, t_ns=year.t_ns + 1000 * HOUR), memory=memory)
    assert column(later, "habit_count")[0] == 3 and column(later, "own_calls")[0] == 1
    assert column(later, "own_since_h")[0] == pytest.approx(1000.0 - 50_000 / (12 * KN) / 3600.0, abs=0.1)


@pytest.fixture(scope="module")
def morning():
    """Four hours of a simulated day, a Picture every minute."""
    pictures = itertools.islice(traffic.day(5, 0, ships=60)[1], 480, 960, 2)
    return [p._replace(statics=p.statics) for p in pictures]


def test_the_live_memory_is_the_same_after_any_restart(morning, tmp_path):
    whole, parts = risk.Watch(), risk.Watch()
    for k, picture in enumerate(morning):
        views = [watch.look(picture) for watch in (whole, parts)]
        for watch, view in zip((whole, parts), views, strict=True):
            watch.step(view)
        if k % 50 == 49:
            parts.save(tmp_path / "watch.zip")
            parts = risk.Watch.load(tmp_path / "watch.zip")
    ours, theirs = whole.habit.dump(), parts.habit.dump()
    assert ours["habit.known.key"].size > 100 and ours["habit.known.entered"].sum() > 50
    assert ours.keys() == theirs.keys() and all(np.array_equal(ours[name], theirs[name]) for name in ours)


def test_training_and_watch_see_the_same_habits(morning):
    """The rows that training collects hold the columns that the live Watch would score at that Picture."""
    from risk import matrix

    head = matrix.heads()["zone_entry"]
    collected = samples.collect(morning, every_s=600.0, heads={"zone_entry": head}, horizons={"zone_entry": 30.0})
    found, watch, seen = collected["zone_entry"], risk.Watch(), 0
    for picture in morning:
        view = watch.look(picture)
        watch.step(view)
        mine = found.t_ns == picture.at_ns
        if mine.any():
            chosen, keys = head.candidates(view)
            live = {tuple(key): x for key, x in zip(keys.tolist(), matrix.matrix(head, view, chosen), strict=True)}
            for key, x in zip(found.key[mine].tolist(), found.X[mine], strict=True):
                assert np.array_equal(x, live[tuple(key)], equal_nan=True)
                seen += 1
    assert seen > 300


def test_the_memory_is_bounded_and_forgets_the_longest_unused(monkeypatch, morning):
    monkeypatch.setattr(habit, "MOST", 200)
    watch = risk.Watch()
    for picture in morning:
        watch.step(watch.look(picture))
        assert len(watch.habit.known) <= 200
    assert watch.habit.known["t_ns"].min() > morning[0].at_ns
    gone = morning[-1]
    nobody = [getattr(gone, name).take(slice(0, 0)) for name in ("tracks", "statics", "alerts", "scores", "places")]
    empty = Picture(gone.at_ns + 10 * HOUR, *nobody)
    watch.step(watch.look(empty))
    assert not len(watch.habit.open) and not len(watch.habit.tracks)


def test_a_damaged_memory_is_refused(morning):
    watch = risk.Watch()
    for picture in morning[:100]:
        watch.step(watch.look(picture))
    arrays = watch.habit.dump()
    with pytest.raises(ValueError, match="habit"):
        habit.Habit.restore(arrays | {"habit.open.keys": arrays["habit.open.keys"][:, :2]})
