"""Monte Carlo coverage with other generators: the whole estimate, receiver by receiver in the cache.

Each takes mean powers (R, S), shapes (R, S) of 1 or 2, noise and a linear threshold, and returns (R,)
shares of draws in which the strongest mean's SINR lies above the threshold.
"""

from __future__ import annotations

import numpy as np


def by_generator_gamma(mean_mw, fading_m, noise_mw, threshold, draws):
    """NumPy's Generator.gamma over PCG64, double."""
    random = np.random.Generator(np.random.PCG64(11))
    coverage = np.empty(len(mean_mw))
    for r, (mean, shape) in enumerate(zip(mean_mw, fading_m, strict=True)):
        power = random.gamma(shape, mean / shape, (draws, len(mean)))
        coverage[r] = _share_served(power, int(np.argmax(mean)), noise_mw, threshold)
    return coverage


def by_sfc64_exponential(mean_mw, fading_m, noise_mw, threshold, draws):
    """NumPy's fastest way: SFC64, exponentials in single precision; a shape of 2 is half the sum of two."""
    random = np.random.Generator(np.random.SFC64(12))
    coverage = np.empty(len(mean_mw))
    power = np.empty((draws, mean_mw.shape[1]), dtype=np.float32)
    for r, (mean, shape) in enumerate(zip(mean_mw, fading_m, strict=True)):
        random.standard_exponential(dtype=np.float32, out=power)
        two = np.flatnonzero(shape == 2)
        if two.size:
            power[:, two] += random.standard_exponential((draws, two.size), dtype=np.float32)
        power *= (mean / shape).astype(np.float32)
        coverage[r] = _share_served(power, int(np.argmax(mean)), noise_mw, threshold)
    return coverage


def by_numba():
    """The same loop compiled by numba, with NumPy's generator PCG64."""
    import numba

    @numba.njit(fastmath=True)
    def estimate(random, mean_mw, fading_m, noise_mw, threshold, draws):
        receivers, stations = mean_mw.shape
        coverage = np.empty(receivers)
        for r in range(receivers):
            server = np.argmax(mean_mw[r])
            hits = 0
            for _ in range(draws):
                signal = total = 0.0
                for s in range(stations):
                    gain = random.standard_exponential()
                    if fading_m[r, s] == 2:
                        gain = 0.5 * (gain + random.standard_exponential())
                    total += gain * mean_mw[r, s]
                    if s == server:
                        signal = gain * mean_mw[r, s]
                hits += signal > threshold * (total - signal + noise_mw)
            coverage[r] = hits / draws
        return coverage

    def coverage(*arguments):
        return estimate(np.random.Generator(np.random.PCG64(13)), *arguments)

    return coverage


def _share_served(power, server: int, noise_mw: float, threshold: float) -> float:
    signal = power[:, server]
    interference = power.sum(axis=1) - signal
    return np.count_nonzero(signal > threshold * (interference + noise_mw)) / len(power)
