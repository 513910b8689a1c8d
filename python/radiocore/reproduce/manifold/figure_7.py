"""Fig. 7: accelerated simulation over the distance up to which links are exact, and over the neighbourhood."""

from __future__ import annotations

import numpy as np

from ..figure import Claim, Figure, Table, verdict
from ..style import label, panels, plain_ticks, png
from .study import Study

NAME = "figure_7"
TITLE = "Fig. 7. Accelerated simulation: loss over exact radius and neighbourhood radius"
PAPER = (
    "The loss falls linearly while the exact radius grows exponentially, up to a limit beyond which a larger radius "
    "brings nothing. Where the exact radius is small, the neighbourhood that far links are judged by must be moderate: "
    "a small one counts too few buildings, a large one takes one pair (a, b) for the whole map."
)


def make(study: Study) -> Figure:
    """Mean loss over the made-up cities for every pair of radii."""
    exact_radii, radii = study.settings.exact_radii_m, study.settings.neighbourhood_radii_m
    loss = np.empty((len(radii), len(exact_radii)))
    with study.steps(loss.size * len(study.made_up), TITLE[:7]) as advance:
        for row, radius_m in enumerate(radii):
            for column, exact_m in enumerate(exact_radii):
                method = study.estimator("accelerated", exact_radius_m=exact_m, neighbourhood_radius_m=radius_m)
                loss[row, column] = study.mean_loss(study.made_up, method)
                advance(len(study.made_up))
    floor = study.mean_loss(study.made_up, study.estimator("traditional"))
    moderate = int(np.argmin(loss[:, 0]))
    curve = loss[row_of(radii, study.settings.neighbourhood_radius_m)]
    straightness, flat_from_m = _straightness(np.array(exact_radii), curve, floor)
    smallest, largest, best = loss[0, 0], loss[-1, 0], loss[moderate, 0]
    finding = (
        f"At a neighbourhood of {study.settings.neighbourhood_radius_m:g} m the mean loss falls from {curve[0]:.3f} at "
        f"{exact_radii[0]:g} m to {curve[-1]:.3f} at {exact_radii[-1]:g} m. Monte Carlo itself costs {floor:.3f} "
        f"({study.settings.draws} draws), which no radius removes. At the smallest exact radius the best neighbourhood "
        f"is {radii[moderate]:g} m (loss {best:.3f}; {radii[0]:g} m: {smallest:.3f}, {radii[-1]:g} m: {largest:.3f})."
    )
    inner = 0 < moderate < len(radii) - 1
    claims = (
        Claim(
            "The loss falls linearly with an exponentially growing exact radius, then stays flat (Fig. 7).",
            verdict(straightness > 0.97 and flat_from_m < exact_radii[-1], straightness > 0.9),
            f"straight line over the logarithm: R2 = {straightness:.3f}; "
            + (f"flat from {flat_from_m:g} m" if np.isfinite(flat_from_m) else "not flat yet at the largest radius"),
        ),
        Claim(
            "A neighbourhood that is too small loses accuracy (Fig. 7).",
            verdict(smallest > 1.1 * best, smallest > best),
            f"{radii[0]:g} m: {smallest:.3f}, {radii[moderate]:g} m: {best:.3f}",
        ),
        Claim(
            "A neighbourhood that is too large loses accuracy, so a moderate one is best (Fig. 7).",
            verdict(largest > 1.1 * best and inner, largest > best and inner),
            f"{radii[-1]:g} m: {largest:.3f}, {radii[moderate]:g} m: {best:.3f}; each city here is alike all over",
        ),
    )
    rows = tuple(
        (radius_m, exact_m, float(loss[row, column]))
        for row, radius_m in enumerate(radii)
        for column, exact_m in enumerate(exact_radii)
    )
    columns = ("neighbourhood radius, m", "exact radius, m", "mean loss")
    table = Table(NAME, columns, rows, shown=False)
    return Figure(NAME, TITLE, PAPER, finding, (table,), _picture(exact_radii, radii, loss, floor), claims)


def row_of(radii_m: tuple[float, ...], wanted_m: float) -> int:
    """The row of the radius nearest to the one wanted."""
    return int(np.argmin(np.abs(np.array(radii_m) - wanted_m)))


def _straightness(radius_m: np.ndarray, loss: np.ndarray, floor: float) -> tuple[float, float]:
    """R^2 of the loss over the logarithm of the radius while it falls, and the radius from which it no longer does."""
    flat = np.flatnonzero(loss < floor + 0.1 * (loss[0] - floor))
    stop = int(flat[0]) + 1 if flat.size else len(loss)
    x, y = np.log2(radius_m[: max(stop, 3)]), loss[: max(stop, 3)]
    r2 = float(np.corrcoef(x, y)[0, 1] ** 2)
    return r2, float(radius_m[flat[0]]) if flat.size else np.inf


def _picture(exact_radii, radii, loss, floor) -> bytes:
    from matplotlib import colormaps

    figure, axes = panels(1, 2)
    left, right = axes[0]
    marks = "osD^vP*"
    for row, radius_m in enumerate(radii):
        colour = colormaps["cividis"](0.9 * row / max(len(radii) - 1, 1))
        left.plot(exact_radii, loss[row], marks[row % 7] + "-", color=colour, ms=4, label=f"{radius_m:g} m")
    left.axhline(floor, color="0.5", linewidth=1, linestyle=":", label="Monte Carlo alone")
    left.set_xscale("log")
    plain_ticks(left.xaxis, exact_radii[:: max(1, len(exact_radii) // 5)])
    label(left, "over the exact radius", xlabel="exact radius, m", ylabel="mean loss", ylim=(0, None))
    left.legend(title="neighbourhood", title_fontsize=8, fontsize=8, frameon=False)
    for column in range(0, len(exact_radii), 2):
        colour = colormaps["cividis"](0.9 * column / max(len(exact_radii) - 1, 1))
        mark = marks[(column // 2) % 7] + "-"
        right.plot(radii, loss[:, column], mark, color=colour, ms=4, label=f"exact to {exact_radii[column]:g} m")
    right.set_xscale("log")
    plain_ticks(right.xaxis, radii)
    label(right, "over the neighbourhood", xlabel="neighbourhood radius, m", ylabel="mean loss", ylim=(0, None))
    right.legend(fontsize=8, frameon=False, loc="lower left", bbox_to_anchor=(0.0, 0.12))
    return png(figure)
