"""Ensembles of regression trees as arrays: written to files as they are, and walked without what grew them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True, eq=False)
class Trees:
    """T binary trees in one list of M nodes.

    Attributes
    ----------
    root : (T,) first node of each
    column, threshold : (M,) a row goes left where its column is at most the threshold
    left, right : (M,) nodes below; a leaf has itself
    value : (M,) what a leaf adds
    base : (1,) what all trees add to
    """

    root: np.ndarray
    column: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray
    base: np.ndarray

    @classmethod
    def of_boosting(cls, regressor) -> Trees:
        """Of scikit-learn's HistGradientBoostingRegressor, whose nodes have no public name."""
        trees = [
            (
                nodes["is_leaf"] == 1,
                *(nodes[name] for name in ("feature_idx", "num_threshold", "left", "right", "value")),
            )
            for nodes in (predictor.nodes for (predictor,) in regressor._predictors)
        ]
        return cls._joined(trees, float(np.squeeze(regressor._baseline_prediction)), 1)

    @classmethod
    def of_forest(cls, regressor) -> Trees:
        """Of one of scikit-learn's forests."""
        grown = [estimator.tree_ for estimator in regressor.estimators_]
        trees = [
            (t.children_left < 0, t.feature, t.threshold, t.children_left, t.children_right, t.value.reshape(-1))
            for t in grown
        ]
        return cls._joined(trees, 0.0, len(grown))

    @classmethod
    def _joined(cls, trees: list, base: float, share: int) -> Trees:
        sizes = [len(tree[0]) for tree in trees]
        root = np.cumsum([0, *sizes[:-1]])
        leaf, column, threshold, left, right, value = (np.concatenate(part) for part in zip(*trees, strict=True))
        own, first = np.arange(len(leaf)), np.repeat(root, sizes)
        return cls(
            root=root.astype(np.int32),
            column=np.where(leaf, 0, column).astype(np.int32),
            threshold=np.where(leaf, 0.0, threshold),
            left=np.where(leaf, own, first + left).astype(np.int32),
            right=np.where(leaf, own, first + right).astype(np.int32),
            value=np.where(leaf, value / share, 0.0),
            base=np.array([base]),
        )

    def sums(self, matrix: np.ndarray) -> np.ndarray:
        """(N,) base and the values of the leaves that each row falls into, in the order of the trees."""
        rows = np.arange(len(matrix))
        total = np.full(len(matrix), self.base[0])
        for root in self.root:
            node = np.full(len(matrix), root)
            while not np.array_equal(below := self._below(matrix, rows, node), node):
                node = below
            total += self.value[node]
        return total

    def _below(self, matrix: np.ndarray, rows: np.ndarray, node: np.ndarray) -> np.ndarray:
        is_left = matrix[rows, self.column[node]] <= self.threshold[node]
        return np.where(is_left, self.left[node], self.right[node])

    def arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name; ``Trees(**arrays)`` is equal."""
        return {item.name: getattr(self, item.name) for item in fields(self)}
