"""Monte Carlo coverage on one thread: draws a second, the whole estimate of the SINR included."""

from __future__ import annotations

import numpy as np
import pytest

from radiocore.coverage import coverage_probability, simulated_coverage_probability
from rivals import monte_carlo

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


CONTENDERS = {
    # name: (make, is a rival)
    "radiocore": (lambda: _radiocore, False),
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
    coverage = benchmark.pedantic(
        make(), (mean_mw, fading_m, NOISE_MW, 10 ** (THRESHOLD_DB / 10), DRAWS), rounds=7, warmup_rounds=1
    )
    exact = coverage_probability(mean_mw, fading_m, noise_mw=NOISE_MW, threshold_db=THRESHOLD_DB)
    # The mean of all receivers within 4 standard errors, each within 5: among 1,600, 4 is exceeded by chance.
    variance = (exact * (1 - exact) + 1 / DRAWS) / DRAWS
    wrong = int((np.abs(coverage - exact) > 5 * np.sqrt(variance)).sum())
    benchmark.extra_info.update(name=name, rival=rival, work=mean_mw.size * DRAWS, unit="link draws", wrong=wrong)
    assert wrong == 0
    assert abs(coverage.mean() - exact.mean()) <= 4 * np.sqrt(variance.sum()) / RECEIVERS
