"""Which links are in line of sight, exactly."""

from __future__ import annotations

import numpy as np

from . import _core
from .cuda import DeviceScene
from .device import resolve_device, resolve_threads
from .errors import InputError, nearest_name
from .grid import DEFAULT_RECEIVER_HEIGHT_M, ReceiverGrid
from .links import CarrierStations, Receivers, unpacked
from .units import to_lattice_mm

ENGINES = ("auto", "brute-force", "index", "shadow")
RECEIVERS_AT_A_TIME = 65_536
"""Of a grid, where they are asked one by one; whole bytes of the answer."""


def line_of_sight(scene, receivers, *, engine: str = "auto", device: str = "auto", threads: int | None = None):
    """Line of sight of every receiver to every station of a scene.

    Parameters
    ----------
    scene : Scene
    receivers : ReceiverGrid, or (R, 2) or (R, 3) array_like
        Scene metres, rounded to whole millimetres; without a height receivers stand at 1.5 m.
    engine : {"auto", "brute-force", "index", "shadow"}
        All engines give the same answer on every link. "shadow" draws the shadows of the buildings
        over a grid, "index" asks the walls near each link, "brute-force" asks every building;
        "auto" takes the first for a grid and the second for anything else.
    device : {"auto", "cpu", "cuda"}
    threads : int, optional

    Returns
    -------
    (R, S) ndarray of bool
        Stations in the order of ``scene.base_stations``; a grid's receivers row by row from the
        south-west.

    Raises
    ------
    InputError, DeviceUnavailableError

    Notes
    -----
    Exact on the lattice of millimetres: the city counts as nudged east by e and north by e^2 (e
    infinitesimal), and a link exactly at roof height passes. A receiver inside a building has no
    line of sight (type-I blockage); the building under an antenna is ruled by
    ``scene.host_building``. Source: arXiv:2312.01826, Algorithms 1 and 2.
    """
    threads = resolve_threads(threads)
    stations_mm, hosts = scene.base_stations.position_mm, hosts_of(scene)
    if resolve_device(device) == "cuda":
        _known(engine)
        return _line_of_sight_on_device(scene, receivers, hosts, threads)
    if isinstance(receivers, ReceiverGrid):
        outdoors = outdoors_on(scene.city, receivers, threads)
        bits = trace_grid(scene.city, receivers, stations_mm, hosts, outdoors, engine=engine, threads=threads)
        return unpacked(bits, receivers.size).T.astype(bool)
    receivers_mm = points_mm(receivers, "receivers")
    building = scene.city.buildings_at(receivers_mm, True, threads)
    bits = trace(scene.city, receivers_mm, stations_mm, hosts, building, engine=engine, threads=threads)
    return unpacked(bits, len(receivers_mm)).T.astype(bool)


def _line_of_sight_on_device(scene, receivers, hosts, threads: int) -> np.ndarray:
    stations = CarrierStations.of(scene.base_stations, hosts, np.arange(len(scene.base_stations)))
    if isinstance(receivers, ReceiverGrid):
        receivers = Receivers(receivers, 0, receivers.size, outdoors_on(scene.city, receivers, threads))
        count = receivers.count
    else:
        receivers = points_mm(receivers, "receivers")
        count = len(receivers)
    bits = DeviceScene.of(scene.city).trace(receivers, stations).line_of_sight.numpy()
    out = np.empty((count, len(stations)), dtype=bool)
    out[:, stations.row] = unpacked(bits, count).T
    return out


def inside_buildings(scene, points) -> np.ndarray:
    """The building that each point lies in.

    Parameters
    ----------
    scene : Scene
    points : (R, 2) or (R, 3) array_like
        Scene metres. With a height, a building holds the point only between its base and its roof.

    Returns
    -------
    (R,) ndarray of int32
        Row in ``scene.buildings``, or -1. Where buildings overlap: the tallest, then the lowest row.
    """
    positions_mm = points_mm(points, "points")
    with_height = np.shape(points)[1] == 3
    return scene.city.buildings_at(positions_mm, with_height, resolve_threads(None))


def hosts_of(scene) -> tuple[np.ndarray, np.ndarray]:
    """(start (S + 1,), list) of the buildings transparent to each station under the scene's host rule."""
    if scene.host_building == "literal":
        return np.zeros(len(scene.base_stations) + 1, dtype=np.int64), np.zeros(0, dtype=np.int32)
    return scene.host_start, scene.host_list


def outdoors_on(city, grid: ReceiverGrid, threads: int = 0) -> np.ndarray:
    """Which receivers of a grid are in no building, as bits (ceil(R / 8),) for :func:`unpacked`."""
    return city.outdoors(_core.ReceiverGrid(*grid.lattice_mm), threads)


def trace_grid(
    city, grid: ReceiverGrid, stations_mm, hosts, outdoors, *, engine="auto", max_distance_mm=-1, threads=0
) -> np.ndarray:
    """Line of sight of a grid's receivers as bits, (S, ceil(R / 8)) uint8 for :func:`unpacked`.

    Links beyond ``max_distance_mm`` (if 0 or more) are not traced and stay 0.
    """
    if _known(engine) in ("auto", "shadow"):
        lattice = _core.ReceiverGrid(*grid.lattice_mm)
        return city.shadows(lattice, stations_mm, *hosts, outdoors, max_distance_mm, threads)
    bits = np.empty((len(stations_mm), (grid.size + 7) // 8), dtype=np.uint8)
    for start in range(0, grid.size, RECEIVERS_AT_A_TIME):
        receivers_mm = grid.position_mm(start, start + RECEIVERS_AT_A_TIME)
        here = slice(start // 8, (start + len(receivers_mm) + 7) // 8)
        building = np.where(unpacked(outdoors[here], len(receivers_mm)), -1, 0).astype(np.int32)
        bits[:, here] = city.line_of_sight(
            receivers_mm, stations_mm, *hosts, building, engine, max_distance_mm, threads
        )
    return bits


def trace(
    city, receivers_mm, stations_mm, hosts, receiver_building, *, engine="auto", max_distance_mm=-1, threads=0
) -> np.ndarray:
    """The same for (R, 3) scattered receivers, of which those in a ``receiver_building`` see nothing."""
    if _known(engine) == "shadow":
        raise InputError('engine: "shadow" needs the receivers as a ReceiverGrid; choose engine="index"')
    engine = "index" if engine == "auto" else engine
    return city.line_of_sight(receivers_mm, stations_mm, *hosts, receiver_building, engine, max_distance_mm, threads)


def _known(engine: str) -> str:
    if engine not in ENGINES:
        raise InputError(f"engine: {engine!r} is not one of {ENGINES}{nearest_name(engine, ENGINES)}")
    return engine


def points_mm(points, name: str, threads: int = 1) -> np.ndarray:
    """(R, 3) lattice positions of (R, 2) or (R, 3) scene metres; a missing height is 1.5 m."""
    try:
        points = np.asarray(points, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: not an array of numbers") from None
    if points.ndim != 2 or points.shape[1] not in (2, 3):
        raise InputError(f"{name}: shape {points.shape}, wanted (R, 2) or (R, 3) in scene metres")
    if points.shape[1] == 2:
        points = np.column_stack([points, np.full(len(points), DEFAULT_RECEIVER_HEIGHT_M)])
    found_mm = _core.lattice_points(np.ascontiguousarray(points), threads)
    if found_mm is None:
        row = int(np.argmax(to_lattice_mm(points, name)[:, 2] < 0))
        raise InputError(f"{name}: row {row} lies below ground ({points[row, 2]:g} m)")
    return found_mm
