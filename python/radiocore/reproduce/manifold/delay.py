"""What a receiver costs, stage by stage, on one thread.

A map amortises over its receivers what is done once (the buildings' centres, a model read from its file), so that is
left out here; what differs from place to place is measured on small tiles of receivers.
"""

from __future__ import annotations

import numpy as np

from ...blockage import hosts_of, outdoors_on, trace_grid
from ...channel import Channel
from ...coverage import as_thresholds
from ...estimators import Estimator
from ...grid import ReceiverGrid
from ...links import Block, CarrierStations, Receivers
from .study import cpu_seconds
from .towns import RECEIVER_HEIGHT_M, Town

LEAST_S = 0.02
"""Repeated until then, and the fastest run counts: the others were disturbed."""
MOST_RUNS = 5
NOISE = 1.25
"""Times nearer to each other than this ratio are called equal: so much they differ from run to run."""
TILE_STEP_M = 5.0


def tiles_of(town: Town, number: int, cells: int, seed: int) -> list[ReceiverGrid]:
    """Square tiles of cells x cells receivers 5 m apart, at random places of a town."""
    west, south, east, north = town.bounds_m
    side_m = cells * TILE_STEP_M
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(13,))))
    corners = rng.uniform(size=(number, 2)) * np.maximum([east - west - side_m, north - south - side_m], 0.0)
    grids = []
    for x_m, y_m in np.floor(corners / TILE_STEP_M) * TILE_STEP_M + np.ceil([west, south]):
        offsets_m = TILE_STEP_M * (np.arange(cells) + 0.5)
        grids.append(ReceiverGrid(x_m + offsets_m, y_m + offsets_m, RECEIVER_HEIGHT_M))
    return grids


def delays_us(town: Town, method: Estimator, channel: Channel, tiles: list[ReceiverGrid], seed: int) -> np.ndarray:
    """(len(tiles),) processor time a receiver of each tile, microseconds."""
    scene = town.scene
    hosts = hosts_of(scene)
    stations = CarrierStations.of(scene.base_stations, hosts, np.arange(len(scene.base_stations)))
    prepared = method.prepare(scene, channel, RECEIVER_HEIGHT_M)
    threshold, _ = as_thresholds(channel.threshold_db)

    def cover(grid: ReceiverGrid) -> None:
        outdoors = outdoors_on(scene.city, grid, 1)
        if method.trace_distance_mm is None:
            bits = np.zeros((len(stations), (grid.size + 7) // 8), dtype=np.uint8)
        else:
            bits = trace_grid(
                scene.city,
                grid,
                stations.position_mm,
                (stations.host_start, stations.host_list),
                outdoors,
                engine=method.engine,
                max_distance_mm=method.trace_distance_mm,
                threads=1,
            )
        receivers = Receivers(grid, 0, grid.size, outdoors)
        place = method.describe(prepared, receivers, 1, {})
        method.estimate(Block(receivers, bits, place), stations, channel, threshold, seed=seed, threads=1)

    cover(tiles[0])  # what is loaded at first use does not count
    return np.array([_fastest_s(lambda grid=grid: cover(grid)) / grid.size * 1e6 for grid in tiles])


def _fastest_s(work) -> float:
    runs = []
    while not runs or (sum(runs) < LEAST_S and len(runs) < MOST_RUNS):
        runs.append(cpu_seconds(work))
    return min(runs)
