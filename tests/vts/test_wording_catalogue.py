"""No message lacks a translation: every text that the code asks for is in the Chinese catalogue, fields and all.

That is what pages and tables say, every command's and option's help, and every sentence that ends a run.
"""

import ast
import errno
import inspect
import os
import re
import string
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import cli
from ais import envelope, quality
from risk import boarding, psc
from risk.encounters import SITUATIONS
from vts import errors, health, schema, simulate, speech, wording
from vts.fusion import layout
from vts.radar import arpa_kernels, asterix, pcap

ROOT = Path(__file__).resolve().parents[2]
SPEAKERS = [ROOT / "cli.py", ROOT / "risk" / "boarding.py", *sorted((ROOT / "vts").glob("*.py"))]
SOURCES = [ROOT / "cli.py", *(p for room in ("vts", "ais", "geofences", "risk") for p in (ROOT / room).rglob("*.py"))]
CHINESE = wording.catalogue_of("zh")
ERRORS = {n for n, e in vars(errors).items() if isinstance(e, type) and issubclass(e, errors.LingdingError)}


def texts():
    """Every literal text given to a translator, and the words that tables of codes hold."""
    found = {*schema.SEVERITIES, *(f"{s}s" for s in schema.SEVERITIES), *schema.ALERT_STATES, *schema.TRACK_STATES}
    found |= {
        "noted",
        *boarding.MARKS.values(),
        *quality.CHECKS,
        *wording.STATION_HEADS,
        *("check", "count", "vessels", "example"),
        *health.SAID.values(),
        *map(simulate.title, simulate.names()),
        *SITUATIONS[1:],
        *(psc.HIGH, psc.STANDARD, psc.LOW),
        *("type", "age", "flag", "flag level", "ro", "company", "deficiencies", "detentions", "inspections"),
        "radar",
        "jump",
        "circle",
        "land",
    }  # details of alerts
    for path in SPEAKERS:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in ("tr", "_tr") and isinstance(node.args[0].value, str):
                    found.add(node.args[0].value)
    return found | reasons()


