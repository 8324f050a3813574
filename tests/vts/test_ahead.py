"""A stage in a thread of its own gives the same items, the same errors, and rests when it is asked to."""

import itertools
import threading

import pytest

from vts.ahead import Ahead, Tap


def test_items_come_in_order_and_none_is_lost():
    with Ahead((k * k for k in range(1000)), depth=3) as items:
        assert [k * k for k in range(1000)] == list(items)
        assert [] == list(items)


def test_an_error_comes_after_the_items_before_it():
    def work():
        yield 1
        raise ValueError("a bad log")

    with Ahead(Ahead(work())) as items:
        assert 1 == next(items)
        with pytest.raises(ValueError, match="a bad log"):
            next(items)


def test_a_stage_is_never_more_than_its_depth_ahead():
    made = []

    def work():
        for k in itertools.count():
            made.append(k)
            yield k

    with Ahead(work(), depth=2) as items:
        for k in range(50):
            assert k == next(items)
            assert len(made) <= k + 5  # two waiting, one in hand, one being made
    assert not any(thread.name == "stage" for thread in threading.enumerate())


def test_closing_ends_stages_that_wait_for_each_other():
    first = Ahead(itertools.count(), name="first")
    second = Ahead(iter(first), name="second")
    assert 0 == next(second)
    first.close()
    second.close()
    assert not {"first", "second"} & {thread.name for thread in threading.enumerate()}


def test_a_held_stage_remembers_what_its_last_item_said():
    """At every rest all that was made has been received, and nothing is made until it may go on."""
    remembered = [0]

    def work():
        for k in range(1, 200):
            remembered[0] = k
            yield k

    first = Ahead(work())
    with Ahead(iter(first)) as second, first:
        rests, due = 0, False
        for received in second:
            due = due or received % 10 == 3
            if due:
                first.hold()
                if first.settled(received):
                    assert received == remembered[0]
                    rests, due = rests + 1, False
                    first.go()
        assert 199 == received and rests >= 15


def test_a_tap_gives_what_one_thread_would_have_seen():
    def pairs(items):
        for a in items:
            if (b := next(items, None)) is not None:
                yield a, b

    tap = Tap()
    taken = []
    for k, pair in enumerate(tap.out_of(pairs(tap.into(iter(range(11))))), 1):
        taken.append((pair, list(tap.until(k))))
    assert [((2 * k, 2 * k + 1), [2 * k, 2 * k + 1]) for k in range(5)] == taken
    assert [10] == list(tap.until(6))


def test_who_waits_is_called_now_and_then():
    go = threading.Event()

    def work():
        yield 1 if go.wait(10) else 2

    with Ahead(work(), idle=go.set) as items:
        assert [1] == list(items)
