"""What the autoencoder's features know of a link."""

from __future__ import annotations

import numpy as np

from ..figure import Figure, Table
from ..style import label, legend, panels, png
from .data_set import DataSet
from .study import Study
from .style import LINE_OF_SIGHT_COLOURS

NAME = "latent"
TITLE = "The latent space, by line of sight"
PAPER = "Two latent numbers of an image stand for how a signal travels; what they hold is not shown."


def make(study: Study) -> Figure:
    """Features of every sample, coloured by exact line of sight, and how well each tells it."""
    summary, rows, told = [], [], []
    for data_set in study.with_images:
        inputs = study.inputs(data_set)
        distance_m = inputs["distance_m"]
        features = {name: inputs[name] for name in study.autoencoder.column_names}
        judged = {**features, "distance, for comparison": distance_m}
        found = {name: separation(value, data_set.is_los) for name, value in judged.items()}
        summary += [
            (data_set.title, name, share, _rank_correlation(judged[name], distance_m)) for name, share in found.items()
        ]
        *of_features, of_distance = ("–" if share is None else f"{share:.2f}" for share in found.values())
        told.append(
            f"{data_set.title} ({data_set.is_los.mean():.0%} of samples in line of sight) "
            f"{', '.join(f'{name} {share}' for name, share in zip(features, of_features, strict=True))}; distance "
            f"alone {of_distance}"
        )
        rows += [
            (data_set.title, *(float(value[row]) for value in features.values()), bool(data_set.is_los[row]))
            for row in range(len(data_set))
        ]
    finding = (
        "Probability that the feature ranks a random link in line of sight and a random blocked one correctly (0.5: "
        f"tells nothing, 1: decides): {'; '.join(told)}."
    )
    names = study.autoencoder.column_names
    tables = (
        Table(
            f"{NAME}_separation", ("data", "feature", "separation", "rank correlation with distance"), tuple(summary)
        ),
        Table(NAME, ("data", *names, "line of sight"), tuple(rows), shown=False),
    )
    return Figure(NAME, TITLE, PAPER, finding, tables, _picture(study))


def separation(value: np.ndarray, is_los: np.ndarray) -> float | None:
    """The area under the curve of the better direction, [0.5, 1]; None where all links are of one kind."""
    from scipy.stats import rankdata

    seen, hidden = int(is_los.sum()), int((~is_los).sum())
    if not seen or not hidden:
        return None
    area = (rankdata(value)[is_los].sum() - seen * (seen + 1) / 2) / (seen * hidden)
    return float(max(area, 1 - area))


def _rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(one), rankdata(other))[0, 1])


def _picture(study: Study) -> bytes:
    figure, axes = panels(1, len(study.with_images), size_in=(4.2, 3.6))
    for panel, data_set in zip(axes[0], study.with_images, strict=True):
        _draw(panel, study, data_set)
    legend(axes[0, 0], markerscale=4)
    return png(figure)


def _draw(panel, study: Study, data_set: DataSet) -> None:
    inputs = study.inputs(data_set)
    first, second = (inputs[name] for name in study.autoencoder.column_names[:2])
    for seen, colour in sorted(LINE_OF_SIGHT_COLOURS.items()):
        mine = data_set.is_los == seen
        words = "in line of sight" if seen else "blocked"
        panel.plot(first[mine], second[mine], ".", ms=3, color=colour, alpha=0.6, label=words)
    label(panel, data_set.title, xlabel="z1", ylabel="z2")
