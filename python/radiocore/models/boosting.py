"""Baseline: gradient-boosted trees on all columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import require
from ..evaluation.folds import Folds
from .base import Model
from .conformal import inner_folds
from .encoding import Encoding
from .inputs import Inputs
from .prediction import Prediction

FOLDS = 3
"""That the number of trees is judged on; each costs as much as the model itself."""

LEAST_DB = 1e-3
"""Of a deviation, for targets that trees reproduce to the last digit."""


@dataclass
class Boosting(Model):
    """scikit-learn's histogram gradient boosting; its number of trees is what did best on inner folds.

    A cell or another name that was not measured is none of those that were.

    Attributes
    ----------
    features : columns to learn from; None = all
    most_trees, rate, leaves, rows_a_leaf : of the trees; leaves and rows a leaf bound each one
    seed : of the inner folds

    Notes
    -----
    The deviation is the root mean square of the errors on the inner folds. The trees are kept as arrays and walked
    here: skops, which writes estimators without pickle, never gives the same bytes twice, and takes ten times as many.
    """

    name = "boosting"

    features: tuple[str, ...] | None = None
    most_trees: int = 150
    rate: float = 0.1
    leaves: int = 31
    rows_a_leaf: int = 20
    seed: int = 0

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self._encoding = Encoding.fit(inputs, self.features or inputs.columns, one_hot=True)
        matrix = self._encoding.matrix(inputs)
        trees, self._deviation_db = self._judged(matrix, target, inner_folds(inputs, target, blocks, self.seed, FOLDS))
        self._trees = _Trees.of(self._regressor(matrix, target, trees))

    def _judged(self, matrix: np.ndarray, target: np.ndarray, folds: Folds) -> tuple[int, float]:
        """The number of trees that errs least on held-out folds, and by how much."""
        squares = np.zeros(self.most_trees)
        for training, held_out in folds:
            regressor = self._regressor(matrix[training], target[training], self.most_trees)
            for number, mean in enumerate(regressor.staged_predict(matrix[held_out])):
                squares[number] += np.sum((mean - target[held_out]) ** 2)
        best = int(np.argmin(squares))
        return best + 1, max(float(np.sqrt(squares[best] / len(target))), LEAST_DB)

    def _regressor(self, matrix: np.ndarray, target: np.ndarray, trees: int):
        """Fitted on one thread, so that sums run in one order whatever the machine."""
        ensemble = require("sklearn.ensemble", "ml")
        from threadpoolctl import threadpool_limits

        regressor = ensemble.HistGradientBoostingRegressor(
            max_iter=trees,
            learning_rate=self.rate,
            max_leaf_nodes=self.leaves,
            min_samples_leaf=self.rows_a_leaf,
            early_stopping=False,
            random_state=0,
        )
        with threadpool_limits(1):
            return regressor.fit(matrix, target)

    def _predict(self, inputs: Inputs) -> Prediction:
        mean = self._trees.sums(self._encoding.matrix(inputs, new_names=True))
        return Prediction(mean, np.full(len(inputs), self._deviation_db))

    def state(self):
        config = {"encoding": self._encoding.to_dict(), "deviation_db": self._deviation_db}
        return config, {name: getattr(self._trees, name) for name in _Trees.__dataclass_fields__}

    def _load_state(self, config, arrays) -> None:
        self._encoding = Encoding.from_dict(config["encoding"])
        self._deviation_db = config["deviation_db"]
        self._trees = _Trees(**arrays)


@dataclass(frozen=True, eq=False)
class _Trees:
    """T binary trees in one list of M nodes.

    Attributes
    ----------
    start : (T + 1,) values of ``start[1:]`` end a tree's nodes; its root is the first
    column, threshold : (M,) a row goes left where its column is at most the threshold
    left, right : (M,) nodes below; a leaf has itself
    value : (M,) what a leaf adds
    base : (1,) what all trees add to
    """

    start: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    base: np.ndarray

    @classmethod
    def of(cls, regressor) -> _Trees:
        trees = [predictor.nodes for (predictor,) in regressor._predictors]
        start = np.concatenate([[0], np.cumsum([len(nodes) for nodes in trees])])
        nodes, first = np.concatenate(trees), np.repeat(start[:-1], np.diff(start))
        leaf, own = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
        return cls(
            start=start,
            column=np.where(leaf, 0, nodes["feature_idx"]).astype(np.int32),
            threshold=np.where(leaf, 0.0, nodes["num_threshold"]),
            left=np.where(leaf, own, first + nodes["left"]).astype(np.int32),
            right=np.where(leaf, own, first + nodes["right"]).astype(np.int32),
            value=np.where(leaf, nodes["value"], 0.0),
            base=np.asarray(regressor._baseline_prediction, dtype=np.float64).reshape(1),
        )

    def sums(self, matrix: np.ndarray) -> np.ndarray:
        """(N,) base and the values of the leaves that each row falls into, in the order of the trees."""
        rows = np.arange(len(matrix))
        total = np.full(len(matrix), self.base[0])
        for root in self.start[:-1]:
            node = np.full(len(matrix), root)
            while not np.array_equal(below := self._below(matrix, rows, node), node):
                node = below
            total += self.value[node]
        return total

    def _below(self, matrix: np.ndarray, rows: np.ndarray, node: np.ndarray) -> np.ndarray:
        is_left = matrix[rows, self.column[node]] <= self.threshold[node]
        return np.where(is_left, self.left[node], self.right[node])
