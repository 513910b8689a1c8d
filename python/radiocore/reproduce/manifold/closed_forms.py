"""The full expression and its closed forms in the four environments: what Table IV, Fig. 4 and Fig. 5 share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...channel import Channel
from ...propagation.air_to_ground import line_of_sight_probability
from ...stochastic_geometry.closed_form import TABLE_IV, ClosedForm, fit_closed_form, fit_densities
from ...stochastic_geometry.expression import CoverageExpression

DENSITIES_PER_KM2 = np.geomspace(0.1, 100.0, 400)
MAX_DISTANCE_M = 500.0
ANTENNA_HEIGHT_M = 20.0


@dataclass(frozen=True)
class Environment:
    """One column of Table IV.

    Attributes
    ----------
    name : str
    pair : (a, b) as the paper prints them, rounded
    printed : the paper's coefficients
    """

    name: str
    pair: tuple[float, float]
    printed: ClosedForm

    def expression(self, density_per_km2) -> np.ndarray:
        """Coverage by the full expression (6) at 0 dB, stations within 500 m."""
        full = CoverageExpression(Channel.paper(), ANTENNA_HEIGHT_M, max_distance_m=MAX_DISTANCE_M)

        def sight(distance_m: np.ndarray) -> np.ndarray:
            return line_of_sight_probability(distance_m, ANTENNA_HEIGHT_M, *self.pair)

        return full.of(density_per_km2, sight, threshold_db=0.0)

    @cached_property
    def refitted(self) -> ClosedForm:
        """The paper's form with coefficients fitted to the full expression."""
        density = fit_densities((0.1, 100.0))
        return fit_closed_form(density, self.expression(density))

    @cached_property
    def curve(self) -> np.ndarray:
        """The full expression over DENSITIES_PER_KM2."""
        return self.expression(DENSITIES_PER_KM2)

    def error(self, form: ClosedForm, most_per_km2: float = 100.0) -> float:
        """Largest distance of a closed form from the full expression up to a density."""
        here = most_per_km2 >= DENSITIES_PER_KM2
        return float(np.abs(form(DENSITIES_PER_KM2) - self.curve)[here].max())


ENVIRONMENTS = tuple(
    Environment(name, (a, b), ClosedForm.of_table(*coefficients)) for name, (a, b, *coefficients) in TABLE_IV.items()
)
