"""What the path-loss models of 3GPP TR 38.901 have in common."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import pi
from typing import ClassVar

import numpy as np

from .loss_model import PathLossModel, log10
from .ranges import Range

TABLE = "3GPP TR 38.901 V16.1.0, Table 7.4.1-1"
SPEED_M_S = 3.0e8
"""As the table's notes have it."""
LEAST_GHZ, MOST_GHZ = 0.5, 100.0
"""Note 2 of the table."""


@dataclass(frozen=True)
class Tr38901(PathLossModel):
    """Two slopes in line of sight; without it, a law of its own that is never below them.

    The table's antenna height of the transmitter is a default and no limit, except in the rural model.
    """

    inputs: ClassVar[tuple[str, ...]] = (
        "frequency_mhz",
        "distance_2d_m",
        "transmitter_height_m",
        "receiver_height_m",
        "is_los",
    )
    source: ClassVar[str] = TABLE

    def _loss_db(self, frequency_mhz, distance_2d_m, transmitter_height_m, receiver_height_m, is_los):
        apart_m = transmitter_height_m - receiver_height_m
        distance_3d_m = np.sqrt(distance_2d_m**2 + apart_m**2)
        link = (frequency_mhz / 1000.0, distance_2d_m, distance_3d_m, transmitter_height_m, receiver_height_m)
        los_db = self._los_db(*link)
        return np.where(is_los, los_db, np.maximum(los_db, self._nlos_db(*link)))

    @abstractmethod
    def _los_db(self, frequency_ghz, distance_2d_m, distance_3d_m, transmitter_height_m, receiver_height_m): ...

    @abstractmethod
    def _nlos_db(self, frequency_ghz, distance_2d_m, distance_3d_m, transmitter_height_m, receiver_height_m): ...


def urban_ranges() -> tuple[Range, ...]:
    """Of the urban models. Their formulas mean nothing for antennas below the effective environment height."""
    return (
        Range("frequency_mhz", LEAST_GHZ * 1000, MOST_GHZ * 1000, f"{TABLE}, note 2"),
        Range("distance_2d_m", 10.0, 5000.0, TABLE),
        Range("receiver_height_m", 1.5, 22.5, TABLE),
        Range("receiver_height_m", ENVIRONMENT_HEIGHT_M, np.inf, f"{TABLE}, note 1", firm=True),
        Range("transmitter_height_m", ENVIRONMENT_HEIGHT_M, np.inf, f"{TABLE}, note 1", firm=True),
    )


ENVIRONMENT_HEIGHT_M = 1.0
"""Note 1: where receivers stand below 13 m; the table draws more for some of those above."""


def urban_break_m(frequency_ghz, transmitter_height_m, receiver_height_m):
    """d'BP of note 1, m, in plan."""
    above_m2 = (transmitter_height_m - ENVIRONMENT_HEIGHT_M) * (receiver_height_m - ENVIRONMENT_HEIGHT_M)
    return 4.0 * above_m2 * frequency_ghz * 1e9 / SPEED_M_S


def rural_break_m(frequency_ghz, transmitter_height_m, receiver_height_m):
    """dBP of note 5, m, in plan."""
    return 2.0 * pi * transmitter_height_m * receiver_height_m * frequency_ghz * 1e9 / SPEED_M_S


def urban_los_db(
    at_1_m_db: float,
    near_slope_db: float,
    break_db: float,
    frequency_ghz,
    distance_2d_m,
    distance_3d_m,
    transmitter_height_m,
    receiver_height_m,
):
    """PL1 up to d'BP and PL2 beyond, of the urban models."""
    break_m = urban_break_m(frequency_ghz, transmitter_height_m, receiver_height_m)
    apart_m = transmitter_height_m - receiver_height_m
    log_d = log10(distance_3d_m)
    slopes_db = np.where(
        distance_2d_m <= break_m,
        near_slope_db * log_d,
        40.0 * log_d - break_db * log10(break_m**2 + apart_m**2),
    )
    return at_1_m_db + slopes_db + 20.0 * log10(frequency_ghz)
