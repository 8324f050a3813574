"""Coverage of each station, learned from who hears whom: the same in any batches and after a restart."""

import json

import numpy as np
import pytest

import ais
from risk.hearing import Hearing
from risk.watch import _plain, _restored
from tests.risk.scene import T0_NS, steady
from tests.risk.wire import sentences
from vts.units import MINUTE

MINUTES = 43


def ship(x_nm, by, k, mmsi):
    near = steady(x_nm * 1852.0 + 300.0 * k, 500.0 * k, 6.0, 0.0, stations=by, mmsi=mmsi)
    return lambda t: near(t) | {"age": 5.0 if mmsi != LIAR or t > 1620.0 else 15.0}


LIAR = 412_000_099
FLEET = [ship(0.0, (0,), k, 412_000_001 + k) for k in range(4)] + [
    ship(60.0, (1,), k, 412_000_021 + k) for k in range(4)
]


@pytest.fixture(scope="module")
def log():
    return sentences([*FLEET, ship(1.0, (1,), 5, LIAR)], MINUTES, 30.0)


def suspected(hearing, feed, minutes):
    """[MMSIs] of each minute, after all of the feed has been read."""
    for _ in hearing.tap(feed):
        pass
    return [hearing.step(T0_NS + m * MINUTE).tolist() for m in minutes]


def test_a_vessel_is_suspected_once_the_stations_are_known_and_she_is_heard_often_enough(log):
    found = suspected(Hearing(), ais.read([log]), range(1, MINUTES))
    first = next(m for m, who in enumerate(found, 1) if who)
    assert 31 <= first <= 33 and all(who in ([], [LIAR]) for who in found) and [LIAR] == found[-1]


def test_any_blocks_and_a_restart_at_any_minute_give_the_same_suspects(log, few):
    whole = suspected(Hearing(), ais.read([log]), range(1, MINUTES))
    lines = log.splitlines(keepends=True)
    blocks = [b"".join(lines[k : k + 97]) for k in range(0, len(lines), 97)]
    assert whole == suspected(Hearing(), ais.read(blocks), range(1, MINUTES))
    one = Hearing(), Hearing()
    for hearing, cut in zip(one, ([log], lines[: 20 * MINUTES]), strict=True):
        suspected(hearing, ais.read(cut), [10])
    assert (
        repr(one[0].dump()["window"]) == repr(one[1].dump()["window"]) != "[]"
    )  # line by line, further receptions too
    for stop in few((5, 29, 34), (34,)):
        hearing = Hearing()
        before = suspected(hearing, ais.read([log]), range(1, stop))
        saved = json.dumps(hearing.dump(), default=_plain)
        again = Hearing.restore(json.loads(saved, object_hook=_restored))
        assert whole == before + suspected(again, ais.read(blocks), range(stop, MINUTES))


def test_a_log_without_stations_and_one_station_alone_accuse_nobody(log):
    bare = b"".join(line[line.index(b"!") :] for line in log.splitlines(keepends=True))
    feed = ais.read([bare], start=T0_NS, rate=1.0)
    assert not any(suspected(Hearing(), feed, range(1, MINUTES)))
    alone = log.replace(b"s:west", b"s:east")
    assert not any(suspected(Hearing(), ais.read([alone]), range(1, MINUTES)))


def test_coverage_is_forgotten_after_a_month(log):
    hearing = Hearing()
    suspected(hearing, ais.read([log]), [MINUTES])
    assert len(hearing.cover) > 0
    hearing.step(T0_NS + 40 * 1440 * MINUTE)
    hearing.step(T0_NS + 40 * 1440 * MINUTE + 11 * MINUTE)
    assert 0 == len(hearing.cover) and 0 == hearing.window.shape[1] and np.array_equal([], hearing.suspects)
