"""Ours: for each outer fold the candidate that errs least on inner folds of what the fold learns from."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, replace

import numpy as np

from ...errors import InputError
from ...evaluation.folds import Folds
from ...models.base import Model
from ...models.committee import Committee
from ...models.conformal import Calibration
from ...models.inputs import Inputs
from ...models.members import mixture
from ...models.prediction import Prediction
from .methods import LINE

LEVEL = 0.95
Pairs = list[tuple[np.ndarray, np.ndarray]]
"""Rows to learn from and to judge by, as indices."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What a method said of N rows, each held out.

    Attributes
    ----------
    prediction : of the N rows
    interval : (N, 2) ends at 95 %
    fold : (N,) that each was held out in
    chosen : the candidate of each fold; none where there was no choice
    inner : (fold, candidate, mean over inner folds of the root mean squared error, the most it lost to the line on one)
    """

    prediction: Prediction
    interval: np.ndarray
    fold: np.ndarray
    chosen: tuple[str, ...] = ()
    inner: tuple[tuple[int, str, float, float], ...] = ()


def judge(model: Model, inputs: Inputs, target: np.ndarray, folds: Folds, blocks: np.ndarray) -> Judged:
    """One model, fitted anew for each fold."""
    found = _Collected(len(target))
    for fold, (training, held_out) in enumerate(folds):
        own = deepcopy(model).fit(inputs.select(training), target[training], blocks=blocks[training], progress=False)
        found.take(fold, held_out, own.predict(inputs.select(held_out)))
    return found.judged()


def judge_chosen(
    candidates: dict[str, Model], inputs: Inputs, target: np.ndarray, folds: Folds, inner_pairs: list[Pairs], blocks
) -> Judged:
    """The candidate of the least mean over inner folds, its intervals calibrated there, fitted to all of the rest.

    Parameters
    ----------
    inner_pairs : of each fold, as of :meth:`radiocore.reproduce.radio_metrics.splits.Split.inner`

    Raises
    ------
    InputError
        A fold has no inner ones.
    """
    found, chosen, inner = _Collected(len(target)), [], []
    for fold, ((training, held_out), pairs) in enumerate(zip(folds, inner_pairs, strict=True)):
        if not pairs:
            raise InputError(f"folds: fold {fold} ({folds.kind}) leaves too few rows to choose by; give more rows")
        held = np.concatenate([rows for _, rows in pairs])
        parts = [_said(candidates, inputs, target, blocks, *pair) for pair in pairs]
        rmse_db = {
            name: np.array(
                [
                    np.sqrt(np.mean((part[name].mean - target[rows]) ** 2))
                    for part, (_, rows) in zip(parts, pairs, strict=True)
                ]
            )
            for name in candidates
        }
        best = min(candidates, key=lambda name: rmse_db[name].mean())
        chosen.append(best)
        for name, values in rmse_db.items():
            inner.append((fold, name, float(values.mean()), float((values - rmse_db[LINE]).max())))
        own = deepcopy(candidates[best]).fit(
            inputs.select(training), target[training], blocks=blocks[training], progress=False
        )
        calibration = Calibration.of(_joined([part[best] for part in parts]), target[held])
        found.take(fold, held_out, replace(own.predict(inputs.select(held_out)), calibration=calibration))
    return found.judged(tuple(chosen), tuple(inner))


def _said(
    candidates: dict[str, Model],
    inputs: Inputs,
    target: np.ndarray,
    blocks: np.ndarray,
    learn: np.ndarray,
    rows: np.ndarray,
) -> dict[str, Prediction]:
    """What each candidate says of held-out rows; a model that sits on several committees is fitted once."""
    known: dict[str, Prediction] = {}
    learned, asked = inputs.select(learn), inputs.select(rows)
    for member in {repr(member): member for model in candidates.values() for member in _members(model)}.values():
        own = deepcopy(member).fit(learned, target[learn], blocks=blocks[learn], progress=False)
        known[repr(member)] = own.predict(asked)
    return {name: mixture([known[repr(member)] for member in _members(model)]) for name, model in candidates.items()}


def _members(model: Model) -> tuple[Model, ...]:
    return model.members if isinstance(model, Committee) else (model,)


class _Collected:
    """Predictions of N rows, fold by fold."""

    def __init__(self, rows: int):
        self.mean, self.deviation_db, self.low, self.high = np.full((4, rows), np.nan)
        self.fold = np.zeros(rows, dtype=np.int64)

    def take(self, fold: int, rows: np.ndarray, said: Prediction) -> None:
        self.mean[rows], self.deviation_db[rows], self.fold[rows] = said.mean, said.deviation_db, fold
        self.low[rows], self.high[rows] = said.interval(LEVEL)

    def judged(self, chosen: tuple = (), inner: tuple = ()) -> Judged:
        interval = np.stack([self.low, self.high], axis=1)
        return Judged(Prediction(self.mean, self.deviation_db), interval, self.fold, chosen, inner)


def _joined(parts: list[Prediction]) -> Prediction:
    return Prediction(
        np.concatenate([part.mean for part in parts]), np.concatenate([part.deviation_db for part in parts])
    )
