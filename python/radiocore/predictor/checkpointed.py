"""A network whose every fit goes on where a killed one left off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..learned.model_file import digest
from ..models.base import Model
from ..models.inputs import Inputs, is_label
from ..models.vae import Autoencoder
from ..models.wrapped import Wrapped


@dataclass
class Checkpointed(Wrapped):
    """Another model, each fit of which keeps its epochs in a file of its own, named after what it is fitted to.

    Attributes
    ----------
    model : a network, or several of one
    folder : where the files are; it exists when the model is fitted
    """

    folder: Path

    def __post_init__(self):
        super().__post_init__()
        require_network(self.model, "checkpoints")

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        numbers = {name: column for name, column in inputs.columns.items() if not is_label(column)}
        own = digest(f"{self.model.settings}", {**numbers, " target": target})[:16]
        with keeping(self.model, checkpoint=self.folder / f"{own}.safetensors"):
            self.model.fit(inputs, target, blocks=blocks, progress=progress)


@contextmanager
def keeping(model: Model | Autoencoder, **files: Path | None) -> Iterator[None]:
    """What is trained meanwhile keeps these files, too, as far as there are any; then its paths are its own again."""
    own = model.files
    model.files = {**own, **{name: path for name, path in files.items() if path is not None}}
    try:
        yield
    finally:
        model.files = own


def require_network(model: Model, option: str) -> None:
    """Refuse a model that trains by no epochs.

    Raises
    ------
    InputError
    """
    if not hasattr(model, "files"):
        raise InputError(f"{option}: the model {model.name!r} has no epochs to keep; leave it out, or take a network")
