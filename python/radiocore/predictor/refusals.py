"""Measurements that nothing can be learned from, and points that nothing is known of."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..measurements import Measurements, Points
from ..models.base import FEWEST_ROWS

FAR_M = 100_000.0
"""No cell of LTE reaches farther, so such a point is a mistake."""


def refuse_useless(measurements: Measurements) -> None:
    """Refuse too few rows, or rows that all have one level.

    Raises
    ------
    InputError
    """
    rows, source = len(measurements), measurements.report.source
    if rows < FEWEST_ROWS:
        raise InputError(f"{source}: {rows} rows are too few to learn from; give {FEWEST_ROWS} or more")
    level_dbm = measurements.rsrp_dbm
    if (level_dbm == level_dbm[0]).all():
        raise InputError(
            f"{source}: all {rows:,} rows have the rsrp_dbm {level_dbm[0]:g}; is it another column that holds it? "
            "Name it with columns={'rsrp_dbm': ...}"
        )


def refuse_one_cell(measurements: Measurements) -> None:
    """Refuse rows that are all of one cell, or else of one sector.

    Raises
    ------
    InputError
    """
    for name in ("cell", "sector"):
        known = measurements.is_known(name)
        values = getattr(measurements, name)
        if len(values) and known.all():
            if (values == values[0]).all():
                raise InputError(
                    f"{measurements.report.source}: all {len(values):,} rows are of the {name} {str(values[0])!r}, so "
                    f"nothing can be told of others; name the column that tells them apart with "
                    f"columns={{{name!r}: ...}}, or say one_cell=True if it is meant"
                )
            return


def refuse_far(points: Points, x_m, y_m, bounds_m: tuple[float, float, float, float]) -> None:
    """Refuse points 100 km or more from the box that was measured.

    Raises
    ------
    InputError
    """
    west, south, east, north = bounds_m
    east_m = np.maximum(west - x_m, x_m - east).clip(min=0.0)
    north_m = np.maximum(south - y_m, y_m - north).clip(min=0.0)
    away_m = np.hypot(east_m, north_m)
    if (away_m >= FAR_M).any():
        at = int(np.argmax(away_m))
        raise InputError(
            f"{points.report.source}: row {points.row[at]} lies {away_m[at] / 1e3:,.0f} km from all that the model was "
            "trained on; are x and y, or lon and lat, swapped, or of another CRS than crs= says?"
        )
