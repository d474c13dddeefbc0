# `make table` and `make test` need git, python3 (3.10 or newer) and make, and nothing else.
PYTHON ?= python3
BASE := .venv
TEST := .venv-test

N ?= 10000

.PHONY: table test fuzz blocks pictures structures lint format validate benchmark clean

table: $(BASE)/ready  ## the V2 table at alpha 0.75 and resolution 160, with the base install
	$(BASE)/bin/mbcost table v2 --alpha 0.75 --res 160

test: $(TEST)/ready  ## the whole test suite, with every reference library
	$(TEST)/bin/python -m pytest -n auto --dist worksteal

fuzz: $(TEST)/ready  ## N random tables, formulas against real models; SEED=... repeats a run
	$(TEST)/bin/python -m tools.fuzz $(N) $(SEED)

lint: $(TEST)/ready  ## ruff and mypy
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy

format: $(TEST)/ready  ## let ruff mend what it can
	$(TEST)/bin/ruff check --fix .
	$(TEST)/bin/ruff format .

blocks: $(TEST)/ready  ## what the commands in the README and the docs print, written into the pages anew
	$(TEST)/bin/python -m tools.blocks

pictures: $(TEST)/ready  ## the pictures of docs/plot.md
	$(TEST)/bin/python -m tools.pictures

structures: $(TEST)/ready  ## the structures that explain searches, built ahead
	$(TEST)/bin/python -m tools.pack_structures

validate: $(TEST)/ready  ## every built-in network against every witness: some minutes
	$(TEST)/bin/mbcost validate --against all

benchmark: $(TEST)/ready  ## start-up and one table, beside their peers
	$(TEST)/bin/python benchmarks/startup.py
	$(TEST)/bin/python -m benchmarks.grid --long

clean:  ## remove both environments
	rm -rf $(BASE) $(TEST)

$(BASE)/ready: pyproject.toml
	$(PYTHON) -m venv $(BASE)
	$(BASE)/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(TEST)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(TEST)
	$(TEST)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch torchvision
	$(TEST)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@
