"""Fig. 8: stochastic geometry over the size of its database."""

from __future__ import annotations

import numpy as np

from ...stochastic_geometry.training import train_curve, train_plane
from ..figure import Claim, Figure, Table, verdict
from ..style import label, legend_below, panels, plain_ticks, png
from .study import Study
from .style import METHOD_COLOURS, TOWN_STYLES
from .towns import Town

NAME = "figure_8"
TITLE = "Fig. 8. Stochastic geometry: loss over the size of the database"
PAPER = (
    "The loss is far above that of accelerated simulation, smaller where buildings are few and low. Fewer than 100 "
    "pairs are too few; with more the loss converges to that of accelerated simulation of some exact radius."
)
LAYOUTS = {"curve": "pairs on b = f(a), nearest taken", "plane": "terrains on a plane, interpolated"}
LOOKUPS = {"curve": "nearest", "plane": "interpolated"}


def make(study: Study) -> Figure:
    """Databases of both layouts and all sizes, on the four cities."""
    sizes = study.settings.database_sizes
    loss = {layout: np.empty((len(study.made_up), len(sizes))) for layout in LAYOUTS}
    with study.steps(2 * sum(sizes), "Fig. 8", unit="pairs") as advance:
        for column, size in enumerate(sizes):
            for layout, values in loss.items():
                method = study.estimator(
                    "stochastic-geometry", model=_database(study, layout, size), lookup=LOOKUPS[layout]
                )
                for row, town in enumerate(study.made_up):
                    values[row, column] = study.loss(town, method, label=f"{layout} {size}").mean()
                advance(size)
    accelerated = {
        radius_m: study.mean_loss(study.made_up, study.estimator("accelerated", exact_radius_m=radius_m))
        for radius_m in (0.0, *study.settings.exact_radii_m)
    }
    names = [town.name for town in study.made_up]
    plane, curve = loss["plane"], loss["curve"]
    mean = plane.mean(axis=0)
    nearest_m = min(accelerated, key=lambda radius_m: abs(accelerated[radius_m] - mean[-1]))
    reference = accelerated[study.settings.exact_radius_m]
    finding = (
        f"With {sizes[-1]} pairs the mean loss is {mean[-1]:.3f} (pairs on a plane of terrains) and "
        f"{curve[:, -1].mean():.3f} (pairs on the curve b = f(a)); with {sizes[0]} it is {mean[0]:.3f} and "
        f"{curve[:, 0].mean():.3f}. Accelerated simulation, exact up to {study.settings.exact_radius_m:g} m: "
        f"{reference:.3f}. By city, plane of {sizes[-1]}: "
        + ", ".join(f"{name} {value:.3f}" for name, value in zip(names, plane[:, -1], strict=True))
        + ". The expression counts service in line of sight only; of the exact coverage, blocked servers give "
        + ", ".join(f"{_share_without_sight(study, town):.0%} ({town.name})" for town in study.made_up)
        + ", which no size of the database brings back."
    )
    claims = (
        Claim(
            "The loss of stochastic geometry is far above that of accelerated simulation (Fig. 8).",
            verdict(mean[-1] > 1.5 * reference, mean[-1] > reference),
            f"{mean[-1]:.3f} and {reference:.3f} (exact up to {study.settings.exact_radius_m:g} m)",
        ),
        Claim(
            "Stochastic geometry is better where buildings are fewer and lower (Fig. 8).",
            verdict(bool((np.diff(plane[:, -1]) > 0).all()), plane[0, -1] < plane[-1, -1]),
            ", ".join(f"{name} {value:.3f}" for name, value in zip(names, plane[:, -1], strict=True)),
        ),
        _too_few(sizes, curve.mean(axis=0), mean),
        Claim(
            "With many pairs its loss converges to that of accelerated simulation of some exact radius (Fig. 8).",
            verdict(abs(accelerated[nearest_m] - mean[-1]) < 0.1 * mean[-1]),
            f"{mean[-1]:.3f}; nearest: exact up to {nearest_m:g} m, {accelerated[nearest_m]:.3f}",
        ),
    )
    rows = tuple(
        (LAYOUTS[layout], size, name, float(values[row, column]))
        for layout, values in loss.items()
        for column, size in enumerate(sizes)
        for row, name in enumerate(names)
    )
    table = Table(NAME, ("database", "pairs", "city", "mean loss"), rows, shown=False)
    return Figure(NAME, TITLE, PAPER, finding, (table,), _picture(study, loss, reference), claims)


def _database(study: Study, layout: str, size: int):
    options = {"antenna_height_m": (20.0,), "threshold_db": (0.0,), "channel": study.channel, "progress": False}
    if layout == "curve":
        return train_curve(size, **options)
    rows = max(3, round(np.sqrt(size)))
    return train_plane((rows, max(2, round(size / rows))), **options)


def _share_without_sight(study: Study, town: Town) -> float:
    """Share of the exact coverage of a town's counted receivers that servers without line of sight give."""
    counted = study.counted(town)
    manifold = study.exact_map(town)
    coverage = manifold.coverage[0][counted]
    blocked = ~manifold.dataset["server_line_of_sight"].values[counted]
    return float(coverage[blocked].sum() / coverage.sum())


def _too_few(sizes: tuple[int, ...], curve: np.ndarray, plane: np.ndarray) -> Claim:
    """Whether going up to 100 pairs takes more than a tenth of the loss away."""
    at = int(np.argmin(np.abs(np.array(sizes) - 100)))
    both = {"curve": curve, "plane": plane}
    gain = [(values[0] - values[at]) / values[at] for values in both.values()]
    return Claim(
        "Fewer than 100 pairs are too few (Fig. 8).",
        verdict(min(gain) > 0.1, max(gain) > 0.02),
        "; ".join(
            f"{name}: " + ", ".join(f"{sizes[k]} pairs {values[k]:.3f}" for k in (0, at, -1))
            for name, values in both.items()
        ),
    )


def _picture(study: Study, loss: dict[str, np.ndarray], reference: float) -> bytes:
    sizes = study.settings.database_sizes
    figure, axes = panels(1, 2, sharey=True)
    for panel, (layout, values) in zip(axes[0], loss.items(), strict=True):
        for town, row, style in zip(study.made_up, values, TOWN_STYLES, strict=False):
            panel.plot(sizes, row, "-", ms=5, label=town.name, **style)
        colour = METHOD_COLOURS["accelerated"]
        shown = f"accelerated, exact to {study.settings.exact_radius_m:g} m (mean)"
        panel.axhline(reference, color=colour, linestyle="--", lw=1, label=shown)
        panel.set_xscale("log")
        plain_ticks(panel.xaxis, sizes)
        label(panel, LAYOUTS[layout], xlabel="pairs in the database", ylim=(0, None))
    label(axes[0, 0], LAYOUTS["curve"], ylabel="mean loss")
    legend_below(figure, axes[0, 0], columns=5)
    return png(figure)
