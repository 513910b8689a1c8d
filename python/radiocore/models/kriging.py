"""What models of kriging share: averages of tiles, a Gaussian process conditioned on them, and parts of kernels."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from ..errors import FitError, require
from ..evaluation.folds import squares
from ..measuring.synthetic import check_whole
from . import models
from .base import Model
from .cell_mean import cell_columns, cells_of
from .inputs import Inputs
from .prediction import Prediction

FINEST_TILE_M, COARSEST_TILE_M = 10.0, 10_240.0
SHORTEST_M, LONGEST_M = 5.0, 5000.0
"""Bounds of correlation lengths."""
APART_M = 1e9
"""Between cells, in the coordinate that keeps the fields of cells apart."""
QUERY_ROWS = 2000
LEAST_NOISE = 1e-8
"""Of a tile, dB^2, for rows that agree to the last digit."""

X, Y, CELL = 0, 1, 2
"""The first columns of what a process sees of a link; a model may have further ones."""


class Kriging(Model):
    """A trend, and a Gaussian process on what it leaves.

    Rows are averaged over tiles of each cell, of 10 m or, until there are few enough, twice that and so on. An average
    of many rows counts for more: its noise is that of a row over their number, beside a nugget that rows of a tile
    share. The parameters of the kernel maximise the likelihood of a sample of tiles.

    Notes
    -----
    scikit-learn's regressor: exact on this many rows, within seconds, and no further dependency.
    """

    most_tiles: int
    sample: int
    seed: int

    def __post_init__(self):
        super().__post_init__()
        check_whole(1, most_tiles=self.most_tiles, sample=self.sample)
        check_whole(0, seed=self.seed)

    @abstractmethod
    def _kernel(self):
        """The process; its parameters are where the search begins."""

    def _trend_of(self, inputs: Inputs) -> Model | None:
        """What the process is added to, not yet fitted; None: the mean of the training rows."""
        return None

    def _prepare(self, inputs: Inputs) -> None:
        """Learn what :meth:`_further` needs."""

    def _further(self, inputs: Inputs) -> list[np.ndarray]:
        """Columns that the process sees beside the place and the cell."""
        return []

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self._trend = self._trend_of(inputs)
        if self._trend is not None:
            self._trend.fit(inputs, target)
        residual_db = target - self._trended(inputs)
        self._centre = float(residual_db.mean())
        residual_db = residual_db - self._centre
        self._by = cell_columns(inputs)
        self._cells = tuple(np.unique(cells_of(inputs, self._by)).tolist())
        self._prepare(inputs)
        where = self._where(inputs)
        tile = self._tile_of(where)
        rows = np.bincount(tile)
        self._points = np.stack([np.bincount(tile, axis) / rows for axis in where.T], axis=1)
        self._residual_db = np.bincount(tile, residual_db) / rows
        scatter = np.sum((residual_db - self._residual_db[tile]) ** 2)
        self._within_db = float(np.sqrt(scatter / max(len(target) - len(rows), 1)))
        self._noise = np.maximum(self._within_db**2 / rows, LEAST_NOISE)
        drawn = np.sort(np.random.default_rng(self.seed).permutation(len(rows))[: self.sample])
        self._condition(_likeliest(self._kernel(), self._points[drawn], self._residual_db[drawn], self._noise[drawn]))

    def _tile_of(self, where: np.ndarray) -> np.ndarray:
        """(N,) number of the tile and cell of each row."""
        side_m = FINEST_TILE_M
        while side_m <= COARSEST_TILE_M:
            keys = np.stack([squares(*where[:, :CELL].T, side_m), where[:, CELL]], axis=1)
            tile = np.unique(keys, axis=0, return_inverse=True)[1].reshape(-1)
            if tile.max() < self.most_tiles:
                return tile
            side_m *= 2
        raise FitError(
            f"most_tiles: {self.most_tiles} are too few for {len(self._cells)} cells and this area; allow more"
        )

    def _condition(self, theta: np.ndarray) -> None:
        self._theta = theta
        kernel = self._kernel().clone_with_theta(theta)
        self._process = _regressor(kernel, self._noise, optimizer=None).fit(self._points, self._residual_db)

    def _where(self, inputs: Inputs) -> np.ndarray:
        """(N, 3 + D) x and y in metres, far apart for each cell, and more; cells not measured count as one more."""
        number = {cell: number for number, cell in enumerate(self._cells)}
        cells, row = np.unique(cells_of(inputs, self._by), return_inverse=True)
        code = np.array([number.get(str(cell), len(number)) for cell in cells], dtype=float)[row.reshape(-1)]
        return np.stack([inputs["x_m"], inputs["y_m"], code * APART_M, *self._further(inputs)], axis=1)

    def _predict(self, inputs: Inputs) -> Prediction:
        where = self._where(inputs)
        parts = [
            self._process.predict(where[first : first + QUERY_ROWS], return_std=True)
            for first in range(0, len(where), QUERY_ROWS)
        ]
        residual_db, deviation_db = (np.concatenate(part) for part in zip(*parts, strict=True))
        mean = self._trended(inputs) + self._centre + residual_db
        return Prediction(mean, np.hypot(deviation_db, self._within_db))

    def _trended(self, inputs: Inputs) -> np.ndarray:
        return np.zeros(len(inputs)) if self._trend is None else self._trend.predict(inputs).mean

    def state(self):
        trend = None if self._trend is None else {"name": self._trend.name, "state": self._trend.state()[0]}
        config = {"trend": trend, "centre": self._centre, "within_db": self._within_db}
        config |= {"by": self._by, "cells": list(self._cells)}
        arrays = {"points": self._points, "residual_db": self._residual_db, "noise": self._noise, "theta": self._theta}
        return config, arrays

    def _load_state(self, config, arrays) -> None:
        trend = config["trend"]
        self._trend = None if trend is None else models()[trend["name"]]().restore(trend["state"], {})
        self._centre, self._within_db = config["centre"], config["within_db"]
        self._by, self._cells = tuple(config["by"]), tuple(config["cells"])
        self._points, self._residual_db, self._noise = (arrays[name] for name in ("points", "residual_db", "noise"))
        self._condition(arrays["theta"])


def of_columns(kernel: type, columns: list[int], **options):
    """A kernel of scikit-learn that sees some columns only."""

    class OfColumns(kernel):
        def __call__(self, X, Y=None, eval_gradient=False):
            return super().__call__(X[:, columns], None if Y is None else Y[:, columns], eval_gradient)

        def diag(self, X):
            return super().diag(X[:, columns])

    return OfColumns(**options)


def exponential_field(columns: list[int], variance: float = 20.0, length_m: float = 100.0):
    """An exponentially correlated field over the plane (Gudmundson, Electron. Lett. 27, 1991), in dB^2."""
    kernels = require("sklearn.gaussian_process.kernels", "ml")
    bounds = {"length_scale_bounds": (SHORTEST_M, LONGEST_M)}
    return effect(variance) * of_columns(kernels.Matern, columns, length_scale=length_m, nu=0.5, **bounds)


def effect(variance: float):
    """The variance of one part of a process, in dB^2; as good as nothing is an answer."""
    return require("sklearn.gaussian_process.kernels", "ml").ConstantKernel(variance, (1e-3, 1e4))


def nugget():
    """What tiles next to each other do not share."""
    return require("sklearn.gaussian_process.kernels", "ml").WhiteKernel(5.0, (1e-2, 1e3))


def _likeliest(kernel, points: np.ndarray, residual_db: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """The kernel's parameters of most likelihood; one at its bound is an answer: no such field, or one without end."""
    import warnings

    convergence = require("sklearn.exceptions", "ml").ConvergenceWarning
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The optimal value found .* close to the specified", convergence)
        return _regressor(kernel, noise).fit(points, residual_db).kernel_.theta


def _regressor(kernel, noise: np.ndarray, **options):
    process = require("sklearn.gaussian_process", "ml")
    return process.GaussianProcessRegressor(kernel, alpha=noise, **options)
