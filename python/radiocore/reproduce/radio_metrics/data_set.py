"""Links of one place or campaign, with what was measured and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...measurements import Measurements
from ...measuring.crowd import Crowd
from ...models.inputs import Inputs
from ...scene import Scene
from .metrics import Metric


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
