"""Baseline: gradient-boosted trees on all columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import require
from ..measuring.synthetic import check_whole
from .tree_model import Part, TreeModel
from .trees import Trees


@dataclass
class Boosting(TreeModel):
    """scikit-learn's histogram gradient boosting; its number of trees is what did best on inner folds.

    Attributes
    ----------
    features : columns to learn from; None = all
    most_trees, rate, leaves, rows_a_leaf : of the trees; leaves and rows a leaf bound each one
    seed : of the inner folds
    """

    name = "boosting"

    features: tuple[str, ...] | None = None
    most_trees: int = 150
    rate: float = 0.1
    leaves: int = 31
    rows_a_leaf: int = 20
    seed: int = 0

    def __post_init__(self):
        super().__post_init__()
        check_whole(1, most_trees=self.most_trees, rows_a_leaf=self.rows_a_leaf)
        check_whole(2, leaves=self.leaves)

    def _grown(self, matrix: np.ndarray, target: np.ndarray, parts: Iterator[Part]) -> tuple[Trees, float]:
        squares = np.zeros(self.most_trees)
        for known, known_target, held_out, held_target in parts:
            regressor = self._regressor(known, known_target, self.most_trees)
            for number, mean in enumerate(regressor.staged_predict(held_out)):
                squares[number] += np.sum((mean - held_target) ** 2)
        best = int(np.argmin(squares))
        trees = Trees.of_boosting(self._regressor(matrix, target, best + 1))
        return trees, float(squares[best])

    def _regressor(self, matrix: np.ndarray, target: np.ndarray, trees: int):
        return (
            require("sklearn.ensemble", "ml")
            .HistGradientBoostingRegressor(
                max_iter=trees,
                learning_rate=self.rate,
                max_leaf_nodes=self.leaves,
                min_samples_leaf=self.rows_a_leaf,
                early_stopping=False,
                random_state=0,
            )
            .fit(matrix, target)
        )
