"""Baseline: kriging of what the log-distance law leaves."""

from __future__ import annotations

from dataclasses import dataclass

from .cell_mean import CellMean
from .inputs import Inputs
from .kriging import CELL, Kriging, X, Y, exponential_field, nugget
from .log_distance import LogDistance


@dataclass
class ResidualGaussianProcess(Kriging):
    """A Gaussian process on the residuals of :class:`LogDistance`: shadowing that cells share, and that of each cell.

    Links without a distance have the mean of their cell as trend.

    Attributes
    ----------
    most_tiles : averages that the process is conditioned on
    sample : of them, what its parameters are fitted to
    seed : of the sample
    """

    name = "residual Gaussian process"

    most_tiles: int = 2000
    sample: int = 400
    seed: int = 0

    def _trend_of(self, inputs: Inputs):
        return LogDistance() if "distance_m" in inputs else CellMean()

    def _kernel(self):
        return exponential_field([X, Y]) + exponential_field([X, Y, CELL]) + nugget()
