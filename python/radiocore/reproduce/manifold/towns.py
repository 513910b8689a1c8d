"""The towns that methods are judged on: made-up ones of the four environments, and one to look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...buildings import Buildings
from ...grid import ReceiverGrid
from ...network import BaseStations
from ...scene import Scene
from .settings import ENVIRONMENTS, Settings

RECEIVER_HEIGHT_M = 0.0
"""The paper's receivers stand on the ground."""

STEP_M = 2.5
"""Spacings of receivers are multiples of it."""


@dataclass(frozen=True, eq=False)
class Town:
    """A scene of one carrier, with receivers to test methods at.

    Attributes
    ----------
    name : how it is called in tables
    scene : Scene
    bounds_m : (x_min, y_min, x_max, y_max) where receivers are
    receivers : about how many are tested
    """

    name: str
    scene: Scene
    bounds_m: tuple[float, float, float, float]
    receivers: int

    @cached_property
    def grid(self) -> ReceiverGrid:
        """The receivers that losses are measured at."""
        return self.grid_of(self.receivers)

    def grid_of(self, cells: int) -> ReceiverGrid:
        """A grid of about so many cells over the town."""
        west, south, east, north = self.bounds_m
        spacing_m = STEP_M * max(1, round(np.sqrt((east - west) * (north - south) / cells) / STEP_M))
        return ReceiverGrid.covering(self.bounds_m, spacing_m, RECEIVER_HEIGHT_M)

    def has_neighbours(self, radius_m: float) -> np.ndarray:
        """(ny, nx) north first: a station and a building's centre lie within the radius of a receiver."""
        from scipy.spatial import cKDTree

        x_m, y_m = np.meshgrid(self.grid.x_m, self.grid.y_m[::-1])
        place = np.column_stack([x_m.ravel(), y_m.ravel()])
        near = np.ones(len(place), dtype=bool)
        stations = self.scene.base_stations
        for points in (np.column_stack([stations.x_m, stations.y_m]), self._centres_m):
            near &= cKDTree(points).query(place)[0] <= radius_m if len(points) else False
        return near.reshape(self.grid.shape)

    @cached_property
    def _centres_m(self) -> np.ndarray:
        from ...propagation.terrain import surroundings_of

        return surroundings_of(self.scene.buildings).centre_mm / 1000


def made_up_towns(settings: Settings, seed: int) -> tuple[Town, ...]:
    """One city of each environment; its outer belt has stations and buildings, and no receivers."""
    return tuple(
        _inside(
            name,
            Scene.synthetic(name, settings.side_m, settings.stations_per_km2, seed + row),
            settings,
        )
        for row, name in enumerate(settings.environments)
    )


def mixed_town(settings: Settings, seed: int) -> Town:
    """A city whose four quarters are of the four environments."""
    half_m = settings.side_m / 2
    footprints, heights_m, x_m, y_m = [], [], [], []
    for row, name in enumerate(ENVIRONMENTS):
        import shapely

        quarter = Scene.synthetic(name, half_m, settings.stations_per_km2, seed + 100 + row)
        shift = np.array([half_m * (row % 2), half_m * (row // 2)])
        footprints.append(shapely.transform(quarter.buildings.footprints, lambda points, by=shift: points + by))
        heights_m.append(quarter.buildings.height_m)
        x_m.append(quarter.base_stations.x_m + shift[0])
        y_m.append(quarter.base_stations.y_m + shift[1])
    buildings = Buildings.from_polygons(np.concatenate(footprints), np.concatenate(heights_m))
    x_m, y_m = np.concatenate(x_m), np.concatenate(y_m)
    height_m = quarter.base_stations.height_m[0]
    stations = BaseStations(x_m=x_m, y_m=y_m, height_m=height_m, power_dbm=quarter.base_stations.power_dbm[0])
    return _inside("mixed", Scene(buildings, stations), settings)


def real_town(scene: Scene, name: str, settings: Settings) -> Town:
    """The user's town, with the stations of its largest carrier."""
    if len(scene.carriers) > 1:
        carriers, number = np.unique(scene.base_stations.carrier, return_counts=True)
        scene = scene.with_carrier(str(carriers[np.argmax(number)]))
    return Town(name, scene, scene.receiver_bounds_m, settings.test_receivers)


def _inside(name: str, scene: Scene, settings: Settings) -> Town:
    low, high = settings.margin_m, settings.side_m - settings.margin_m
    bounds_m = (low, low, high, high)
    return Town(name, replace(scene, receiver_bounds_m=bounds_m), bounds_m, settings.test_receivers)
