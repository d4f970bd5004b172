.DEFAULT_GOAL := help
SHELL := /bin/bash

export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
export PIP_ROOT_USER_ACTION := ignore
export PIP_DISABLE_PIP_VERSION_CHECK := 1

BIN := .venv/bin
UV_RELEASE := 0.13
# An installed uv of our release or newer is used; a machine without one gets its own in .tools/.
UV := $(shell uv --version 2>/dev/null | awk '{print $$2; print "$(UV_RELEASE)"}' | sort -V | head -1 \
	| grep -qx '$(UV_RELEASE)' && command -v uv || echo .tools/bin/uv)

.PHONY: install
install: .venv/.complete ## everything a developer needs, into .venv/

.PHONY: run
run: .venv/.runnable ## the whole backend on this machine, with stores and fictitious data (ARGS="--port 0 --fresh")
	@exec $(BIN)/vitalapp dev $(ARGS)

.PHONY: test
test: .venv/.complete ## every test, on embedded PostgreSQL and Valkey (ARGS="-k diary")
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadgroup $(ARGS)

.PHONY: test-postgres15
test-postgres15: .venv/.complete ## every test on the system's PostgreSQL 15, the oldest we support
	VITALAPP_TEST_POSTGRES_MAJOR=15 $(BIN)/pytest -n auto --maxprocesses 4 --dist loadgroup $(ARGS)

.PHONY: check
check: .venv/.complete ## ruff, pyright, import contracts, sqlfluff
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/sqlfluff lint --disable-progress-bar migrations/*/[0-9]*.sql

.PHONY: format
format: .venv/.complete ## what ruff can mend by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: schema
schema: .venv/.complete ## migrations/*/schema.sql anew from head
	VITALAPP_UPDATE_SCHEMA=1 $(BIN)/pytest -q tests/contracts/test_schema.py

.PHONY: openapi
openapi: .venv/.complete ## docs/openapi/*.json anew from the routes
	VITALAPP_UPDATE_OPENAPI=1 $(BIN)/pytest -q tests/contracts/test_openapi_snapshot.py

.PHONY: bench
bench: .venv/.complete ## our speed beside the peers', in one run
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/.complete: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --all-extras --quiet
	@touch .venv/.complete .venv/.runnable

.venv/.runnable: pyproject.toml uv.lock | $(UV)
	$(UV) sync --frozen --no-dev --extra embedded --inexact --quiet
	@touch .venv/.runnable

.tools/bin/uv:
	python3 -m pip install --quiet --target .tools 'uv==$(UV_RELEASE).*'
