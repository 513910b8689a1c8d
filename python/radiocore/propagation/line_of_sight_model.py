"""What every model of line of sight in probability offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np


class LineOfSightModel(ABC):
    """Probability that a link to an outdoor receiver is in line of sight.

    A subclass is a frozen dataclass, so that equal models are one, and gives plain numbers: the same for every link
    whatever else is asked with it.
    """

    name: ClassVar[str]
    uses_terrain: ClassVar[bool] = True
    """Whether the answer depends on the terrain around the receiver."""

    @abstractmethod
    def probability(
        self, distance_m, height_m, *, alpha_beta=0.0, gamma_m=0.0, receiver_height_m: float = 0.0
    ) -> np.ndarray:
        """Probability of line of sight.

        Parameters
        ----------
        distance_m : array_like
            Horizontal distance, m, 0 or more.
        height_m : array_like
            Antenna height minus receiver height, m; positive.
        alpha_beta, gamma_m : array_like
            Terrain around the receiver: built-up share times buildings per km^2, and Rayleigh scale of their heights.
        receiver_height_m : float

        Returns
        -------
        ndarray in [0, 1], broadcast shape
        """

    def breaks_m(self, farthest_m: float, *, alpha_beta: float = 0.0) -> tuple[float, ...]:
        """Distances up to the farthest at which the probability jumps or bends."""
        return ()

    def settings(self) -> dict[str, Any]:
        """What the provenance tells of the model."""
        return {"name": self.name}
