"""How cost grows: time against receivers, stations and buildings, each over three decades, by `make scaling`.

Prints a table with the slopes of the log-log lines, and draws gallery/scaling.png. What a city needs once, its
reading and its index, is not in the times.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import radiocore as rc

PICTURE = Path(__file__).parent / "gallery" / "scaling.png"
SIMULATION, INDEX = "simulate_manifold, exact", "line_of_sight, index, scattered"
FEW_RECEIVERS = 100
LEAST_S = 0.3
BUILDINGS_PER_KM2 = 500  # of the urban example

# name: sizes, half a decade apart
SIZES = {
    "receivers": (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000),
    "stations": (1, 3, 10, 30, 100, 300, 1_000),
    "buildings": (10, 30, 100, 300, 1_000, 3_000, 10_000),
}
CONDITIONS = {
    "receivers": "20 stations, 500 buildings, 1 km²",
    "stations": f"10,000 receivers (index: {FEW_RECEIVERS}), 500 buildings, 1 km²",
    "buildings": f"10,000 receivers (index: {FEW_RECEIVERS}), 20 stations, the area growing",
}


def contenders(axis: str, size: int) -> dict[str, Callable]:
    """What is timed at a size: one call each, on all cores."""
    buildings = size if axis == "buildings" else 500
    stations = size if axis == "stations" else 20
    receivers = size if axis == "receivers" else 10_000
    few = size if axis == "receivers" else FEW_RECEIVERS
    area_km2 = buildings / BUILDINGS_PER_KM2
    side_m = 1000 * area_km2**0.5
    scene = rc.Scene.synthetic("urban", side_m, stations / area_km2)
    assert len(scene.buildings) == buildings and len(scene.base_stations) == stations
    resolution_m = round(side_m / receivers**0.5 / 0.002) * 0.002
    grid = rc.ReceiverGrid.over(scene, resolution_m)
    places_m = np.random.default_rng(9).uniform((0, 0, 0), (side_m, side_m, 40), (few, 3))
    _ = scene.city, scene.host_start
    return {
        SIMULATION: lambda: rc.simulate_manifold(scene, grid, progress=False),
        INDEX: lambda: rc.line_of_sight(scene, places_m, engine="index"),
    }


def best_s(call: Callable) -> float:
    """Least time of a call among repeats that together last a while."""
    call()
    times: list[float] = []
    while sum(times) < LEAST_S or len(times) < 2:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def slope(sizes, seconds) -> float:
    return float(np.polyfit(np.log(sizes), np.log(seconds), 1)[0])


def measured() -> dict[str, dict[str, list[float]]]:
    """Seconds by axis and contender, a table printed on the way."""
    seconds: dict[str, dict[str, list[float]]] = {}
    for axis, sizes in SIZES.items():
        lines: dict[str, list[float]] = {SIMULATION: [], INDEX: []}
        for size in sizes:
            for name, call in contenders(axis, size).items():
                lines[name].append(best_s(call))
        print(f"\n{axis}: {CONDITIONS[axis]}; ms\n{'':34}" + "".join(f"{size:>11,}" for size in sizes), end="")
        print(f"{'slope':>9}{'last decade':>13}")
        for name, line in lines.items():
            cells = "".join(f"{1e3 * value:>11.2f}" for value in line)
            print(f"{name:34}{cells}{slope(sizes, line):>9.2f}{slope(sizes[-3:], line[-3:]):>13.2f}")
        seconds[axis] = lines
    return seconds


def draw(seconds: dict[str, dict[str, list[float]]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 3, figsize=(13, 4.8), sharey=True, layout="constrained")
    for panel, (axis, lines) in zip(panels, seconds.items(), strict=True):
        sizes = np.array(SIZES[axis])
        for (name, line), marker in zip(lines.items(), "os", strict=True):
            panel.loglog(sizes, 1e3 * np.array(line), marker=marker, label=name)
        top_ms = 1e3 * max(line[-1] for line in lines.values())
        panel.loglog(sizes, top_ms * sizes / sizes[-1], "k:", linewidth=1, label="linear")
        panel.set_xlabel(f"{axis}\n({CONDITIONS[axis]})".replace("), ", "),\n", 1))
        slopes = " and ".join(f"{slope(sizes[-3:], line[-3:]):.2f}" for line in lines.values())
        panel.set_title(f"slopes of the last decade: {slopes}", fontsize=10)
        panel.grid(True, which="major", alpha=0.3)
    panels[0].set_ylabel("time of a call, ms, all cores")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    draw(measured())
