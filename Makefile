# The only list of commands. `make` alone prints it.

VENV := .venv
BIN := $(VENV)/bin
PACKAGES := omas_cli oobo_hooks omar_daemon shared
TESTS ?= tests
PYTEST_OPTIONS ?=
NOT_INSTALLED := echo "pip could not install it: the first installation, and one after pyproject.toml has changed, needs a package index." >&2; exit 1

.PHONY: help run test test-backends test-stress lint bench completions clean

help:
	@echo "make run            install into $(VENV), start the daemon, take the tour"
	@echo "make test           run the tests (real tmux, git, daemon, database)"
	@echo "make test-backends  run the tests with the real agent programs from npm"
	@echo "make test-stress    run many agents at once while the daemon is killed"
	@echo "make lint           ruff, mypy, the arrows between packages"
	@echo "make bench          measure every promised figure beside a reference"
	@echo "make completions    write completions/ anew"
	@echo "make clean          remove $(VENV) and caches"

# A stamp per extra: offline, nothing is fetched again until pyproject.toml changes.
$(VENV)/.installed: pyproject.toml
	@sh .ci/require tmux git
	@test -x $(BIN)/python || "$$(sh .ci/python)" -m venv $(VENV)
	@echo "installing the suite into $(VENV), which takes half a minute ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . || { $(NOT_INSTALLED); }
	@touch $@

# Compiled once, for an environment may forbid Python to do it and then every start would compile anew.
SOURCES := $(shell find $(PACKAGES) -name '*.py')
$(VENV)/.compiled: $(VENV)/.installed $(SOURCES)
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.compiled
	@echo "installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' || { $(NOT_INSTALLED); }
	@touch $@

run: $(VENV)/.compiled
	@sh .ci/require tmux git
	@sh .ci/require --optional bwrap
	@$(BIN)/omar up
	@$(BIN)/omar tour

test: $(VENV)/.installed-dev
	@sh .ci/require tmux git
	PYTEST_DEBUG_TEMPROOT=$$(sh .ci/memory-folder) $(BIN)/python -m pytest -n 3 -m "not backends and not stress" $(PYTEST_OPTIONS) $(TESTS)

test-backends: $(VENV)/.installed-dev
	@sh .ci/require tmux git npm
	$(BIN)/python -m pytest -m backends $(PYTEST_OPTIONS) tests/backends

test-stress: $(VENV)/.installed-dev
	@sh .ci/require tmux git
	PYTEST_DEBUG_TEMPROOT=$$(sh .ci/memory-folder) $(BIN)/python -m pytest -m stress $(PYTEST_OPTIONS) $(TESTS)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed-dev
	@sh .ci/require tmux git
	$(BIN)/python -m tests.bench $(BENCH)

completions: $(VENV)/.compiled
	$(BIN)/python -m shared.cli.completions completions

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
