# Everything sets up what it needs first; `make` alone lists what there is.
# PYTHON names the Python to use, ARGS goes to the program: make test ARGS='-k locks'

PYTHON ?=
ARGS ?=
RUN = .venv/bin/python -m

.PHONY: help setup demo dev test lint types check docs pictures screens walk bench soak laws fuzz mutants schema clean

help:
	@echo 'make demo     everything once, on the sandbox with demo data; needs no account'
	@echo 'make dev      the Dagster UI; on the sandbox until .env names real accounts'
	@echo 'make test     all tests'
	@echo 'make check    lint, types and all tests: what must pass'
	@echo 'make docs     the documents as a site, in build/docs/site'
	@echo 'make pictures the pictures of the README, anew, after make demo; needs Chromium and its driver'
	@echo 'make screens  what commands print on terminals of several widths, recorded anew for the tests'
	@echo 'make walk     a walk through the UI in a browser, on each edition; needs Chromium and its driver'
	@echo 'make lint     style and import contracts'
	@echo 'make types    static types'
	@echo 'make soak     two hours of javis live with edits and changes in many projects'
	@echo 'make laws     the laws of the sync on many more random histories'
	@echo 'make fuzz     ten thousand spoiled answers, five thousand hostile values, and settings'
	@echo 'make mutants  whether the tests notice faults put into the merge'
	@echo 'make bench    speed and memory against a floor measured in the same run'
	@echo 'make schema   write db/schema.sql anew, after adding a migration'
	@echo 'make setup    only the virtual environment with the locked dependencies'

setup:
	@PYTHON='$(PYTHON)' scripts/bootstrap

demo: setup
	@.venv/bin/javis demo $(ARGS)

dev: setup
	@.venv/bin/javis dev $(ARGS)

test: setup
	@$(RUN) pytest -n auto --dist worksteal $(ARGS)

lint: setup
	@$(RUN) ruff check .
	@$(RUN) ruff format --check --quiet .
	@.venv/bin/lint-imports --no-cache

types: setup
	@$(RUN) mypy

check: lint types test

# What makes the site is in an environment of its own: nothing else needs it.
.venv-docs/bin/zensical: docs/site/requirements.lock
	@.venv/bin/python -m venv --clear .venv-docs
	@.venv-docs/bin/pip --quiet --disable-pip-version-check install --no-deps --require-hashes -r $<
	@touch $@

docs: setup .venv-docs/bin/zensical
	@.venv/bin/python docs/site/pages.py
	@.venv-docs/bin/zensical build --strict --config-file build/docs/mkdocs.yml
	@echo 'python3 -m http.server --directory build/docs/site   shows it on port 8000'

pictures: setup
	@JAVIS_ENV_FILE=.javis/demo/env $(RUN) javis_pipeline_tests.pictures

screens: setup
	@JAVIS_RECORD_SCREENS=1 $(RUN) pytest -n 0 javis_pipeline_tests/flow/test_terminal_layout.py $(ARGS)

walk: setup
	@JAVIS_WALKED_EDITIONS=2 $(RUN) pytest -n 0 javis_pipeline_tests/flow/test_ui_walk.py $(ARGS)

bench: setup
	@$(RUN) bench $(ARGS)

# Two hours; ARGS="--minutes 5" for a short one.
soak: setup
	@$(RUN) bench soak $(ARGS)

laws: setup
	@$(RUN) pytest -m laws --hypothesis-profile=laws $(ARGS)

fuzz: setup
	@JAVIS_FUZZED_ANSWERS=10000 JAVIS_FUZZED_VALUES=5000 $(RUN) pytest -m fuzz -n 2 $(ARGS)

mutants: setup
	@$(RUN) javis_pipeline_tests.mutants $(ARGS)

schema: setup
	@$(RUN) javis_pipeline_tests.schema

clean:
	@if [ -x .venv/bin/javis ]; then .venv/bin/javis db stop; fi
	@rm -rf .venv .venv-docs .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info build dist
