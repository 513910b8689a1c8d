"""What antennas' patterns take away from links."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..antennas import antenna_named
from ..antennas.isotropic import Isotropic
from ..links import CarrierStations
from ..network import BaseStations
from ..units import LOG_OF_TEN, to_lattice_mm


def antenna_attenuation_db(stations: BaseStations, station, receiver_m) -> np.ndarray:
    """How much less a station radiates towards a receiver than where its gain is largest, link by link.

    Parameters
    ----------
    station : (N,) array_like of int
        Row of each link's station.
    receiver_m : (N, 3) array_like
        Scene metres, height above ground.

    Returns
    -------
    (N,) ndarray, dB, at least 0

    Raises
    ------
    InputError
        A place is not finite, or beyond the lattice.
    """
    station, receivers_mm = np.asarray(station), to_lattice_mm(receiver_m, "receiver_m")
    pattern, direction, out_db = stations.pattern[station], stations.direction, np.zeros(len(station))
    for name in np.unique(pattern[pattern != Isotropic.name]):
        links = np.flatnonzero(pattern == name)
        ends = receivers_mm[links], stations.position_mm[station[links]]
        out_db[links] = _attenuation_db(str(name), *ends, direction[station[links]])
    return out_db


def multiply_by_tables(mean_mw: np.ndarray, receivers_mm: np.ndarray, stations: CarrierStations) -> None:
    """Take from powers (S, R), in place, what the patterns do that the core does not know."""
    for station in stations.by_table:
        here = slice(station, station + 1)
        attenuation_db = _attenuation_db(
            str(stations.pattern[station]), receivers_mm, stations.position_mm[here], stations.direction[here]
        )
        mean_mw[station] *= _core.exp(attenuation_db * (-LOG_OF_TEN / 10.0))


def _attenuation_db(name: str, receivers_mm: np.ndarray, stations_mm: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """(N,) of one pattern; a station for each receiver, or one for all."""
    return antenna_named(name).attenuation_db(*_core.off_boresight_deg(receivers_mm, stations_mm, direction))
