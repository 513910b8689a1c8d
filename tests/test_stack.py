"""The stack: convex weights from inner blocks of its own rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from radiocore.errors import InputError
from radiocore.evaluation.cross_validation import cross_validate
from radiocore.evaluation.folds import blocked_folds, squares
from radiocore.models.base import Model
from radiocore.models.cell_mean import CellMean
from radiocore.models.committee import Committee
from radiocore.models.ensemble import Ensemble
from radiocore.models.inputs import Inputs
from radiocore.models.likelihood import LikelihoodNetwork
from radiocore.models.log_distance import LogDistance
from radiocore.models.prediction import Prediction
from radiocore.models.stack import Chosen, Stack, default_members


def drive(rows=800, seed=0):
    rng = np.random.default_rng(seed)
    x_m, y_m = np.round(rng.uniform(-500, 500, (2, rows)), 2)
    inputs = Inputs({"x_m": x_m, "y_m": y_m, "distance_m": np.hypot(x_m, y_m)})
    return inputs, -80 - 35 * np.log10(inputs["distance_m"] / 100) + rng.normal(0, 3, rows), squares(x_m, y_m, 100)


@dataclass
class Noise(Model):
    """Predicts the mean and what no link has to do with; notes the rows of every fit."""

    name = "noise"
    fits: ClassVar[list] = []

    def _fit(self, inputs, target, blocks, progress):
        self.mean = target.mean()
        Noise.fits.append((inputs, blocks))

    def _predict(self, inputs):
        off = 15 * np.sin(1e4 * inputs["x_m"])
        return Prediction(self.mean + off, np.full(len(inputs), 10.0))

    def state(self): ...

    def _load_state(self, config, arrays): ...


@dataclass
class Side(Model):
    """Right on one side of the map and off on the other."""

    name = "side"
    sign: int = 1

    def _fit(self, inputs, target, blocks, progress): ...

    def _predict(self, inputs):
        law = -80 - 35 * np.log10(inputs["distance_m"] / 100)
        return Prediction(law + self.sign * np.where(inputs["x_m"] > 0, 4.0, -4.0), np.full(len(inputs), 3.0))

    def state(self): ...

    def _load_state(self, config, arrays): ...


def test_weights_are_on_the_simplex_and_members_that_err_apart_are_averaged():
    inputs, level, blocks = drive()
    stack = Stack((Side(1), Side(-1), Noise())).fit(inputs, level, blocks=blocks)
    weights = stack._mix.weights
    assert (weights >= 0).all() and weights.sum() == pytest.approx(1, abs=1e-12)
    assert np.allclose(weights[:2], 0.5, atol=0.05)
    law = -80 - 35 * np.log10(inputs["distance_m"] / 100)
    assert np.abs(stack.predict(inputs).mean - law).max() < 1.5


def test_it_is_the_best_member_where_the_others_are_noise():
    inputs, level, blocks = drive()
    best = LogDistance().fit(inputs, level).predict(inputs)
    stack = Stack((Noise(), LogDistance())).fit(inputs, level, blocks=blocks)
    assert stack.weights["empirical"] > 0.97
    assert np.sqrt(np.mean((stack.predict(inputs).mean - best.mean) ** 2)) < 0.5
    chosen = Chosen((Noise(), CellMean(), LogDistance())).fit(inputs, level, blocks=blocks)
    assert chosen.weights == {"empirical": 1.0}
    assert (chosen.predict(inputs).mean == best.mean).all()


def test_all_alike_are_chosen_where_they_err_apart():
    inputs, level, blocks = drive()
    chosen = Chosen((Side(1), Side(-1))).fit(inputs, level, blocks=blocks)
    assert chosen._mix.weights.tolist() == [0.5, 0.5]


def test_it_never_sees_the_test_fold():
    inputs, level, blocks = drive()
    folds = blocked_folds(inputs["x_m"], inputs["y_m"], 100, 4)
    inputs = inputs.with_columns({"id": np.arange(len(level), dtype=float)})
    Noise.fits.clear()
    cross_validate(Stack((Side(), Noise())), inputs, level, folds, blocks=blocks)
    assert len(Noise.fits) >= 4 * 5
    for seen, _ in Noise.fits:
        learned = np.isin(inputs["id"], seen["id"])
        (training,) = (training for training, held_out in folds if not (learned & held_out).any())
        assert not set(blocks[learned]) & set(blocks[training & ~learned])


def test_error_bars_hold_on_new_ground():
    inputs, level, blocks = drive(1500)
    stack = Stack((LogDistance(), CellMean())).fit(inputs, level, blocks=blocks)
    new_inputs, new_level, _ = drive(3000, seed=1)
    found = stack.predict(new_inputs)
    assert np.std((found.mean - new_level) / found.deviation_db) == pytest.approx(1, abs=0.05)
    for share in (0.5, 0.8, 0.95):
        low, high = found.interval(share)
        assert np.mean((low < new_level) & (new_level < high)) == pytest.approx(share, abs=0.03)


def test_members_that_hold_models_are_told_in_full():
    inputs, level, _ = drive(200)
    network = LikelihoodNetwork(epochs=2)
    stack = Stack((Committee((Ensemble(network, size=2), CellMean())),)).fit(inputs, level, progress=False)
    config, arrays = stack.state()
    again = Stack().restore(json.loads(json.dumps(config)), arrays)
    np.testing.assert_array_equal(again.predict(inputs).mean, stack.predict(inputs).mean)
    with pytest.raises(InputError, match="members: there are none"):
        Stack(())


def test_the_seed_reaches_the_members():
    inputs, level, _ = drive(60)
    assert [model.seed for model in default_members(inputs, 7)] == [7, 7, 7, 7]
    network = LikelihoodNetwork(features=("x_m", "y_m"), epochs=1)
    ensemble = Ensemble(network, size=3, seed=2).fit(inputs, level, progress=False)
    assert [model.seed for model in ensemble.members] == [6, 7, 8]
