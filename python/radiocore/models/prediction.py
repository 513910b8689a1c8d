"""What a model says of N links: a normal distribution each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from .conformal import Calibration

LEAST_DB = 1e-3
"""Of a deviation, for rows that a model reproduces to the last digit."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """Normal distributions of N links.

    Attributes
    ----------
    mean : (N,) in the target's unit: dBm of a level, dB of a ratio
    deviation_db : (N,) standard deviation, positive
    calibration : what intervals are held to; None = the normal distribution
    """

    mean: np.ndarray
    deviation_db: np.ndarray
    calibration: Calibration | None = None

    def __len__(self) -> int:
        return len(self.mean)

    def select(self, rows) -> Prediction:
        """Those picked by a mask or by indices."""
        return replace(self, mean=self.mean[rows], deviation_db=self.deviation_db[rows])

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """(N,) lower and upper end of the central interval that holds this share of what may be measured."""
        if self.calibration is None:
            from scipy.special import ndtri

            deviations = ndtri(0.5 + checked_level(level) / 2)
        else:
            deviations = self.calibration.deviations(level)
        half_width_db = deviations * self.deviation_db
        return self.mean - half_width_db, self.mean + half_width_db


def checked_level(level: float) -> float:
    """A level of an interval, strictly between 0 and 1.

    Raises
    ------
    InputError
    """
    if not 0 < level < 1:
        raise InputError(f"level: {level!r} is not between 0 and 1; 80 % is 0.8")
    return float(level)
