"""Variational autoencoder of digital-twin images: what the top view of a link shows, in a few numbers.

Source: arXiv:2207.00166. The error of a reconstruction is summed over the 196,608 values of an image in [-1, 1]. What
undoes a convolution and its max-pooling is one transposed convolution of stride 2; up-sampling before a convolution
takes three to five times as long (``benchmarks/bench_autoencoder.py``).
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from ..digital_twin import DigitalTwin, read_images, style
from ..digital_twin.images import SHAPE
from ..errors import FitError, InputError, require
from .inputs import latent_names
from .network_weights import load_weights, weights_of
from .reproducible import reproducible, seeded, torch_device
from .training import History, Schedule, hold_back, train

if TYPE_CHECKING:
    import torch

BANKS_PX = (3, 5, 7)
"""Sides of the first layer's filters."""

HIDDEN = 64
DROPOUT = 0.25
CODE_PX = style.SIDE_PX // 8
"""Side of what three poolings leave of an image."""

AT_ONCE = 10
"""Images of a batch that are worked on together: what a layer makes of more outgrows the cache, at twice the time."""

BLOCK = 64
"""Images that are read at once, where not a batch: 12 MiB."""


@dataclass
class Autoencoder:
    """Fit to images; the encoder's mean is then the feature of an image. Its fields are its settings.

    A fifth of the images decides when to stop.

    Attributes
    ----------
    widths : filters of each of the first layer's three banks, of the second layer and of the third
    latent : features of an image
    beta : weight of the divergence from the standard normal distribution, beside the squared error
    epochs, batch, patience : as of :class:`radiocore.models.training.Schedule`
    seed : decides first weights, images held back and their order, dropout and noise
    bfloat16 : train in that precision; faster where the processor or the GPU has instructions for it alone
    device : "cpu" or "cuda": where it is trained. Features are computed by the processor, so that they are the same
    threads : of torch in training; weights depend on their number in the last digits. None: as many as torch takes
    files : paths for :func:`radiocore.models.training.train`: checkpoint, log, tensorboard; no setting of the model
    """

    name: ClassVar[str] = "autoencoder"
    files: ClassVar[Mapping[str, str | Path]] = {}

    widths: tuple[int, int, int] = (8, 16, 32)
    latent: int = 2
    beta: float = 1.0
    epochs: int = 100
    batch: int = 50
    patience: int | None = 8
    seed: int = 0
    bfloat16: bool = False
    device: str = "cpu"
    threads: int | None = None

    def __post_init__(self):
        self.widths = tuple(self.widths)
        if len(self.widths) != 3 or not all(_is_count(width) for width in self.widths):
            raise InputError(f"widths: {self.widths}; give three whole numbers from 1 up")
        if not _is_count(self.latent):
            raise InputError(f"latent: {self.latent!r}; give a whole number from 1 up")
        if not 0 <= self.beta < math.inf:
            raise InputError(f"beta: {self.beta!r}; give zero or more")
        self._schedule = Schedule(self.epochs, self.batch, patience=self.patience, seed=self.seed, at_once=AT_ONCE)
        self.is_fitted = False

    @property
    def settings(self) -> dict[str, Any]:
        """The fields by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @property
    def column_names(self) -> tuple[str, ...]:
        """z1, z2, ...: the features as columns of links."""
        return latent_names(self.latent)

    def fit(self, images, *, progress: bool | None = None) -> Self:
        """Fit to N images; one that was fitted before starts anew.

        Parameters
        ----------
        images : path, or (N, 256, 256, 3) uint8
            A file of :meth:`radiocore.digital_twin.DigitalTwin.write`, or what
            :func:`radiocore.digital_twin.read_images` makes of one; a batch at a time is loaded.
        progress : bool, optional
            As of :func:`radiocore.progress.progress_bar`.

        Raises
        ------
        InputError
            There are no two images, they are of another shape or type, or all equal.
        FitError
            The loss is not finite.
        DeviceUnavailableError
            There is no such device.
        """
        images = _checked(images)
        rows, validation_rows = hold_back(len(images), None, self.seed)
        if not any((block != images[0]).any() for block in _blocks(images)):
            raise InputError(f"images: all {len(images)} are equal; there is nothing to learn; is it the right file?")
        network = build(self.widths, self.latent, self.seed).to(torch_device(self.device))

        def loss(network, rows, generator):
            picked = np.sort(rows.numpy())  # as they lie in the file
            return negative_elbo(
                network, as_tensor(images[picked], generator.device), generator, self.beta, self.bfloat16
            )

        self.history = train(
            network,
            loss,
            rows,
            validation_rows,
            self._schedule,
            data=_checksum(images, self.settings) if self.files.get("checkpoint") else "",
            threads=self.threads,
            progress=progress,
            description=f"Training {self.name}",
            **self.files,
        )
        self._network = network.cpu()
        self.is_fitted = True
        return self

    def encode(self, images) -> np.ndarray:
        """(N, latent) float32: the encoder's mean of each image, the same bytes whatever stands beside it.

        Parameters
        ----------
        images : as in :meth:`fit`

        Raises
        ------
        FitError
            It was not fitted.
        InputError
            The images are of another shape or type.
        """
        return self._encoded(_blocks(_checked(images)))

    def columns(
        self, twin: DigitalTwin, base_station_m, user_m, *, progress: bool | None = None
    ) -> dict[str, np.ndarray]:
        """The features of links by name, (N,) float64 each, as columns for :class:`radiocore.models.inputs.Inputs`.

        Images are drawn and forgotten, block by block.

        Parameters
        ----------
        twin, base_station_m, user_m : as in :meth:`radiocore.digital_twin.DigitalTwin.draw`
        progress : bool, optional
            As of :func:`radiocore.progress.progress_bar`.
        """
        blocks = twin.blocks(base_station_m, user_m, what="drawing and encoding", progress=progress)
        features = self._encoded(blocks)
        return dict(zip(self.column_names, features.T.astype(np.float64), strict=True))

    def reconstruct(self, images) -> np.ndarray:
        """(N, 256, 256, 3) uint8: what the decoder makes of each image's features. Images are as in :meth:`fit`."""

        def again(network, image):
            values = network["decoder"](encode(network, image)[0])[0].permute(1, 2, 0)
            return ((values + 1) * 127.5).round().byte().numpy()

        return np.stack(list(self._each(again, _blocks(_checked(images)))))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """What was learned, and of which images: plain values ready for JSON, and arrays by name."""
        arrays = weights_of(self._fitted())
        return {"history": asdict(self.history), "style": image_style()}, arrays

    def restore(self, config: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """Take the state that :meth:`state` of an equal one told.

        Raises
        ------
        InputError
            The arrays are not of these settings, or the images looked otherwise.
        """
        if config["style"] != image_style():
            raise InputError(
                f"{self.name}: it was trained on images of another style ({config['style']}); train it anew on these"
            )
        self._network = build(self.widths, self.latent, self.seed)
        load_weights(self._network, arrays, self.name)
        self.history = History(**{name: tuple(values) for name, values in config["history"].items()})
        self.is_fitted = True
        return self

    def _fitted(self) -> torch.nn.ModuleDict:
        if not self.is_fitted:
            raise FitError(f"{self.name}: it was not fitted; call fit first, or load a trained model")
        return self._network

    def _encoded(self, blocks: Iterable[np.ndarray]) -> np.ndarray:
        return np.stack(list(self._each(lambda network, image: encode(network, image)[0][0].numpy(), blocks)))

    def _each(self, function, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """The function of the network and of each image alone.

        Kernels are chosen by the size of a batch and by threads. So every image is a batch of its own, computed by
        one thread, and gives the same bytes in any company; processors share the images, which is no slower.
        """
        import torch

        network = self._fitted()

        def one(image: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                return function(network, as_tensor(image[None]))

        single = {"initializer": torch.set_num_threads, "initargs": (1,)}
        with reproducible(network, threads=1), ThreadPoolExecutor(os.cpu_count(), **single) as pool:
            for block in blocks:
                yield from pool.map(one, block)


def build(widths: tuple[int, int, int], latent: int, seed: int) -> torch.nn.ModuleDict:
    """The network with its first weights: "encoder" to 64 numbers, heads "mean" and "log_variance", and "decoder"."""
    torch = require("torch", "ml")
    nn = torch.nn

    class Banks(nn.ModuleList):
        """Filters beside each other, each pooled."""

        def forward(self, images):
            return torch.cat([nn.functional.max_pool2d(bank(images), 2) for bank in self], dim=1)

    class InverseBanks(nn.ModuleList):
        """A share of the channels to each, and the sum of what they make of it."""

        def forward(self, channels):
            return sum(bank(share) for bank, share in zip(self, channels.chunk(len(self), dim=1), strict=True))

    def convolution(channels, filters, side_px):
        return nn.Conv2d(channels, filters, side_px, padding=side_px // 2)

    def inverse(filters, channels, side_px):
        half = side_px // 2
        return nn.ConvTranspose2d(filters, channels, side_px, stride=2, padding=half, output_padding=1)

    colours = SHAPE[-1]
    first, second, third = widths
    beside = len(BANKS_PX) * first
    code = (third, CODE_PX, CODE_PX)
    with seeded(seed):
        encoder = nn.Sequential(
            Banks(convolution(colours, first, side_px) for side_px in BANKS_PX),
            nn.ReLU(),
            convolution(beside, second, 3),
            nn.MaxPool2d(2),
            nn.ReLU(),
            convolution(second, third, 3),
            nn.MaxPool2d(2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Dropout(DROPOUT),
            nn.Linear(math.prod(code), HIDDEN),
            nn.ReLU(),
        )
        decoder = nn.Sequential(
            nn.Linear(latent, HIDDEN),
            nn.ReLU(),
            nn.Linear(HIDDEN, math.prod(code)),
            nn.ReLU(),
            nn.Unflatten(1, code),
            inverse(third, second, 3),
            nn.ReLU(),
            inverse(second, beside, 3),
            nn.ReLU(),
            InverseBanks(inverse(first, colours, side_px) for side_px in BANKS_PX),
            nn.Tanh(),
        )
        for layer in (*encoder.modules(), *decoder.modules()):
            if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                _keep_variance(layer)
        heads = {name: nn.Linear(HIDDEN, latent) for name in ("mean", "log_variance")}
    network = nn.ModuleDict({"encoder": encoder, **heads, "decoder": decoder})
    return network.to(memory_format=torch.channels_last)  # as images lie in memory, and twice as fast


def _keep_variance(layer: torch.nn.Module) -> None:
    """First weights after He et al. (arXiv:1502.01852), for layers between rectifiers.

    With torch's own the signal fades from layer to layer, and the latent stays silent for hundreds of steps.
    """
    import torch

    transposed = isinstance(layer, torch.nn.ConvTranspose2d)
    reached = layer.weight[:, 0] if transposed else layer.weight[0]
    # An output pixel of a transposed convolution sees one of stride x stride positions of the filter.
    summands = reached.numel() / (math.prod(layer.stride) if transposed else 1)
    torch.nn.init.normal_(layer.weight, std=math.sqrt(2 / summands))
    torch.nn.init.zeros_(layer.bias)


def encode(network: torch.nn.ModuleDict, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(N, latent) mean, and logarithm of the variance, of the encoder's distribution for (N, 3, 256, 256) images."""
    hidden = network["encoder"](images)
    return network["mean"](hidden), network["log_variance"](hidden)


def negative_elbo(
    network: torch.nn.ModuleDict,
    images: torch.Tensor,
    generator: torch.Generator,
    beta: float = 1.0,
    bfloat16: bool = False,
) -> torch.Tensor:
    """Mean over images of the squared error, summed over all values, and beta times the divergence.

    The latent is drawn once: mean + noise x deviation.
    """
    import torch

    with torch.autocast(images.device.type, torch.bfloat16, enabled=bfloat16):
        mean, log_variance = (value.float() for value in encode(network, images))
        noise = torch.randn(mean.shape, generator=generator, device=mean.device)
        again = network["decoder"](mean + noise * torch.exp(log_variance / 2)).float()
    squared_error = torch.nn.functional.mse_loss(again, images, reduction="sum")
    return (squared_error + beta * divergence(mean, log_variance)) / len(images)


def divergence(mean: torch.Tensor, log_variance: torch.Tensor) -> torch.Tensor:
    """Sum over all of KL(N(mean, variance) || N(0, 1)), in nats."""
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum()


def as_tensor(images: np.ndarray, device="cpu") -> torch.Tensor:
    """(N, 3, 256, 256) float32 in [-1, 1] of (N, 256, 256, 3) uint8, as :func:`radiocore.digital_twin.scaled`."""
    import torch

    values = torch.from_numpy(np.array(images)).to(device).float()
    return values.div_(127.5).sub_(1).permute(0, 3, 1, 2)


def image_style() -> dict[str, Any]:
    """What images look like, as JSON has it; an encoder is of no use for others."""
    constants = {name: value for name, value in vars(style).items() if name.isupper()}
    return json.loads(json.dumps(constants))


def _blocks(images: np.ndarray) -> Iterator[np.ndarray]:
    return (images[start : start + BLOCK] for start in range(0, len(images), BLOCK))


def _checked(images) -> np.ndarray:
    if isinstance(images, str | Path):
        images = read_images(images)
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8 or images.shape[1:] != SHAPE or not len(images):
        what = f"{images.dtype} of {images.shape}" if isinstance(images, np.ndarray) else type(images).__name__
        raise InputError(f"images: {what}; give one or more of {SHAPE} uint8, or a file of DigitalTwin.write")
    return images


def _checksum(images: np.ndarray, settings: Mapping[str, Any]) -> str:
    """Of what decides the weights, but for what the trainer knows."""
    out = hashlib.sha256(json.dumps([settings["beta"], settings["bfloat16"], settings["threads"]]).encode())
    for block in _blocks(images):
        out.update(np.ascontiguousarray(block).data)
    return out.hexdigest()


def _is_count(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1
