"""The commands as a user types them: what they print, their exit codes, and one sentence for every mistake."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import cli
from vts import Store, console
from vts.teller import Teller
from vts.wording import iso_text

from .commands import DURATION_S, VESSELS, events, logs, run
from .conftest import JIT

ROOT = Path(__file__).resolve().parents[1]
# hashes wrap around by design; compiled code does so silently
pytestmark = [] if JIT else pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")


def test_replay_ends_with_a_summary_whose_totals_add_up(replayed):
    _, told = replayed
    summary = told[-1]
    assert "summary" == summary["event"]
    assert summary["read"] == summary["used"] + sum(summary["rejected"].values()) > 0
    assert summary["reports"]["read"] == summary["reports"]["used"] + sum(summary["reports"]["rejected"].values())
    assert summary["tracks"] >= VESSELS / 2


def test_replay_tells_each_alert_with_words_place_and_source(replayed):
    alerts = [event for event in replayed[1] if event["event"] == "alert"]
    for alert in alerts:
        assert {"rule", "text", "place", "citation", "severity", "state", "time", "mmsi"} <= set(alert)
        assert "{" not in alert["text"]
    raised = [alert["alert"] for alert in alerts if alert["state"] == "raised"]
    assert sorted(set(raised)) == sorted(raised)


def test_the_store_answers_queries_in_three_forms(replayed):
    out, told = replayed
    code, text, _ = run("query", out, "SELECT count(DISTINCT t_ns) AS n FROM tracks", "--json")
    assert (0, [{"n": told[-1]["pictures"]}]) == (code, events(text))
    code, text, _ = run("query", out, "SELECT 1 AS one, 'a' AS letter", "--csv")
    assert '"one","letter"\n1,"a"\n' == text
    code, text, _ = run("query", out, "SELECT 1 AS one WHERE false")
    assert "no rows\n" == text


def test_a_resumed_replay_leaves_the_numbers_of_an_unbroken_one(sim, replayed, tmp_path, monkeypatch):
    whole, told = replayed
    broken = tmp_path / "broken"
    wait, calls = console.Pace.wait, []

    def interrupted(self, *args):
        calls.append(args[0])
        if len(calls) == 5:
            signal.raise_signal(signal.SIGINT)
        wait(self, *args)

    monkeypatch.setattr(console.Pace, "wait", interrupted)
    code, text, error = run("replay", *logs(sim), "--out", broken)
    assert 130 == code
    again = shlex.split(error.strip().splitlines()[-1].partition("go on with: ")[2])
    assert sorted(["replay", *map(str, logs(sim)), "--out", str(broken), "--resume"]) == sorted(again[1:])
    code, _, error = run("replay", *logs(sim), "--out", broken, "--resume", "--area", "1,2,3,4")
    assert (3, True) == (code, "another area" in error)
    monkeypatch.setattr(console.Pace, "wait", wait)
    assert Store(broken).watermark_ns == calls[-1]
    code, text, _ = run(*again[1:], "--json")
    assert 0 == code
    for name, order in (
        ("tracks", "t_ns, track"), ("scores", "t_ns, track"), ("alerts", "t_ns, alert, state"),
        ("visits", "t_ns, track, zone, event"), ("reports", "sensor, seq, t_ns"), ("statics", "seq, t_ns"),
    ):  # fmt: skip
        one, two = (Store(path).arrow(f"SELECT * FROM {name} ORDER BY {order}") for path in (whole, broken))
        assert one.equals(two), name
    same = ("read", "used", "rejected", "pictures", "tracks", "alerts", "first", "last")
    assert [told[-1][key] for key in same] == [events(text)[-1][key] for key in same]


def test_two_runs_are_the_same_to_the_last_bit(sim, replayed, tmp_path):
    run("replay", *logs(sim), "--out", tmp_path / "again")
    for name in ("tracks", "scores"):
        one, two = (Store(p).arrow(f"FROM {name} ORDER BY t_ns, track") for p in (replayed[0], tmp_path / "again"))
        assert one.equals(two)


def test_start_end_and_area_choose_reports_and_count_the_rest(sim, replayed, tmp_path):
    first = Store(replayed[0]).arrow("SELECT min(t_ns) AS t FROM reports").column("t").to_pylist()[0] // 10**9
    start, end = (iso_text((first + s) * 10**9) for s in (DURATION_S // 6, DURATION_S // 3))
    out = tmp_path / "cut"
    code, text, _ = run(
        "replay", *logs(sim), "--out", out, "--json", "--start", start, "--end", end, "--area", "113.0,21.0,113.8,23.0"
    )
    assert 0 == code
    summary = events(text)[-1]
    reports = Store(out).reports()
    assert first + DURATION_S // 6 <= reports.t_ns.min() // 10**9
    assert reports.t_ns.max() // 10**9 < first + DURATION_S // 3
    assert not (reports.lon_deg > 113.8).any()
    assert {"outside --start and --end", "outside --area"} == set(summary["left_out"])


def test_watch_and_only_choose_what_is_told_and_nothing_else(sim, replayed, tmp_path):
    code, text, _ = run("replay", *logs(sim), "--out", tmp_path / "w", "--json", "--watch", 1)
    assert [] == [event for event in events(text) if event["event"] == "alert"]
    assert events(text)[-1]["alerts"] == replayed[1][-1]["alerts"]
    code, _, error = run("replay", *logs(sim), "--out", tmp_path / "o", "--only", "no_such_rule")
    assert 2 == code
    assert "speed_limit" in error


def test_a_budget_withholds_all_but_alarms():
    teller = Teller(budget=2)
    hour = 3_600_000_000_000
    told = [teller._wanted(alert(k, severity=1, number=k), "raised") for k in (0, 1, 2, 3)]
    assert [True, True, False, False] == told
    assert teller._wanted(alert(4, severity=2), "raised")
    assert teller._wanted(alert(hour + 5), "raised")
    assert 2 == teller.counts()["withheld"]


def test_what_was_withheld_is_told_when_it_becomes_an_alarm_and_else_never():
    teller = Teller(budget=1)
    assert [True, False] == [teller._wanted(alert(0, number=n), "raised") for n in (1, 2)]
    graver = alert(1, severity=2, number=2)
    assert not teller._wanted(alert(1, number=2), "updated")
    assert teller._wanted(graver, "updated") and graver["escalated"]
    assert teller._wanted(alert(2, severity=2, number=2), "updated")  # told: its news are told, but it grows no graver
    assert teller._wanted(alert(3, number=2), "cleared")
    assert not teller._wanted(alert(3, number=3), "raised") and not teller._wanted(alert(4, number=3), "withdrawn")
    assert {"1"} == set(teller._told)


def alert(t_ns, severity=1, number=0):
    return {"t_ns": t_ns, "severity": severity, "rule": "x", "mmsi": 1, "other_mmsi": -1, "alert": number}


def test_stations_of_a_log_and_of_a_store_are_the_same_and_add_up(sim, replayed):
    code, said, _ = run("quality", sim / "ais.nmea", "--json")
    told = events(said)
    assert (0, "summary") == (code, told[-1]["event"])
    stations = [e for e in told if e["event"] == "station"]
    assert told[-1]["read"] == sum(sum(s["lines"].values()) for s in stations)
    kept = events(run("query", replayed[0], "SELECT * FROM stations", "--json")[1])
    assert {s["station"]: s["receptions"] for s in stations} == {s["station"]: s["receptions"] for s in kept}
    assert {"SIM-EAST", "SIM-WEST"} <= {s["station"] for s in stations if s["delay_50_s"] > 0}
    table = run("quality", sim / "ais.nmea", "--lang", "zh")[1]
    assert "SIM-EAST" in table and "台站" in table


def test_alerts_are_listed_acknowledged_and_annotated(replayed, tmp_path):
    out = tmp_path / "copy"
    shutil.copytree(replayed[0], out)
    listed = [e for e in events(run("alerts", out, "--json")[1]) if e["event"] == "alert"]
    if not listed:
        pytest.skip("the scenario raised no alert in its first minutes")
    name = listed[0]["alert"]
    code, text, _ = run("alerts", out, "--ack", name, "--note", "called on channel 14", "--who", "wang")
    assert (0, f"{name} acknowledged by wang\n") == (code, text)
    left = [e["alert"] for e in events(run("alerts", out, "--open", "--json")[1])]
    assert name not in left
    assert "called on channel 14" in run("alerts", out)[1]
    code, _, error = run("alerts", out, "--ack", "12345")
    assert 2 == code
    assert "vts alerts" in error


@pytest.mark.parametrize(
    "words",
    [
        "replay {sim}/ais.nmea --out {tmp}/store",
        "decode {sim}/ais.nmea --to csv --out {tmp}/ais.csv",
        "alerts {store} --ack {alert} --on {alert} --who Li",
        "query {store} 'SELECT mmsi FROM tracks WHERE false'",
        "score {store} --out {tmp}/scores",
        "compact {store}",
        "prune {store}",
        "export {store} --to csv --out {tmp}/rows.csv",
        "zones check {sim}/zones.geojson",
        "zones from-ais {store} --out {tmp}/proposed.geojson",
        "map {store} --out {tmp}/map.html",
    ],
    ids=lambda words: " ".join(words.split()[:2]),
)
def test_what_a_command_says_of_its_work_is_chinese_where_that_is_asked(sim, replayed, tmp_path, words):
    copy = shutil.copytree(replayed[0], tmp_path / "day")
    ids = [str(e["alert"]) for e in events(run("alerts", copy, "--json")[1]) if e["event"] == "alert"]
    if not ids and "{alert}" in words:
        pytest.skip("the scenario raised no alert in its first minutes")
    words = [word.format(sim=sim, store=copy, tmp=tmp_path, alert=[*ids, ""][0]) for word in shlex.split(words)]
    code, said, more = run(*words, "--lang", "zh")
    lines = [line for line in (said + more).replace(str(tmp_path), "").splitlines() if line.strip()]
    cited = [line for line in lines if line.startswith("    ")]  # the sources of alerts have titles of their own
    assert 0 == code and lines
    assert [] == [line for line in lines if line not in cited and not re.search(r"[\u4e00-\u9fff]", line)]


def test_map_and_report_are_written_in_both_languages(replayed, tmp_path):
    for lang in ("en", "zh"):
        for command in ("map", "report"):
            page = tmp_path / f"{command}-{lang}.html"
            code, text, _ = run(command, replayed[0], "--out", page, "--lang", lang, "--json")
            assert (0, page.stat().st_size) == (code, events(text)[0]["bytes"])
    assert "班次报告" in (tmp_path / "report-zh.html").read_text(encoding="utf-8")


def test_zones_are_checked_with_exit_3_for_a_defect(tmp_path):
    assert 0 == run("zones", "check", ROOT / "data" / "zones")[0]
    bad = tmp_path / "bad.geojson"
    ring = [[113, 22], [114, 23], [114, 22], [113, 23], [113, 22]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"name": "Bow", "kind": "anchorage"}, "geometry": shape}
    bad.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    code, text, _ = run("zones", "check", bad, "--json")
    assert 3 == code
    assert "Bow" in text


def test_explain_names_source_and_numbers():
    code, text, _ = run("explain", "speed_limit")
    assert 0 == code
    assert "source:" in text
    assert {"rule"} == {event["event"] for event in events(run("explain", "--json")[1])}
    assert "超速" in run("explain", "speed_limit", "--lang", "zh")[1]
    assert 2 == run("explain", "nonsense")[0]


def test_explain_tells_which_reports_made_a_track_of_a_store(replayed):
    """The same reports as the store's own track counts: the log is read again, and does again what it did."""
    out, _ = replayed
    query = "select track, epoch_ns(t)::BIGINT as at, reports from tracks where seen_by = 3 order by t_ns desc limit 1"
    query = query.replace("epoch_ns(t)::BIGINT", "t_ns")
    (row,) = events(run("query", out, query, "--json")[1])
    when = iso_text(row["at"])
    code, text, _ = run("explain", out, row["track"], "--at", when, "--window", "3600", "--json")
    assert 0 == code
    told = events(text)
    used = [e for e in told if e["event"] == "report" and e["used"]]
    assert row["reports"] == len(used)
    assert {"AIS", "sim-guishan"} == {e["sensor"] for e in told if e["event"] == "source"}
    assert "用于更新该航迹" in run("explain", out, row["track"], "--at", when, "--lang", "zh")[1]
    assert 2 == run("explain", out, row["track"])[0]
    assert 2 == run("explain", out, 999_999, "--at", when)[0]


