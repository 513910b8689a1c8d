"""Extremely randomised trees on all columns: what the stack has beside boosting and kriging."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..errors import require
from ..measuring.synthetic import check_whole
from .tree_model import Part, TreeModel
from .trees import Trees


@dataclass
class ExtraTrees(TreeModel):
    """scikit-learn's extra-trees. Source: Geurts, Ernst and Wehenkel, Machine Learning 63 (2006).

    Thresholds drawn at random average to a smoother surface over the plane than boosted ones, and on held-out blocks
    that errs less.

    Attributes
    ----------
    features : columns to learn from; None = all
    trees, rows_a_leaf, most_leaves : how many, and bounds of each one
    share : of the columns, tried at each node
    seed : of the trees and of the inner folds
    """

    name = "extra trees"

    features: tuple[str, ...] | None = None
    trees: int = 100
    rows_a_leaf: int = 3
    most_leaves: int = 2000
    share: float = 0.5
    seed: int = 0

    def __post_init__(self):
        super().__post_init__()
        check_whole(1, trees=self.trees, rows_a_leaf=self.rows_a_leaf)
        check_whole(2, most_leaves=self.most_leaves)

    def _grown(self, matrix: np.ndarray, target: np.ndarray, parts: Iterator[Part]) -> tuple[Trees, float]:
        squares = 0.0
        for known, known_target, held_out, held_target in parts:
            mean = self._regressor(known, known_target).predict(held_out)
            squares += float(np.sum((mean - held_target) ** 2))
        return Trees.of_forest(self._regressor(matrix, target)), squares

    def _regressor(self, matrix: np.ndarray, target: np.ndarray):
        return (
            require("sklearn.ensemble", "ml")
            .ExtraTreesRegressor(
                self.trees,
                min_samples_leaf=self.rows_a_leaf,
                max_leaf_nodes=self.most_leaves,
                max_features=self.share,
                random_state=self.seed,
                n_jobs=1,
            )
            .fit(matrix, target)
        )
