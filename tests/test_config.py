"""The run's config: one set of keys for TOML, command line and API; nothing unknown gets through."""

from dataclasses import fields
from pathlib import Path

import pytest

from radiocore import run
from radiocore.channel import Channel
from radiocore.cli.options import option_name
from radiocore.config import RunConfig
from radiocore.errors import ConfigError, FileFormatError, InputError


def write(folder: Path, text: str) -> Path:
    file = folder / "run.toml"
    file.write_text(text)
    return file


def test_toml_is_read_beside_its_own_folder(tmp_path):
    file = write(
        tmp_path,
        """
        buildings = "town.geojson"
        base_stations = "/elsewhere/cells.csv"
        bbox = [24.9, 60.1, 25.0, 60.2]
        threshold_db = [0, 5, 10]
        exact_radius_m = inf
        output = ["map.tif", "map.png"]
        [station_columns]
        power_dbm = "Tx power"
        [channel]
        noise_dbm = -inf
        fading_m_los = 3
        """,
    )
    config = RunConfig.from_toml(file)
    assert config.buildings == tmp_path / "town.geojson"
    assert config.base_stations == Path("/elsewhere/cells.csv")
    assert config.output == (tmp_path / "map.tif", tmp_path / "map.png")
    assert config.bbox == (24.9, 60.1, 25.0, 60.2)
    assert config.threshold_db == (0.0, 5.0, 10.0)
    assert config.station_columns == {"power_dbm": "Tx power"}
    assert config.exact_radius_m == float("inf")
    assert config.channel == Channel(noise_dbm=float("-inf"), fading_m_los=3.0)


def test_overrides_replace_the_file_and_keep_their_own_folder(tmp_path):
    file = write(tmp_path, 'buildings = "town.geojson"\nresolution_m = 10\nseed = 7')
    config = RunConfig.from_toml(file, buildings="other.geojson", resolution_m="2.5")
    assert (config.buildings, config.resolution_m, config.seed) == (Path("other.geojson"), 2.5, 7)


@pytest.mark.parametrize(
    "given, wanted",
    [
        ("5", 5.0),
        (5, 5.0),
        ("0,5,10", (0.0, 5.0, 10.0)),
        ([0, 5], (0.0, 5.0)),
        ("-3", -3.0),
        (None, None),
    ],
)
def test_thresholds_are_one_or_several(given, wanted):
    assert RunConfig(threshold_db=given).threshold_db == wanted


@pytest.mark.parametrize(
    "values, complaint",
    [
        ({"resolution": 5}, r"resolution: no such key \(did you mean 'resolution_m'\?\)"),
        ({"method": "exat"}, r"method: 'exat' is not one of .*did you mean 'exact'"),
        ({"device": "gpu"}, r"device: 'gpu' is not one of auto, cpu, cuda"),
        ({"host_building": "transparant"}, "did you mean 'transparent'"),
        ({"impute": "reyleigh"}, "did you mean 'rayleigh'"),
        ({"resolution_m": 0}, "resolution_m: must be greater than 0, not 0"),
        ({"resolution_m": "five"}, "resolution_m: must be a valid number, not 'five'"),
        ({"resolution_m": float("nan")}, "resolution_m: must be a finite number, not nan"),
        ({"resolution_m": True}, "resolution_m: True is not a number"),
        ({"channel": {"fading_m_los": True}}, "channel.fading_m_los: True is not a number"),
        ({"receiver_height_m": -1}, "receiver_height_m: must be greater than or equal to 0"),
        ({"exact_radius_m": float("nan")}, "exact_radius_m: .*not nan"),
        ({"draws": 2.5}, "draws: must be a valid integer"),
        ({"draws": 0}, "draws: must be greater than 0"),
        ({"threads": 0}, "threads: must be greater than 0"),
        ({"seed": -1}, "seed: must be"),
        ({"bbox": "1,2,3"}, "bbox: '1,2,3' is not four numbers"),
        ({"bbox": "a,b,c,d"}, "bbox: 'a,b,c,d' is not four numbers"),
        ({"bbox": [3, 0, 1, 2]}, "bbox: .* must ascend"),
        ({"bbox": [0, 0, float("inf"), 1]}, "bbox: .* is not four numbers"),
        ({"bbox": "nan,0,1,1"}, "bbox: 'nan,0,1,1' is not four numbers west,south,east,north, e.g. "),
        ({"threshold_db": "loud"}, "threshold_db: 'loud' is not a number of dB"),
        ({"threshold_db": []}, "threshold_db: .* one or more"),
        ({"threshold_db": [0, float("nan")]}, "threshold_db: .* finite"),
        ({"threshold_db": "0,5,0.0"}, "threshold_db: 0 is named twice"),
        ({"crs": "EPSG:999999"}, "crs: 'EPSG:999999' is not a known CRS; give an EPSG code"),
        ({"output_crs": "EPSG:5703"}, r"output_crs: 'EPSG:5703' \(NAVD88 height\) is not a CRS of places"),
        ({"radio": ""}, "radio: must have at least 1 character, not ''"),
        ({"network": ""}, "network: .* at least 1 character"),
        ({"carrier": ""}, "carrier: .* at least 1 character"),
        ({"station_crs": 4326}, "station_crs: must be a valid string, not 4326"),
        ({"output": "folder.tif/"}, "output: folder.tif/ is a folder; give the name of a file in it"),
        ({"output": ["a.tif", "a.tif"]}, "output: one file is named twice"),
        ({"output": 3}, "output: 3 is not a file or a list of files"),
        ({"self": 3}, "self: no such key"),
        ({"buildings": 3}, "buildings: is not a valid path"),
        ({"method": ["exact"]}, "method: .* is not one of"),
        ({"station_columns": {"lon": 3}}, "station_columns: must be a valid string"),
        ({"station_columns": {"lonn": "X"}}, r"^\[station_columns\] lonn: no such column .*did you mean 'lon'"),
        ({"channel": {"fading_los": 2}}, r"channel.fading_los: no such key \(did you mean 'fading_m_los'"),
        ({"channel": {"bandwidth_hz": -1}}, "channel.bandwidth_hz: -1 must be positive"),
        ({"channel": 3}, "channel: must be a table"),
    ],
)
def test_what_is_refused_is_named(values, complaint, tmp_path):
    with pytest.raises(ConfigError, match=complaint):
        RunConfig(**values)


