# Bursar's commands. Everything they need is made in .venv from the lock files; a second run finds it made.
#
#   make up      start everything here and stay in the foreground (BURSAR_PORT, BURSAR_HOME, DATABASE_URL move it)
#   make demo    a walk through both APIs against a running `make up`
#   make cli ARGS="logs --follow"   the command of a merchant's engineer, on the sandbox of `make up`
#   make check   style, types, rules and the quick tests
#   make test    every test
#   make test-long   the same with its matrices in full length
#   make bench   the benchmarks
#   make dist    wheel and source distribution in dist/
#   make lock    resolve the requirements of pyproject.toml again (needs uv)
#   make clean   remove what these commands made, but not var/, which holds data

PYTHON ?= python3
UV ?= uv
PY := .venv/bin/python
# One more than there are cores: many tests wait for a server, a bank or a minute.
WORKERS := $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))

# What `make check` runs of the tests: quick ones that need no server of their own.
FAST_TESTS = $(wildcard sdk/python/tests tests/kernel tests/rules tests/api/card/pure tests/api/payout/pure tests/api/*/test_contract.py)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1
# Compiled modules are kept, also where the environment says no: each of hundreds of processes would compile all again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up demo cli check test test-long bench dist lock clean

help:
	@sed -n 's/^#   //p' Makefile

up: .venv/.installed
	@exec $(PY) -m bursar up

demo: .venv/.installed
	@exec $(PY) -m examples.demo

cli: .venv/.installed
	@PYTHONPATH=sdk/python/src exec $(PY) -m bursar_sdk.cli $(ARGS)

check: .venv/.installed-dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m mypy --python-version 3.10 sdk/python/src sdk/python/examples
	$(PY) tools/generate.py --check
	$(PY) -m pytest -m "not slow" $(FAST_TESTS)

test: .venv/.installed-dev
	$(PY) -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

test-long: .venv/.installed-dev
	BURSAR_TEST_LONG=1 $(PY) -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder

bench: .venv/.installed-dev
	@exec $(PY) -m benches

dist: .venv/.installed
	@rm -rf dist && mkdir dist
	@$(PY) -c "from flit_core import buildapi as b; print('dist/' + b.build_wheel('dist')); print('dist/' + b.build_sdist('dist'))"
	@cd sdk/python && $(CURDIR)/$(PY) -c "from flit_core import buildapi as b; print('dist/' + b.build_wheel('../../dist'))"

LOCK = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --extra source pyproject.toml

lock:
	@command -v $(UV) >/dev/null || { echo "make lock needs uv; 'make lock UV=path/to/uv' says where it is."; exit 1; }
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# The environment. A stamp is as new as the lock it was installed from; the developer's lock holds all of the other,
# and waits for it, so that `make -j up check` never runs pip twice at a time. The stamp holds the folder it was made
# in, because the environment remembers that too and has to be told when the folder moves.

ifneq ($(shell cat .venv/.installed 2>/dev/null),$(CURDIR))
.venv/.installed: moved
.PHONY: moved
moved:
endif

.venv/.installed: requirements.lock pyproject.toml sdk/python/pyproject.toml | .venv/bin/pip
	@echo "Installing what requirements.lock names ..."
	@$(PY) -m pip install --quiet --require-hashes -r requirements.lock
	@$(PY) -m pip install --quiet --no-build-isolation --no-deps --no-index -e . -e sdk/python
	@$(PY) -m compileall -q src
	@printf '%s' '$(CURDIR)' > $@

.venv/.installed-dev: requirements-dev.lock .venv/.installed
	@echo "Installing what requirements-dev.lock names ..."
	@$(PY) -m pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@

.venv/bin/pip:
	@$(PYTHON) tools/bootstrap.py .venv
