"""The blind table with baselines, and random rows beside it."""

from __future__ import annotations

import numpy as np

from ..figure import Figure, Table
from ..style import label, legend_below, panels, png
from .methods import ESTIMATE, OURS
from .metrics import METRICS, Metric
from .splits import splits_of
from .study import Study
from .style import METHOD_COLOURS

NAME = "blind"
TITLE = "Blind errors with baselines, and random rows beside them"
PAPER = "No baseline is given but beta. A random split is not used, and neither are towers kept apart."


def make(study: Study) -> Figure:
    """RMSE of every method, split by split, held-out part by part."""
    tables = []
    for data_set in study.data_sets:
        for metric in METRICS:
            names = [name for name in study.methods if metric.has_estimate or name != ESTIMATE]
            rows = []
            for split in splits_of(data_set):
                results = study.results(data_set, split, metric)
                per_fold = {name: results[name].per_fold() for name in names}
                parts = split.names(data_set)
                rows += [(split.title, part, *(per_fold[name][at] for name in names)) for at, part in enumerate(parts)]
                rows.append((split.title, "mean", *(float(np.mean(per_fold[name])) for name in names)))
            columns = ("held out", "part", *(f"{name}, dB" for name in names))
            tables.append(Table(f"{NAME}_{data_set.name}_{metric.name}", columns, tuple(rows)))
    finding = (
        f"Root mean squared errors. {_flattery(study)} Plain mean, line and mixed effects learn from all rows; "
        f"networks and trees from {_rows(study)}. {_chosen(study)} In the picture, what "
        "errs three times as much as the best is cut."
    )
    return Figure(NAME, TITLE, PAPER, finding, tuple(tables), _picture(study))


def _rows(study: Study) -> str:
    rows = study.settings.rows
    return "all too" if rows is None else f"{rows:,} of every place at most (--full: all)"


def _flattery(study: Study) -> str:
    if OURS not in study.methods:
        return "Random rows flatter."
    told = []
    for data_set in study.data_sets:
        first, *_, last = (study.results(data_set, split, METRICS[0])[OURS] for split in splits_of(data_set))
        told.append(f"{data_set.title} {np.mean(last.per_fold()):.2f} instead of {np.mean(first.per_fold()):.2f} dB")
    return f"Random rows flatter: RSRP by ours {', '.join(told)}."


def _chosen(study: Study) -> str:
    if OURS not in study.methods:
        return ""
    told = []
    for data_set in study.data_sets:
        for split in splits_of(data_set)[:-1]:
            words = ", ".join(dict.fromkeys(study.results(data_set, split, METRICS[0])[OURS].judged.chosen))
            told.append(f"{data_set.title}, {split.name.replace('_', ' ')}: {words}")
    return f"Ours, chosen for RSRP on inner folds: {'; '.join(told)}."


def _picture(study: Study) -> bytes:
    figure, axes = panels(len(METRICS), len(study.data_sets), size_in=(5.6, 2.5))
    for line, metric in zip(axes, METRICS, strict=True):
        for panel, data_set in zip(line, study.data_sets, strict=True):
            _draw(panel, study, data_set, metric)
        label(line[0], line[0].get_title(loc="left"), ylabel="RMSE, dB")
    legend_below(figure, axes[0, 0], columns=4)
    return png(figure)


def _draw(panel, study: Study, data_set, metric: Metric) -> None:
    names = [name for name in study.methods if metric.has_estimate or name != ESTIMATE]
    places, ticks, at = [], [], 0.0
    of_all, of_best = [], []
    for split in splits_of(data_set):
        results = study.results(data_set, split, metric)
        parts = split.names(data_set)
        values = {name: results[name].per_fold() if parts else [results[name].rmse_db()] for name in names}
        of_all += values.values()
        of_best.append(np.min(list(values.values()), axis=0))
        for part in range(len(parts) or 1):
            for name in names:
                panel.plot(
                    at, values[name][part], "D" if name == OURS else "o", ms=5 if name == OURS else 4,
                    color=METHOD_COLOURS[name], label=name if at == 0 else None, zorder=3 if name == OURS else 2,
                )  # fmt: skip
            places.append(at)
            ticks.append(
                parts[part] + (" (strict)" if split.name.endswith("strict") else "") if parts else "random rows"
            )
            at += 1
        at += 0.4
        panel.axvline(at - 0.7, color="0.8", lw=0.8)
    panel.set_xticks(places, ticks, rotation=45 if len(ticks) > 5 else 0, ha="right" if len(ticks) > 5 else "center")
    panel.tick_params(axis="x", labelsize=7)
    # What is far off need not be told apart, but the best of each part is shown.
    every_db, best_db = (np.concatenate(parts) for parts in (of_all, of_best))
    panel.set_ylim(0.8 * every_db.min(), max(3.2 * every_db.min(), 1.2 * best_db.max()))
    label(panel, f"{data_set.title}, {metric.title}")
