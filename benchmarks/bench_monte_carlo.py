"""Monte Carlo coverage on one thread: link draws decided a second, the whole estimate of the SINR included.

A rival makes every draw. Radiocore's draws are keyed, so it leaves out those that cannot change an outcome any more;
they count all the same, as the answer is that of the whole sum.
"""

from __future__ import annotations

import numpy as np
import pytest

from radiocore.coverage import coverage_probability, simulated_coverage_probability
from rivals import monte_carlo
from rounds import in_rounds

RECEIVERS, STATIONS, DRAWS = 200, 20, 4000
NOISE_MW = 10**-10.4
THRESHOLD_DB = 0.0
FADING = {"m = 1": 0.0, "1 % of links m = 2": 0.01}


def _radiocore(mean_mw, fading_m, noise_mw, threshold, draws):
    coverage, _ = simulated_coverage_probability(
        mean_mw, fading_m, noise_mw=noise_mw, threshold_db=10 * np.log10(threshold), draws=draws, seed=10, threads=1
    )
    return coverage


def _numba():
    pytest.importorskip("numba", reason="numba is not installed: pip install radiocore[bench]")
    return monte_carlo.by_numba()


def _torch():
    pytest.importorskip("torch", reason="torch is not installed: pip install radiocore[bench]")
    return monte_carlo.by_torch()


def _jax():
    pytest.importorskip("jax", reason="jax is not installed: pip install radiocore[bench]")
    return monte_carlo.by_jax()


CONTENDERS = {
    # name: (make, is a rival)
    "radiocore": (lambda: _radiocore, False),
    "JAX": (_jax, True),
    "torch": (_torch, True),
    "NumPy SFC64 float32 logarithm": (lambda: monte_carlo.by_sfc64_logarithm, True),
    "NumPy SFC64 float32 exponential": (lambda: monte_carlo.by_sfc64_exponential, True),
    "NumPy Generator.gamma": (lambda: monte_carlo.by_generator_gamma, True),
    "numba": (_numba, True),
}


@pytest.mark.parametrize("fading", FADING)
@pytest.mark.parametrize("name", CONTENDERS)
def bench_monte_carlo(benchmark, name, fading):
    benchmark.group = f"Monte Carlo, {fading}: {RECEIVERS} x {STATIONS} links, {DRAWS} draws, one thread"
    make, rival = CONTENDERS[name]
    random = np.random.default_rng(5)
    mean_mw = 10 ** random.normal(-9.0, 1.0, (RECEIVERS, STATIONS))
    fading_m = 1.0 + (random.random(mean_mw.shape) < FADING[fading])
    coverage = in_rounds(benchmark, make(), mean_mw, fading_m, NOISE_MW, 10 ** (THRESHOLD_DB / 10), DRAWS)
    exact = coverage_probability(mean_mw, fading_m, noise_mw=NOISE_MW, threshold_db=THRESHOLD_DB)
    variance = exact * (1 - exact) / DRAWS
    # One more hit allows for coverages so near 0 or 1 that their variance says nothing.
    wrong = int((np.abs(coverage - exact) > 5 * np.sqrt(variance + 1 / DRAWS**2)).sum())
    benchmark.extra_info.update(name=name, rival=rival, work=mean_mw.size * DRAWS, unit="link draws", wrong=wrong)
    assert wrong == 0
    _require_same_distribution(coverage, exact, variance)


def _require_same_distribution(coverage, exact, variance):
    """The mean within 4 standard errors, and chi-square over the receivers within 4 of its own."""
    assert abs(coverage.mean() - exact.mean()) <= 4 * np.sqrt(variance.sum()) / len(exact)
    telling = variance * DRAWS**2 >= 5  # where hits are nearly normal
    number = int(telling.sum())
    assert number > 100
    chi_square = ((coverage - exact)[telling] ** 2 / variance[telling]).sum()
    # Wilson and Hilferty: the cube root is nearly normal.
    deviation = ((chi_square / number) ** (1 / 3) - 1 + 2 / (9 * number)) / np.sqrt(2 / (9 * number))
    assert abs(deviation) <= 4
