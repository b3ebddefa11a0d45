# `make` alone explains. Every target does the set-up it needs, and only what is missing of it.

PYTHON := /usr/bin/python3
BIN := .venv/bin
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
# Only errors: every version is locked, so there is nothing else to learn.
PIP := $(BIN)/pip install --quiet --quiet --disable-pip-version-check
# The one tool that the lock files do not hold, since it writes them.
UV := uv==0.13.9
COMPILE = $(BIN)/uv pip compile --quiet --python $(BIN)/python --python-platform linux \
	--generate-hashes --no-strip-extras --custom-compile-command "make lock" $(UPGRADE)

# Tests run as root must leave nothing in the tree that its owner cannot remove.
export PYTHONDONTWRITEBYTECODE := 1
PYTEST = $(BIN)/python -m pytest -p no:cacheprovider
# Files of tests go to workers; where hosts are booted each has a lab apart from the other's. A
# third of the time of the others is waiting, so three workers keep two processors busy.
THREE = --dist loadfile -n 3
APART = --dist loadfile --tx "2*popen//python=$(CURDIR)/scripts/apart $(CURDIR)/$(BIN)/python"

# A broken link is an error.
SPHINX = $(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky -d .sphinx_cache docs

# Targets share .venv and the lab; `make -j` must not run them side by side.
.NOTPARALLEL:
# The sections of debian-packages.txt that a target asks for.
NEEDS := venv
demo: NEEDS := venv lab
unit: NEEDS := venv unit
lab: NEEDS := venv lab qemu browser
test: NEEDS := venv unit lab qemu browser
faults: NEEDS := venv lab
matrix: NEEDS := venv lab qemu
bench: NEEDS := venv lab
thorough: NEEDS := venv lab qemu browser

.PHONY: help demo desk test unit lab faults matrix bench thorough check docs format setup packages lock clean
.DEFAULT_GOAL := help

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

demo: setup ## Boot a Debian host in the lab and move its address onto the bridge
	@scripts/demo

desk: setup ## JupyterLab on this machine, opened on the page that leads to everything else
	@$(BIN)/runbook desk

test: setup unit lab ## Every test, the lab's included

unit: setup ## The tests that need no privilege
	$(PYTEST) $(THREE) tests/rehearsal tests/unit tests/architecture

lab: setup ## The tests that boot hosts (root or sudo)
	@$(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(BIN)/runbook lab build --kernel bookworm
	$(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(PYTEST) $(APART) -m "not (thorough or emulated)" tests/lab tests/matrix tests/faults tests/notebooks tests/browser
	@# An emulated processor needs the machine for itself.
	$(SUDO) env PYTHONDONTWRITEBYTECODE=1 scripts/apart $(PYTEST) -m "emulated and not thorough" tests/lab

faults: setup ## Hit a change at every step with every fault, on three releases, and a guest's move (an hour and more)
	$(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(BIN)/python -m tests.faults

matrix: setup ## Each release, addressing, STP, firewall profile, kernel; hosts full of services
	@$(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(BIN)/runbook lab build $(addprefix --kernel ,bullseye bookworm trixie)
	$(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(BIN)/python -m tests.matrix

bench: setup ## Measure against other tools: tables in the terminal, outputs/bench/latest.json (40 minutes)
	$(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(BIN)/python -m benchmarks

thorough: setup ## What `make test` leaves out: the same kinds of test, on more hosts and in more ways
	@$(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(BIN)/runbook lab build --guests all --kernel bookworm
	$(SUDO) env PYTHONDONTWRITEBYTECODE=1 $(PYTEST) $(APART) -m thorough tests/lab tests/matrix tests/faults tests/notebooks tests/browser
	$(PYTEST) --hypothesis-profile=thorough --timeout=3600 tests/unit/test_decoders.py

check: setup ## Format, lint, types, import contract, spelling, links, Python 3.7 on hosts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell
	@said=$$($(BIN)/towncrier build --draft --version check 2>&1) || { echo "$$said" >&2; exit 1; }
	$(SPHINX) site
	$(PYTEST) -q tests/architecture/test_documents.py tests/architecture/test_python_on_hosts.py

docs: setup ## The documents as a site, in site/
	$(SPHINX) site
	@echo "open site/index.html"

format: setup ## Rewrite in the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

setup: packages .venv/installed ## Debian packages and .venv, where missing
	@# Else each program that a test starts compiles all of it again.
	@$(BIN)/python -m compileall -q src tests || true

packages:
	@scripts/packages $(NEEDS)

.venv/installed: requirements-build.lock requirements.lock pyproject.toml \
		scripts/ipython_kernel_config.py scripts/kernel.json | packages
	@echo "setup: Python packages into .venv, one or two minutes"
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear .venv
	@$(PIP) --require-hashes -r requirements-build.lock
	@$(PIP) --require-hashes --no-build-isolation -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

lock: setup ## Solve the versions again (UPGRADE=--upgrade for newer ones)
	$(PIP) $(UV)
	$(COMPILE) --extra dev pyproject.toml --output-file requirements.lock
	$(COMPILE) --group build --constraint requirements.lock --output-file requirements-build.lock

clean: ## Take the lab down and remove what the set-up made in this folder
	@test ! -x $(BIN)/runbook || $(SUDO) $(BIN)/runbook lab down
	find src tests -name __pycache__ -prune -exec rm -rf {} +
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .sphinx_cache site
