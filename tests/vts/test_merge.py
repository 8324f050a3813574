"""One order of reports, whatever the batching, the number of feeds or the order in which they are named."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import vts
from vts.schema import Reports, Statics
from vts.units import S

T0 = 1_600_000_000 * S
SEEDS = st.integers(0, 2**32 - 1)


def reports(t_s, rx_s=None, ident=1, **columns):
    t_ns = T0 + (np.asarray(t_s, float) * S).astype(np.int64)
    rx_ns = t_ns if rx_s is None else T0 + (np.asarray(rx_s, float) * S).astype(np.int64)
    return Reports(t_ns=t_ns, rx_ns=rx_ns, ident=ident, seq=np.arange(t_ns.size), **columns)


def merged(feeds, lateness_s=5.0):
    merge = vts.merge(feeds, lateness_s=lateness_s)
    rows = Reports.concat([batch for batch in merge if isinstance(batch, Reports)])
    return rows, merge.rejects


def seconds(rows):
    return [(t - T0) // S for t in rows.t_ns.tolist()]


def same(a, b):
    return all(np.array_equal(x, y, equal_nan=x.dtype.kind == "f") for x, y in zip(a, b, strict=True))


def cut(table, sizes):
    """A table in batches of these sizes, over and over."""
    out, start = [], 0
    while start < table.n:
        size = sizes[len(out) % len(sizes)]
        out.append(table.take(slice(start, start + size)))
        start += size
    return out


@settings(max_examples=40, deadline=None)
@given(
    SEEDS,
    st.lists(st.integers(1, 40), min_size=1, max_size=5),
    st.permutations([0, 1, 2, 3]),
    st.integers(1, 4),
    st.sampled_from([0.0, 2.0, 5.0, 30.0]),
)
def test_any_batching_and_any_number_and_order_of_feeds_gives_one_order(seed, sizes, order, parts, lateness_s):
    rng = np.random.default_rng(seed)
    rx_s = np.sort(rng.integers(0, 100, 200))
    rows = reports(rx_s - rng.integers(0, 12, 200), rx_s, rng.integers(0, 5, 200), lon_deg=rng.integers(0, 3, 200))
    whole, rejects = merged([[rows]], lateness_s)
    feeds = [cut(rows.take(slice(k, None, parts)), sizes) for k in range(parts)]
    split, split_rejects = merged([feeds[k] for k in order if k < parts], lateness_s)
    assert same(whole, split)
    assert rows.n == whole.n == rejects.read == split_rejects.read


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.lists(st.integers(1, 30), min_size=1, max_size=4))
def test_a_feed_with_a_broken_clock_is_judged_alike_in_any_batching(seed, sizes):
    rng = np.random.default_rng(seed)
    rx_s = np.sort(rng.integers(0, 200, 120)).astype(float)
    wrong = rng.random(120) < 0.08
    rx_s[wrong] += rng.choice([-300.0, -8.0, 3 * 3600.0, 86_400.0 * 4000], wrong.sum())
    rows = reports(rx_s, rx_s)
    whole, rejects = merged([[rows]])
    split, split_rejects = merged([cut(rows, sizes)])
    assert same(whole, split)
    assert rejects.counts == split_rejects.counts
    assert rows.n == whole.n + sum(rejects.counts.values())


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 30))
def test_static_data_keep_their_place_in_any_batching(seed, size):
    rng = np.random.default_rng(seed)
    n = 120
    rx_s = np.sort(rng.integers(0, 60, n)) - rng.choice([0, 0, 0, 30], n)
    static = rng.random(n) < 0.3
    seq = np.arange(n)
    rows = reports(rx_s, rx_s).take(~static)
    words = Statics(mmsi=seq[static], t_ns=T0 + rx_s[static] * S, seq=seq[static])

    def feed(step):
        for start in range(0, n, step):
            for table in (words, rows):  # a reader gives the static data of a chunk first
                inside = (table.seq >= start) & (table.seq < start + step)
                if inside.any():
                    yield table.take(inside)

    def order(step):
        return [(type(b).__name__, int(s)) for b in vts.merge([feed(step)], lateness_s=5) for s in b.seq]

    assert order(n) == order(size)


def test_reports_within_the_lateness_come_in_order_of_measurement():
    rows, _ = merged([[reports([10, 8, 9], [10, 11, 12])]], lateness_s=5)
    assert [8, 9, 10] == seconds(rows)


def test_a_report_that_took_too_long_comes_when_it_could_be_known():
    rows, rejects = merged([[reports([10, 2, 11, 5, 40], [10, 11, 12, 20, 40])]], lateness_s=5)
    assert [2, 10, 11, 5, 40] == seconds(rows)  # 2 s takes its place at 11 - 5, 5 s at 20 - 5
    assert {} == rejects.counts


def test_one_wild_clock_is_counted_and_does_not_stop_the_feed():
    rows, rejects = merged([[reports([1, 2, 90_000, 3, 4])]])
    assert [1, 2, 3, 4] == seconds(rows)
    assert {"clock": 1} == rejects.counts


def test_a_night_without_traffic_is_not_a_clock_error():
    rows, rejects = merged([[reports([1, 2, 40_000, 40_001])]])
    assert (4, {}) == (rows.n, rejects.counts)


def test_times_outside_1980_to_2100_are_counted():
    rows, rejects = merged([[Reports(t_ns=[-5, T0, 2**62], lon_deg=1.0)]])
    assert (1, {"clock": 2}) == (rows.n, rejects.counts)


def test_memory_is_bounded_by_the_lateness_not_by_the_log():
    feed = (reports(np.arange(k * 500, k * 500 + 500) / 10.0) for k in range(400))
    merge = vts.merge([feed], lateness_s=5)
    assert max(sum(f.held for f in merge.feeds) for _ in merge) < 70_000
