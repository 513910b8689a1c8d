"""Baseline: the log-distance law of each cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .base import FEWEST_ROWS, Model
from .cell_mean import ANY, cell_columns, cells_of
from .inputs import NEAREST_M, Inputs
from .prediction import LEAST_DB, Prediction

REFERENCE_M = 100.0

LEAST_DECADES = 0.5
"""Of distances, to tell a slope from: over less, shadowing decides it, and 100 m farther it is wrong by tens of dB."""


@dataclass
class LogDistance(Model):
    """P = P0 - 10 n log10(d / 100 m) by least squares over the training rows of a cell, or else of a sector.

    A cell with fewer than ten rows, or with less than half a decade between its nearest and its farthest one, has the
    law of all rows moved to its own mean; links of a cell that was not measured have the law of all rows.
    Source: the empirical baseline of arXiv:2207.00166.
    """

    name = "empirical"

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self._by = cell_columns(inputs)
        decades, cells = decades_of(inputs), cells_of(inputs, self._by)
        of_all = _law(decades, target, (target.mean(), 0.0, target.std(ddof=1)), least_decades=0.0)
        self._of = {ANY: of_all}
        for cell in np.unique(cells):
            own = cells == cell
            self._of[str(cell)] = _law(decades[own], target[own], of_all)

    def _predict(self, inputs: Inputs) -> Prediction:
        cells, row = np.unique(cells_of(inputs, self._by), return_inverse=True)
        laws = np.array([self._of.get(str(cell), self._of[ANY]) for cell in cells])[row.reshape(-1)]
        level, slope, deviation_db = laws.T
        return Prediction(level + slope * decades_of(inputs), deviation_db)

    def state(self):
        return {"by": self._by, "cells": self._of}, {}

    def _load_state(self, config, arrays) -> None:
        self._by = tuple(config["by"])
        self._of = {cell: tuple(values) for cell, values in config["cells"].items()}


def _law(
    decades: np.ndarray, target: np.ndarray, otherwise: tuple[float, float, float], least_decades: float = LEAST_DECADES
) -> tuple[float, float, float]:
    """P0 in dBm, slope in dB a decade, and standard deviation of the rest in dB."""
    if len(target) >= FEWEST_ROWS and np.ptp(decades) > least_decades:
        design = np.stack([np.ones_like(decades), decades], axis=1)
        (level, slope), *_ = np.linalg.lstsq(design, target, rcond=None)
        deviation_db = max(np.sqrt(np.sum((target - design @ (level, slope)) ** 2) / (len(target) - 2)), LEAST_DB)
    else:
        _, slope, deviation_db = otherwise
        level = np.mean(target - slope * decades)
    return float(level), float(slope), float(deviation_db)


def decades_of(inputs: Inputs) -> np.ndarray:
    """(N,) log10 of the plan distance over the reference."""
    return np.log10(np.maximum(inputs["distance_m"], NEAREST_M) / REFERENCE_M)
