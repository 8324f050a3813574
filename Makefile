# Two commands for everyone: make demo, make test. Each makes its own environment once, in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.made

.PHONY: demo test check-slow check-interpreted bench docs lint lock oracle stonesoup clean help

help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Lingding needs CPython 3.11, 3.12 or 3.13, not {v[0]}.{v[1]}; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@$(BIN)/vts doctor --warm
	@touch $@

## make demo        simulate, replay, score, map and report; names the files to open
demo: $(STAMP)
	$(BIN)/vts demo --out out/demo

## make test        lint, laws and the whole suite
test: $(STAMP) lint
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup tests

## make lint        style, layers and the other laws that need no run
lint: $(STAMP)
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/lint-imports --no-cache

## make check-slow  the slow tests (200 kills of a replay, notebooks, pages, judges), and the suite bounds-checked
check-slow: $(STAMP) oracle
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup --slow -m slow tests
	NUMBA_BOUNDSCHECK=1 $(BIN)/python -m pytest -q -n 2 --dist loadgroup tests

## make check-interpreted  the suite with the JIT off: the interpreter alone, longer than both others
check-interpreted: $(STAMP)
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -q -n 2 --dist loadgroup tests

## make bench       every benchmark, as ratios to a peer in the same run
bench: $(STAMP)
	$(BIN)/python -m tests.bench

## make docs        the pages and the reference of all verbs and nouns as a site in out/site
docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "mkdocs-material>=9.5,<10"
	$(BIN)/python docs/site.py out/site

## make oracle      independent judges and peers in environments of their own, for the tests and benchmarks that ask them
oracle:
	$(PYTHON) -m venv .venv-oracle
	.venv-oracle/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement tests/oracle/requirements.txt
	$(PYTHON) -m venv .venv-decoder
	.venv-decoder/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement tests/oracle/requirements-decoder.txt

## make stonesoup   the peer of the fusion benchmark, in an environment of its own (matplotlib and all: 400 MB)
stonesoup:
	$(PYTHON) -m venv .venv-stonesoup
	.venv-stonesoup/bin/python -m pip install --quiet --disable-pip-version-check --requirement tests/oracle/requirements-stonesoup.txt

## make lock        pin every version anew (needs uv)
lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 --extra dev pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) out dist
