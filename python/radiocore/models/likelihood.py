"""A mean and a variance of each link by a network under the Gaussian likelihood. Source: arXiv:2207.00166."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..errors import require
from ..learned.model_file import digest
from .base import Model
from .encoding import Encoding
from .inputs import PLAIN, Inputs, latent_names
from .network_weights import load_weights, weights_of
from .prediction import Prediction
from .reproducible import reproducible, seeded, torch_device
from .training import History, Schedule, hold_back, renamed, train

if TYPE_CHECKING:
    import torch

WIDTHS = (100, 50)
LATENT = latent_names(8)
"""What the encoder of images says of a link. The paper's has two features; eight hold most of what matters of the way
to the mast (``zoom_attempts.csv``)."""

PAPER = PLAIN + LATENT
"""The features of the paper's network, which takes those of its encoder that there are."""

BATCH = 3000
FEWEST_BATCHES = 20
"""An epoch has at least so many, so that few rows are learned too."""

VARIANCE_FLOOR = 1e-4
"""Of the standardised target: no deviation is under a hundredth of the target's own."""


@dataclass
class LikelihoodNetwork(Model):
    """Two hidden layers of 100 and 50, and two heads: mean and variance.

    A fifth of the training rows, or of their blocks, decides when to stop. Features that the training rows do not
    have, or that are constant in them, are left out; ``encoding.dropped`` names them after the fit.

    Attributes
    ----------
    features : columns that it uses, of those there are
    one_hot : whether a column of names becomes one column a name, instead of one in all
    warm_up : whether the mean is learned by least squares first, until that stops, as the likelihood may settle for a
        large variance where the mean could be learned; the paper has none
    epochs : at most so many
    patience : epochs without a better validation loss before it stops
    seed : decides first weights, rows held back and the order of rows
    device : "cpu" or "cuda": where it is trained; the processor predicts
    files : paths for :func:`radiocore.models.training.train`: checkpoint, log, tensorboard; no setting of the model
    """

    name = "likelihood"
    files: ClassVar[Mapping[str, str | Path]] = {}

    features: tuple[str, ...] = PAPER
    one_hot: bool = False
    warm_up: bool = False
    epochs: int = 1000
    patience: int = 8
    seed: int = 0
    device: str = "cpu"

    def __post_init__(self):
        super().__post_init__()
        self.features = tuple(self.features)

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        torch = require("torch", "ml")
        device = torch_device(self.device)
        self.encoding = Encoding.fit(inputs, self.features, one_hot=self.one_hot)
        self._centre, self._scale = float(target.mean()), float(target.std())
        matrix = self.encoding.matrix(inputs)
        standardised = ((target - self._centre) / self._scale).astype(np.float32)
        x, y = torch.from_numpy(matrix).to(device), torch.from_numpy(standardised).to(device)

        def squared_error(network, rows, generator):
            return torch.nn.functional.mse_loss(network(x[rows])[:, 0], y[rows])

        def likelihood(network, rows, generator):
            return negative_log_likelihood(network(x[rows]), y[rows])

        rows, validation_rows = hold_back(len(target), blocks, self.seed)
        batch = min(BATCH, max(len(rows) // FEWEST_BATCHES, 1))
        schedule = Schedule(self.epochs, batch, patience=self.patience, seed=self.seed)
        data = digest(json.dumps(self.encoding.to_dict()), {"x": matrix, "y": standardised})
        network = _network(matrix.shape[1], self.seed).to(device)

        def learn(loss, files, what):
            description = f"Training {self.name}{what}"
            parts = rows, validation_rows
            return train(
                network, loss, *parts, schedule, data=data, progress=progress, description=description, **files
            )

        if self.warm_up:
            learn(squared_error, renamed(self.files, "-warm-up"), ", the mean first")
        self.history = learn(likelihood, self.files, "")
        self._network = network.cpu()

    def _predict(self, inputs: Inputs) -> Prediction:
        import torch

        with reproducible(self._network), torch.no_grad():
            outputs = self._network(torch.from_numpy(self.encoding.matrix(inputs)))
            mean, variance = (column.double().numpy() for column in mean_and_variance(outputs))
        return Prediction(self._centre + self._scale * mean, self._scale * np.sqrt(variance))

    def state(self):
        config = {
            "encoding": self.encoding.to_dict(),
            "target": {"mean": self._centre, "scale": self._scale},
            "history": asdict(self.history),
        }
        return config, weights_of(self._network)

    def _load_state(self, config, arrays) -> None:
        self.encoding = Encoding.from_dict(config["encoding"])
        self._centre, self._scale = config["target"]["mean"], config["target"]["scale"]
        self.history = History(**{name: tuple(values) for name, values in config["history"].items()})
        self._network = _network(len(self.encoding.names), self.seed)
        load_weights(self._network, arrays, self.name)


def mean_and_variance(outputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(N,) each, of the (N, 2) outputs of the heads."""
    import torch

    return outputs[:, 0], torch.nn.functional.softplus(outputs[:, 1]) + VARIANCE_FLOOR


def negative_log_likelihood(outputs: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean over rows of ((mean - target)^2 / variance + ln variance) / 2: of the normal density, less a constant.

    The paper prints the deviation where the density has the variance.
    """
    import torch

    mean, variance = mean_and_variance(outputs)
    return torch.nn.functional.gaussian_nll_loss(mean, target, variance)


def _network(inputs: int, seed: int) -> torch.nn.Module:
    from torch import nn

    with seeded(seed):
        first, second = WIDTHS
        # Two heads of one output each are the two rows of one layer.
        return nn.Sequential(
            nn.Linear(inputs, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 2)
        )
