"""Line of sight by Mitsuba 3: Dr.Jit compiles the ray generation with LLVM and traces packets with its own Embree."""

from __future__ import annotations

import drjit
import mitsuba
import numpy as np

from .mesh import TriangleTown

VARIANT = "llvm_ad_mono"


class MitsubaLineOfSight:
    """One launch for all links of the stations that have the same hosts; scenes are built before timing.

    Raises
    ------
    ImportError
        The machine has no LLVM library that Dr.Jit can use.
    """

    def __init__(self, links, threads: int):
        mitsuba.set_variant(VARIANT)
        drjit.set_thread_count(threads)
        town = TriangleTown(links)
        stations_m = town.local_m(links.stations_mm).astype(np.float32)
        self._receivers = mitsuba.Point3f(town.local_m(links.receivers_mm).astype(np.float32).T)
        self._number = len(links.receivers_mm)
        self._launches = [
            (stations, mitsuba.Point3f(np.ascontiguousarray(stations_m[stations].T)), _scene(triangles))
            for stations, triangles in town.by_hosts()
        ]
        drjit.eval(self._receivers, *(position for _, position, _ in self._launches))
        self()  # compiles the kernel

    def __call__(self) -> np.ndarray:
        """(S, R) line of sight."""
        los = np.empty((sum(len(stations) for stations, _, _ in self._launches), self._number), dtype=bool)
        for stations, position, scene in self._launches:
            link = drjit.arange(mitsuba.UInt32, len(stations) * self._number)
            station = link // self._number
            receiver = drjit.gather(mitsuba.Point3f, self._receivers, link - station * self._number)
            ray = mitsuba.Ray3f(receiver, drjit.gather(mitsuba.Point3f, position, station) - receiver)
            ray.maxt = 1.0
            los[stations] = ~np.array(scene.ray_test(ray)).reshape(len(stations), self._number)
        return los


def _scene(triangles: np.ndarray):
    mesh = mitsuba.Mesh("town", 3 * len(triangles), len(triangles))
    columns = mitsuba.traverse(mesh)
    columns["vertex_positions"] = triangles.ravel()
    columns["faces"] = np.arange(3 * len(triangles), dtype=np.uint32)
    columns.update()
    return mitsuba.load_dict({"type": "scene", "town": mesh})
