"""Clutter loss of terrestrial paths, Recommendation ITU-R P.2108-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..units import db_to_linear
from .loss_model import LossModel, log10
from .ranges import Range

CLAUSE = "ITU-R P.2108-1, Annex 1, section 3.2"
CAP_KM = 2.0
LONG_SPREAD_DB, SHORT_SPREAD_DB = 4.0, 6.0


@dataclass(frozen=True)
class ClutterLoss(LossModel):
    """The loss that a share of places stays below, for one end of a link that stands among buildings or trees.

    0.5 to 67 GHz; links of 250 m or more in plan, and of 1 km or more where both ends are corrected; it is
    capped by that of 2 km. Extrapolated to short links it turns into a gain: its median does below some 40 m.
    Source: Recommendation ITU-R P.2108-1 (2021), Annex 1, section 3.2.
    """

    name: ClassVar[str] = "p2108"
    inputs: ClassVar[tuple[str, ...]] = ("frequency_mhz", "distance_2d_m", "location_share")
    source: ClassVar[str] = CLAUSE

    @property
    def ranges(self):
        return (
            Range("frequency_mhz", 500.0, 67_000.0, CLAUSE),
            Range("distance_2d_m", 250.0, np.inf, CLAUSE),
        )

    def _loss_db(self, frequency_mhz, distance_2d_m, location_share):
        from scipy.special import ndtri

        log_f, deviate = log10(frequency_mhz / 1000.0), ndtri(location_share)
        return np.minimum(_uncapped_db(log_f, distance_2d_m / 1000.0, deviate), _uncapped_db(log_f, CAP_KM, deviate))


def _uncapped_db(log_f, distance_km, deviate):
    long_db = -2.0 * log10(db_to_linear(10.0 * (-5.0 * log_f - 12.5)) + 10.0**-16.5)
    short_db = 32.98 + 23.9 * log10(distance_km) + 3.0 * log_f
    long, short = db_to_linear(-2.0 * long_db), db_to_linear(-2.0 * short_db)
    variance = (LONG_SPREAD_DB**2 * long + SHORT_SPREAD_DB**2 * short) / (long + short)
    return -5.0 * log10(long + short) + np.sqrt(variance) * deviate
