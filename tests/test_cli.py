"""The command line as a user runs it: a subprocess, files, exit codes, and one line when it refuses."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import shapely

from commands import refusal as refused_words
from radiocore import BaseStations, Buildings, Scene, run
from radiocore.cli.options import in_options
from radiocore.config import METHODS, RunConfig
from radiocore.errors import ConfigError, InputError
from radiocore.progress import progress_bar, rate_text

BOX = (24.940, 60.166, 24.946, 60.169)


def radiocore(*arguments, cwd=None, timeout_s=300):
    command = [sys.executable, "-m", "radiocore", *map(str, arguments)]
    environment = os.environ | {"COLUMNS": "100", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout_s)


def refusal(result) -> str:
    """The one line on stderr of a refused command."""
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr + result.stdout
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    return lines[0]


def square(longitude, latitude, height_m):
    east, north = 0.0006, 0.0003
    corners = [(0, 0), (east, 0), (east, north), (0, north), (0, 0)]
    ring = [[longitude + dx, latitude + dy] for dx, dy in corners]
    properties = {} if height_m is None else {"height": height_m}
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.fixture
def town(tmp_path):
    """A folder with a small town, its cells and a run.toml."""
    places = [(24.9405, 60.1665, 12), (24.9425, 60.1675, 25), (24.9445, 60.1680, 8)]
    features = [square(*place) for place in places]
    (tmp_path / "town.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (tmp_path / "cells.csv").write_text("lon,lat,height_m,power_dbm\n24.9415,60.1670,25,40\n24.9450,60.1675,30,40\n")
    (tmp_path / "run.toml").write_text(
        'buildings = "town.geojson"\nbase_stations = "cells.csv"\nresolution_m = 20\noutput = "map.tif"\n'
    )
    return tmp_path


def files_in(folder):
    return sorted(item.name for item in folder.iterdir())


def test_version_and_help():
    assert radiocore("--version").stdout.startswith("radiocore ")
    listed = radiocore("--help").stdout
    assert all(name in listed for name in ("simulate", "inspect", "doctor", "demo"))
    options = radiocore("simulate", "--help")
    assert options.returncode == 0
    for name in ("--buildings", "--bbox", "--receiver-height", "--threshold-db", "--config", "--output", "[1.5]"):
        assert name in options.stdout


def test_doctor_tells_whether_the_base_is_complete():
    result = radiocore("doctor", "--json")
    found = json.loads(result.stdout)
    assert result.returncode == (0 if found["is_complete"] else 1)
    assert found["cores"] >= 1 and found["versions"]["python"] and found["gpu"]
    text = radiocore("doctor")
    assert text.returncode == result.returncode and "GPU" in text.stdout


def test_simulate_from_files_writes_every_format(town):
    outputs = [item for suffix in ("tif", "nc", "kml", "png") for item in ("--output", f"map.{suffix}")]
    inputs = ("--buildings", "town.geojson", "--base-stations", "cells.csv")
    result = radiocore("simulate", *inputs, "--resolution", 10, "--threshold-db", "0,5", *outputs, cwd=town)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    assert "Buildings: 3" in result.stdout and "SINR > 5 dB" in result.stdout and "map.kml" in result.stdout
    assert set(files_in(town)) == {"cells.csv", "map.kml", "map.nc", "map.png", "map.tif", "run.toml", "town.geojson"}

    import rasterio

    with rasterio.open(town / "map.tif") as raster:
        assert raster.count >= 2 and raster.crs is not None
        tags = {**raster.tags(), **raster.tags(1)}
    provenance = json.loads(next(value for name, value in tags.items() if name.lower() == "provenance"))
    assert provenance["config"]["resolution_m"] == 10.0
    assert provenance["inputs"]["buildings"]["bytes"] == (town / "town.geojson").stat().st_size
    assert len(provenance["inputs"]["base_stations"]["sha256"]) == 64


def test_the_command_line_overrides_the_config_file(town):
    result = radiocore("simulate", "--config", town / "run.toml", "--resolution", 25, "--bbox", ",".join(map(str, BOX)))
    assert result.returncode == 0, result.stderr

    import rasterio

    with rasterio.open(town / "map.tif") as raster:
        assert raster.res == (25.0, 25.0)


def test_threads_leave_every_byte_of_the_map(town):
    for threads in (1, 2):
        result = radiocore(
            "simulate", "--config", "run.toml", "--threads", threads, "--output", f"{threads}.tif", cwd=town
        )
        assert result.returncode == 0, result.stderr
    assert (town / "1.tif").read_bytes() == (town / "2.tif").read_bytes()


def test_inspect_reports_with_and_without_stations(town):
    alone = radiocore("inspect", "--buildings", "town.geojson", cwd=town)
    assert alone.returncode == 0, alone.stderr
    assert "Buildings: 3" in alone.stdout
    both = radiocore("inspect", "--config", "run.toml", "--json", cwd=town)
    assert json.loads(both.stdout)["number_of_buildings"] == 3
    assert json.loads(both.stdout)["base_stations"]["rows_selected"] == 2


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (
            ["--method", "exat"],
            f"--method: 'exat' is not one of {', '.join(sorted(METHODS))} (did you mean 'exact'?)",
        ),
        (["--buildings", "nowhere.geojson"], "nowhere.geojson: there is no such file"),
        (["--base-stations", "nowhere.csv"], "nowhere.csv: there is no such file"),
        (["--config", "nowhere.toml"], "nowhere.toml: cannot be read: No such file or directory"),
        (["--bbox", "24,60,25"], "--bbox: '24,60,25' is not four numbers west,south,east,north"),
        (["--bbox", "24.9 60 25 61"], "--bbox: '24.9 60 25 61' is not four numbers west,south,east,north"),
        (["--threshold-db", "0,0"], "--threshold-db: 0 is named twice"),
        (["--indoor", "maskd"], "--indoor: 'maskd' is not one of blocked, masked (did you mean 'masked'?)"),
        (["--host-building", "transparant"], "(did you mean 'transparent'?)"),
        (["--impute", "raileigh"], "(did you mean 'rayleigh'?)"),
        (["--output", "new.tif/"], "--output: new.tif/ is a folder; give the name of a file in it"),
        (["--output", "."], "the suffix"),
        (["--crs", "EPSG:999999"], "--crs: 'EPSG:999999' is not a known CRS"),
        (["--station-crs", "EPSG:32635"], "--station-crs: cells.csv has longitude and latitude"),
        (["--output-crs", "EPSG:999999"], "--output-crs: 'EPSG:999999' is not a known CRS"),
        (["--output-crs", "EPSG:3067", "--output", "map.png"], "--output-crs: it is for GeoTIFF only"),
        (["--output-crs", "+proj=gnom +lat_0=-60 +lon_0=-155"], "--output-crs: the map does not lie in"),
        (["--bbox", "25,60,24,61"], "--bbox: '25,60,24,61' must ascend"),
        (["--bbox", "-123.26,49.25,-123.24,49.27"], "-123.26"),
        (["--resolution", "-5"], "--resolution: must be greater than 0, not '-5'"),
        (["--receiver-height", "tall"], "--receiver-height: must be a valid number, not 'tall'"),
        (["--resolution", "0.0001"], "0.002 m"),
        (["--resolution", "0.002"], ""),
        (["--radio", "LTF"], "radio"),
        (["--carrier", "none such"], "carrier"),
        (["--output", "map.tiff2"], "map.tiff2: the suffix '.tiff2' is not one of"),
        (["--output", "no/such/folder/map.tif"], "the folder"),
        (["--output", "town.geojson"], "the suffix"),
        (["--host-building", "opaque"], "--host-building: 'opaque' is not one of transparent, literal, raise"),
        (["--threads", "0"], "--threads: must be greater than 0"),
    ],
)
def test_bad_input_gets_one_line_and_leaves_nothing(town, arguments, complaint):
    before = files_in(town)
    given = [] if "--config" in arguments else ["--config", "run.toml"]
    assert complaint in refusal(radiocore("simulate", *given, *arguments, cwd=town))
    assert files_in(town) == before


def test_unknown_keys_name_the_nearest(town):
    (town / "run.toml").write_text('buildings = "town.geojson"\nreceiver_heigth_m = 1.5\n')
    line = refusal(radiocore("simulate", "--config", "run.toml", cwd=town))
    assert "run.toml: receiver_heigth_m: no such key (did you mean 'receiver_height_m'?)" in line


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["simulat"], "no such command 'simulat'. Did you mean 'simulate'?"),
        (["simulate", "--reciever-height", "1.5"], "no such option: --reciever-height"),
        (["simulate", "--reciever-height", "1.5"], "--receiver-height"),
        (["doctor", "--jsn"], "--json"),
        (["inspect", "town.geojson"], "unexpected extra argument"),
        (["simulate", "--resolution"], "option '--resolution' requires an argument"),
    ],
)
def test_a_slip_in_the_arguments_gets_one_line(arguments, complaint):
    assert complaint in refusal(radiocore(*arguments))


def test_no_arguments_ask_for_help():
    result = radiocore()
    assert result.returncode == 0 and "simulate" in result.stdout and result.stderr == ""


def test_a_folder_is_no_output(town):
    (town / "maps.tif").mkdir()
    line = refusal(radiocore("simulate", "--config", "run.toml", "--output", "maps.tif", cwd=town))
    assert "maps.tif: is a folder" in line


def test_a_geotiff_comes_in_the_crs_asked_for(town):
    outputs = ("--output", "map.tif", "--output", "map.nc")
    result = radiocore("simulate", "--config", "run.toml", "--output-crs", "EPSG:3067", *outputs, cwd=town)
    assert result.returncode == 0, result.stderr

    import rasterio

    with rasterio.open(town / "map.tif") as raster:
        assert raster.crs.to_epsg() == 3067
        assert raster.bounds.left == pytest.approx(385_700, abs=100)


def test_a_map_without_crs_cannot_come_in_another():
    scene = Scene(Buildings.from_polygons([shapely.box(0, 0, 10, 10)], 5.0), BaseStations(x_m=[5.0], y_m=[5.0]))
    config = RunConfig(output="map.tif", output_crs="EPSG:3067")
    with pytest.raises(ConfigError, match="output_crs: the building map has no CRS .* give crs="):
        run.check_files(config, scene)


def test_what_is_not_given_is_named(town):
    assert "--buildings: not given" in refusal(radiocore("simulate", "--output", "map.tif", cwd=town))
    assert "--buildings: not given" in refusal(radiocore("inspect"))
    given = ("--buildings", "town.geojson", "--base-stations", "cells.csv")
    assert "--output: not given" in refusal(radiocore("simulate", *given, cwd=town))
    assert "--base-stations: not given" in refusal(radiocore("demo", "--buildings", "town.geojson", cwd=town))


def test_an_input_is_never_overwritten(town):
    (town / "town.tif").write_bytes((town / "town.geojson").read_bytes())
    arguments = ("--buildings", "town.tif", "--output", "town.tif")
    assert "is the file of buildings" in refusal(radiocore("simulate", "--config", "run.toml", *arguments, cwd=town))


def test_broken_files_are_refused_by_name(town):
    (town / "pointer.geojson").write_text('<VRTDataset rasterXSize="1"/>')
    assert "pointer.geojson" in refusal(radiocore("inspect", "--buildings", "pointer.geojson", cwd=town))
    (town / "cells.csv").write_text("name,where\nmast,here\n")
    line = refusal(radiocore("simulate", "--config", "run.toml", cwd=town))
    assert "cells.csv" in line and "[station_columns]" in line


def test_all_outputs_are_written_or_none(tmp_path, monkeypatch):
    """The second file fails after the first is complete: neither shows up, and what was there stays."""
    (tmp_path / "first.tif").write_text("old")
    left = iter([None, OSError(28, "No space left on device")])

    def write(manifold, path):
        path.write_text("new")
        if (error := next(left, None)) is not None:
            raise error

    monkeypatch.setattr(run, "check_output", lambda path, scene: None)
    monkeypatch.setattr(run, "writer_for", lambda path: SimpleNamespace(write=write))
    paths = [tmp_path / "first.tif", tmp_path / "second.nc"]
    with pytest.raises(InputError, match="second.nc: cannot be written: No space left"):
        run.write_outputs(SimpleNamespace(scene=None), paths)
    assert files_in(tmp_path) == ["first.tif"] and paths[0].read_text() == "old"
    run.write_outputs(SimpleNamespace(scene=None), paths)
    assert files_in(tmp_path) == ["first.tif", "second.nc"] and paths[0].read_text() == "new"


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
@pytest.mark.parametrize("number, code", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_leaves_nothing(town, number, code):
    before = files_in(town)
    command = [sys.executable, "-m", "radiocore", "simulate", "--config", "run.toml", "--resolution", "0.1"]
    command += ["--method", "traditional"]  # slow enough to be interrupted
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}

    def take_interrupts():
        # A shell that starts the tests in the background has them, and what they start, ignore the signal.
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        command, cwd=town, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=take_interrupts
    ) as process:
        assert process.stdout.readline().strip() == b"Scene"  # the command is at work now
        time.sleep(0.5)
        process.send_signal(number)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == code
    assert complaint == (b"interrupted\n" if number == signal.SIGINT else b"")
    assert files_in(town) == before


def test_demo_makes_a_map_of_a_made_up_city(tmp_path):
    result = radiocore("demo", "--output-dir", tmp_path / "new" / "out")
    assert result.returncode == 0, result.stderr
    assert files_in(tmp_path / "new" / "out") == ["drive.csv", "map.nc", "map.png", "map.tif"]
    assert "SINR > 10 dB" in result.stdout and "map.tif" in result.stdout


def test_what_is_made_up_takes_no_options_of_files(town, capsys):
    (town / "columns.toml").write_text('station_columns = {power_dbm = "EIRP"}\n')
    for words, key in [
        (["demo", "--station-power-dbm", 43], "--station-power-dbm"),
        (["demo", "--bbox=1,2,3,4"], "--bbox"),
        (["demo", "--height-column", "foo"], "--height-column"),
        (["demo", "--config", town / "columns.toml"], "station_columns"),
        (["demo", "--crowd", "--seed", 1, "--resolution", 10], "--resolution"),
        (["demo", "--crowd", "--buildings", "town.geojson"], "--buildings"),
        (["reproduce", "manifold", "--radio", "GSM"], "--radio"),
    ]:
        folder = "--output" if words[0] == "reproduce" else "--output-dir"
        refused = refused_words(capsys, [*words, folder, town / "out"])
        assert f"error: {key}: " in refused and "made up" in refused
    assert not (town / "out").exists()
    refused = refused_words(capsys, ["inspect", "--buildings", town / "town.geojson", "--radio", "GSM"])
    assert "--radio: there is no file of base stations; leave it out" in refused


def test_the_demo_of_files_takes_their_options(town):
    (town / "radios.csv").write_text("lon,lat,radio\n24.9415,60.1670,LTE\n24.9450,60.1675,GSM\n")
    files = ("--buildings", "town.geojson", "--base-stations", "radios.csv")
    result = radiocore("demo", *files, "--output-dir", "out", "--radio", "LTE", "--resolution", 20, cwd=town)
    assert result.returncode == 0, result.stderr
    assert files_in(town / "out") == ["map.nc", "map.png", "map.tif"]


def test_demo_makes_a_crowd_up(tmp_path):
    result = radiocore("demo", "--crowd", "--output-dir", tmp_path / "out")
    assert result.returncode == 0, result.stderr
    assert files_in(tmp_path / "out") == ["crowd.csv", "crowd_blind.csv", "crowd_buildings.geojson", "crowd_cells.csv"]


@pytest.fixture
def campus(shared_data):
    """Arguments for the UBC campus with the LTE cells of a whole country's file."""
    return (
        *("--buildings", shared_data("ubc_vancouver_buildings/ubcv_buildings.geojson.gz")),
        *("--base-stations", shared_data("opencellid_canada/opencellid_302_2026-01.csv.gz")),
        *("--height-column", "BLDG_HEIGHT", "--radio", "LTE"),
    )


