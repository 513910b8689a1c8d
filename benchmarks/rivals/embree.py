"""Line of sight by Intel's Embree: the prisms as triangles, the links as rays in single precision."""

from __future__ import annotations

import numpy as np
import shapely
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene


class EmbreeLineOfSight:
    """One acceleration structure for each set of hosts, which is left out of it, built before timing."""

    def __init__(self, links):
        town = links.scene.buildings
        triangles, owner = _mesh_m(town)
        # About the middle of the town: single precision then resolves about 0.1 mm.
        self._origin_m = triangles.reshape(-1, 3).mean(axis=0) * [1, 1, 0]
        scenes = {}
        for hosts in links.hosts:
            if tuple(hosts) not in scenes:
                kept = triangles[~np.isin(owner, hosts)] - self._origin_m
                scene = EmbreeScene()
                TriangleMesh(scene, np.ascontiguousarray(kept, dtype=np.float32))
                scenes[tuple(hosts)] = scene
        self._scene_of_station = [scenes[tuple(hosts)] for hosts in links.hosts]
        receivers_m = links.receivers_mm / 1000 - self._origin_m
        self._receivers_m = receivers_m.astype(np.float32)
        # The rays are made before timing: what is timed is Embree alone.
        self._directions = [(xyz - receivers_m).astype(np.float32) for xyz in links.stations_mm / 1000 - self._origin_m]
        self._reach = np.ones(len(receivers_m), dtype=np.float32)
        for scene in self._scene_of_station:  # the structure is built by the first query
            scene.run(self._receivers_m[:1], self._directions[0][:1], dists=self._reach[:1], query="OCCLUDED")

    def __call__(self) -> np.ndarray:
        """(S, R) line of sight."""
        los = np.empty((len(self._scene_of_station), len(self._receivers_m)), dtype=bool)
        for s, (scene, directions) in enumerate(zip(self._scene_of_station, self._directions, strict=True)):
            los[s] = scene.run(self._receivers_m, directions, dists=self._reach, query="OCCLUDED") < 0
        return los


def _mesh_m(town) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3, 3) triangles of all walls and roofs, m, and the (N,) building of each."""
    triangles, owner = [], []
    for prism, building in enumerate(town.prism_building):
        first, last = town.prism_ring_start[prism], town.prism_ring_start[prism + 1]
        rings = [town.vertices_mm[town.ring_start[k] : town.ring_start[k + 1]] / 1000 for k in range(first, last)]
        base, roof = town.base_mm[prism] / 1000, town.roof_mm[prism] / 1000
        parts = [_walls(ring, base, roof) for ring in rings]
        plan = _triangulated(rings)
        parts += [_lifted(plan, level) for level in ([roof] if base == 0 else [base, roof])]
        triangles += parts
        owner += [building] * sum(len(part) for part in parts)
    return np.concatenate(triangles), np.array(owner)


def _walls(ring: np.ndarray, base: float, roof: float) -> np.ndarray:
    a, b = ring, np.roll(ring, -1, axis=0)
    a0, a1, b0, b1 = (np.insert(p, 2, z, axis=1) for p in (a, b) for z in (base, roof))
    return np.concatenate([np.stack([a0, b0, b1], axis=1), np.stack([a0, b1, a1], axis=1)])


def _lifted(plan: np.ndarray, level: float) -> np.ndarray:
    return np.insert(plan, 2, level, axis=2)


def _triangulated(rings: list[np.ndarray]) -> np.ndarray:
    """(N, 3, 2) triangles of a polygon with holes."""
    polygon = shapely.make_valid(shapely.Polygon(rings[0], rings[1:]))
    pieces = shapely.get_parts(shapely.constrained_delaunay_triangles(shapely.get_parts(polygon))).ravel()
    return shapely.get_coordinates(shapely.get_parts(pieces)).reshape(-1, 4, 2)[:, :3]
