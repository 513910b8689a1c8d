"""What models of trees share: columns to numbers, a deviation from held-out blocks, and their state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from .base import Model, one_thread
from .conformal import inner_folds
from .encoding import Encoding
from .inputs import Inputs, is_label
from .prediction import LEAST_DB, Prediction
from .trees import Trees

FOLDS = 3
"""That a model is judged on; each costs as much as the model itself."""

MANY_ROWS = 20_000
"""With more, one of the folds tells enough."""

SHRINKAGE_ROWS = 5
"""A name's mean counts as if it had so many rows more, of the mean of all: a few rows tell little."""

Part = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""Columns and targets to learn from, then those held out."""


@dataclass(frozen=True, eq=False)
class Coding:
    """Links as numbers, by what training rows say of names.

    Attributes
    ----------
    of_all : mean target
    of_name : of each column of names, the mean target of each, drawn towards that of all
    encoding : of the columns that are then numbers
    """

    of_all: float
    of_name: dict[str, dict[str, float]]
    encoding: Encoding

    @classmethod
    def fit(cls, inputs: Inputs, target: np.ndarray, features: tuple[str, ...] | None) -> Self:
        of_all = float(target.mean())
        named = {name: column for name, column in inputs.columns.items() if is_label(column)}
        of_name = {name: _means(column, target, of_all) for name, column in named.items()}
        return cls(of_all, of_name, Encoding.fit(_coded(inputs, of_name, of_all), features or inputs.columns))

    def matrix(self, inputs: Inputs) -> np.ndarray:
        """(N, D) float32, as :meth:`Encoding.matrix`."""
        return self.encoding.matrix(_coded(inputs, self.of_name, self.of_all))

    def to_dict(self) -> dict[str, Any]:
        return {"encoding": self.encoding.to_dict(), "of_name": self.of_name, "of_all": self.of_all}

    @classmethod
    def from_dict(cls, told: dict[str, Any]) -> Self:
        return cls(told["of_all"], told["of_name"], Encoding.from_dict(told["encoding"]))


class TreeModel(Model):
    """Trees on columns. A name counts as the mean target of its rows, and one that was not measured as that of all.

    Trees lose nothing by this coding (Breiman et al., Classification and Regression Trees, 1984, section 9.4), and with
    200 cells they grow ten times as fast as with one column per cell.

    The deviation is the root mean square of the errors on inner folds, or on the first of them where rows are many;
    names are coded there by what is not held out.
    Trees are kept as arrays: skops, which writes estimators without pickle, never gives the same bytes twice, and takes
    ten times as many.
    """

    features: tuple[str, ...] | None
    seed: int

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        folds = inner_folds(inputs, target, blocks, self.seed, FOLDS)
        splits = list(folds)[:1] if len(target) > MANY_ROWS else list(folds)
        self._coding = Coding.fit(inputs, target, self.features)
        with one_thread("openmp"):
            self._trees, squares = self._grown(self._coding.matrix(inputs), target, self._parts(inputs, target, splits))
        held_out = sum(int(own.sum()) for _, own in splits)
        self._deviation_db = max(float(np.sqrt(squares / held_out)), LEAST_DB)

    def _parts(self, inputs: Inputs, target: np.ndarray, splits) -> Iterator[Part]:
        for training, held_out in splits:
            known = inputs.select(training)
            coding = Coding.fit(known, target[training], self.features)
            yield coding.matrix(known), target[training], coding.matrix(inputs.select(held_out)), target[held_out]

    @abstractmethod
    def _grown(self, matrix: np.ndarray, target: np.ndarray, parts: Iterator[Part]) -> tuple[Trees, float]:
        """Trees of all rows, and the sum of the squares of what such trees err on held-out ones."""

    def _predict(self, inputs: Inputs) -> Prediction:
        return Prediction(self._trees.sums(self._coding.matrix(inputs)), np.full(len(inputs), self._deviation_db))

    def state(self):
        return {**self._coding.to_dict(), "deviation_db": self._deviation_db}, self._trees.arrays()

    def _load_state(self, config, arrays) -> None:
        self._coding = Coding.from_dict(config)
        self._deviation_db = config["deviation_db"]
        self._trees = Trees(**arrays)


def _coded(inputs: Inputs, of_name: dict[str, dict[str, float]], of_all: float) -> Inputs:
    """Names as numbers."""
    codes = {}
    for name in of_name.keys() & inputs.columns.keys():
        words, row = np.unique(inputs[name], return_inverse=True)
        means = np.array([of_name[name].get(str(word), of_all) for word in words])
        codes[name] = means[row.reshape(-1)]
    return inputs.with_columns(codes)


def _means(names: np.ndarray, target: np.ndarray, of_all: float) -> dict[str, float]:
    """Mean target of each name, drawn towards that of all."""
    words, row, rows = np.unique(names, return_inverse=True, return_counts=True)
    sums = np.bincount(row.reshape(-1), target)
    means = (sums + SHRINKAGE_ROWS * of_all) / (rows + SHRINKAGE_ROWS)
    return dict(zip(words.astype(str).tolist(), means.tolist(), strict=True))
