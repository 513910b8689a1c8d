"""Free-space loss of Recommendation ITU-R P.525-4."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10 as log10_of
from math import pi
from typing import ClassVar

import numpy as np

from .loss_model import PathLossModel, log10

SPEED_OF_LIGHT_M_S = 299_792_458.0
AT_1_M_AND_1_MHZ_DB = 20 * log10_of(4e6 * pi / SPEED_OF_LIGHT_M_S)


def free_space_path_loss_db(frequency_mhz, distance_m) -> np.ndarray:
    """20 log10(4 pi d / lambda), dB; the arguments are not checked."""
    return AT_1_M_AND_1_MHZ_DB + 20.0 * (log10(frequency_mhz) + log10(distance_m))


@dataclass(frozen=True)
class FreeSpace(PathLossModel):
    """20 log10(4 pi d / lambda), with d the straight distance. The Recommendation states no range.

    Source: Recommendation ITU-R P.525-4 (2019), Annex, section 2.2.
    """

    name: ClassVar[str] = "free-space"
    inputs: ClassVar[tuple[str, ...]] = ("frequency_mhz", "distance_3d_m")
    source: ClassVar[str] = "ITU-R P.525-4, Annex, section 2.2"

    def _loss_db(self, frequency_mhz, distance_3d_m):
        return free_space_path_loss_db(frequency_mhz, distance_3d_m)
