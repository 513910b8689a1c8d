"""Table V: the correction networks as published, and settings that do better on few rows."""

from __future__ import annotations

from copy import deepcopy

import numpy as np

from ...device import resolve_threads
from ...errors import require
from ...models.correction import TABLE_5, CorrectionNetwork
from ...models.inputs import Inputs
from ...progress import progress_bar
from ..figure import Figure, Table
from .methods import RATE
from .metrics import METRICS, Metric
from .nested import Pairs
from .settings import Settings
from .splits import splits_of
from .study import Study
from .thinned import Thinned

NAME = "table_5"
TITLE = "Table V. The correction networks, published and tuned"
PAPER = (
    "Found by HyperOptSearch on Ray: 300 trials on twenty machines in 14 hours, for 210,944 rows. Loss: msle, alpha 5."
)
SMALL = {"layers": (32, 32), "channels": (32, 10, 1)}
TRIED = {
    "as published": {},
    "as published, mse": {"loss": "mse"},
    f"rate {RATE:g}, msle": {"rate": RATE},
    f"rate {RATE:g}, mse": {"rate": RATE, "loss": "mse"},
    f"two layers of 32, rate {RATE:g}, mse": {"rate": RATE, "loss": "mse", **SMALL},
}


def make(study: Study) -> Figure:
    """What was published, and a handful of settings judged on inner folds of what the first city is blind for."""
    data_set = study.data_sets[0]
    jobs = [(metric, name) for metric in METRICS for name in TRIED]
    split = splits_of(data_set)[0]
    folds = split.folds(data_set, study.settings.folds, study.seed)
    training, _ = next(iter(folds))
    target = {metric: data_set.target(metric) for metric in METRICS}
    pairs = {metric: split.inner(data_set, target[metric], folds, training, study.seed) for metric in METRICS}
    what = study.settings, study.seed, data_set.inputs, data_set.tower
    joblib = require("joblib", "ml")
    found = {}
    with progress_bar(len(jobs), "Settings of networks", study.progress, unit="runs") as advance:
        tasks = (joblib.delayed(_judged)(*what, target[metric], pairs[metric], metric, name) for metric, name in jobs)
        results = joblib.Parallel(resolve_threads(study.threads), return_as="generator")(tasks)
        for job, result in zip(jobs, results, strict=True):
            found[job] = result
            advance(1)
    rows, told = [], []
    for metric in METRICS:
        best = min(TRIED, key=lambda name: found[metric, name][0])
        for name in TRIED:
            rmse_db, ended = found[metric, name]
            rows.append((metric.title, name, rmse_db, ended, "best" if name == best else ""))
        told.append(f"{metric.title} {best} ({found[metric, best][0]:.2f} dB)")
    published = tuple(
        (
            metric.title, _words(of["layers"]), _words(of["channels"]), of["batch"], of["rate"], of["weight_decay"],
        )
        for metric in METRICS
        for of in [TABLE_5[metric.name]]
    )  # fmt: skip
    tables = (
        Table(NAME, ("metric", "hidden layers", "channels", "batch", "rate", "weight decay"), published),
        Table(f"{NAME}_tuned", ("metric", "settings", "inner RMSE, dB", "training ended", ""), tuple(rows)),
    )
    finding = (
        f"Inner folds leave one of the two cities out that {data_set.areas[0]} is blind for; "
        f"{'; '.join(told)}. Published rates were found for fifty times as many rows: that of RSRQ crawls on few. "
        "A whole search is the command tune radio-metrics."
    )
    return Figure(NAME, TITLE, PAPER, finding, tables)


def _judged(
    settings: Settings, seed: int, inputs: Inputs, blocks, target: np.ndarray, pairs: Pairs, metric: Metric, name: str
) -> tuple[float, str]:
    """Mean over inner folds, and how training ended."""
    network = CorrectionNetwork(metric=metric.name, epochs=settings.epochs, seed=seed, may_collapse=True, **TRIED[name])
    errors, endings = [], []
    for learn, held in pairs:
        model = Thinned(deepcopy(network), settings.rows, seed)
        model.fit(inputs.select(learn), target[learn], blocks=blocks[learn], progress=False)
        said = model.predict(inputs.select(held)).mean
        errors.append(float(np.sqrt(np.mean((said - target[held]) ** 2))))
        endings += [attempt["ended"] for attempt in model.model.attempts]
    return float(np.mean(errors)), ", ".join(dict.fromkeys(endings))


def _words(widths: tuple[int, ...]) -> str:
    return ", ".join(map(str, widths))
