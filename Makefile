PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: run test check train-environment reproduce clean

run: $(VENV)/ready ## the app on http://127.0.0.1:7860 (GRADIO_SERVER_PORT to change)
	$(BIN)/python app.py

test: $(VENV)/ready-dev ## every test, offline
	$(BIN)/python -m pytest

check: $(VENV)/ready-dev ## style, types and dead links
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m tests.links

$(VENV)/ready: requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	$(BIN)/python -m pip install --quiet --requirement requirements-dev.txt
	touch $@

train-environment: $(VENV)/ready-dev ## what training needs beside the app

DATA ?= data/flipkart
INIT ?=

reproduce: $(VENV)/ready-dev ## trains the classifiers anew (DATA=folder, INIT="vgg16=FILE yolov8=FILE") and compares
	$(BIN)/python -m training.reproduce --data $(DATA) $(if $(INIT),--init $(INIT))

clean:
	rm -rf $(VENV)
