"""Which terrains a database is trained for: pairs (a, b) of the sigmoid on a curve, or terrains on a plane."""

from __future__ import annotations

import numpy as np

from ..errors import InputError
from ..propagation.air_to_ground import ALPHA_BETA_BOX, GAMMA_BOX_M
from .closed_form import TABLE_IV

A_RANGE_DEG = (2.5, 33.3)
"""Of a, over the box that the polynomials (5) were fitted on."""
OPEN_SHARE = 0.4
"""Of the rows of a plane that lie where open ground is blended in: coverage changes fastest there."""
LAST_OPENNESS = 0.04
GAMMA_POWER = 0.7


def sigmoid_curve(a, b) -> tuple[float, float, float]:
    """b0, b1, b2 of the modified sigmoid b = b0 + b1 / (1 + exp(b2 a)) nearest to pairs in least squares.

    Algorithm 4, step 1, of arXiv:2312.01826 (Fig. 4); the paper does not print its form.
    """
    from scipy.optimize import least_squares

    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    found = least_squares(lambda x: b_of_a(a, x) - b, [b.min(), 2.0, 0.3], method="trf", x_scale=[0.1, 1.0, 0.1])
    return tuple(found.x.tolist())


def b_of_a(a, curve) -> np.ndarray:
    """b = f(a) of a modified sigmoid."""
    b0, b1, b2 = curve
    return b0 + b1 / (1.0 + np.exp(b2 * np.asarray(a, dtype=np.float64)))


def pairs_on_curve(number: int) -> list[tuple[float, float]]:
    """Pairs (a, f(a)), a in geometric steps over its range, f fitted to the four typical pairs of Table IV."""
    if number < 1:
        raise InputError(f"pairs: {number} must be at least 1")
    typical = np.array(list(TABLE_IV.values()))
    a = np.geomspace(*A_RANGE_DEG, number)
    return list(zip(a.tolist(), b_of_a(a, sigmoid_curve(typical[:, 0], typical[:, 1])).tolist(), strict=True))


def plane_axes(shape: tuple[int, int]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """alpha beta and gamma (m) of the rows and columns of a plane, over the box of the fit and below.

    Rows below alpha beta = 25 are spaced by what is left of open ground, those above by the square root; open ground
    itself is no row.
    """
    rows, columns = shape
    if rows < 3 or columns < 2:
        raise InputError(f"shape: {shape} must be at least 3 rows and 2 columns")
    low, high = ALPHA_BETA_BOX
    blended = max(1, round(OPEN_SHARE * rows))
    openness = np.geomspace(1.0, LAST_OPENNESS, blended + 1)[1:]
    upper = np.linspace(low**0.5, high**0.5, rows - blended) ** 2
    gamma_m = np.linspace(*(edge**GAMMA_POWER for edge in GAMMA_BOX_M), columns) ** (1 / GAMMA_POWER)
    upper[[0, -1]], gamma_m[[0, -1]] = (low, high), GAMMA_BOX_M
    return tuple(np.concatenate([low * (1.0 - openness), upper]).tolist()), tuple(gamma_m.tolist())
