"""What comes in from outside and is wrong: one sentence, the right exit code, nothing lost, and no text that acts."""

import json
import os
import shutil
import subprocess
import sys
from functools import reduce
from operator import xor

import pytest

import ais
from vts import Store

from .commands import run
from .conftest import ROOT

T0 = 1_772_445_600
EVIL = "<IMG SRC=X>&\"';--=1+1"[:20]
MARKUP = "<img src=x onerror=alert(1)>"


def line(when, **message):
    block = f"s:SIM-A,c:{when}"
    return [f"\\{block}*{reduce(xor, block.encode()):02X}\\{sentence}" for sentence in ais.encode(message)]


def position(when, mmsi=413_999_999, step=0):
    fix = {"longitude_deg": 113.8 + step * 3e-4, "latitude_deg": 22.1, "sog_kn": 6.0, "cog_deg": 90.0}
    return line(when, type=1, mmsi=mmsi, **fix, true_heading_deg=90, time_stamp_s=when % 60)


def hostile(path):
    """Six minutes of a ship whose name, callsign and destination are markup, formulas and quotes, between junk."""
    lines = []
    for k in range(36):
        lines += position(T0 + 10 * k, step=k)
        if k % 6 == 0:
            said = {"vessel_name": EVIL, "callsign": "=1+1", "destination": "'); DROP TABLE X"}
            lines += line(T0 + 10 * k, type=5, mmsi=413_999_999, imo_number=9_074_729, ship_type=80, **said)
    text = "\n".join(lines).encode()
    junk = (
        b"\x1b[2J\x07 \xff\xfe"
        + MARKUP.encode()
        + b"A" * 10_240
        + b"\n\x00\x00\n!AIVDM,1,1,,A,"
        + b"w" * 10_240
        + b",0*00\n"
    )
    path.write_bytes(junk + text + b"\n" + junk)
    return path


def test_names_with_markup_and_lines_of_10_kb_do_nothing_anywhere(tmp_path):
    out = tmp_path / "day"
    code, said, error = run("replay", hostile(tmp_path / "evil.nmea"), "--out", out, "--json")
    summary = json.loads(said.splitlines()[-1])
    assert 0 == code, error
    assert summary["read"] == summary["used"] + sum(summary["rejected"].values())
    assert 36 <= summary["used"]
    assert "\x1b" not in said
    pages = {}
    for words in (
        ("map", out, "--out", tmp_path / "map.html"),
        ("report", out, "--out", tmp_path / "report.html"),
        ("vessel", out, "413999999", "--html", tmp_path / "vessel.html", "--pdf", tmp_path / "vessel.pdf"),
        ("export", out, "--to", "kml", "--out", tmp_path / "day.kml"),
        ("export", out, "--to", "csv", "--what", "lines", "--out", tmp_path / "day.csv"),
        ("alerts", out),
        ("query", out, "SELECT * FROM statics LIMIT 1"),
        ("vessel", out, "413999999"),
        ("quality", tmp_path / "evil.nmea"),
    ):
        code, text, error = run(*words)
        assert 0 == code, (words, error)
        assert "\x1b" not in text
        pages |= {path: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.html")}
    assert 3 == len(pages)
    for page in pages.values():
        assert "<IMG" not in page
        assert "<img src=x onerror" not in page
    assert "<IMG" not in (tmp_path / "day.kml").read_text()
    assert not [row for row in (tmp_path / "day.csv").read_text().splitlines() if row.startswith(("=", "+", "@"))]


def test_an_empty_log_and_clocks_before_1970_are_told_in_one_sentence(tmp_path):
    (tmp_path / "empty.nmea").write_bytes(b"")
    code, _, error = run("replay", tmp_path / "empty.nmea", "--out", tmp_path / "a")
    assert (3, True) == (code, "empty" in error)
    old = b"1969-12-31T23:59:50Z " + ais.encode({"type": 1, "mmsi": 413_000_001, "longitude_deg": 1.0})[0].encode()
    (tmp_path / "old.nmea").write_bytes(old + b"\n")
    code, _, error = run("replay", tmp_path / "old.nmea", "--out", tmp_path / "b")
    assert 3 == code
    assert 1 == len([row for row in error.splitlines() if row.startswith("vts: ")])
    code, _, error = run("replay", tmp_path / "old.nmea", "--out", tmp_path / "c", "--start", "1960-01-01")
    assert (3, True) == (code, "no message could be used" in error)
    (tmp_path / "text").write_text("not what you think\n")
    code, said, error = run("quality", tmp_path / "text")
    assert (3, True, True) == (code, "not AIS" in said, "no message could be used" in error)


def test_a_second_run_into_one_folder_refuses_while_it_is_written_and_after(sim, tmp_path):
    out = tmp_path / "day"
    with Store(out) as first:
        first.begin()
        code, _, error = run("replay", sim / "ais.nmea", "--out", out)
        assert (3, True) == (code, "another run is writing" in error)
    code, _, error = run("replay", sim / "ais.nmea", "--out", out)
    assert (3, True) == (code, "holds a run already" in error)
    assert 0 == run("query", out, "SELECT 1")[0]


@pytest.mark.parametrize("words", ["query {store} 'SELECT 1'", "map {store} --out {tmp}/m.html", "compact {store}"])
def test_a_store_of_another_version_is_refused_by_name(replayed, tmp_path, words):
    copy = shutil.copytree(replayed[0], tmp_path / "day")
    (copy / "lingding.json").write_text(json.dumps({"format": "lingding store", "version": 99}))
    asked = [w.strip("'").format(store=copy, tmp=tmp_path) for w in words.replace("SELECT 1", "SELECT_1").split()]
    code, _, error = run(*(w.replace("SELECT_1", "SELECT 1") for w in asked))
    assert 3 == code
    assert "99" in error


def test_a_store_that_may_only_be_read_is_read_and_never_half_written(replayed, tmp_path):
    copy = shutil.copytree(replayed[0], tmp_path / "day")
    before = sorted((p.relative_to(copy), p.stat().st_mtime_ns) for p in copy.rglob("*"))
    plain = [] if os.getuid() else ["setpriv", "--bounding-set=-dac_override"]  # root may write anywhere
    if plain and not shutil.which(plain[0]):
        pytest.skip("setpriv is absent: root cannot be kept from writing")

    def reader(*words):
        command = [*plain, sys.executable, str(ROOT / "cli.py"), *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    folders = [copy, *(p for p in copy.rglob("*") if p.is_dir())]
    for path in (*copy.rglob("*"), copy):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        asked = reader("query", copy, "SELECT count(*) AS n FROM tracks", "--json")
        assert (0, True) == (asked.returncode, json.loads(asked.stdout)["n"] > 0), asked.stderr
        for words in (("compact", copy), ("prune", copy), ("alerts", copy, "--on", "1", "--note", "x")):
            said = reader(*words)
            assert said.returncode in (2, 3), (words, said)
            assert "Traceback" not in said.stderr
            assert 1 == len([row for row in said.stderr.splitlines() if row.startswith("vts: ")])
        assert before == sorted((p.relative_to(copy), p.stat().st_mtime_ns) for p in copy.rglob("*"))
    finally:
        for folder in folders:
            folder.chmod(0o755)
