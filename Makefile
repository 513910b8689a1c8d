# Two commands to know: `make demo` draws a coverage map, `make test` runs the tests.
# Both make a virtual environment in .venv and install radiocore there first.

PYTHON ?= python3
VENV   ?= .venv
OUT    ?= out
# Your own files for the demo, and further options of `radiocore demo`:
BUILDINGS ?=
CELLS     ?=
OPTIONS   ?=
# Real data for the pictures of the README (see its section on data):
DATA ?= ../shared/data

BIN     := $(VENV)/bin
SOURCES := $(shell find cpp cuda python CMakeLists.txt pyproject.toml constraints.txt -type f \
             -not -name '*.pyc' -not -name '*.so' 2>/dev/null)

.PHONY: demo test bench figures stub lint clean
.DELETE_ON_ERROR:

demo: $(VENV)/base.installed
	$(BIN)/radiocore demo $(if $(BUILDINGS),--buildings '$(BUILDINGS)') $(if $(CELLS),--base-stations '$(CELLS)') \
	  --output-dir '$(OUT)' $(OPTIONS)

test: $(VENV)/dev.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto

bench: $(VENV)/bench.installed
	$(BIN)/python -m pytest benchmarks -o 'python_files=bench_*.py' -o 'python_functions=bench_*' -p no:cacheprovider \
	  --benchmark-group-by=group --benchmark-columns=min,median,rounds --benchmark-sort=min -s

figures: $(VENV)/base.installed
	$(BIN)/radiocore simulate --config benchmarks/gallery/ubc.toml \
	  --buildings '$(DATA)/ubc_vancouver_buildings/ubcv_buildings.geojson.gz' \
	  --base-stations '$(DATA)/opencellid_canada/opencellid_302_2026-01.csv.gz' --output benchmarks/gallery/ubc.png
	$(BIN)/python benchmarks/figures.py '$(DATA)'

# The stub of the compiled module is generated and committed; a test holds it to the module.
stub: $(VENV)/dev.installed
	$(BIN)/pybind11-stubgen radiocore._core --numpy-array-wrap-with-annotated --output-dir $(VENV)/stubs
	cp $(VENV)/stubs/radiocore/_core.pyi python/radiocore/_core.pyi

lint: $(VENV)/dev.installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf build $(VENV) '$(OUT)'

$(VENV)/base.installed: $(SOURCES)
	@$(call check_machine)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt .
	touch $@

$(VENV)/%.installed: $(VENV)/base.installed
	$(BIN)/python -m pip install --quiet -c constraints.txt '.[$*]'
	touch $@

# What a fresh machine may lack, each with the Debian package that brings it.
define check_machine
lacks() { echo "radiocore needs $$1. On Debian: apt-get install $$2" >&2; exit 1; }; \
command -v $(PYTHON) >/dev/null || lacks "Python 3.11 or newer" "python3"; \
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || lacks "Python 3.11 or newer" "python3"; \
$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || lacks "Python's venv module" "python3-venv"; \
test -e "$$($(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h" \
  || lacks "Python's headers" "python3-dev"; \
command -v $${CXX:-c++} >/dev/null || lacks "a C++20 compiler" "g++"
endef
