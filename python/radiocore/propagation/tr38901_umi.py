"""3GPP TR 38.901 UMi - street canyon: base stations below the roofs of a city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .loss_model import log10
from .tr38901 import Tr38901, urban_los_db, urban_ranges


@dataclass(frozen=True)
class UrbanMicro(Tr38901):
    """Median loss; 0.5 to 100 GHz, 10 m to 5 km in plan, receivers at 1.5 to 22.5 m, transmitters at 10 m by default.

    Source: 3GPP TR 38.901 V16.1.0, Table 7.4.1-1, PL_UMi-LOS and PL_UMi-NLOS.
    """

    name: ClassVar[str] = "tr38901-umi"

    @property
    def ranges(self):
        return urban_ranges()

    def _los_db(self, *link):
        return urban_los_db(32.4, 21.0, 9.5, *link)

    def _nlos_db(self, frequency_ghz, distance_2d_m, distance_3d_m, transmitter_height_m, receiver_height_m):
        distance_db = 35.3 * log10(distance_3d_m)
        return 22.4 + distance_db + 21.3 * log10(frequency_ghz) - 0.3 * (receiver_height_m - 1.5)
