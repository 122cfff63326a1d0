PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(BIN)/python -m uv pip
# TORCH=cpu takes PyTorch's wheels without CUDA, from PyTorch's own index
TORCH ?= default

.PHONY: run test test-fast mutate check lock charts train-environment reproduce clean

run: $(VENV)/ready ## the app on http://127.0.0.1:7860 (GRADIO_SERVER_PORT to change)
	$(BIN)/python app.py

test: $(VENV)/ready-dev ## every test, offline; three workers, for much of it is waiting
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder \
	  --cov models --cov tabs --cov-report term:skip-covered --cov-fail-under 92

test-fast: $(VENV)/ready-dev ## within a minute: no app, no browser, no training
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow" --numprocesses auto

mutate: $(VENV)/ready-dev ## how many small changes of models/ the fast tests notice; some hours
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.mutants

check: $(VENV)/ready-dev ## style, types and dead links
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tests.links

$(VENV)/uv:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv==0.13.9
	touch $@

ifeq ($(TORCH),cpu)
$(VENV)/ready: requirements.txt | $(VENV)/uv
	$(BIN)/python -m training.hub.cpu_requirements requirements.txt > $(VENV)/requirements-cpu.txt
	$(UV) install --quiet --compile-bytecode --index-strategy unsafe-best-match --requirement $(VENV)/requirements-cpu.txt
	touch $@
else
$(VENV)/ready: requirements.txt | $(VENV)/uv
	$(UV) install --quiet --compile-bytecode --require-hashes --requirement requirements.txt
	touch $@
endif

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	$(UV) install --quiet --compile-bytecode --require-hashes --requirement requirements-dev.txt
	touch $@

LOCK := $(UV) compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

lock: $(VENV)/uv ## the versions and hashes of everything that pyproject.toml asks for
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --all-extras --constraint requirements.txt --output-file requirements-dev.txt

charts: ## the part of plotly.js that draws the page's charts, with Node and npm
	cd tabs/plotly && npm ci --ignore-scripts && npm run build

train-environment: $(VENV)/ready-dev ## what training needs beside the app

DATA ?= data/flipkart
INIT ?=

reproduce: $(VENV)/ready-dev ## trains the classifiers anew (DATA=folder, POOL=folder, INIT="vgg16=FILE yolov8=FILE") and compares
	$(BIN)/python -m training.reproduce --data $(DATA) $(if $(POOL),--pool $(POOL)) $(if $(INIT),--init $(INIT)) \
	  $(if $(REFIT_INIT),--refit-init $(REFIT_INIT))

clean:
	rm -rf $(VENV)
