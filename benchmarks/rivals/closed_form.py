"""The closed form of P(SINR > T) for links of shape 1 and 2 in NumPy, double.

Both take (S, R) mean powers and line of sight (shape 2; blocked links have shape 1), (R,) servers,
noise and a linear threshold, and return (R,) coverage. With s = m0 T / S and x = s P_i of the
interferers, P = L (1 + [m0 = 2] (s N + sum of x / (1 + x / m))), L = exp(-s N) prod (1 + x / m)^-m.
"""

from __future__ import annotations

import numpy as np

RECEIVERS_AT_ONCE = 2048  # the temporaries of 20 stations then stay in the cache


def coverage_as_written(mean_mw, los, server, noise_mw, threshold) -> np.ndarray:
    """Term by term over the whole arrays."""
    column = np.arange(len(server))
    shape = np.where(los, 2.0, 1.0)
    s = shape[server, column] * threshold / mean_mw[server, column]
    x = s * mean_mw
    x[server, column] = 0.0
    laplace = np.exp(-s * noise_mw) * np.prod((1.0 + x / shape) ** -shape, axis=0)
    slope = s * noise_mw + np.sum(x / (1.0 + x / shape), axis=0)
    return laplace * np.where(los[server, column], 1.0 + slope, 1.0)


def coverage_by_products(mean_mw, los, server, noise_mw, threshold) -> np.ndarray:
    """Tuned by hand: blocks that fit the cache, squares for powers, one division for the product."""
    coverage = np.empty(mean_mw.shape[1])
    for start in range(0, len(coverage), RECEIVERS_AT_ONCE):
        here = slice(start, start + RECEIVERS_AT_ONCE)
        coverage[here] = _block(mean_mw[:, here], los[:, here], server[here], noise_mw, threshold)
    return coverage


def _block(mean_mw, los, server, noise_mw, threshold):
    column = np.arange(len(server))
    two = los[server, column]
    s = (1.0 + two) * threshold / mean_mw[server, column]
    x = mean_mw * s
    x[server, column] = 0.0
    factor = 1.0 + x * (1.0 - 0.5 * los)
    laplace = np.exp(-s * noise_mw) / np.where(los, factor * factor, factor).prod(axis=0)
    return np.where(two, laplace * (1.0 + s * noise_mw + (x / factor).sum(axis=0)), laplace)
