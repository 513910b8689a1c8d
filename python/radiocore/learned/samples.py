"""Training samples of the learned method: exact line of sight over maps with regenerated heights.

A sample is a receiver outdoors on a map, the roofs around it, and the exact line of sight to antennas in some of the
cells. arXiv:2312.01826, section V-B, takes its samples from accelerated simulation; here they are exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from .. import _core
from ..buildings import Buildings
from ..errors import InputError
from ..progress import progress_bar
from ..units import MM_PER_M
from .grid_model import GridModel

SAMPLES_A_MAP = 10
"""Receivers on one map between two regenerations of its heights."""
LINKS_A_SAMPLE = 48
"""Antennas around a receiver, in cells drawn at random."""
MOST_TRIES = 50


@dataclass(frozen=True)
class Samples:
    """N links of M samples, and the L cells with a roof that they cross.

    Attributes
    ----------
    grid : GridModel
    map : (N,) int32 which map, heights included, each link is of
    cell : (N,) int32 cell of the antenna
    los : (N,) int8 exact line of sight
    link : (L,) int32 which link crosses the cell; of a building only the cell nearest to the receiver is listed
    parameter : (L,) int32 row of ``grid.paths``
    height : (L,) float64 roof above the receiver over the antenna's height above it
    """

    grid: GridModel
    map: np.ndarray
    cell: np.ndarray
    los: np.ndarray
    link: np.ndarray
    parameter: np.ndarray
    height: np.ndarray

    def __len__(self) -> int:
        return len(self.los)

    def select(self, keep: np.ndarray) -> Samples:
        """The links whose (N,) boolean is true."""
        number = np.cumsum(keep) - 1
        crossed = keep[self.link]
        return Samples(
            self.grid,
            self.map[keep],
            self.cell[keep],
            self.los[keep],
            number[self.link[crossed]].astype(np.int32),
            self.parameter[crossed],
            self.height[crossed],
        )


def draw_samples(
    towns: list[Buildings],
    grid: GridModel,
    number: int,
    *,
    antenna_height_m: float,
    receiver_height_m: float,
    seed: int,
    threads: int = 0,
    progress: bool | None = None,
) -> Samples:
    """Samples over towns in turn, with new Rayleigh heights of the town's own scale every few receivers.

    Receivers are uniform over the ground outdoors where the square around them lies within the town, as far as it
    fits; antennas are uniform over the ground outdoors in their cells.

    Raises
    ------
    InputError
        There is no town, a town has no building or no place outdoors, or the antennas are not above the receivers.
    """
    if not towns or any(len(town) == 0 for town in towns):
        raise InputError("scenes: training needs at least one scene, and buildings in each")
    if not antenna_height_m > receiver_height_m >= 0:
        raise InputError(
            f"antenna_height_m: {antenna_height_m:g} must be above the receivers ({receiver_height_m:g} m)"
        )
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed)))
    parts, links = [], 0
    with progress_bar(number, "Samples", progress, unit="samples") as advance:
        for map_number, start in enumerate(range(0, number, SAMPLES_A_MAP)):
            town = with_new_heights(towns[map_number % len(towns)], rng)
            city = city_of(town)
            count = min(SAMPLES_A_MAP, number - start)
            for receiver in _receivers(city, town, grid, count, receiver_height_m, rng, threads):
                part = _sample(city, grid, receiver, round(antenna_height_m * MM_PER_M), rng, threads)
                part["link"] += links
                part["map"] = np.full(len(part["los"]), map_number, dtype=np.int32)
                links += len(part["los"])
                parts.append(part)
            advance(count)
    return Samples(grid, **{name: np.concatenate([part[name] for part in parts]) for name in parts[0]})


def city_of(town: Buildings) -> _core.City:
    """Buildings as the compiled core holds them."""
    return _core.City(
        town.vertices_mm, town.ring_start, town.prism_ring_start, town.base_mm, town.roof_mm, town.prism_building
    )


def with_new_heights(town: Buildings, rng: np.random.Generator) -> Buildings:
    """The town with Rayleigh heights of the same scale drawn anew; parts of a building keep their proportions."""
    scale_m = np.sqrt(np.mean(town.height_m**2) / 2.0)
    factor = scale_m * np.sqrt(-2.0 * np.log1p(-rng.random(len(town)))) / town.height_m
    factor = factor[town.prism_building]
    base_mm = np.rint(town.base_mm * factor).astype(np.int64)
    roof_mm = np.maximum(np.rint(town.roof_mm * factor).astype(np.int64), base_mm + 1)
    return replace(town, base_mm=base_mm, roof_mm=roof_mm)


def repeated(building: np.ndarray) -> np.ndarray:
    """(P,) bool: the building of a path's cell stood in one before it."""
    out = np.ones(len(building), dtype=bool)
    out[np.unique(building, return_index=True)[1]] = False
    return out


