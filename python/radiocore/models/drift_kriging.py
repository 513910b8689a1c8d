"""Ours: kriging with an external drift, of which cells have their own share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import require
from .encoding import Encoding
from .inputs import FROM_STATIONS, Inputs, is_label
from .kriging import CELL, Kriging, X, Y, effect, exponential_field, nugget, of_columns
from .log_distance import decades_of

DECADES = CELL + 1

NO_DRIFT = ("x_m", "y_m", "sector", *FROM_STATIONS)
"""Numbers in which a level is not a line, or which the fields and the law of distance stand for."""


@dataclass
class DriftKriging(Kriging):
    """One Gaussian process of all that is known of a link: its cell, the law of distance, a drift, and two fields.

    P = mean + u(cell) + (s + s(cell)) log10(d / 100 m) + sum of b(k) z(k) + field(x, y) + field(cell; x, y) + nugget,
    where u, s and b are normal about zero with variances that the training rows decide, one for all b. A cell with few
    rows, or all of them equally far, so stays near the common law, where :class:`ResidualGaussianProcess` believes a
    law fitted to each cell alone. The columns z are all numbers but places and directions, standardised. Its deviation
    grows away from what was measured.

    Attributes
    ----------
    most_tiles : averages that the process is conditioned on
    sample : of them, what its parameters are fitted to
    seed : of the sample

    Notes
    -----
    Kriging with an external drift, with the drift's coefficients as random effects: Chiles and Delfiner, Geostatistics
    (2012), chapter 5; Rasmussen and Williams, Gaussian Processes for Machine Learning (2006), section 2.7.
    """

    name = "drift kriging"

    most_tiles: int = 2000
    sample: int = 300
    seed: int = 0

    def _prepare(self, inputs: Inputs) -> None:
        self._knows_distance = "distance_m" in inputs
        drift = [name for name, column in inputs.columns.items() if name not in NO_DRIFT and _varies(column)]
        self._drift = Encoding.fit(inputs, drift) if drift else None

    def _further(self, inputs: Inputs) -> list[np.ndarray]:
        columns = [decades_of(inputs)] if self._knows_distance else []
        return columns if self._drift is None else [*columns, *self._drift.matrix(inputs).T]

    def _kernel(self):
        same_cell = _same_cell()
        process = exponential_field([X, Y]) + exponential_field([X, Y, CELL]) + effect(20.0) * same_cell + nugget()
        if self._knows_distance:
            process += effect(400.0) * _linear([DECADES]) + effect(50.0) * _linear([DECADES]) * same_cell
        if self._drift is not None:
            first = DECADES + self._knows_distance
            process += effect(5.0) * _linear(list(range(first, first + len(self._drift.names))))
        return process

    def state(self):
        config, arrays = super().state()
        drift = None if self._drift is None else self._drift.to_dict()
        return config | {"knows_distance": self._knows_distance, "drift": drift}, arrays

    def _load_state(self, config, arrays) -> None:
        self._knows_distance = config["knows_distance"]
        self._drift = None if config["drift"] is None else Encoding.from_dict(config["drift"])
        super()._load_state(config, arrays)


def _varies(column: np.ndarray) -> bool:
    return not is_label(column) and bool((column != column[0]).any())


def _linear(columns: list[int]):
    kernels = require("sklearn.gaussian_process.kernels", "ml")
    return of_columns(kernels.DotProduct, columns, sigma_0=0.0, sigma_0_bounds="fixed")


def _same_cell():
    """1 for links of one cell and 0 for others, which lie very far apart in that column."""
    kernels = require("sklearn.gaussian_process.kernels", "ml")
    return of_columns(kernels.RBF, [CELL], length_scale=1.0, length_scale_bounds="fixed")
