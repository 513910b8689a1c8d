"""Three made-up cities of different terrain in one scene, with the networks of two operators."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..buildings import Buildings
from ..errors import InputError
from ..network import BaseStations
from ..scene import Scene
from .association import CELLS_PER_SITE
from .synthetic import check_whole, generator

CITIES = {"Lowmoor": "suburban", "Middleton": "urban", "Highgate": "dense-urban"}
"""Names, and the environments of ITU-R P.1410."""
CRS = "EPSG:32625"
SOUTH_WEST_M = (500_000.0, 5_000_000.0)
"""In the middle of the Atlantic."""
APART_M = 20_000.0

NETWORKS = ("001-01", "001-02")
"""Of the country code for tests (ITU-T E.212)."""
FREQUENCIES_MHZ = (740.0, 1960.0, 2130.0, 2650.0)
BLOCKS = {740.0: 50, 1960.0: 75, 2130.0: 100, 2650.0: 100}
"""Resource blocks of a carrier there: 10, 15 and 20 MHz."""
HEIGHTS_M = (25.0, 45.0)
POWERS_DBM = (50.0, 58.0)
"""EIRP, of all resource blocks together."""
FIRST_SITE = 4001

_MASTS = 100  # of the random streams


@dataclass(frozen=True, eq=False)
class Cities:
    """A scene of several cities.

    Attributes
    ----------
    scene : all of them, with a CRS; a station's id is the number of its LTE cell, its carrier the network
    names : (C,) of the cities
    bounds_m : (C, 4) west, south, east, north
    station_city : (S,) number of the city
    """

    scene: Scene
    names: tuple[str, ...]
    bounds_m: np.ndarray
    station_city: np.ndarray

    @property
    def resource_blocks(self) -> np.ndarray:
        """(S,) N of each station's carrier."""
        return np.array([BLOCKS[frequency] for frequency in self.scene.base_stations.frequency_mhz.tolist()])


def made_up_cities(
    side_m: float = 1200.0, stations_per_km2: float = 8.0, seed: int = 0, *, names: Sequence[str] = tuple(CITIES)
) -> Cities:
    """Square cities, 20 km from one another.

    Parameters
    ----------
    side_m : float
        Of each city, at least 100 m.
    stations_per_km2 : float
        Of both operators together; masts are outdoors, and their height, power and frequency is drawn.
    seed : int
        The same arguments give the same arrays.
    names : of Lowmoor (suburban), Middleton (urban) and Highgate (dense urban)

    Raises
    ------
    InputError
        A name is unknown, or a number is out of range.
    """
    import shapely

    check_whole(0, seed=seed)
    if not names or not set(names) <= set(CITIES):
        raise InputError(f"names: {tuple(names)} must be some of {tuple(CITIES)}")
    towns = [
        Scene.synthetic(CITIES[name], side_m=side_m, stations_per_km2=stations_per_km2, seed=seed) for name in names
    ]
    corner_m = [np.array(SOUTH_WEST_M) + (APART_M * place, 0.0) for place in range(len(towns))]
    outlines = [
        shapely.transform(town.buildings.footprints, lambda at_m, corner_m=corner_m: at_m + corner_m)
        for town, corner_m in zip(towns, corner_m, strict=True)
    ]
    buildings = Buildings.from_polygons(
        np.concatenate(outlines), np.concatenate([town.buildings.height_m for town in towns]), crs=CRS
    )
    frame = buildings.frame
    corner_m = np.stack(frame.from_crs(*np.transpose(corner_m)), axis=1)
    city = np.repeat(np.arange(len(towns)), [len(town.base_stations) for town in towns])
    x_m, y_m = (
        np.concatenate([getattr(town.base_stations, name) for town in towns]) + corner_m[city, axis]
        for axis, name in enumerate(("x_m", "y_m"))
    )
    chance, number = generator(seed, _MASTS), len(city)
    stations = BaseStations(
        x_m=x_m,
        y_m=y_m,
        height_m=np.round(chance.uniform(*HEIGHTS_M, number), 1),
        power_dbm=np.round(chance.uniform(*POWERS_DBM, number), 1),
        frequency_mhz=chance.choice(FREQUENCIES_MHZ, number),
        carrier=np.resize(NETWORKS, number),
        id=CELLS_PER_SITE * (FIRST_SITE + np.arange(number)) + 1,
        frame=frame,
    )
    bounds_m = np.concatenate([corner_m, corner_m + side_m], axis=1)
    bounds = (*bounds_m[:, :2].min(axis=0), *bounds_m[:, 2:].max(axis=0))
    scene = Scene(buildings, stations, receiver_bounds_m=tuple(float(value) for value in bounds))
    return Cities(scene, tuple(names), bounds_m, city)
