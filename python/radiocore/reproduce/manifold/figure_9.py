"""Fig. 9: the learned method over the number of training samples."""

from __future__ import annotations

import numpy as np

from ...learned.cell_weight_model import CellWeightModel
from ..figure import Claim, Figure, Table, verdict
from ..style import label, panels, plain_ticks, png
from .study import Study
from .style import METHOD_COLOURS
from .towns import RECEIVER_HEIGHT_M

NAME = "figure_9"
TITLE = "Fig. 9. The learned method: loss over the number of training samples"
PAPER = (
    "With 200 samples the learned method is better than stochastic geometry, even than that in the suburban city; with "
    "more than 1000 it is better than accelerated simulation whose exact radius is the mean distance to the associated "
    "station. Accelerated simulation whose exact radius is the learned method's own neighbourhood bounds it from below."
)


def make(study: Study) -> Figure:
    """Models trained on made-up towns that are not among those tested."""
    numbers = study.settings.sample_numbers
    towns = study.made_up
    loss = np.empty((len(towns), len(numbers)))
    with study.steps(sum(numbers), "Fig. 9", unit="samples") as advance:
        for column, samples in enumerate(numbers):
            model = CellWeightModel.train(
                samples=samples,
                receiver_height_m=RECEIVER_HEIGHT_M,
                seed=study.seed,
                threads=study.threads or 0,
                progress=False,
            )
            method = study.estimator("learned", model=model)
            for row, town in enumerate(towns):
                loss[row, column] = study.loss(town, method, label=f"{samples} samples").mean()
            advance(samples)
    mean = loss.mean(axis=0)
    associated_m = float(np.mean([_associated_distance_m(study, town) for town in towns]))
    own_m = model.grid.side_m / 2
    near, own = (
        study.mean_loss(towns, study.estimator("accelerated", exact_radius_m=round(radius_m, 1)))
        for radius_m in (associated_m, own_m)
    )
    geometry = study.estimator("stochastic-geometry")
    sg = study.mean_loss(towns, geometry)
    sg_first = float(study.loss(towns[0], geometry).mean())
    at_200, at_1000 = (int(np.argmin(np.abs(np.array(numbers) - number))) for number in (200, 1000))
    lines = {
        f"accelerated, exact to {associated_m:.0f} m (mean distance to the server)": (near, "--"),
        f"accelerated, exact to {own_m:.0f} m (half the side of the square)": (own, ":"),
    }
    finding = (
        f"From {numbers[0]} to {numbers[-1]} samples the mean loss goes from {mean[0]:.3f} to {mean[-1]:.3f}. "
        f"Stochastic geometry: {sg:.3f}, {sg_first:.3f} in the {towns[0].name} city. "
        + "; ".join(f"{name}: {value:.3f}" for name, (value, _) in lines.items())
        + ". The fit has few parameters, shared by all cells, so a few samples are enough for them."
    )
    claims = (
        Claim(
            "The loss of the learned method falls rapidly as training samples grow (Fig. 9).",
            verdict(mean[-1] < 0.7 * mean[0], mean[-1] < 0.95 * mean[0]),
            f"{numbers[0]} samples: {mean[0]:.3f}, {numbers[-1]}: {mean[-1]:.3f}",
        ),
        Claim(
            "With 200 training samples the learned method beats stochastic geometry, even the suburban one (Fig. 9).",
            verdict(mean[at_200] < min(sg, sg_first), mean[at_200] < sg),
            f"{numbers[at_200]} samples: {mean[at_200]:.3f}; stochastic geometry {sg:.3f}, {towns[0].name} "
            f"{sg_first:.3f}; city by city: "
            + ", ".join(
                f"{town.name} {loss[row, at_200]:.3f} and {study.loss(town, geometry).mean():.3f}"
                for row, town in enumerate(towns)
            ),
        ),
        Claim(
            "With more than 1000 samples it beats accelerated simulation whose exact radius is the mean distance to "
            "the associated station (Fig. 9).",
            verdict(mean[at_1000:].max() < near, mean[-1] < near),
            f"{numbers[at_1000]} samples: {mean[at_1000]:.3f}; accelerated, exact to {associated_m:.0f} m: {near:.3f}",
        ),
        Claim(
            "Accelerated simulation whose exact radius is its neighbourhood bounds it from below (Fig. 9).",
            verdict(own <= mean.min()),
            f"exact to {own_m:.0f} m: {own:.3f}; learned at best {mean.min():.3f}",
        ),
    )
    rows = tuple(
        (samples, town.name, float(loss[row, column]))
        for column, samples in enumerate(numbers)
        for row, town in enumerate(towns)
    )
    table = Table(NAME, ("training samples", "city", "mean loss"), rows, shown=False)
    picture = _picture(numbers, mean, loss, lines, sg, sg_first, towns[0].name)
    return Figure(NAME, TITLE, PAPER, finding, (table,), picture, claims)


def _associated_distance_m(study: Study, town) -> float:
    """Mean distance in plan between the counted receivers and their servers in the exact map."""
    manifold, counted = study.exact_map(town), study.counted(town)
    server = manifold.dataset["server"].values
    x_m, y_m = np.meshgrid(town.grid.x_m, town.grid.y_m[::-1])
    stations, here = town.scene.base_stations, counted & (server >= 0)
    return float(np.hypot(x_m[here] - stations.x_m[server[here]], y_m[here] - stations.y_m[server[here]]).mean())


def _picture(numbers, mean, loss, lines, sg: float, sg_first: float, first: str) -> bytes:
    figure, axes = panels(size_in=(7.6, 3.9))
    panel = axes[0, 0]
    colour = METHOD_COLOURS["learned"]
    panel.fill_between(
        numbers, loss.min(axis=0), loss.max(axis=0), color=colour, alpha=0.15, label="learned, all cities"
    )
    panel.plot(numbers, mean, "o-", color=colour, ms=5, label="learned, mean")
    for name, (value, style) in lines.items():
        panel.axhline(value, color=METHOD_COLOURS["accelerated"], linestyle=style, lw=1.3, label=name)
    panel.axhline(sg, color=METHOD_COLOURS["stochastic-geometry"], linestyle="--", lw=1.3, label="stochastic geometry")
    shown = f"stochastic geometry, {first} alone"
    panel.axhline(sg_first, color=METHOD_COLOURS["stochastic-geometry"], linestyle=":", lw=1.3, label=shown)
    panel.set_xscale("log")
    plain_ticks(panel.xaxis, numbers)
    label(panel, "", xlabel="training samples", ylabel="mean loss", ylim=(0, None))
    figure.legend(*panel.get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return png(figure)
