"""What models of trees share: columns to numbers, a deviation from held-out blocks, and their state."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from .base import Model
from .conformal import inner_folds
from .encoding import Encoding
from .inputs import Inputs
from .prediction import Prediction
from .trees import Trees

FOLDS = 3
"""That a model is judged on; each costs as much as the model itself."""

MANY_ROWS = 20_000
"""With more, one of the folds tells enough."""

LEAST_DB = 1e-3
"""Of a deviation, for targets that trees reproduce to the last digit."""


Split = tuple[np.ndarray, np.ndarray]
"""Rows to learn from and rows held out, as masks."""


class TreeModel(Model):
    """Trees on columns, names as one column each; a name that was not measured is none of those that were.

    The deviation is the root mean square of the errors on inner folds, or on the first of them where rows are many.
    Trees are kept as arrays: skops, which writes estimators without pickle, never gives the same bytes twice, and takes
    ten times as many.
    """

    features: tuple[str, ...] | None
    seed: int

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        from threadpoolctl import threadpool_limits

        self._encoding = Encoding.fit(inputs, self.features or inputs.columns, one_hot=True)
        folds = inner_folds(inputs, target, blocks, self.seed, FOLDS)
        splits = list(folds)[:1] if len(target) > MANY_ROWS else list(folds)
        with threadpool_limits(1):  # sums run in one order, whatever the machine
            self._trees, squares = self._grown(self._encoding.matrix(inputs), target, splits)
        held_out = sum(int(own.sum()) for _, own in splits)
        self._deviation_db = max(float(np.sqrt(squares / held_out)), LEAST_DB)

    @abstractmethod
    def _grown(self, matrix: np.ndarray, target: np.ndarray, splits: list[Split]) -> tuple[Trees, float]:
        """Trees of all rows, and the sum of the squares of what such trees err on held-out ones."""

    def _predict(self, inputs: Inputs) -> Prediction:
        mean = self._trees.sums(self._encoding.matrix(inputs, new_names=True))
        return Prediction(mean, np.full(len(inputs), self._deviation_db))

    def state(self):
        return {"encoding": self._encoding.to_dict(), "deviation_db": self._deviation_db}, self._trees.arrays()

    def _load_state(self, config, arrays) -> None:
        self._encoding = Encoding.from_dict(config["encoding"])
        self._deviation_db = config["deviation_db"]
        self._trees = Trees(**arrays)
