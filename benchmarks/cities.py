"""The named cities that the benchmarks run on, and their links."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

import radiocore as rc
from radiocore.blockage import hosts_of, trace

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
UBC_BUILDINGS = DATA / "ubc_vancouver_buildings" / "ubcv_buildings.geojson.gz"
CANADIAN_CELLS = DATA / "opencellid_canada" / "opencellid_302_2026-01.csv.gz"

RESOLUTION_M = 5.0
SCATTERED = 50_000
HIGHEST_RECEIVER_M = 40.0


@dataclass(frozen=True)
class Links:
    """Links between every outdoor receiver and every station of a scene."""

    scene: rc.Scene
    receivers_mm: np.ndarray  # (R, 3) int64, none inside a building

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
        """(S, R) line of sight by testing every building: the answer that every rival is held to."""
        return self.traced("brute-force", threads=0)

    def traced(self, engine: str, threads: int = 1) -> np.ndarray:
        """(S, R) line of sight by one of radiocore's engines."""
        outdoors = np.full(len(self.receivers_mm), -1, dtype=np.int32)
        hosts = hosts_of(self.scene)
        city, receivers_mm = self.scene.city, self.receivers_mm
        bits = trace(city, receivers_mm, self.stations_mm, hosts, outdoors, engine=engine, threads=threads)
        return np.unpackbits(bits, axis=1, count=len(receivers_mm)).astype(bool)

    def every(self, step: int) -> Links:
        """A sub-sample for the slow: every step-th receiver."""
        return Links(self.scene, np.ascontiguousarray(self.receivers_mm[::step]))


def on_grid(scene: rc.Scene) -> Links:
    """Receivers 1.5 m high at the centres of 5 m cells, those inside buildings left out."""
    return _outdoors(scene, rc.ReceiverGrid.over(scene, RESOLUTION_M).position_mm())


def scattered(scene: rc.Scene) -> Links:
    """Receivers at random places and heights, in no order."""
    random = np.random.default_rng(7)
    x_min, y_min, x_max, y_max = scene.receiver_bounds_m
    low, high = np.array([x_min, y_min, 0.0]), np.array([x_max, y_max, HIGHEST_RECEIVER_M])
    return _outdoors(scene, np.rint(random.uniform(low, high, (SCATTERED, 3)) * 1000).astype(np.int64))


def synthetic_city() -> rc.Scene:
    """1 km^2 of ITU-R P.1410's urban example with 20 stations."""
    return rc.Scene.synthetic("urban", 1000, 20)


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


def _outdoors(scene: rc.Scene, receivers_mm: np.ndarray) -> Links:
    building = scene.city.buildings_at(receivers_mm, True, 0)
    return Links(scene, np.ascontiguousarray(receivers_mm[building < 0]))