def test_config_show_is_the_configuration_as_toml(tmp_path):
    import tomllib

    import vts

    code, text, _ = run("config", "show")
    assert (0, vts.Config().fusion.picture_s) == (code, tomllib.loads(text)["fusion"]["picture_s"])
    (tmp_path / "mine.toml").write_text(text.replace("picture_s = 10.0", "picture_s = 5.0"))
    assert "picture_s = 5.0" in run("config", "show", "--config", tmp_path / "mine.toml")[1]


MISTAKES = [
    (("replay", "{tmp}/none.nmea", "--out", "{tmp}/o"), 3),
    (("replay", "{tmp}", "--out", "{tmp}/o"), 3),
    (("replay", "{tmp}/text", "--out", "{tmp}/text"), 3),
    (("replay", "{tmp}/empty", "--out", "{tmp}/o"), 3),
    (("replay", "{sim}/ais.nmea", "--out", "{store}"), 3),
    (("replay", "{sim}/ais.nmea", "--out", "{tmp}"), 3),
    (("replay", "{sim}/ais.nmea", "--out", "{tmp}/o", "--speed", "fast"), 2),
    (("replay", "{sim}/ais.nmea", "--out", "{tmp}/o", "--start", "yesterday"), 2),
    (("replay", "{sim}/ais.nmea", "--out", "{tmp}/o", "--area", "1,2,3"), 2),
    (("replay", "{sim}/ais.nmea", "--out", "{tmp}/o", "--budget", "many"), 2),
    (("replay", "{sim}/ais.nmea", "--out", "{tmp}/o", "--model", "{tmp}"), 3),
    (("replay", "{sim}/ais.nmea", "--out", "{tmp}/o", "--zones", "{tmp}/text"), 3),
    (("replay", "{sim}/ais.nmea", "--out", "{tmp}/o", "--config", "{tmp}/text"), 3),
    (("replay", "{sim}/radar-sim-guishan.ast", "--out", "{tmp}/o"), 3),
    (("replay", "--out", "{tmp}/o"), 2),
    (("decode", "{tmp}/none"), 3),
    (("query", "{tmp}/none", "SELECT 1"), 3),
    (("query", "{store}", "SELEC"), 2),
    (("map", "{tmp}/none", "--out", "{tmp}/m.html"), 3),
    (("map", "{store}", "--out", "{store}"), 3),
    (("report", "{tmp}/none", "--out", "{tmp}/m.html"), 3),
    (("zones", "check", "{tmp}/none"), 3),
    (("simulate", "atlantis", "--out", "{tmp}/o"), 2),
    (("vessel", "{store}", "1"), 3),
    (("nonsense",), 2),
]


