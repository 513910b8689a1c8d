"""Line-of-sight probability of 3GPP TR 38.901."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .. import _core
from ..errors import InputError, nearest_name
from .line_of_sight_model import LineOfSightModel

SCENARIOS = ("UMa", "UMi", "RMa")
CERTAIN_M = {"UMa": 18.0, "UMi": 18.0, "RMa": 10.0}
DECAY_M = {"UMa": 63.0, "UMi": 36.0, "RMa": 1000.0}
HIGHEST_M = 23.0
"""Receiver in UMa."""


@dataclass(frozen=True)
class Tr38901LineOfSight(LineOfSightModel):
    """Falls with the distance in plan; in UMa receivers above 13 m, and up to 23 m, see more.

    Source: 3GPP TR 38.901 V16.1.0, Table 7.4.2-1, outdoor receivers.

    Attributes
    ----------
    scenario : {"UMa", "UMi", "RMa"}
    """

    scenario: str = "UMa"
    name: ClassVar[str] = "tr38901"
    uses_terrain: ClassVar[bool] = False

    def __post_init__(self):
        if self.scenario not in SCENARIOS:
            hint = nearest_name(self.scenario, SCENARIOS)
            raise InputError(f"scenario: {self.scenario!r} is not one of {SCENARIOS}{hint}")

    def probability(self, distance_m, height_m, *, alpha_beta=0.0, gamma_m=0.0, receiver_height_m=0.0):
        distance_m, receiver_m = (np.asarray(item, dtype=np.float64) for item in (distance_m, receiver_height_m))
        if not (np.isfinite(distance_m) & (distance_m >= 0)).all():
            raise InputError("distance_m: must be finite and not negative")
        if not (np.isfinite(receiver_m) & (receiver_m >= 0)).all():
            raise InputError("receiver_height_m: must be finite and not negative")
        certain_m = CERTAIN_M[self.scenario]
        beyond_m = np.maximum(distance_m, certain_m)
        if self.scenario == "RMa":
            found = _core.exp(-(beyond_m - certain_m) / DECAY_M["RMa"])
        else:
            share = certain_m / beyond_m
            found = share + _core.exp(-beyond_m / DECAY_M[self.scenario]) * (1.0 - share)
        if self.scenario == "UMa":
            found = found * np.where(distance_m <= certain_m, 1.0, 1.0 + _height_gain(beyond_m, receiver_m))
        shape = np.broadcast_shapes(np.shape(found), *map(np.shape, (height_m, alpha_beta, gamma_m)))
        return np.broadcast_to(found, shape).copy()

    def breaks_m(self, farthest_m, *, alpha_beta=0.0):
        certain_m = CERTAIN_M[self.scenario]
        return (certain_m,) if certain_m < farthest_m else ()

    def settings(self):
        return {"name": self.name, "scenario": self.scenario}


def _height_gain(distance_m: np.ndarray, receiver_m: np.ndarray) -> np.ndarray:
    if (receiver_m > HIGHEST_M).any():
        raise InputError(
            f"receiver_height_m: {receiver_m.max():g} m is above {HIGHEST_M:g} m (3GPP TR 38.901, Table 7.4.2-1, UMa)"
        )
    above = np.maximum(receiver_m - 13.0, 0.0) / 10.0
    return above * np.sqrt(above) * 1.25 * (distance_m / 100.0) ** 3 * _core.exp(-distance_m / 150.0)
