# make run: install and open the app.  make test: install what tests need and pass them.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: run test check bench results results-long demo-runs catalogue clean

run: $(VENV)/.run
	$(BIN)/streamlit run app.py

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/oxlint --deny-warnings pages tests

# What is claimed about speed; each has options for longer runs (python -m benchmarks.NAME --help).
bench: $(VENV)/.dev
	for name in training characters translation vocabulary recurrences devices reading bptt_sweep bptt_views inspect_speed sessions page_speed canvas_frames cold_start; do \
	  echo "== $$name"; $(BIN)/python -m benchmarks.$$name || exit 1; done

results: $(VENV)/.run
	$(BIN)/python -m benchmarks.results
	$(BIN)/python -m benchmarks.prefixes

# The results that take longer than five minutes: one row per call, resumed where a call was stopped.
results-long: $(VENV)/.run
	$(BIN)/python -m benchmarks.results_long

# Trains the runs that a fresh workspace opens with, on the public data in ../shared/data, and saves their results.
demo-runs: $(VENV)/.run
	$(BIN)/python samples/make_runs.py

# Collects the messages of the interface into the catalogues of locales/ and compiles them (docs/translating.md).
catalogue: $(VENV)/.dev
	$(BIN)/python locales/collect.py

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -r requirements.txt
	touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install -q -r requirements-dev.txt
	touch $@ $(VENV)/.run

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
