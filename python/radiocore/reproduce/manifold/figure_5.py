"""Fig. 5: the closed form against the full expression over the density of stations."""

from __future__ import annotations

from ..figure import Claim, Figure, Table, verdict
from ..style import label, legend_below, panels, plain_ticks, png
from .closed_forms import DENSITIES_PER_KM2, ENVIRONMENTS
from .study import Study
from .style import TOWN_STYLES

NAME = "figure_5"
TITLE = "Fig. 5. The closed form against the full expression"
PAPER = "Crosses (the closed form) lie on the curves (the full expression) in all four environments."


def make(study: Study) -> Figure:
    """Both panels have the same curves; the crosses are ours, then the paper's."""
    every = slice(None, None, 16)
    with study.steps(len(ENVIRONMENTS), "Fig. 5", unit="curves") as advance:
        figure, axes = panels(1, 2, sharey=True)
        for one, style in zip(ENVIRONMENTS, TOWN_STYLES, strict=False):
            for panel, form in zip(axes[0], (one.refitted, one.printed), strict=True):
                panel.plot(DENSITIES_PER_KM2, one.curve, color=style["color"], lw=1.4, label=one.name)
                panel.plot(DENSITIES_PER_KM2[every], form(DENSITIES_PER_KM2[every]), "x", color=style["color"], ms=5)
            advance(1)
    for panel, title in zip(axes[0], ("crosses: fitted here", "crosses: coefficients of Table IV"), strict=True):
        panel.set_xscale("log")
        plain_ticks(panel.xaxis, (0.1, 1, 10, 100))
        label(panel, title, xlabel="stations per km$^2$", ylim=(0, 1))
    label(axes[0, 0], "crosses: fitted here", ylabel="P(SINR > 0 dB)")
    legend_below(figure, axes[0, 0])
    errors = {one.name: (one.error(one.refitted), one.error(one.printed, 40.0)) for one in ENVIRONMENTS}
    finding = "Largest distance of the closed form from the expression: " + "; ".join(
        f"{name} {ours:.2g} (Table IV, up to 40 stations per km2: {theirs:.2g})"
        for name, (ours, theirs) in errors.items()
    )
    worst = max(ours for ours, _ in errors.values())
    claim = Claim(
        "The closed form (9) lies on the full expression (Fig. 5).",
        verdict(worst < 0.01, worst < 0.05),
        f"largest distance {worst:.2g} with coefficients fitted here",
    )
    rows = tuple(
        (one.name, float(density), float(full), float(ours), float(theirs))
        for one in ENVIRONMENTS
        for density, full, ours, theirs in zip(
            DENSITIES_PER_KM2, one.curve, one.refitted(DENSITIES_PER_KM2), one.printed(DENSITIES_PER_KM2), strict=True
        )
    )
    columns = ("environment", "stations per km2", "expression", "closed form, here", "closed form, Table IV")
    table = Table(NAME, columns, rows, shown=False)
    return Figure(NAME, TITLE, PAPER, f"{finding}.", (table,), png(figure), (claim,))
