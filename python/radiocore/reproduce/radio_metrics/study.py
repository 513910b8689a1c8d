"""What the figures share: data sets, splits, and every method judged once on each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from ...device import resolve_threads
from ...errors import require
from ...progress import progress_bar
from .data_set import DataSet
from .methods import ESTIMATE, METHODS, OURS, candidates
from .metrics import METRICS, Metric
from .nested import Judged, judge, judge_chosen
from .settings import Settings
from .splits import Split, splits_of


@dataclass(frozen=True, eq=False)
class Result:
    """A method on all rows of a data set.

    Attributes
    ----------
    target : (N,) measured
    judged : what was said of each, held out
    """

    target: np.ndarray
    judged: Judged

    def rmse_db(self, rows: np.ndarray | slice = slice(None)) -> float:
        """Over some of the rows."""
        return float(np.sqrt(np.mean((self.judged.prediction.mean - self.target)[rows] ** 2)))

    def coverage(self, rows: np.ndarray | slice = slice(None)) -> float:
        """Share of these rows inside their 95 % intervals."""
        low, high = self.judged.interval[rows].T
        return float(np.mean((low <= self.target[rows]) & (self.target[rows] <= high)))

    def width_db(self, rows: np.ndarray | slice = slice(None)) -> float:
        """Mean width of the intervals."""
        low, high = self.judged.interval[rows].T
        return float(np.mean(high - low))

    def per_fold(self) -> list[float]:
        """Root mean squared error of each."""
        return [self.rmse_db(self.judged.fold == fold) for fold in range(int(self.judged.fold.max()) + 1)]


@dataclass(eq=False)
class Study:
    """Data sets and methods under one setting and seed.

    Attributes
    ----------
    settings : Settings
    data_sets : the made-up one first
    data : folder of the public data, where there is one
    seed, threads, progress : as of :func:`radiocore.reproduce.radio_metrics.report.reproduce_radio_metrics`
    """

    settings: Settings
    data_sets: tuple[DataSet, ...]
    data: Path | None = None
    seed: int = 0
    threads: int | None = None
    progress: bool | None = None
    _results: dict = field(default_factory=dict, repr=False)

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of the columns, in their order."""
        wanted = self.settings.methods
        return tuple(name for name in METHODS if wanted is None or name in wanted)

    @property
    def real(self) -> tuple[DataSet, ...]:
        """The measured ones."""
        return tuple(data_set for data_set in self.data_sets if data_set.is_real)

    def results(self, data_set: DataSet, split: Split, metric: Metric) -> dict[str, Result]:
        """Of every method that there is for the metric."""
        self.judge_all()
        found = {name: self._results.get((data_set.name, split.name, metric.name, name)) for name in self.methods}
        return {name: result for name, result in found.items() if result is not None}

    def judge_all(self) -> None:
        """Every method on every data set, split and metric, each by one processor."""
        if self._results:
            return
        joblib = require("joblib", "ml")
        jobs = [
            (data_set, split, metric, method)
            for data_set in self.data_sets
            for split, metric, method in product(splits_of(data_set), METRICS, self.methods)
            if metric.has_estimate or method != ESTIMATE
        ]
        with progress_bar(len(jobs), "Blind tests", self.progress, unit="runs") as advance:
            tasks = (joblib.delayed(self._task(*job))() for job in jobs)
            found = joblib.Parallel(resolve_threads(self.threads), return_as="generator")(tasks)
            for (data_set, split, metric, method), judged in zip(jobs, found, strict=True):
                key = data_set.name, split.name, metric.name, method
                self._results[key] = Result(data_set.target(metric), judged)
                advance(1)

    def _task(self, data_set: DataSet, split: Split, metric: Metric, method: str) -> Callable[[], Judged]:
        """A judgement, with all that it takes, ready for another process."""
        target = data_set.target(metric)
        folds = split.folds(data_set, self.settings.folds, self.seed)
        what = metric, data_set.inputs, self.settings, self.seed
        if method == OURS:
            inner = [split.inner(data_set, target, folds, training, self.seed) for training, _ in folds]
            return partial(judge_chosen, candidates(*what), data_set.inputs, target, folds, inner, data_set.tower)
        return partial(judge, METHODS[method](*what), data_set.inputs, target, folds, data_set.tower)