@pytest.mark.parametrize(("arguments", "code"), MISTAKES, ids=[" ".join(a) for a, _ in MISTAKES])
def test_a_mistake_is_one_sentence_and_never_a_traceback(sim, replayed, tmp_path, arguments, code):
    (tmp_path / "text").write_text("not what you think\n")
    (tmp_path / "empty").write_bytes(b"")
    found, out, error = run(*(a.format(tmp=tmp_path, sim=sim, store=replayed[0]) for a in arguments))
    assert code == found, error
    assert "Traceback" not in out + error
    assert 1 == len([line for line in error.splitlines() if line.startswith(("vts: ", "Error: "))])


def every_command(group=cli.main, path=()):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize(
    ("path", "command"), list(every_command()), ids=lambda v: " ".join(v) if type(v) is tuple else ""
)
def test_every_command_has_an_example_and_says_what_its_options_do(path, command):
    code, text, _ = run(*path, "--help")
    assert 0 == code
    assert re.search(rf"Example: vts {' '.join(path)}\b", re.sub(r"\s+", " ", text))
    names = {option for parameter in command.params for option in parameter.opts}
    assert "--json" in names or path[0] in ("shell", "completion")


def test_help_needs_no_heavy_library():
    code = "import sys, cli; from click.testing import CliRunner; CliRunner().invoke(cli.main, ['--help']);"
    heavy = ("numpy", "numba", "pyarrow", "duckdb", "folium", "sklearn", "pandas", "shapely")
    code += f"print(sorted(set({heavy}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "[]\n" == done.stdout


