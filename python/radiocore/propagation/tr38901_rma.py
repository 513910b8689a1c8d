"""3GPP TR 38.901 RMa: base stations in the country."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import ClassVar

import numpy as np

from ..errors import InputError
from .loss_model import log10
from .ranges import Range
from .tr38901 import LEAST_GHZ, TABLE, Tr38901, rural_break_m

MOST_GHZ = 30.0
HEIGHTS_M = (5.0, 50.0)


@dataclass(frozen=True)
class RuralMacro(Tr38901):
    """Median loss; 0.5 to 30 GHz, 10 m to 10 km in plan (5 km without line of sight), transmitters at 10 to 150 m,
    receivers at 1 to 10 m.

    Source: 3GPP TR 38.901 V16.1.0, Table 7.4.1-1, PL_RMa-LOS and PL_RMa-NLOS.

    Attributes
    ----------
    building_height_m, street_width_m : average of the surroundings, 5 to 50 m each
    """

    building_height_m: float = 5.0
    street_width_m: float = 20.0
    name: ClassVar[str] = "tr38901-rma"

    def __post_init__(self):
        super().__post_init__()
        low, high = HEIGHTS_M
        for name in ("building_height_m", "street_width_m"):
            value = getattr(self, name)
            if not low <= value <= high:
                raise InputError(f"{name}: {value} m is outside {low:g} to {high:g} m ({TABLE})")

    @property
    def ranges(self):
        return (
            Range("frequency_mhz", LEAST_GHZ * 1000, MOST_GHZ * 1000, f"{TABLE}, note 2"),
            Range("distance_2d_m", 10.0, 10_000.0, TABLE, is_los=True),
            Range("distance_2d_m", 10.0, 5000.0, TABLE, is_los=False),
            Range("transmitter_height_m", 10.0, 150.0, TABLE),
            Range("receiver_height_m", 1.0, 10.0, TABLE),
        )

    def _los_db(self, frequency_ghz, distance_2d_m, distance_3d_m, transmitter_height_m, receiver_height_m):
        break_m = rural_break_m(frequency_ghz, transmitter_height_m, receiver_height_m)
        beyond = distance_2d_m > break_m
        near_m = np.where(beyond, break_m, distance_3d_m)
        h_172 = self.building_height_m**1.72
        near_db = (
            20.0 * log10(40.0 * pi * near_m * frequency_ghz / 3.0)
            + min(0.03 * h_172, 10.0) * log10(near_m)
            - min(0.044 * h_172, 14.77)
            + 0.002 * log10(self.building_height_m) * near_m
        )
        return near_db + np.where(beyond, 40.0 * log10(distance_3d_m / near_m), 0.0)

    def _nlos_db(self, frequency_ghz, distance_2d_m, distance_3d_m, transmitter_height_m, receiver_height_m):
        h, log_tx = self.building_height_m, log10(transmitter_height_m)
        return (
            161.04
            - 7.1 * log10(self.street_width_m)
            + 7.5 * log10(h)
            - (24.37 - 3.7 * (h / transmitter_height_m) ** 2) * log_tx
            + (43.42 - 3.1 * log_tx) * (log10(distance_3d_m) - 3.0)
            + 20.0 * log10(frequency_ghz)
            - (3.2 * log10(11.75 * receiver_height_m) ** 2 - 4.97)
        )
