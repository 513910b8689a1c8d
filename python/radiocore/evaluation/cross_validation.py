"""Every row predicted by a model that has not seen it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import FitError, InputError
from ..progress import progress_bar
from .folds import Folds, duplicates_of, squares
from .scores import LEVELS, Scores

if TYPE_CHECKING:
    from ..models.base import Model
    from ..models.inputs import Inputs
    from ..models.prediction import Prediction

TILE_M = 10.0
"""Folds of blocks of places may not part a tile of this side; operators may be apart in one."""


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """What a model says of N rows, each held out.

    Attributes
    ----------
    folds : Folds
    prediction : Prediction of N rows; its intervals are those of normal distributions
    intervals : (N, 2) lower and upper end as the fold's model gave them, by level
    scores : Scores of all rows, with those intervals
    per_fold : (K,) Scores
    """

    folds: Folds
    prediction: Prediction
    intervals: dict[float, np.ndarray]
    scores: Scores
    per_fold: tuple[Scores, ...]


def cross_validate(
    model: Model,
    inputs: Inputs,
    target,
    folds: Folds,
    *,
    blocks=None,
    tile=None,
    levels: Sequence[float] = LEVELS,
    progress: bool | None = None,
) -> CrossValidation:
    """Fit a new copy of a model for each fold, to what the fold does not hold out, and predict the rest with it.

    Parameters
    ----------
    model : Model
        Taken for its settings; it stays as it is.
    inputs : Inputs, N links
    target : (N,) array_like, dBm or dB
    folds : Folds
    blocks : (N,) integers, optional
        What models keep together when they judge themselves, within what they learn from; see ``Model.fit``.
    tile : (N,) array_like, optional
        Label of the tile or bin of each row, for scores of tiles.

    Raises
    ------
    InputError
        Folds part duplicate rows or, where they are blocks of places, tiles of 10 m; or they are of other rows.
    FitError
        A model could not be fitted; the message names the fold.
    """
    target = np.asarray(target, dtype=np.float64)
    if not len(inputs) == len(target) == len(folds.number):
        raise InputError(
            f"folds: of {len(folds.number)} rows, for {len(inputs)} links and {len(target)} targets; make the folds of "
            "these rows"
        )
    placed = folds.is_blocked and {"x_m", "y_m"} <= set(inputs.columns)
    tiles = {"tiles": squares(inputs["x_m"], inputs["y_m"], TILE_M)} if placed else {}
    folds.check_no_leak(duplicates_of(inputs.columns, target), **tiles)
    mean, deviation_db = np.full((2, len(target)), np.nan)
    intervals = {level: np.full((len(target), 2), np.nan) for level in levels}
    per_fold = []
    with progress_bar(len(folds), f"{model.name}, {folds.kind}", progress, unit="folds") as update:
        for fold, (training, held_out) in enumerate(folds):
            own = deepcopy(model)
            own_blocks = None if blocks is None else np.asarray(blocks)[training]
            try:
                own.fit(inputs.select(training), target[training], blocks=own_blocks, progress=False)
                prediction = own.predict(inputs.select(held_out))
            except (FitError, InputError) as error:
                raise type(error)(f"fold {fold} of {len(folds)} ({folds.kind}): {error}") from error
            mean[held_out], deviation_db[held_out] = prediction.mean, prediction.deviation_db
            for level in levels:
                intervals[level][held_out] = np.stack(prediction.interval(level), axis=1)
            own_tile = None if tile is None else np.asarray(tile)[held_out]
            per_fold.append(Scores.of(prediction, target[held_out], tile=own_tile, levels=levels))
            update(1)
    whole = replace(prediction, mean=mean, deviation_db=deviation_db, calibration=None)
    ends = {level: tuple(values.T) for level, values in intervals.items()}
    scores = Scores.of(whole, target, interval=ends.__getitem__, tile=tile, levels=levels)
    return CrossValidation(folds, whole, intervals, scores, tuple(per_fold))
