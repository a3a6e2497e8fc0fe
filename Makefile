# Deixis: each target sets up what it needs, once, and then does its job.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup demo test lint clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(VENV)/.dev ## Make the virtual environment with everything for development
	@$(BIN)/python -m envs.chromium

demo: $(VENV)/.core ## Let the embedded model use a small web application, in a real browser
	@$(BIN)/python -m envs.chromium
	@$(BIN)/deixis demo

test: setup ## Run every check: style, types, layers, tests
	@sh scripts/check.sh style types layers tests

lint: $(VENV)/.dev ## Run the checks that need no browser: style, types, layers
	@sh scripts/check.sh style types layers

clean: ## Remove what set-up and checks have made; recorded runs stay
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .hypothesis .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps: newer than what they were made from, so a second run starts at once.
$(VENV)/.core: pyproject.toml constraints.txt scripts/venv.sh
	@sh scripts/venv.sh $(VENV)
	@echo "Installing Deixis and its libraries into $(VENV)"
	@$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	@echo "Installing the development tools into $(VENV)"
	@$(PIP) --editable '.[dev]'
	@touch $@
