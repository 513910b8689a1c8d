"""Linear models with random effects of nested groups: coefficients, effects, and the variance of each group."""

from __future__ import annotations

import numpy as np

from ..errors import FitError
from .prediction import LEAST_DB

MOST_ROUNDS = 200
SETTLED_DB = 1e-2
"""Standard deviations that change less in a round are found."""

WEAK = 1e-6
"""Prior precision of the line's coefficients, 1 / dB^2: so wide that it decides only what the rows leave open."""


def mixed_model(design, target: np.ndarray, kind: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Effects of the columns of a design, those of a group drawn to zero by what the group commonly adds.

    Parameters
    ----------
    design : (N, K) sparse array
    target : (N,) dBm or dB, about zero
    kind : (K,) 0 for a column of the line, 1 to G for one of a group

    Returns
    -------
    (K,) effects, (K,) their variances, and (G + 1,) variances of the groups and of the noise, dB^2

    Raises
    ------
    FitError
        The variances did not settle.

    Notes
    -----
    Variances by expectation and maximisation, coefficients by the mixed-model equations: Laird and Ware, Biometrics 38
    (1982); Henderson, Biometrics 31 (1975). A round costs the cube of the number of columns and does not depend on that
    of rows. statsmodels' MixedLM reaches the same by a general optimiser, much slower with nested groups.
    """
    gram, moment, square = (design.T @ design).toarray(), design.T @ target, float(target @ target)
    groups = range(1, int(kind.max()) + 1)
    variance = np.full(len(groups) + 1, target.var() / (len(groups) + 1))
    least = LEAST_DB**2
    for _ in range(MOST_ROUNDS):
        noise = variance[-1]
        prior = np.array([WEAK, *(1 / variance[:-1])])[kind]
        posterior = np.linalg.inv(gram / noise + np.diag(prior))
        found = posterior @ moment / noise
        spread = np.diag(posterior)
        rest = square - 2 * found @ moment + found @ gram @ found + np.sum(gram * posterior)
        effects = [np.mean(found[kind == group] ** 2 + spread[kind == group]) for group in groups]
        before, variance = variance, np.maximum([*effects, rest / len(target)], least)
        if np.abs(np.sqrt(variance) - np.sqrt(before)).max() < SETTLED_DB:
            return found, spread, variance
    raise FitError(
        f"effects: their variances did not settle in {MOST_ROUNDS} rounds; give more rows, or a model without effects"
    )
