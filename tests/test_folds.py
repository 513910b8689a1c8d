"""Folds and cross-validation: nothing that is held out is learned from."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiocore.errors import FitError, InputError
from radiocore.evaluation.cross_validation import cross_validate
from radiocore.evaluation.folds import (
    Folds,
    blocked_folds,
    duplicates_of,
    label_folds,
    leave_one_out,
    random_folds,
    squares,
)
from radiocore.models.base import Model
from radiocore.models.encoding import Encoding
from radiocore.models.inputs import Inputs
from radiocore.models.prediction import Prediction


def drive(rows=600, seed=0):
    """Positions of a drive with standstills, some rows of it twice."""
    rng = np.random.default_rng(seed)
    x_m, y_m = np.round(rng.uniform(-500, 500, (2, rows)), 1)
    twice = rng.integers(0, rows, rows // 5)
    x_m, y_m, level = (np.concatenate([v, v[twice]]) for v in (x_m, y_m, np.round(rng.normal(-90, 8, rows))))
    return Inputs({"x_m": x_m, "y_m": y_m}), level


def sides(folds, labels):
    """Labels that stand on both sides of any fold, found the slow way."""
    return [
        label
        for training, held_out in folds
        for label in set(labels[held_out].tolist())
        if label in set(labels[training].tolist())
    ]


@pytest.mark.parametrize("block_m", [100, 400])
def test_no_leak(block_m):
    inputs, level = drive()
    copies = [f"{x} {y} {p}" for x, y, p in zip(inputs["x_m"], inputs["y_m"], level, strict=True)]
    tiles = [f"{x // 10} {y // 10}" for x, y in zip(inputs["x_m"], inputs["y_m"], strict=True)]
    assert len(set(copies)) < len(copies) and len(set(tiles)) < len(set(copies))
    blocked = blocked_folds(inputs["x_m"], inputs["y_m"], block_m)
    assert not sides(blocked, np.array(copies)) and not sides(blocked, np.array(tiles))
    blocked.check_no_leak(copies, tiles=tiles)
    at_random = random_folds(len(level), 20, together=duplicates_of(inputs.columns, level))
    assert not sides(at_random, np.array(copies)) and sides(at_random, np.array(tiles))
    at_random.check_no_leak(copies, tiles=tiles)


def test_a_leak_is_refused():
    inputs, level = drive()
    copies = duplicates_of(inputs.columns, level)
    with pytest.raises(InputError, match=r"duplicate rows: row \d+ is held out .* together="):
        random_folds(len(level)).check_no_leak(copies)
    parting = blocked_folds(inputs["x_m"], inputs["y_m"], 15)
    with pytest.raises(InputError, match="tiles: row .* blocked 15 m"):
        parting.check_no_leak(copies, tiles=squares(inputs["x_m"], inputs["y_m"], 10))
    for folds in (random_folds(len(level)), parting):
        with pytest.raises(InputError, match="folds: "):
            cross_validate(Standardised(), inputs, level, folds)


def test_each_row_is_held_out_once():
    folds = blocked_folds(*np.random.default_rng(0).uniform(0, 2000, (2, 500)), 100)
    assert len(folds) == 20
    assert (np.sum([held_out for _, held_out in folds], axis=0) == 1).all()
    assert all((training ^ held_out).all() for training, held_out in folds)


@given(st.lists(st.integers(0, 60), min_size=30, max_size=300), st.integers(2, 20), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_folds_are_whole_and_even(labels, k, seed):
    several = len(set(labels))
    if several < 2:
        return
    folds = label_folds(labels, k, seed)
    assert len(folds) == (several if several < 8 else min(k, several))
    assert not sides(folds, np.array(labels))
    rows = np.bincount(folds.number)
    largest = np.bincount(labels).max()
    assert rows.min() > 0 and rows.max() - rows.min() <= largest


def test_folds_are_a_function_of_the_seed():
    first, again, other = (random_folds(100, 5, seed).number for seed in (1, 1, 2))
    assert (first == again).all() and (first != other).any()
    assert np.bincount(first).tolist() == [20] * 5


def test_squares_have_their_edges_on_multiples():
    x_m, y_m = [-0.001, 0.0, 99.999, 100.0], [0.0, 0.0, 99.999, 0.0]
    assert squares(x_m, y_m, 100).tolist() == [0, 1, 1, 2]
    for side_m in (0, -5, np.nan, 0.0004):
        with pytest.raises(InputError, match="block_m"):
            squares(x_m, y_m, side_m)


def test_what_is_left_out_can_take_its_cells_along():
    areas, cells = np.array(["a", "a", "b", "b", "c"]), np.array([1, 2, 2, 3, 4])
    folds = leave_one_out(areas, "area", apart=cells)
    assert folds.kind == folds.caption == "leave one area out"
    assert [np.flatnonzero(training).tolist() for training, _ in folds] == [[3, 4], [0, 4], [0, 1, 2, 3]]
    folds.check_no_leak(cells=cells)
    with pytest.raises(InputError, match="cells"):
        leave_one_out(areas, "area").check_no_leak(cells=cells)


def test_random_folds_say_that_they_flatter():
    assert random_folds(20, 2).caption == "random: flatters"
    assert blocked_folds([0, 500], [0, 0], 100).caption == "blocked 100 m"


def test_too_few():
    with pytest.raises(InputError, match="k: 5 folds of 3"):
        random_folds(3, 5)
    with pytest.raises(InputError, match="one block"):
        blocked_folds([1, 2, 3], [1, 2, 3], 400)
    with pytest.raises(InputError, match="one area"):
        leave_one_out(["a", "a"], "area")
    with pytest.raises(InputError, match="cells: 3 labels for 4 rows"):
        Folds("blocked", np.array([0, 0, 1, 1])).check_no_leak(cells=[1, 2, 3])


@dataclass
class Standardised(Model):
    """Keeps what it was fitted to."""

    name = "standardised"
    fitted: ClassVar[list] = []

    def _fit(self, inputs, target, blocks, progress):
        self.encoding = Encoding.fit(inputs, inputs.columns)
        self.seen, self.blocks, self.mean = inputs, blocks, target.mean()
        self.fitted.append(self)

    def _predict(self, inputs):
        return Prediction(np.full(len(inputs), self.mean), np.ones(len(inputs)))

    def state(self): ...

    def _load_state(self, config, arrays): ...


@pytest.fixture
def fitted(monkeypatch):
    """The models that were fitted, in order."""
    monkeypatch.setattr(Standardised, "fitted", [])
    return Standardised.fitted


def test_scaling_is_fitted_on_the_training_fold_only(fitted):
    inputs, level = drive()
    folds = blocked_folds(inputs["x_m"], inputs["y_m"], 100, 5)
    cross_validate(Standardised(), inputs, level, folds)
    before = list(fitted)
    for fold, (training, held_out) in enumerate(folds):
        moved = inputs.with_columns({"x_m": inputs["x_m"] + 50_000 * held_out})
        alone = Folds(folds.kind, np.where(held_out, 0, 1))
        other = np.where(held_out, 3 * level, level)
        fitted.clear()
        cross_validate(Standardised(), moved, other, alone)
        after = fitted[0]
        assert after.encoding == before[fold].encoding and after.mean == before[fold].mean
        assert len(after.seen) == training.sum()


def test_models_start_anew_and_blocks_are_passed_on(fitted):
    inputs, level = drive()
    blocks = squares(inputs["x_m"], inputs["y_m"], 100)
    folds = blocked_folds(inputs["x_m"], inputs["y_m"], 100, 5)
    model = Standardised()
    told = cross_validate(model, inputs, level, folds, blocks=blocks)
    assert not model.is_fitted and len({id(own) for own in fitted}) == len(folds)
    for own, (training, held_out), scores in zip(fitted, folds, told.per_fold, strict=True):
        assert len(np.unique(own.blocks)) == len(np.unique(blocks[training]))
        assert (told.prediction.mean[held_out] == level[training].mean()).all()
        assert scores.number == held_out.sum()
    assert told.scores.mae_db == pytest.approx(np.abs(told.prediction.mean - level).mean())
    assert (np.diff(told.intervals[0.8]) > 0).all()


def test_a_fault_names_its_fold():
    class Failing(Standardised):
        def _fit(self, *_):
            raise FitError("no")

    inputs, level = drive()
    folds = blocked_folds(inputs["x_m"], inputs["y_m"], 100, 5)
    with pytest.raises(FitError, match=r"fold 0 of 5 \(blocked 100 m\): no"):
        cross_validate(Failing(), inputs, level, folds)
    with pytest.raises(InputError, match="folds: of"):
        cross_validate(deepcopy(Standardised()), inputs, level[1:], folds)
