"""Whether 95 % intervals hold, area by area."""

from __future__ import annotations

import numpy as np

from ..figure import Figure, Table
from ..style import label, legend_below, panels, png
from .methods import LINE, MEAN, NETWORK, OURS
from .metrics import METRICS
from .nested import LEVEL
from .splits import splits_of
from .study import Study
from .style import METHOD_COLOURS

NAME = "intervals"
TITLE = "Intervals of 95 %: how much they hold"
PAPER = "No intervals are given."
SHOWN = (MEAN, LINE, NETWORK, OURS)


def make(study: Study) -> Figure:
    """Coverage and width by held-out part; ours is calibrated on inner folds."""
    names = [name for name in SHOWN if name in study.methods]
    rows = []
    for data_set in study.data_sets:
        for split in splits_of(data_set):
            parts = split.names(data_set) or ("all",)
            for metric in METRICS:
                results = study.results(data_set, split, metric)
                for at, part in enumerate(parts):
                    mask = results[names[0]].judged.fold == at if len(parts) > 1 else slice(None)
                    shares = [results[name].coverage(mask) for name in names]
                    widths = [results[name].width_db(mask) for name in names]
                    rows.append((data_set.title, split.name, metric.title, part, *shares, *widths))
    columns = ("data", "split", "metric", "held out", *names, *(f"width, {name}, dB" for name in names))
    finding = (
        "Share of held-out rows inside their 95 % interval. Ours is split-conformal: the width is taken from errors on "
        "inner folds that leave a whole area, city or operator out, as the outer ones do, so that it holds what a new "
        "place adds. The others are normal distributions with the deviation that each model states."
    )
    return Figure(NAME, TITLE, PAPER, finding, (Table(NAME, columns, tuple(rows)),), _picture(study, names))


def _picture(study: Study, names: list[str]) -> bytes:
    figure, axes = panels(1, len(METRICS), size_in=(3.9, 3.3), sharey=True)
    for panel, metric in zip(axes[0], METRICS, strict=True):
        ticks, at = [], 0
        for data_set in study.data_sets:
            for split in splits_of(data_set)[:-1]:
                results = study.results(data_set, split, metric)
                for fold, part in enumerate(split.names(data_set)):
                    for step, name in enumerate(names):
                        share = results[name].coverage(results[name].judged.fold == fold)
                        mark = "D" if name == OURS else "o"
                        panel.plot(
                            at + 0.12 * step,
                            share,
                            mark,
                            ms=4,
                            color=METHOD_COLOURS[name],
                            label=name if at == 0 else None,
                        )
                    ticks.append(part + (" (strict)" if split.name.endswith("strict") else ""))
                    at += 1
        panel.axhline(LEVEL, color="0.5", lw=0.8, ls="--")
        panel.set_xticks(np.arange(at) + 0.06 * (len(names) - 1), ticks, rotation=60, ha="right")
        panel.tick_params(axis="x", labelsize=7)
        label(panel, metric.title)
    label(axes[0, 0], METRICS[0].title, ylabel="share inside")
    legend_below(figure, axes[0, 0])
    return png(figure)
