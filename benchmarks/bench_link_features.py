"""Features of links: radiocore and its rivals on scattered links of the synthetic city, each link with ends of its own.

Rivals are asked for the first links, and judged by links per second; their answers must be radiocore's.
"""

from __future__ import annotations

import numpy as np
import pytest

import cities
from radiocore import _core
from radiocore.link_features import link_features
from rivals.link_features import LoopFeatures, ShapelyFeatures
from rounds import in_rounds

LINKS = {"radiocore": 400_000, "shapely STRtree": 20_000, "NumPy loop": 500}
RIVALS = {"shapely STRtree": ShapelyFeatures, "NumPy loop": LoopFeatures}
THREADS = sorted({1, _core.available_threads()})
REACH_M = {"up to 500 m": 500.0, "up to 1 km": 1000.0}


@pytest.fixture(scope="module")
def scene():
    return cities.synthetic_city()


def scattered_links(reach_m: float, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Receivers anywhere, every other 1.5 m high and the rest up to 40 m; antennas of 15 to 45 m around each, uniform
    over the disc of ``reach_m``: two thirds of it is their mean distance in plan.
    """
    rng = np.random.default_rng(11)
    receivers_m = rng.uniform((0, 0, 0), (1000, 1000, 40), (number, 3))
    receivers_m[::2, 2] = 1.5
    distance_m, bearing = reach_m * np.sqrt(rng.random(number)), rng.uniform(0, 2 * np.pi, number)
    away_m = np.column_stack([distance_m * np.cos(bearing), distance_m * np.sin(bearing)])
    transmitters_m = np.column_stack([receivers_m[:, :2] + away_m, rng.uniform(15, 45, number)])
    higher = receivers_m[:, 2] > transmitters_m[:, 2] - 1
    receivers_m[higher, 2] = 1.5
    return np.round(transmitters_m, 3), np.round(receivers_m, 3)


@pytest.mark.parametrize("reach", REACH_M)
@pytest.mark.parametrize(
    ("name", "threads"), [(name, n) for name in LINKS for n in (THREADS if name == "radiocore" else [1])]
)
def bench_link_features(benchmark, scene, name, threads, reach):
    transmitters_m, receivers_m = (ends[: LINKS[name]] for ends in scattered_links(REACH_M[reach], max(LINKS.values())))
    expected = link_features(scene, transmitters_m, receivers_m)
    wrong = 0
    if name in RIVALS:
        rival = RIVALS[name](scene)
        met, obstruction_m = rival(transmitters_m, receivers_m)
        wrong = int((met != expected.building_intersection_count_3d).sum())
        np.testing.assert_allclose(obstruction_m, expected.total_obstruction_length_3d_m, rtol=1e-9, atol=1e-3)
        assert wrong <= 1e-4 * len(met)  # a corner that is touched
        in_rounds(benchmark, lambda: rival(transmitters_m, receivers_m))
    else:
        in_rounds(benchmark, lambda: link_features(scene, transmitters_m, receivers_m, threads=threads, progress=False))
    table = f"features of links {reach}"
    benchmark.group = f"{table}, threads: {threads}"
    benchmark.extra_info.update(
        name=name, table=table, rival=name in RIVALS, threads=threads, work=len(receivers_m), unit="links", wrong=wrong
    )
