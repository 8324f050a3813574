"""Fixtures shared by all rooms: where the real logs are, whether the JIT is on, and the --slow switch."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("LINGDING_LANG", "en")  # whatever the locale of the machine
JIT = os.environ.get("NUMBA_DISABLE_JIT", "0") in ("", "0")


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run the tests marked slow as well")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--slow"):
        skip = pytest.mark.skip(reason="slow: run by make check-slow")
        for item in items:
            if "slow" in item.keywords:
                item.add_marker(skip)


def real_data(*parts):
    """A file of the real logs, or a skip that says where it was looked for. The logs are never part of the project."""
    base = Path(os.environ.get("LINGDING_DATA") or ROOT.parent / "shared" / "data")
    path = base.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"real log {path} is absent; set LINGDING_DATA to the folder of real logs")
    return path


@pytest.fixture
def data():
    """real_data, for tests that read a real log: data("ais", "signalk", "plaka.log")."""
    return real_data


@pytest.fixture
def few():
    """A size for a loop: `few(10_000, 50)` is the first when compiled and the second with the JIT off."""
    return lambda compiled, interpreted: compiled if JIT else interpreted


@pytest.fixture(scope="session")
def sim(tmp_path_factory):
    """Some minutes of the estuary as AIVDM and ASTERIX bytes."""
    from .commands import estuary

    return estuary(tmp_path_factory.mktemp("sim"))


@pytest.fixture(scope="session")
def replayed(sim, tmp_path_factory):
    """(store, events) of a whole replay of it."""
    from .commands import events, logs, run

    out = tmp_path_factory.mktemp("replay") / "store"
    code, text, _ = run("replay", *logs(sim), "--out", out, "--json")
    assert 0 == code
    return out, events(text)
