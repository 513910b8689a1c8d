"""The product of ITU-R P.1410 over the rows of buildings that a link passes. For comparison: it steps with distance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .line_of_sight_model import LineOfSightModel

M_PER_KM = 1000.0


@dataclass(frozen=True)
class ItuP1410(LineOfSightModel):
    """Buildings in a regular raster, heights Rayleigh distributed and independent.

    A link of r km passes k = floor(r sqrt(alpha beta)) buildings, evenly spaced, and clears the n-th with the chance
    that it is lower than the link there. Source: Recommendation ITU-R P.1410, section 2.1.5.
    """

    name: ClassVar[str] = "p1410"

    def probability(self, distance_m, height_m, *, alpha_beta=0.0, gamma_m=0.0, receiver_height_m=0.0):
        distance_m, height_m, alpha_beta, gamma_m = np.broadcast_arrays(
            *(np.asarray(value, dtype=np.float64) for value in (distance_m, height_m, alpha_beta, gamma_m))
        )
        rows = np.floor(distance_m / M_PER_KM * np.sqrt(alpha_beta))
        # Without heights there is nothing to clear, and the quotient below must not be 0 / 0.
        variance_m2 = np.maximum(2.0 * gamma_m**2, 1e-300)
        out = np.ones(distance_m.shape)
        for n in range(int(rows.max(initial=0.0))):
            passed = n < rows
            share = (n + 0.5) / rows[passed]
            link_m = receiver_height_m + height_m[passed] * (1.0 - share)
            out[passed] *= -np.expm1(-(link_m**2) / variance_m2[passed])
        return out

    def breaks_m(self, farthest_m, *, alpha_beta=0.0):
        if alpha_beta <= 0:
            return ()
        spacing_m = M_PER_KM / np.sqrt(alpha_beta)
        return tuple((spacing_m * np.arange(1, int(farthest_m / spacing_m) + 1)).tolist())
