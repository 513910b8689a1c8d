"""``radiocore train rsrp`` and ``radiocore predict rsrp``: files in, files out, and one line where they refuse."""

from __future__ import annotations

import gzip
import json

import geopandas
import numpy as np
import pandas
import pytest
import rasterio

from commands import refusal
from radiocore.cli import main

UTM = "EPSG:32632"


def drive(number=240) -> pandas.DataFrame:
    """Three sectors of one mast at 7.412 E 51.4915 N, on a walk around it."""
    draw = np.random.default_rng(5)
    lon, lat = draw.uniform((7.408, 51.489), (7.416, 51.494), (number, 2)).T
    away_m = np.hypot((lon - 7.412) * 69_400, (lat - 51.4915) * 111_300)
    sector = (np.degrees(np.arctan2(lon - 7.412, (lat - 51.4915) * 1.6)) % 360 // 120).astype(int)
    rsrp_dbm = -60 - 25 * np.log10(np.maximum(away_m, 10) / 10) - 3 * sector + draw.normal(0, 3, number)
    return pandas.DataFrame(
        {
            "lon": lon,
            "lat": lat,
            "cell": [f"c{place}" for place in sector],
            "rsrp_dbm": rsrp_dbm.round(2),
            "note": "ä;b",
        }
    )


SQUARE = [[7.4135, 51.4920], [7.4140, 51.4920], [7.4140, 51.4923], [7.4135, 51.4923], [7.4135, 51.4920]]
CORNERS = [(7.4079, 51.4889), (7.4161, 51.4941)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Measurements, cells, a map of buildings, and the model of them."""
    path = tmp_path_factory.mktemp("rsrp")
    drive().to_csv(path / "drive.csv", index=False)
    stations = {"id": ["c0", "c1", "c2"], "lon": 7.412, "lat": 51.4915, "height_m": 25, "azimuth_deg": [60, 180, 300]}
    pandas.DataFrame(stations).to_csv(path / "cells.csv", index=False)
    rings = [SQUARE, *([[x, y], [x + 1e-5, y], [x, y + 1e-5], [x, y]] for x, y in CORNERS)]
    features = [
        {"type": "Feature", "properties": {"height": 20}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for ring in rings
    ]
    (path / "town.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert main([*train(path), "--output", str(path / "model")]) == 0
    return path


def train(folder, *, measurements="drive.csv", stations=True, model="empirical"):
    words = ["train", "rsrp", "--measurements", str(folder / measurements), "--model", model]
    files = {"--buildings": "town.geojson", "--base-stations": "cells.csv"} if stations else {}
    return [*words, *(str(word) for key, name in files.items() for word in (key, folder / name))]


def predict(folder, output, *more):
    return ["predict", "rsrp", "--model", folder / "model", "--output", output, *more]


# ---- What they make ------------------------------------------------------------------------------


def test_training_tells_what_it_did(folder, tmp_path, capsys):
    assert main([*train(folder), "--output", str(tmp_path / "model")]) == 0
    told = " ".join(capsys.readouterr().out.split())
    for words in (
        "Measurements",
        "distance_m, cell",
        "240",
        "held out at random: flatters",
        "mean of each cell",
        "80%",
    ):
        assert words in told
    assert {path.name for path in (tmp_path / "model").iterdir()} == {"config.json", "weights.safetensors"}
    about = json.loads((tmp_path / "model" / "config.json").read_text())
    assert about["training"]["files"]["measurements"]["name"] == "drive.csv"
    assert len(about["training"]["files"]["base_stations"]["sha256"]) == 64
    for name in ("config.json", "weights.safetensors"):
        assert (tmp_path / "model" / name).read_bytes() == (folder / "model" / name).read_bytes()


def test_a_model_that_learns_nothing_of_the_place_is_called_so(folder, tmp_path, capsys):
    assert main([*train(folder, stations=False, model="cell mean"), "--output", str(tmp_path / "model")]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "does not beat the mean of each cell" in told and "no base stations were given" in told


WRITERS = {
    "points.csv": lambda table, path: table.to_csv(path, index=False),
    "points.csv.gz": lambda table, path: table.to_csv(path, index=False),
    "points.parquet": lambda table, path: table.to_parquet(path),
    "points.gpkg": lambda table, path: (
        geopandas.GeoDataFrame(
            table.drop(columns=["lon", "lat"]), geometry=geopandas.points_from_xy(table.lon, table.lat, crs="EPSG:4326")
        )
        .to_crs(UTM)
        .to_file(path, driver="GPKG")
    ),
}
READERS = {".csv": pandas.read_csv, ".parquet": pandas.read_parquet, ".gpkg": geopandas.read_file}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("suffix", READERS)
def test_points_are_written_back(folder, tmp_path, name, suffix, capsys):
    table = drive(12).drop(columns="rsrp_dbm")
    if not name.endswith("gpkg"):
        table.loc[4, "lat"] = np.nan
    WRITERS[name](table, tmp_path / name)
    output = tmp_path / f"out{suffix}"
    assert main([str(word) for word in predict(folder, output, "--points", tmp_path / name)]) == 0
    found = READERS[suffix](output)
    assert found.note.tolist() == table.note.tolist() and found.cell.tolist() == table.cell.tolist()
    assert found.rsrp_mean_dbm.isna().tolist() == table.lat.isna().tolist()
    known = found.dropna(subset="rsrp_mean_dbm")
    assert (known.rsrp_low_95_dbm < known.rsrp_low_80_dbm).all() and (known.rsrp_low_80_dbm < known.rsrp_mean_dbm).all()
    assert (known.rsrp_mean_dbm < known.rsrp_high_50_dbm).all() and (known.rsrp_deviation_db > 0).all()
    if suffix == ".gpkg":
        at = found.geometry.to_crs("EPSG:4326")
        np.testing.assert_allclose(at.x[[0, 1]], table.lon[[0, 1]], atol=1e-7)
    again = tmp_path / f"again{suffix}"
    assert main([str(word) for word in predict(folder, again, "--points", tmp_path / name)]) == 0
    assert again.read_bytes() == output.read_bytes()


def test_a_map_is_north_up_with_two_bands(folder, tmp_path, capsys):
    output = tmp_path / "map.tif"
    assert main([str(word) for word in predict(folder, output, "--resolution", "20")]) == 0
    with rasterio.open(output) as raster:
        mean_dbm, deviation_db = raster.read()
        assert raster.units == ("dBm", "dB") and raster.transform.e < 0 < raster.transform.a and raster.crs.is_projected
        assert (np.isnan(mean_dbm) == np.isnan(deviation_db)).all() and np.isnan(mean_dbm).any(), "inside buildings"
        strongest = raster.xy(*np.unravel_index(np.nanargmax(mean_dbm), mean_dbm.shape))
        (x,), (y,) = rasterio.warp.transform("EPSG:4326", raster.crs, [7.412], [51.4915])
    measured = drive()
    nearest_m = (
        np.hypot((measured.lon - 7.412) * 69_400, (measured.lat - 51.4915) * 111_300).groupby(measured.cell).min()
    )
    away_m = np.hypot(strongest[0] - x, strongest[1] - y)
    assert nearest_m.min() - 1 < away_m < nearest_m.max() + 30, "at the mast, but no nearer than it was measured"
    files = ("--buildings", folder / "town.geojson", "--base-stations", folder / "cells.csv")
    again = tmp_path / "again.tif"
    assert main([str(word) for word in predict(folder, again, "--resolution", "20", *files)]) == 0
    assert again.read_bytes() == output.read_bytes()


# ---- What they refuse ----------------------------------------------------------------------------


def csv(change):
    return lambda: change(drive()).to_csv(index=False)


BAD = {
    "empty": (lambda: "", "is empty"),
    "no rows": (csv(lambda table: table[:0]), "it holds no measurements"),
    "one cell": (csv(lambda table: table.assign(cell="c1")), "all 240 rows are of the cell 'c1'.*--one-cell"),
    "equal": (csv(lambda table: table.assign(rsrp_dbm=-90)), "all 240 rows have the rsrp_dbm -90.*--columns file"),
    "nan": (lambda: drive().assign(rsrp_dbm="nan").to_csv(index=False), "line 2: rsrp_dbm is 'nan'.*leave it empty"),
    "missing": (csv(lambda table: table.drop(columns="rsrp_dbm")), "'rsrp_dbm' is missing.*--columns file"),
    "positive": (csv(lambda table: table.assign(rsrp_dbm=90)), "line 2: rsrp_dbm is '90'; it must be negative"),
    "swapped": (
        csv(lambda table: table.rename(columns={"lon": "lat", "lat": "lon"})),
        "lon and lat look swapped.*--columns file",
    ),
    "unknown cell": (csv(lambda table: table.assign(cell="c9")), "the cell 'c9' of row 2.*--unknown-cells leave-out"),
    "cut": (lambda: drive().to_csv(index=False)[:-20], "is the file cut short"),
    "few": (csv(lambda table: table[:5]), "5 rows are too few"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_measurements(folder, tmp_path, name, capsys):
    import re

    content, message = BAD[name]
    (tmp_path / "bad.csv").write_text(content())
    words = train(folder)
    words[3] = str(tmp_path / "bad.csv")
    found = refusal(capsys, [*words, "--output", tmp_path / "model"])
    assert re.search(message, found), found
    assert [path.name for path in tmp_path.iterdir()] == ["bad.csv"], "nothing is half-written"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--model", "stak"], "--model: 'stak' is not one of"),
        (["--unknown-cells", "ignore"], "--unknown-cells: 'ignore' is not one of raise, leave-out"),
        (["--feature", "roof"], "there is no column 'roof'"),
        (["--table-crs", "EPSG:32632"], "--table-crs: .*has lon and lat, which need none"),
        (["--images", "9"], "--images: 9 of 240 rows; give from 10"),
        (["--images", "-1"], "--images: -1 of 240 rows"),
        (["--checkpoints", "here"], "checkpoints: the model 'empirical' has no epochs"),
    ],
)
def test_bad_options(folder, tmp_path, monkeypatch, more, message, capsys):
    import re

    monkeypatch.chdir(tmp_path)
    found = refusal(capsys, [*train(folder), "--output", tmp_path / "model", *more])
    assert re.search(message, found), found
    assert not any(tmp_path.iterdir())


def test_a_model_is_not_replaced_unasked(folder, capsys):
    words = [*train(folder), "--output", str(folder / "model")]
    assert "is there already; choose another name, or --overwrite" in refusal(capsys, words)
    assert main([*words, "--overwrite"]) == 0
    assert "which is not a former" in refusal(capsys, [*train(folder), "--output", folder])


def test_bad_points_and_models(folder, tmp_path, capsys):
    drive(5).assign(cell="c7").to_csv(tmp_path / "points.csv", index=False)
    points = ("--points", tmp_path / "points.csv")
    found = refusal(capsys, predict(folder, tmp_path / "out.csv", *points))
    assert "the cell 'c7' of row 2 was not measured" in found and "known are 'c0', 'c1', 'c2'" in found
    assert "is the file of the points" in refusal(capsys, predict(folder, tmp_path / "points.csv", *points))
    assert "'.txt' is not one of .csv" in refusal(capsys, predict(folder, tmp_path / "out.txt", *points))
    assert "is no map; give the points" in refusal(capsys, predict(folder, tmp_path / "out.csv"))
    (tmp_path / "model").mkdir()
    for name in ("config.json", "weights.safetensors"):
        (tmp_path / "model" / name).write_bytes((folder / "model" / name).read_bytes()[:-1])
    found = refusal(capsys, predict(tmp_path, tmp_path / "out.csv", *points))
    assert (
        "weights.safetensors: was changed or cut short" in found
        and "train it again with: radiocore train rsrp" in found
    )
    drive(5).assign(rsrp_mean_dbm=1).to_csv(tmp_path / "points.csv", index=False)
    assert "has a column 'rsrp_mean_dbm' already" in refusal(capsys, predict(folder, tmp_path / "out.csv", *points))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model", "points.csv"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (lambda table: "", "points.csv: is empty"),
        (lambda table: table[:0].to_csv(index=False), "points.csv: it holds no measurements"),
        (lambda table: table.to_csv(index=False, sep=";", decimal=","), "write decimals with a point"),
        (lambda table: table.rename(columns={"lon": "lat", "lat": "lon"}).to_csv(index=False), "swapped"),
        (
            lambda table: table.rename(columns={"lon": "x", "lat": "y"}).to_csv(index=False),
            "x, y need --table-crs .* name their CRS",
        ),
    ],
)
def test_bad_points(folder, tmp_path, content, message, capsys):
    import re

    (tmp_path / "points.csv").write_text(content(drive(20).drop(columns="rsrp_dbm")))
    found = refusal(capsys, predict(folder, tmp_path / "out.csv", "--points", tmp_path / "points.csv"))
    assert re.search(message, found), found
    assert [path.name for path in tmp_path.iterdir()] == ["points.csv"]


def test_points_in_another_crs(folder, tmp_path, capsys):
    table = drive(20)
    at = geopandas.GeoSeries(geopandas.points_from_xy(table.lon, table.lat, crs="EPSG:4326")).to_crs("EPSG:31466")
    table.to_csv(tmp_path / "points.csv", index=False)
    table.drop(columns=["lon", "lat"]).assign(x=at.x, y=at.y).to_csv(tmp_path / "gk.csv", index=False)
    words = predict(folder, tmp_path / "out.csv", "--points", tmp_path / "points.csv")
    assert main([str(word) for word in words]) == 0
    words = predict(folder, tmp_path / "gk_out.csv", "--points", tmp_path / "gk.csv", "--table-crs", "EPSG:31466")
    assert main([str(word) for word in words]) == 0
    one, other = (pandas.read_csv(tmp_path / name).rsrp_mean_dbm for name in ("out.csv", "gk_out.csv"))
    np.testing.assert_allclose(one, other, atol=1.1e-3)
    words = predict(folder, tmp_path / "no.csv", "--points", tmp_path / "gk.csv", "--table-crs", "EPSG:32632")
    assert "km outside it; check the CRS (--table-crs)" in refusal(capsys, words)


def test_marks_and_semicolons_change_nothing(folder, tmp_path, capsys):
    table = drive()
    table.to_csv(tmp_path / "marked.csv", index=False, encoding="utf-8-sig")
    table.to_csv(tmp_path / "semicolons.csv", index=False, sep=";")
    for name in ("marked", "semicolons"):
        words = [*train(tmp_path, measurements=f"{name}.csv", stations=False, model="cell mean")]
        assert main([*words, "--output", str(tmp_path / name)]) == 0
    one, other = ((tmp_path / name / "weights.safetensors").read_bytes() for name in ("marked", "semicolons"))
    assert one == other


def test_what_is_no_model(folder, tmp_path, capsys):
    drive(5).to_csv(tmp_path / "points.csv", index=False)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "config.json").write_text("{}")
    (tmp_path / "empty").mkdir()
    for name, message in {
        "other": "is not of a 'radiocore RSRP model'",
        "empty": "config.json: is missing",
        "points.csv": "is no folder of a model",
        "absent": "is no folder of a model",
    }.items():
        words = ["predict", "rsrp", "--model", tmp_path / name, "--points", tmp_path / "points.csv"]
        found = refusal(capsys, [*words, "--output", tmp_path / "out.csv"])
        assert message in found and found.count("radiocore train rsrp") == 1, found
    assert not (tmp_path / "out.csv").exists()


def test_images_want_a_map(folder, tmp_path, capsys):
    found = refusal(capsys, [*train(folder, stations=False), "--images", "20", "--output", tmp_path / "model"])
    assert "--images: they show buildings and masts; give --buildings and --base-stations" in found
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_images_from_the_command_line(folder, tmp_path, capsys):
    words = [*train(folder, model="likelihood"), "--images", "10", "--output", str(tmp_path / "model")]
    assert main(words) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "read by an autoencoder of" in told and "z8" in told.split("features used")[1].split("Gone without")[0]
    drive(12).drop(columns="rsrp_dbm").to_csv(tmp_path / "points.csv", index=False)
    words = predict(tmp_path, tmp_path / "out.csv", "--points", tmp_path / "points.csv")
    assert main([str(word) for word in words]) == 0
    assert pandas.read_csv(tmp_path / "out.csv").rsrp_mean_dbm.notna().all()


def test_a_packed_file_and_further_names(folder, tmp_path, capsys):
    table = drive().rename(columns={"rsrp_dbm": "RSRP", "cell": "CI"}).assign(roof=np.arange(240) % 9)
    (tmp_path / "drive.csv.gz").write_bytes(gzip.compress(table.to_csv(index=False).encode()))
    (tmp_path / "columns.toml").write_text('features = ["roof"]\n[columns]\nrsrp_dbm = "RSRP"\ncell = "CI"\n')
    words = train(tmp_path, measurements="drive.csv.gz", stations=False, model="cell mean")
    more = ["--columns", tmp_path / "columns.toml", "--output", tmp_path / "model"]
    assert main([str(word) for word in [*words, *more]]) == 0
    assert "roof" in capsys.readouterr().out
