# make run    everything a newcomer needs, then the market with its demonstration data
# make test   what CI runs: the checks, then every test
# make help   the rest
#
# Packages come from whatever index pip is configured for; the lock files carry hashes and no
# address. Each step leaves a stamp in .venv, so a second run starts at once.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
ASSETS := market/web/static/vendor/.lock-hash
SERVE ?=
TESTS ?= tests
SPREAD = -n 2 --dist worksteal
# The test of the engines meets no database, and Spark is not started twice for nothing.
OLDEST_TESTS ?= tests/market tests/ratings --ignore=tests/ratings/shells/test_engines.py
OLDEST = $(BIN)/python tests/oldest_server.py $(BIN)/python -m pytest --quiet $(OLDEST_TESTS)

# uv does not read pip's configuration, so an index that only pip knows is handed to it here.
# Where uv fails all the same, pip itself installs the same hashed lock: slower, never different.
define install
	@index=$$($(BIN)/python -m pip config list 2>/dev/null \
		| sed -n "s/^[^=]*\.index-url='\([^']*\)'$$/\1/p" | tail -n 1); \
	if [ -n "$$index" ] && [ -z "$${UV_DEFAULT_INDEX:-}$${UV_INDEX_URL:-}" ]; then \
		export UV_DEFAULT_INDEX="$$index"; fi; \
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --require-hashes -r $(1) \
	|| { echo "   uv could not; trying pip"; \
		$(BIN)/python -m pip install --quiet --require-hashes -r $(1); }
endef

.PHONY: help
help:
	@echo "make run          install, load the demonstration, serve (SERVE='--port 9000' adds options)"
	@echo "make test         checks and all tests (TESTS=tests/frame for a part)"
	@echo "make coverage     all tests once more, with the lines and branches none of them reaches"
	@echo "make check        ruff, mypy, import contracts, lock files"
	@echo "make bench        public reads beside a bare ASGI application and FastAPI (2 minutes)"
	@echo "make bench-estimates  fee estimates for each second of a core, which should be 1,000"
	@echo "make bench-pages  requests a second and response times of pages and API reads"
	@echo "make bench-regrade  a million evaluations regraded, beside plain means in DuckDB and NumPy"
	@echo "make bench-cells  the cells of one agency among a million, beside decoding the same row groups"
	@echo "make bench-screen the shell screen over nine feeds, beside a plain reading of them (15 minutes)"
	@echo "make bench-load   216 million rows of feeds loaded, beside copying the files (half an hour)"
	@echo "make rating-evidence  how well each policy's stars agree with a truth that is known (a few minutes)"
	@echo "make lock         resolve the dependencies again and write the lock files"
	@echo "make clean        remove .venv and caches; var/ with the data stays"

# ---- set-up ---------------------------------------------------------------------------------

