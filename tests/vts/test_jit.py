"""The compile cache: safe for several processes, never stale, never fatal."""

import logging
import os
import subprocess
import sys

import pytest

import cli
from tests.conftest import JIT, ROOT
from vts import jit

pytestmark = pytest.mark.skipif(not JIT, reason="the JIT is off, so there is no cache")
CODE = "from vts import geo; print(geo.bearing_deg(113.0, 22.0, 114.0, 22.0))"


def start(cache, code=CODE):
    env = {**os.environ, "LINGDING_CACHE": str(cache)}
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=env, stdout=pipe, stderr=pipe, text=True)


def test_several_processes_fill_one_cache_at_once(tmp_path):
    many = [start(tmp_path) for _ in range(3)]
    answers = {p.communicate(timeout=120) for p in many}
    assert [0, 0, 0] == [p.returncode for p in many]
    assert 1 == len(answers)
    assert list(tmp_path.rglob("*.nbi")) and (tmp_path / "kernels").stat().st_mode & 0o777 == 0o700


def test_a_damaged_cache_is_compiled_again(tmp_path):
    first = start(tmp_path).communicate(timeout=120)
    for path in tmp_path.rglob("*.nb?"):
        path.write_bytes(b"\x80\x05garbage")
    assert first == start(tmp_path).communicate(timeout=120)


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    out, err = start(tmp_path / "file").communicate(timeout=120)
    assert out and not err


def test_the_key_changes_with_an_inner_kernel_of_another_module(tmp_path, monkeypatch):
    room = tmp_path / "vts"
    room.mkdir()
    (room / "__init__.py").write_text("")
    (room / "outer.py").write_text("from vts import inner\nfrom vts.jit import kernel\n")
    (room / "inner.py").write_text("A = 1\n")
    monkeypatch.setattr(jit, "_ROOT", tmp_path)
    # fresh memories, so that neither this test nor the modules outside it see each other's texts
    monkeypatch.setattr(jit, "_source", jit.functools.cache(jit._source.__wrapped__))

    def key():
        jit._source.cache_clear()
        return jit.closure_hash.__wrapped__("vts.outer")

    before = key()
    (room / "inner.py").write_text("A = 2\n")
    after = key()
    assert before != after
    (room / "__init__.py").write_text("from vts.tracker import Tracker\n")
    (room / "tracker.py").write_text("class Tracker: pass\n")
    assert after == key()  # the package's other modules are not the kernel's
    (room / "outer.py").write_text("from vts import A\nfrom vts.jit import kernel\n")
    (room / "__init__.py").write_text("from vts.inner import A\n")
    before = key()
    (room / "inner.py").write_text("A = 3\n")
    assert before != key()  # a name that the package hands on is


def test_a_kernel_that_must_be_compiled_is_logged_once_a_machine(tmp_path):
    code = f"import logging; logging.basicConfig(level=logging.INFO, format='%(name)s %(message)s'); {CODE}"
    (first, said), (again, silent) = (start(tmp_path, code).communicate(timeout=120) for _ in "12")
    assert "vts.jit compiling" in said and "bearing_deg" in said
    assert not silent and first == again


@pytest.mark.parametrize(("seconds", "lines"), [((0.0, 1.0, 2.9), 0), ((0.0, 4.0, 9.0), 1)])
def test_compiling_that_takes_long_is_told_once_and_what_is_short_is_not(capsys, seconds, lines):
    told = cli.Compiling(cli.Given([], "zh").say)
    for second in seconds:
        told.emit(logging.makeLogRecord({"created": 1e9 + second}))
    assert capsys.readouterr().err.count("正在为本机编译") == lines
