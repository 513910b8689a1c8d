"""Algorithm 5 of arXiv:2312.01826, online: coverage from the number of stations near and the terrain.

The number of stations is whole, so coverage is tabulated for each number first; a receiver then costs a few look-ups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from .. import _core
from ..propagation.air_to_ground import ALPHA_BETA_BOX
from ..propagation.line_of_sight_model import LineOfSightModel
from ..propagation.terrain import Terrain
from .closed_form import closed_form
from .expression import M2_PER_KM2, CoverageExpression
from .pairs import plane_axes

if TYPE_CHECKING:
    from .database import Database

LOOKUPS = ("interpolated", "nearest")
EXPRESSION_PLANE = (15, 15)
LEVELS_AT_A_TIME = 32


@dataclass(frozen=True)
class DensityTable:
    """Coverage by threshold, number of stations near, and terrain.

    Exactly one of the two ways to a terrain is given: axes for interpolation, or pairs of which the nearest is taken.
    """

    value: np.ndarray  # (T, N, K)
    axes: tuple[np.ndarray, np.ndarray] | None = None  # alpha beta, and gamma in m which runs fastest
    pairs: tuple[np.ndarray, np.ndarray] | None = None  # (K - 1,) a and b; the last node is open ground

    def coverage(self, terrain: Terrain, stations: np.ndarray, threads: int) -> np.ndarray:
        """(T, R) of receivers with so many stations near, (R,) int32."""
        here = (terrain.alpha_beta, terrain.gamma_m, stations, threads)
        if self.axes is not None:
            return _core.interpolated_in_table(self.value, *self.axes, *here)
        return _core.nearest_in_table(self.value, *self.pairs, *here)


def disc_km2(radius_m: float) -> float:
    """Area of the neighbourhood."""
    return np.pi * radius_m**2 / M2_PER_KM2


def most_stations_trained(database: Database) -> int:
    """Stations near, beyond which coverage is taken to stay as at the largest trained density."""
    conditions = database.conditions
    return int(np.ceil(conditions.density_per_km2[1] * disc_km2(conditions.max_distance_m)))


def table_of_database(database: Database, height: int, rows: list[int], stations: int, lookup: str) -> DensityTable:
    """The table of a database up to so many stations near, at one of its antenna heights and some of its thresholds.

    Fits of neighbouring thresholds err on their own; a higher threshold is kept from adding coverage by the least
    value of all trained ones up to it.
    """
    conditions = database.conditions
    number = np.arange(stations + 1)
    density = np.minimum(number / disc_km2(conditions.max_distance_m), conditions.density_per_km2[1])
    found = np.moveaxis(closed_form(density, *database.coefficients(height)), 2, 1)
    value = np.minimum.accumulate(found, axis=0)[rows]
    if lookup == "nearest":
        # Where open ground is blended in, (a, b) does not tell a terrain; such pairs are for interpolation.
        low = np.repeat(database.alpha_beta, len(database.gamma_m)) < ALPHA_BETA_BOX[0]
        whole = np.flatnonzero(~low) if low.size else np.arange(len(database.pairs))
        a, b = np.array([(database.pairs[k].a, database.pairs[k].b) for k in whole]).T
        nodes = np.ascontiguousarray(value[..., np.append(whole, len(database.pairs))])
        return DensityTable(nodes, pairs=(np.ascontiguousarray(a), np.ascontiguousarray(b)))
    alpha_beta, gamma_m = np.array((0.0, *database.alpha_beta)), np.array(database.gamma_m)
    open_row = np.repeat(value[..., -1:], len(gamma_m), axis=2)
    return DensityTable(np.concatenate([open_row, value[..., :-1]], axis=2), axes=(alpha_beta, gamma_m))


def table_of_model(
    model: LineOfSightModel,
    expression: CoverageExpression,
    receiver_height_m: float,
    threshold_db: tuple[float, ...],
    stations: int,
) -> DensityTable:
    """The same for any model of line of sight, straight from the full expression."""
    levels = -(-(stations + 1) // LEVELS_AT_A_TIME) * LEVELS_AT_A_TIME
    return _expression_table(model, expression, receiver_height_m, threshold_db, levels)


@lru_cache(maxsize=8)
def _expression_table(model, expression, receiver_height_m, threshold_db, levels) -> DensityTable:
    alpha_beta, gamma_m = (0.0,), (0.0,)
    if model.uses_terrain:
        alpha_beta, gamma_m = plane_axes(EXPRESSION_PLANE)
        alpha_beta = (0.0, *alpha_beta)
    density = np.arange(levels) / disc_km2(expression.max_distance_m)
    value = np.empty((len(threshold_db), levels, len(alpha_beta) * len(gamma_m)))
    for k, (x, y) in enumerate((x, y) for x in alpha_beta for y in gamma_m):

        def sight(distance_m: np.ndarray, x=x, y=y) -> np.ndarray:
            return model.probability(
                distance_m,
                expression.antenna_height_m,
                alpha_beta=x,
                gamma_m=y,
                receiver_height_m=receiver_height_m,
            )

        breaks_m = model.breaks_m(expression.max_distance_m, alpha_beta=x)
        value[:, :, k] = expression.of(density, sight, threshold_db=threshold_db, breaks_m=breaks_m)
    return DensityTable(value, axes=(np.array(alpha_beta), np.array(gamma_m)))
