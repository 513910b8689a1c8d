"""Training of the learned method, and its model files."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from radiocore import InputError, ReceiverGrid, Scene, simulate_manifold
from radiocore.cli.app import run_command
from radiocore.errors import FileFormatError
from radiocore.estimators import LearnedManifoldEstimator
from radiocore.learned import cell_weight_model as model_module
from radiocore.learned.cell_weight_model import CellWeightModel
from radiocore.learned.grid_model import GridModel
from radiocore.learned.model_file import digest
from radiocore.learned.samples import draw_samples
from radiocore.learned.sweep import sweep
from radiocore.learned.weights import Kinds, fit, weights_of_links
from radiocore.synthetic import synthetic_city

THETA = np.array([[5.0, 0.9, 0.9], [3.0, 0.8, 0.7], [2.0, 1.1, 0.5], [8.0, 1.0, 0.4], [1.5, 1.3, 0.2]])
GRID = GridModel(12, 360.0)
MODEL = CellWeightModel(GRID, "offset", THETA)


@pytest.fixture(scope="module")
def small_samples():
    return draw_samples(
        [synthetic_city(0.3, 500, 15, side_m=500, seed=1)],
        GRID,
        60,
        antenna_height_m=20.0,
        receiver_height_m=1.5,
        seed=4,
        progress=False,
    )


def test_samples_are_links_with_the_roofs_of_their_paths(small_samples):
    samples = small_samples
    assert len(np.unique(samples.map)) == 6
    assert set(np.unique(samples.los)) == {0, 1}
    assert (samples.height > 0).all()
    for link in range(0, len(samples), 97):
        cells, here = GRID.paths.of_cell(int(samples.cell[link]))
        crossed = samples.parameter[samples.link == link]
        assert ((here.start <= crossed) & (crossed < here.stop)).all() and (np.diff(crossed) > 0).all()
    keep = np.arange(len(samples)) % 3 == 1
    part = samples.select(keep)
    weight = MODEL.kinds.spread(THETA)
    np.testing.assert_array_equal(weights_of_links(part, weight), weights_of_links(samples, weight)[keep])


def test_fit_finds_the_weights_that_made_the_links(small_samples):
    """Line of sight replaced by the chance itself: the least squares is 0 at the parameters."""
    kinds = Kinds.by("offset", GRID.paths)
    chance = weights_of_links(small_samples, kinds.spread(THETA))
    found = fit(replace(small_samples, los=chance), kinds)
    np.testing.assert_allclose(weights_of_links(small_samples, kinds.spread(found)), chance, atol=0.01)


def test_training_is_repeatable_beats_the_mean_and_is_told():
    towns = [synthetic_city(0.3, 500, 15, side_m=400, seed=1)]
    one, two = (
        CellWeightModel.train(towns, n=24, side_m=240.0, samples=40, seed=3, threads=threads, progress=False)
        for threads in (1, 2)
    )
    assert one.theta.tobytes() == two.theta.tobytes() and one.sha256 == two.sha256
    told = one.training
    assert min(told["inner_squared_error"].values()) < 0.7 * told["inner_squared_error_of_mean"]
    assert json.loads(json.dumps(LearnedManifoldEstimator(one).settings()))["model"]["training"]["samples"] == 40


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"towns": []}, "scenes"),
        ({"samples": 0}, "samples"),
        ({"samples": 5}, "samples"),
        ({"antenna_height_m": 1.0}, "antenna_height_m"),
        ({"n": 5}, "n"),
    ],
)
def test_training_refuses(arguments, name):
    towns = [synthetic_city(0.3, 500, 15, side_m=200, seed=1)]
    with pytest.raises(InputError, match=f"{name}:"):
        CellWeightModel.train(**{"towns": towns, "n": 4, "side_m": 80.0, "progress": False, **arguments})


def test_sweep_has_a_row_for_each_grid_and_scene():
    scene = Scene.synthetic("urban", side_m=300, stations_per_km2=60, seed=2)
    grid = ReceiverGrid.over(scene, 30.0)

    def simulate(scene, model):
        method = "exact" if model is None else LearnedManifoldEstimator(model)
        return simulate_manifold(scene, grid, method=method, progress=False)

    rows = sweep({"a": scene}, simulate, grids=[(4, 160.0), (16, 160.0)], samples=20, progress=False)
    assert [(row.scene, row.n) for row in rows] == [("a", 4), ("a", 16)]
    assert all(0 < row.mean_loss <= row.percentile_95_loss <= 1 and row.microseconds_a_receiver > 0 for row in rows)


def test_command_trains_a_model_that_maps_take(tmp_path):
    path = tmp_path / "model.safetensors"
    words = ["train", "learned", "--samples", "20", "--cells", "8", "--side", "160", "--output", str(path)]
    assert run_command(words) == 0
    assert CellWeightModel.load(path).training["samples"] == 20
    with pytest.raises(InputError, match="--overwrite"):
        run_command(words)


# ---- Model files ---------------------------------------------------------------------------------


def test_model_files_come_back(tmp_path):
    path = tmp_path / "model.safetensors"
    MODEL.save(path)
    back = CellWeightModel.load(path)
    assert (back.grid, back.layout, back.sha256) == (MODEL.grid, MODEL.layout, MODEL.sha256)
    assert back.theta.tobytes() == MODEL.theta.tobytes()
    assert LearnedManifoldEstimator.load(path).trained.sha256 == MODEL.sha256
    again = tmp_path / "again.safetensors"
    LearnedManifoldEstimator(path).save(again)
    assert again.read_bytes() == path.read_bytes()


def test_default_model_is_small_and_says_what_it_was_trained_on():
    model = CellWeightModel.of(None)
    assert model is CellWeightModel.of(None)
    assert (Path(model_module.__file__).with_name("default.safetensors")).stat().st_size < 4096
    assert (model.grid.n, model.grid.side_m) == (model_module.DEFAULT_CELLS, model_module.DEFAULT_SIDE_M)
    assert model.training["samples"] == model_module.DEFAULT_SAMPLES


def broken_files(data):
    tensor = data.rindex(b"}") + 9
    yield data[:0], "no readable model"
    yield data[: len(data) // 2], "no readable model"
    yield data[:-1], "no readable model"
    yield b"not a model at all", "no readable model"
    yield data[:tensor] + bytes([data[tensor] ^ 1]) + data[tensor + 1 :], "checksum"
    yield data.replace(b"360.0", b"480.0"), "checksum"
    yield data.replace(b'version\\": 1', b'version\\": 2'), "version 2"
    yield data.replace(b"learned manifold", b"learned whatever"), "holds"


def test_broken_model_files_are_refused_by_name(tmp_path):
    path = tmp_path / "model.safetensors"
    MODEL.save(path)
    data = path.read_bytes()
    for number, (broken, message) in enumerate(broken_files(data)):
        assert broken != data
        bad = tmp_path / f"bad{number}.safetensors"
        bad.write_bytes(broken)
        with pytest.raises(FileFormatError, match=message) as caught:
            LearnedManifoldEstimator(bad).settings()
        assert str(bad) in str(caught.value) and "radiocore train learned" in str(caught.value)
    with pytest.raises(FileFormatError, match="nowhere"):
        CellWeightModel.load(tmp_path / "nowhere")
    with pytest.raises(InputError, match="model:"):
        CellWeightModel.of(3)


def test_headers_that_hold_something_else_are_refused(tmp_path):
    safetensors = pytest.importorskip("safetensors.numpy")
    path, tensors = tmp_path / "model.safetensors", {"theta": MODEL.theta}
    headers = ["[1]", "3", '{"kind": "radiocore learned manifold", "version": 1, "config": 7}']
    for config in ("not JSON", "[]", '{"n": "x", "side_m": 360.0, "layout": "offset", "training": {}}'):
        about = {"kind": CellWeightModel.file_kind, "version": 1, "config": config, "sha256": digest(config, tensors)}
        headers.append(json.dumps(about))
    for header in headers:
        path.write_bytes(safetensors.save(tensors, {"radiocore": header}))
        with pytest.raises(FileFormatError, match="model.safetensors.*radiocore train learned"):
            CellWeightModel.load(path)


def test_fit_shares_its_options_between_estimator_and_training():
    with pytest.raises(InputError, match="interferers"):  # before any training
        LearnedManifoldEstimator.fit(interferers="none")
    with pytest.raises(InputError, match="samples"):
        LearnedManifoldEstimator.fit(samples=0, interferers="cells")
