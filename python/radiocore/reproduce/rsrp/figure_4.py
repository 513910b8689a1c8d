"""Fig. 4: errors of the folds as box plots."""

from __future__ import annotations

import numpy as np

from ..figure import Claim, Figure, Table, verdict
from ..style import label, legend_below, panels, png
from .data_set import DataSet
from .splits import BLOCKED, RANDOM, Split
from .study import Study
from .style import METHOD_COLOURS

NAME = "figure_4"
TITLE = "Fig. 4. Errors of the folds"
PAPER = "Box plots of the folds' mean absolute errors: the proposed model's are smaller and more concentrated."
SHOWN = ("MLP", "proposed", "ours")
DRAWN = (BLOCKED[0], RANDOM)
WIDTH = 0.24


def make(study: Study) -> Figure:
    """Boxes by month and sector, and how far the folds of each lie apart."""
    rows, spread = [], {}
    for data_set in study.data_sets:
        for split in DRAWN:
            for name, result in study.results(data_set, split).items():
                for group, members in data_set.groups.items():
                    maes = result.fold_maes(members)
                    rows += [(data_set.title, split.name, *group, name, fold, mae) for fold, mae in enumerate(maes)]
                    if len(maes) > 1:
                        quarter, three_quarters = np.percentile(maes, (25, 75))
                        spread.setdefault((data_set.name, split.name, name), []).append(three_quarters - quarter)
    width = {key: float(np.mean(values)) for key, values in spread.items()}
    told = []
    for data_set in study.data_sets:
        of_method = [
            f"{name} {width[data_set.name, RANDOM.name, name]:.2f}"
            for name in SHOWN
            if (data_set.name, RANDOM.name, name) in width
        ]
        told.append(f"{data_set.title} {', '.join(of_method)}")
    finding = (
        f"Each box holds the errors of {study.settings.folds} folds or fewer for one month and sector. Mean width of "
        f"the middle half in random folds, dB: {'; '.join(told)}."
    )
    columns = ("data", "folds", "month", "sector", "method", "fold", "mean absolute error, dB")
    table = Table(NAME, columns, tuple(rows), shown=False)
    return Figure(NAME, TITLE, PAPER, finding, (table,), _picture(study), tuple(_claims(study, width)))


def _claims(study: Study, width: dict):
    pairs = {
        data_set.title: [width[data_set.name, RANDOM.name, name] for name in ("MLP", "proposed")]
        for data_set in study.with_images
        if {"MLP", "proposed"} <= set(study.methods)
    }
    if pairs:
        smaller = [proposed < plain for plain, proposed in pairs.values()]
        yield Claim(
            "The errors of the proposed model's folds are more concentrated than the plain network's (Fig. 4).",
            verdict(all(smaller), any(smaller)),
            "width of the middle half, dB: "
            + ", ".join(f"{title} {proposed:.2f} and {plain:.2f}" for title, (plain, proposed) in pairs.items()),
        )


def _picture(study: Study) -> bytes:
    figure, axes = panels(len(study.data_sets), len(DRAWN), size_in=(5.6, 2.7), sharey="row")
    for line, data_set in zip(axes, study.data_sets, strict=True):
        for panel, split in zip(line, DRAWN, strict=True):
            _draw(panel, study, data_set, split)
        label(line[0], line[0].get_title(loc="left"), ylabel="mean absolute error, dB")
    legend_below(figure, axes[0, 0])
    return png(figure)


def _draw(panel, study: Study, data_set: DataSet, split: Split) -> None:
    results = study.results(data_set, split)
    names = [name for name in SHOWN if name in results]
    for step, name in enumerate(names):
        maes = [results[name].fold_maes(rows) for rows in data_set.groups.values()]
        at = np.arange(len(maes)) + WIDTH * (step - (len(names) - 1) / 2)
        colour = METHOD_COLOURS[name]
        panel.boxplot(
            maes,
            positions=at,
            widths=0.8 * WIDTH,
            manage_ticks=False,
            patch_artist=True,
            boxprops={"facecolor": colour, "edgecolor": colour, "alpha": 0.45},
            medianprops={"color": colour, "lw": 1.5},
            whiskerprops={"color": colour},
            capprops={"color": colour},
            flierprops={"marker": ".", "ms": 3, "mec": colour},
        )
        panel.plot([], [], "s", color=colour, alpha=0.6, label=name)
    ticks = [" ".join(part for part in group if part) for group in data_set.groups]
    panel.set_xticks(
        range(len(ticks)), ticks, rotation=60 if len(ticks) > 4 else 0, ha="right" if len(ticks) > 4 else "center"
    )
    panel.tick_params(axis="x", labelsize=7)
    label(panel, f"{data_set.title}, {split.name.replace('_', ' ')}")
