"""Coverage as a closed form of the density of stations, and its fit to the full expression.

    P(lambda) = sum_i c_i lambda q_i^lambda,    lambda in stations per km^2

arXiv:2312.01826, eq. (9), Proposition 1 and Table IV. The paper has two terms and writes the second with a minus,
P = c1 lambda c2^lambda - c3 lambda c4^lambda; here signs are part of the weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _core
from ..errors import FitError, InputError

LEAST_DECAYS, STEP_OF_DECAYS = (0.3, 2.0), 5.0
"""Decays that fits start from: the least, over the largest density, and the ratio of each to the one before."""
FIT_TOLERANCE = 2e-4
"""Largest error of a fit at which no further term is tried."""


@dataclass(frozen=True)
class ClosedForm:
    """Weights and decays of the terms, the fastest decay first.

    Attributes
    ----------
    weight_km2 : (K,) c_i
    decay_km2 : (K,) -ln q_i, not negative
    """

    weight_km2: tuple[float, ...]
    decay_km2: tuple[float, ...]

    @classmethod
    def of_table(cls, c1: float, c2: float, c3: float, c4: float) -> ClosedForm:
        """From the paper's four numbers."""
        order = np.argsort([c2, c4])
        return cls(
            tuple(float(value) for value in np.array([c1, -c3])[order]),
            tuple(float(value) for value in -np.log([c2, c4])[order]),
        )

    @property
    def table(self) -> tuple[float, float, float, float]:
        """The paper's four numbers, c2 below c4.

        Raises
        ------
        InputError
            There are not two terms.
        """
        if len(self.weight_km2) != 2:
            raise InputError(f"terms: the paper's form has 2, this one {len(self.weight_km2)}")
        base = np.exp(-np.array(self.decay_km2))
        return (self.weight_km2[0], float(base[0]), -self.weight_km2[1], float(base[1]))

    def __call__(self, density_per_km2) -> np.ndarray:
        """Coverage in [0, 1] at densities of any shape, stations per km^2."""
        return closed_form(density_per_km2, np.array(self.weight_km2), np.array(self.decay_km2))


TABLE_IV = {
    "suburban": (4.88, 0.43, 0.0889, 0.9315, -0.0290, 0.9807),
    "urban": (9.61, 0.16, 0.0271, 0.9680, -0.0167, 0.9917),
    "dense-urban": (12.08, 0.11, 0.0206, 0.9744, -0.0133, 0.9932),
    "high-rise": (27.23, 0.08, 0.0028, 0.9999, -0.0031, 0.9929),
}
"""a, b and c1 to c4 as the paper prints them, for :meth:`ClosedForm.of_table`.

It does not print the farthest distance and the threshold that they belong to; they agree with 520 to 550 m and a
threshold 2.4 to 3 dB below the stated one.
"""


def closed_form(density_per_km2, weight_km2: np.ndarray, decay_km2: np.ndarray) -> np.ndarray:
    """Clipped to [0, 1]: densities of any shape, weights and decays (..., K); result (..., *density.shape)."""
    density = np.asarray(density_per_km2, dtype=np.float64)
    weight, decay = (np.asarray(value)[..., *([None] * density.ndim)] for value in (weight_km2, decay_km2))
    axis = -1 - density.ndim
    return np.clip(density * (weight * _core.exp(-decay * density)).sum(axis=axis), 0.0, 1.0)


def fit_densities(range_per_km2: tuple[float, float]) -> np.ndarray:
    """Densities that a fit is held to: a hundred equal steps up to the largest, and a few below the first step.

    For (0.1, 100) these are 0.1, 0.2, 0.5, 1, 2, ..., 100.
    """
    low, high = range_per_km2
    steps = np.linspace(high / 100, high, 100)
    few = low * np.array([1.0, 2.0, 5.0])
    return np.concatenate([few[few < 0.75 * steps[0]], steps])


def fit_closed_form(
    density_per_km2: np.ndarray,
    coverage: np.ndarray,
    *,
    fewest_terms: int = 2,
    most_terms: int = 2,
    tolerance: float = FIT_TOLERANCE,
    start: ClosedForm | None = None,
) -> ClosedForm:
    """The closed form nearest to a curve in least squares: Algorithm 4, step 7.

    Parameters
    ----------
    density_per_km2, coverage : (D,) ndarray
    fewest_terms, most_terms : int
        A term is added, up to the most, while the largest error exceeds ``tolerance``.
    start : ClosedForm, optional
        A form of a similar curve; kept to, where it leads below the tolerance.

    Raises
    ------
    FitError
        No start leads to a finite fit.

    Notes
    -----
    The weights are linear, so for given decays they are those of linear least squares, and the trust region
    reflective method searches the logarithms of the decays only (Golub and Pereyra's variable projection).
    """
    best = None
    if start is not None and fewest_terms <= len(start.decay_km2) <= most_terms:
        best = _fit(density_per_km2, coverage, [np.log(start.decay_km2)])
        if best[0] <= tolerance:
            return best[1]
    scale = 1.0 / density_per_km2.max()
    for terms in range(fewest_terms, most_terms + 1):
        steps = STEP_OF_DECAYS ** np.arange(terms)[::-1]
        found = _fit(density_per_km2, coverage, [np.log(scale * least * steps) for least in LEAST_DECAYS])
        best = found if best is None or found[0] < best[0] else best
        if best[0] <= tolerance:
            break
    return best[1]


def _fit(density_per_km2: np.ndarray, coverage: np.ndarray, starts: list[np.ndarray]) -> tuple[float, ClosedForm]:
    """Largest error and form of the best fit from some starts, (terms,) logarithms of the decays."""
    from scipy.optimize import least_squares

    density = density_per_km2[:, None]

    def parts(log_decay: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        basis = density * np.exp(-np.exp(log_decay) * density)
        return basis, np.linalg.lstsq(basis, coverage, rcond=1e-12)[0]

    def residual(log_decay: np.ndarray) -> np.ndarray:
        basis, weight = parts(log_decay)
        return basis @ weight - coverage

    def slope(log_decay: np.ndarray) -> np.ndarray:
        """Kaufman's: how the weights follow the decays is left out, which the linear fit mends."""
        basis, weight = parts(log_decay)
        change = -np.exp(log_decay) * density * basis * weight
        spanned = np.linalg.qr(basis)[0]
        return change - spanned @ (spanned.T @ change)

    scale = 1.0 / density_per_km2.max()
    low, high = np.log(scale * 1e-3), np.log(scale * 1e4)
    inside = [np.clip(start, low + 1e-6, high - 1e-6) for start in starts]
    found = [least_squares(residual, start, slope, bounds=(low, high), method="trf") for start in inside]
    best = min(found, key=lambda fit: fit.cost if np.isfinite(fit.cost) else np.inf)
    if not np.isfinite(best.cost):
        raise FitError("stochastic geometry: no closed form fits the curve; is it coverage over density?")
    log_decay = np.sort(best.x)[::-1]
    numbers = [tuple(float(f"{value:.9g}") for value in column) for column in (parts(log_decay)[1], np.exp(log_decay))]
    form = ClosedForm(*numbers)
    return float(np.abs(form(density_per_km2) - coverage).max()), form
