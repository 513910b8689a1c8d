"""The air-to-ground line-of-sight probability model. arXiv:2312.01826, eq. (4) and (5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .. import _core
from ..errors import InputError
from .line_of_sight_model import LineOfSightModel

ALPHA_BETA_BOX = (25.0, 250.0)
GAMMA_BOX_M = (4.0, 50.0)


def a2g_parameters(alpha: float, beta_per_km2: float, gamma_m: float) -> tuple[float, float]:
    """Parameters (a, b) of the line-of-sight sigmoid over a terrain.

    Parameters
    ----------
    alpha : share of the ground that is built up, in [0, 1]
    beta_per_km2 : buildings per km^2
    gamma_m : Rayleigh scale of the building heights, m

    Returns
    -------
    (a, b) : degrees, 1 / degree

    Raises
    ------
    InputError
        Outside the box of the fit: alpha beta in [25, 250], gamma in [4, 50] m.

    Notes
    -----
    Eq. (5), cubic polynomials in alpha beta and gamma; coefficients of A. Al-Hourani, S.
    Kandeepan, S. Lardner, IEEE Wireless Communications Letters 3 (2014).
    """
    alpha, beta_per_km2, gamma_m = float(alpha), float(beta_per_km2), float(gamma_m)
    if not 0 <= alpha <= 1:
        raise InputError(f"alpha: {alpha} must be a share in [0, 1]")
    alpha_beta = alpha * beta_per_km2
    if not ALPHA_BETA_BOX[0] <= alpha_beta <= ALPHA_BETA_BOX[1]:
        raise InputError(f"alpha, beta_per_km2: their product {alpha_beta:g} lies outside the fitted {ALPHA_BETA_BOX}")
    if not GAMMA_BOX_M[0] <= gamma_m <= GAMMA_BOX_M[1]:
        raise InputError(f"gamma_m: {gamma_m:g} m lies outside the fitted {GAMMA_BOX_M} m")
    return _core.sigmoid_parameters(alpha_beta, gamma_m)


def line_of_sight_probability(distance_m, height_m, a: float, b: float) -> np.ndarray:
    """Probability of line of sight, 1 / (1 + a exp(-b (theta - a))), theta the elevation in degrees.

    Parameters
    ----------
    distance_m : array_like
        Horizontal distance, m, 0 or more.
    height_m : array_like
        Antenna height minus receiver height, m; positive.
    a, b : float
        As from :func:`a2g_parameters`.

    Returns
    -------
    ndarray in (0, 1), broadcast shape

    Raises
    ------
    InputError
        A distance is negative, a height is not positive, or a value is not finite.
    """
    distance_m, height_m = np.asarray(distance_m, dtype=np.float64), np.asarray(height_m, dtype=np.float64)
    if not (np.isfinite(distance_m) & (distance_m >= 0)).all():
        raise InputError("distance_m: must be finite and not negative")
    if not (np.isfinite(height_m) & (height_m > 0)).all():
        raise InputError("height_m: the antenna must stand above the receiver (finite and positive)")
    if not (np.isfinite([a, b]).all() and a > 0 and b > 0):
        raise InputError(f"a, b: ({a}, {b}) must be positive and finite")
    return _core.line_of_sight_probability(distance_m, height_m, float(a), float(b))


@dataclass(frozen=True)
class AirToGround(LineOfSightModel):
    """The sigmoid over the terrain around the receiver, eq. (4) and (5), guarded.

    Outside the box of the fit the terrain is clamped to it; below alpha beta = 25 the probability is blended linearly
    from 1 at no buildings at all.
    """

    name: ClassVar[str] = "air-to-ground"

    def probability(self, distance_m, height_m, *, alpha_beta=0.0, gamma_m=0.0, receiver_height_m=0.0):
        found = [np.asarray(value, dtype=np.float64) for value in (distance_m, height_m, alpha_beta, gamma_m)]
        return _core.terrain_line_of_sight(*found)
