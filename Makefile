# `make help` lists the targets. Each one sets up what it needs, also on a fresh clone.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PROJECT := {{cookiecutter.project_slug}}
BUILD := build

# Byte code stays out of the template's folder: whoever bakes from this checkout would get it too.
export PYTHONPYCACHEPREFIX := $(CURDIR)/$(BUILD)/pycache
# It is kept there whatever the machine says: tests start hundreds of programs.
unexport PYTHONDONTWRITEBYTECODE

# Named after what it stands for: another lock is installed, the same one is not, whatever its age.
STAMP := $(VENV)/.template-$(shell cat requirements-dev.lock | cksum | cut -d ' ' -f 1)

UV := $(shell command -v uv 2>/dev/null)
ifdef UV
PIP_INSTALL := $(UV) pip install --quiet --python $(PY)
else
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check
endif

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' Makefile

.PHONY: setup python
python:
	@$(MAKE) -C "$(PROJECT)" python VENV="$(abspath $(VENV))" PYTHON="$(PYTHON)"

setup: $(STAMP) ## Make the virtual environment, which serves generated projects as well
	@$(MAKE) -C "$(PROJECT)" install VENV="$(abspath $(VENV))" PYTHON="$(PYTHON)"

$(STAMP): | python
	@test -x $(PY) || $(PYTHON) -m venv $(VENV)
	@echo "Installing requirements-dev.lock into $(VENV) ..."
	@$(PIP_INSTALL) --require-hashes -r requirements-dev.lock
	@rm -f $(VENV)/.template-* && touch $@

.PHONY: demo
demo: setup ## Bake a project and call both of its servers (SERVE=1: and go on serving)
	@$(PY) -m scripts.demo $(BUILD)/demo $(if $(SERVE),--serve)

.PHONY: bake
bake: setup ## Bake a project with the default answers into build/bake
	@$(PY) -m scripts.bake $(BUILD)/bake

.PHONY: test
test: setup ## Run the tests of the framework and of the template (ARGS: for pytest)
	@$(PY) -m pytest --numprocesses auto --dist worksteal $(ARGS)

.PHONY: coverage
coverage: setup ## Run the tests of the framework and fail where too few lines are covered
	@$(PY) -m coverage erase
	@$(PY) -m coverage run -m pytest -n 2 --dist loadfile tests/framework \
		--ignore tests/framework/test_postgresql.py
	@$(PY) -m coverage combine --quiet
	@$(PY) -m coverage report

.PHONY: docs
docs: setup ## Run what the pages of the documentation show, and follow their links
	@$(PY) -m pytest --quiet tests/docs

# Each side has an environment of its own, with what a project in production has: both have the same
# import name, and the template's own tools would slow down the start of ours.
BENCH := $(BUILD)/bench
BENCH_LOCKS := benchmarks/requirements.lock benchmarks/peer.lock "$(PROJECT)/requirements.lock"
BENCH_STAMP := $(BENCH)/.installed-$(shell cat $(BENCH_LOCKS) | cksum | cut -d ' ' -f 1)
venv = $(PYTHON) -m venv $(BENCH)/$(1) && \
	$(PIP_INSTALL:$(PY)=$(BENCH)/$(1)/bin/python) --require-hashes -r $(2)

.PHONY: bench
bench: setup $(BENCH_STAMP) ## Measure the servers side by side (QUICK=1: one short round)
	@$(PY) -m benchmarks $(if $(QUICK),--quick) $(ARGS)

.PHONY: profile
profile: setup $(BENCH_STAMP) ## Show where our server's time goes under one load (ARGS=Echo)
	@$(PY) -m benchmarks.profiling $(or $(ARGS),Echo)

$(BENCH_STAMP): | $(STAMP)
	@echo "Installing $(BENCH_LOCKS) ..."
	@$(PIP_INSTALL) --require-hashes -r benchmarks/requirements.lock
	@$(call venv,ours,"$(PROJECT)/requirements.lock")
	@$(call venv,peer,benchmarks/peer.lock)
	@touch $@

.PHONY: faults
faults: setup ## Try every fault and bad input on both servers (QUICK=1: the short ones, ARGS)
	@$(PY) -m faults $(if $(QUICK),--quick) $(ARGS)

.PHONY: soak
soak: setup ## Make 200,000 calls and hold 1,000 streams, and see that nothing stays behind (ARGS)
	@$(PY) -m faults.soak $(ARGS)
	@$(PY) -m faults.streams

.PHONY: lint
lint: docs ## Run every linter over the template, and a generated project's own over that project
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy hooks scripts tests benchmarks faults
	@cd "$(PROJECT)" && DEBUG=true "$(abspath $(BIN))/mypy" --cache-dir "$(CURDIR)/$(BUILD)/mypy-project"
	@$(BIN)/yamllint --strict .
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(BIN)/pre-commit validate-config .pre-commit-config.yaml
	@$(BIN)/zizmor --offline --quiet --no-progress .github
	@$(BIN)/kingfisher scan . --git-history none --no-validate --no-update-check --quiet --redact \
		--rules-path "$(PROJECT)/.github/secrets.yaml" --rule-cache-dir $(BUILD)/kingfisher \
		--exclude .git --exclude .venv --exclude build --exclude .env --skip-regex development-only
	@$(PY) -m scripts.bake $(BUILD)/lint
	@$(MAKE) -C $(BUILD)/lint/* lint VENV="$(abspath $(VENV))"

.PHONY: format
format: setup ## Sort imports and format the code
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links --upgrade pyproject.toml

# A generated project's own lock is made in a generated project: uv does not read the unbaked
# pyproject.toml, whose name is a placeholder.
.PHONY: lock
lock: setup ## Put newer versions into all lock files
	@$(PY) -m scripts.bake $(BUILD)/lock
	@PATH="$(abspath $(BIN)):$$PATH" $(MAKE) -C $(BUILD)/lock/* lock
	@cp $(BUILD)/lock/*/requirements.lock $(BUILD)/lock/*/requirements-dev.lock "$(PROJECT)/"
	@$(LOCK) --group dev "$(PROJECT)/requirements-dev.lock" --output-file requirements-dev.lock
	@$(LOCK) --group bench --constraints requirements-dev.lock --output-file benchmarks/requirements.lock
	@$(LOCK) --group peer --constraints requirements-dev.lock --output-file benchmarks/peer.lock

.PHONY: clean
clean: ## Remove what the other targets built, but for the virtual environment
	@rm -rf $(BUILD)
