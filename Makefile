# Every command of this repository; `make` alone lists them.
# Needs Python 3.11 to 3.14 with venv, and make. Works with GNU make from 3.81 on.

VENV    := .venv
BIN     := $(VENV)/bin
# Each holds the folder it was set up in, and is written only when all is installed.
RUNTIME := $(VENV)/.runtime
DEV     := $(VENV)/.dev
# What pytest is told beside the whole suite: make test ARGS="-k budget -x"
ARGS    ?=
PYTHON  ?=

# A virtual environment that lost its Python or was moved counts as none.
$(shell { test -x $(BIN)/python && grep -qsxF "$(CURDIR)" $(RUNTIME); } || rm -f $(RUNTIME) $(DEV))

.DEFAULT_GOAL := help
.PHONY: help demo run test lint fix check bench image lock clean setup

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' Makefile

demo: $(RUNTIME) ## Make one video and preview its posts; needs no keys
	@$(BIN)/reelbot demo

run: $(RUNTIME) ## Run the bot: schedules, waiting runs, health and metrics
	@$(BIN)/reelbot run

test: $(DEV) ## Run the whole suite; ARGS="-k word" narrows it
	@$(BIN)/python -m pytest -n auto --maxprocesses 8 --dist worksteal $(ARGS)

lint: $(DEV) ## Check style, types and the direction of imports
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(DEV) ## Repair what can be repaired by machine
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

check: lint test ## All that must hold before a change lands; CI runs exactly this

bench: $(DEV) ## Measure speed and memory
	@$(BIN)/python -m benchmarks.run

image: ## Build the Docker image
	docker build --tag reelbot .

COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
          --no-emit-index-url --no-header pyproject.toml

lock: $(DEV) ## Write the lock files anew from pyproject.toml; UPGRADE=--upgrade for newer versions
	@$(COMPILE) $(UPGRADE) --group build --output-file requirements.lock
	@$(COMPILE) $(UPGRADE) --group dev --constraint requirements.lock --output-file requirements-dev.lock

clean: ## Remove the virtual environment and all caches; data stays
	rm -rf $(VENV) .*_cache .hypothesis dist build

setup: $(RUNTIME) ## Only set up what running needs; demo and run do it by themselves

# Tried by running it: a name on the PATH need not be a Python that works.
FIND_PYTHON = for python in $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3 python; do \
	  "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' \
	    2>/dev/null && break; \
	  python=; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "Install Python 3.11 to 3.14 with venv, then run make again. Debian, Ubuntu: sudo apt install python3 python3-venv; Fedora: sudo dnf install python3.13; macOS: brew install python@3.13; Windows: wsl --install, then as Ubuntu."; \
	  exit 1; \
	fi

PIP = $(BIN)/python -m pip --disable-pip-version-check -qq

# Without its stamp the environment may be half finished, so it is made from nothing. The stamps go
# before anything changes and come back last: whatever interrupts this, the next make starts over.
define INSTALL
	@set -e; \
	if [ ! -e $(RUNTIME) ]; then \
	  $(FIND_PYTHON); \
	  echo "Setting up $(VENV) with $$($$python --version); the first time this takes about a minute."; \
	  "$$python" -m venv --clear $(VENV); \
	fi; \
	rm -f $(RUNTIME) $(DEV); \
	$(PIP) install --require-hashes -r $(1); \
	$(PIP) install --no-deps --no-build-isolation -e .
endef

$(RUNTIME): requirements.lock pyproject.toml
	$(call INSTALL,requirements.lock)
	@echo "$(CURDIR)" > $(RUNTIME)

$(DEV): requirements-dev.lock pyproject.toml
	$(call INSTALL,requirements-dev.lock)
	@echo "$(CURDIR)" > $(RUNTIME)
	@echo "$(CURDIR)" > $(DEV)
