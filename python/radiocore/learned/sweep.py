"""How many cells, and how wide a square: what each choice costs and how far it is from the exact map."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import InputError
from .cell_weight_model import CellWeightModel

GRIDS = ((32, 640.0), (64, 1280.0), (128, 1280.0), (192, 960.0), (256, 1280.0))
"""(n, side_m) of the sweep behind the defaults; the cells are of 20, 20, 10, 5 and 5 m."""


@dataclass(frozen=True)
class SweepRow:
    """One grid model on one scene; losses are those of :class:`radiocore.comparison.MapComparison`."""

    scene: str
    n: int
    side_m: float
    samples: int
    mean_loss: float
    percentile_95_loss: float
    microseconds_a_receiver: float


def sweep(
    scenes: dict,
    simulate: Callable,
    *,
    grids: Sequence[tuple[int, float]] = GRIDS,
    samples: int = 200,
    seed: int = 0,
    threads: int = 0,
    progress: bool | None = None,
) -> list[SweepRow]:
    """Train a model for each grid and measure it on each scene.

    Parameters
    ----------
    scenes : dict of Scene by name
    simulate : callable
        ``simulate(scene, model)`` gives the map of a trained model, ``simulate(scene, None)`` the exact one; the
        delay told is its processor time over all threads.
    grids : sequence of (n, side_m)
    samples, seed, threads, progress : of :meth:`CellWeightModel.train`

    Returns
    -------
    list of SweepRow
        Scene by scene within a grid.
    """
    if not scenes:
        raise InputError("scenes: a sweep needs at least one")
    exact = {name: simulate(scene, None) for name, scene in scenes.items()}
    rows = []
    for n, side_m in grids:
        model = CellWeightModel.train(
            n=n, side_m=side_m, samples=samples, seed=seed, threads=threads, progress=progress
        )
        _ = model.core  # made once, not a cost of a map
        for name, scene in scenes.items():
            start_s = time.process_time()
            manifold = simulate(scene, model)
            spent_s = time.process_time() - start_s
            apart = manifold.compare(exact[name])
            each = 1e6 * spent_s / manifold.grid.size
            rows.append(SweepRow(name, n, side_m, samples, apart.mean[0], apart.percentile_95[0], each))
    return rows
