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

.PHONY: demo test test-slow sanitize bench scaling figures rsrp radio-metrics stub lint clean
.DELETE_ON_ERROR:

demo: $(VENV)/base.installed
	$(BIN)/radiocore demo $(if $(BUILDINGS),--buildings '$(BUILDINGS)') $(if $(CELLS),--base-stations '$(CELLS)') \
	  --output-dir '$(OUT)' $(OPTIONS)

test: $(VENV)/dev.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto -m 'not slow'

test-slow: $(VENV)/dev.installed
	$(BIN)/python -m pytest -m slow

# The tests of the core on a build of it that finds faults of memory and undefined behaviour, then on one that finds
# races of threads. TESTS="-k name" or TESTS=tests says which others to run.
sanitize: sanitize-address sanitize-thread

sanitize-%: $(VENV)/dev.installed
	$(BIN)/python -m pip install --quiet --no-deps --upgrade --target build/$@ -Cbuild-dir=build/$@-objects \
	  -Ccmake.build-type=RelWithDebInfo -Ccmake.define.CMAKE_CXX_FLAGS_RELWITHDEBINFO='-O1 -g1' \
	  -Cinstall.strip=false -Ccmake.define.RADIOCORE_CUDA=OFF \
	  -Ccmake.define.RADIOCORE_SANITIZE=$(SANITIZE_$*) .
	PYTHONPATH=build/$@ PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 \
	LD_PRELOAD="$(foreach library,$(SANITIZE_LIBRARIES_$*),$$($${CXX:-c++} -print-file-name=$(library)))" \
	  $(BIN)/python -m pytest -n auto -q -p no:cacheprovider -m "not slow" $(TESTS)

SANITIZE_address           := address,undefined
SANITIZE_LIBRARIES_address := libasan.so libubsan.so libstdc++.so
SANITIZE_thread            := thread
SANITIZE_LIBRARIES_thread  := libtsan.so
TESTS ?= $(wildcard $(addprefix tests/test_,$(addsuffix .py,geometry line_of_sight enclosing_circle numerics closed_form \
           monte_carlo hits properties simulate accelerated shadow coverage_map cuda learned grid_model convolutional \
           link_features antennas \
           core_refusals degenerate_scenes)))

bench: $(VENV)/bench.installed
	$(BIN)/python -m pytest benchmarks -o 'python_files=bench_*.py' -o 'python_functions=bench_*' -p no:cacheprovider \
	  --benchmark-quiet -s

scaling: $(VENV)/bench.installed
	$(BIN)/python benchmarks/scaling.py

figures: $(VENV)/base.installed
	$(BIN)/radiocore simulate --config benchmarks/gallery/ubc.toml \
	  --buildings '$(DATA)/ubc_vancouver_buildings/ubcv_buildings.geojson.gz' \
	  --base-stations '$(DATA)/opencellid_canada/opencellid_302_2026-01.csv.gz' --output benchmarks/gallery/ubc.png
	$(BIN)/python benchmarks/figures.py '$(DATA)'

# The figures of the README's section on measurements: from the public ones, and from a made-up drive test.
rsrp: $(VENV)/ml.installed
	mkdir -p '$(OUT)'
	$(BIN)/radiocore train rsrp --measurements '$(DATA)/dortmund_multimno/measurements.csv.gz' \
	  --columns benchmarks/gallery/dortmund_columns.toml --config benchmarks/gallery/dortmund.toml \
	  --base-stations '$(DATA)/dortmund_multimno/cells_nolicence.csv' --unknown-cells leave-out \
	  --output '$(OUT)/dortmund' --overwrite
	$(BIN)/radiocore reproduce rsrp --full --data '$(DATA)' --output '$(OUT)/rsrp'
	cp '$(OUT)/rsrp/table_1.png' benchmarks/gallery/rsrp.png
	cat '$(OUT)/rsrp/summary.csv'

# The figures of the README's section on three metrics: from a made-up crowd, and from the public measurements.
radio-metrics: $(VENV)/ml.installed
	$(BIN)/radiocore demo --crowd --output-dir '$(OUT)'
	$(BIN)/radiocore train radio-metrics --measurements '$(OUT)/crowd.csv' --base-stations '$(OUT)/crowd_cells.csv' \
	  --buildings '$(OUT)/crowd_buildings.geojson' --feature ue_altitude_ag_m --feature resource_blocks \
	  --output '$(OUT)/metrics' --overwrite
	$(BIN)/radiocore reproduce radio-metrics --data '$(DATA)' --output '$(OUT)/radio_metrics'
	cp '$(OUT)/radio_metrics/blind.png' benchmarks/gallery/radio_metrics.png
	cat '$(OUT)/radio_metrics/targets.csv'

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
