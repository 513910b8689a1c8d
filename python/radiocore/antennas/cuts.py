"""A pattern known by its horizontal and its vertical cut."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .pattern import AntennaPattern

DEGREES = 360
"""Rows of a cut: the whole degrees from 0 on."""


@dataclass(frozen=True, eq=False)
class Cuts(AntennaPattern):
    """Attenuation in any direction as the sum of those in the two cuts, each linear in dB between whole degrees.

    The cut in azimuth is read at the direction's azimuth, the cut in elevation in front of the antenna at its
    elevation. Source of the sum: 3GPP TR 36.814, Table A.2.1.1-2 (combining method of the 3D pattern); without its
    floor, since a table states its own least gain.

    Attributes
    ----------
    horizontal_db : (360,) by azimuth off the boresight, clockwise seen from above
    vertical_db : (360,) by angle below the boresight's plane: 90 is straight down, 180 behind, 270 straight up
    """

    name: str
    gain_dbi: float
    horizontal_db: np.ndarray
    vertical_db: np.ndarray

    def _attenuation_db(self, azimuth_deg, elevation_deg):
        return _at(self.horizontal_db, azimuth_deg) + _at(self.vertical_db, -elevation_deg)


def _at(cut_db: np.ndarray, angle_deg: np.ndarray) -> np.ndarray:
    """The cut between its rows, all round."""
    whole = np.floor(angle_deg)
    row = whole.astype(np.int64) % DEGREES
    below, above = cut_db[row], cut_db[(row + 1) % DEGREES]
    return below + (angle_deg - whole) * (above - below)
