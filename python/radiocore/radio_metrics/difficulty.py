"""How far off a model may be, link by link: what makes intervals wide where links are hard, and narrow where not."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import numpy as np

from ..evaluation.folds import Folds
from ..models.base import Model
from ..models.boosting import Boosting
from ..models.inputs import Inputs

DEVIATION = float(np.sqrt(np.pi / 2))
"""Of a normal distribution, in mean absolute deviations."""
LEAST_SHARE = 0.2
"""Of the mean error: a link is never taken for so easy that it has less."""


def difficulty_model(features: Sequence[str], seed: int) -> Model:
    """A model of absolute errors; not fitted."""
    return Boosting(features=tuple(features), most_trees=30, rate=0.2, leaves=6, rows_a_leaf=50, seed=seed)


def deviations_held_out(model: Model, inputs: Inputs, error_db: np.ndarray, folds: Folds, blocks) -> np.ndarray:
    """(N,) standard deviation of each link, of each fold by the errors in what it is kept apart from."""
    out = np.empty(len(error_db))
    for rest, own in folds:
        learned = deepcopy(model).fit(inputs.select(rest), error_db[rest], blocks=blocks[rest], progress=False)
        out[own] = deviations(learned, inputs.select(own), float(error_db[rest].mean()))
    return out


def deviations(model: Model, links: Inputs, mean_error_db: float) -> np.ndarray:
    """(N,) standard deviation of each link, dB, by a model of absolute errors."""
    return DEVIATION * np.maximum(model.predict(links).mean, LEAST_SHARE * mean_error_db)
