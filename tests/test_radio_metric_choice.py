"""How a model of a radio metric is chosen, and what is held out to judge it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest

from crowds import two_cities
from radiocore import InputError, Measurements
from radiocore.evaluation.folds import Folds
from radiocore.frame import LocalFrame
from radiocore.measuring.crowd import crowd
from radiocore.models.base import Model
from radiocore.models.inputs import Inputs
from radiocore.models.link_inputs import TIME
from radiocore.models.prediction import Prediction
from radiocore.radio_metrics.choosing import candidates, choose, network_features
from radiocore.radio_metrics.difficulty import deviations_held_out
from radiocore.radio_metrics.splits import folds_of


@dataclass
class Says(Model):
    """A constant off the truth, which the column beta_dbm holds."""

    label: str = "a"
    off_db: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        self.name = self.label

    def _fit(self, inputs, target, blocks, progress):
        pass

    def _predict(self, inputs):
        return Prediction(inputs["beta_dbm"] + self.off_db, np.ones(len(inputs)))

    def state(self):
        return {}, {}

    def _load_state(self, config, arrays):
        pass


def test_the_candidate_that_errs_least_is_kept():
    draw = np.random.default_rng(0)
    columns = {name: draw.uniform(0, 900, 200) for name in ("x_m", "y_m", "distance_m")}
    inputs = Inputs(columns | {"beta_dbm": -draw.uniform(70, 110, 200)})
    target = inputs["beta_dbm"] + draw.normal(0, 1, 200)
    table = Measurements(columns["x_m"], columns["y_m"], target)
    found = choose(
        (Says("a", 4.0), Says("b", 0.5), Says("c", -9.0)), "rsrp", inputs, target,
        folds_of(table, "squares", 0), np.arange(200) % 9, 0, progress=False,
    )  # fmt: skip
    assert found.model.name == "b" and found.used == ("beta_dbm",)
    assert found.tried == {
        "a": pytest.approx(4.1, abs=0.2),
        "b": pytest.approx(1.1, abs=0.2),
        "c": pytest.approx(9, abs=0.2),
    }
    assert found.scores["blocked"].rmse_db == found.tried["b"]
    assert found.held_out == "blocked 100 m, plain: flatters"


@dataclass
class Tells(Says):
    """What a column says, and on which rows it was fitted."""

    fitted = ()

    def _fit(self, inputs, target, blocks, progress):
        Tells.fitted = (*Tells.fitted, set(inputs["row"]))

    def _predict(self, inputs):
        return Prediction(inputs[self.label], np.ones(len(inputs)))


def test_neither_the_choice_nor_the_deviations_see_cells_that_are_held_out():
    """Each of two folds has half of one cell, where a is better; by their own cells alone b would be taken."""
    cell = np.repeat([0, 1, 0, 2], [40, 20, 40, 20])
    folds = Folds("halves", np.repeat([0, 1], 60), apart=cell)
    draw = np.random.default_rng(0)
    target = draw.normal(-90, 8, 120)
    said = {"a": np.where(cell == 0, 0, 3), "b": np.where(cell == 0, 3, 0)}
    said = {name: target + off_db + draw.normal(0, 0.1, 120) for name, off_db in said.items()}
    inputs = Inputs({**said, "row": np.arange(120.0), "distance_m": draw.uniform(10, 900, 120)})
    found = choose((Tells("a"), Tells("b")), "rsrq", inputs, target, folds, np.arange(120), 0, progress=False)
    assert found.model.name == "a" and found.scores["blocked"].rmse_db == pytest.approx(3 * np.sqrt(2 / 3), rel=0.01)

    Tells.fitted = ()
    deviations_held_out(Tells("a"), inputs, np.abs(target), folds, np.arange(120))
    assert Tells.fitted == (set(range(100, 120)), set(range(40, 60)))


def test_candidates_know_no_place():
    inputs = Inputs({"cell": np.array(["1"]), "x_m": np.zeros(1)})
    models = candidates("rssi", inputs, ("clutter",), seed=5)
    assert [model.name for model in models] == ["least squares", "bent line", "committee", "boosting", "correction"]
    *_, trees, network = models
    assert {"clutter", *TIME} <= set(trees.features) and not {"x_m", "cell"} & set(trees.features)
    assert network.metric == "rssi" and network.columns.count("hour_of_day") == 1
    assert network.features == network_features(("clutter", *TIME)) and network.features[-1] == "clutter"


def test_cells_and_towers_are_apart_unless_asked_for():
    table = crowd(two_cities(), 300, seed=4).measurements
    folds = folds_of(table, None, 0)
    assert folds.kind == "geohash6 cells" and not folds.flatters
    folds.check_no_leak(cells=table.cell)
    bare = replace(table, frame=LocalFrame())
    assert folds_of(bare, None, 0).kind == "towers held out"
    assert folds_of(table, "squares", 0).caption == "blocked 100 m, plain: flatters"
    assert folds_of(table, "area", 0).kind == "leave one area out"
    nameless = replace(bare, cell="")
    with pytest.raises(InputError, match="geohash6: .*; tower: .*; take split='squares', whose numbers flatter"):
        folds_of(nameless, None, 0)
    with pytest.raises(InputError, match="all rows are of one tower"):
        folds_of(table.select(table.cell == table.cell[0]), "tower", 0)
    with pytest.raises(InputError, match="split: 'random' is not one of geohash6"):
        folds_of(table, "random", 0)


def walks(cell, rows_each=40):
    """Ten places 2 km apart; ``cell`` names the cell of a row by its place and its number there."""
    place, number = np.divmod(np.arange(10 * rows_each), rows_each)
    return Measurements(
        x_m=2000.0 * place + number, y_m=np.zeros(len(place)), rsrp_dbm=-90.0 - number % 7,
        cell=[cell(*row) for row in zip(place, number, strict=True)],
        frame=LocalFrame.around("EPSG:4326", (-75.7, 45.4, -75.6, 45.5)),
    )  # fmt: skip


def test_what_is_held_out_by_default_leaves_enough_to_learn_from():
    def own(place, number):
        return f"own {place}"

    def mostly_everywhere(place, number):
        return own(place, number) if number % 10 == 0 else f"shared {number % 9}"

    assert folds_of(walks(own), None, 0).kind == "geohash6 cells"
    assert folds_of(walks(own, rows_each=8), None, 0).kind == "geohash6 cells", "no other leaves more of so few"
    thin = walks(mostly_everywhere)
    assert max(training.sum() for training, _ in folds_of(thin, "geohash6", 0)) < 40
    assert folds_of(thin, None, 0).kind == "towers held out"
