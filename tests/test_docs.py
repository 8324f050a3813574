"""The pages of docs/ keep their word: every command in them runs, every link and picture is there."""

import doctest
import importlib.util
import pkgutil
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

import cli
import vts
from vts import manual

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGES = sorted(DOCS.glob("*.md"))


def commands(page):
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith("vts ")]


@pytest.mark.slow
@pytest.mark.parametrize("page", [p for p in PAGES if commands(p)], ids=lambda p: p.stem)
def test_every_command_of_a_page_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line in commands(page):
        result = CliRunner().invoke(cli.main, shlex.split(line, comments=True)[1:])
        assert 0 == result.exit_code, (line, result.output[-500:])


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_command_and_option_of_a_page_exists(page):
    for line in commands(page):
        words = shlex.split(line, comments=True)[1:]
        command = cli.main
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= known, line


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (DOCS / target).exists(), target


def test_the_manual_page_names_every_command():
    page = (DOCS / "vts.1").read_text(encoding="utf-8")
    assert manual.manual(cli.main, vts.__version__) == page  # made by vts manual --out docs/vts.1
    assert all(f"\n.SS vts {name}" in page for name in cli.main.commands)


def test_the_reference_says_something_of_every_public_name():
    spec = importlib.util.spec_from_file_location("api", DOCS / "api.py")
    api = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(api)
    entries = api.reference().split("\n### ")[1:]
    assert len(entries) > 60
    assert [] == [entry.splitlines()[0] for entry in entries if not entry.partition("\n\n")[2].strip()]


def modules():
    for package in ("vts", "ais", "geofences", "risk"):
        root = importlib.import_module(package)
        yield root
        for found in pkgutil.walk_packages(root.__path__, f"{package}."):
            yield importlib.import_module(found.name)


def test_every_example_in_a_docstring_runs():
    finder, runner = doctest.DocTestFinder(exclude_empty=True), doctest.DocTestRunner(verbose=False)
    for module in modules():
        for found in finder.find(module, module.__name__):
            runner.run(found)
    done = runner.summarize(verbose=False)
    assert 0 == done.failed
    assert done.attempted >= 15


@pytest.mark.slow
def test_the_site_is_built_with_every_page_and_name(tmp_path):
    pytest.importorskip("mkdocs", reason="the extra docs is absent; make docs installs it")
    import runpy

    runpy.run_path(str(DOCS / "site.py"))["build"](tmp_path / "site")
    assert all((tmp_path / "site" / f"{page.stem}.html").is_file() for page in PAGES)
    assert "Tracker" in (tmp_path / "site" / "reference.html").read_text(encoding="utf-8")
