"""The laws of the house, each checked by a machine. Layers are import-linter's contracts in pyproject.toml."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("vts", "ais", "geofences", "risk")
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))
HOMES = {  # a foreign library -> the places that may import it
    "pyais": ("ais/",),
    "duckdb": ("vts/store.py",),
    "folium": ("vts/maps.py",),
    "shapely": ("geofences/zones.py",),
    "geopandas": ("geofences/zones.py", "vts/schema.py", "vts/export.py"),
    "sklearn": ("risk/",),
}


def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path):
    """Every module that a file imports, anywhere in it, as dotted names."""
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def is_kernel_module(path):
    """Whether a file defines a kernel: a function under the `kernel` decorator, or that of kernels which borrow."""
    marks = [m for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef) for m in node.decorator_list]
    return any(getattr(mark, "attr", getattr(mark, "id", "")) in ("kernel", "borrowing") for mark in marks)


def module_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


KERNEL_MODULES = {module_of(path) for path in SOURCES if is_kernel_module(path)}


@pytest.mark.parametrize("library", sorted(HOMES))
def test_a_foreign_library_has_one_home(library):
    users = [p.relative_to(ROOT).as_posix() for p in SOURCES if any(n.split(".")[0] == library for n in imports(p))]
    assert [] == [user for user in users if not user.startswith(HOMES[library])]


def test_kernel_modules_import_numbers_only():
    # vts.schema for its codes (kinds, states), which are numbers
    allowed = {"math", "numpy", "typing", "vts.jit", "vts.units", "vts.schema"} | KERNEL_MODULES
    breaches = []
    for path in SOURCES:
        if module_of(path) in KERNEL_MODULES:
            for name in imports(path):
                parts = name.split(".")
                if not {".".join(parts[: k + 1]) for k in range(len(parts))} & allowed:
                    breaches.append(f"{module_of(path)} imports {name}")
    assert [] == breaches


def test_kernels_are_compiled_by_one_decorator_only():
    word = re.compile(r"\b(njit|numba\.jit|vectorize\(|guvectorize|prange)\b")
    others = [path for path in SOURCES if path.name != "jit.py" and word.search(path.read_text(encoding="utf-8"))]
    assert [] == others


def test_nobody_imports_cli():
    assert [] == [str(path) for path in SOURCES if any(name.split(".")[0] == "cli" for name in imports(path))]


def test_no_pickle_and_no_eval_anywhere():
    offenders = []
    for path in [*SOURCES, ROOT / "cli.py"]:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id in ("eval", "exec", "__import__"):
                    offenders.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.func.id}")
            elif isinstance(node, ast.keyword) and node.arg == "allow_pickle" and getattr(node.value, "value", True):
                offenders.append(f"{path.relative_to(ROOT)}:{node.value.lineno} allow_pickle")
        if {"pickle", "joblib", "dill", "cloudpickle"} & {name.split(".")[0] for name in imports(path)}:
            offenders.append(str(path.relative_to(ROOT)))
    assert [] == offenders


def test_every_module_says_what_it_is():
    assert [] == [str(path) for path in [*SOURCES, ROOT / "cli.py"] if not ast.get_docstring(tree(path))]


def test_importing_every_module_does_nothing():
    code = "import importlib, sys; [importlib.import_module(m) for m in sys.argv[1:]]"
    names = [module_of(path) for path in SOURCES]
    done = subprocess.run(
        [sys.executable, "-c", code, *names], check=False, cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_the_lock_pins_every_version_and_names_no_host():
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", lock, re.M))
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = declared["dependencies"] + declared["optional-dependencies"]["dev"]
    assert set() == {re.match(r"[A-Za-z0-9._-]+", w)[0].lower() for w in wanted} - pinned
    assert [] == re.findall(r"https?://\S+|--index-url\S*|--find-links\S*", lock)


def test_no_path_of_a_machine_is_named():
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    machine = re.compile(r"/(?:root|home|work)/[a-z.]")
    texts = {".py", ".md", ".toml", ".yml", ".ipynb", ".txt", ".cfg", ".sh"}
    paths = [ROOT / name for name in tracked.stdout.split("\0") if Path(name).suffix in texts]
    named = [str(p) for p in paths if p.is_file() and machine.search(p.read_text(encoding="utf-8"))]
    assert [f"{ROOT}/tests/laws/test_laws.py"] == sorted({*named, f"{ROOT}/tests/laws/test_laws.py"})
