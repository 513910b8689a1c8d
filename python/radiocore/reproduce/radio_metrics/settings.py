"""How much work a report takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Sizes of an evaluation.

    Attributes
    ----------
    samples : made-up measurements, all cities together
    side_m : of each made-up city
    epochs : of the networks, at most; they stop earlier where nothing is gained
    rows : that networks and trees are trained on, at most, shared out to all tiles and cells; None: all
    trees : of each ensemble of trees
    folds : random ones
    links : in the KML file of a place, at most
    methods : names of those that are compared, as in ``methods.METHODS``; None: all
    """

    samples: int = 6000
    side_m: float = 1200.0
    epochs: int = 20
    rows: int | None = 4000
    trees: int = 100
    folds: int = 3
    links: int = 400
    methods: tuple[str, ...] | None = None

    @classmethod
    def quick(cls) -> Settings:
        """Ten minutes or so on two free cores."""
        return cls()

    @classmethod
    def full(cls) -> Settings:
        """Every row: some hours."""
        return cls(samples=30_000, side_m=2000.0, epochs=100, rows=None, trees=150, links=4000)
