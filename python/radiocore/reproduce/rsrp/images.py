"""The first tier: images of links, the autoencoder that learns from some, and what it says of all."""

from __future__ import annotations

import tempfile
from itertools import chain
from pathlib import Path

import numpy as np

from ...digital_twin import DigitalTwin
from ...digital_twin.images import write_blocks
from ...models.vae import Autoencoder
from .data_set import DataSet
from .settings import Settings


def twin_of(data_set: DataSet) -> DigitalTwin:
    """The site as images show it, wide enough for every mast and sample."""
    ends_m = np.vstack([data_set.user_m, data_set.station_m, np.reshape(data_set.scene.receiver_bounds_m, (2, 2))])
    return DigitalTwin(data_set.scene, data_set.foliage, (*ends_m.min(axis=0), *ends_m.max(axis=0)))


def drawn_rows(places: tuple[DataSet, ...], settings: Settings, seed: int) -> list[np.ndarray]:
    """Rows of each place, ascending, whose images the autoencoder is trained on: as many of each, or all it has."""
    rng = np.random.default_rng(seed)
    number = settings.images // len(places)
    return [np.sort(rng.permutation(len(place))[:number]) for place in places]


def trained_autoencoder(
    places: tuple[DataSet, ...], settings: Settings, seed: int, progress: bool | None
) -> Autoencoder:
    """Trained on images of rows drawn at random, as many of each place; no level is looked at."""
    chosen = drawn_rows(places, settings, seed)
    blocks = (
        twin_of(place).blocks(place.station_m[rows], place.user_m[rows], progress=progress)
        for place, rows in zip(places, chosen, strict=True)
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "images.npy"
        write_blocks(file, sum(map(len, chosen)), chain.from_iterable(blocks))
        autoencoder = Autoencoder(
            latent=settings.latent, batch=settings.image_batch, epochs=settings.image_epochs, seed=seed
        )
        return autoencoder.fit(file, progress=progress)


def encoded(autoencoder: Autoencoder, data_set: DataSet, progress: bool | None) -> dict[str, np.ndarray]:
    """(N,) z1, z2, ... of every row."""
    return autoencoder.columns(twin_of(data_set), data_set.station_m, data_set.user_m, progress=progress)
