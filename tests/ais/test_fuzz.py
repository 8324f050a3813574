"""Hostile bytes: no crash, no growth, every line in one bucket, and blocks never matter."""

import itertools

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

import ais
from ais import envelope
from ais.intake import Intake
from vts.errors import LogError

SEEDS = [
    b"!AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E",
    b"1452468552.938 !AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E",
    b"\\g:1-2-3985,s:rEV02,c:1334337317*2D\\!AIVDM,2,1,9,B,58KvN<42ACikUKW77F1H4hF0<PTp622222222216`0`cF5BF0RT13H0T,0*70",
    b"\\g:2-2-3985*5A\\!AIVDM,2,2,9,B,PFRC88888888880,2*29",
    b"$PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,2B*5B",
    b"!AIVDM,1,1,,A,B5NIeAP00=qmw14cRKvQSwm5WP06,0*51,r003669707,1152921693",
    b'{"class":"AIS","toa":1672628645.5,"nmea":["!AIVDM,1,1,,B,14Wtnn002SGLde:BbrBmdTLF0Vql,0*6E"]}',
    b'{"class":"AIS","type":1,"mmsi":310327000,"speed":16.3,"lon":-119.5,"lat":32.6}',
    b'2023-01-02T03:04:05.678Z,NMEA0183,"tcp:localhost","AIVDM","!AIVDM,1,1,,B,,0*25"',
    b"# comment",
    b"",
    b"\\!\\!VDM,\\,*",
    b"!AIVDM,9,9,,,,5*",
    b"!AIVDM,1,1,,B,H3`m:s4UCBD6s2?@8liki010522000000,0*0E",
]


@st.composite
def logs(draw):
    """Lines of real styles, some of their bytes replaced, cut or doubled, and some pure noise."""
    lines = []
    for _ in range(draw(st.integers(1, 12))):
        line = bytearray(draw(st.sampled_from(SEEDS)) if draw(st.integers(0, 9)) else draw(st.binary(max_size=90)))
        for _ in range(draw(st.integers(0, 3))):
            at = draw(st.integers(0, len(line)))
            what = draw(st.integers(0, 2))
            if what == 0:
                line[at : at + 1] = draw(st.binary(min_size=1, max_size=2))
            elif what == 1:
                del line[at:]
            else:
                line[at:at] = draw(st.sampled_from(SEEDS))
        lines.append(bytes(line))
    end = b"\r\n" if draw(st.booleans()) else b"\n"
    return end.join(lines) + (end if draw(st.booleans()) else b"")


def cut(log, edges):
    edges = sorted({0, len(log), *(edge % (len(log) + 1) for edge in edges)})
    return [log[a:b] for a, b in itertools.pairwise(edges)]


def lines_of(log):
    """Physical lines of a log."""
    lines = log.split(b"\n")
    return len(lines) - (lines[-1] == b"")


def outcome(read):
    """What `read()` gives, or the one sentence with which the log is refused."""
    try:
        return read()
    except LogError as error:
        return str(error)


@settings(max_examples=120, deadline=None)
@example(b"PAR1", [1, 2])
@given(logs(), st.lists(st.integers(0, 2000), max_size=6))
def test_any_cut_of_any_log_gives_the_same_rows_and_totals(log, edges):
    def rows(blocks):
        feed = ais.read(blocks, start=1_500_000_000_000_000_000)
        columns = {}
        for batch in feed:
            for name, column in zip(batch._fields, batch, strict=True):
                columns.setdefault((type(batch).__name__, name), []).append(column)
        rejects = feed.rejects
        return {k: np.concatenate(v).tobytes() for k, v in columns.items()}, rejects.used, rejects.counts, rejects.read

    whole = outcome(lambda: rows([log]))
    assert whole == outcome(lambda: rows(cut(log, edges)))
    if isinstance(whole, str):
        return
    assert whole[3] >= lines_of(log)
    if log.count(b"VDM") + log.count(b"VDO") <= 1:
        assert whole[3] == lines_of(log)


@settings(max_examples=120, deadline=None)
@example(b"PAR1")
@given(logs())
def test_both_lanes_agree_on_every_bucket(log):
    fast = ais.read([log], start=0, merge=False)
    slow = ais.messages([log], start=0)
    refused, seen = outcome(lambda: list(fast)), outcome(lambda: list(slow))
    if isinstance(refused, str):
        assert refused == seen
        return
    common = {k: v for k, v in fast.rejects.counts.items() if k != "no position or static data"}
    assert common == slow.rejects.counts
    assert fast.rejects.read == slow.rejects.read
    assert slow.rejects.used >= len(seen)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=2000))
def test_noise_is_counted_line_by_line(noise):
    feed = ais.read([noise])
    try:
        assert [] == list(feed)
    except LogError:
        return
    assert lines_of(noise) <= feed.rejects.read <= lines_of(noise) + noise.count(b"!")


def test_state_is_bounded_whatever_comes():
    state = envelope.fresh()
    assert 6_000_000 > sum(column.nbytes for column in state)


def test_a_line_without_end_takes_bounded_memory():
    intake = Intake([b"x" * 100_000] * 50 + [b"\n" + SEEDS[1] + b"\n"])
    held = [h.rows for h in intake if intake.settle(h) is None]
    assert (1, {"line too long": 1}) == (sum(held), intake.rejects.counts)