.venv/.made: requirements-build.lock
	@if [ -z "$(PYTHON)" ]; then echo "Steelyard needs Python 3.11 or later, and none is on the PATH." \
		"Install one, or name it: make run PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@echo "-> virtual environment with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { echo "The module venv is missing: on Debian and Ubuntu," \
		"apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements-build.lock || { echo "The package index cannot be reached." \
		"Check the network, or pip's configuration: $(BIN)/python -m pip config list" >&2; exit 1; }
	@touch $@

.venv/.run: .venv/.made requirements.lock
	@echo "-> libraries"
	$(call install,requirements.lock)
	@touch $@

.venv/.dev: .venv/.made requirements-dev.lock
	@echo "-> libraries and development tools"
	$(call install,requirements-dev.lock)
	@touch $@ .venv/.run

# Spark is a download of 434 MB and needs Java: only all tests together ask for it.
.venv/.spark: .venv/.dev requirements-spark.lock
	@echo "-> Spark (434 MB)"
	$(call install,requirements-spark.lock)
	@touch $@

.venv/.package: .venv/.run pyproject.toml $(ASSETS)
	@echo "-> the package itself"
	@VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --offline --no-deps --no-build-isolation -e .
	@touch $@

# A failed fetch only warns: the mark is missing then, and the next run tries again.
$(ASSETS): .venv/.made package-lock.json market/web/assets.py
	@echo "-> browser assets"
	@$(BIN)/python -P market/web/assets.py
	@if [ -e $@ ]; then touch $@; fi

# ---- running --------------------------------------------------------------------------------

.PHONY: run
run: $(ASSETS) .venv/.package
	@exec $(BIN)/steelyard serve --demo $(SERVE)

.PHONY: bench
bench: .venv/.dev .venv/.package
	@exec $(BIN)/python bench/speed.py

.PHONY: bench-estimates
bench-estimates: .venv/.dev .venv/.package
	@exec $(BIN)/python bench/estimates.py

.PHONY: bench-regrade
bench-regrade: .venv/.dev .venv/.package
	@exec $(BIN)/python bench/regrade.py

.PHONY: bench-screen
bench-screen: .venv/.dev .venv/.package
	@exec $(BIN)/python bench/screen.py

.PHONY: bench-load
bench-load: .venv/.dev .venv/.package
	@exec $(BIN)/python -m bench.load_feeds

.PHONY: bench-cells
bench-cells: .venv/.dev .venv/.package
	@exec $(BIN)/python bench/cells.py

.PHONY: bench-pages
bench-pages: .venv/.dev .venv/.package
	@exec $(BIN)/python bench/reads.py

.PHONY: rating-evidence
rating-evidence: .venv/.dev .venv/.package
	@exec $(BIN)/steelyard rating-evidence --out docs/rating-evidence.md

# ---- proving --------------------------------------------------------------------------------

.PHONY: check
check: .venv/.dev .venv/.package
	@echo "-> ruff";           $(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@echo "-> mypy";           $(BIN)/mypy -p market -p ratings
	@echo "-> import contracts"; $(BIN)/lint-imports --no-cache > .venv/contracts.txt \
		|| { cat .venv/contracts.txt; exit 1; }
	@echo "-> syntax warnings"; $(BIN)/python -W error -m compileall -q -f market ratings migrations tests
	@echo "-> texts";          $(BIN)/python -m market.web.extract --check
	@echo "-> lock files";     ! grep -nE '://|^-|--(extra-)?index|--find-links' requirements*.lock

.PHONY: test
test: .venv/.dev $(ASSETS) .venv/.package test-tools $(if $(filter tests,$(TESTS)),test-spark) check
	@echo "-> tests"
	@if [ "$(TESTS)" != tests ]; then exec $(BIN)/python -m pytest $(TESTS); fi; \
	echo "   (beside them those on the oldest supported PostgreSQL, told afterwards)"; \
	$(OLDEST) > .venv/oldest.txt 2>&1 & oldest=$$!; \
	failed=0; $(BIN)/python -m pytest $(SPREAD) tests || failed=1; \
	wait $$oldest || failed=1; cat .venv/oldest.txt; exit $$failed

# Apart from the tests themselves, because counting doubles what they cost.
.PHONY: coverage
coverage: .venv/.dev .venv/.package test-tools test-spark
	@exec $(BIN)/python -m pytest $(SPREAD) --cov --cov-report=term:skip-covered $(TESTS)

# The same domain tests on the oldest supported server.
.PHONY: test-oldest
test-oldest: .venv/.dev .venv/.package test-tools
	@echo "-> tests on the oldest supported PostgreSQL"
	@$(OLDEST)

# The browser tests drive Debian's chromium, one suite runs on PostgreSQL 15, the oldest server
# that Steelyard supports, and Spark needs Java. Root on a Debian machine gets what is missing;
# Debian 13 has Java 21 in the place of 17.
.PHONY: test-tools
test-tools:
	@missing=""; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
		|| command -v google-chrome >/dev/null || missing="$$missing chromium"; \
	fc-list :lang=zh 2>/dev/null | grep -q . || missing="$$missing fontconfig fonts-noto-cjk"; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v java >/dev/null || [ -n "$${JAVA_HOME:-}" ] || missing="$$missing openjdk-17-jre-headless"; \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			echo "-> apt-get install$$missing"; \
			export DEBIAN_FRONTEND=noninteractive; \
			apt-get -q -o Acquire::Retries=3 update >/dev/null; \
			apt-cache show openjdk-17-jre-headless >/dev/null 2>&1 \
				|| missing=$${missing/openjdk-17/openjdk-21}; \
			apt-get -q -y -o Acquire::Retries=3 install --no-install-recommends $$missing >/dev/null; \
		else \
			echo "The tests need$$missing: install them (Debian: sudo apt-get install$$missing)." >&2; \
			exit 1; \
		fi; \
	fi

# A machine that cannot fetch 434 MB tests everything but the second engine, and says so.
.PHONY: test-spark
test-spark: .venv/.dev
	@timeout 900 $(MAKE) --no-print-directory .venv/.spark \
		|| echo "   Spark cannot be installed here: what needs it is left out" >&2

# ---- upkeep ---------------------------------------------------------------------------------

COMPILE = VIRTUAL_ENV=.venv $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
	--generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links pyproject.toml

.PHONY: lock
lock: .venv/.made
	@echo "-> lock files"
	@$(COMPILE) -o requirements.lock
	@$(COMPILE) --group dev -c requirements.lock -o requirements-dev.lock
	@$(COMPILE) --extra spark -c requirements-dev.lock -o requirements-spark.lock
	@VIRTUAL_ENV=.venv $(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links \
		--group build -o requirements-build.lock

.PHONY: clean
clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov test-results
	find market ratings migrations tests bench -name __pycache__ -prune -exec rm -rf {} +
