"""P(SINR > T) under independent Nakagami-m fading: by many digits, by enumeration, by dice."""

from itertools import product

import mpmath
import numpy as np


def coverage(mean_power, fading_m, noise, threshold_db, digits: int = 40) -> float:
    """One receiver; the strongest mean serves (the first of equals) and its m is a whole number.

    With s = m0 T / S, P = sum over k < m0 of (-s)^k / k! times the k-th derivative of
    L(s) = exp(-s N) prod (1 + s w_i / m_i)^(-m_i), here by numerical differentiation with many digits.
    """
    server = int(np.argmax(mean_power))
    if mean_power[server] == 0:
        return 0.0
    with mpmath.workdps(digits):
        m0 = int(fading_m[server])
        s = m0 * mpmath.mpf(10) ** (mpmath.mpf(float(threshold_db)) / 10) / mpmath.mpf(float(mean_power[server]))
        others = [
            (mpmath.mpf(float(w)), mpmath.mpf(float(m)))
            for i, (w, m) in enumerate(zip(mean_power, fading_m, strict=True))
            if i != server
        ]

        def laplace(t):
            # At s (1 - t): the Taylor coefficients in t are the terms of the sum.
            z = s * (1 - t)
            return mpmath.exp(-z * mpmath.mpf(float(noise))) * mpmath.fprod((1 + z * w / m) ** -m for w, m in others)

        return float(mpmath.fsum(mpmath.taylor(laplace, 0, m0 - 1)))


def gamma_tail(m: float, x: float) -> float:
    """P(G > x) of G ~ Gamma(m, 1/m), unit mean."""
    return float(mpmath.gammainc(m, m * mpmath.mpf(float(x)), regularized=True))


def mixture(mean_los, mean_nlos, p_los, m_los, m_nlos, noise, threshold_db) -> float:
    """One receiver; every one of the 2^S line-of-sight states in turn, each with its own server."""
    total = 0.0
    for state in product((True, False), repeat=len(p_los)):
        weight = np.prod(np.where(state, p_los, 1 - np.asarray(p_los)))
        if weight:
            mean, m = np.where(state, mean_los, mean_nlos), np.where(state, m_los, m_nlos)
            total += weight * coverage(mean, m, noise, threshold_db, digits=25)
    return float(total)


def dice(mean_power, fading_m, noise, threshold_db, draws: int, seed: int) -> tuple[float, float]:
    """One receiver; NumPy's own gamma draws. Coverage and its standard error."""
    mean_power, fading_m = np.asarray(mean_power, float), np.asarray(fading_m, float)
    gain = np.random.default_rng(seed).gamma(fading_m, 1 / fading_m, (draws, len(mean_power)))
    power = gain * mean_power
    server = int(np.argmax(mean_power))
    signal = power[:, server]
    covered = np.mean(signal > 10 ** (threshold_db / 10) * (noise + power.sum(axis=1) - signal))
    return float(covered), float(np.sqrt(max(covered * (1 - covered), 1 / draws) / draws))


def poisson_rayleigh_coverage(threshold_db: float) -> float:
    """Infinite Poisson network, nearest station serves, exponent 4, Rayleigh, no noise (Andrews et al., 2011)."""
    root = np.sqrt(10 ** (threshold_db / 10))
    return float(1 / (1 + root * (np.pi / 2 - np.arctan(1 / root))))
