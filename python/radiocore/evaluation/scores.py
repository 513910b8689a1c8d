"""How far predictions are off, and whether their error bars hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    from ..models.prediction import Prediction

LEVELS = (0.5, 0.8, 0.95)
Interval = Callable[[float], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Errors:
    """How far means are off: prediction less measurement, dB.

    Attributes
    ----------
    number : samples, or tiles
    mae_db, rmse_db : mean absolute error, root of the mean squared error
    bias_db : mean error; positive where predictions are too high
    """

    number: int
    mae_db: float
    rmse_db: float
    bias_db: float

    @classmethod
    def of_means(cls, mean, target, *, tile=None) -> Errors:
        """The errors of N samples or, with a (N,) label of each one's tile, of the tiles' means."""
        error_db = np.asarray(mean, dtype=np.float64) - np.asarray(target, dtype=np.float64)
        if not error_db.size:
            raise InputError("scores: there are no rows; give one or more")
        if tile is not None:
            number = np.unique(np.asarray(tile), return_inverse=True)[1].reshape(-1)
            error_db = np.bincount(number, error_db) / np.bincount(number)
        return cls(len(error_db), *_moments(error_db))


@dataclass(frozen=True)
class Scores(Errors):
    """Errors of samples, and how their distributions and intervals did.

    Attributes
    ----------
    crps_db : mean continuous ranked probability score of the normal distributions
    coverage : share of samples inside the interval, by its level
    width_db : mean width of the interval, by its level
    per_tile : errors of the tiles' means, where tiles were told
    """

    crps_db: float
    coverage: dict[float, float]
    width_db: dict[float, float]
    per_tile: Errors | None

    @classmethod
    def of(
        cls, prediction: Prediction, target, *, interval: Interval | None = None, tile=None, levels=LEVELS
    ) -> Scores:
        """Scores of N predictions.

        Parameters
        ----------
        prediction : Prediction
        target : (N,) array_like, dBm or dB
        interval : function of a level, optional
            (N,) lower and upper ends. Default: ``prediction.interval``.
        tile : (N,) array_like, optional
            Label of the tile or bin that each sample lies in.
        """
        target = np.asarray(target, dtype=np.float64)
        coverage, width_db = {}, {}
        for level in levels:
            low, high = (interval or prediction.interval)(level)
            coverage[level] = float(np.mean((low <= target) & (target <= high)))
            width_db[level] = float(np.mean(high - low))
        samples = Errors.of_means(prediction.mean, target)
        return cls(
            **vars(samples),
            crps_db=float(crps_db(prediction.mean, prediction.deviation_db, target).mean()),
            coverage=coverage,
            width_db=width_db,
            per_tile=None if tile is None else Errors.of_means(prediction.mean, target, tile=tile),
        )


def crps_db(mean, deviation_db, target) -> np.ndarray:
    """(N,) continuous ranked probability score of normal distributions: 0 is perfect, unit of the target.

    Source: Gneiting and Raftery, J. Am. Stat. Assoc. 102 (2007), eq. (21).
    """
    from scipy.special import ndtr

    off = (np.asarray(target) - mean) / deviation_db
    density = np.exp(-(off**2) / 2) / np.sqrt(2 * np.pi)
    return deviation_db * (off * (2 * ndtr(off) - 1) + 2 * density - 1 / np.sqrt(np.pi))


def noise_floor(target, bin) -> Errors:
    """What the best model errs that knows a row's bin alone, from the scatter within bins.

    Parameters
    ----------
    target : (N,) array_like, dBm or dB
    bin : (N,) array_like
        Label of each row's bin, as of ``measurements.binned().bin``.

    Returns
    -------
    Errors
        Of the rows that share their bin; the bins' own means are fitted to them, which is made up for.

    Raises
    ------
    InputError
        No two rows share a bin.
    """
    number, samples = np.unique(np.asarray(bin), return_inverse=True, return_counts=True)[1:]
    number = number.reshape(-1)
    off_db = np.asarray(target, dtype=np.float64) - (np.bincount(number, target) / samples)[number]
    shared = samples[number] > 1
    if not shared.any():
        raise InputError("bin: no two rows share a bin, so noise cannot be told from place; take larger tiles")
    n = samples[number][shared]
    mae_db = np.mean(np.abs(off_db[shared]) * np.sqrt(n / (n - 1)))
    rmse_db = np.sqrt(np.sum(off_db[shared] ** 2) / np.sum(1 - 1 / n))
    return Errors(int(shared.sum()), float(mae_db), float(rmse_db), 0.0)


def _moments(error_db: np.ndarray) -> tuple[float, float, float]:
    return float(np.abs(error_db).mean()), float(np.sqrt(np.mean(error_db**2))), float(error_db.mean())
