# Hearth: `make run` serves it, `make test` checks it. Needs Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help run test lint types imports tests soak test-kills test-upgrade image fix bench bench-allocation bench-candidates bench-growth bench-migration bench-overload bench-reports bench-suppression snapshots lock sbom wheelhouse clean

DOCUMENTS ?= 100000
ENGINE ?= docker
SEED ?= $(shell date +%s)

help: ## list what make can do
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: .venv/run ## set up and serve on 127.0.0.1:8000, with sample data
	@$(BIN)/hearth demo

test: .venv/test ## set up and check everything
	@$(MAKE) --no-print-directory lint types imports tests

lint: .venv/test ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/test ## mypy --strict, tests too
	$(BIN)/mypy

imports: .venv/test ## imports point down the house only
	$(BIN)/lint-imports

tests: .venv/test ## pytest against a real PostgreSQL, with branch coverage
	$(BIN)/pytest -n 2 --dist worksteal --cov --cov-report=term

soak: .venv/test ## ask the planner, graphql-core and the oracle DOCUMENTS (100000) random documents of SEED, and properties others; crash and fill databases (needs root)
	@echo "$(DOCUMENTS) documents of the seed $(SEED); the same again: make soak SEED=$(SEED)"
	HEARTH_TEST_DOCUMENTS=$(DOCUMENTS) HEARTH_TEST_SEED=$(SEED) $(BIN)/pytest -n 2 --dist load --maxfail 1 tests/oracle/test_same_answer.py
	HEARTH_TEST_CASES=10000 HEARTH_TEST_SEED=$(SEED) $(BIN)/pytest -q -o faulthandler_timeout=0 tests/security/test_generated.py
	HEARTH_TEST_SEED=$(SEED) $(BIN)/pytest -q -n 2 -m hypothesis --hypothesis-seed $(SEED)
	$(BIN)/pytest -s -m soak tests/faults

test-kills: .venv/test ## kill the server 50 times in the middle of changes; lose nothing
	PYTHONUNBUFFERED=1 HEARTH_TEST_KILLS=50 $(BIN)/pytest -q -s -p no:xdist -o faulthandler_timeout=0 tests/faults/test_kills.py

image: ## build the image and look inside, its file system read-only (ENGINE=docker, or podman)
	$(ENGINE) build -t hearth .
	$(ENGINE) run --rm -i --read-only --tmpfs /tmp hearth python - < tests/inside_image.py

test-upgrade: .venv/test ## whether the code of the git revision FROM still serves over the schema of today
	$(BIN)/python -m tests.upgrade $(FROM)

fix: .venv/test ## format, and mend what ruff can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/test ## measure reads and writes against their limits and PostGraphile
	@$(BIN)/python -m tests.bench $(BENCH)

bench-allocation: .venv/test ## solve seeded allocations, and print gaps and times
	@$(BIN)/python -m tests.bench.allocation

bench-candidates: .venv/test ## measure the offers for a request among 50,000
	@$(BIN)/python -m tests.bench.candidates $(BENCH)

bench-growth: .venv/test ## measure pages' statements from 50,000 to 5,000,000 offers
	@$(BIN)/python -m tests.bench.growth $(BENCH)

bench-migration: .venv/test ## change a table of a million rows while 200 commands a second are answered
	@$(BIN)/python -m tests.bench.migration $(BENCH)

bench-overload: .venv/test ## load one worker with four times what it can do, and one greedy asker
	@$(BIN)/python -m tests.bench.overload $(BENCH)

bench-reports: .venv/test ## measure each report's figures over 100,000 requests and 60,000 matches
	@$(BIN)/python -m tests.bench.reports $(BENCH)

bench-suppression: .venv/test ## hide small counts in 24,000 cells, audit them, and print what it takes
	@$(BIN)/python -m tests.bench.suppression

PIN := --quiet --universal --upgrade --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url
snapshots: .venv/test ## write schema.graphql, the cases' answers and SQL and who sees what anew, to review
	$(BIN)/hearth schema > schema/schema.graphql
	UPDATE_CASES=1 $(BIN)/pytest -q tests/api/graph/test_cases.py tests/security

lock: .venv/test ## pin the dependencies anew, with hashes
	@$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile $(PIN) pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile $(PIN) --group build --output-file requirements-build.lock
	$(BIN)/uv pip compile $(PIN) pyproject.toml --group build --group dev --output-file requirements-dev.lock

sbom: .venv/test ## write what the image is made of to sbom.json (CycloneDX)
	$(BIN)/cyclonedx-py requirements requirements.lock --pyproject pyproject.toml --output-reproducible --of JSON -o sbom.json

# A fresh environment is set up from the wheels alone, so that what is missing shows here and not there.
wheelhouse: .venv/run ## keep what is pinned as wheels in wheelhouse/, to install where there is no index
	$(BIN)/python -m pip download --no-deps --require-hashes -d wheelhouse -r requirements.lock -r requirements-build.lock
	$(PYTHON) -m venv --clear wheelhouse/tried
	wheelhouse/tried/bin/pip install --no-index --find-links wheelhouse --no-deps --require-hashes -r requirements.lock -r requirements-build.lock
	wheelhouse/tried/bin/pip install --no-index --no-deps --no-build-isolation .
	wheelhouse/tried/bin/hearth --help > /dev/null
	rm -rf wheelhouse/tried

clean: ## remove what set-up and runs made (the embedded data too)
	rm -rf .venv .hearth wheelhouse .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

.venv/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hearth needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Say which with: make PYTHON=python3.12 run")'
	@echo "Making .venv ..."
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/run: .venv/python requirements.lock requirements-build.lock pyproject.toml
	@echo "Installing the pinned dependencies ..."
	@$(BIN)/python -m pip install --no-deps --require-hashes -r requirements.lock -r requirements-build.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/test: .venv/run requirements-dev.lock
	@echo "Installing what the checks need ..."
	@$(BIN)/python -m pip install --no-deps --require-hashes -r requirements-dev.lock
	@touch $@
