"""Training of the likelihood network on 50,000 rows, on one thread, beside scikit-learn's network of the same size."""

from __future__ import annotations

import numpy as np
import pytest

from radiocore.models.encoding import Encoding
from radiocore.models.inputs import Inputs
from radiocore.models.likelihood import BATCH, PAPER, WIDTHS, LikelihoodNetwork

pytest.importorskip("torch")

ROWS = 50_000
LARGEST_ERROR_DB = 2.0
"""Mean over rows, of a mean that spreads by 6 dB under 3 and 5 dB of noise."""


@pytest.fixture(scope="module")
def links():
    """Inputs, the levels' true mean, and what was measured."""
    rng = np.random.default_rng(1)
    x_m, y_m = rng.uniform(0, 2000, (2, ROWS))
    z1, z2 = rng.normal(size=(2, ROWS))
    month = rng.choice([1.0, 8.0], ROWS)
    columns = {"x_m": x_m, "y_m": y_m, "month": month, "z1": z1, "z2": z2, "sector": rng.choice([*"ABC"], ROWS)}
    distance_m = np.hypot(x_m - 900, y_m - 700)
    mean = -80 - 20 * np.log10(1 + distance_m / 50) + 3 * np.sin(x_m / 100) * np.cos(y_m / 130) + 2 * z1
    mean -= 3 * (month == 8)
    return Inputs(columns), mean, mean + np.where(x_m > 1000, 5.0, 3.0) * rng.normal(size=ROWS)


def _likelihood(inputs, target):
    return LikelihoodNetwork().fit(inputs, target, progress=False).predict(inputs).mean


def _mean_first(inputs, target):
    return LikelihoodNetwork(warm_up=True).fit(inputs, target, progress=False).predict(inputs).mean


def _scikit_learn(inputs, target):
    """The mean alone, by least squares."""
    network = pytest.importorskip("sklearn.neural_network").MLPRegressor(
        hidden_layer_sizes=WIDTHS,
        batch_size=BATCH,
        early_stopping=True,
        validation_fraction=0.2,
        n_iter_no_change=8,
        tol=0,
        max_iter=1000,
    )
    matrix = Encoding.fit(inputs, PAPER).matrix(inputs)
    standardised = (target - target.mean()) / target.std()
    return network.fit(matrix, standardised).predict(matrix) * target.std() + target.mean()


CONTENDERS = {"radiocore": _likelihood, "radiocore, the mean first": _mean_first, "scikit-learn": _scikit_learn}


@pytest.mark.parametrize("name", CONTENDERS)
def bench_likelihood_network(benchmark, links, name):
    inputs, mean, target = links
    table = "rows learned to the end, likelihood network"
    benchmark.group = table
    found = benchmark.pedantic(CONTENDERS[name], (inputs, target), rounds=2, warmup_rounds=0)
    wrong = int(np.abs(found - mean).mean() > LARGEST_ERROR_DB)
    benchmark.extra_info.update(
        name=name, table=table, rival=name == "scikit-learn", threads=1, work=ROWS, unit="rows", wrong=wrong
    )
    assert wrong == 0
