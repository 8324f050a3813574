"""Logs to batches: every line in one bucket, and the same rows whatever the blocks."""

import numpy as np
import pytest

import ais
from vts.errors import LogError
from vts.schema import Reports, Statics

LOGS = [
    ("uscg-nais-2016", "ais_2016_07_28_aa"),
    ("ais.net-kystverket", "Ais1000Lines.nm4"),
    ("signalk", "plaka.log"),
    ("dma-aislib", "stream_example.txt"),
    ("amsa-risky", "exact-earth-augmented.txt"),
    ("simpleais", "sample.ais"),
    ("go-ais", "aistest.nmea"),
]


def read_all(source, **options):
    feed = ais.read(source, **options)
    batches = list(feed)
    return (
        Reports.concat([b for b in batches if isinstance(b, Reports)]),
        Statics.concat([b for b in batches if isinstance(b, Statics)]),
        feed,
    )


@pytest.mark.parametrize("log", LOGS, ids="/".join)
def test_every_line_of_a_real_log_is_in_one_bucket(data, few, log):
    lines = data("ais", *log).read_bytes().splitlines(keepends=True)[: few(200_000, 300)]
    _, _, feed = read_all([b"".join(lines)], start="2026-01-01")
    assert len(lines) == feed.rejects.read


def test_blocks_of_any_size_give_the_same_rows(data, few):
    log = data("ais", "uscg-nais-2016", "ais_2016_07_28_aa").read_bytes()[: few(400_000, 20_000)]
    whole, whole_statics, feed = read_all([log])
    step = few(7_919, 6_007)
    cut, cut_statics, cut_feed = read_all([log[at : at + step] for at in range(0, len(log), step)])
    assert whole.n > 0
    for a, b in zip((*whole, *whole_statics), (*cut, *cut_statics), strict=True):
        assert a.tobytes() == b.tobytes()
    assert (feed.rejects.used, feed.rejects.counts) == (cut_feed.rejects.used, cut_feed.rejects.counts)


def test_a_position_report_is_read_to_the_last_field():
    log = [b"1452468552.938 !AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E\n"]
    reports, _, _ = read_all(log)
    assert 310327000 == reports.ident[0]
    assert 1452468552938000000 == reports.rx_ns[0]
    assert 1452468551000000000 == reports.t_ns[0]
    assert -119.559832 == pytest.approx(reports.lon_deg[0], abs=1e-6)


def test_a_log_without_times_is_refused_with_the_remedy():
    with pytest.raises(LogError, match="--start"):
        read_all([b"!AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E\n"])


def test_start_and_rate_give_times_to_a_log_without():
    line = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\n!AIVDM,1,1,,A,16SteH0P00Jt63hHaa6SagvJ087r,0*42\n"
    reports, _, _ = read_all([line], start="2026-01-01T00:00:33Z", rate=2)
    assert [0, 500_000_000] == list(reports.rx_ns - np.datetime64("2026-01-01T00:00:33", "ns").astype(np.int64))


def test_two_cores_give_the_same_rows_as_one(data, few):
    from ais.feed import Wire

    log = data("ais", "uscg-nais-2016", "ais_2016_07_28_aa").read_bytes()[: few(3_000_000, 10_000)]
    blocks = [log[at : at + 100_003] for at in range(0, len(log), 100_003)]
    one, two = Wire(blocks, cores=1), Wire(blocks, cores=2)
    for a, b in zip(one, two, strict=True):
        assert [c.tobytes() for t in a for c in t] == [c.tobytes() for t in b for c in t]
    assert one.intake.rejects.counts == two.intake.rejects.counts


def test_a_reader_that_stops_early_leaves_no_thread(data):
    import threading

    from ais.feed import Wire

    before = threading.active_count()
    work = iter(Wire([b"x\n"] * 100, start=0, cores=2))
    next(work)
    work.close()
    assert before == threading.active_count()


def test_what_breaks_in_the_other_thread_is_raised_here():
    from ais.feed import Wire

    def blocks():
        yield b"x\n"
        raise LogError("the disk broke; copy it")

    with pytest.raises(LogError, match="disk broke"):
        list(Wire(blocks(), cores=2))


def test_one_transmission_heard_by_three_stations_is_one_report_with_its_receivers():
    sentence = b"!AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E\n"
    log = [
        b"\\s:%s,c:%d\\%s" % (name, t, sentence)
        for name, t in ((b"a", 1452468552), (b"b", 1452468553), (b"c", 1452468590))
    ]
    feed = ais.read([b"".join(log)])
    batches = [(batch, feed.heard) for batch in feed]
    assert [2] == [batch.n for batch, _ in batches]  # the third came 38 s later: another transmission
    heard = batches[0][1]
    assert [("a", True), ("b", False), ("c", True)] == [
        (feed.stations[row], bool(first)) for row, first in zip(heard.station, heard.first, strict=True)
    ]
    assert heard.lon_deg[1] == heard.lon_deg[0] == batches[0][0].lon_deg[0]
    assert {"received twice": 1} == feed.rejects.counts
    assert 3 == sum(batch.n for batch in ais.read([b"".join(log)], merge=False))


def test_a_type_24_of_an_auxiliary_craft_has_its_mothers_mmsi_not_a_size():
    sentence = ais.encode({"type": 24, "mmsi": 982190001, "part_number": 1, "mothership_mmsi": 219000001})[0]
    _, statics, _ = read_all([f"1452468552 {sentence}\n".encode()])
    assert np.isnan(statics.length_m[0])


@pytest.mark.parametrize(
    ("raw", "turn"), [(-128, np.nan), (127, np.inf), (-127, -np.inf), (0, 0.0), (-10, -((10 / 4.733) ** 2))]
)
def test_rate_of_turn_has_a_sign_an_unknown_and_a_no_sensor(raw, turn):
    wire = next(iter(ais.messages([(ais.encode({"type": 1, "mmsi": 1})[0] + "\n").encode()], raw=True)))
    sentence = ais.encode(wire | {"rate_of_turn_deg_min": raw})[0]
    reports, _, _ = read_all([f"1452468552 {sentence}\n".encode()])
    assert turn == pytest.approx(reports.rot_deg_min[0], nan_ok=True)


def test_totals_are_one_object_from_the_start_and_count_each_run_anew():
    feed = ais.read([b"# comment\n"])
    held = feed.rejects
    list(feed), list(feed)
    assert {"comment": 1} == held.counts
