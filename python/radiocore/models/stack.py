"""Several models as one, weighted by how they do on blocks that they have not seen."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from ..errors import FitError
from ..evaluation.cross_validation import cross_validate
from ..progress import progress_bar
from .base import Model
from .boosting import Boosting
from .conformal import Calibration, inner_folds
from .drift_kriging import DriftKriging
from .extra_trees import ExtraTrees
from .inputs import Inputs, is_label
from .likelihood import LikelihoodNetwork
from .members import check_members, members_state, mixture, restored_members
from .prediction import LEAST_DB, Prediction

TRUST_BLOCKS = 5
"""The first member is trusted as if so many more blocks spoke for it: each by the squared distance of the weights from
it alone, in mean squared errors of the best member."""

LEAST_WEIGHT = 1e-3
"""A member with less is left out."""


def default_members(inputs: Inputs, seed: int = 0) -> tuple[Model, ...]:
    """What is worth stacking for links of which this is known."""
    numbers = tuple(name for name, column in inputs.columns.items() if not is_label(column))
    network = LikelihoodNetwork(features=numbers, warm_up=True, seed=seed)
    return DriftKriging(seed=seed), Boosting(seed=seed), ExtraTrees(seed=seed), network


@dataclass(frozen=True, eq=False)
class _Mixture:
    """Normal distributions of M members as one, by its mean and its scaled deviation."""

    weights: np.ndarray
    scale: float = 1.0

    def of(self, predictions: list[Prediction]) -> Prediction:
        found = mixture(predictions, self.weights)
        return replace(found, deviation_db=np.maximum(self.scale * found.deviation_db, LEAST_DB))


@dataclass
class Stack(Model):
    """A weighted mean of models.

    Weights are not negative and sum to one. They are found on inner folds of the rows that it is fitted to, of whole
    blocks where blocks are told, and drawn towards the first member, the more the fewer blocks there are; then each
    member of weight is fitted to all of these rows. The deviation is that of the mixture, and it and the intervals are
    held to the errors on the inner folds.

    Attributes
    ----------
    members : the models, the one that is trusted most first; None = :func:`default_members`
    seed : of the inner folds, and of the members where none are given

    After the fit ``folds`` are the inner folds, and ``held_out`` is what the stack says of its own rows, each fold by
    members that have not seen it, with weights and a scale from the other folds. These members have, so the fold
    is not wholly unseen; a handful of weights can make little of that.

    Notes
    -----
    Weights minimise the mean squared error: unlike the mean absolute error it is decided by M x M sums whatever the
    number of rows, and has one minimum. Source: Breiman, Machine Learning 24 (1996); folds of blocks and the trust in
    one member are ours.
    """

    name = "stack"

    members: tuple[Model, ...] | None = None
    seed: int = 0

    def __post_init__(self):
        super().__post_init__()
        check_members(self.members)

    @property
    def settings(self):
        """As of every model; members are told by :meth:`state`, once there are any."""
        return {**super().settings, "members": None}

    @property
    def weights(self) -> dict[str, float]:
        """By the member's name."""
        return {member.name: float(weight) for member, weight in zip(self._fitted, self._mix.weights, strict=True)}

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        members = default_members(inputs, self.seed) if self.members is None else self.members
        self.folds = inner_folds(inputs, target, blocks, self.seed)
        judged = []
        with progress_bar(len(members) + 1, self.name, progress, unit="models") as update:
            for member in members:
                held_out = cross_validate(member, inputs, target, self.folds, blocks=blocks, levels=(), progress=False)
                judged.append(held_out.prediction)
                update(1)
            blocks_of = np.arange(len(target)) if blocks is None else blocks
            found = self._mixture(judged, target, blocks_of)
            self._calibration = Calibration.of(found.of(judged), target)
            self.held_out = self._cross_fitted(judged, target, blocks_of)
            of_weight = np.flatnonzero(found.weights)
            self._mix = replace(found, weights=found.weights[of_weight])
            self._fitted = _fitted([members[member] for member in of_weight], inputs, target, blocks)
            update(1)

    def refitted(self, inputs: Inputs, target: np.ndarray, blocks=None) -> Self:
        """A stack of these weights and error bars, its members fitted to other rows."""
        other = deepcopy(self)
        other._fitted = _fitted(self._fitted, inputs, target, blocks)
        return other

    def _cross_fitted(self, judged: list[Prediction], target: np.ndarray, blocks: np.ndarray) -> Prediction:
        mean, deviation_db = np.empty((2, len(target)))
        for rest, own in self.folds:
            mixed = self._mixture([prediction.select(rest) for prediction in judged], target[rest], blocks[rest])
            found = mixed.of([prediction.select(own) for prediction in judged])
            mean[own], deviation_db[own] = found.mean, found.deviation_db
        return Prediction(mean, deviation_db)

    def _mixture(self, judged: list[Prediction], target: np.ndarray, blocks: np.ndarray) -> _Mixture:
        """What members that have not seen these rows are worth; the least weights are nothing."""
        error_db = np.stack([prediction.mean for prediction in judged]) - target
        weights = self._weigh(error_db, TRUST_BLOCKS / len(np.unique(blocks)))
        weights = np.where(weights < LEAST_WEIGHT, 0.0, weights)
        mixed = _Mixture(weights / weights.sum())
        found = mixed.of(judged)
        return replace(mixed, scale=float(np.sqrt(np.mean(((found.mean - target) / found.deviation_db) ** 2))))

    def _weigh(self, error_db: np.ndarray, trust: float) -> np.ndarray:
        """(M,) weights of least mean squared error, of (M, N) errors, and of little distance from the first member."""
        from scipy.optimize import minimize

        products = error_db @ error_db.T / error_db.shape[1]
        products /= products.diagonal().min()
        number = len(products)
        first = np.eye(number)[0]
        found = minimize(
            lambda w: w @ products @ w + trust * (w - first) @ (w - first),
            np.full(number, 1 / number),
            jac=lambda w: 2 * products @ w + 2 * trust * (w - first),
            bounds=[(0, 1)] * number,
            constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(number)},
            method="SLSQP",
            options={"ftol": 1e-12, "maxiter": 500},
        )
        if not found.success:
            raise FitError(f"{self.name}: no weights were found ({found.message}); do two members say the same?")
        return found.x

    def _predict(self, inputs: Inputs) -> Prediction:
        mixed = self._mix.of([member.predict(inputs) for member in self._fitted])
        return replace(mixed, calibration=self._calibration)

    def state(self):
        told, arrays = members_state(self._fitted)
        config = {"weights": self._mix.weights.tolist(), "scale": self._mix.scale, "members": told}
        return config, {**arrays, "calibration": self._calibration.scores}

    def _load_state(self, config, arrays) -> None:
        self._mix = _Mixture(np.array(config["weights"]), config["scale"])
        self._calibration = Calibration(arrays["calibration"])
        self._fitted = restored_members(config["members"], arrays)


@dataclass
class Chosen(Stack):
    """The one member that errs least on the inner folds, or all of them alike where that errs less.

    Few blocks, far apart, tell hardly more than whether the models are wrong in the same places; where they are not, a
    plain mean errs less than the best of them, and less than weights learned from so few.
    """

    name = "chosen"

    def _weigh(self, error_db: np.ndarray, trust: float) -> np.ndarray:
        number = len(error_db)
        choices = np.vstack([np.eye(number), np.full(number, 1 / number)])
        return choices[np.argmin(np.mean((choices @ error_db) ** 2, axis=1))]


def _fitted(members: list[Model], inputs: Inputs, target: np.ndarray, blocks) -> list[Model]:
    return [deepcopy(member).fit(inputs, target, blocks=blocks, progress=False) for member in members]
