"""Minimum enclosing circle of points."""

from __future__ import annotations

import numpy as np

from . import _core
from .errors import InputError


def minimum_enclosing_circle(points) -> tuple[tuple[float, float], float]:
    """The smallest circle that contains all points.

    Parameters
    ----------
    points : (N, 2) array_like
        At least one point; any unit.

    Returns
    -------
    ((x, y), radius)
        Exact to 1e-9 of the radius.

    Raises
    ------
    InputError
        No points, not two columns, or a value that is not finite.

    Notes
    -----
    Welzl's incremental method, expected O(N): E. Welzl, "Smallest enclosing disks (balls and
    ellipsoids)", LNCS 555 (1991).
    """
    points = np.ascontiguousarray(points, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise InputError(f"points: shape {points.shape}, wanted (N, 2) with N of at least 1")
    if not np.isfinite(points).all():
        row = int(np.argmax(~np.isfinite(points).all(axis=1)))
        raise InputError(f"points: row {row} is not finite")
    x, y, radius = _core.minimum_enclosing_circle(points)
    return (x, y), radius
