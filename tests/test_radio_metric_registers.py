"""The commands of radio metrics with a register of cells: each row by its own cell, as with stations of one cell."""

from __future__ import annotations

import pandas
import pytest
import rasterio

from commands import refusal
from crowds import write_files
from radiocore import InputError, RadioMetricModel
from radiocore.cli import main

FEATURE = ("--feature", "ue_altitude_ag_m")
QUICK = ("--metric", "rsrp", "--model", "least squares", "--split", "tower")
OTHER_MHZ = 2675.0
"""Of a second cell of each site, with the next number, at the same place."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A crowd, its cells as stations and as a register, and a model of each."""
    path = tmp_path_factory.mktemp("register")
    write_files(path)
    cells = pandas.read_csv(path / "crowd_cells.csv").rename(columns={"id": "eci", "carrier": "network"})
    second = cells.assign(eci=cells.eci + 1, frequency_mhz=OTHER_MHZ)
    pandas.concat([second, cells]).to_csv(path / "register.csv", index=False)
    assert main(train(path, "--base-stations", path / "crowd_cells.csv", *buildings(path))) == 0
    assert main(train(path, *register(path), *buildings(path), output=path / "of_register")) == 0
    return path


def buildings(folder):
    return ("--buildings", folder / "crowd_buildings.geojson")


def register(folder, name="register.csv"):
    return ("--towers", folder / name)


def train(folder, *more, output=None, measurements="crowd.csv", command="train", quick=QUICK):
    words = (command, "radio-metrics", "--measurements", folder / measurements, *FEATURE, *quick, *more)
    return [str(word) for word in (*words, "--output", output or folder / "model")]


def predict(folder, output, *more, model="of_register"):
    return [str(word) for word in ("predict", "radio-metrics", "--model", folder / model, "--output", output, *more)]


def test_cells_of_a_register_are_what_stations_are(folder, tmp_path, capsys):
    """Predictions of rows by a register, or by the stations that the model brings, are those of plain stations."""
    points = ("--points", folder / "crowd.csv")
    assert main(predict(folder, tmp_path / "stations.csv", *points, model="model")) == 0
    assert main(predict(folder, tmp_path / "own.csv", *points)) == 0
    assert main(predict(folder, tmp_path / "register.csv", *points, *register(folder), *buildings(folder))) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "288 of 288 rows (100.0%) were joined by network, cell with" in told and "the longest has 0." in told
    expected = (tmp_path / "stations.csv").read_bytes()
    assert (tmp_path / "own.csv").read_bytes() == expected
    assert (tmp_path / "register.csv").read_bytes() == expected
    scores = [RadioMetricModel.load(folder / name).metrics["rsrp"].scores for name in ("model", "of_register")]
    assert scores[0] == scores[1], "the towers held out are the same"


def test_cells_of_one_place_keep_their_frequencies(folder, tmp_path, capsys):
    rows = pandas.read_csv(folder / "crowd.csv").drop(columns=["carrier", "frequency_mhz"])
    rows.assign(cell=rows.cell + rows.index % 2).to_csv(tmp_path / "two.csv", index=False)
    words = train(tmp_path, *register(folder), *buildings(folder), measurements="two.csv")
    assert main(words) == 0
    stations = RadioMetricModel.load(tmp_path / "model").scene.base_stations
    first = {number: mhz for number, mhz in zip(stations.id, stations.frequency_mhz, strict=True)}
    cells = pandas.read_csv(folder / "register.csv", dtype={"eci": str}).set_index("eci").frequency_mhz
    assert first == cells[list(first)].to_dict() and OTHER_MHZ in first.values() and len(set(first.values())) > 1


def test_rows_without_a_tower_are_left_empty(folder, tmp_path, capsys):
    rows = pandas.read_csv(folder / "crowd_blind.csv", dtype={"cell": str})
    rows.loc[[3, 8], "cell"] = ["7", ""]
    rows.to_csv(tmp_path / "points.csv", index=False)
    points = ("--points", tmp_path / "points.csv")
    assert main(predict(folder, tmp_path / "out.csv", *points, *register(folder), *buildings(folder))) == 0
    told = capsys.readouterr().out
    assert "1 of a cell that is not in the register" in told and "1 without network, cell" in told
    found = pandas.read_csv(tmp_path / "out.csv")
    assert found.rsrp_mean_dbm.isna().to_numpy().nonzero()[0].tolist() == [3, 8]
    stations = ("--base-stations", folder / "crowd_cells.csv", *buildings(folder))
    assert "--unknown-cells leave-out" in refusal(capsys, predict(folder, tmp_path / "again.csv", *points, *stations))
    words = predict(folder, tmp_path / "again.csv", *points, *stations, "--unknown-cells", "leave-out")
    assert main(words) == 0 and (tmp_path / "again.csv").read_bytes() == (tmp_path / "out.csv").read_bytes()


def test_what_a_register_does_not_tell_is_stated(folder, tmp_path, capsys):
    """OpenCelliD tells no heights, powers and frequencies; its tracking areas count where rows have them."""
    rows = pandas.read_csv(folder / "crowd.csv").drop(columns=["carrier", "frequency_mhz"]).assign(tac=101)
    rows.to_csv(tmp_path / "crowd.csv", index=False)
    cells = pandas.read_csv(folder / "register.csv").drop(columns=["height_m", "power_dbm", "frequency_mhz"])
    cells.assign(tac=101).to_csv(tmp_path / "bare.csv", index=False)
    words = train(tmp_path, *register(tmp_path, "bare.csv"), *buildings(folder))
    assert "or state one: --frequency-mhz" in refusal(capsys, words)
    found = refusal(capsys, [*words, "--frequency-mhz", 1.8])
    assert "--frequency-mhz: 1.8 must be a carrier frequency in MHz" in found and "GHz" in found
    words += ["--frequency-mhz", "1800", "--station-height", "31"]
    assert main(words) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "joined by network, tac, cell" in told and "31 m above ground is assumed" in told and "30 dBm is" in told
    stations = RadioMetricModel.load(tmp_path / "model").scene.base_stations
    assert set(stations.frequency_mhz) == {1800} and set(stations.height_m) == {31}


