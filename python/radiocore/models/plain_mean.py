"""Baseline: the mean of all training rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .base import Model
from .inputs import Inputs
from .prediction import Prediction


@dataclass
class PlainMean(Model):
    """The mean and the standard deviation of all training rows, wherever a link is."""

    name = "plain mean"

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self._mean, self._deviation_db = float(target.mean()), float(target.std(ddof=1))

    def _predict(self, inputs: Inputs) -> Prediction:
        return Prediction(np.full(len(inputs), self._mean), np.full(len(inputs), self._deviation_db))

    def state(self):
        return {"mean": self._mean, "deviation_db": self._deviation_db}, {}

    def _load_state(self, config, arrays) -> None:
        self._mean, self._deviation_db = config["mean"], config["deviation_db"]
