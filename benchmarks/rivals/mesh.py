"""A town as triangles, for rivals that trace rays."""

from __future__ import annotations

import numpy as np
import shapely


class TriangleTown:
    """Walls and roofs of all prisms about the middle of the town: single precision then resolves about 0.1 mm."""

    def __init__(self, links):
        self._triangles_m, self._owner = _mesh_m(links.scene.buildings)
        self._origin_m = self._triangles_m.reshape(-1, 3).mean(axis=0) * [1, 1, 0]
        self._hosts = links.hosts

    def by_hosts(self) -> list[tuple[list[int], np.ndarray]]:
        """Stations that have the same hosts, and the (N, 3, 3) triangles, float32, of all other buildings."""
        stations: dict[tuple, list[int]] = {}
        for station, hosts in enumerate(self._hosts):
            stations.setdefault(tuple(hosts), []).append(station)
        kept = {hosts: self._triangles_m[~np.isin(self._owner, hosts)] - self._origin_m for hosts in stations}
        return [(stations[hosts], kept[hosts].astype(np.float32)) for hosts in stations]

    def local_m(self, points_mm: np.ndarray) -> np.ndarray:
        """(R, 3) points in the frame of the triangles, double."""
        return points_mm / 1000 - self._origin_m


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
