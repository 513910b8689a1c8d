"""A costly model, trained on fewer rows of every place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...evaluation.folds import duplicates_of, squares
from ...models.inputs import Inputs
from ...models.wrapped import Wrapped
from ..thinning import spread_rows

TILE_M = 10.0


@dataclass
class Thinned(Wrapped):
    """Another model, fitted to at most so many rows, as many of each tile of 10 m and cell as that allows."""

    rows: int | None
    seed: int = 0

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        if self.rows is None or len(target) <= self.rows:
            keep = np.ones(len(target), dtype=bool)
        else:
            places = {"tile": squares(inputs["x_m"], inputs["y_m"], TILE_M), "cell": inputs["cell"]}
            keep, _ = spread_rows(duplicates_of(places), self.rows, self.seed)
        own = None if blocks is None else blocks[keep]
        self.model.fit(inputs.select(keep), target[keep], blocks=own, progress=progress)
