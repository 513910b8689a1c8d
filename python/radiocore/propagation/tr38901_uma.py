"""3GPP TR 38.901 UMa: base stations above the roofs of a city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .loss_model import log10
from .tr38901 import Tr38901, urban_los_db, urban_ranges


@dataclass(frozen=True)
class UrbanMacro(Tr38901):
    """Median loss; 0.5 to 100 GHz, 10 m to 5 km in plan, receivers at 1.5 to 22.5 m, transmitters at 25 m by default.

    The effective environment height is 1 m, which the table has for receivers below 13 m; it draws a higher one for
    some of those above. Source: 3GPP TR 38.901 V16.1.0, Table 7.4.1-1, PL_UMa-LOS and PL_UMa-NLOS.
    """

    name: ClassVar[str] = "tr38901-uma"

    @property
    def ranges(self):
        return urban_ranges()

    def _los_db(self, *link):
        return urban_los_db(28.0, 22.0, 9.0, *link)

    def _nlos_db(self, frequency_ghz, distance_2d_m, distance_3d_m, transmitter_height_m, receiver_height_m):
        distance_db = 39.08 * log10(distance_3d_m)
        return 13.54 + distance_db + 20.0 * log10(frequency_ghz) - 0.6 * (receiver_height_m - 1.5)