def test_inspect_counts_the_campus(campus):
    report = json.loads(radiocore("inspect", *campus, "--json").stdout)
    assert report["number_of_buildings"] == 443
    # 71 cells lie in the buildings' extent and the margin, 62 in the extent; one of them is UMTS.
    assert report["base_stations"]["rows_selected"] == 70
    assert report["base_stations"]["left_out"] == {"outside the area": 50_862 - 71, "other radio": 1}
    no_margin = json.loads(radiocore("inspect", *campus, "--stations-margin", 0, "--json").stdout)
    assert no_margin["base_stations"]["rows_selected"] == 61


def test_simulate_maps_the_campus(campus, tmp_path):
    result = radiocore("simulate", *campus, "--resolution", 40, "--threshold-db", 0, "--output", tmp_path / "map.tif")
    assert result.returncode == 0, result.stderr
    assert "OpenCelliD" in result.stdout

    import rasterio

    with rasterio.open(tmp_path / "map.tif") as raster:
        coverage = raster.read(1, masked=True)
        assert raster.res == (40.0, 40.0) and raster.crs.is_projected
    assert 0 <= coverage.min() < 0.5 < coverage.max() <= 1


@pytest.mark.parametrize(
    "message, wanted",
    [
        ("resolution_m: 0 must be positive", "--resolution: 0 must be positive"),
        ("run.toml: resolution_m: no", "run.toml: resolution_m: no"),
        ('choose host_building="transparent"', "choose --host-building transparent"),
        ("merge_sites=False keeps every cell", "--no-merge-sites keeps every cell"),
        ("give crs= when reading", "give --crs when reading"),
        ("give crs=, e.g. crs='EPSG:32632'", "give --crs, e.g. --crs EPSG:32632"),
        (
            "cells.csv, line 3: metres need their CRS: give crs=",
            "cells.csv, line 3: metres need their CRS: give --station-crs",
        ),
        ("base stations: have no CRS; give crs=", "base stations: have no CRS; give --station-crs"),
        ("crs: the base stations have none", "--station-crs: the base stations have none"),
        ("mend it, or give invalid='repair'", "mend it, or give --invalid repair"),
        ("choose impute='rayleigh' or 'constant'", "choose --impute rayleigh or 'constant'"),
        ("constant_height_m: impute='constant' needs it", "--constant-height: --impute constant needs it"),
        ('carrier="Band 3"', "--carrier 'Band 3'"),
        ("take part of the map with bbox=", "take part of the map with --bbox"),
        ("use a coarser resolution_m", "use a coarser --resolution"),
        ("town/base_stations.csv: no such file", "town/base_stations.csv: no such file"),
        ("name it with columns={'lon': ...}", "name it with the [station_columns] table of a --config file"),
        ("impute=raise", "--impute raise"),
    ],
)
def test_remedies_are_worded_as_options(message, wanted):
    assert in_options(message, "cells.csv") == wanted
    assert in_options(wanted, "cells.csv") == wanted


