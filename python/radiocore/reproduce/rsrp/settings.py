"""How much work a report takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes of an evaluation.

    Attributes
    ----------
    folds : of each cross-validation, at most; spatial blocks may be fewer
    side_m : of the made-up town; three sites stand in it
    samples : made-up measurements
    trees : of boosting, at most; their rate is ten over them
    kriging_tiles : tiles that the Gaussian process is conditioned on, at most
    epochs : of the networks, at most; they stop earlier where nothing is gained
    rows : of each public data set, about, by whole tiles; None: all
    images : that the autoencoder is trained on, all sites together
    image_epochs : of its training, at most
    calibrated : names of the splits under which intervals are calibrated, too, on inner folds: six times the work
    methods : names of those that are compared, as in ``methods.METHODS``; None: all
    """

    folds: int = 5
    side_m: float = 1000.0
    samples: int = 4000
    trees: int = 100
    kriging_tiles: int = 800
    epochs: int = 1000
    rows: int | None = 4000
    images: int = 1600
    image_epochs: int = 6
    calibrated: tuple[str, ...] = ("blocked_100_m", "blocked_400_m")
    methods: tuple[str, ...] | None = None

    @classmethod
    def quick(cls) -> Settings:
        """A quarter of an hour on two cores."""
        return cls()

    @classmethod
    def full(cls) -> Settings:
        """The paper's folds and images, and every row: a night."""
        return cls(
            folds=20,
            samples=20_000,
            trees=300,
            kriging_tiles=2000,
            rows=None,
            images=10_000,
            image_epochs=60,
            calibrated=("blocked_100_m", "blocked_400_m", "random"),
        )
