# Everything starts here, on a machine that has Python >= 3.11 only: make demo, make test.
SHELL := /bin/sh
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
    $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
ARGS ?=

.PHONY: help setup setup-dev assets browser demo quick test test-long check fix bench fuzz faults campaign

help:
	@echo "make demo [ARGS=...]   set everything up, plan a region, play its days"
	@echo "make quick [ARGS=...]  units, rules and pages without servers, within a minute"
	@echo "make test [ARGS=...]   everything the tests need, the checks, then all tests"
	@echo "make test-long         the same with all examples and more faults"
	@echo "make faults [COUNT=n]  what runs is broken in every way, one after the other"
	@echo "make check | fix       lint, format, types, import contracts (fix: repairs what it can)"
	@echo "make bench             measurements"
	@echo "make campaign [DAYS=n] a campaign of six weeks through all processes, judged every evening"
	@echo "make fuzz [COUNT=n]    spoilt records, batches that unpack to much, spoilt files, every field of every route at its worst"

setup:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found (python3). Install it, or say which: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) infra/embedded/environment.py

setup-dev:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found (python3). Install it, or say which: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) infra/embedded/environment.py --dev

demo: setup
	@$(BIN)/prikploeg demo $(ARGS)

# A Chromium for the browser tests, when it is easy to have; without one they are skipped (not in CI).
browser:
	@sh .ci/browser

check: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/prikploeg asyncapi --check
	$(BIN)/prikploeg plan schema --check

fix: setup-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Several workers, each with servers of its own and with whole files, in the order of tests/conftest.py: what a file makes
# once is made once (groups of xdist 3.8 have no effect with pytest 9.2). ARGS="-n 0" runs one test after the other.
PYTEST := $(BIN)/pytest --dist loadfile --no-loadscope-reorder

quick: setup-dev
	$(PYTEST) -n logical -m "not (postgres or kafka or flow or browser or keycloak or faults or slow)" $(ARGS)

test: check browser
	$(PYTEST) -n auto $(ARGS)

# The same tests; those that try by chance do so longer (tests/effort.py).
test-long: check browser
	TESTS_LONG=1 $(PYTEST) -n auto $(ARGS)

# COUNT spoilt records through decode, a tenth of them through Kafka and a real intake; a hundredth as many files with one
# byte, line, quote or cell spoilt through the import; every field of every route of the pages and the API at its worst, one by
# one and a ten-thousandth of COUNT in combinations for each route. SEED chooses which.
fuzz: COUNT ?= 1000000
fuzz: SEED ?= 1
fuzz: setup-dev
	FUZZ_SEED=$(SEED) FUZZ_COUNT=$(COUNT) FUZZ_FLOW_COUNT=$$(($(COUNT) / 10)) FUZZ_WEB_COUNT=$$(($(COUNT) / 10000)) \
	    $(BIN)/pytest tests/events/test_fuzz.py tests/infra/kafka/test_fuzzed_batches.py tests/services/importing/test_accounting.py \
	    tests/flow/test_fuzzed_intake.py tests/services/web/test_worst.py $(ARGS)

# COUNT faults, one after the other, against real servers and processes; SEED chooses which. A table of what held is left in test-results/faults.
faults: COUNT ?= 300
faults: SEED ?= 1
faults: setup-dev
	$(BIN)/python -m tests.faults.long --count $(COUNT) --seed $(SEED) $(ARGS)

bench: setup-dev
	$(BIN)/pytest tests/bench $(ARGS)

# DAYS of a campaign through all processes with a clock of its own; SEED chooses the region. Table, figures and picture are left in
# test-results/campaign; ARGS=--docs keeps them in docs, ARGS=--short plays the compressed story of the tests.
campaign: DAYS ?= 42
campaign: SEED ?= 1
campaign: setup-dev
	$(BIN)/python -m tests.campaign --days $(DAYS) --seed $(SEED) $(ARGS)
