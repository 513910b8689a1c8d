"""How rows are held out: the paper's way, and in blocks of the map."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...evaluation.folds import Folds, blocked_folds, duplicates_of, random_folds, squares
from .data_set import DataSet


@dataclass(frozen=True)
class Split:
    """One way to hold out rows.

    Attributes
    ----------
    name : of tables and files
    block_m : side of the squares that are held out whole; None: rows at random
    """

    name: str
    block_m: float | None = None

    @property
    def title(self) -> str:
        """What a reader must know when a number of it is read."""
        if self.block_m is None:
            return "random folds (the paper's; they flatter, as neighbours stand on both sides)"
        return f"folds of whole blocks of {self.block_m:g} m"

    def blocks(self, data_set: DataSet) -> np.ndarray | None:
        """(N,) block of each row; None where rows stand alone."""
        if self.block_m is None:
            return None
        return squares(data_set.measurements.x_m, data_set.measurements.y_m, self.block_m)

    def folds(self, data_set: DataSet, number: int, seed: int) -> Folds:
        """About so many folds of a data set."""
        if self.block_m is None:
            copies = duplicates_of(data_set.inputs.columns, data_set.measurements.rsrp_dbm)
            return random_folds(len(data_set), number, seed, together=copies)
        return blocked_folds(data_set.measurements.x_m, data_set.measurements.y_m, self.block_m, number, seed)


BLOCKED = (Split("blocked_100_m", 100.0), Split("blocked_400_m", 400.0))
RANDOM = Split("random")
SPLITS = (*BLOCKED, RANDOM)
"""The honest ones first."""