def test_every_key_but_the_tables_is_an_option():
    shown = radiocore("simulate", "--help").stdout
    for key, field in RunConfig.model_fields.items():
        if isinstance(field.json_schema_extra, dict):
            assert f"--{key.removesuffix('_m').replace('_', '-')}" in shown
        else:
            assert key in ("channel", "station_columns")


def test_progress_is_silent_off_the_terminal(capfd):
    with progress_bar(10, "Coverage") as update:
        update(10)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "per_second, text",
    [(2.5, "2.5 links/s"), (12_345, "12.3 k links/s"), (1.5e6, "1.5 M links/s"), (3e9, "3 G links/s")],
)
def test_rates_are_short(per_second, text):
    assert rate_text(per_second, "links") == text


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_demo_takes_paths_with_spaces():
    makefile = Path(__file__).parents[1] / "Makefile"
    asked = ["BUILDINGS=my town.osm", "CELLS=my cells.csv", "OUT=my maps"]
    command = ["make", "--dry-run", "--file", makefile, "demo", *asked]
    shown = subprocess.run(command, cwd=makefile.parent, capture_output=True, text=True).stdout
    for words in ("--buildings 'my town.osm'", "--base-stations 'my cells.csv'", "--output-dir 'my maps'"):
        assert words in shown
