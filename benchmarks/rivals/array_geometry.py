"""Line of sight as it is usually written: NumPy over all walls of one link, and shapely's STRtree."""

from __future__ import annotations

import numpy as np
import shapely


class NumpyLineOfSight:
    """The traditional simulation: for each link, every wall of the town at once."""

    def __init__(self, links):
        self._links = links
        a_m, b_m, self._roof_m, self._building = _walls(links.scene.buildings)
        self._a_m, self._along_m = a_m, b_m - a_m

    def __call__(self) -> np.ndarray:
        """(S, R) line of sight."""
        links = self._links
        los = np.empty((len(links.stations_mm), len(links.receivers_mm)), dtype=bool)
        for s, station_m in enumerate(links.stations_mm / 1000):
            kept = ~np.isin(self._building, links.hosts[s])
            a_m, along_m, roof_m = self._a_m[kept], self._along_m[kept], self._roof_m[kept]
            for r, receiver_m in enumerate(links.receivers_mm / 1000):
                link_m = station_m - receiver_m
                parallel = link_m[0] * along_m[:, 1] - link_m[1] * along_m[:, 0]
                to_wall_m = a_m - receiver_m[:2]
                with np.errstate(divide="ignore", invalid="ignore"):
                    t = (to_wall_m[:, 0] * along_m[:, 1] - to_wall_m[:, 1] * along_m[:, 0]) / parallel
                    u = (to_wall_m[:, 0] * link_m[1] - to_wall_m[:, 1] * link_m[0]) / parallel
                met = (t > 0) & (t < 1) & (u >= 0) & (u <= 1) & (receiver_m[2] + t * link_m[2] < roof_m)
                los[s, r] = not met.any()
        return los


class ShapelyLineOfSight:
    """Walls in an STRtree, asked for all links of a station at once; heights in NumPy."""

    def __init__(self, links):
        self._links = links
        self._a_m, self._b_m, self._roof_m, self._building = _walls(links.scene.buildings)
        self._tree = shapely.STRtree(shapely.linestrings(np.stack([self._a_m, self._b_m], axis=1)))

    def __call__(self) -> np.ndarray:
        """(S, R) line of sight."""
        receivers_m = self._links.receivers_mm / 1000
        los = np.ones((len(self._links.stations_mm), len(receivers_m)), dtype=bool)
        for s, station_m in enumerate(self._links.stations_mm / 1000):
            ends = np.stack([receivers_m[:, :2], np.broadcast_to(station_m[:2], (len(receivers_m), 2))], axis=1)
            link, wall = self._tree.query(shapely.linestrings(ends), predicate="intersects")
            p_m, a_m = receivers_m[link], self._a_m[wall]
            along_m, link_m = self._b_m[wall] - a_m, station_m - p_m
            parallel = link_m[:, 0] * along_m[:, 1] - link_m[:, 1] * along_m[:, 0]
            to_wall_m = a_m - p_m[:, :2]
            with np.errstate(divide="ignore", invalid="ignore"):
                t = (to_wall_m[:, 0] * along_m[:, 1] - to_wall_m[:, 1] * along_m[:, 0]) / parallel
            below = p_m[:, 2] + t * link_m[:, 2] < self._roof_m[wall]
            los[s, link[below & ~np.isin(self._building[wall], self._links.hosts[s])]] = False
        return los


def _walls(town) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Ends (W, 2), roof (W,) in m and building (W,) of all walls; the cities stand on the ground."""
    if (town.base_mm > 0).any():
        raise ValueError("a prism above ground is not handled by walls alone")
    following = np.arange(len(town.vertices_mm)) + 1
    following[town.ring_start[1:] - 1] = town.ring_start[:-1]
    prism_start = town.ring_start[town.prism_ring_start]
    prism = np.repeat(np.arange(town.number_of_prisms), np.diff(prism_start))
    vertices_m = town.vertices_mm / 1000
    return vertices_m, vertices_m[following], town.roof_mm[prism] / 1000, town.prism_building[prism]
