"""How much work a report takes."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import InputError
from ...models.likelihood import LATENT
from ...predictor.image_tier import BATCH, EPOCHS


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes of an evaluation.

    Attributes
    ----------
    folds : of each cross-validation, at most; spatial blocks may be fewer
    side_m : of the made-up town; three sites stand in it
    samples : made-up measurements
    epochs : of the networks, at most; they stop earlier where nothing is gained
    rows : of each public data set, at most, shared out to all tiles; None: all
    images : that the autoencoder is trained on, all sites together
    latent : features of an image, two or more; the paper has two
    image_batch : images a step of its training
    image_epochs : of its training, at most
    calibrated : names of the splits under which intervals are calibrated, too, on inner folds: six times the work
    methods : names of those that are compared, as in ``methods.METHODS``; None: all
    """

    folds: int = 4
    side_m: float = 1000.0
    samples: int = 4000
    epochs: int = 1000
    rows: int | None = 4500
    images: int = 2000
    latent: int = len(LATENT)
    image_batch: int = BATCH
    image_epochs: int = EPOCHS
    calibrated: tuple[str, ...] = ("blocked_100_m",)
    methods: tuple[str, ...] | None = None

    def __post_init__(self):
        if self.latent < 2:
            raise InputError(f"latent: {self.latent}; give 2 or more, as the report draws one feature over another")

    @classmethod
    def quick(cls) -> Settings:
        """Some ten minutes on two free cores."""
        return cls()

    @classmethod
    def full(cls) -> Settings:
        """The paper's 20 folds, and as many images as leave some of each place unseen: 75 minutes on two cores."""
        return cls(folds=20, images=6000, image_epochs=6)
