"""Building entry loss of Recommendation ITU-R P.2109-2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import InputError, nearest_name
from ..units import db_to_linear, linear_to_db
from .loss_model import LossModel, log10
from .ranges import Range

CLAUSE = "ITU-R P.2109-2, Annex 1, section 3"
COEFFICIENTS = {
    "traditional": (12.64, 3.72, 0.96, 9.6, 2.0, 9.1, -3.0, 4.5, -2.0),
    "thermally-efficient": (28.19, -3.00, 8.48, 13.5, 3.8, 27.8, -2.9, 9.4, -2.1),
}
"""Table 1: r, s, t, u, v, w, x, y, z."""
ELEVATION_DB_PER_DEG = 0.212
FLOOR_DB = -3.0


@dataclass(frozen=True)
class BuildingEntryLoss(LossModel):
    """The loss that a share of links into buildings stays below: places and buildings alike differ.

    0.08 to 100 GHz, any elevation of the path at the facade. Source: Recommendation ITU-R P.2109-2 (2023), Annex 1,
    section 3.

    Attributes
    ----------
    building : {"traditional", "thermally-efficient"}; the second has metallised glass or foil-backed panels
    """

    building: str = "traditional"
    name: ClassVar[str] = "p2109"
    inputs: ClassVar[tuple[str, ...]] = ("frequency_mhz", "location_share", "elevation_deg")
    source: ClassVar[str] = CLAUSE

    def __post_init__(self):
        super().__post_init__()
        if self.building not in COEFFICIENTS:
            hint = nearest_name(self.building, COEFFICIENTS)
            raise InputError(f"building: {self.building!r} is not one of {tuple(COEFFICIENTS)}{hint}")

    @property
    def ranges(self):
        return (
            Range("frequency_mhz", 80.0, 100_000.0, CLAUSE),
            Range("elevation_deg", -90.0, 90.0, CLAUSE, firm=True),
        )

    def _loss_db(self, frequency_mhz, location_share, elevation_deg):
        from scipy.special import ndtri

        r, s, t, u, v, w, x, y, z = COEFFICIENTS[self.building]
        log_f, deviate = log10(frequency_mhz / 1000.0), ndtri(location_share)
        median_db = r + s * log_f + t * log_f**2 + ELEVATION_DB_PER_DEG * np.abs(elevation_deg)
        through_db = deviate * (u + v * log_f) + median_db
        around_db = deviate * (y + z * log_f) + w + x * log_f
        return linear_to_db(db_to_linear(through_db) + db_to_linear(around_db) + db_to_linear(FLOOR_DB))
