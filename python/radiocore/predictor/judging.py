"""How far off a model is where it has not been, and the error bars that follow."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from ..evaluation.cross_validation import cross_validate
from ..evaluation.folds import Folds, duplicates_of, random_folds
from ..evaluation.scores import LEVELS, Scores
from ..models.base import Model
from ..models.cell_mean import CellMean
from ..models.conformal import INNER_FOLDS, Calibration
from ..models.inputs import Inputs
from ..models.prediction import Prediction
from ..models.stack import Stack


@dataclass(frozen=True, eq=False)
class Judgement:
    """What held-out rows tell of a model.

    Attributes
    ----------
    calibration : Calibration of its intervals, on the blocked folds
    scores : "blocked", each fold's intervals calibrated on the others; "random", which flatters; and "cell mean", the
        mean of each cell on the blocked folds
    """

    calibration: Calibration
    scores: dict[str, Scores]


def judge(
    model: Model, inputs: Inputs, target: np.ndarray, folds: Folds, blocks: np.ndarray, seed: int, progress=None
) -> Judgement:
    """Judge a model that was fitted to N links.

    Parameters
    ----------
    folds : blocked, at which the model is fitted anew; a stack brings those on which it has judged itself
    blocks : (N,) integers, as in :meth:`radiocore.models.base.Model.fit`
    seed : of the random folds; one of them is enough for a number that is there to be compared

    Raises
    ------
    InputError, FitError
        The model cannot be fitted to a part of the rows.
    """
    if isinstance(model, Stack):
        folds, held_out = model.folds, model.held_out
    else:
        held_out = cross_validate(model, inputs, target, folds, blocks=blocks, progress=progress).prediction
    return Judgement(
        Calibration.of(held_out, target),
        {
            "blocked": calibrated_scores(held_out, folds, target),
            "random": random_scores(model, inputs, target, blocks, seed, progress),
            "cell mean": cross_validate(CellMean(), inputs, target, folds, progress=False).scores,
        },
    )


def random_scores(
    model: Model, inputs: Inputs, target: np.ndarray, blocks: np.ndarray, seed: int, progress=None
) -> Scores:
    """Scores of a fifth of the rows, drawn at random, by a copy of the model that learned from the rest: flattering."""
    at_random = random_folds(len(target), INNER_FOLDS, seed, together=duplicates_of(inputs.columns, target))
    learned, own = next(iter(at_random))
    some = inputs.select(learned), target[learned]
    if isinstance(model, Stack):
        other = model.refitted(*some, blocks[learned])
    else:
        other = deepcopy(model).fit(*some, blocks=blocks[learned], progress=progress)
    return Scores.of(other.predict(inputs.select(own)), target[own], levels=())


def levels_of(calibration: Calibration) -> tuple[float, ...]:
    """Levels of intervals that there were rows enough to calibrate, of 50, 80 and 95 %."""
    return _enough(len(calibration.scores))


def calibrated_scores(prediction: Prediction, folds: Folds, target: np.ndarray) -> Scores:
    """Scores of rows that were held out, each fold's intervals calibrated on the other folds."""

    def interval(level: float) -> tuple[np.ndarray, np.ndarray]:
        low, high = np.empty((2, len(target)))
        for rest, own in folds:
            calibration = Calibration.of(prediction.select(rest), target[rest])
            low[own], high[own] = calibration.interval(prediction.select(own), level)
        return low, high

    fewest = min(np.count_nonzero(rest) for rest, _ in folds)
    return Scores.of(prediction, target, interval=interval, levels=_enough(fewest))


def _enough(rows: int) -> tuple[float, ...]:
    return tuple(level for level in LEVELS if np.ceil((rows + 1) * level) <= rows)
