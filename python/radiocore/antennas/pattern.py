"""What every pattern of an antenna offers."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from ..errors import InputError


class AntennaPattern(ABC):
    """How much less an antenna radiates in a direction than in that of its largest gain.

    Attributes
    ----------
    name : what reports call it; a pattern without a file is chosen by it
    gain_dbi : its largest gain. A station's ``power_dbm`` is an EIRP and holds it already.
    """

    name: str
    gain_dbi: float

    def attenuation_db(self, azimuth_deg, elevation_deg) -> np.ndarray:
        """Attenuation in directions in the antenna's own axes.

        Parameters
        ----------
        azimuth_deg : array_like
            Off the boresight, clockwise seen from above.
        elevation_deg : array_like
            Above the plane through the boresight, [-90, 90].

        Returns
        -------
        ndarray of float64, dB, at least 0, broadcast shape

        Raises
        ------
        InputError
            An angle is not finite, or an elevation lies outside its range.
        """
        azimuth_deg, elevation_deg = (
            np.asarray(angle, dtype=np.float64) for angle in np.broadcast_arrays(azimuth_deg, elevation_deg)
        )
        if not np.isfinite(azimuth_deg).all():
            raise InputError("azimuth_deg: must be finite")
        if not (np.abs(elevation_deg) <= 90.0).all():
            raise InputError("elevation_deg: must lie in [-90, 90]")
        return self._attenuation_db(azimuth_deg, elevation_deg)

    def gain_at_dbi(self, azimuth_deg, elevation_deg) -> np.ndarray:
        """Gain in directions as of :meth:`attenuation_db`, dBi."""
        return self.gain_dbi - self.attenuation_db(azimuth_deg, elevation_deg)

    @abstractmethod
    def _attenuation_db(self, azimuth_deg: np.ndarray, elevation_deg: np.ndarray) -> np.ndarray:
        """The formula or table, for checked angles of one shape."""
