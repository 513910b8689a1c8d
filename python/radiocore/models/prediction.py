"""What a model says of N links: a normal distribution each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError


@dataclass(frozen=True, eq=False)
class Prediction:
    """Normal distributions of N links.

    Attributes
    ----------
    mean : (N,) in the target's unit: dBm of a level, dB of a ratio
    deviation_db : (N,) standard deviation, positive
    """

    mean: np.ndarray
    deviation_db: np.ndarray

    def __len__(self) -> int:
        return len(self.mean)

    def interval(self, level: float) -> tuple[np.ndarray, np.ndarray]:
        """(N,) lower and upper end of the central interval that holds this share of the normal distribution."""
        from scipy.special import ndtri

        half_width_db = ndtri(0.5 + checked_level(level) / 2) * self.deviation_db
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
