"""A map's coverage in NumPy, double: distances, power law, association and the closed form of P(SINR > T).

Both take (R, 3) receivers and (S, 3) stations in mm, (S,) powers, (S, R) line of sight, noise and (T,) linear
thresholds, and return (T, R) coverage. Links follow Table III of arXiv:2312.01826: exponent 2 and shape 2 in line
of sight, else 3 and 1. With s = m0 T / S and x = s P_i of the interferers,
P = L (1 + [m0 = 2] (s N + sum of x / (1 + x / m))), L = exp(-s N) prod (1 + x / m)^-m.
"""

from __future__ import annotations

import numpy as np

GAIN_NLOS, GAIN_LOS = 10**-5.95, 10**-3.86
RECEIVERS_AT_ONCE = 2048  # the temporaries of 20 stations then stay in the cache


def coverage_as_written(receivers_mm, stations_mm, power_mw, los, noise_mw, threshold) -> np.ndarray:
    """Term by term over the whole arrays."""
    mean_mw, server = _links(receivers_mm, stations_mm, power_mw, los)
    column = np.arange(len(server))
    shape = np.where(los, 2.0, 1.0)
    coverage = np.empty((len(threshold), len(server)))
    for t, level in enumerate(threshold):
        s = shape[server, column] * level / mean_mw[server, column]
        x = s * mean_mw
        x[server, column] = 0.0
        laplace = np.exp(-s * noise_mw) * np.prod((1.0 + x / shape) ** -shape, axis=0)
        slope = s * noise_mw + np.sum(x / (1.0 + x / shape), axis=0)
        coverage[t] = laplace * np.where(los[server, column], 1.0 + slope, 1.0)
    return coverage


def coverage_by_products(receivers_mm, stations_mm, power_mw, los, noise_mw, threshold) -> np.ndarray:
    """Tuned by hand: blocks that fit the cache, squares for powers, one division for the product."""
    coverage = np.empty((len(threshold), len(receivers_mm)))
    for start in range(0, len(receivers_mm), RECEIVERS_AT_ONCE):
        here = slice(start, start + RECEIVERS_AT_ONCE)
        mean_mw, server = _links(receivers_mm[here], stations_mm, power_mw, los[:, here])
        for t, level in enumerate(threshold):
            coverage[t, here] = _block(mean_mw, los[:, here], server, noise_mw, level)
    return coverage


def _links(receivers_mm, stations_mm, power_mw, los):
    """(S, R) mean powers and the strongest station of each receiver."""
    squared = np.zeros(los.shape)
    for axis in range(3):
        offset = stations_mm[:, axis, None] * 1e-3 - receivers_mm[None, :, axis] * 1e-3
        squared += offset * offset
    gain = np.where(los, GAIN_LOS / squared, GAIN_NLOS / (squared * np.sqrt(squared)))
    mean_mw = power_mw[:, None] * gain
    return mean_mw, mean_mw.argmax(axis=0)


def _block(mean_mw, los, server, noise_mw, threshold):
    column = np.arange(len(server))
    two = los[server, column]
    s = (1.0 + two) * threshold / mean_mw[server, column]
    x = mean_mw * s
    x[server, column] = 0.0
    factor = 1.0 + x * (1.0 - 0.5 * los)
    laplace = np.exp(-s * noise_mw) / np.where(los, factor * factor, factor).prod(axis=0)
    return np.where(two, laplace * (1.0 + s * noise_mw + (x / factor).sum(axis=0)), laplace)
