"""The methods side by side: loss and delay."""

from __future__ import annotations

import numpy as np

from ..figure import Figure, Table
from ..style import label, panels, png
from .study import Study
from .style import METHOD_COLOURS, METHOD_LABELS, TOWN_STYLES

NAME = "methods"
TITLE = "The methods side by side"
PAPER = (
    "Accelerated simulation is the most accurate and the slowest, stochastic geometry the fastest and the coarsest, "
    "and the learned method a compromise. The exact method is not in the paper."
)


def make(study: Study) -> Figure:
    """Loss against the exact map and against traditional simulation, and delay."""
    loss: dict[str, dict[str, np.ndarray]] = {}
    to_traditional: dict[str, float] = {}
    methods = study.methods
    with study.steps(len(methods) * len(study.towns), "Methods") as advance:
        for name, method in methods.items():
            found = {town.name: study.loss(town, method) for town in study.towns}
            loss[name] = {town: values for town, values in found.items() if values is not None}
            others = [study.loss(town, method, "traditional") for town in study.towns]
            to_traditional[name] = float(np.mean([values.mean() for values in others if values is not None]))
            advance(len(study.towns))
    loss = {name: of_town for name, of_town in loss.items() if of_town}
    mean = {name: float(np.mean([values.mean() for values in of_town.values()])) for name, of_town in loss.items()}
    study.mean_losses.update(mean)
    pooled = {name: np.concatenate(list(of_town.values())) for name, of_town in loss.items()}
    rows = tuple(
        (
            METHOD_LABELS[name],
            None if name == "exact" else mean[name],
            None if name == "exact" else float(np.percentile(pooled[name], 95)),
            None if name == "exact" else float(pooled[name].max()),
            None if name == "traditional" else to_traditional[name],
            *(float(of_town[town.name].mean()) if town.name in of_town else None for town in study.towns),
        )
        for name, of_town in loss.items()
    )
    columns = ("method", "mean loss", "95th percentile", "largest", "mean loss to traditional")
    losses = Table(NAME, (*columns, *(town.name for town in study.towns)), rows)
    delay = {name: study.map_delay_us.get(name, study.tile_delay_us.get(name)) for name in loss}
    timings = Table(
        f"{NAME}_timings",
        ("method", "us a receiver, map", "us a receiver, small tiles"),
        tuple((METHOD_LABELS[name], study.map_delay_us.get(name), study.tile_delay_us.get(name)) for name in loss),
        is_timing=True,
    )
    counted = {town.name: (int(study.counted(town).sum()), _left_out(study, town)) for town in study.towns}
    finding = (
        "Loss is the absolute difference of the coverage probability at 0 dB from the exact map, over outdoor "
        "receivers on the ground with a station and a building within "
        f"{study.settings.neighbourhood_radius_m:g} m, as in the paper: "
        + ", ".join(f"{name} {count} (left out {out})" for name, (count, out) in counted.items())
        + ". The mean is over towns, the other columns over their receivers together. Delay is processor time of one "
        "thread on the map of Fig. 10 to 12; traditional simulation, in which receivers share no work, is "
        "measured on the tiles of Fig. 13."
    )
    return Figure(NAME, TITLE, PAPER, finding, (losses, timings), _picture(study, loss, delay))


def _left_out(study: Study, town) -> int:
    return int(study.exact_map(town).dataset["outdoor"].values.sum()) - int(study.counted(town).sum())


def _picture(study: Study, loss: dict[str, dict[str, np.ndarray]], delay: dict[str, float | None]) -> bytes:
    figure, axes = panels(1, 2)
    left, right = axes[0]
    shown = [name for name in loss if name != "exact"]
    styles = dict(zip([town.name for town in study.towns], TOWN_STYLES, strict=False))
    for town in study.towns:
        place = [(row, loss[name][town.name].mean()) for row, name in enumerate(shown) if town.name in loss[name]]
        left.plot(*zip(*place, strict=True), linestyle="none", ms=6, label=town.name, **styles[town.name])
    left.set_xticks(range(len(shown)), [METHOD_LABELS[name].replace(" ", "\n") for name in shown])
    label(left, "mean loss by town", ylabel="mean loss", ylim=(0, None), xlim=(-0.6, len(shown) - 0.4))
    left.legend(frameon=False, fontsize=8)
    for name, of_town in loss.items():
        if delay[name] is None:
            continue
        mean = np.mean([values.mean() for values in of_town.values()])
        right.plot(delay[name], mean, "o", color=METHOD_COLOURS[name], ms=8)
        right.annotate(
            METHOD_LABELS[name], (delay[name], mean), (0, 7), textcoords="offset points", ha="center", fontsize=8
        )
    right.set_xscale("log")
    right.margins(x=0.25, y=0.2)
    label(right, "loss against delay", xlabel="microseconds a receiver, one thread", ylabel="mean loss")
    return png(figure)
