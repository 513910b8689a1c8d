"""Kriging that also goes by what is known of a link beside its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .encoding import Encoding
from .inputs import Inputs, is_label
from .residual_gaussian_process import ResidualGaussianProcess

OF_THE_PLACE = ("x_m", "y_m", "distance_m")
"""What the plane's fields and the log-distance law go by."""


@dataclass
class FeatureGaussianProcess(ResidualGaussianProcess):
    """:class:`ResidualGaussianProcess` with a third field, over the columns of numbers: links that are alike in them
    have like residuals, however far apart they are. Each column has its own length, so that what says nothing fades.
    """

    name = "Gaussian process with features"

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        names = [name for name, column in inputs.columns.items() if not is_label(column) and name not in OF_THE_PLACE]
        self._encoding = Encoding.fit(inputs, names)
        super()._fit(inputs, target, blocks, progress)

    def _features(self, inputs: Inputs) -> np.ndarray:
        return self._encoding.matrix(inputs)

    def state(self):
        config, arrays = super().state()
        return {**config, "encoding": self._encoding.to_dict()}, arrays

    def _load_state(self, config, arrays) -> None:
        self._encoding = Encoding.from_dict(config["encoding"])
        super()._load_state(config, arrays)
