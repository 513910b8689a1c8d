"""What links pass through: exact line of sight, lengths inside buildings, and how many of them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from .blockage import points_mm
from .device import resolve_threads
from .errors import InputError
from .progress import progress_bar
from .units import MM_PER_M


@dataclass(frozen=True, eq=False, repr=False)
class LinkFeatures:
    """Features of N links, a column each, in the order of the links.

    Attributes
    ----------
    is_los : (N,) bool
        No building is met below its roof, and the receiver is in none.
    building_intersection_count_3d : (N,) int
        Buildings met below the roof; the parts of one count once.
    receiver_building : (N,) int
        Row in ``scene.buildings`` of the building that holds the receiver, -1 outdoors.
    total_obstruction_length_3d_m : (N,) float
        Length of the straight link inside buildings; where prisms overlap it counts once.
    building_penetration_length_m : (N,) float
        Length inside ``receiver_building``, 0 outdoors.
    distance_m, plan_distance_m : (N,) float
        Length of the link, and of its plan.
    """

    is_los: np.ndarray
    building_intersection_count_3d: np.ndarray
    receiver_building: np.ndarray
    total_obstruction_length_3d_m: np.ndarray
    building_penetration_length_m: np.ndarray
    distance_m: np.ndarray
    plan_distance_m: np.ndarray

    def __len__(self) -> int:
        return len(self.is_los)

    def __repr__(self) -> str:
        return f"<LinkFeatures: {len(self)} links, {int(self.is_los.sum())} in line of sight>"

    def to_table(self):
        """A pandas DataFrame of the columns."""
        import pandas as pd

        return pd.DataFrame({item.name: getattr(self, item.name) for item in fields(self)})


_OBSTRUCTION = [item.name for item in fields(LinkFeatures)].index("total_obstruction_length_3d_m")


def sees_facade(is_los, obstruction_m, penetration_m) -> np.ndarray:
    """(N,) bool: whether the link is free up to the building that its receiver stands in, or to the receiver outdoors.

    Where a loss for the way into buildings is added, the path loss is that of the link outdoors (TR 38.901, 7.4.3.1).

    Parameters
    ----------
    is_los, obstruction_m, penetration_m : (N,)
        Columns ``is_los``, ``total_obstruction_length_3d_m`` and ``building_penetration_length_m``.
    """
    penetration_m = np.asarray(penetration_m)
    return np.asarray(is_los, dtype=bool) | (penetration_m > 0) & (obstruction_m - penetration_m < 1 / MM_PER_M)


def link_features(scene, transmitter, receiver_m, *, threads: int | None = None, progress: bool | None = None):
    """Features of N links, each from one transmitter to one receiver.

    Parameters
    ----------
    scene : Scene
    transmitter : (N, 3) array_like, or (N,) array_like of int
        Scene metres with the height above ground, or rows of ``scene.base_stations``.
    receiver_m : (N, 3) array_like
        The same of the receivers: outdoors, on a floor of a building, or above its roof.
    threads : int, optional
    progress : bool, optional
        Show a progress bar; by default on a terminal, for what takes longer than a second.

    Returns
    -------
    LinkFeatures

    Raises
    ------
    InputError
        Shapes or numbers of rows do not match, a number is not finite, a place lies below ground, a link has no
        length, or (``scene.host_building == "raise"``) a transmitter stands in an outline. Names the row.

    Notes
    -----
    Coordinates are rounded to whole millimetres. What is answered by yes or no is exact by the tie rule of
    :func:`line_of_sight`, whose answer ``is_los`` is for receivers outdoors: the city counts as nudged, and a link
    exactly at roof height passes. Lengths are sums of double precision in a fixed order, the same for any number of
    threads and any order of links. Under ``scene.host_building == "transparent"`` a building whose outline contains
    the transmitter is not there for that link, in any column but ``receiver_building`` and ``is_los``: a receiver
    in it is indoors, out of sight, and behind no obstruction that counts.
    """
    threads = resolve_threads(threads)
    transmitters_mm = _transmitters_mm(scene, transmitter, threads)
    receivers_mm = _places_mm(receiver_m, "receiver_m", threads)
    if len(transmitters_mm) != len(receivers_mm):
        raise InputError(
            f"receiver_m: {len(receivers_mm)} rows, but transmitter has {len(transmitters_mm)}; each row is one link"
        )
    if scene.host_building == "raise":
        _refuse(
            scene.city.buildings_at(transmitters_mm, False, 0) >= 0,
            'transmitter: row {} stands in the outline of a building (host_building="raise"); move it, or choose '
            'host_building="transparent"',
        )
    transparent = scene.host_building == "transparent"
    with progress_bar(len(receivers_mm), "link features", progress, unit="links") as advance:
        columns = scene.city.link_features(transmitters_mm, receivers_mm, transparent, threads, advance)
    found = LinkFeatures(*columns)
    _refuse(found.distance_m == 0, "receiver_m: row {} stands where its transmitter is; a link needs a length")
    return found


def obstruction_m(scene, station_mm: np.ndarray, receivers_mm: np.ndarray, threads: int) -> np.ndarray:
    """(R,) ``total_obstruction_length_3d_m`` of the links from one station to places on the lattice."""
    stations_mm = np.tile(station_mm, (len(receivers_mm), 1))
    found = scene.city.link_features(stations_mm, receivers_mm, scene.host_building == "transparent", threads)
    return found[_OBSTRUCTION]


def _transmitters_mm(scene, transmitter, threads: int) -> np.ndarray:
    rows = np.asarray(transmitter)
    is_whole = rows.dtype.kind in "iu"
    if rows.ndim != 1 or (rows.size == 0 and not is_whole):
        return _places_mm(transmitter, "transmitter", threads)
    if not is_whole:
        raise InputError("transmitter: wanted (N, 3) scene metres, or (N,) whole numbers, rows of scene.base_stations")
    number = len(scene.base_stations)
    _refuse((rows < 0) | (rows >= number), f"transmitter: row {{}} names no station; the scene has {number}")
    return scene.base_stations.position_mm[rows]


def _places_mm(places_m, name: str, threads: int) -> np.ndarray:
    if np.shape(places_m)[1:] != (3,):
        raise InputError(f"{name}: shape {np.shape(places_m)}, wanted (N, 3): x, y and height above ground, m")
    return points_mm(places_m, name, threads)


def _refuse(wrong: np.ndarray, message: str) -> None:
    if wrong.any():
        raise InputError(message.format(int(np.argmax(wrong))))
