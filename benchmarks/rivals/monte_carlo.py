"""Monte Carlo coverage with other generators: the whole estimate, receiver by receiver in the cache.

Each takes mean powers (R, S), shapes (R, S) of 1 or 2, noise and a linear threshold, and returns (R,)
shares of draws in which the strongest mean's SINR lies above the threshold.
"""

from __future__ import annotations

import os
from functools import partial

import numpy as np

SMALLEST_UNIFORM = 2.0**-25  # half a step of 24 bits: the logarithm stays finite


def by_generator_gamma(mean_mw, fading_m, noise_mw, threshold, draws):
    """NumPy's Generator.gamma over PCG64, double."""
    random = np.random.Generator(np.random.PCG64(11))
    coverage = np.empty(len(mean_mw))
    for r, (mean, shape) in enumerate(zip(mean_mw, fading_m, strict=True)):
        power = random.gamma(shape, mean / shape, (draws, len(mean)))
        coverage[r] = _share_served(power, int(np.argmax(mean)), noise_mw, threshold)
    return coverage


def by_sfc64_exponential(mean_mw, fading_m, noise_mw, threshold, draws):
    """SFC64's exponentials in single precision; a shape of 2 is half the sum of two."""
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


def by_sfc64_logarithm(mean_mw, fading_m, noise_mw, threshold, draws):
    """Faster still: SFC64's uniforms in single precision and NumPy's vectorised logarithm, station by station."""
    random = np.random.Generator(np.random.SFC64(16))
    coverage = np.empty(len(mean_mw))
    power = np.empty((mean_mw.shape[1], draws), dtype=np.float32)
    second = np.empty(draws, dtype=np.float32)

    def draw(out):  # of log(1 - u), whose negative is the exponential
        random.random(dtype=np.float32, out=out)
        np.subtract(np.float32(1.0), out, out=out)
        np.log(out, out=out)

    for r, (mean, shape) in enumerate(zip(mean_mw, fading_m, strict=True)):
        draw(power)
        for two in np.flatnonzero(shape == 2):
            draw(second)
            power[two] += second
        power *= (-mean / shape).astype(np.float32)[:, None]
        coverage[r] = _share_served(power.T, int(np.argmax(mean)), noise_mw, threshold)
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


def by_torch():
    """Torch in single precision on one thread: logarithms of uniforms, four times as fast as its exponential_()."""
    import torch

    torch.set_num_threads(1)

    def draw(power, random):
        return power.uniform_(SMALLEST_UNIFORM, 1.0, generator=random).log_()

    def coverage(mean_mw, fading_m, noise_mw, threshold, draws):
        random = torch.Generator().manual_seed(14)
        served = np.empty(len(mean_mw))
        power = torch.empty((mean_mw.shape[1], draws))  # a station's draws are contiguous, and all stay in the cache
        for r, (mean, shape) in enumerate(zip(mean_mw, fading_m, strict=True)):
            draw(power, random)
            for two in np.flatnonzero(shape == 2):
                power[two] += draw(torch.empty(draws), random)
            power *= torch.from_numpy((-mean / shape).astype(np.float32))[:, None]
            signal = power[int(np.argmax(mean))]
            interference = power.sum(dim=0) - signal
            served[r] = int(torch.count_nonzero(signal > threshold * (interference + noise_mw))) / draws
        return served

    return coverage


def by_jax():
    """One loop over receivers compiled by JAX, single precision, Threefry: on a CPU its fastest generator.

    To be called before anything else starts JAX: that is when it counts its threads.
    """
    os.environ["NPROC"] = "1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["XLA_FLAGS"] = "--xla_cpu_prefer_vector_width=512"
    import jax
    import jax.numpy as jnp

    def drawn(key, shape):
        """Exponentials of 24 random bits: a fifth faster than jax.random.exponential."""
        bits = jax.random.bits(key, shape, jnp.uint32) >> 8
        return -jnp.log(bits.astype(jnp.float32) * 2.0**-24 + SMALLEST_UNIFORM)

    @partial(jax.jit, static_argnames="draws")
    def hits(key, mean, server, twos, noise_mw, threshold, draws):
        def of_receiver(item):
            key, mean, server, twos = item
            power = drawn(key, (len(mean), draws))
            for k, two in enumerate(twos):  # (S,) 1 at one link of shape 2: its second exponential
                power += two[:, None] * drawn(jax.random.fold_in(key, k), (draws,))
            power *= mean[:, None]
            signal = power[server]
            return jnp.count_nonzero(signal > threshold * (power.sum(axis=0) - signal + noise_mw))

        return jax.lax.map(of_receiver, (jax.random.split(key, len(mean)), mean, server, twos))

    def coverage(mean_mw, fading_m, noise_mw, threshold, draws):
        two = fading_m == 2
        nth = np.cumsum(two, axis=1)[:, None, :]
        twos = (two[:, None, :] & (nth == 1 + np.arange(nth.max())[:, None])).astype(np.float32)
        scale_mw, server = (mean_mw / fading_m).astype(np.float32), np.argmax(mean_mw, axis=1)
        counted = hits(jax.random.key(15), scale_mw, server, twos, noise_mw, threshold, draws=draws)
        return np.asarray(counted) / draws

    return coverage


def _share_served(power, server: int, noise_mw: float, threshold: float) -> float:
    signal = power[:, server]
    interference = power.sum(axis=1) - signal
    return np.count_nonzero(signal > threshold * (interference + noise_mw)) / len(power)