def test_a_map_of_a_register(folder, tmp_path, capsys):
    rows = pandas.read_csv(folder / "crowd_blind.csv")
    box = f"--bbox={rows.lon.min()},{rows.lat.min()},{rows.lon.max()},{rows.lat.max()}"
    grid = (box, "--resolution", 100)
    assert main(predict(folder, tmp_path / "map.tif", *grid, *register(folder), *buildings(folder))) == 0
    with rasterio.open(tmp_path / "map.tif") as raster:
        assert raster.count == 3 and (raster.read(1) < -20).any()
    words = predict(folder, tmp_path / "more.tif", *grid, *register(folder))
    assert "--towers: a map of other stations wants the buildings" in refusal(capsys, words)
    words = predict(folder, tmp_path / "more.tif", *grid, *register(folder), "--join-by", "cell", *buildings(folder))
    assert "--join-by: it is for points" in refusal(capsys, words)
    cells = pandas.read_csv(folder / "register.csv")
    cells.assign(lon=cells.lon + 9).to_csv(tmp_path / "far.csv", index=False)
    words = predict(folder, tmp_path / "more.tif", *grid, *register(tmp_path, "far.csv"), *buildings(folder))
    assert "stands in the area or within 20 km of it" in refusal(capsys, words)


def test_settings_are_searched_with_a_register(folder, tmp_path, capsys, monkeypatch):
    def tune(model, inputs, target, folds, **options):
        assert len(inputs) == len(target) == 288 and {"downlink_frequency", "beta_dbm"} <= set(inputs.columns)
        raise InputError("seen")

    monkeypatch.setattr("radiocore.cli.tune.tune", tune)
    words = train(folder, *register(folder), command="tune", quick=("--metric", "rsrp"), output=tmp_path / "tuned")
    assert refusal(capsys, words) == "error: seen"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--base-stations", "cells.csv"], "--base-stations: it is for base stations, and --towers takes their place"),
        (["--network", "001-01"], "--network: it is for base stations"),
        (["--no-merge-sites"], "--merge-sites: it is for base stations"),
        (["--join-by", "eci"], "--join-by: ('eci',) must be some of"),
        (["--join-by", "tac"], "no row tells tac; name the columns that hold them with [columns] in a --columns file"),
        (["--radio", "NR"], "register.csv: it holds no cell of NR"),
    ],
)
def test_bad_options(folder, tmp_path, capsys, more, message):
    assert message in refusal(capsys, train(folder, *register(folder), *more, output=tmp_path / "model"))
    assert not any(tmp_path.iterdir())


def test_bad_registers(folder, tmp_path, capsys):
    words = train(folder, "--join-by", "cell", "--base-stations", folder / "crowd_cells.csv", output=tmp_path / "model")
    assert "--join-by: it is for a register of cells; name it with --towers" in refusal(capsys, words)
    cells = pandas.read_csv(folder / "register.csv")
    for change, message in (
        ({"lon": cells.lon + 90}, "joined rows are farther than 35 km from their towers"),
        ({"network": "310-260"}, "no network of its rows is in"),
        ({"frequency_mhz": 1.8}, "GHz"),
        ({"height_m": 2400}, "above sea level"),
    ):
        cells.assign(**change).to_csv(tmp_path / "bad.csv", index=False)
        found = refusal(capsys, train(folder, *register(tmp_path, "bad.csv"), output=tmp_path / "model"))
        assert message in found and "bad.csv" in found
    (cells.rename(columns={"lon": "east"})).to_csv(tmp_path / "bad.csv", index=False)
    found = refusal(capsys, train(folder, *register(tmp_path, "bad.csv"), output=tmp_path / "model"))
    assert "the [station_columns] table of a --config file" in found


def test_dortmund(shared_data, tmp_path, capsys):
    """Cells of a site have several frequencies there, so that they cannot be base stations; train, and predict."""
    data = shared_data("dortmund_multimno/measurements.csv.gz").parent
    rows = pandas.read_csv(data / "measurements.csv.gz").iloc[::60]
    rows.to_csv(tmp_path / "drive.csv", index=False)
    (tmp_path / "columns.toml").write_text('[columns]\ncell = "eci"\narea = "env"\n')
    files = ("--columns", tmp_path / "columns.toml", "--towers", data / "cells_nolicence.csv")
    words = ["train", "radio-metrics", "--measurements", tmp_path / "drive.csv", *files, "--output", tmp_path / "model"]
    words += ["--model", "least squares", "--metric", "rsrp", "--metric", "rsrq"]
    assert main([str(word) for word in words]) == 0
    assert "(97." in capsys.readouterr().out
    words = predict(tmp_path, tmp_path / "out.csv", "--points", tmp_path / "drive.csv", *files, model="model")
    assert main(words) == 0
    found = pandas.read_csv(tmp_path / "out.csv")
    cells = pandas.read_csv(data / "cells_nolicence.csv")
    assert found.rsrq_mean_db.notna().to_numpy().tolist() == found.eci.isin(cells.eci).tolist()
