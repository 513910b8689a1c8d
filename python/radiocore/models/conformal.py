"""Intervals that hold: their width is taken from errors on rows that were held out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from ..errors import InputError
from ..evaluation.cross_validation import cross_validate
from ..evaluation.folds import Folds, duplicates_of, label_folds, random_folds
from .inputs import Inputs
from .prediction import Prediction, checked_level
from .wrapped import Wrapped

INNER_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Calibration:
    """Split-conformal intervals of a normalised error.

    Attributes
    ----------
    scores : (M,) in ascending order, |error| / deviation of rows that the model had not seen

    Notes
    -----
    Where new rows are like the held-out ones in all but order, an interval holds at least its share of them, whatever
    the distribution of errors. Source: Lei et al., J. Am. Stat. Assoc. 113 (2018), section 5.2. Written
    here in a few lines: crepes is no shorter to call, and can be saved by pickle only.
    """

    scores: np.ndarray

    @classmethod
    def of(cls, prediction: Prediction, target) -> Calibration:
        """From predictions of M rows that were held out, and what was measured there.

        Raises
        ------
        InputError
            Shapes differ, or there are no rows.
        """
        target = np.asarray(target, dtype=np.float64)
        if target.shape != prediction.mean.shape:
            raise InputError(f"target: shape {target.shape} does not match the {len(prediction)} predictions")
        if not target.size:
            raise InputError("target: there are no rows to calibrate with; hold some out")
        return cls(np.sort(np.abs(target - prediction.mean) / prediction.deviation_db))

    def deviations(self, level: float) -> float:
        """Half the width of the interval of this level, in standard deviations.

        Raises
        ------
        InputError
            The level is not between 0 and 1, or there are too few held-out rows for it.
        """
        rank = ceil((len(self.scores) + 1) * checked_level(level))
        if rank > len(self.scores):
            raise InputError(
                f"level: {level:g} needs {ceil(level / (1 - level))} held-out rows, and there are {len(self.scores)}; "
                "ask for a lower level, or calibrate with more measurements"
            )
        return float(self.scores[rank - 1])

    def interval(self, prediction: Prediction, level: float) -> tuple[np.ndarray, np.ndarray]:
        """(N,) lower and upper end of the calibrated interval of each prediction."""
        return replace(prediction, calibration=self).interval(level)


@dataclass
class Calibrated(Wrapped):
    """Another model, whose intervals are calibrated on inner folds; what it is fitted to in the end is all rows."""

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        folds = inner_folds(inputs, target, blocks)
        held_out = cross_validate(self.model, inputs, target, folds, blocks=blocks, progress=progress)
        self.calibration = Calibration.of(held_out.prediction, target)
        self.model.fit(inputs, target, blocks=blocks, progress=progress)

    def _predict(self, inputs: Inputs) -> Prediction:
        return replace(super()._predict(inputs), calibration=self.calibration)

    def state(self):
        config, arrays = super().state()
        return config, {**arrays, "calibration": self.calibration.scores}

    def _load_state(self, config, arrays) -> None:
        self.calibration = Calibration(arrays["calibration"])
        super()._load_state(config, {name: array for name, array in arrays.items() if name != "calibration"})


def inner_folds(inputs: Inputs, target: np.ndarray, blocks, seed: int = 0, k: int = INNER_FOLDS) -> Folds:
    """The folds of a model that judges itself: of its blocks, or of rows where there are none."""
    together = duplicates_of(inputs.columns, target)
    if blocks is None:
        return random_folds(len(target), k, seed, together=together)
    folds = label_folds(blocks, k, seed, kind="inner blocks")
    folds.check_no_leak(together)
    return folds
