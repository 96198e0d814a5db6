# `make run` and `make test` do all the set-up a fresh machine needs; docs/operations.md installs it as a service.
.DEFAULT_GOAL := help
.PHONY: help run test demo lint bench bench-gif bench-temporal bench-engine bench-quality bench-embedded bench-catalogue bench-video bench-product soak

BIN := .venv/bin
CLIPS ?=
CLIPS_OPTION := $(if $(CLIPS),--clips $(CLIPS))

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 18

run: .venv/.ready-run ## watch ./dataset in the foreground and restore what is dropped into it
	@exec $(BIN)/gifrestored run

demo: .venv/.ready-dev ## damage a short clip of a face, restore it, show the row and a before/after picture
	@exec $(BIN)/python -m scripts.demo

test: lint ## lint, type check and all tests
	$(BIN)/pytest -n 2

lint: .venv/.ready-dev ## ruff, mypy --strict, walls and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

bench: bench-gif bench-temporal bench-engine bench-quality bench-embedded bench-catalogue bench-video bench-product ## all benchmarks; CLIPS=DIR brings clips of your own

bench-gif bench-temporal bench-engine bench-quality bench-embedded bench-catalogue bench-video bench-product: bench-%: .venv/.ready-dev
	$(BIN)/python -m benchmarks.$* $(CLIPS_OPTION)

soak: .venv/.ready-dev ## the long tests: damaged files by the hundred thousand, kills, full disks
	$(BIN)/python -m benchmarks.soak_gif $(CLIPS_OPTION)
	$(BIN)/python -m benchmarks.soak

# What `make test` installs is enough for `make run` too.
.venv/.ready-run: pyproject.toml constraints.txt scripts/setup
	@test .venv/.ready-dev -nt pyproject.toml -a .venv/.ready-dev -nt constraints.txt || scripts/setup run
	@touch $@

.venv/.ready-dev: pyproject.toml constraints.txt scripts/setup
	@scripts/setup dev
	@touch $@
