"""The antenna element of 3GPP TR 38.901, the sector antenna where nothing else is known."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .pattern import AntennaPattern

BEAMWIDTH_DEG = 65.0
MOST_DB = 30.0


class SectorElement(AntennaPattern):
    """Parabolas in dB, 65 degrees wide at -3 dB in either cut; the cuts are added, and 30 dB is the most.

    Maps take it from the compiled core. Source: 3GPP TR 38.901, Table 7.3-1.
    """

    name: ClassVar[str] = "tr38901"
    gain_dbi: ClassVar[float] = 8.0

    def _attenuation_db(self, azimuth_deg, elevation_deg):
        off_deg = (azimuth_deg + 180.0) % 360.0 - 180.0
        return np.minimum(_cut_db(off_deg) + _cut_db(elevation_deg), MOST_DB)


def _cut_db(angle_deg: np.ndarray) -> np.ndarray:
    return np.minimum(12.0 * (angle_deg / BEAMWIDTH_DEG) ** 2, MOST_DB)
