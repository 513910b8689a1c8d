"""Links of one place or campaign, with what was measured and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...measurements import Measurements
from ...measuring.crowd import Crowd
from ...models.inputs import Inputs
from ...scene import Scene
from .metrics import Metric

NEARBY = "cells_nearby"
NEARBY_M = 1500.0
ONE_MAST_M = 1.0
"""Cells as close as this stand on one mast."""


@dataclass(frozen=True, eq=False)
class DataSet:
    """N measured links.

    Attributes
    ----------
    name : of its files
    title : how it is called in texts
    measurements : with area, network and all three metrics
    scene : the stations, and the buildings where a map of all is at hand
    inputs : what models may know of the links
    tower : (N,) label of the tower of each
    is_indoors : (N,) bool
    crowd : the truth, where it was made up
    notes : what was done to the rows, and what stands for what
    """

    name: str
    title: str
    measurements: Measurements
    scene: Scene
    inputs: Inputs
    tower: np.ndarray
    is_indoors: np.ndarray
    crowd: Crowd | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.measurements)

    @property
    def areas(self) -> tuple[str, ...]:
        """Their names."""
        return tuple(np.unique(self.measurements.area).tolist())

    @property
    def is_real(self) -> bool:
        """Measured, not made up."""
        return self.crowd is None

    def target(self, metric: Metric) -> np.ndarray:
        """(N,) as measured."""
        return getattr(self.measurements, metric.column)


def cells_nearby(measurements: Measurements, serving_m: np.ndarray, mast_m: np.ndarray, network) -> np.ndarray:
    """(N,) cells of the row's network in a register, within 1.5 km of the phone, those of its own mast left out.

    How dense a network was built tells town from country.

    Parameters
    ----------
    serving_m : (N, 2) mast of each row, scene metres
    mast_m : (T, 2) mast of each cell of the register
    network : (T,) of each cell of the register
    """
    from scipy.spatial import cKDTree

    place_m = np.column_stack([measurements.x_m, measurements.y_m])
    out = np.zeros(len(place_m))
    for name in np.unique(measurements.network):
        rows, masts_m = np.flatnonzero(measurements.network == name), mast_m[network == name]
        near = cKDTree(masts_m).query_ball_point(place_m[rows], NEARBY_M)
        for row, found in zip(rows, near, strict=True):
            apart_m = np.hypot(*(masts_m[found] - serving_m[row]).T)
            out[row] = np.count_nonzero(apart_m > ONE_MAST_M)
    return out
