# nushine: `make reproduce` computes the whole study, `make test` tests it; `make help` lists the rest.
# pip is used as this machine has configured it.

PYTHON ?= python3
WORKERS ?= auto
OUT ?= figures/

VENV := .venv
BIN := $(VENV)/bin
QUIET := python -m pip --disable-pip-version-check -q
PIP := $(BIN)/$(QUIET)
LOCK := constraints-dev.txt

# Environments of other versions, what goes into them, and the tests that run there (old libraries may warn).
LOWEST := .venv-lowest
NEWEST := .venv-newest
PARTS := '.[formats,statistics]' hypothesis pytest pytest-xdist
VERSIONS := -q -n $(WORKERS) --dist worksteal --durations 5 -W default tests/versions

# Programs that JAX has compiled are kept for the next process, test or run on this machine.
export JAX_COMPILATION_CACHE_DIR ?= $(CURDIR)/.jax_cache
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS ?= 0.3

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help reproduce test test-lowest test-newest lint format docs bench lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

reproduce: $(VENV)/.installed  ## compute the study: figures, tables and summary.md, into OUT (default: figures/)
	$(BIN)/nushine reproduce --out $(OUT)

test: $(VENV)/.installed-dev  ## run all tests, with coverage (WORKERS=1 for one process)
	$(BIN)/pytest -n $(WORKERS) --dist worksteal --durations 10 --cov --cov-report term --ignore tests/versions

test-lowest: $(LOWEST)/.installed  ## try each dependency with the lowest versions that pyproject.toml declares
	$(LOWEST)/bin/python -m pip list
	$(LOWEST)/bin/python -m pytest $(VERSIONS)

test-newest: $(NEWEST)/bin/python  ## the same with the newest versions, whatever constraints-dev.txt says
	$(NEWEST)/bin/$(QUIET) install --upgrade --upgrade-strategy eager -e $(PARTS)
	$(NEWEST)/bin/python -m pip list
	$(NEWEST)/bin/python -m pytest $(VERSIONS)

lint: $(VENV)/.installed-dev  ## check style, types, layers and text
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/check_text.py

format: $(VENV)/.installed-dev  ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.installed-dev  ## build the documentation into docs/_build/html (warnings are errors)
	rm -rf docs/_build/api
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html

bench: $(VENV)/.installed-bench  ## measure speed (compiles DarkNews: needs a C compiler and the Python headers)
	$(BIN)/python benchmarks/run.py

lock:  ## write constraints-dev.txt anew from the newest versions that pyproject.toml allows
	rm -rf $(VENV)/lock && $(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip -q install '.[dev,bench,data]'
	{ sed -n '/^#/p' $(LOCK); $(VENV)/lock/bin/python -m pip freeze --exclude nushine; } > $(VENV)/lock.txt
	mv $(VENV)/lock.txt $(LOCK) && rm -rf $(VENV)/lock

clean:  ## remove everything that these targets make, figures/ included
	rm -rf $(VENV) $(LOWEST) $(NEWEST) build dist figures docs/_build htmlcov .coverage .coverage.* \
	  .jax_cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .benchmarks
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# A virtual environment; its stamps say what is installed in it.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit("nushine needs Python 3.11 or newer: make PYTHON=python3.12" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "python3 -m venv failed: on Debian, install python3-venv" >&2; exit 1; }

$(NEWEST)/bin/python:
	$(PYTHON) -m venv $(NEWEST)

$(LOWEST)/.installed: pyproject.toml tools/version_bounds.py
	rm -rf $(LOWEST) && $(PYTHON) -m venv $(LOWEST)
	$(LOWEST)/bin/python tools/version_bounds.py formats statistics dev > $(LOWEST)/bounds.txt
	$(LOWEST)/bin/$(QUIET) install -c $(LOWEST)/bounds.txt -e $(PARTS)
	@touch $@

$(VENV)/.installed: pyproject.toml $(LOCK) | $(BIN)/python
	$(PIP) install -c $(LOCK) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml $(LOCK) | $(BIN)/python
	$(PIP) install -c $(LOCK) -e '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: pyproject.toml $(LOCK) | $(BIN)/python
	$(PIP) install -c $(LOCK) -e '.[bench]'
	@touch $@ $(VENV)/.installed
