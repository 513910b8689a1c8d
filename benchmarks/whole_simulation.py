"""One whole simulation in a process of its own, for bench_simulate.py: `python whole_simulation.py METHOD [DRAWS]`.

Prints JSON: seconds, bytes above the inputs at the peak, mean coverage; of the exact method also the seconds of its
kernels one by one, and of Mitsuba for the line of sight alone where it is installed.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np

import cities
import radiocore as rc
from radiocore import _core
from radiocore.blockage import hosts_of, outdoors_on, trace_grid
from radiocore.channel import Channel
from radiocore.estimators import ExactCoverage
from radiocore.links import Block, CarrierStations, Receivers

STATIONS, RECEIVERS = 80, 1_000_000
REPEATS = 3


class Kernels:
    """What the exact method is made of, each called on its own for the whole grid, on all cores."""

    def __init__(self, scene: rc.Scene, grid: rc.ReceiverGrid):
        self._scene, self._grid, self._channel = scene, grid, Channel()
        self._stations = CarrierStations.of(scene.base_stations, hosts_of(scene), np.arange(STATIONS))

    def seconds(self) -> dict[str, float]:
        took_s = {}
        for name, kernel in (
            ("receivers outdoors", self._find_outdoors),
            ("line of sight", self._trace),
            ("power and closed form", self._cover),
        ):
            start = time.perf_counter()
            kernel()
            took_s[name] = time.perf_counter() - start
        return took_s

    def _find_outdoors(self) -> None:
        self._outdoors = outdoors_on(self._scene.city, self._grid)

    def _trace(self) -> None:
        stations = self._stations
        hosts = (stations.host_start, stations.host_list)
        self._bits = trace_grid(self._scene.city, self._grid, stations.position_mm, hosts, self._outdoors)

    def _cover(self) -> None:
        receivers = Receivers(self._grid, 0, self._grid.size, self._outdoors)
        threshold = np.array([10 ** (self._channel.threshold_db / 10)])
        block = Block(receivers, self._bits, None)
        estimate = ExactCoverage().estimate(block, self._stations, self._channel, threshold, seed=0, threads=0)
        self.coverage = estimate.coverage[0]


def status_bytes(field: str) -> int:
    """A field of this process's memory; not ru_maxrss, which begins with the peak of the process that started it."""
    with open("/proc/self/status", encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field + ":"))


def mitsuba_s(scene: rc.Scene) -> float | None:
    """Least time that Mitsuba takes for the line of sight of the outdoor receivers on all cores."""
    try:
        from rivals.mitsuba import MitsubaLineOfSight

        rival = MitsubaLineOfSight(cities.on_fine_grid(scene), _core.available_threads())
    except ImportError:
        return None
    return min(_seconds(rival) for _ in range(REPEATS))


def _seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def main(method: str, **settings) -> dict:
    scene = cities.large_city()
    grid = rc.ReceiverGrid.over(scene, cities.FINE_RESOLUTION_M)
    assert len(scene.base_stations) == STATIONS and grid.size >= RECEIVERS
    _ = scene.city
    # Whatever is imported late is no part of the simulation.
    rc.simulate_manifold(scene, rc.ReceiverGrid(grid.x_m[:8], grid.y_m[:8]), method=method, **settings)
    before = status_bytes("VmRSS")
    times_s = []

    def simulate():
        start = time.perf_counter()
        manifold = rc.simulate_manifold(scene, grid, method=method, progress=False, **settings)
        times_s.append(time.perf_counter() - start)
        return manifold.dataset["coverage"].sortby("y")

    coverage = simulate()
    out = {"above_inputs_bytes": status_bytes("VmHWM") - before, "mean_coverage": float(coverage.mean())}
    strip = rc.ReceiverGrid(grid.x_m, grid.y_m[:8])
    alone = rc.simulate_manifold(scene, strip, method=method, threads=1, block_size=1000, **settings)
    part = alone.dataset["coverage"]
    assert (coverage.sel(y=part.y, x=part.x) == part).all(), "a strip on its own, in one thread, has other values"
    if method == "exact":
        kernels = Kernels(scene, grid)
        rounds = [kernels.seconds()]
        np.testing.assert_array_equal(np.ravel(coverage), kernels.coverage)
        for _ in range(REPEATS - 1):
            simulate()
            rounds.append(kernels.seconds())
        out["kernels_s"] = {name: min(took_s[name] for took_s in rounds) for name in rounds[0]}
        out["mitsuba_s"] = mitsuba_s(scene)
    return {"took_s": min(times_s), **out}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], **({"draws": int(sys.argv[2])} if len(sys.argv) > 2 else {}))))
