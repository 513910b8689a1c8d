"""Ours: the correction network on a fitted line instead of a physical estimate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .correction import CorrectionNetwork
from .inputs import Inputs
from .least_squares import LeastSquares


@dataclass
class CorrectedLine(CorrectionNetwork):
    """As :class:`CorrectionNetwork`, with the least-squares line of the training rows in the place of beta.

    It needs no transmit power and no model of path loss, and starts where that baseline ends, for each metric. Where
    there is a column ``beta_dbm`` it is one feature more.
    """

    name = "corrected line"

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self.line = LeastSquares().fit(inputs, target)
        super()._fit(inputs, target, blocks, progress)

    def estimate(self, inputs: Inputs) -> np.ndarray:
        return self.line.predict(inputs).mean

    def state(self):
        line, arrays = self.line.state()
        config, weights = super().state()
        return {**config, "line": line}, {**weights, **{f"line/{name}": array for name, array in arrays.items()}}

    def _load_state(self, config, arrays) -> None:
        own = {name: array for name, array in arrays.items() if name.startswith("line/")}
        line = {name.removeprefix("line/"): array for name, array in own.items()}
        self.line = LeastSquares().restore(config["line"], line)
        super()._load_state(config, {name: array for name, array in arrays.items() if name not in own})
