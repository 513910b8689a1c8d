"""Monte Carlo coverage in plain CuPy, as a user of CuPy would write it: whole arrays of draws.

Shapes are 1 or 2: a shape of 2 is half the sum of two exponentials.
"""

from __future__ import annotations

import cupy as cp

DRAWS_AT_ONCE = 2**28
"""Link draws of a batch: 1 GiB of single precision, and about three such arrays at a time."""


def coverage(mean_mw, fading_m, noise_mw: float, threshold: float, draws: int) -> cp.ndarray:
    """(R,) share of draws in which the strongest mean's SINR lies above the threshold; arrays (R, S)."""
    receivers, stations = mean_mw.shape
    server = mean_mw.argmax(axis=1)
    scale = (mean_mw / fading_m).astype(cp.float32)
    any_two = bool((fading_m == 2).any())
    batch = max(1, DRAWS_AT_ONCE // (draws * stations))
    share = cp.empty(receivers, dtype=cp.float32)
    for first in range(0, receivers, batch):
        rows = slice(first, first + batch)
        shape = (len(server[rows]), draws, stations)
        power = cp.random.standard_exponential(shape, dtype=cp.float32)
        if any_two:
            second = cp.random.standard_exponential(shape, dtype=cp.float32)
            power += cp.where(fading_m[rows, None, :] == 2, second, cp.float32(0))
        power *= scale[rows, None, :]
        signal = cp.take_along_axis(power, server[rows, None, None], axis=2)[:, :, 0]
        interference = power.sum(axis=2) - signal
        share[rows] = (signal > threshold * (interference + noise_mw)).mean(axis=1)
    return share
