"""Figs. 4 to 6: densities of what was measured, estimated and predicted."""

from __future__ import annotations

import numpy as np

from ..figure import Figure, Table
from ..style import label, legend_below, panels, png
from .methods import ESTIMATE, NETWORK, OURS
from .metrics import METRICS, Metric
from .splits import splits_of
from .study import Study
from .style import ESTIMATED, MEASURED, PREDICTED

NAME = "figures_4_6"
TITLE = "Figs. 4 to 6. Densities of measured, estimated and predicted values"
PAPER = "Predicted densities follow the measured ones; beta's lie apart. RSRQ is reported in whole steps."
POINTS = 200
MOST_ROWS = 4000
"""Rows that a density is drawn from, at most."""


def make(study: Study) -> Figure:
    """One row of panels an area, one column a metric."""
    rows, spread = [], []
    for data_set in study.data_sets:
        for name in data_set.areas:
            for metric in METRICS:
                grid, found = _densities(study, data_set, name, metric)
                rows += [
                    (data_set.title, name, metric.title, what, float(value), float(height))
                    for what, (_, heights) in found.items()
                    for value, height in zip(grid, heights, strict=True)
                ]
                if "ours" in found and metric is METRICS[0]:
                    values = {what: np.std(value) for what, (value, _) in found.items()}
                    spread.append(f"{name} {values['ours']:.1f} of {values['measured']:.1f} dB")
    finding = (
        "Kernel densities where the area was left out. Predictions are means and spread less than single measurements "
        f"do, as they must: deviation of RSRP by ours {', '.join(spread)}. The dotted line is the paper's network; "
        "where it says the same of all links, there is none."
    )
    table = Table(NAME, ("data", "blind", "metric", "what", "value", "density"), tuple(rows), shown=False)
    return Figure(NAME, TITLE, PAPER, finding, (table,), _picture(study))


def _densities(study: Study, data_set, name: str, metric: Metric):
    """Values of the axis, and (values, heights) by what they are of."""
    from scipy.stats import gaussian_kde

    results = study.results(data_set, splits_of(data_set)[0], metric)
    own = np.flatnonzero(data_set.measurements.area == name)
    own = own[:: max(len(own) // MOST_ROWS, 1)]
    values = {"measured": data_set.target(metric)[own]}
    if metric.has_estimate and ESTIMATE in results:
        values["estimate beta"] = results[ESTIMATE].judged.prediction.mean[own]
    for method in (NETWORK, OURS):
        if method in results:
            values[method] = results[method].judged.prediction.mean[own]
    ends = np.quantile(np.concatenate(list(values.values())), (0.001, 0.999))
    grid = np.linspace(ends[0] - 5, ends[1] + 5, POINTS)
    floor = 0.05 * np.std(values["measured"])
    found = {}
    for what, value in values.items():
        # A network that collapsed says one value, which has no density.
        found[what] = (value, gaussian_kde(value)(grid) if np.std(value) > floor else np.full(POINTS, np.nan))
    return grid, found


STYLES = {
    "measured": {"color": MEASURED, "lw": 1.5},
    "estimate beta": {"color": ESTIMATED, "lw": 1.2},
    "correction network": {"color": PREDICTED, "lw": 1.0, "ls": ":"},
    "ours": {"color": PREDICTED, "lw": 1.5},
}


def _picture(study: Study) -> bytes:
    places = [(data_set, name) for data_set in study.data_sets for name in data_set.areas]
    figure, axes = panels(len(places), len(METRICS), size_in=(3.3, 1.7))
    for row, (line, (data_set, name)) in enumerate(zip(axes, places, strict=True), start=1):
        for panel, metric in zip(line, METRICS, strict=True):
            grid, found = _densities(study, data_set, name, metric)
            for what, (_, heights) in found.items():
                panel.plot(grid, heights, label=what, **STYLES[what])
            panel.set_yticks([])
            label(panel, f"{name}, {metric.title}", xlabel=metric.unit if row == len(places) else "")
    legend_below(figure, axes[0, 0])
    return png(figure)
