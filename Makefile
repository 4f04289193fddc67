# Two commands matter: `make demo` and `make test`. Python 3.11+ and make are all they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ONCE ?=
STRICT ?=

.PHONY: demo test lint types unit browser soak bench docs lock assets screenshots wheel clean

$(BIN)/.run: requirements/run.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/run.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(BIN)/.dev: requirements/dev.txt $(BIN)/.run
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

# What the pages look like. Where the packages cannot be had the pages stay plain, and the next `make` tries again.
ASSETS := src/paridad/web/static/manifest.json
$(ASSETS): tools/build_assets.py requirements/assets.txt $(shell find src/paridad/web/client -type f) | $(BIN)/.run
	@$(BIN)/python tools/build_assets.py $(if $(STRICT),--strict)

assets: $(ASSETS)

# The lists that are compared are made from the official one where its folder is beside the checkout, else invented.
LISTS ?= $(wildcard ../shared/data/targets/ofac)
demo: $(BIN)/.run $(ASSETS)
	@$(BIN)/paridad demo $(if $(ONCE),--once) $(if $(LISTS),--lists $(LISTS))

lint: $(BIN)/.dev
	$(BIN)/ruff check src tests bench
	$(BIN)/ruff format --check src tests bench
	$(BIN)/lint-imports

types: $(BIN)/.dev
	$(BIN)/mypy

PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
unit: $(BIN)/.dev $(ASSETS)
	STRICT=$(STRICT) $(PYTEST) --part counted --cov --cov-report= --cov-report=json:.coverage.json
	$(BIN)/python tests/coverage_gate.py .coverage.json
	STRICT=$(STRICT) $(PYTEST) --part rest

test: lint types unit

browser: $(BIN)/.dev $(ASSETS)
	STRICT=$(STRICT) $(BIN)/python -m pytest -q -m browser tests/browser

screenshots: $(BIN)/.dev $(ASSETS)
	SCREENSHOTS=screenshots $(BIN)/python -m pytest -q -m browser tests/browser/test_browser_pages.py

soak: $(BIN)/.dev
	$(BIN)/python tests/soak.py

bench: $(BIN)/.run
	$(BIN)/paridad bench exchange --json

docs: $(BIN)/.dev
	$(BIN)/python -m pytest -q tests/docs

# Extras stay in the lock: without them pip asks for the newest release of the package that has them, and refuses it.
LOCK := uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-strip-extras
lock:
	$(LOCK) pyproject.toml --extra postgres -o requirements/run.txt
	$(LOCK) pyproject.toml --extra postgres --group dev -o requirements/dev.txt

wheel: $(BIN)/.dev $(ASSETS)
	$(BIN)/python -m pip wheel -q --no-deps -w dist .

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache
