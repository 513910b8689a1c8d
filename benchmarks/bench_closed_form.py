"""Coverage in closed form on one thread: the compiled core against the same formula in NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from radiocore import _core
from rivals.closed_form import coverage_as_written, coverage_by_products

RECEIVERS, STATIONS = 100_000, 20
NOISE_MW = 10**-10.4
TOLERANCE = 1e-12


def _radiocore(mean_mw, los, server, noise_mw, threshold):
    load = np.ones(len(mean_mw))
    return _core.closed_form(mean_mw, None, los, (1.0, 2.0), load, server, noise_mw, np.array([threshold]), 1)[0]


CONTENDERS = {
    # name: (evaluate, is a rival)
    "radiocore": (_radiocore, False),
    "NumPy, products in blocks": (coverage_by_products, True),
    "NumPy, as written": (coverage_as_written, True),
}


@pytest.mark.parametrize("name", CONTENDERS)
def bench_closed_form(benchmark, name):
    benchmark.group = f"closed form, {RECEIVERS:,} x {STATIONS} links, one thread"
    evaluate, rival = CONTENDERS[name]
    random = np.random.default_rng(6)
    mean_mw = 10 ** random.normal(-9.0, 1.0, (STATIONS, RECEIVERS))
    los = (random.random(mean_mw.shape) < 0.01).astype(np.uint8)
    server = _core.associate(mean_mw, 1)
    # A byte is what the core stores, a boolean what NumPy selects by.
    states = los.astype(bool) if rival else los
    coverage = benchmark.pedantic(evaluate, (mean_mw, states, server, NOISE_MW, 1.0), rounds=11, warmup_rounds=1)
    expected = coverage_as_written(mean_mw, los.astype(bool), server, NOISE_MW, 1.0)
    wrong = int((np.abs(coverage - expected) > TOLERANCE).sum())
    benchmark.extra_info.update(name=name, rival=rival, work=mean_mw.size, unit="links", wrong=wrong)
    assert wrong == 0
