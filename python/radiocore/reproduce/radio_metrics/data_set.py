"""Links of one place or campaign, with what was measured and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...measurements import Measurements
from ...measuring.crowd import Crowd
from ...models.estimate import Estimate
from ...models.inputs import Inputs
from ...scene import Scene
from .metrics import Metric

NEARBY = "cells_nearby"
NEARBY_M = 1500.0


@dataclass(frozen=True, eq=False)
class DataSet:
    """N measured links.

    Attributes
    ----------
    name : of its files
    title : how it is called in texts
    unit : what an area of it is, as "city"
    measurements : with area, network and all three metrics
    scene : the stations, and the buildings where a map of all is at hand
    inputs : what models may know of the links
    estimate : that made beta
    tower : (N,) label of the tower of each
    is_indoors : (N,) bool
    crowd : the truth, where it was made up
    notes : what was done to the rows, and what stands for what
    """

    name: str
    title: str
    unit: str
    measurements: Measurements
    scene: Scene
    inputs: Inputs
    estimate: Estimate
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


def cells_nearby(measurements: Measurements, scene: Scene) -> np.ndarray:
    """(N,) cells of the row's network, by the register, within 1.5 km of the phone, those of its own mast left out.

    How dense a network was built tells town from country.
    """
    from scipy.spatial import cKDTree

    stations = scene.base_stations
    serving = measurements.associated(scene).station
    place_m = np.column_stack([measurements.x_m, measurements.y_m])
    mast_m = np.column_stack([stations.x_m, stations.y_m])
    network_of = np.empty(len(stations), dtype=measurements.network.dtype)
    network_of[serving] = measurements.network
    out = np.zeros(len(place_m))
    for network in np.unique(measurements.network):
        rows, own = np.flatnonzero(measurements.network == network), np.flatnonzero(network_of == network)
        near = cKDTree(mast_m[own]).query_ball_point(place_m[rows], NEARBY_M)
        for row, found in zip(rows, near, strict=True):
            out[row] = np.count_nonzero((mast_m[own[found]] != mast_m[serving[row]]).any(axis=1))
    return out
