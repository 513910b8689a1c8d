"""How far each model of line of sight is from the truth: share of links seen over distance."""

from __future__ import annotations

import numpy as np

from ...propagation.air_to_ground import AirToGround
from ...propagation.fitted_curve import FittedCurve
from ...propagation.itu_p1410 import ItuP1410
from ...propagation.sample import SightError, line_of_sight_errors
from ..figure import Figure, Table
from ..style import label, legend_below, panels, plain_ticks, png
from .study import Study
from .towns import RECEIVER_HEIGHT_M

NAME = "line_of_sight"
TITLE = "Models of line of sight against the truth"
PAPER = "The air-to-ground model (eq. 4 and 5) stands for the exact test of blockage wherever links are long."
EDGES_M = (0.0, 25.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0, 400.0, 500.0, 700.0, 1000.0)
MODELS = {
    AirToGround.name: {"color": "#0072B2", "marker": "s"},
    ItuP1410.name: {"color": "#E69F00", "marker": "^"},
    FittedCurve.name: {"color": "#009E73", "marker": "v"},
}
"""Models and their looks; the last is a curve fitted to other links of the same town."""


def make(study: Study) -> Figure:
    """Exact line of sight of random outdoor links of every town, and each model's probability of it."""
    errors: dict[str, list[SightError]] = {}
    with study.steps(len(study.towns), "Line of sight", unit="towns") as advance:
        for town in study.towns:
            fitted = FittedCurve.of(town.scene, receiver_height_m=RECEIVER_HEIGHT_M, seed=study.seed)
            errors[town.name] = line_of_sight_errors(
                town.scene,
                [AirToGround(), ItuP1410(), fitted],
                receiver_height_m=RECEIVER_HEIGHT_M,
                neighbourhood_radius_m=study.settings.neighbourhood_radius_m,
                edges_m=EDGES_M,
                seed=study.seed + 1,
            )
            advance(1)
    told = [
        f"{name} "
        + ", ".join(
            f"{town} {found[row].mean_absolute:.3f} ({found[row].mean_signed:+.3f})" for town, found in errors.items()
        )
        for row, name in enumerate(MODELS)
    ]
    finding = (
        "Mean absolute error of the share of links in line of sight over bins of distance up to 1 km, and in brackets "
        f"the mean signed one: {'; '.join(told)}. The share itself is "
        + ", ".join(
            f"{np.average(found[0].exact, weights=found[0].links):.3f} ({town})" for town, found in errors.items()
        )
        + ". Where the path-loss exponent is 2, a false line of sight far away weighs as much as a near one."
    )
    summary = Table(
        f"{NAME}_error",
        ("model", *errors),
        tuple((name, *(found[row].mean_absolute for found in errors.values())) for row, name in enumerate(MODELS)),
    )
    rows = tuple(
        (town, EDGES_M[k], EDGES_M[k + 1], int(found[0].links[k]), float(found[0].exact[k]))
        + tuple(float(one.predicted[k]) for one in found)
        for town, found in errors.items()
        for k in range(len(EDGES_M) - 1)
        if found[0].links[k]
    )
    bins = Table(NAME, ("town", "from, m", "to, m", "links", "exact", *MODELS), rows, shown=False)
    return Figure(NAME, TITLE, PAPER, finding, (summary, bins), _picture(errors))


def _picture(errors: dict[str, list[SightError]]) -> bytes:
    figure, axes = panels(1, len(errors), size_in=(2.6, 3.0), sharey=True)
    middle_m = (np.array(EDGES_M[:-1]) + np.array(EDGES_M[1:])) / 2
    for panel, (town, found) in zip(axes[0], errors.items(), strict=True):
        panel.plot(middle_m, found[0].exact, "o-", color="black", ms=3.5, label="exact")
        for one, (name, look) in zip(found, MODELS.items(), strict=True):
            panel.plot(middle_m, one.predicted, linestyle="--", lw=1, ms=3.5, label=name, **look)
        panel.set_xscale("log")
        plain_ticks(panel.xaxis, (20, 50, 100, 200, 500))
        label(panel, town, xlabel="distance in plan, m", ylim=(-0.02, 1.02))
    label(axes[0, 0], next(iter(errors)), ylabel="share of links in line of sight")
    legend_below(figure, axes[0, 0])
    return png(figure)