def reasons():
    """Every reason under which a feed or the tracker may count what it did not use."""
    found = {*envelope.REASONS[1:], *arpa_kernels.REASONS[1:], *asterix._FLAGS[1:], *asterix._WHY.values()}
    found |= {*layout.REASONS} | {pcap._NOT_UDP, pcap._CUT}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and re.search(r"rejects?\.add$|^reject$|\._count$", ast.unparse(node.func)):
                given = [a.value for a in node.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                found |= set(given[:1])
    return found


def helps(command=cli.main):
    """Every paragraph of help and every option's."""
    paragraphs = inspect.cleandoc(command.help).split("\n\n")
    found = {" ".join(p.split()) for p in paragraphs if not p.startswith("Example:")}
    found |= {p.help for p in command.params if isinstance(p, click.Option)}
    for inner in getattr(command, "commands", {}).values():
        found |= helps(inner)
    return found


def sentences():
    """Every sentence that ends a run, its values numbered: of raised errors, and of cli.py's own."""
    found = {template for path in SOURCES for template in raised(path)}
    return {t for t in found if re.search(r"[a-z]{3}", speech.FIELD.sub("", t))}


def raised(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        call = node.exc if isinstance(node, ast.Raise) else node if isinstance(node, ast.Call) else None
        name = getattr(getattr(call, "func", None), "attr", getattr(getattr(call, "func", None), "id", ""))
        ours = isinstance(node, ast.Raise) and (name in ERRORS or (path.name == "asked.py" and name == "ValueError"))
        if (ours or name == "StoreError" or (path.name == "cli.py" and name == "fail")) and call.args:
            yield from template(call.args[0])


def template(node):
    """A text or an f-string as the catalogue has it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    if isinstance(node, ast.JoinedStr):
        parts = ("{}" if isinstance(p, ast.FormattedValue) else p.value for p in node.values)
        yield speech.numbered("".join(parts))


def of_click():
    """What click itself may say, and the system's commonest reasons."""
    sources = Path(click.__file__).parent.glob("*.py")
    found = {t for p in sources for t in re.findall(r'_\(\s*"([^"]+)"', p.read_text(encoding="utf-8"))}
    joined = {"Missing argument {1}.", "Missing option {1}.", "{1} is not one of {2}.", "Example: {1}", "required"}
    joined |= {"{1} Did you mean {2}?", "{1} (Did you mean one of: {2}?)", "OPTIONS", "COMMAND", "ARGS"}
    joined |= {"integer", "float", "boolean", "integer range", "float range"}
    return (
        {speech.numbered(t.encode().decode("unicode_escape")) for t in found}
        | joined
        | {os.strerror(number) for number in errno.errorcode}
    )


def literals():
    """Every literal text of the sources: details of alerts are words that a rule writes down and a store keeps."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


ASKED = texts() | helps() | sentences()


def fields(text):
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_every_message_has_a_chinese_translation():
    assert set() == ASKED - set(CHINESE)


def test_no_translation_is_left_of_a_message_that_is_gone():
    parts = {"IMO", "length"} | {text for text in CHINESE if text.endswith("track {n}")}  # put together by their rules
    assert set() == set(CHINESE) - ASKED - of_click() - set(literals()) - parts


@pytest.mark.parametrize("text", sorted(CHINESE))
def test_a_translation_fills_the_same_fields(text):
    assert fields(text) == fields(CHINESE[text])
    assert CHINESE[text] != text or text in ("AIS",)


def pages(command=cli.main, path=()):
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from pages(inner, (*path, name))


@pytest.mark.parametrize("path", list(pages()), ids=" ".join)
def test_every_page_of_help_is_chinese_throughout(path):
    page = CliRunner().invoke(cli.main, [*path, "--lang", "zh", "--help"])
    assert 0 == page.exit_code
    blocks = [block for block in page.stdout.split("\n\n") if "示例" not in block]
    lines = [line for block in blocks for line in block.splitlines() if line.strip()]
    alone = re.compile(r"  -[ -~]+")  # a long option stands alone
    assert [] == [line for line in lines if not re.search(r"[\u4e00-\u9fff]", line) and not alone.fullmatch(line)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("map", "{tmp}/none", "--out", "x"), "没有存储"),
        (("replay", "{tmp}/none", "--out", "{tmp}/o"), "没有此文件或目录"),
        (("replay", "x", "--out", "{tmp}/o", "--start", "soon"), "'--start' 的值无效：'soon' 不是ISO 8601时间"),
        (("replay", "x"), "缺少选项 '--out'"),
        (("report", "x", "--tint"), "没有选项 '--tint'"),
        (("score", "x", "--out", "y", "--workers", "many"), "不是有效的整数"),
        (("replays",), "没有命令 'replays'"),
        (("simulate", "atlantis", "--out", "{tmp}/o"), "没有名为 'atlantis' 的场景"),
    ],
)
def test_errors_are_chinese_where_that_is_asked(words, said, tmp_path):
    words = [word.format(tmp=tmp_path) for word in words]
    page = CliRunner().invoke(cli.main, [*words, "--lang", "zh"])
    assert said in page.stderr
    assert page.exit_code in (2, 3)
    assert page.stderr == CliRunner().invoke(cli.main, words, env={"LINGDING_LANG": "", "LC_ALL": "zh_CN.UTF-8"}).stderr


def test_the_boarding_list_is_chinese_throughout(tmp_path):
    words = ["boarding", "--psc", str(tmp_path), "--date", "2026-03-31", "--lang", "zh"]
    (tmp_path / "flags.csv").write_text("flag,regime,list\nB,paris,black\n")
    (tmp_path / "inspections.csv").write_text(
        "imo,date,deficiencies,detained\n" + "".join(f"9074729,2024-0{m}-01,9,yes\n" for m in (4, 5, 6))
    )
    for ships in ("", "9074729,ALPHA,oil,1990-01-01,B\n9321483,BRAVO,,,\n"):
        (tmp_path / "ships.csv").write_text("imo,name,type,built,flag\n" + ships)
        for regime in ("tokyo", "paris"):
            page = CliRunner().invoke(cli.main, [*words, "--regime", regime])
            assert 0 == page.exit_code
            told = page.output.replace(str(tmp_path), "")
            assert {"vts", "csv", "IMO"} >= set(re.findall("[A-Za-z]{2,}", told)) - {
                *("companies", "organisations", "watch", "ALPHA", "BRAVO")
            }
            if ships:
                assert (regime == "tokyo", regime == "paris") == ("高风险" in told, "船旗分级" in told)


def test_a_chinese_line_is_no_wider_than_the_terminal():
    lines = speech.wrapped("将AIS与雷达日志从字节回放到风险，写入存储，可续跑，数字完全相同。" * 3, 40)
    assert all(speech.columns(line) <= 42 for line in lines)  # a full stop may hang over
    assert not any(line.startswith(("，", "。")) for line in lines)
