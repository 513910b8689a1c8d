"""The antenna that radiates the same all round."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from .pattern import AntennaPattern


class Isotropic(AntennaPattern):
    """The same in every direction."""

    name: ClassVar[str] = "isotropic"
    gain_dbi: ClassVar[float] = 0.0

    def _attenuation_db(self, azimuth_deg, elevation_deg):
        return np.zeros(azimuth_deg.shape)
