# The one task runner: pre-commit, CI and people call the same commands.
# On a fresh machine Python 3.11 to 3.13 and make are enough; everything else goes into .venv.

PYTHON  ?= python3
ARGS    ?=
WORKERS ?= 2

VENV := .venv
BIN  := $(VENV)/bin

export DO_NOT_TRACK := 1
export KEDRO_DISABLE_TELEMETRY := 1
export MLFLOW_DISABLE_TELEMETRY := true
export GX_ANALYTICS_ENABLED := false
# kedro-mlflow defines a model class at import, and MLflow has an opinion on it at every start.
export PYTHONWARNINGS := ignore::UserWarning:mlflow.pyfunc.utils.data_validation

# A run is several processes. Where Python may not keep what it compiles, each of them compiles its
# libraries anew, and takes three times as long; all of it stays in .venv and src.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: help setup run test lint format types floors viz bench simulate regret lock clean

help:  ## Show this help
	@echo "make <target> [ENV=test] [ARGS='...'] [PYTHON=python3.12]"
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  %-8s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.stamp-dev  ## Install what development needs, and the git hooks
	@if git rev-parse --git-dir >/dev/null 2>&1; then $(BIN)/pre-commit install; fi

run: $(VENV)/.stamp-run  ## Run the pipelines (ENV=bwdf, ARGS='--pipelines ingestion,validation')
	@$(BIN)/kedro run $(if $(filter command,$(origin ENV)),--env $(ENV)) $(ARGS)

# Coverage is measured once and asked twice: the domain decides, so it answers to a higher bar.
test: $(VENV)/.stamp-dev  ## Run the tests and hold the coverage (WORKERS=4, ARGS='-k gates')
	@$(BIN)/coverage erase
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup --cov --cov-report= $(ARGS)
	$(BIN)/coverage report --include='src/modelfleet/domain/*' --fail-under=95
	$(BIN)/coverage report --omit='src/modelfleet/domain/*' --fail-under=85

lint: $(VENV)/.stamp-dev  ## Check style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(VENV)/.stamp-dev  ## Mend style and format where a machine can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(VENV)/.stamp-dev  ## Check the types of src
	$(BIN)/mypy

floors: $(VENV)/.stamp-dev  ## Check that imports go down only
	$(BIN)/lint-imports

# Kedro-Viz writes to build/ whatever one asks for, and ends with 0 also when it failed.
viz: $(VENV)/.stamp-dev  ## Build the pipeline picture as a static site in build/viz
	@rm -rf build
	$(BIN)/kedro viz build --include-previews
	@test -s build/api/main || { echo "The site was not built: see the messages above." >&2; exit 1; }
	@sed -i '/https:.*fonts\.g/d' build/index.html  # it works offline and asks nobody
	@mv build .viz-site && mkdir build && mv .viz-site build/viz
	@echo "Look at it with: $(BIN)/python -m http.server --directory build/viz"

bench: $(VENV)/.stamp-dev  ## Measure the speed (ARGS='--sensors 5000 --hours 8760')
	$(BIN)/python -m tests.benchmarks.run $(ARGS)

simulate: $(VENV)/.stamp-dev  ## Try the gate on fleets of which the truth is known (ARGS='--runs 40')
	$(BIN)/python -m tests.benchmarks.gate $(ARGS)

regret: $(VENV)/.stamp-dev  ## Measure what the gate costs on the sample fleets (ARGS='--fleet bwdf')
	$(BIN)/python -m tests.benchmarks.regret $(ARGS)

lock: $(BIN)/python  ## Renew the pinned versions in constraints.txt
	@$(find_uv); "$$uv" pip compile --quiet --upgrade --universal --fork-strategy fewest \
	  --python-version 3.11 --all-extras --no-annotate --no-header pyproject.toml -o constraints.txt

# What runs produce in every environment but production. Raw data stay.
PRODUCED := data/02_* data/03_* data/04_* data/05_* data/06_* data/07_* data/08_* \
            data/mlflow data/releases data/channels data/approvals data/witness data/notifications \
            data/test data/bwdf

clean:  ## Remove produced data, builds and caches, never data/01_raw
	@for folder in $(PRODUCED); do \
	  if [ -d "$$folder" ]; then find "$$folder" -mindepth 1 ! -type d ! -name .gitkeep -delete; \
	    find "$$folder" -depth -type d -empty -delete; fi; \
	done
	@rm -rf build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache \
	  .pytest_cache .ruff_cache .viz .viz-site
	@find src tests docs notebooks -type d \( -name __pycache__ -o -name .ipynb_checkpoints \) \
	  -prune -exec rm -rf {} + 2>/dev/null || true

# Installation. A stamp says which set is in the venv; a changed pyproject.toml or constraints.txt
# makes it stale, otherwise nothing is installed a second time.

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11 to 3.13 is needed: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); uv venv --quiet --seed --python $(PYTHON) $(VENV); }

# uv installs in seconds what takes pip minutes: the one on PATH, else one in the venv.
find_uv = uv=$$(command -v uv || true); \
  if [ -z "$$uv" ]; then uv=$(BIN)/uv; \
    [ -x "$$uv" ] || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv || true; fi

# Where uv cannot be had or does not reach the packages (it does not read pip's configuration), pip
# does the work.
define install
@echo "Installing $(1) into $(VENV) ..."
@$(find_uv); \
if [ -x "$$uv" ] && "$$uv" pip install --quiet --python $(BIN)/python -c constraints.txt -e '$(1)'; \
then :; else $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
  -c constraints.txt -e '$(1)'; fi
endef

$(VENV)/.stamp-run: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,.)
	@touch $@

# The larger set holds the smaller one.
$(VENV)/.stamp-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(call install,.[viz$(comma)dev])
	@touch $(VENV)/.stamp-run $@

comma := ,
