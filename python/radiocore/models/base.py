"""The door that all models share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from ..errors import FitError, InputError, require
from .inputs import Inputs, is_label
from .prediction import Prediction

FEWEST_ROWS = 10

LIBRARY = {"blas": ("scipy.linalg", None), "openmp": ("sklearn.ensemble", "ml")}
"""Module that brings threads of a kind, and the extra that has it."""


@dataclass
class Model(ABC):
    """A model of a level, in dBm, or of a ratio, in dB, over links. Its fields are its settings.

    A subclass in a file of this folder has ``name``, ``_fit``, ``_predict`` and the pair ``state`` and
    ``_load_state``; the contract tests judge it the day it lands.
    """

    name: ClassVar[str]

    def __post_init__(self):
        self.is_fitted = False

    def fit(self, inputs: Inputs, target, *, blocks=None, progress: bool | None = None) -> Self:
        """Fit to N links; a model that was fitted before starts anew.

        Parameters
        ----------
        inputs : Inputs, N links
        target : (N,) array_like, dBm or dB
        blocks : (N,) integers, optional
            Links of one block are never parted where the model holds some back to judge itself, for early stopping or
            to choose. Default: any may be held back, as in the papers.
        progress : bool, optional
            As of :func:`radiocore.progress.progress_bar`.

        Raises
        ------
        InputError
            Too few rows, a number is not finite, or all targets are equal.
        FitError
            Nothing could be learned.
        """
        target = _checked(inputs, target)
        if blocks is not None:
            blocks = np.unique(np.asarray(blocks), return_inverse=True)[1].reshape(-1)
            if blocks.shape != target.shape:
                raise InputError(f"blocks: {len(blocks)} for {len(target)} links; give one each")
        with one_thread():
            self._fit(inputs, target, blocks, progress)
        self.is_fitted = True
        return self

    def predict(self, inputs: Inputs) -> Prediction:
        """Mean and standard deviation of each link.

        Raises
        ------
        FitError
            The model was not fitted.
        InputError
            A column is missing or not finite, or names what the model was not trained with.
        """
        if not self.is_fitted:
            raise FitError(f"{self.name}: it was not fitted; call fit first, or load a trained model")
        _refuse_not_finite(inputs)
        with one_thread():
            return self._predict(inputs)

    def restore(self, config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """Take the state that :meth:`state` of an equal model told."""
        with one_thread():
            self._load_state(config, arrays)
        self.is_fitted = True
        return self

    @property
    def settings(self) -> dict[str, Any]:
        """The fields by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @abstractmethod
    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What was learned: plain values ready for JSON, and arrays by name."""

    @abstractmethod
    def _fit(self, inputs: Inputs, target: np.ndarray, blocks: np.ndarray | None, progress: bool | None) -> None: ...

    @abstractmethod
    def _predict(self, inputs: Inputs) -> Prediction: ...

    @abstractmethod
    def _load_state(self, config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None: ...


def one_thread(of: str = "blas"):
    """Inside, sums run in one order, whatever the machine.

    Parameters
    ----------
    of : {"blas", "openmp"}
        Of NumPy and SciPy, or of scikit-learn's trees. Not both: torch has OpenMP threads of its own.
    """
    require(*LIBRARY[of])  # what is loaded later would not be held
    return require("threadpoolctl").threadpool_limits(1, user_api=of)


def _checked(inputs: Inputs, target) -> np.ndarray:
    target = np.asarray(target, dtype=np.float64)
    if target.shape != (len(inputs),):
        raise InputError(f"target: shape {target.shape} does not match the {len(inputs)} links; give one a link")
    if len(target) < FEWEST_ROWS:
        raise InputError(f"target: {len(target)} rows are too few to learn from; give {FEWEST_ROWS} or more")
    if not np.isfinite(target).all():
        raise InputError(f"target: row {int(np.argmin(np.isfinite(target)))} is not finite; leave such rows out")
    if (target == target[0]).all():
        raise InputError(f"target: all {len(target)} rows are {target[0]:g}; is it the right column?")
    _refuse_not_finite(inputs)
    return target


def _refuse_not_finite(inputs: Inputs) -> None:
    for name, column in inputs.columns.items():
        if not is_label(column) and not np.isfinite(column).all():
            row = int(np.argmin(np.isfinite(column)))
            raise InputError(f"{name}: row {row} is {column[row]}; leave such rows out, or the column")
