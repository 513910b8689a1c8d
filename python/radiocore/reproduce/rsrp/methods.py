"""The columns of the tables: the paper's three methods, further baselines, and ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...models.base import Model
from ...models.boosting import Boosting
from ...models.cell_mean import CellMean
from ...models.likelihood import PAPER, LikelihoodNetwork
from ...models.log_distance import LogDistance
from ...models.mlp import PlainNetwork
from ...models.residual_gaussian_process import ResidualGaussianProcess
from ...models.stack import Stack


@dataclass(frozen=True)
class Method:
    """One column.

    Attributes
    ----------
    name : of the column
    make : a model with its settings, from a seed
    needs_images : it takes the autoencoder's features
    is_calibrated : its intervals are judged after calibration, too
    """

    name: str
    make: Callable[[int], Model]
    needs_images: bool = False
    is_calibrated: bool = False


METHODS = {
    method.name: method
    for method in (
        Method("cell mean", lambda seed: CellMean()),
        Method("empirical", lambda seed: LogDistance()),
        Method("MLP", lambda seed: PlainNetwork(seed=seed), is_calibrated=True),
        Method("boosting", lambda seed: Boosting(seed=seed)),
        Method("GP on residuals", lambda seed: ResidualGaussianProcess(seed=seed)),
        Method("proposed", lambda seed: LikelihoodNetwork(features=PAPER, seed=seed), True, is_calibrated=True),
        Method("ours", lambda seed: Stack(seed=seed), is_calibrated=True),
    )
}
PUBLISHED = ("empirical", "MLP", "proposed")
BASELINES = ("cell mean", "empirical", "MLP", "boosting", "GP on residuals")
"""What ours must beat."""
