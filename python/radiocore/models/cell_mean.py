"""Baseline: the mean of a cell, wherever in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from .base import Model
from .inputs import Inputs
from .prediction import LEAST_DB, Prediction

ANY = ""
"""Stands for all links, where a cell is not known or was not measured."""
BETWEEN = "\t"
"""A cell's name and its carrier; before all that names are written with, so that cells stay in their order."""


@dataclass
class CellMean(Model):
    """The mean and the standard deviation of the training rows of a cell; of all, where a cell had fewer than two.

    A model that does not beat it on blocked folds has learned nothing of the place.
    """

    name = "cell mean"

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self._by = cell_columns(inputs)
        cells = cells_of(inputs, self._by)
        self._of = {ANY: (float(target.mean()), float(target.std(ddof=1)))}
        for cell in np.unique(cells):
            own = target[cells == cell]
            if len(own) > 1:
                self._of[str(cell)] = (float(own.mean()), max(float(own.std(ddof=1)), LEAST_DB))

    def _predict(self, inputs: Inputs) -> Prediction:
        cells, row = np.unique(cells_of(inputs, self._by), return_inverse=True)
        of_all = self._of[ANY]
        mean, deviation_db = np.array([self._of.get(str(cell), of_all) for cell in cells])[row.reshape(-1)].T
        return Prediction(mean, deviation_db)

    def state(self):
        return {"by": self._by, "cells": self._of}, {}

    def _load_state(self, config, arrays) -> None:
        self._by = tuple(config["by"])
        self._of = {cell: tuple(values) for cell, values in config["cells"].items()}


def cell_columns(inputs: Inputs) -> tuple[str, ...]:
    """The columns that tell cells apart: "cell", or else "sector"; where carriers share a cell's name, the carrier too.

    No columns where neither is known.
    """
    if "cell" not in inputs:
        return ("sector",) if "sector" in inputs else ()
    both = ("cell", "carrier")
    is_shared = "carrier" in inputs and len(np.unique(cells_of(inputs, both))) > len(np.unique(inputs["cell"]))
    return both if is_shared else ("cell",)


def cells_of(inputs: Inputs, columns: Sequence[str]) -> np.ndarray:
    """(N,) cell of each link by these columns."""
    names = [inputs[column].astype(str) for column in columns] or [np.full(len(inputs), ANY)]
    return reduce(lambda first, more: np.char.add(np.char.add(first, BETWEEN), more), names)
