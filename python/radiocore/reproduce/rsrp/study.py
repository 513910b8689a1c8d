"""What the figures share: data sets, folds, and every method judged once on each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import product

import numpy as np

from ...device import resolve_threads
from ...errors import require
from ...evaluation.cross_validation import CrossValidation, cross_validate
from ...evaluation.folds import Folds
from ...models.base import Model
from ...models.conformal import Calibrated
from ...models.inputs import Inputs
from ...models.prediction import Prediction
from ...models.vae import Autoencoder
from ...progress import progress_bar
from .data_set import DataSet
from .images import encoded, trained_autoencoder
from .methods import METHODS
from .settings import Settings
from .splits import SPLITS, Split

LEVELS = tuple(round(0.05 * step, 2) for step in range(1, 20))
"""Of intervals, in the reliability diagram; 0.5, 0.8 and 0.95 are among them."""


@dataclass(frozen=True, eq=False)
class Result:
    """What a method said of the N rows of a data set, each held out.

    Attributes
    ----------
    target : (N,) measured, dBm
    found : CrossValidation
    is_calibrated : whether its intervals are
    """

    target: np.ndarray
    found: CrossValidation
    is_calibrated: bool

    @property
    def prediction(self) -> Prediction:
        """Of the N rows, with the model's own deviations."""
        return self.found.prediction

    @property
    def error_db(self) -> np.ndarray:
        """(N,) absolute error of the mean."""
        return np.abs(self.prediction.mean - self.target)

    @property
    def mae_db(self) -> float:
        """Over all rows."""
        return float(self.error_db.mean())

    def mae_of(self, rows: np.ndarray) -> float:
        """Over some of the rows."""
        return float(self.error_db[rows].mean())

    def fold_maes(self, rows: np.ndarray) -> list[float]:
        """Over some of the rows, fold by fold; folds that hold out none of them are left out."""
        fold = self.found.folds.number[rows]
        return [float(self.error_db[rows[fold == number]].mean()) for number in np.unique(fold)]

    def coverage(self, level: float, *, calibrated: bool = False) -> float:
        """Share of rows inside the interval of this level."""
        ends = self.found.intervals[level].T if calibrated else self.prediction.interval(level)
        return float(np.mean((ends[0] <= self.target) & (self.target <= ends[1])))


@dataclass(eq=False)
class Study:
    """Data sets and methods under one setting and seed.

    Attributes
    ----------
    settings : Settings
    data_sets : the made-up one first
    seed : of everything that is drawn
    progress : as of :func:`radiocore.progress.progress_bar`
    threads : processors that share the judging; None: all
    stage : which of how many figures is at work, for the progress bar
    """

    settings: Settings
    data_sets: tuple[DataSet, ...]
    seed: int = 0
    progress: bool | None = None
    threads: int | None = None
    stage: str = ""
    _results: dict = field(default_factory=dict, repr=False)
    _inputs: dict = field(default_factory=dict, repr=False)

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the columns, in their order."""
        wanted = self.settings.methods
        return tuple(name for name in METHODS if wanted is None or name in wanted)

    @property
    def real(self) -> tuple[DataSet, ...]:
        """The measured ones."""
        return tuple(data_set for data_set in self.data_sets if data_set.is_real)

    @property
    def with_images(self) -> tuple[DataSet, ...]:
        """Those of places whose buildings are known."""
        return tuple(data_set for data_set in self.data_sets if data_set.has_images)

    @cached_property
    def autoencoder(self) -> Autoencoder:
        """The first tier, trained once on images of all places and used for all."""
        return trained_autoencoder(self.with_images, self.settings, self.seed, self.progress)

    def inputs(self, data_set: DataSet) -> Inputs:
        """What models may know of the rows: what the images say is among it where there are any."""
        if data_set.name not in self._inputs:
            inputs = data_set.inputs
            if data_set.has_images:
                inputs = inputs.with_columns(encoded(self.autoencoder, data_set, self.progress))
            self._inputs[data_set.name] = inputs
        return self._inputs[data_set.name]

    def result(self, data_set: DataSet, split: Split, method: str) -> Result | None:
        """A method under cross-validation, computed once; None where it needs images and there are none."""
        key = self._key(data_set, split, method)
        if key not in self._results:
            self._results[key] = self._task(data_set, split, method)()
        return self._results[key]

    def results(self, data_set: DataSet, split: Split) -> dict[str, Result]:
        """Of every method that can be had."""
        found = {method: self.result(data_set, split, method) for method in self.methods}
        return {method: result for method, result in found.items() if result is not None}

    def judge_all(self, splits: Sequence[Split] = SPLITS) -> None:
        """Every method on every data set and split, each by one processor."""
        joblib = require("joblib", "ml")
        jobs = [job for job in product(self.data_sets, splits, self.methods) if self._key(*job) not in self._results]
        tasks = (joblib.delayed(self._task(*job))() for job in jobs)
        with self.steps(len(jobs), "Cross-validation", unit="runs") as advance:
            found = joblib.Parallel(resolve_threads(self.threads), return_as="generator")(tasks)
            for job, result in zip(jobs, found, strict=True):
                self._results[self._key(*job)] = result
                advance(1)

    def steps(self, number: int, what: str, unit: str) -> AbstractContextManager[Callable[[int], None]]:
        """A progress bar over the steps of one stage."""
        return progress_bar(number, f"{what} ({self.stage})" if self.stage else what, self.progress, unit=unit)

    @staticmethod
    def _key(data_set: DataSet, split: Split, method: str) -> tuple[str, str, str]:
        return data_set.name, split.name, method

    def _task(self, data_set: DataSet, split: Split, name: str) -> Callable[[], Result | None]:
        """A judgement, with all that it takes, ready for another process."""
        method = METHODS[name]
        if method.needs_images and not data_set.has_images:
            return _nothing
        inputs = self.inputs(data_set)
        added = method.calibration == "added" and split.name in self.settings.calibrated
        model = method.make(self.settings, self.seed)
        return partial(
            _judged,
            Calibrated(model) if added else model,
            inputs,
            data_set.measurements.rsrp_dbm,
            split.folds(data_set, self.settings.folds, self.seed),
            split.blocks(data_set),
            added or method.calibration == "own",
        )


def _nothing() -> None:
    return None


def _judged(model: Model, inputs: Inputs, target, folds: Folds, blocks, is_calibrated: bool) -> Result:
    found = cross_validate(model, inputs, target, folds, blocks=blocks, levels=LEVELS, progress=False)
    return Result(target, found, is_calibrated)
