"""What the networks share that correct a physical estimate."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from ..errors import FitError, InputError, require
from ..learned.model_file import digest
from .base import Model
from .encoding import Encoding
from .inputs import Inputs
from .likelihood import FEWEST_BATCHES, mean_and_variance
from .losses import check_loss, loss_of
from .network_weights import load_weights, weights_of
from .prediction import LEAST_DB, Prediction
from .reproducible import reproducible, seeded, torch_device
from .training import History, Schedule, hold_back, renamed, train

if TYPE_CHECKING:
    import torch

COLLAPSED = 1e-3
"""A network whose outputs spread less than this, in deviations of what it was to learn, says the same of all links."""

SLOWER = 0.1
"""By which the rate of a restart is multiplied."""

ROWS_AT_A_TIME = 65_536


@dataclass
class ResidualNetwork(Model):
    """Z = y(x) + estimate(x): a network y of the features, ReLU between its layers, added to a physical estimate.

    A fifth of the training rows, or of their blocks, decides when to stop; the deviation is that of the errors there,
    the same for all links, but with the loss "nll", which learns it. Features that the training rows do not have, or
    that are constant in them, are left out; ``encoding.dropped`` names them after the fit. The network starts from the
    estimate plus its mean error. Where training diverges, or ends in a network that says the same of all links, it is
    done once more with a tenth of the rate, and is an error if it ends so again; ``attempts`` tells the rates and how
    each ended.

    Attributes
    ----------
    loss : one of :data:`radiocore.models.losses.LOSSES`, of the target in its standard deviations
    alpha : of "msle"
    epochs : at most so many
    patience : epochs without a better validation loss before it stops; None: never
    batch : rows a step; at most a twentieth of the rows
    rate, weight_decay : of AdamW
    seed : decides first weights, rows held back and the order of rows
    may_collapse : take a network that says the same of all links, as where it is compared with others; else an error
    device : "cpu" or "cuda": where it is trained; the processor predicts
    files : paths for :func:`radiocore.models.training.train`: checkpoint, log, tensorboard; no setting of the model.
        Those of a restart have "-restart" in their names.
    """

    files: ClassVar[Mapping[str, str | Path]] = {}

    loss: str = "mse"
    alpha: float = 5.0
    epochs: int = 100
    patience: int | None = 10
    batch: int = 64
    rate: float = 1e-3
    weight_decay: float = 0.0
    seed: int = 0
    may_collapse: bool = False
    device: str = "cpu"

    def __post_init__(self):
        super().__post_init__()
        check_loss(self.loss, self.alpha)
        self._schedule(self.batch, self.rate)

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """What the network is shown of a link."""

    @property
    @abstractmethod
    def widths(self) -> tuple[int, ...]:
        """Of its hidden layers."""

    @abstractmethod
    def estimate(self, inputs: Inputs) -> np.ndarray:
        """(N,) what the network is added to, in the target's unit."""

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        torch = require("torch", "ml")
        device = torch_device(self.device)
        self.encoding = Encoding.fit(inputs, self.columns)
        estimate = self.estimate(inputs)
        self._centre, self._scale = _centre_and_scale(target - estimate)
        level, spread = _centre_and_scale(target)
        matrix = self.encoding.matrix(inputs)
        offset = ((estimate + self._centre - level) / spread).astype(np.float32)
        standardised = ((target - level) / spread).astype(np.float32)
        x, o, t = (torch.from_numpy(array).to(device) for array in (matrix, offset, standardised))
        gain = self._scale / spread

        def loss(network, rows, generator):
            mean, variance = self._mean_and_variance(network(x[rows]))
            if variance is not None:
                variance = gain**2 * variance
            return loss_of(self.loss, self.alpha, o[rows] + gain * mean, variance, t[rows])

        rows, validation_rows = hold_back(len(target), blocks, self.seed)
        data = digest(json.dumps(self.encoding.to_dict()), {"x": matrix, "offset": offset, "y": standardised})
        options = {"data": data, "progress": progress, "description": f"Training {self.name}"}
        self.attempts = []
        for rate, files in ((self.rate, self.files), (self.rate * SLOWER, renamed(self.files, "-restart"))):
            self._network = self._new_network().to(device)
            schedule = self._schedule(min(self.batch, max(len(rows) // FEWEST_BATCHES, 1)), rate)
            try:
                self.history = train(self._network, loss, rows, validation_rows, schedule, **options, **files)
            except FitError:
                if self.attempts:
                    raise
                ended = "diverged"
            else:
                self._network = self._network.cpu()
                ended = "collapsed" if np.std(self._outputs(matrix[rows])[0]) < COLLAPSED else "learned"
            self.attempts.append({"rate": rate, "ended": ended})
            if ended == "learned":
                break
        if ended == "collapsed" and not self.may_collapse:
            raise FitError(
                f"{self.name}: it says the same of all links, at rates of {self.rate:g} and of {rate:g}; give another "
                "rate or loss, or a simpler model: the features may tell nothing"
            )
        mean, _ = self._outputs(matrix[validation_rows])
        error_db = target[validation_rows] - estimate[validation_rows] - self._centre - self._scale * mean
        self._deviation_db = max(float(np.sqrt(np.mean(error_db**2))), LEAST_DB)

    def _predict(self, inputs: Inputs) -> Prediction:
        mean, variance = self._outputs(self.encoding.matrix(inputs))
        if variance is None:
            deviation_db = np.full(len(mean), self._deviation_db)
        else:
            deviation_db = self._scale * np.sqrt(variance)
        return Prediction(self.estimate(inputs) + self._centre + self._scale * mean, deviation_db)

    def state(self):
        config = {
            "encoding": self.encoding.to_dict(),
            "correction": {"mean": self._centre, "scale": self._scale, "deviation_db": self._deviation_db},
            "attempts": self.attempts,
            "history": asdict(self.history),
        }
        return config, weights_of(self._network)

    def _load_state(self, config, arrays) -> None:
        self.encoding = Encoding.from_dict(config["encoding"])
        self._centre, self._scale, self._deviation_db = (
            config["correction"][name] for name in ("mean", "scale", "deviation_db")
        )
        self.attempts = list(config["attempts"])
        self.history = History(**{name: tuple(values) for name, values in config["history"].items()})
        self._network = self._new_network()
        load_weights(self._network, arrays, self.name)

    def _outputs(self, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """(N,) float64 mean and variance, in deviations of the correction; no variance but with "nll"."""
        import torch

        with reproducible(self._network), torch.no_grad():
            parts = [self._network(part) for part in torch.from_numpy(matrix).split(ROWS_AT_A_TIME)]
            mean, variance = self._mean_and_variance(torch.cat(parts).double())
        return mean.numpy(), None if variance is None else variance.numpy()

    def _mean_and_variance(self, outputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        return mean_and_variance(outputs) if self.loss == "nll" else (outputs[:, 0], None)

    def _schedule(self, batch: int, rate: float) -> Schedule:
        return Schedule(self.epochs, batch, rate, self.patience, self.weight_decay, self.seed)

    def _new_network(self) -> torch.nn.Module:
        """First weights after He et al. (2015), so that layers tell links apart from the start; zeros in the last."""
        from torch import nn

        sizes = (len(self.encoding.names), *self.widths, 2 if self.loss == "nll" else 1)
        with seeded(self.seed):
            linear = [nn.Linear(*pair) for pair in zip(sizes, sizes[1:], strict=False)]
            for layer in linear:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)
        nn.init.zeros_(linear[-1].weight)
        return nn.Sequential(*(layer for own in linear[:-1] for layer in (own, nn.ReLU())), linear[-1])


def check_widths(**widths: tuple[int, ...]) -> None:
    """Refuse what are no layers.

    Raises
    ------
    InputError
    """
    for name, value in widths.items():
        if not all(isinstance(width, int) and width >= 1 for width in value):
            raise InputError(f"{name}: {value!r}; give whole numbers from 1 up")


def _centre_and_scale(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), max(float(values.std()), LEAST_DB)
