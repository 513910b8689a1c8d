"""Baseline: kriging of what the log-distance law leaves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import FitError, require
from ..evaluation.folds import squares
from .base import Model
from .cell_mean import CellMean, cell_column, cells_of
from .inputs import Inputs
from .log_distance import LogDistance
from .prediction import Prediction

FINEST_TILE_M, COARSEST_TILE_M = 10.0, 10_240.0
SHORTEST_M, LONGEST_M = 5.0, 5000.0
"""Bounds of correlation lengths."""
APART_M = 1e9
"""Between cells, in the coordinate that keeps the fields of cells apart."""
QUERY_ROWS = 2000


@dataclass
class ResidualGaussianProcess(Model):
    """A Gaussian process on the residuals of :class:`LogDistance`: shadowing that cells share, and that of each cell.

    Rows are averaged over tiles of each cell, of 10 m or, until there are few enough, twice that and so on. Both fields
    are exponentially correlated in the plane (Gudmundson, Electron. Lett. 27, 1991); their sizes and lengths and the
    nugget maximise the likelihood of a sample of tiles. Links without a distance have the mean of their cell as trend.

    Attributes
    ----------
    most_tiles : averages that the process is conditioned on
    sample : of them, what its parameters are fitted to
    seed : of the sample

    Notes
    -----
    scikit-learn's regressor: exact on this many rows, within seconds, and no further dependency.
    """

    name = "residual Gaussian process"

    most_tiles: int = 2000
    sample: int = 400
    seed: int = 0

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self._trend = (LogDistance if "distance_m" in inputs else CellMean)().fit(inputs, target)
        residual_db = target - self._trend.predict(inputs).mean
        self._by = cell_column(inputs)
        self._cells = tuple(np.unique(cells_of(inputs, self._by)).tolist())
        where = self._where(inputs)
        tile = self._tile_of(where)
        rows = np.bincount(tile)
        self._points = np.stack([np.bincount(tile, axis) / rows for axis in where.T], axis=1)
        self._residual_db = np.bincount(tile, residual_db) / rows
        scatter = np.sum((residual_db - self._residual_db[tile]) ** 2)
        # The nugget holds the noise of a tile's average; a single row has this much more.
        single = 1 - np.mean(1 / rows)
        self._within_db = float(np.sqrt(single * scatter / max(len(target) - len(rows), 1)))
        drawn = np.sort(np.random.default_rng(self.seed).permutation(len(rows))[: self.sample])
        self._condition(_found(self._points[drawn], self._residual_db[drawn]))

    def _tile_of(self, where: np.ndarray) -> np.ndarray:
        """(N,) number of the tile and cell of each row."""
        side_m = FINEST_TILE_M
        while side_m <= COARSEST_TILE_M:
            keys = np.stack([squares(*where[:, :2].T, side_m), where[:, 2]], axis=1)
            tile = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
            if tile.max() < self.most_tiles:
                return tile
            side_m *= 2
        raise FitError(
            f"most_tiles: {self.most_tiles} are too few for {len(self._cells)} cells and this area; allow more"
        )

    def _condition(self, theta: np.ndarray) -> None:
        self._theta = theta
        kernel = _kernel().clone_with_theta(theta)
        self._process = _regressor(kernel, optimizer=None).fit(self._points, self._residual_db)

    def _where(self, inputs: Inputs) -> np.ndarray:
        """(N, 3) x and y in metres, and far apart for each cell; all that were not measured count as one more."""
        number = {cell: number for number, cell in enumerate(self._cells)}
        cells, row = np.unique(cells_of(inputs, self._by), return_inverse=True)
        code = np.array([number.get(str(cell), len(number)) for cell in cells], dtype=float)[row.reshape(-1)]
        return np.stack([inputs["x_m"], inputs["y_m"], code * APART_M], axis=1)

    def _predict(self, inputs: Inputs) -> Prediction:
        where = self._where(inputs)
        parts = [
            self._process.predict(where[first : first + QUERY_ROWS], return_std=True)
            for first in range(0, len(where), QUERY_ROWS)
        ]
        residual_db, deviation_db = (np.concatenate(part) for part in zip(*parts, strict=True))
        mean = self._trend.predict(inputs).mean + residual_db
        return Prediction(mean, np.hypot(deviation_db, self._within_db))

    def state(self):
        trend, _ = self._trend.state()
        config = {"trend": self._trend.name, "law": trend, "by": self._by, "cells": list(self._cells)}
        config["within_db"] = self._within_db
        return config, {"points": self._points, "residual_db": self._residual_db, "theta": self._theta}

    def _load_state(self, config, arrays) -> None:
        trend = LogDistance if config["trend"] == LogDistance.name else CellMean
        self._trend = trend().restore(config["law"], {})
        self._by, self._cells, self._within_db = config["by"], tuple(config["cells"]), config["within_db"]
        self._points, self._residual_db = arrays["points"], arrays["residual_db"]
        self._condition(arrays["theta"])


def _found(points: np.ndarray, residual_db: np.ndarray) -> np.ndarray:
    """The kernel's parameters of most likelihood; one at its bound is an answer: no such field, or one without end."""
    import warnings

    convergence = require("sklearn.exceptions", "ml").ConvergenceWarning
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", convergence)
        return _regressor(_kernel()).fit(points, residual_db).kernel_.theta


def _regressor(kernel, **options):
    process = require("sklearn.gaussian_process", "ml")
    return process.GaussianProcessRegressor(kernel, **options)


def _kernel():
    """A field that all cells share, one of each cell's own, and a nugget; parameters are where the search begins."""
    kernels = require("sklearn.gaussian_process.kernels", "ml")

    class InPlane(kernels.Matern):
        """Sees x and y only."""

        def __call__(self, X, Y=None, eval_gradient=False):
            return super().__call__(X[:, :2], None if Y is None else Y[:, :2], eval_gradient)

    exponential = {"length_scale": 100.0, "length_scale_bounds": (SHORTEST_M, LONGEST_M), "nu": 0.5}
    shared = kernels.ConstantKernel(20.0, (1e-2, 1e4)) * InPlane(**exponential)
    own = kernels.ConstantKernel(20.0, (1e-2, 1e4)) * kernels.Matern(**exponential)
    return shared + own + kernels.WhiteKernel(5.0, (1e-2, 1e3))
