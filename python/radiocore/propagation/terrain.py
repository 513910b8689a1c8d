"""The terrain around receivers: how much is built up, and how high. arXiv:2312.01826, section II-A."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _core
from ..circle import minimum_enclosing_circle
from ..links import Receivers
from ..units import MM_PER_M
from .air_to_ground import ALPHA_BETA_BOX, GAMMA_BOX_M


@dataclass(frozen=True)
class Surroundings:
    """Buildings as the terrain model sees them."""

    centre_mm: np.ndarray  # (B, 2) int64, centre of the minimum enclosing circle
    area_mm2: np.ndarray  # (B,) int64
    height_mm: np.ndarray  # (B,) int64


@dataclass(frozen=True)
class Terrain:
    """Of R receivers; zero where no building is near."""

    alpha_beta: np.ndarray  # (R,) built-up share times buildings per km^2
    gamma_m: np.ndarray  # (R,) Rayleigh scale of the heights

    def __getitem__(self, picks) -> Terrain:
        return Terrain(self.alpha_beta[picks], self.gamma_m[picks])


def surroundings_of(buildings) -> Surroundings:
    """Centre, floor area and height of every building."""
    start, ring_start = buildings.prism_ring_start, buildings.ring_start
    outlines: list[list[np.ndarray]] = [[] for _ in range(len(buildings))]
    for prism, building in enumerate(buildings.prism_building):
        outer = start[prism]
        outlines[building].append(buildings.vertices_mm[ring_start[outer] : ring_start[outer + 1]])
    circles = [minimum_enclosing_circle(np.concatenate(parts))[0] for parts in outlines]
    return Surroundings(
        centre_mm=np.rint(np.array(circles, dtype=np.float64).reshape(-1, 2)).astype(np.int64),
        area_mm2=np.rint(buildings.area_m2 * 1e6).astype(np.int64),
        height_mm=np.rint(buildings.height_m * 1e3).astype(np.int64),
    )


def terrain_around(surroundings: Surroundings, receivers: Receivers, radius_m: float, threads: int) -> Terrain:
    """The terrain of the buildings centred within a radius of each receiver; sums are of whole numbers."""
    found = _core.terrain_on_grid(
        surroundings.centre_mm,
        surroundings.area_mm2,
        surroundings.height_mm,
        _core.ReceiverGrid(*receivers.grid.lattice_mm),
        receivers.first,
        receivers.count,
        round(radius_m * MM_PER_M),
        threads,
    )
    return Terrain(*found)


def count_outside_fit(counts: dict[str, int], terrain: Terrain) -> None:
    """Outside the box of its fit the terrain is clamped; how often ends in the provenance."""
    alpha_beta, gamma_m = terrain.alpha_beta, terrain.gamma_m
    built = alpha_beta > 0
    outside = built & (
        (alpha_beta < ALPHA_BETA_BOX[0])
        | (alpha_beta > ALPHA_BETA_BOX[1])
        | (gamma_m < GAMMA_BOX_M[0])
        | (gamma_m > GAMMA_BOX_M[1])
    )
    for name, number in (
        ("outdoor_receivers", len(built)),
        ("outdoor_receivers_outside_terrain_fit", int(outside.sum())),
        ("outdoor_receivers_without_buildings_near", int((~built).sum())),
    ):
        counts[name] = counts.get(name, 0) + number