def _receivers(city, town, grid, count, height_m, rng, threads) -> np.ndarray:
    """(count, 3) places outdoors."""
    low_m, high_m = np.array(town.bounds_m[:2]), np.array(town.bounds_m[2:])
    inset_m = np.minimum(grid.side_m / 2.0, 0.45 * (high_m - low_m))
    low_m, high_m = (np.broadcast_to(corner, (count, 2)) for corner in (low_m + inset_m, high_m - inset_m))
    place, found = _outdoors(city, low_m, high_m, round(height_m * MM_PER_M), rng, threads)
    if not found.all():
        raise InputError("scenes: no place outdoors was found in the middle of a town")
    return place


def _sample(city, grid, receiver, antenna_mm, rng, threads) -> dict[str, np.ndarray]:
    """Links of one receiver, as the columns of :class:`Samples`."""
    cell = np.sort(rng.choice(grid.cells, min(LINKS_A_SAMPLE, grid.cells), replace=False))
    corner_m = (receiver[:2] + (grid.centre[cell] - 1) * (grid.cell_mm // 2)) / MM_PER_M
    antenna, found = _outdoors(city, corner_m, corner_m + grid.cell_mm / MM_PER_M, antenna_mm, rng, threads)
    cell, antenna = cell[found], np.ascontiguousarray(antenna[found])
    no_hosts = np.zeros(len(cell) + 1, dtype=np.int64), np.zeros(0, dtype=np.int32)
    outdoors = np.full(1, -1, dtype=np.int32)
    bits = city.line_of_sight(receiver[None, :].copy(), antenna, *no_hosts, outdoors, "index", -1, threads)
    roof_mm, building = (
        matrix.ravel() for matrix in grid.roofs(city, receiver[:1], receiver[1:2], threads).matrices(0, 0)
    )
    paths, link, parameter, height = grid.paths, [], [], []
    for number, at in enumerate(cell):
        path, here = paths.of_cell(at)
        kept = np.flatnonzero(roof_mm[path] > receiver[2])
        kept = kept[~repeated(building[path[kept]])]
        link.append(np.full(len(kept), number, dtype=np.int32))
        parameter.append((here.start + kept).astype(np.int32))
        height.append((roof_mm[path[kept]] - receiver[2]) / (antenna_mm - receiver[2]))
    return {
        "cell": cell.astype(np.int32),
        "los": (bits[:, 0] & 1).astype(np.int8),
        "link": np.concatenate([np.zeros(0, dtype=np.int32), *link]),
        "parameter": np.concatenate([np.zeros(0, dtype=np.int32), *parameter]),
        "height": np.concatenate([np.zeros(0), *height]),
    }


def _outdoors(city, low_m, high_m, height_mm, rng, threads) -> tuple[np.ndarray, np.ndarray]:
    """(N, 3) places uniform over N boxes, outside every outline; and for which boxes one was found."""
    place = np.full((len(low_m), 3), height_mm, dtype=np.int64)
    missing = np.arange(len(low_m))
    for _ in range(MOST_TRIES):
        span_m = high_m[missing] - low_m[missing]
        place[missing, :2] = np.rint((low_m[missing] + span_m * rng.random(span_m.shape)) * MM_PER_M).astype(np.int64)
        missing = missing[city.buildings_at(np.ascontiguousarray(place[missing]), False, threads) >= 0]
        if missing.size == 0:
            break
    return place, ~np.isin(np.arange(len(low_m)), missing)
