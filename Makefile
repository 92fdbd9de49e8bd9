# Everything a newcomer or CI needs. Each target first sets up .venv, where it is missing or stale.

PYTHON ?= python3
VENV := .venv/bin
# Data of your own stand apart: another firm's past would be theirs in comparisons and monitoring.
DEMO := $(if $(DATA),demo-own,demo)
# One more than the cores: tests wait for servers, disks and each other for a quarter of their time
JOBS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
SIZES ?= 10000 100000
# Hundreds of processes import the same modules: each is compiled once, also where containers forbid it.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help setup demo test quick check fmt docs site wheel sbom torture truth bench bench-large lock deploy-check clean

help:  ## Show the targets.
	@sed -n 's/^\([a-z-]*\):.*  ## /\1\t/p' $(MAKEFILE_LIST)

setup:  ## Make .venv fit pyproject.toml and requirements.lock.
	@$(PYTHON) scripts/setup.py

demo: setup  ## Run the whole job on simulated data, or on yours: make demo DATA=sales.csv
ifdef DATA
	$(VENV)/clientela run "$(DATA)" --workspace $(DEMO) --replace --refit
else
	$(VENV)/clientela simulate retail --out $(DEMO)/simulated
	$(VENV)/clientela run $(DEMO)/simulated/transactions.csv --workspace $(DEMO) --replace --refit
endif
	$(VENV)/clientela report --workspace $(DEMO) --out $(DEMO)/report.html
	$(VENV)/clientela report --workspace $(DEMO) --lang pt_BR --out $(DEMO)/relatorio.html
	@echo
	@echo "The report, for a browser:   $(DEMO)/report.html, in Portuguese $(DEMO)/relatorio.html"
	@echo "The results are in $(DEMO)/results.db, a SQLite database with the views current_*."
	@echo "Every column explained:     $(VENV)/clientela dictionary --workspace $(DEMO)"
	@echo "A key for programs:         $$($(VENV)/clientela keys create demo --scope read --scope export \
		--workspace $(DEMO) | head -1)"
	@echo
	@$(VENV)/clientela users add demo --name Demo --role analyst --role admin --generate --workspace $(DEMO) 2>/dev/null \
		|| $(VENV)/clientela users password demo --generate --workspace $(DEMO)
	@echo "With it the dashboard opens: $(VENV)/clientela serve --workspace $(DEMO) --open"

test: check  ## Everything CI runs.
	OPENBLAS_NUM_THREADS=1 $(VENV)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations=25

quick: setup  ## The tests without whole runs, servers, processes, Spark, browsers and slow ones.
	OPENBLAS_NUM_THREADS=1 $(VENV)/python -m pytest -n $(JOBS) --dist loadfile \
		--no-loadscope-reorder -m "not costly and not slow and not spark and not browser"

check: setup  ## The quick half: style, types, imports, generated pages.
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/mypy --num-workers 2
	$(VENV)/lint-imports
	$(VENV)/python scripts/docs.py --check
	$(VENV)/python scripts/performance.py --check

fmt: setup  ## Write the code in the house style.
	$(VENV)/ruff check --fix
	$(VENV)/ruff format

docs: setup  ## Generate the reference pages from the code.
	$(VENV)/python scripts/docs.py
	$(VENV)/python scripts/performance.py

site: setup  ## Build the documentation site in build/site.
	$(VENV)/python scripts/site.py

wheel: setup  ## Build the wheel, install and run it alone; anew with all it needs: make wheel FRESH=python3.12
	$(VENV)/python scripts/try_wheel.py $(if $(FRESH),--fresh $(FRESH))

sbom: setup  ## Check the licences of what ships and write build/sbom.json (CycloneDX).
	$(VENV)/python -m scripts.supply

torture: setup  ## Repeat the attack, part by part, and go on where it stopped: make torture PART=kills FRESH=1
	OPENBLAS_NUM_THREADS=1 $(VENV)/python -m tests.torture $(PART) $(if $(FRESH),--fresh)

truth: setup  ## Tell beside came on a grid of files and dates, cell by cell: make truth CELLS="uci-year cdnow" HALF=choose PEERS=1
	OPENBLAS_NUM_THREADS=1 HALF=$(HALF) FRESH=$(FRESH) PEERS=$(PEERS) nice $(VENV)/python benchmarks/truth.py $(CELLS)
	$(if $(CELLS),,OPENBLAS_NUM_THREADS=1 nice $(VENV)/python benchmarks/subscription.py)

bench: setup  ## Run the benchmarks; one beyond its limit fails. Under 20 minutes: make bench NAMES="startup small"
	OPENBLAS_NUM_THREADS=1 $(VENV)/python benchmarks/run.py $(NAMES)

bench-large: setup  ## Run those that take longer, with files of up to 1,000,000 customers
	OPENBLAS_NUM_THREADS=1 $(VENV)/python benchmarks/run.py --large $(NAMES)

deploy-check: setup  ## Check the files of deploy/ with the tool of each kind.
	$(VENV)/python -m scripts.deploy_check

lock: setup  ## Pin the newest versions that fit pyproject.toml in requirements.lock.
	$(VENV)/python -m scripts.lock

clean:  ## Remove what was built; your data and the demo's stay.
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
