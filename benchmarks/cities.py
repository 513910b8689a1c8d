"""The named cities that the benchmarks run on, and their links."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

import radiocore as rc
from radiocore.blockage import hosts_of, outdoors_on, trace, trace_grid
from radiocore.links import unpacked

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
HELSINKI = DATA / "helsinki_osm_pbf" / "Helsinki.osm.pbf"
UBC_BUILDINGS = DATA / "ubc_vancouver_buildings" / "ubcv_buildings.geojson.gz"
CANADIAN_CELLS = DATA / "opencellid_canada" / "opencellid_302_2026-01.csv.gz"

RESOLUTION_M, FINE_RESOLUTION_M = 5.0, 2.0
SCATTERED = 50_000
HIGHEST_RECEIVER_M = 40.0
STATIONS_OF_HELSINKI, STATION_HEIGHT_M = 20, 25.0
MOST_BUILDING_TESTS = 2.5e9
"""Links by buildings up to which brute force answers for every link: ten seconds on two cores."""


@dataclass(frozen=True)
class Links:
    """Links between every outdoor receiver and every station of a scene."""

    scene: rc.Scene
    receivers_mm: np.ndarray  # (R, 3) int64, none inside a building
    grid: rc.ReceiverGrid | None = None  # where the receivers are its outdoor cells
    outdoor: np.ndarray | None = None  # (R,) which cells these are

    @property
    def number(self) -> int:
        return len(self.receivers_mm) * len(self.scene.base_stations)

    @cached_property
    def stations_mm(self) -> np.ndarray:
        """(S, 3) int64"""
        return self.scene.base_stations.position_mm

    @cached_property
    def hosts(self) -> list[np.ndarray]:
        """Buildings that never block a station's links, station by station."""
        start, listed = hosts_of(self.scene)
        return [listed[start[s] : start[s + 1]] for s in range(len(start) - 1)]

    @cached_property
    def expected(self) -> np.ndarray:
        """(S, R) line of sight by testing every building: the answer that every rival is held to.

        Where that takes too long, every n-th receiver is tested so, and holds the index to its answer.
        """
        step = max(1, int(self.number * len(self.scene.buildings) / MOST_BUILDING_TESTS))
        sample = self.every(step)
        tested = sample.los(sample.traced("brute-force", threads=0))
        if step == 1:
            return tested
        los = self.los(self.traced("index", threads=0))
        np.testing.assert_array_equal(los[:, ::step], tested)
        return los

    def traced(self, engine: str, threads: int) -> np.ndarray:
        """Packed line of sight by one of radiocore's engines, from a grid on where there is one."""
        if self.grid is not None:
            return grid_bits(self.scene, self.grid, engine, threads)
        outdoors = np.full(len(self.receivers_mm), -1, dtype=np.int32)
        hosts = hosts_of(self.scene)
        return trace(
            self.scene.city, self.receivers_mm, self.stations_mm, hosts, outdoors, engine=engine, threads=threads
        )

    def los(self, answer: np.ndarray) -> np.ndarray:
        """(S, R) line of sight of an answer: booleans, or the packed bits of :meth:`traced`."""
        if answer.dtype == bool:
            return answer
        if self.grid is None:
            return unpacked(answer, len(self.receivers_mm)).astype(bool)
        cells = unpacked(answer, self.grid.size).astype(bool)
        assert not np.delete(cells, self.outdoor, axis=1).any(), "line of sight inside a building"
        return cells[:, self.outdoor]

    def every(self, step: int) -> Links:
        """A sub-sample for the slow: every step-th receiver."""
        return self if step == 1 else Links(self.scene, np.ascontiguousarray(self.receivers_mm[::step]))


def grid_bits(scene: rc.Scene, grid: rc.ReceiverGrid, engine: str, threads: int) -> np.ndarray:
    """From a grid to packed line of sight (S, ceil(R / 8)); a cell inside a building has none."""
    outdoors = outdoors_on(scene.city, grid, threads)
    stations_mm = scene.base_stations.position_mm
    return trace_grid(scene.city, grid, stations_mm, hosts_of(scene), outdoors, engine=engine, threads=threads)


def on_grid(scene: rc.Scene, resolution_m: float = RESOLUTION_M) -> Links:
    """Receivers 1.5 m high at the centres of cells, those inside buildings left out."""
    grid = rc.ReceiverGrid.over(scene, resolution_m)
    receivers_mm, outdoor = _outdoors(scene, grid.position_mm())
    return Links(scene, receivers_mm, grid, outdoor)


def on_fine_grid(scene: rc.Scene) -> Links:
    return on_grid(scene, FINE_RESOLUTION_M)


def scattered(scene: rc.Scene) -> Links:
    """Receivers at random places and heights, in no order."""
    random = np.random.default_rng(7)
    x_min, y_min, x_max, y_max = scene.receiver_bounds_m
    low, high = np.array([x_min, y_min, 0.0]), np.array([x_max, y_max, HIGHEST_RECEIVER_M])
    receivers_mm, _ = _outdoors(scene, np.rint(random.uniform(low, high, (SCATTERED, 3)) * 1000).astype(np.int64))
    return Links(scene, receivers_mm)


def synthetic_city() -> rc.Scene:
    """1 km^2 of ITU-R P.1410's urban example with 20 stations."""
    return rc.Scene.synthetic("urban", 1000, 20)


def large_city() -> rc.Scene:
    """4 km^2 of the same with 80 stations: a million receivers at 2 m."""
    return rc.Scene.synthetic("urban", 2000, 20)


def helsinki() -> rc.Scene | None:
    """The centre of Helsinki with stations at random places, some over roofs; None where the data are absent."""
    if not HELSINKI.exists():
        return None
    town = rc.Buildings.read(HELSINKI)
    x_min, y_min, x_max, y_max = town.bounds_m
    x_m, y_m = np.random.default_rng(8).uniform((x_min, y_min), (x_max, y_max), (STATIONS_OF_HELSINKI, 2)).T
    return rc.Scene(town, rc.BaseStations(x_m=x_m, y_m=y_m, height_m=STATION_HEIGHT_M, frame=town.frame))


def ubc() -> rc.Scene | None:
    """The campus of the University of British Columbia with its LTE stations; None where the data are absent."""
    if not (UBC_BUILDINGS.exists() and CANADIAN_CELLS.exists()):
        return None
    return rc.Scene.read(
        buildings=UBC_BUILDINGS,
        base_stations=CANADIAN_CELLS,
        height_column="BLDG_HEIGHT",
        radio="LTE",
    )


def _outdoors(scene: rc.Scene, receivers_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Receivers that no building holds, and their rows."""
    rows = np.flatnonzero(scene.city.buildings_at(receivers_mm, True, 0) < 0)
    return np.ascontiguousarray(receivers_mm[rows]), rows
