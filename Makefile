# `make table` and `make test` need only git, python3 (3.10 or newer) and make. The page needs node, npm and two browsers;
# where they are missing, its checks are skipped with the reason, unless CI is set.
PYTHON ?= python3
BASE := .venv
TEST := .venv-test
DOCS := .venv-docs
NODE := page/node_modules

.PHONY: table test thorough quick fuzz hostile faults mutants blocks pictures python structures priors devices page docs package lint format
.PHONY: check-page checked-page validate benchmark clean

table: $(BASE)/ready  ## print the V2 table at alpha 0.75 and resolution 160, with the base install
	$(BASE)/bin/mbcost table v2 --alpha 0.75 --res 160

test: $(TEST)/ready  ## run the whole test suite, with every reference library
	$(TEST)/bin/python -m pytest -n auto --dist worksteal

thorough: $(TEST)/ready  ## run every case of the broad tests, and those of properties with more examples
	$(TEST)/bin/python -m pytest -n auto --dist worksteal --thorough tests

quick: $(TEST)/ready  ## run ruff and the tests that need neither torch nor much time, in less than a minute
	$(TEST)/bin/ruff check .
	$(TEST)/bin/python -m pytest --quick -n auto --dist worksteal -r fE

fuzz: N ?= 10000
fuzz: $(TEST)/ready  ## compare formulas and real models on N random tables; SEED=... repeats a run
	$(TEST)/bin/python -m tools.fuzz $(N) $(SEED)

hostile: N ?= 100000
hostile: $(TEST)/ready  ## try N hostile command lines and files, with limits of time and memory; SEED=... repeats a run
	$(TEST)/bin/python -m tools.hostile $(N) $(SEED)

faults: $(TEST)/ready  ## try the commands while a disk is full, a pipe breaks, a signal comes or memory ends
	$(TEST)/bin/python -m tools.faults

lint: $(TEST)/ready check-page  ## run ruff and mypy, and check the sources of the page
	$(TEST)/bin/ruff check .
	$(TEST)/bin/ruff format --check .
	$(TEST)/bin/mypy

format: $(TEST)/ready  ## let ruff fix what it can
	$(TEST)/bin/ruff check --fix .
	$(TEST)/bin/ruff format .

mutants: N ?= 200
mutants: PROCESSES ?= 2
mutants: $(TEST)/ready  ## plant N small faults in the engine and list those that no test finds; SEED=... repeats a run
	$(TEST)/bin/python -m tools.mutants $(N) $(SEED) --processes $(PROCESSES) $(if $(ONLY),--only '$(ONLY)')

blocks: $(TEST)/ready  ## write the output of the commands in the README and the docs into the pages
	$(TEST)/bin/python -m tools.blocks
	$(TEST)/bin/python -m tools.screens

pictures: $(TEST)/ready  ## draw the pictures of docs/plot.md, and photograph the page; needs chromium
	$(TEST)/bin/python -m tools.pictures
	$(TEST)/bin/python -m tools.page_picture

python: $(TEST)/ready  ## write the signatures of docs/python.md, and execute docs/tour.ipynb
	$(TEST)/bin/python -m tools.signatures
	$(TEST)/bin/python -m tools.tour

structures: $(TEST)/ready  ## pack the structures that `explain` searches
	$(TEST)/bin/python -m tools.pack_structures

priors: $(TEST)/ready  ## write what is expected of a device, from the built-in ones
	$(TEST)/bin/python -m tools.priors
	$(TEST)/bin/python -m tools.pack_devices

devices: $(TEST)/ready  ## write the lines of `mbcost devices`, after a change of a measured device or of the model
	$(TEST)/bin/python -m tools.pack_devices

page: $(NODE)/.ready  ## build the script and the style of the page from page/
	npm run --silent --prefix page build

check-page:  ## check the types of page/, run its own tests, and compare its build with the committed files
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory checked-page; \
	elif [ -n "$$CI" ]; then echo "the page is not checked: install nodejs and npm" >&2; exit 1; \
	else echo "the page is not checked: nodejs and npm are not installed"; fi

checked-page: $(NODE)/.ready
	npm run --silent --prefix page check
	npm run --silent --prefix page test
	npm run --silent --prefix page verify

docs: $(DOCS)/ready  ## build the documentation site in build/site; a warning is an error
	NO_MKDOCS_2_WARNING=1 $(DOCS)/bin/python -m mkdocs build --quiet

package: $(DOCS)/ready  ## build and check what a package index gets, in dist
	rm -rf dist
	$(DOCS)/bin/python -m build
	$(DOCS)/bin/python -m twine check --strict dist/*

validate: $(TEST)/ready  ## compare every built-in network with every witness; takes some minutes
	$(TEST)/bin/mbcost validate --against all

benchmark: $(TEST)/ready  ## measure start-up, one table, totals and grids, side by side with peers
	$(TEST)/bin/python benchmarks/startup.py
	$(TEST)/bin/python -m benchmarks.grid --long

clean:  ## remove the environments, the site and the packages
	rm -rf $(BASE) $(TEST) $(DOCS) $(NODE) build dist

$(BASE)/ready: pyproject.toml
	$(PYTHON) -m venv $(BASE)
	$(BASE)/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(TEST)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(TEST)
	$(TEST)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt torch torchvision
	$(TEST)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

$(DOCS)/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(DOCS)
	$(DOCS)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	touch $@

$(NODE)/.ready: page/package.json page/package-lock.json
	npm ci --prefix page --silent
	touch $@
