"""What models of trees share: columns to numbers, a deviation from held-out blocks, and their state."""

from __future__ import annotations

from abc import abstractmethod

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

Split = tuple[np.ndarray, np.ndarray]
"""Rows to learn from and rows held out, as masks."""


class TreeModel(Model):
    """Trees on columns. A name counts as the mean target of its rows, and one that was not measured as that of all.

    Trees lose nothing by this coding (Breiman et al., Classification and Regression Trees, 1984, section 9.4), and with
    200 cells they grow ten times as fast as with one column per cell.

    The deviation is the root mean square of the errors on inner folds, or on the first of them where rows are many.
    Trees are kept as arrays: skops, which writes estimators without pickle, never gives the same bytes twice, and takes
    ten times as many.
    """

    features: tuple[str, ...] | None
    seed: int

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        named = {name: column for name, column in inputs.columns.items() if is_label(column)}
        self._of_all = float(target.mean())
        self._of_name = {name: _means(column, target, self._of_all) for name, column in named.items()}
        coded = self._coded(inputs)
        self._encoding = Encoding.fit(coded, self.features or inputs.columns)
        folds = inner_folds(inputs, target, blocks, self.seed, FOLDS)
        splits = list(folds)[:1] if len(target) > MANY_ROWS else list(folds)
        with one_thread("openmp"):
            self._trees, squares = self._grown(self._encoding.matrix(coded), target, splits)
        held_out = sum(int(own.sum()) for _, own in splits)
        self._deviation_db = max(float(np.sqrt(squares / held_out)), LEAST_DB)

    @abstractmethod
    def _grown(self, matrix: np.ndarray, target: np.ndarray, splits: list[Split]) -> tuple[Trees, float]:
        """Trees of all rows, and the sum of the squares of what such trees err on held-out ones."""

    def _predict(self, inputs: Inputs) -> Prediction:
        mean = self._trees.sums(self._encoding.matrix(self._coded(inputs)))
        return Prediction(mean, np.full(len(inputs), self._deviation_db))

    def _coded(self, inputs: Inputs) -> Inputs:
        """Names as numbers."""
        codes = {}
        for name in self._of_name.keys() & inputs.columns.keys():
            words, row = np.unique(inputs[name], return_inverse=True)
            means = np.array([self._of_name[name].get(str(word), self._of_all) for word in words])
            codes[name] = means[row.reshape(-1)]
        return inputs.with_columns(codes)

    def state(self):
        config = {"encoding": self._encoding.to_dict(), "deviation_db": self._deviation_db}
        return config | {"of_name": self._of_name, "of_all": self._of_all}, self._trees.arrays()

    def _load_state(self, config, arrays) -> None:
        self._encoding = Encoding.from_dict(config["encoding"])
        self._deviation_db = config["deviation_db"]
        self._of_name, self._of_all = config["of_name"], config["of_all"]
        self._trees = Trees(**arrays)


def _means(names: np.ndarray, target: np.ndarray, of_all: float) -> dict[str, float]:
    """Mean target of each name, drawn towards that of all."""
    words, row, rows = np.unique(names, return_inverse=True, return_counts=True)
    sums = np.bincount(row.reshape(-1), target)
    means = (sums + SHRINKAGE_ROWS * of_all) / (rows + SHRINKAGE_ROWS)
    return dict(zip(words.astype(str).tolist(), means.tolist(), strict=True))
