"""What is compared: baselines, the paper's network, further models, and what ours is chosen from."""

from __future__ import annotations

from collections.abc import Callable

from ...models.base import Model
from ...models.bent_line import BentLine
from ...models.boosting import Boosting
from ...models.committee import Committee
from ...models.corrected_line import CorrectedLine
from ...models.correction import CorrectionNetwork
from ...models.estimate import EstimateAlone
from ...models.extra_trees import ExtraTrees
from ...models.inputs import Inputs
from ...models.least_squares import LeastSquares
from ...models.link_inputs import BETA, FROM_BUILDINGS, TABLE_2, TIME
from ...models.mixed_effects import MixedEffects
from ...models.network_effects import NetworkEffects
from ...models.plain_mean import PlainMean
from .data_set import NEARBY
from .metrics import Metric
from .settings import Settings
from .thinned import Thinned

RATE = 1e-3
"""Learning rate of networks where the published one does not suit so few rows."""

Make = Callable[[Metric, Inputs, Settings, int], Model]


def _thinned(model: Model, settings: Settings, seed: int) -> Model:
    return Thinned(model, settings.rows, seed)


def _correction(metric: Metric, inputs: Inputs, settings: Settings, seed: int) -> Model:
    network = CorrectionNetwork(metric=metric.name, epochs=settings.epochs, seed=seed, may_collapse=True)
    return _thinned(network, settings, seed)


def _corrected_line(metric: Metric, inputs: Inputs, settings: Settings, seed: int) -> Model:
    network = CorrectedLine(
        metric=metric.name, loss="mse", rate=RATE, epochs=settings.epochs, seed=seed, may_collapse=True
    )
    return _thinned(network, settings, seed)


def _boosting(metric: Metric, inputs: Inputs, settings: Settings, seed: int) -> Model:
    trees = Boosting(features=features_of(metric, inputs), most_trees=settings.trees, seed=seed)
    return _thinned(trees, settings, seed)


def _extra_trees(metric: Metric, inputs: Inputs, settings: Settings, seed: int) -> Model:
    trees = ExtraTrees(features=features_of(metric, inputs), trees=settings.trees, seed=seed)
    return _thinned(trees, settings, seed)


def features_of(metric: Metric, inputs: Inputs) -> tuple[str, ...]:
    """Table II's, beta, the density of the network, and the time but of RSRP."""
    wanted = (*TABLE_2, BETA, NEARBY, *(() if metric.name == "rsrp" else TIME))
    return tuple(name for name in wanted if name in inputs)


OURS, LINE, ESTIMATE, NETWORK, MEAN = "ours", "least squares", "beta alone", "correction network", "plain mean"

METHODS: dict[str, Make | None] = {
    MEAN: lambda *_: PlainMean(),
    LINE: lambda *_: LeastSquares(),
    ESTIMATE: lambda *_: EstimateAlone(),
    NETWORK: _correction,
    "corrected line": _corrected_line,
    "mixed effects": lambda *_: MixedEffects(),
    "boosting": _boosting,
    OURS: None,
}
"""By column. Ours is chosen anew for each fold; see :func:`candidates`."""


def candidates(metric: Metric, inputs: Inputs, settings: Settings, seed: int) -> dict[str, Model]:
    """What ours is chosen from on inner folds.

    Where links know nothing but the way to the mast, lines, and with them what networks add: half of it, as the mean of
    a line without and one with them. Where the buildings are known, trees too.
    """
    found: dict[str, Model] = {
        LINE: LeastSquares(),
        "bent line": BentLine(),
        "bent line + half of the effects": Committee((BentLine(), NetworkEffects())),
        "the same, line with density": Committee((BentLine(features=(NEARBY,)), NetworkEffects())),
    }
    if set(FROM_BUILDINGS) <= set(inputs.columns):
        trees = [make(metric, inputs, settings, seed) for make in (_boosting, _extra_trees)]
        found |= {"boosting": trees[0], "extra trees": trees[1], "boosting and extra trees": Committee(tuple(trees))}
    return found