def test_a_killed_replay_goes_on(sim, replayed, tmp_path):
    out = tmp_path / "killed"
    command = [sys.executable, str(ROOT / "cli.py"), "replay", *map(str, logs(sim)), "--out", str(out)]
    with subprocess.Popen([*command, "--speed", "300"], cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        for _ in range(600):
            if (out / "lingding.json").exists():
                break
            time.sleep(0.1)
        process.kill()
    code, _, _ = run("replay", *logs(sim), "--out", out, "--resume", "--json")
    assert 0 == code
    one, two = (Store(path).arrow("FROM tracks ORDER BY t_ns, track") for path in (replayed[0], out))
    assert one.equals(two)


def cut_short(path):
    path.write_bytes(path.read_bytes()[:500])


DAMAGES = {
    "a part is cut short": lambda out: cut_short(next((out / "tracks").glob("*.parquet"))),
    "a part is gone": lambda out: next((out / "tracks").glob("*.parquet")).unlink(),
    "a part is rubbish in its middle": lambda out: scramble(next((out / "tracks").glob("*.parquet"))),
    "a commit is cut short": lambda out: (out / "parts" / "000001.json").write_text('{"par'),
    "a commit is another thing": lambda out: (out / "parts" / "000001.json").write_text("{}"),
    "the rules are a list": lambda out: (out / "rules.json").write_text("[1]"),
    "the run is cut short": lambda out: (out / "run.json").write_text('{"logs"'),
    "of a later version": lambda out: (out / "lingding.json").write_text('{"format": "lingding store", "version": 9}'),
}


def scramble(path):
    content = bytearray(path.read_bytes())
    content[100 : len(content) // 2] = b"\xaa" * (len(content) // 2 - 100)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_store_is_told_in_one_sentence_by_every_command(replayed, tmp_path, damage):
    out = tmp_path / "copy"
    shutil.copytree(replayed[0], out)
    DAMAGES[damage](out)
    mmsi = Store(replayed[0]).tracks().mmsi.max()
    codes = set()
    for command in (
        ("query", out, "SELECT sum(lon_deg + sog_kn + ee_m2) FROM tracks"),
        ("map", out, "--out", tmp_path / "m.html"),
        ("report", out, "--out", tmp_path / "r.html"),
        ("vessel", out, mmsi),
        ("export", out, "--to", "csv", "--out", tmp_path / "x.csv"),
        ("score", out, "--out", tmp_path / "s", "--workers", 1),
        ("alerts", out),
    ):
        code, _, error = run(*command)
        assert "Traceback" not in error
        # a query that fails in a part's middle cannot be told from one that is wrong
        assert code in ((0, 2, 3) if command[0] == "query" else (0, 3)), (command, error)
        assert error.count("vts: ") == (code > 0)
        codes.add(code)
    assert 3 in codes


def test_a_full_disk_ends_in_one_sentence_and_keeps_a_valid_store(sim, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", disk], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("a small disk needs the right to mount one")
    try:
        code, _, error = run("replay", *logs(sim), "--out", disk / "store")
        assert (3, 1) == (code, error.count("vts: ")), error
        assert "No space left on device" in error
        assert [] == [f for f in (disk / "store").rglob(".*.tmp") if f.is_file()]
        assert 0 == run("query", disk / "store", "SELECT count(*) FROM tracks")[0]
        code, _, error = run("map", disk / "store", "--out", tmp_path / "m.html")
        assert code in (0, 3)
        assert "Traceback" not in error
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)  # a reader may wait for the garbage collector


def test_a_log_of_which_nothing_can_be_used_is_bad_input(tmp_path):
    (tmp_path / "old.csv").write_text(
        "MMSI,BaseDateTime,LAT,LON,SOG,COG\n412000001,1965-01-01T00:00:00,22.1,113.9,7,90\n"
    )
    (tmp_path / "garbage").write_bytes(np.random.default_rng(1).bytes(20_000))
    for log in ("old.csv", "garbage"):
        code, text, error = run("replay", tmp_path / log, "--out", tmp_path / f"{log}.out", "--json")
        summary = events(text)[-1]
        assert (3, 0) == (code, summary["used"])
        assert summary["read"] == sum(summary["rejected"].values()) > 0
        assert "no message could be used" in error


@pytest.mark.slow
@pytest.mark.skipif(not JIT, reason="the interpreter alone is a hundred times slower")
def test_200_kills_at_random_moments_of_a_replay_leave_a_prefix_each_time():
    done = subprocess.run(
        [sys.executable, "-m", "tests.kill_replay", "--kills", "200"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    assert (200, 0) == (found["kills"], found["bad"]), done.stderr
    assert found["before_the_first_part"] < 100  # or the moments tell nothing


def test_doctor_names_versions_and_data(tmp_path, monkeypatch):
    code, text, _ = run("doctor", "--json")
    (found,) = events(text)
    assert (0, []) == (code, found["missing"])
    monkeypatch.setenv("LINGDING_HOME", str(tmp_path))
    code, _, error = run("doctor", "--json")
    assert 3 == code
    assert "missing" in error


def test_completion_for_three_shells():
    for shell in ("bash", "zsh", "fish"):
        code, text, _ = run("completion", shell)
        assert (0, True) == (code, "_VTS_COMPLETE" in text)


def test_score_makes_each_day_once_and_says_so(replayed, tmp_path):
    command = ("score", replayed[0], "--out", tmp_path / "scores", "--workers", 1, "--json")
    code, text, _ = run(*command, "--metrics", tmp_path / "vts.prom")
    summary = events(text)[-1]
    assert (0, 1, {}) == (code, summary["made"], summary["failed"])
    assert "vts_score_partitions_made 1\n" in (tmp_path / "vts.prom").read_text()
    assert (0, 1) == tuple(events(run(*command)[1])[-1][key] for key in ("made", "kept"))
    (made,) = (tmp_path / "scores").rglob("scores.parquet")
    scores = Store(replayed[0]).scores()
    assert summary["rows"] == scores.n
    batched = pq.read_table(made).sort_by([("t_ns", "ascending"), ("track", "ascending")])
    assert scores.track.tolist() == batched.column("track").to_pylist()
    # the store rounds positions to 7 mm and courses to 1/128 degree; a tree's step may lie between, for both vessels of
    # a pair at once: 19 of 1,820 rows, each looked at. tests/test_score_days.py holds the rest to 1e-9.
    near = np.isclose(batched.column("risk").to_numpy(), scores.risk, atol=0.01, equal_nan=True)
    assert near.mean() > 0.98


def test_prune_keeps_half_a_year_unless_told_twice(replayed):
    code, _, error = run("prune", replayed[0], "--older-than", "30d")
    assert 2 == code
    assert "--really" in error
    code, text, _ = run("prune", replayed[0], "--json")
    assert (0, 0) == (code, events(text)[0]["parts"])


def test_export_writes_what_it_counts(replayed, tmp_path):
    code, text, _ = run("export", replayed[0], "--to", "geojson", "--out", tmp_path / "x.geojson", "--json")
    assert 0 == code
    assert events(text)[0]["rows"] == len(json.loads((tmp_path / "x.geojson").read_text())["features"]) > 100


def test_port_state_control_ranks_boardings_and_enters_the_dossier(replayed, tmp_path):
    rows = (
        Store(replayed[0]).arrow("SELECT DISTINCT mmsi, imo, name FROM statics WHERE imo > 0 ORDER BY imo").to_pylist()
    )
    if not rows:
        pytest.skip("nobody told an IMO number in these minutes")
    ship = rows[0]
    (tmp_path / "ships.csv").write_text(
        f"imo,name,type,built,flag,ro,company\n{ship['imo']},{ship['name']},tanker,1990-01-01,,,\n"
        "9999993,ELSEWHERE,tanker,1980-01-01,,,\n"
    )
    (tmp_path / "inspections.csv").write_text("imo,date,deficiencies\n")
    code, text, _ = run("boarding", replayed[0], "--psc", tmp_path, "--json")
    assert (0, [ship["imo"]]) == (code, [event["imo"] for event in events(text)])
    code, text, _ = run("vessel", replayed[0], ship["mmsi"], "--psc", tmp_path)
    assert 0 == code
    assert "Port state control, Tokyo MoU" in text
    assert "not known: gives no points" in text
    assert 3 == run("boarding", replayed[0], "--psc", tmp_path / "none")[0]


def test_a_picture_shows_itself_in_a_notebook():
    import vts

    tracks = vts.Tracks(track=[1, 2], mmsi=[413000001, -1], t_ns=0, lon_deg=113.8, lat_deg=22.1)
    html = vts.Picture(0, tracks, vts.Statics.empty(), vts.Alerts.empty(), vts.Scores.empty())._repr_html_()
    assert "1970-01-01T00:00:00 UTC: 2 tracks" in html
    assert "413000001" in html


def test_a_model_shows_its_heads_in_a_notebook():
    import risk

    model = risk.load(ROOT / "data" / "models" / "current")
    html = model._repr_html_()
    assert all(f"<td>{name}</td>" in html for name in model.heads)
    assert html.count("<tr>") == len(model.heads) + 1


def test_the_keys_of_a_replay_at_a_terminal(sim, tmp_path):
    """A real terminal of 60 columns: space pauses, q ends with a state to resume from; no line wraps."""
    import pty
    import select

    command = [sys.executable, "cli.py", "replay", *map(str, logs(sim)), "--out", str(tmp_path / "s"), "--speed", "20"]
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execvpe(command[0], command, {**os.environ, "COLUMNS": "60", "LINES": "24"})
    seen = ""

    def until(pattern, seconds=180):
        nonlocal seen
        end = time.monotonic() + seconds
        while not re.search(pattern, seen):
            assert time.monotonic() < end, seen[-600:]
            if select.select([terminal], [], [], 0.2)[0]:
                try:
                    seen += os.read(terminal, 65536).decode("utf-8", "replace")
                except OSError:  # the other end has gone
                    break
        found, seen = re.search(pattern, seen), ""
        return found

    def line():
        return until(r"\x1b\[K(\[paused[^\r]{20,})\r")[1]

    until(r"\d tracks")
    os.write(terminal, b" ")
    until(r"paused")
    first = line()
    assert len(first) < 60
    assert first == line()  # it stands still
    os.write(terminal, b"q")
    until(r"go on with: ")
    assert 130 == os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert Store(tmp_path / "s").state is not None


def test_decode_serves_radar_and_its_totals_add_up(sim, tmp_path):
    (plots,) = sim.glob("*.ast")
    code, out, _ = run("decode", plots, "--sites", sim / "sites.toml", "--summary", tmp_path / "totals.json")
    totals = json.loads((tmp_path / "totals.json").read_text())
    assert 0 == code
    assert len(events(out)) == totals["used"] > 0
    assert totals["read"] == totals["used"] + sum(totals["rejected"].values())


def test_a_text_is_no_radar_recording_whatever_its_first_octets_say():
    code, _, err = run("decode", ROOT / "LICENSE")  # a line feed is category 10, two blanks a length of 8,224
    assert 0 == code
    assert "not AIS" in err


def test_a_reader_that_leaves_early_is_no_error(sim):
    command = f"{shlex.quote(sys.executable)} cli.py decode {shlex.quote(str(sim / 'ais.nmea'))} | head -n 1"
    piped = subprocess.run(
        ["bash", "-c", f"{command}; exit ${{PIPESTATUS[0]}}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (0, "") == (piped.returncode, piped.stderr)


def test_a_position_on_land_is_told_where_the_officer_asks(tmp_path):
    ashore = "MMSI,BaseDateTime,LAT,LON,SOG,COG\n" + "".join(
        f"412000001,2024-01-01T00:{m:02d}:00,23.600000,{113.3 + 0.002 * m:.6f},7.0,90.0\n" for m in range(20)
    )  # 60 km north of the estuary, in the hills
    (tmp_path / "hills.csv").write_text(ashore)
    for options, told in (((), False), (("--land",), True)):
        code, _, _ = run("replay", tmp_path / "hills.csv", "--out", tmp_path / f"day{told}", *options)
        assert 0 == code
        alerts = run("query", tmp_path / f"day{told}", "SELECT detail FROM alerts WHERE rule = 'spoofed_position'")[1]
        assert told == ("why=land" in alerts)


def test_a_store_is_judged_and_its_drift_measured_through_the_commands(replayed):
    store, told = replayed
    code, text, _ = run("evaluate", "alerts", store, "--json")
    (found,) = events(text)
    raised = [e for e in told if e["event"] == "alert" and e["state"] == "raised" and e["rule"] == "close_quarters"]
    kinds = ("came_true", "manoeuvre", "neither", "unknown")
    assert (0, len(raised)) == (code, sum(found[s][kind] for s in ("caution", "warning", "alarm") for kind in kinds))
    code, text, _ = run("evaluate", "drift", store, "--json")
    (found,) = events(text)
    assert 0 == code and found
    for head in found.values():
        assert head["rows"] > 0 and all(value >= 0 for value in head["psi"].values())
        assert 0 <= head["brier"] <= 1
        assert head["alarms_per_hour"] is None or 0 <= head["alarms_per_hour"] < 3600 * VESSELS
    code, text, _ = run("evaluate", "model", "--store", store, "--json")
    (judged,) = events(text)
    assert 0 == code and {name: head["rows"] for name, head in found.items()} == {
        name: head["unseen"]["rows"] for name, head in judged.items() if head["unseen"]["rows"]
    }
