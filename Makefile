# The daily commands; `make setup` first. Each runs from the project's own environment, .venv.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup check fix test fast gate

setup: ## Make .venv with everything that tests and checks need
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check -e '.[test]'

check: ## Lint, format and types, as the gate does
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

fix: ## Mend what ruff can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: ## The whole suite, on every core
	$(BIN)/python -m pytest -q -n auto --dist worksteal

fast: ## The suite without its slow tests
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not slow"

gate: ## What has to pass before a change goes in: a fresh environment, checks, all tests
	.ci/run
