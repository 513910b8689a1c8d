"""What is held out whole, and what of the rest a choice may be made by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...evaluation.folds import Folds, duplicates_of, leave_one_out, random_folds
from ...evaluation.named_folds import named_folds, operators_of
from ...evaluation.split import RANDOM
from .data_set import DataSet

INNER_FOLDS = 3
"""Random ones."""
FEWEST_ROWS = 100
"""Of an inner fold; where sites that are held out leave fewer, nothing is judged on it."""


@dataclass(frozen=True)
class Split:
    """One way to hold out rows.

    Attributes
    ----------
    name : of tables and files
    held_out : of a row, as of :func:`radiocore.evaluation.named_folds.named_folds`
    plain : rows as they are, cells and towers on both sides
    title : what a reader must know when a number of it is read
    """

    name: str
    held_out: str
    plain: bool
    title: str

    def folds(self, data_set: DataSet, number: int, seed: int) -> Folds:
        """One for each area or operator, or so many random ones."""
        measurements = data_set.measurements
        return named_folds(measurements, self.held_out, plain=self.plain, towers=data_set.tower, k=number, seed=seed)

    def names(self, data_set: DataSet) -> tuple[str, ...]:
        """What each fold holds out; none where rows are random."""
        return () if self.held_out == RANDOM else tuple(np.unique(self._labels(data_set)).tolist())

    def inner(
        self, data_set: DataSet, target: np.ndarray, folds: Folds, training: np.ndarray, seed: int
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Pairs of rows to learn from and to judge a choice by, within what an outer fold learns from, as indices.

        They part as the outer folds do: another area or operator is left out, with its cells and towers where theirs
        are; a choice so is made for what is asked.
        """
        rows = np.flatnonzero(training)
        if self.held_out == RANDOM:
            columns = data_set.inputs.select(rows).columns
            found = random_folds(len(rows), INNER_FOLDS, seed, together=duplicates_of(columns, target[rows]))
        else:
            apart = None if folds.apart is None else np.atleast_2d(folds.apart)[:, rows]
            found = leave_one_out(self._labels(data_set)[rows], self.held_out, apart=apart)
        pairs = [(rows[learn], rows[held]) for learn, held in found]
        return [pair for pair in pairs if min(map(len, pair)) >= FEWEST_ROWS]

    def _labels(self, data_set: DataSet) -> np.ndarray:
        measurements = data_set.measurements
        return measurements.area if self.held_out == "area" else operators_of(measurements)


CITY = Split("city", "area", False, "one city left out")
AREA = Split("area", "area", True, "one area left out, rows as they are (flatters: its cells serve others, too)")
AREA_STRICT = Split("area_strict", "area", False, "one area left out, with its cells and sites")
OPERATOR = Split("operator", "operator", False, "one operator left out")
RANDOM_ROWS = Split("random", RANDOM, False, "random rows held out: flatters, as neighbours stand on both sides")


def splits_of(data_set: DataSet) -> tuple[Split, ...]:
    """The honest ones first."""
    return (AREA_STRICT, OPERATOR, AREA, RANDOM_ROWS) if data_set.is_real else (CITY, RANDOM_ROWS)
