"""Outdoor-to-indoor loss of 3GPP TR 38.901: what a wall and the room behind it add to a path loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import InputError, nearest_name
from ..units import db_to_linear, linear_to_db
from .loss_model import LossModel
from .ranges import Range
from .tr38901 import LEAST_GHZ, MOST_GHZ

CLAUSE = "3GPP TR 38.901 V16.1.0, Tables 7.4.3-1 and 7.4.3-2"
MATERIALS = {"glass": (2.0, 0.2), "coated glass": (23.0, 0.3), "concrete": (5.0, 4.0)}
"""Table 7.4.3-1: dB, and dB / GHz."""
FACADES = {"low": (("glass", 0.3), ("concrete", 0.7)), "high": (("coated glass", 0.7), ("concrete", 0.3))}
"""Table 7.4.3-2: what walls are made of, by share."""
OBLIQUE_DB = 5.0
INDOOR_DB_PER_M = 0.5


@dataclass(frozen=True)
class Tr38901EntryLoss(LossModel):
    """Median of wall and room, added to the path loss up to the indoor end; 0.5 to 100 GHz, up to 25 m inside.

    Buildings differ by a normal spread of ``spread_db``. Source: 3GPP TR 38.901 V16.1.0, section 7.4.3.1.

    Attributes
    ----------
    facade : {"low", "high"} loss: plain glass and concrete, or coated (heat-reflecting) glass and concrete
    """

    facade: str = "low"
    name: ClassVar[str] = "tr38901-entry"
    inputs: ClassVar[tuple[str, ...]] = ("frequency_mhz", "indoor_distance_m")
    source: ClassVar[str] = CLAUSE

    def __post_init__(self):
        super().__post_init__()
        if self.facade not in FACADES:
            hint = nearest_name(self.facade, FACADES)
            raise InputError(f"facade: {self.facade!r} is not one of {tuple(FACADES)}{hint}")

    @property
    def spread_db(self) -> float:
        """Standard deviation between buildings."""
        return {"low": 4.4, "high": 6.5}[self.facade]

    @property
    def ranges(self):
        return (
            Range("frequency_mhz", LEAST_GHZ * 1000, MOST_GHZ * 1000, CLAUSE),
            Range("indoor_distance_m", 0.0, 25.0, "3GPP TR 38.901 V16.1.0, section 7.4.3.1"),
        )

    def _loss_db(self, frequency_mhz, indoor_distance_m):
        passed = 0.0
        for material, share in FACADES[self.facade]:
            constant_db, db_per_ghz = MATERIALS[material]
            passed = passed + share * db_to_linear(-(constant_db + db_per_ghz * frequency_mhz / 1000.0))
        return OBLIQUE_DB - linear_to_db(passed) + INDOOR_DB_PER_M * indoor_distance_m
