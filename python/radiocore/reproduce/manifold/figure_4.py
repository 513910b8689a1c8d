"""Fig. 4: the curve b = f(a) through the typical pairs, and the pairs that terrains really have."""

from __future__ import annotations

import numpy as np

from ...propagation.air_to_ground import ALPHA_BETA_BOX, GAMMA_BOX_M, a2g_parameters
from ...stochastic_geometry.pairs import A_RANGE_DEG, b_of_a, sigmoid_curve
from ..figure import Claim, Figure, Table, verdict
from ..style import label, legend, panels, png
from .closed_forms import ENVIRONMENTS
from .study import Study
from .style import TOWN_STYLES

NAME = "figure_4"
TITLE = "Fig. 4. The curve b = f(a)"
PAPER = "A modified sigmoid through the four typical pairs; pairs of the database lie on it. Its formula is not told."
TERRAINS_A_SIDE = 24


def make(study: Study) -> Figure:
    """The fitted curve, and how far real terrains are from it."""
    typical = np.array([one.pair for one in ENVIRONMENTS])
    curve = sigmoid_curve(typical[:, 0], typical[:, 1])
    residual = typical[:, 1] - b_of_a(typical[:, 0], curve)
    terrains = [
        (x, y, *a2g_parameters(1.0, x, y))
        for x in np.linspace(*ALPHA_BETA_BOX, TERRAINS_A_SIDE)
        for y in np.linspace(*GAMMA_BOX_M, TERRAINS_A_SIDE)
    ]
    a, b = np.array([terrain[2:] for terrain in terrains]).T
    scatter = b - b_of_a(a, curve)
    b0, b1, b2 = curve
    finding = (
        f"b = {b0:.4f} + {b1:.3f} / (1 + exp({b2:.4f} a)) leaves the four pairs at most {np.abs(residual).max():.4f}. "
        f"But b is no function of a alone: over the terrains that equation (5) was fitted for, it is up to "
        f"{np.abs(scatter).max():.3f} off the curve ({np.abs(scatter).mean():.3f} on average)."
    )
    claim = Claim(
        "The typical pairs lie on a modified sigmoid b = f(a) (Fig. 4).",
        verdict(np.abs(residual).max() < 0.005),
        f"largest residual {np.abs(residual).max():.4f}; other terrains are up to {np.abs(scatter).max():.3f} off it",
    )
    rows = tuple(tuple(float(value) for value in terrain) for terrain in terrains)
    table = Table(NAME, ("alpha beta", "gamma, m", "a, deg", "b, 1/deg"), rows, shown=False)
    figure, axes = panels(size_in=(6.4, 4.0))
    panel = axes[0, 0]
    panel.plot(a, b, ".", color="0.75", ms=3, label="terrains of the fitted box")
    steps = np.linspace(*A_RANGE_DEG, 200)
    panel.plot(steps, b_of_a(steps, curve), color="black", lw=1.3, label="b = f(a)")
    for one, style in zip(ENVIRONMENTS, TOWN_STYLES, strict=False):
        panel.plot(*one.pair, linestyle="none", ms=8, mec="white", mew=0.6, label=one.name, **style)
    label(panel, "", xlabel="a, degrees", ylabel="b, 1/degree", ylim=(0, None))
    legend(panel)
    return Figure(NAME, TITLE, PAPER, finding, (table,), png(figure), (claim,))
