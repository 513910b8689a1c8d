"""The predictor of RSRP: what it keeps, what it refuses, and that its folder is the same predictor again."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace

import numpy as np
import pytest

from radiocore import (
    FileFormatError,
    InputError,
    Measurements,
    Points,
    RadiocoreError,
    ReceiverGrid,
    RsrpPredictor,
    Scene,
)
from radiocore.foliage import Foliage
from radiocore.frame import LocalFrame
from radiocore.models.base import Model
from radiocore.models.inputs import is_label
from radiocore.models.likelihood import LikelihoodNetwork
from radiocore.models.prediction import Prediction
from radiocore.predictor.archive import checksum
from radiocore.predictor.cells import Cells
from radiocore.predictor.raster import REACH_M


@dataclass
class Plane(Model):
    """Least squares on all columns of numbers."""

    name = "plane"

    def _fit(self, inputs, target, blocks, progress):
        self.names = [name for name, column in inputs.columns.items() if not is_label(column) and np.ptp(column) > 0]
        self.weights = np.linalg.lstsq(self._design(inputs), target, rcond=None)[0]

    def _predict(self, inputs):
        return Prediction(self._design(inputs) @ self.weights, np.full(len(inputs), 3.0))

    def _design(self, inputs):
        return np.stack([np.ones(len(inputs)), *(inputs[name] for name in self.names)], axis=1)

    def state(self):
        return {"names": self.names}, {"weights": self.weights}

    def _load_state(self, config, arrays):
        self.names, self.weights = config["names"], arrays["weights"]


@pytest.fixture(scope="module")
def town():
    return Scene.synthetic(side_m=500, stations_per_km2=8, seed=3).with_sectors(power_dbm=60)


@pytest.fixture(scope="module")
def drive(town):
    return Measurements.synthetic(town, 600, seed=1)


@pytest.fixture(scope="module")
def trained(town, drive):
    return RsrpPredictor.train(drive, town, model="empirical", seed=4)


@pytest.fixture
def folder(trained, tmp_path):
    trained.save(tmp_path / "model")
    return tmp_path / "model"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def rows(number=60, **columns):
    """Metres without a CRS: a level that falls eastwards, cells A and B."""
    x_m = np.linspace(0.0, 590.0, number)
    cell = np.where(np.arange(number) % 2, "A", "B")
    return {"x_m": x_m, "y_m": np.zeros(number), "rsrp_dbm": -80 - x_m / 20 - 7 * (cell == "A"), "cell": cell} | columns


# ---- What it knows -------------------------------------------------------------------------------


def test_what_it_is_trained_on_is_told(trained, drive, town):
    assert set(trained.used) == {"distance_m", "cell"}
    assert trained.without["x_m"] == "empirical does not use it"
    assert trained.without["carrier"] == "it is not known" and trained.without["z1"] == "no images (images=0)"
    assert trained.without["device"] == "places to be predicted do not have it"
    assert trained.training["rows"] == 600 and trained.training["seed"] == 4
    assert trained.training["report"]["source"] == "made up, seed 1"
    assert trained.beats_cell_mean and set(trained.scores) == {"blocked", "random", "cell mean"}
    other = RsrpPredictor.train(drive.select(slice(0, 599)), town, model="cell mean")
    assert other.training["sha256"] != trained.training["sha256"] and not other.beats_cell_mean


def test_intervals_are_calibrated_on_rows_held_out(trained, drive):
    assert trained.levels == (0.5, 0.8, 0.95)
    for level, share in trained.scores["blocked"].coverage.items():
        assert share == pytest.approx(level, abs=0.04)
    low, high = trained.predict(drive).interval(0.8)
    assert np.mean((low <= drive.rsrp_dbm) & (drive.rsrp_dbm <= high)) == pytest.approx(0.8, abs=0.05)


def test_equal_seeds_give_equal_files(trained, town, drive, folder, tmp_path):
    RsrpPredictor.train(drive, town, model="empirical", seed=4).save(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(folder)


def test_nothing_but_a_file_of_numbers():
    table = Measurements.from_table(rows(height=np.arange(60.0) % 7), features=["height"])
    found = RsrpPredictor.train(table, model=Plane())
    assert set(found.used) == {"x_m", "height"} and found.without["cell"] == "plane does not use it"
    assert found.without["distance_m"] == "no base stations were given" and found.scene is None
    assert found.without["y_m"] == "constant: 0.0"
    points = Points.from_table({name: rows()[name][:3] for name in ("x_m", "y_m", "cell")})
    with pytest.raises(InputError, match="uses the feature 'height'"):
        found.predict(points)


# ---- Folders -------------------------------------------------------------------------------------


def test_a_folder_is_the_same_predictor_again(trained, folder, drive, tmp_path):
    again = RsrpPredictor.load(folder)
    again.save(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(folder)
    one, other = trained.predict(drive), again.predict(drive)
    np.testing.assert_array_equal(one.mean, other.mean)
    np.testing.assert_array_equal(one.interval(0.95), other.interval(0.95))
    about = json.loads((folder / "config.json").read_text())
    assert about["model"]["name"] == "empirical" and about["used"] == list(trained.used)
    assert about["training"]["sha256"] == trained.training["sha256"]


def test_a_folder_of_something_else_is_left_alone(trained, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text.md").write_text("years of work")
    with pytest.raises(InputError, match="holds 'text.md', which is not a former"):
        trained.save(tmp_path / "thesis")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]


def change_config(folder, change, *, sealed):
    """Change what config.json says; sealed = with a checksum that holds."""
    path = folder / "config.json"
    about = json.loads(path.read_text())
    change(about)
    if sealed:
        about["sha256"]["config.json"] = checksum(about)
    path.write_text(json.dumps(about))


def tamper(path):
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def sealed(change):
    return lambda folder: change_config(folder, change, sealed=True)


def unscaled(arrays):
    def change(about):
        about["arrays"]["calibration.scores"]["shape"] = [7]

    return change(arrays)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: tamper(folder / "weights.safetensors"), r"weights.safetensors: was changed or cut short"),
        (lambda folder: cut(folder / "weights.safetensors"), r"weights.safetensors: was changed or cut short"),
        (lambda folder: cut(folder / "config.json"), r"config.json: is no JSON"),
        (lambda folder: (folder / "weights.safetensors").unlink(), r"weights.safetensors: is missing"),
        (lambda folder: (folder / "config.json").unlink(), r"^[^(]*config.json: is missing; train it"),
        (shutil.rmtree, "model: is no folder of a model; name the one that radiocore train rsrp wrote"),
        (
            lambda folder: change_config(folder, lambda about: about["constants"].update(x=1), sealed=False),
            "config.json: was changed since it was written",
        ),
        (sealed(lambda about: about.update(version=99)), "is of version 99, and this program reads 1"),
        (sealed(lambda about: about.update(kind="radiocore checkpoint")), "is not of a 'radiocore RSRP model'"),
        (sealed(unscaled), r"calibration.scores is \(600,\) of <f8, and config.json says \(7,\)"),
        (
            sealed(lambda about: about["model"].update(name="oracle")),
            "does not describe a model .the model 'oracle' is not among MLP, bent line, boosting, cell mean",
        ),
        (sealed(lambda about: about.pop("frame")), "does not describe a model .'frame'"),
    ],
)
def test_broken_folders_are_refused(folder, harm, message):
    harm(folder)
    with pytest.raises(FileFormatError, match=message) as refusal:
        RsrpPredictor.load(folder)
    assert "radiocore train rsrp" in str(refusal.value) and "\n" not in str(refusal.value)


# ---- Points --------------------------------------------------------------------------------------


def test_points_take_from_their_cell_what_they_do_not_tell(trained, drive):
    bare = Points(drive.x_m, drive.y_m, cell=drive.cell, frame=drive.frame)
    np.testing.assert_array_equal(trained.predict(bare).mean, trained.predict(drive).mean)


def test_a_scene_in_another_frame_gives_the_same(trained, drive, town):
    crs = "EPSG:32632"
    here, there = LocalFrame(crs, crs, 4e5, 57e5), LocalFrame(crs, crs, 400010.0, 5700020.0)
    table = replace(drive, frame=here)
    scene = Scene(
        replace(town.buildings, frame=here), replace(town.base_stations, frame=here), receiver_bounds_m=(0, 0, 500, 500)
    )
    found = RsrpPredictor.train(table, scene, model=Plane())
    shift = np.array([10_000, 20_000])
    elsewhere = Scene(
        replace(scene.buildings, frame=there, vertices_mm=scene.buildings.vertices_mm - shift),
        scene.base_stations,
        receiver_bounds_m=(-10, -20, 490, 480),
    )
    points = replace(drive, x_m=drive.x_m - 10, y_m=drive.y_m - 20, frame=there)
    np.testing.assert_allclose(found.predict(points, scene=elsewhere).mean, found.predict(table).mean, atol=1e-6)
    with pytest.raises(InputError, match="they are in another frame"):
        found.predict(points)


def test_unknown_cells_are_named_with_the_known(trained, town, drive):
    points = Points([10.0, 20.0], [10.0, 20.0], cell=[drive.cell[0], "synthetic-0009 A"], row=[2, 3], frame=town.frame)
    with pytest.raises(InputError, match="the cell 'synthetic-0009 A' of row 3 was not measured .* known are 'synth"):
        trained.predict(points)


def test_a_point_that_no_cell_reaches_is_a_mistake(trained, drive):
    points = Points([10.0, 3e5], [10.0, 4e5], cell=drive.cell[0], row=[2, 3], frame=drive.frame)
    with pytest.raises(InputError, match="row 3 lies 499 km from all that the model was trained on; are x and y, or"):
        trained.predict(points)


def test_points_name_their_cell_where_the_measurements_did(trained, town, drive):
    points = Points(drive.x_m[:5], drive.y_m[:5], frame=drive.frame)
    with pytest.raises(InputError, match="row 0 names no cell; give the cell of each point in a column cell"):
        trained.predict(points)
    nameless = drive.select(slice(None), cell="", sector="")
    by_place = RsrpPredictor.train(nameless, town, model="empirical")
    assert (by_place.predict(points).mean == by_place.predict(nameless.select(slice(0, 5))).mean).all()


def test_places_just_beyond_the_measurements(drive, tmp_path):
    """Without buildings the scene ends where the measurements do; the cell does not."""
    east_m = float(drive.x_m.max())
    (tmp_path / "points.csv").write_text(f"x_m,y_m,cell\n{east_m + 15},{drive.y_m[0]},{drive.cell[0]}\n")
    open_ground = Scene.synthetic(side_m=500, stations_per_km2=8, seed=3)
    points = Points.read(tmp_path / "points.csv", scene=open_ground)
    assert points.x_m[0] > open_ground.receiver_bounds_m[2]


def test_a_name_of_one_square_only_is_no_reason_to_fail():
    """Its rows are held out together, and the network has a number for it all the same."""
    columns = rows(400)
    columns["sector"] = np.where(columns["x_m"] > 550, "C", columns["cell"])
    trained = RsrpPredictor.train(Measurements(**columns), model=LikelihoodNetwork(epochs=5, features=("sector",)))
    assert trained.used == ("sector",)


def test_cells_of_several_carriers():
    cells = Cells.of(Measurements([0, 1, 2], [0, 0, 0], [-80, -81, -82], cell=["1", "1", "2"], carrier=["a", "b", "b"]))
    again = Cells.from_dict(json.loads(json.dumps(cells.to_dict())))
    for name in ("cell", "carrier", "sector", "tiles"):
        np.testing.assert_array_equal(getattr(again, name), getattr(cells, name))
    points = Points([0, 1], [0, 0], cell=["2", ""])
    assert replace(cells, told=False).name_carriers(points).carrier.tolist() == ["b", ""]
    with pytest.raises(InputError, match=r"cell '1' of row 0 is one of each of the carriers \['a', 'b'\]"):
        cells.name_carriers(Points([0], [0], cell=["1"]))
    with pytest.raises(InputError, match="row 1 names no cell; give the cell of each point"):
        cells.fill(cells.name_carriers(points))
    with pytest.raises(InputError, match="cell '2' of carrier 'a' of row 0 was not measured"):
        cells.fill(Points([0], [0], cell=["2"], carrier="a"))


# ---- Maps ----------------------------------------------------------------------------------------


def test_a_map_has_the_best_cell_that_was_measured_near(trained, town, drive):
    grid = ReceiverGrid.covering((-400, -400, 900, 900), 50.0, indoor="masked")
    found = trained.predict_map(grid)
    mean_dbm, server = found["rsrp_mean_dbm"].values, found["server"].values
    assert found["x"].values.tolist() == grid.x_m.tolist() and found["y"].values.tolist() == grid.y_m[::-1].tolist()
    assert ((server < 0) == np.isnan(mean_dbm)).all() and (server >= 0).any()
    for row, column in ((13, 12), (10, 16), (0, 0)):
        x_m, y_m = float(found["x"][column]), float(found["y"][row])
        away_m = np.hypot(np.floor(drive.x_m / 20) * 20 + 10 - x_m, np.floor(drive.y_m / 20) * 20 + 10 - y_m)
        near = sorted(set(drive.cell[away_m <= REACH_M].tolist()))
        if near and not np.isnan(mean_dbm[row, column]):
            alone = Points(np.full(len(near), x_m), np.full(len(near), y_m), cell=near, frame=town.frame)
            means = trained.predict(alone).mean
            assert mean_dbm[row, column] == means.max()
            assert trained.cells.cell[server[row, column]] == near[means.argmax()]
    assert np.isnan(mean_dbm[0, 0]), "more than 100 m from every measurement"
    with pytest.raises(InputError, match="no cell was measured near"):
        trained.predict_map(ReceiverGrid.covering((5000, 5000, 5100, 5100), 50.0))


def test_a_map_without_stations_or_cells():
    table = Measurements.from_table({name: value for name, value in rows().items() if name != "cell"})
    found = RsrpPredictor.train(table, model=Plane())
    assert found.cells is None
    chart = found.predict_map(ReceiverGrid.covering((0, -50, 600, 50), 20.0))
    assert np.isfinite(chart["rsrp_mean_dbm"].values).all()


def test_a_map_keeps_its_distance_from_masts(town, drive):
    name, stations = drive.cell[0], town.base_stations
    at = drive.associated(town)
    own = (drive.cell == name) & (at.distance_m > 40)
    found = RsrpPredictor.train(drive.select(own), town, model="empirical", one_cell=True)
    assert found.cells.nearest_m.tolist() == [at.distance_m[own].min()]
    mast_m = np.array([stations.x_m, stations.y_m])[:, at.station[own][0]]
    chart = found.predict_map(ReceiverGrid.covering((*(mast_m - 100), *(mast_m + 100)), 10.0))
    away_m = np.hypot(*np.meshgrid(chart["x"] - mast_m[0], chart["y"] - mast_m[1]))
    is_known = np.isfinite(chart["rsrp_mean_dbm"].values)
    assert is_known.any() and away_m[is_known].min() >= found.cells.nearest_m[0] > 40


# ---- Images --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def wood(town):
    import shapely

    outline = np.array([shapely.box(100, 100, 180, 160), shapely.box(9e4, 9e4, 9.1e4, 9.1e4)])
    return Foliage(outline, np.array(["way/1", "way/2"]), np.array(["natural=wood"] * 2), town.frame)


def with_images(town, drive, wood, seed=0, **options):
    from radiocore.models.likelihood import LikelihoodNetwork
    from radiocore.models.vae import Autoencoder

    given = {
        "model": LikelihoodNetwork(epochs=3),
        "autoencoder": Autoencoder(widths=(1, 2, 2), latent=3, epochs=1, threads=1),
        "images": 20,
        "foliage": wood,
    }
    return RsrpPredictor.train(drive, town, **given | options, seed=seed)


@pytest.fixture(scope="module")
def seeing(town, drive, wood):
    pytest.importorskip("torch")
    return with_images(town, drive.select(slice(0, 50)), wood)


def test_images_are_columns_that_the_model_uses(seeing, drive, town):
    assert {"z1", "z2", "z3"} <= set(seeing.used) and not {"z1", "z2", "z3"} & set(seeing.without)
    assert seeing.images.foliage.id.tolist() == ["way/1"], "what is far from the site is not kept"
    columns = seeing.images.columns(town, drive.select(slice(0, 50)))
    assert {name: column.mean() for name, column in columns.items()} == pytest.approx(seeing.images.average)
    assert all(np.ptp(column) > 0 for column in columns.values())
    fewer = seeing.images.columns(town, drive.select([7]))
    assert fewer["z1"][0] == columns["z1"][7], "the same alone as in company"


def test_images_are_kept_and_tell_the_same_again(seeing, drive, tmp_path):
    seeing.save(tmp_path / "model")
    again = RsrpPredictor.load(tmp_path / "model")
    some = drive.select(slice(0, 20))
    np.testing.assert_array_equal(again.predict(some).mean, seeing.predict(some).mean)
    again.save(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(tmp_path / "model")
    change_config(tmp_path / "model", lambda about: about["images"]["autoencoder"]["state"].pop("style"), sealed=True)
    with pytest.raises(FileFormatError, match="does not describe a model .'style'"):
        RsrpPredictor.load(tmp_path / "model")


def test_equal_seeds_see_the_same(seeing, town, drive, wood, tmp_path):
    kept = tmp_path / "kept"
    for name in ("once", "gone on"):
        with_images(town, drive.select(slice(0, 50)), wood, checkpoints=kept).save(tmp_path / name)
    seeing.save(tmp_path / "without")
    assert contents(tmp_path / "once") == contents(tmp_path / "gone on") == contents(tmp_path / "without")
    assert (kept / "autoencoder.safetensors").is_file()


def test_a_map_draws_the_best_few(seeing, town, monkeypatch):
    from radiocore.predictor.image_tier import ImageTier

    drawn = []
    draw = ImageTier.columns
    monkeypatch.setattr(
        ImageTier, "columns", lambda self, scene, points: drawn.append(len(points)) or draw(self, scene, points)
    )
    chart = seeing.predict_map(ReceiverGrid.covering((100, 100, 200, 200), 20.0), month=1)
    server = chart["server"].values[::-1].ravel()
    assert (server >= 0).any() and (server >= 0).sum() <= sum(drawn) <= 3 * server.size
    at = int(np.argmax(server >= 0))
    x_m, y_m = (120.0 - 10 + 20 * (at % 5), 120.0 - 10 + 20 * (at // 5))
    point = Points([x_m], [y_m], cell=seeing.cells.cell[server[at]], month=1, frame=town.frame)
    assert chart["rsrp_mean_dbm"].values[::-1].ravel()[at] == pytest.approx(seeing.predict(point).mean[0], abs=1e-3)


def test_a_changed_scene_in_another_frame_is_seen_alike(seeing, drive, town):
    shifted = replace(seeing.images, frame=LocalFrame(origin_x_m=10.0, origin_y_m=20.0))
    west, south, east, north = seeing.images.bounds_m
    assert shifted._twin(town).bounds_m == pytest.approx((west + 10, south + 20, east + 10, north + 20))
    corners_m = shifted._twin(town).foliage.polygon[0].bounds
    assert corners_m == pytest.approx((110, 120, 190, 180))


def test_links_beyond_the_site_are_refused(seeing, drive, town):
    points = Points([250.0, 5000.0], [250.0, 0.0], cell=drive.cell[0], month=1, row=[2, 3], frame=town.frame)
    with pytest.raises(InputError, match="row 3: it lies outside the site of 9.. m x 9.. m that the model has images"):
        seeing.predict(points)


@pytest.mark.parametrize(
    ("number", "stations", "message"),
    [
        (20, False, "images: there are no base stations to draw; give them, or leave the images out"),
        (20, True, "images: there are no buildings to draw"),
        (601, None, "images: 601 of 600 rows; give from 10"),
        (5, None, "images: 5 of 600 rows"),
    ],
)
def test_images_that_cannot_be_drawn(town, drive, number, stations, message):
    scene = {
        None: town,
        False: None,
        True: replace(town, buildings=town.buildings.select(np.zeros(len(town.buildings)))),
    }[stations]
    with pytest.raises(InputError, match=message):
        RsrpPredictor.train(drive, scene, model="empirical", images=number)


# ---- Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"cell": np.full(60, "7")}, {}, "all 60 rows are of the cell '7'.*or say one_cell=True"),
        ({"rsrp_dbm": np.full(60, -90.0)}, {}, "all 60 rows have the rsrp_dbm -90"),
        ({"x_m": np.zeros(60)}, {}, "all 60 rows lie in one block"),
        ({}, {"model": "stak"}, "model: 'stak' is not one of .*did you mean 'stack'"),
        ({}, {"log": "log.jsonl", "model": "empirical"}, "log: the model 'empirical' has no epochs"),
        ({}, {"checkpoints": "here", "model": "cell mean"}, "checkpoints: the model 'cell mean' has no epochs"),
        ({}, {"model": "empirical"}, "distance_m: there is no such column of links: no base stations were given"),
    ],
)
def test_what_cannot_be_trained_on(change, options, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        RsrpPredictor.train(Measurements.from_table(rows() | change), **{"model": "cell mean"} | options)


def test_one_cell_on_purpose():
    table = Measurements.from_table(rows(cell=np.full(60, "7")))
    found = RsrpPredictor.train(table, model="cell mean", one_cell=True)
    assert found.without["cell"] == "constant: 7" and len(found.cells) == 1


def test_a_killed_training_goes_on_to_equal_bytes(tmp_path):
    pytest.importorskip("torch")
    from radiocore.models.mlp import PlainNetwork

    table = rows(sector=np.where(np.arange(60) % 2, "A", "B"))
    table = Measurements.from_table({name: column[:30] for name, column in table.items()})

    def train(name, **options):
        model = PlainNetwork(epochs=3)
        RsrpPredictor.train(table, model=model, **options).save(tmp_path / name)
        return contents(tmp_path / name)

    whole = train("whole")
    kept = tmp_path / "kept"
    assert train("once", checkpoints=kept, log=tmp_path / "log.jsonl") == whole
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 3
    assert len(list(kept.iterdir())) == 5, "one each for 3 blocked folds, a random one and the whole"
    assert train("gone on", checkpoints=kept) == whole


def test_a_model_keeps_no_path_of_its_training(tmp_path):
    pytest.importorskip("torch")
    from radiocore.models.mlp import PlainNetwork

    model = PlainNetwork(epochs=2)
    model.files = own = {"log": tmp_path / "own.jsonl"}
    for first in (-90.0, -91.0):
        table = Measurements.from_table(rows(rsrp_dbm=np.append(first, rows()["rsrp_dbm"][1:])))
        RsrpPredictor.train(table, model=model, checkpoints=tmp_path, log=tmp_path / "log.jsonl")
        assert model.files == own
    (tmp_path / "log.jsonl").unlink()
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(RadiocoreError):
        RsrpPredictor.train(table, model=model, checkpoints=tmp_path / "new", log=tmp_path / "log.jsonl")
    assert model.files == own
