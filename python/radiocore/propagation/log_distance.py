"""The log-distance law: free space up to a reference distance, an exponent beyond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import InputError
from .free_space import free_space_path_loss_db
from .loss_model import PathLossModel, log10
from .ranges import Range


@dataclass(frozen=True)
class LogDistance(PathLossModel):
    """L(d0) + 10 n log10(d / d0), with d the straight distance and L(d0) that of free space.

    Holds from the reference distance on. Source: T. S. Rappaport, Wireless Communications (2nd ed., 2002), section
    4.9.1; n of its Table 4.2 is 2 in free space and 2.7 to 3.5 in urban cells.

    Attributes
    ----------
    exponent_los, exponent_nlos : n of a link in line of sight, and of a blocked one
    reference_distance_m : d0, 1 m or more
    """

    exponent_los: float = 2.0
    exponent_nlos: float = 3.5
    reference_distance_m: float = 1.0
    name: ClassVar[str] = "log-distance"
    inputs: ClassVar[tuple[str, ...]] = ("frequency_mhz", "distance_3d_m", "is_los")
    source: ClassVar[str] = "Rappaport, Wireless Communications (2002), section 4.9.1"

    def __post_init__(self):
        super().__post_init__()
        for name, least in (("exponent_los", 0.0), ("exponent_nlos", 0.0), ("reference_distance_m", 1.0)):
            value = getattr(self, name)
            if value < least:
                raise InputError(f"{name}: {value:g} must be {least:g} or more")

    @property
    def ranges(self):
        return (Range("distance_3d_m", self.reference_distance_m, np.inf, "the reference distance"),)

    def _loss_db(self, frequency_mhz, distance_3d_m, is_los):
        exponent = np.where(is_los, self.exponent_los, self.exponent_nlos)
        at_reference_db = free_space_path_loss_db(frequency_mhz, self.reference_distance_m)
        return at_reference_db + 10.0 * exponent * log10(distance_3d_m / self.reference_distance_m)
