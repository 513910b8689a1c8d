"""``radiocore train radio-metrics`` and ``predict radio-metrics``: files in, files out, one line where they refuse."""

from __future__ import annotations

import json
import re

import numpy as np
import pandas
import pytest
import rasterio

from commands import refusal
from crowds import write_files
from radiocore import InputError, Measurements, RadioMetricModel, Scene
from radiocore.cli import main
from radiocore.measuring.crowd_files import write_crowd
from radiocore.models.link_inputs import TABLE_2

FEATURES = ("--feature", "ue_altitude_ag_m", "--feature", "resource_blocks")
QUICK = ("--model", "least squares", "--split", "tower")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A crowd as files, and a model of the one city."""
    path = tmp_path_factory.mktemp("crowd")
    write_files(path)
    assert main(train(path, "--metric", "rsrp", "--metric", "rssi")) == 0
    return path


def train(folder, *more, output=None, measurements="crowd.csv", quick=QUICK):
    files = ("--base-stations", folder / "crowd_cells.csv", "--buildings", folder / "crowd_buildings.geojson")
    words = ("train", "radio-metrics", "--measurements", folder / measurements, *files, *FEATURES, *quick, *more)
    return [str(word) for word in (*words, "--output", output or folder / "model")]


def predict(folder, output, *more):
    return [str(word) for word in ("predict", "radio-metrics", "--model", folder / "model", "--output", output, *more)]


# ---- What they make ------------------------------------------------------------------------------


def test_a_crowd_is_read_as_it_was_made(tmp_path):
    cities, crowd = write_files(tmp_path)
    made = crowd.measurements
    scene = Scene.read(
        buildings=tmp_path / "crowd_buildings.geojson",
        base_stations=tmp_path / "crowd_cells.csv",
        stations_margin_m=1e5,
    )
    parts = [
        Measurements.read(tmp_path / name, scene=scene, features=["ue_altitude_ag_m", "resource_blocks"])
        for name in ("crowd.csv", "crowd_blind.csv")
    ]
    assert [set(part.area) for part in parts] == [{"Lowmoor"}, {"Middleton"}]
    assert sum(map(len, parts)) == len(made) and len(scene.buildings) == len(cities.scene.buildings)
    own = made.select(made.area == "Middleton")
    np.testing.assert_array_equal(parts[1].cell, own.cell)
    np.testing.assert_allclose(parts[1].rssi_dbm, own.rssi_dbm, atol=0.006)
    apart_m, apart_of_cells_m = (
        thing.associated(place).distance_m for thing, place in ((parts[1], scene), (own, cities.scene))
    )
    np.testing.assert_allclose(apart_m, apart_of_cells_m, rtol=1e-3)  # of another projection
    with pytest.raises(InputError, match="blind: 'Midleton' is not one of Lowmoor, Middleton .did you mean 'Middle"):
        write_crowd(crowd, cities.scene, "Midleton", tmp_path)


def test_training_tells_what_it_did(folder, tmp_path, capsys):
    assert main(train(folder, "--metric", "rsrp", "--metric", "rssi", output=tmp_path / "model")) == 0
    told = " ".join(capsys.readouterr().out.split())
    for words in ("estimate by tr38901-uma", "RSRP, dBm", "RSSI, dBm", "towers held out, indoors", "stage one alone"):
        assert words in told, words
    assert "random: flatters" in told and "plain mean" in told and "RSRQ, dB" not in told
    assert len(re.findall(r"\brows \W*287\b", told)) == 3, "of the file, and of each metric"
    for name in ("config.json", "weights.safetensors"):
        assert (tmp_path / "model" / name).read_bytes() == (folder / "model" / name).read_bytes()
    about = json.loads((folder / "model" / "config.json").read_text())
    assert about["training"]["files"]["measurements"]["name"] == "crowd.csv"


def test_links_are_written_back(folder, tmp_path, capsys):
    output = tmp_path / "out.csv"
    assert main(predict(folder, output, "--points", folder / "crowd_blind.csv")) == 0
    found, given = pandas.read_csv(output), pandas.read_csv(folder / "crowd_blind.csv")
    assert found.cell.tolist() == given.cell.tolist() and found.beta_dbm.notna().all()
    for metric in ("rsrp", "rssi"):
        low, mean, high = (found[f"{metric}_{what}_dbm"] for what in ("low_95", "mean", "high_95"))
        assert (low < mean).all() and (mean < high).all() and (found[f"{metric}_deviation_db"] > 0).all()
    assert "rsrq_mean_db" not in found
    model = RadioMetricModel.load(folder / "model")
    points = Measurements.read(folder / "crowd_blind.csv", scene=model.scene, features=model.features)
    np.testing.assert_allclose(found.rssi_mean_dbm, model.predict(points)["rssi"].mean, atol=6e-4)
    again = tmp_path / "again.csv"
    files = ("--base-stations", folder / "crowd_cells.csv", "--buildings", folder / "crowd_buildings.geojson")
    assert main(predict(folder, again, "--points", folder / "crowd_blind.csv", *map(str, files))) == 0
    assert again.read_bytes() == output.read_bytes()


def test_maps_have_a_band_for_each_end_and_floor(folder, tmp_path, capsys):
    given = pandas.read_csv(folder / "crowd_blind.csv")
    box = f"--bbox={given.lon.min()},{given.lat.min()},{given.lon.max()},{given.lat.max()}"
    more = (box, "--resolution", 50, "--receiver-height", 1.5, "--receiver-height", 10.5, "--outdoors")
    assert main(predict(folder, tmp_path / "map.tif", *more)) == 0
    with rasterio.open(tmp_path / "map.tif") as raster:
        bands = dict(zip(raster.descriptions, raster.read(), strict=True))
        assert (
            raster.count == 12 and set(raster.units) == {"dBm"} and raster.transform.e < 0 and raster.crs.is_projected
        )
    low, mean = (
        bands[f"RSRP of the best station, {what}, 10.5 m"] for what in ("lower end of the 95 % interval", "mean")
    )
    known = np.isfinite(mean)
    assert known.any() and not known.all() and (low[known] < mean[known]).all()


def test_columns_of_the_file_alone(folder, tmp_path, capsys):
    """A table of links that brings what would be computed needs neither cells nor buildings."""
    model = RadioMetricModel.load(folder / "model")
    points = Measurements.read(folder / "crowd.csv", scene=model.scene, features=model.features)
    names = [name for name in TABLE_2 if name != "ue_altitude_ag_m"]
    links = model.links(points)
    table = pandas.read_csv(folder / "crowd.csv").assign(**{name: links[name] for name in names})
    table.drop(columns=["cell", "carrier", "frequency_mhz"]).to_csv(tmp_path / "links.csv", index=False)
    features = [word for name in (*FEATURES[1::2], *names) for word in ("--feature", name)]
    words = ["train", "radio-metrics", "--measurements", tmp_path / "links.csv", *features, "--metric", "rsrp"]
    words += ["--model", "least squares", "--split", "squares", "--output", tmp_path / "model"]
    assert main([str(word) for word in words]) == 0
    assert "blocked 100 m, plain: flatters" in " ".join(capsys.readouterr().out.split())
    assert main(predict(tmp_path, tmp_path / "out.csv", "--points", tmp_path / "links.csv")) == 0
    np.testing.assert_allclose(pandas.read_csv(tmp_path / "out.csv").beta_dbm, links["beta_dbm"], atol=6e-4)


def test_settings_that_were_tuned(folder, tmp_path, capsys, monkeypatch):
    pytest.importorskip("torch")
    from radiocore.models.correction import CorrectionNetwork
    from radiocore.tuning.radio_metrics import SPACE
    from radiocore.tuning.tuned import Trial, Tuned

    def trained(cls, table, scene, *, metrics, model, **options):
        assert list(metrics) == ["rsrp", "rsrq", "rssi"]
        assert model == {"rsrp": network, "rsrq": "boosting", "rssi": "boosting"}
        raise InputError("seen")

    network = CorrectionNetwork(metric="rsrp", epochs=20, rate=1e-3)
    Tuned(network, SPACE, (Trial(SPACE.start(network), 8.0, 2, 20),), 2, "optuna", 0).save(tmp_path / "tuned")
    monkeypatch.setattr(RadioMetricModel, "train", classmethod(trained))
    words = train(folder, "--tuned", tmp_path / "tuned", quick=("--model", "boosting"), output=tmp_path / "model")
    assert refusal(capsys, words) == "error: seen"
    assert "is for rsrp, as is another; name one for each" in refusal(capsys, [*words, "--tuned", tmp_path / "tuned"])
    (tmp_path / "trees").mkdir()
    (tmp_path / "trees" / "settings.json").write_text('{"model": "boosting", "settings": {}}')
    assert "is of a boosting model, which is for no metric" in refusal(capsys, [*words, "--tuned", tmp_path / "trees"])


def indoors(folder):
    """A box of a few metres in the largest building."""
    import shapely

    town = json.loads((folder / "crowd_buildings.geojson").read_text())
    outlines = [shapely.geometry.shape(feature["geometry"]) for feature in town["features"]]
    inside = max(outlines, key=lambda outline: outline.area).representative_point()
    return f"--bbox={inside.x - 1e-5},{inside.y - 1e-5},{inside.x + 1e-5},{inside.y + 1e-5}"


# ---- What they refuse ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--metric", "rsrb"], "--metric: 'rsrb' is not one of rsrp, rsrq, rssi"),
        (["--model", "boostin"], "--model: 'boostin' is not one of"),
        (["--tuned", "absent"], "absent/settings.json: is not what a search for settings wrote"),
        (["--split", "cells"], "--split: 'cells' is not one of geohash6, tower"),
        (["--path-loss", "hata"], "--path-loss: 'hata' is not one of cost231-hata"),
        (["--path-loss", "crc-mlpl"], "--path-loss: 'crc-mlpl' is a network in a file; give its file"),
        (["--path-loss-weights", "absent.json"], "absent.json: cannot be read"),
        (["--resource-blocks", "111"], "--resource-blocks: 111 is no number of resource blocks"),
        (["--feature", "roof"], "there is no column 'roof'"),
        (["--unknown-cells", "ignore"], "--unknown-cells: 'ignore' is not one of"),
    ],
)
def test_bad_options(folder, tmp_path, capsys, more, message, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refusal(capsys, train(folder, *more, output=tmp_path / "model"))
    assert not any(tmp_path.iterdir()), "nothing is half-written"


BAD = {
    "empty": (lambda table: table[:0], "it holds no measurements"),
    "one level": (lambda table: table.assign(rsrp_dbm=-90), "all 288 rows have the rsrp_dbm -90"),
    "hertz": (lambda table: table.assign(frequency_mhz=1.8e9), "this looks like Hz"),
    "sentinel": (lambda table: table.assign(rsrq_db=255), "rsrq_db .*255.*what a phone writes for"),
    "sea level": (lambda table: table.assign(ue_altitude_ag_m=2400), "it must be a height above ground, 0 to 1000 m"),
    "swapped": (lambda table: table.rename(columns={"lon": "lat", "lat": "lon"}), "look swapped"),
    "elsewhere": (lambda table: table.assign(lon=table.lon + 90), "none of its 288 measurements lies in the scene"),
    "unknown cell": (lambda table: table.assign(cell=77), "the cell '77' of row 2 .*--unknown-cells leave-out"),
    "no cells": (
        lambda table: table.assign(cell=None),
        "row 2 names no cell; leave such rows out .--unknown-cells",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_measurements(folder, tmp_path, capsys, name):
    change, message = BAD[name]
    change(pandas.read_csv(folder / "crowd.csv")).to_csv(tmp_path / "bad.csv", index=False)
    words = train(folder, output=tmp_path / "model")
    words[words.index(str(folder / "crowd.csv"))] = str(tmp_path / "bad.csv")
    found = refusal(capsys, words)
    assert re.search(message, found), found
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"]


def test_transmitters_are_needed(folder, tmp_path, capsys):
    words = ["train", "radio-metrics", "--measurements", folder / "crowd.csv", "--output", tmp_path / "model"]
    assert "stage one, cost231-hata, needs it: give base stations" in refusal(capsys, words)
    words += ["--buildings", folder / "crowd_buildings.geojson"]
    assert "--base-stations: buildings alone tell nothing of links" in refusal(capsys, words)


def test_what_cannot_be_predicted(folder, tmp_path, capsys):
    blind = ("--points", folder / "crowd_blind.csv")
    pandas.read_csv(blind[1]).drop(columns="resource_blocks").to_csv(tmp_path / "points.csv", index=False)
    found = refusal(capsys, predict(folder, tmp_path / "out.csv", "--points", tmp_path / "points.csv"))
    assert "there is no column 'resource_blocks'" in found
    for time in ("noon", "now", "2026", "2026-03-02T25:00"):
        words = predict(folder, tmp_path / "o.csv", *blind, "--time", time)
        assert f"--time: '{time}' is no time of UTC" in refusal(capsys, words)
    for more in (
        ["--outdoors"],
        ["--resolution", 5],
        ["--resource-blocks", 0],
        ["--bbox=-32.745,45.154,-32.731,45.163"],
    ):
        found = refusal(capsys, predict(folder, tmp_path / "o.csv", *blind, *more))
        assert f"{more[0].partition('=')[0]}: it is for maps; leave it out, or leave out the points" in found
    for more in (
        ["--columns", "c.toml"],
        ["--table-crs", "EPSG:1"],
        ["--feature", "a"],
        ["--unknown-cells", "leave-out"],
    ):
        found = refusal(capsys, predict(folder, tmp_path / "map.tif", *more))
        assert f"{more[0]}: it is for points; leave it out, or give --points" in found
    bare = ("--buildings", folder / "crowd_buildings.geojson")
    assert "give base stations too, or --towers" in refusal(capsys, predict(folder, tmp_path / "map.tif", *bare))
    box = indoors(folder)
    found = refusal(capsys, predict(folder, tmp_path / "map.tif", box, "--resolution", 1, "--outdoors"))
    assert "--outdoors: no cell of the map is outdoors; leave it out" in found
    assert "is no map; give the points" in refusal(capsys, predict(folder, tmp_path / "out.csv"))
    more = ("--resolution", 500, "--receiver-height", 1.5, "--receiver-height", 1.5)
    assert "--receiver-height: [1.5, 1.5]" in refusal(capsys, predict(folder, tmp_path / "map.tif", *more))
    more = ("--resolution", 500, "--receiver-height", -3)
    assert "must be a height above ground" in refusal(capsys, predict(folder, tmp_path / "map.tif", *more))
    words = ["predict", "rsrp", "--model", folder / "model", "--output", tmp_path / "map.tif"]
    assert "is not of a 'radiocore RSRP model'" in refusal(capsys, words)
    assert [path.name for path in tmp_path.iterdir()] == ["points.csv"]
    assert "is there already; choose another name, or --overwrite" in refusal(capsys, train(folder))
