"""Line of sight by Intel's Embree: the prisms as triangles, the links as single rays in single precision."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from .mesh import TriangleTown


class EmbreeLineOfSight:
    """One acceleration structure for each set of hosts, which is left out of it; structures and rays are made
    before timing, so what is timed is Embree alone. Threads share the stations."""

    def __init__(self, links, threads: int):
        town = TriangleTown(links)
        receivers_m, stations_m = town.local_m(links.receivers_mm), town.local_m(links.stations_mm)
        self._receivers_m = receivers_m.astype(np.float32)
        self._directions = [(xyz - receivers_m).astype(np.float32) for xyz in stations_m]
        self._reach = np.ones(len(receivers_m), dtype=np.float32)
        self._scene = {}
        for stations, triangles in town.by_hosts():
            scene = EmbreeScene()
            TriangleMesh(scene, np.ascontiguousarray(triangles))
            self._scene.update(dict.fromkeys(stations, scene))
            # The structure is built by the first query.
            scene.run(self._receivers_m[:1], self._directions[0][:1], dists=self._reach[:1], query="OCCLUDED")
        self._pool = ThreadPoolExecutor(threads)

    def __call__(self) -> np.ndarray:
        """(S, R) line of sight."""
        return np.stack(list(self._pool.map(self._of_station, range(len(self._directions)))))

    def _of_station(self, station: int) -> np.ndarray:
        directions = self._directions[station]
        return self._scene[station].run(self._receivers_m, directions, dists=self._reach, query="OCCLUDED") < 0
