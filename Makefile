# What each target does is a script in .setup/, so that it can be read and run alone.

PORT ?= 8000
WORKERS ?= 2
export PORT

.PHONY: help install demo test check prove bench lock hooks clean purge

help:
	@echo "make demo     install what is missing, start the database, serve the map on http://127.0.0.1:$(PORT) (PORT=)"
	@echo "make test     install what is missing, run all tests (some minutes)"
	@echo "make check    lint, types, import rules, migrations"
	@echo "make prove    the long proofs: many tries, kills, full sample data (SAMPLE_DATA=)"
	@echo "make bench    costs as ratios, written to build/bench.json"
	@echo "make lock     resolve the Python dependencies anew (commit the result)"
	@echo "make hooks    have git run the quick checks before each commit"
	@echo "make clean    remove what was installed and built; the data stay"
	@echo "make purge    clean, and delete the private database with all its data"

install:
	@.setup/install postgis gettext chromium

demo:
	@.setup/demo

test: install
	@.venv/bin/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: install
	@.setup/check

prove: install
	-@.setup/system mapserver
	-@.setup/peers
	@.venv/bin/pytest -m prove $(ARGS)

bench: install
	-@.setup/system wrk mapserver
	-@.setup/peers
	@.venv/bin/python -m benchmarks $(ARGS)

lock:
	@.setup/python && .setup/lock --upgrade && .setup/python

hooks: install
	@.venv/bin/pre-commit install

clean:
	@.setup/clean

purge:
	@.setup/clean --data
