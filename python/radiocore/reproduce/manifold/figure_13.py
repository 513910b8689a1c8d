"""Fig. 13: the delay of a receiver by each method, on one thread."""

from __future__ import annotations

import numpy as np

from ...errors import RadiocoreError
from ..figure import Claim, Figure, Table, verdict
from ..style import label, panels, png
from .delay import NOISE, delays_us, tiles_of
from .study import Study
from .style import METHOD_COLOURS, METHOD_LABELS

NAME = "figure_13"
TITLE = "Fig. 13. Delay of a receiver on one thread"
PAPER = (
    "Stochastic geometry is clearly the fastest and almost independent of terrain and density; the learned method lies "
    "between it and accelerated simulation and varies most. Traditional simulation takes one to one and a half hours."
)


def make(study: Study) -> Figure:
    """Microseconds a receiver on tiles of the four cities."""
    settings = study.settings
    methods = study.methods
    delay: dict[str, dict[str, np.ndarray]] = {name: {} for name in methods}
    with study.steps(len(methods) * len(study.made_up), "Fig. 13", unit="tile sets") as advance:
        for town in study.made_up:
            tiles = tiles_of(town, settings.tiles, settings.tile_cells, study.seed)
            for name, method in methods.items():
                try:
                    delay[name][town.name] = delays_us(town, method, study.channel, tiles, study.seed)
                except RadiocoreError as refusal:
                    study.refusals[town.name, name] = str(refusal)
                advance(1)
    delay = {name: of_town for name, of_town in delay.items() if of_town}
    study.tile_delay_us.update({name: float(np.mean(list(of_town.values()))) for name, of_town in delay.items()})
    rows = tuple(
        (METHOD_LABELS[name], town, *_spread(values))
        for name, of_town in delay.items()
        for town, values in of_town.items()
    )
    columns = ("method", "city", "mean, us", "fastest 20 %, us", "slowest 20 %, us")
    mean = study.tile_delay_us
    order = sorted(mean, key=mean.get)
    finding = (
        f"Tiles of {settings.tile_cells} x {settings.tile_cells} receivers 5 m apart, {settings.tiles} a city; "
        f"processor time of one thread. From fast to slow: "
        + ", ".join(f"{METHOD_LABELS[name]} {mean[name]:.3g} us" for name in order)
        + ". On a tile the exact method cannot share the shadows of buildings among as many receivers as on a whole "
        "map, where its delay is that of the table of methods."
    )
    return Figure(
        NAME,
        TITLE,
        PAPER,
        finding,
        (Table(f"{NAME}_timings", columns, rows, is_timing=True),),
        _picture(delay),
        _claims(study, delay),
    )


def _spread(values: np.ndarray) -> tuple[float, float, float]:
    """Mean, and means of the fastest and of the slowest fifth."""
    ordered = np.sort(values)
    fifth = max(1, round(0.2 * len(ordered)))
    return tuple(float(part.mean()) for part in (ordered, ordered[:fifth], ordered[-fifth:]))


def _claims(study: Study, delay: dict[str, dict[str, np.ndarray]]) -> tuple[Claim, ...]:
    every = {name: np.concatenate(list(of_town.values())) for name, of_town in delay.items()}
    mean = {name: values.mean() for name, values in every.items()}
    of_town = {name: [values.mean() for values in cities.values()] for name, cities in delay.items()}
    ratio = {name: max(values) / min(values) for name, values in of_town.items()}
    claims = []
    papers = [name for name in ("stochastic-geometry", "learned", "accelerated", "traditional") if name in mean]
    told = ", ".join(f"{METHOD_LABELS[name]} {mean[name]:.3g} us" for name in (*papers, "exact"))
    if "stochastic-geometry" in mean:
        others = min(mean[name] for name in papers[1:])
        on_map = {
            name: study.map_delay_us[name] for name in ("stochastic-geometry", "exact") if name in study.map_delay_us
        }
        claims.append(
            Claim(
                "Of the paper's methods stochastic geometry is clearly the fastest (Fig. 13).",
                verdict(mean["stochastic-geometry"] < others / 2, mean["stochastic-geometry"] < others),
                f"{told}; on a whole map "
                + ", ".join(f"{METHOD_LABELS[name]} {value:.3g} us" for name, value in on_map.items()),
            )
        )
        claims.append(
            Claim(
                "The delay of stochastic geometry hardly depends on terrain (Fig. 13).",
                verdict(ratio["stochastic-geometry"] < 1.5, ratio["stochastic-geometry"] < 3),
                f"slowest city over fastest: {ratio['stochastic-geometry']:.2f}",
            )
        )
    if "learned" in mean and "stochastic-geometry" in mean:
        between = mean["stochastic-geometry"] < mean["learned"] < mean["accelerated"]
        claims.append(
            Claim(
                "The learned method lies between stochastic geometry and accelerated simulation (Fig. 13).",
                verdict(between),
                told,
            )
        )
        varies = {name: values.std() / values.mean() for name, values in every.items() if name in papers}
        most = max(value for name, value in varies.items() if name != "learned")
        claims.append(
            Claim(
                "The delay of the learned method varies most (Fig. 13).",
                verdict(varies["learned"] > most * NOISE, varies["learned"] > most / NOISE),
                "standard deviation over mean: "
                + ", ".join(f"{METHOD_LABELS[name]} {value:.2f}" for name, value in varies.items()),
            )
        )
    claims.append(
        Claim(
            "Traditional simulation takes one to one and a half hours a receiver (Fig. 13).",
            verdict(mean["traditional"] > 3.6e9),
            f"{mean['traditional'] / 1e3:.3g} ms a receiver here, by the same algorithm in compiled code",
        )
    )
    return tuple(claims)


def _picture(delay: dict[str, dict[str, np.ndarray]]) -> bytes:
    figure, axes = panels(1, 1, size_in=(8.6, 3.8))
    panel = axes[0, 0]
    towns = list(dict.fromkeys(town for of_town in delay.values() for town in of_town))
    step = 0.6 / max(len(delay) - 1, 1)
    for row, (name, of_town) in enumerate(delay.items()):
        place = np.array([towns.index(town) for town in of_town]) + row * step - 0.3
        middle, low, high = np.array([_spread(values) for values in of_town.values()]).T
        error = np.maximum([middle - low, high - middle], 0.0)
        style = {"color": METHOD_COLOURS[name], "label": METHOD_LABELS[name]}
        panel.errorbar(place, middle, error, fmt="o", ms=7, elinewidth=1.6, capsize=4, **style)
    panel.set_yscale("log")
    panel.set_xticks(range(len(towns)), towns)
    panel.grid(False, axis="x")
    label(panel, "mean; whiskers: mean of the fastest and of the slowest fifth", ylabel="microseconds a receiver")
    figure.legend(*panel.get_legend_handles_labels(), loc="outside right upper", frameon=False, fontsize=8)
    return png(figure)
