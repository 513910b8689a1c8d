"""The columns of the tables: the paper's three methods, further baselines, and ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...models.base import Model
from ...models.boosting import Boosting
from ...models.cell_mean import CellMean
from ...models.drift_kriging import DriftKriging
from ...models.extra_trees import ExtraTrees
from ...models.inputs import PLAIN, latent_names
from ...models.likelihood import LikelihoodNetwork
from ...models.log_distance import LogDistance
from ...models.mlp import PlainNetwork
from ...models.residual_gaussian_process import ResidualGaussianProcess
from ...models.stack import Chosen
from .settings import Settings


@dataclass(frozen=True)
class Method:
    """One column.

    Attributes
    ----------
    name : of the column
    make : a model, from the report's settings and a seed
    needs_images : it takes the autoencoder's features
    calibration : "own" where its intervals come calibrated, "added" where a step on inner folds makes them so, "none"
    """

    name: str
    make: Callable[[Settings, int], Model]
    needs_images: bool = False
    calibration: str = "none"


def _cell_mean(settings: Settings, seed: int) -> Model:
    return CellMean()


def _empirical(settings: Settings, seed: int) -> Model:
    return LogDistance()


def _plain(settings: Settings, seed: int) -> Model:
    return PlainNetwork(epochs=settings.epochs, seed=seed)


def _boosting(settings: Settings, seed: int) -> Model:
    return Boosting(seed=seed)


def _kriging(settings: Settings, seed: int) -> Model:
    return ResidualGaussianProcess(seed=seed)


def _proposed(settings: Settings, seed: int) -> Model:
    return LikelihoodNetwork(features=PLAIN + latent_names(settings.latent), epochs=settings.epochs, seed=seed)


def _ours(settings: Settings, seed: int) -> Model:
    return Chosen((DriftKriging(seed=seed), Boosting(seed=seed), ExtraTrees(seed=seed)), seed=seed)


METHODS = {
    method.name: method
    for method in (
        Method("cell mean", _cell_mean),
        Method("empirical", _empirical),
        Method("MLP", _plain),
        Method("boosting", _boosting),
        Method("GP on residuals", _kriging),
        Method("proposed", _proposed, needs_images=True, calibration="added"),
        Method("ours", _ours, calibration="own"),
    )
}
OURS = "ours"
"""Kriging with a drift, boosted or randomised trees, or all alike: what errs least on inner folds of each fold."""
BASELINES = ("cell mean", "empirical", "MLP", "boosting", "GP on residuals")
"""What ours must beat."""
