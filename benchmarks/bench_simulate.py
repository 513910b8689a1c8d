"""The whole simulation, a million receivers by 80 stations, each in its own process: time and peak memory."""

from __future__ import annotations

import subprocess
import sys

import pytest

STATIONS, RECEIVERS = 80, 1_000_000
ALLOWED_BYTES = 1e9
SETTINGS = {"exact": "", "accelerated": ", draws=100"}

RUN = """
import time
import radiocore as rc
import xarray, pandas, pyproj
scene = rc.Scene.synthetic("urban", 2000, 20)
grid = rc.ReceiverGrid.over(scene, 2.0)
assert len(scene.base_stations) == {stations} and grid.size >= {receivers}, (len(scene.base_stations), grid.size)
scene.city


def peak_bytes():
    # Not ru_maxrss: that one begins with the peak of the process that started this one.
    for line in open("/proc/self/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024


before = peak_bytes()
start = time.perf_counter()
manifold = rc.simulate_manifold(scene, grid, method="{method}"{settings})
took_s = time.perf_counter() - start
peak = peak_bytes()
coverage = manifold.dataset["coverage"]
strip = rc.ReceiverGrid(grid.x_m, grid.y_m[:8])
other = rc.simulate_manifold(scene, strip, method="{method}"{settings}, threads=1, block_size=1000).dataset["coverage"]
assert (coverage.sel(y=other.y, x=other.x) == other).all(), "a strip on its own, in one thread, has other values"
print(took_s, before, peak, float(coverage.mean()))
"""


@pytest.mark.parametrize("method", SETTINGS)
def bench_simulate_manifold(benchmark, method):
    benchmark.group = f"simulate_manifold, {RECEIVERS:,} receivers x {STATIONS} stations, all cores"
    code = RUN.format(stations=STATIONS, receivers=RECEIVERS, method=method, settings=SETTINGS[method])
    measured = []

    def run():
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert out.returncode == 0, out.stderr
        measured.append([float(value) for value in out.stdout.split()])

    benchmark.pedantic(run, rounds=1)
    took_s, before_bytes, peak_bytes, mean_coverage = measured[0]
    benchmark.extra_info.update(method=method, took_s=took_s, peak_bytes=peak_bytes, mean_coverage=mean_coverage)
    memory = f"peak {peak_bytes / 1e6:.0f} MB, of which {before_bytes / 1e6:.0f} MB before"
    print(f"\n{method}{SETTINGS[method]}: {took_s:.1f} s, {memory}")
    assert 0.0 < mean_coverage < 1.0
    assert peak_bytes < ALLOWED_BYTES
