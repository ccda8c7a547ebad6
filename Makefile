# Few words: setup · demo · test · check · bench · fmt · clean. `make help` prints them.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_DATA ?= .demo
PYTEST := $(BIN)/python -m pytest
# Status 1: some tests failed. They get the machine to themselves once; whoever fails again has failed (docs/decisions/0160).
ONCE_MORE := { [ $$? = 1 ] && echo "Those that failed, once more and alone:" && $(PYTEST) -vv --last-failed --last-failed-no-failures none; }
CONSOLE_SOURCES := $(shell find console -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help setup dev demo test test-fast check bench fmt reference screenshots lock clean

help: ## Print this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: .make/runtime src/tidegate/web/index.html ## Prepare .venv with the tidegate command, and build the console

demo: setup ## Start everything, publish a test picture, check that it plays, print the URLs
	@# On a terminal it is a job of its own, so that Ctrl-C ends it and not make.
	@if [ -t 0 ]; then set -m; fi; $(BIN)/tidegate demo --data $(DEMO_DATA); exit $$?

test: dev engines ## Pass every test: unit, contract, e2e and chaos; fetches browser and engines by itself
	$(PYTEST) -n 2 -m "not serial" || $(ONCE_MORE)
	$(PYTEST) -m serial || $(ONCE_MORE)

test-fast: dev ## Unit tests alone: seconds
	$(BIN)/python -m pytest tests/unit -n 2

check: dev ## What must hold before a commit: format, lint, types, import law, docs, console
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pylint -j 2 --score=n src/tidegate
	$(BIN)/python -m docs.check
	console/node npm run --silent check

bench: dev engines ## Run every benchmark; each prints a table
	@for b in benchmarks/bench_*.py; do $(BIN)/python $$b || exit 1; done

fmt: dev ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

reference: dev ## Make the references of settings, facts and indicators anew from the code
	$(BIN)/python -m docs.settings_reference
	$(BIN)/python -m docs.facts_reference
	$(BIN)/python -m docs.indicators_reference

screenshots: dev engines ## Make the pictures of README and docs anew
	$(BIN)/python -m docs.screenshots

lock: .make/venv ## Resolve direct dependencies anew into the lock files
	$(BIN)/uv pip compile -q --no-emit-index-url --universal --extra grafana --extra postgres --extra s3 pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --no-emit-index-url --universal --extra grafana --extra postgres --extra s3 --group dev pyproject.toml -o requirements-dev.lock

clean: ## Remove what was built; data folders stay
	rm -rf $(VENV) .make console/node_modules console/dist .mypy_cache .ruff_cache
	find src/tidegate/web -mindepth 1 -not -name __init__.py -delete

dev: setup .make/dev

.PHONY: engines
engines:
	@tests/engines.sh

.make/venv:
	@mkdir -p .make
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

.make/runtime: .make/venv pyproject.toml requirements.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet -r requirements.lock -e .
	@touch $@

.make/dev: .make/runtime requirements-dev.lock
	VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet -r requirements-dev.lock -e .
	@touch $@

src/tidegate/web/index.html: .make/runtime $(CONSOLE_SOURCES)
	console/node npm install --no-audit --no-fund --loglevel=error
	console/node npm run --silent build
	@touch $@
