# Everything below works from a clean clone: each target makes what it needs first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test coverage check audit format sandbox viz mlflow up-cluster bench bench-skill ablation replay quality leakage lock clean

export DO_NOT_TRACK := 1
export KEDRO_DISABLE_TELEMETRY := 1
export MLFLOW_DISABLE_TELEMETRY := true
export PREFECT_SERVER_ANALYTICS_ENABLED := false
# A waiting OpenMP thread that spins starves a machine of few cores.
export OMP_WAIT_POLICY := passive

BIN := .venv/bin
# Real observations where they lie beside the checkout; where DATA is empty, `leakage` takes the sandbox's air.
DATA ?= $(wildcard ../shared/data/panel/panel_daily.parquet)
# The first Python from 3.11 to 3.13 that can make a virtual environment.
FIND_PYTHON = for p in $(PYTHON) python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && echo $$p && exit; \
	done; echo "No Python 3.11 to 3.13 with venv was found; set PYTHON=..." >&2; exit 1
COMPILE_LOCK = uv pip compile pyproject.toml --universal --python-version 3.11 --quiet \
	--no-header --no-annotate --no-emit-index-url --generate-hashes

help:  ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: .venv/core  ## the sandbox, from simulated monitors to tomorrow's forecast
	$(BIN)/kedro run

test: .venv/dev  ## the test suite
	$(BIN)/python -m pytest

coverage: .venv/dev  ## the same, traced: a third slower, with the share of lines that it reaches (at least 90 %)
	$(BIN)/python -m pytest --cov --cov-report=term-missing

check: .venv/dev  ## lint, format, types, import contracts, security, secrets in the tree and its history
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive src --configfile pyproject.toml
	$(BIN)/python .ci/secrets_scan.py
	@! grep -nE 'https?://|file:' requirements.txt requirements-dev.txt || (echo "a pinned file names an address" >&2; exit 1)

# requirements-dev.txt pins all of requirements.txt too. What the advisory service does not know is an error, not a pass.
audit: .venv/dev  ## known vulnerabilities of the pinned requirements, asked of PyPI's advisory service
	$(BIN)/pip-audit --requirement requirements-dev.txt --require-hashes --disable-pip --strict

format: .venv/dev  ## put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

sandbox: .venv/core  ## the simulated EPA service alone, on loopback
	$(BIN)/airwatch sandbox

viz: .venv/core  ## the pipelines and their plots, at http://127.0.0.1:4141
	$(BIN)/kedro viz run

mlflow: .venv/core  ## the runs and the registry, at http://127.0.0.1:5000
	PATH="$(CURDIR)/$(BIN):$$PATH" kedro mlflow ui

up-cluster: .venv/dev  ## a Dask scheduler and two workers on this machine, for kedro run --env cluster; Ctrl-C ends them
	trap 'kill 0' EXIT; \
	$(BIN)/dask scheduler --host 127.0.0.1 --port 8786 --no-dashboard & \
	for number in 1 2; do $(BIN)/dask worker tcp://127.0.0.1:8786 --nthreads 1 --no-dashboard & done; \
	wait

bench: .venv/dev  ## speed and memory beside peers and the limit of the machine, on generated data, to benchmarks/results
	$(BIN)/python -m benchmarks.speed

bench-skill: .venv/dev  ## AirWatch and its peers on the same days (DATA=a parquet file of daily values), to benchmarks/results
	$(if $(DATA),,$(error bench-skill needs real observations: name a parquet file, DATA=path))
	$(BIN)/python -m benchmarks.skill $(DATA)

ablation: .venv/dev  ## what each family of features is worth (DATA=a parquet file of daily values), to benchmarks/results
	$(if $(DATA),,$(error ablation needs real observations: name a parquet file, DATA=path))
	$(BIN)/python -m benchmarks.ablation $(DATA)

replay: .venv/dev  ## false alarms a year of monitoring, and the delay until faults are found (DATA=a parquet file of daily values)
	$(if $(DATA),,$(error replay needs real observations: name a parquet file, DATA=path))
	$(BIN)/python -m benchmarks.replay $(DATA)

quality: .venv/dev  ## what data quality names in real years, and how soon it finds faults (DATA=a parquet file of daily values)
	$(if $(DATA),,$(error quality needs real observations: name a parquet file, DATA=path))
	$(BIN)/python -m benchmarks.quality $(DATA)

leakage: .venv/core  ## by how much a random split of repeated rows flatters, beside ours (DATA=a parquet file of daily values)
	$(BIN)/python -m benchmarks.leakage $(DATA)

lock: .venv/dev  ## pin the requirements again
	$(BIN)/$(COMPILE_LOCK) --all-extras -o requirements-dev.txt
	$(BIN)/$(COMPILE_LOCK) -c requirements-dev.txt -o requirements.txt

clean:  ## remove the environment and everything a run wrote
	rm -rf .venv build dist logs/*.log* data/0*_* data/mlflow* .viz

.venv/bin/uv:
	python=$$($(FIND_PYTHON)) && $$python -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

# A stamp for each set of requirements; bytecode is compiled now, once, rather than at every start.
.venv/core: requirements.txt pyproject.toml | .venv/bin/uv
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps -e .
	touch $@

.venv/dev: requirements-dev.txt pyproject.toml | .venv/bin/uv
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements-dev.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --quiet --no-deps -e .
	touch $@ .venv/core