def test_a_files_fault_names_the_file_and_an_overrides_does_not(tmp_path):
    file = write(tmp_path, "resolution_m = -5\n")
    with pytest.raises(ConfigError, match=r"run.toml: resolution_m: must be greater"):
        RunConfig.from_toml(file)
    with pytest.raises(ConfigError, match=r"^seed: "):
        RunConfig.from_toml(write(tmp_path, "resolution_m = 5\n"), seed=-1)
    with pytest.raises(ConfigError, match=r"run.toml: reslution_m: no such key .*'resolution_m'"):
        RunConfig.from_toml(write(tmp_path, "reslution_m = 5\n"))
    with pytest.raises(ConfigError, match=r"run.toml: \[station_columns\] lonn: no such column"):
        RunConfig.from_toml(write(tmp_path, '[station_columns]\nlonn = "X"\n'))
    with pytest.raises(ConfigError, match=r"run.toml: output: .*map.tif/ is a folder"):
        RunConfig.from_toml(write(tmp_path, 'output = "map.tif/"\n'))


def test_a_file_that_is_no_toml_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="run.toml: is not a TOML file: .*line 1"):
        RunConfig.from_toml(write(tmp_path, "resolution_m = = 5"))
    with pytest.raises(ConfigError, match="missing.toml: cannot be read: No such file"):
        RunConfig.from_toml(tmp_path / "missing.toml")


def test_it_is_frozen_and_its_dict_makes_it_again():
    config = RunConfig(
        buildings="town.geojson", threshold_db="0,5", output="map.tif", threads=2, channel=Channel(fading_m_los=3)
    )
    with pytest.raises(ValueError, match="frozen"):
        config.seed = 1
    assert RunConfig(**config.to_dict()) == config
    assert set(config.to_dict()["channel"]) == {item.name for item in fields(Channel)}


def test_what_cannot_change_the_answer_is_not_in_its_provenance():
    first, second = RunConfig(threads=1, output="a.tif"), RunConfig(threads=4, output="b.tif")
    assert first.provenance() == second.provenance()
    assert "threads" not in first.provenance() and "seed" in first.provenance()


def test_a_model_stands_in_the_provenance_by_its_hash_only(tmp_path):
    config = RunConfig(model=tmp_path / "model.json")
    assert "model" not in config.provenance()
    assert run.input_files(config) == {"model": tmp_path / "model.json"}


def test_a_shapefile_stands_in_the_provenance_by_all_its_parts(tmp_path):
    for name in ("town.shp", "town.dbf", "town.PRJ", "town.txt", "other.dbf"):
        (tmp_path / name).write_text("")
    files = run.input_files(RunConfig(buildings=tmp_path / "town.shp"))
    named = {key: path.name for key, path in files.items()}
    assert named == {"buildings": "town.shp", "buildings .dbf": "town.dbf", "buildings .prj": "town.PRJ"}


def test_a_model_is_for_trained_methods(tmp_path):
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(InputError, match="model: method='exact' is not a trained one; leave model out"):
        run.check_files(RunConfig(model=tmp_path / "model.json"))
    with pytest.raises(FileFormatError, match="no database of stochastic geometry"):  # before any town is read
        run.check_files(RunConfig(method="stochastic-geometry", model=tmp_path / "model.json"))
    with pytest.raises(FileFormatError, match="absent.json"):
        run.check_files(RunConfig(model=tmp_path / "absent.json"))


def test_no_two_keys_share_an_option():
    names = [option_name(key) for key in RunConfig.model_fields]
    assert len(set(names)) == len(names)
    assert {"--receiver-height", "--threshold-db", "--stations-margin", "--base-stations"} < set(names)
