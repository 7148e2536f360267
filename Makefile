# One word per chore; CI and the hooks call the same words.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
UV     := uv==0.13.8
DATA   ?= data

.PHONY: help setup demo test check bench lock clean

help:
	@echo "make demo    set up, and run the whole loop on the shipped example"
	@echo "make test    set up, and run the tests"
	@echo "make check   format, lint, types, layers, and the example's own check"
	@echo "make bench   speed against the targets; DATA=<folder> adds the real data sets"
	@echo "make lock    write requirements/*.lock anew from pyproject.toml"

# The lock pins versions with hashes. uv installs it in seconds; where uv cannot be had or reaches nothing, pip does
# the same. Compiled here, as pip does anyway: where Python may not write bytecode every start would take twice as long.
$(BIN)/.ready: pyproject.toml requirements/dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "fixloop needs python3 >= 3.11; set PYTHON=…"; exit 3; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check $(UV) 2>/dev/null && \
	  $(BIN)/uv pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements/dev.lock 2>/dev/null || \
	  $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q src
	@touch $@

setup: $(BIN)/.ready

demo: $(BIN)/.ready
	@$(BIN)/fixloop demo

test: $(BIN)/.ready
	@$(BIN)/python -m pytest

check: $(BIN)/.ready
	@$(BIN)/ruff format --check -q src tests benchmarks
	@$(BIN)/ruff check -q src tests benchmarks
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/fixloop check

bench: $(BIN)/.ready
	@$(BIN)/python benchmarks/startup.py
	@$(BIN)/python benchmarks/guard_speed.py
	@$(BIN)/python benchmarks/apply_speed.py
	@$(BIN)/python benchmarks/queue_speed.py
	@$(BIN)/python benchmarks/run_speed.py $(DATA)
	@$(BIN)/python benchmarks/eval_speed.py $(DATA)

lock: $(BIN)/.ready
	@$(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
	  --group dev pyproject.toml -o requirements/dev.lock

clean:
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
