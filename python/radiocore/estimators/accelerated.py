"""Algorithm 3 of arXiv:2312.01826: exact line of sight nearby, a probability of it far away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .. import _core
from ..circle import minimum_enclosing_circle
from ..coverage import DEFAULT_DRAWS, as_draws
from ..errors import InputError, nearest_name
from ..links import Estimate
from ..propagation.air_to_ground import ALPHA_BETA_BOX, GAMMA_BOX_M
from ..propagation.power_law import power_law_links, power_law_mean_mw
from ..units import LATTICE_LIMIT_MM
from .base import Estimator, sample_coverage
from .exact import require_whole_shapes

FAR_LINKS = ("drawn", "averaged")
DEFAULT_EXACT_RADIUS_M = 200.0
DEFAULT_NEIGHBOURHOOD_RADIUS_M = 500.0


@dataclass(frozen=True)
class Surroundings:
    """Buildings as the terrain model sees them, sorted by x of their centre."""

    centre_mm: np.ndarray  # (B, 2) int64, centre of the minimum enclosing circle
    area_mm2: np.ndarray  # (B,) int64
    height_mm: np.ndarray  # (B,) int64


@dataclass(frozen=True)
class AcceleratedSimulation(Estimator):
    """Accelerated simulation.

    Attributes
    ----------
    draws : Monte Carlo draws a receiver
    exact_radius_m : links up to this horizontal distance are decided exactly; inf = all
    neighbourhood_radius_m : the terrain of a receiver is that of the buildings centred within this
    far_links : {"drawn", "averaged"}
        The state of a far link is drawn once (the paper), or averaged over exactly in closed form,
        without sampling (then the server named is the likeliest one).
    """

    draws: int = DEFAULT_DRAWS
    exact_radius_m: float = DEFAULT_EXACT_RADIUS_M
    neighbourhood_radius_m: float = DEFAULT_NEIGHBOURHOOD_RADIUS_M
    far_links: str = "drawn"
    name: ClassVar[str] = "accelerated"

    def __post_init__(self):
        object.__setattr__(self, "draws", as_draws(self.draws))
        if not self.exact_radius_m >= 0:
            raise InputError(f"exact_radius_m: {self.exact_radius_m} must be 0 m or more (inf: every link exact)")
        most_m = LATTICE_LIMIT_MM / 1000
        if not 0 < self.neighbourhood_radius_m < most_m:
            raise InputError(f"neighbourhood_radius_m: {self.neighbourhood_radius_m} must lie in (0, {most_m:.0f}) m")
        if self.far_links not in FAR_LINKS:
            hint = nearest_name(self.far_links, FAR_LINKS)
            raise InputError(f"far_links: {self.far_links!r} is not one of {FAR_LINKS}{hint}")

    @property
    def trace_distance_mm(self) -> int:
        return -1 if self.exact_radius_m * 1000 >= LATTICE_LIMIT_MM else round(self.exact_radius_m * 1000)

    def prepare(self, scene, channel, receiver_height_m):
        if self.far_links == "averaged":
            require_whole_shapes(channel)
            if channel.max_interferer_distance_m is not None:
                raise InputError('max_interferer_distance_m: not with far_links="averaged"; choose far_links="drawn"')
        low = scene.base_stations.height_m <= receiver_height_m
        if low.any() and self.trace_distance_mm >= 0:
            row = int(np.argmax(low))
            raise InputError(
                f"height_m: base station row {row} ({scene.base_stations.height_m[row]:g} m) does not stand above the "
                f"receivers ({receiver_height_m:g} m), which the line-of-sight probability needs; "
                'choose method="exact"'
            )
        return surroundings_of(scene.buildings)

    def describe(self, prepared, receivers, threads, counts):
        """(alpha beta, gamma) of the terrain around each receiver."""
        alpha_beta, gamma_m = _core.terrain(
            prepared.centre_mm,
            prepared.area_mm2,
            prepared.height_mm,
            receivers.position_mm,
            round(self.neighbourhood_radius_m * 1000),
            threads,
        )
        self._count_outside(counts, alpha_beta[receivers.outdoors], gamma_m[receivers.outdoors])
        return alpha_beta, gamma_m

    def estimate(self, block, stations, channel, threshold, *, seed, threads):
        alpha_beta, gamma_m = block.place
        if block.on_device is not None:
            return self._on_device(block, stations, channel, threshold, seed)
        probability = _core.line_of_sight_mixture(
            block.receivers.position_mm,
            stations.position_mm,
            block.los,
            np.where(block.receivers.outdoors, -1, 0).astype(np.int32),
            alpha_beta,
            gamma_m,
            self.trace_distance_mm,
            threads,
        )
        if self.far_links == "averaged":
            return self._averaged(block, stations, channel, threshold, probability, threads)
        los = _core.drawn_line_of_sight(probability, seed, block.receivers.first, threads)
        links = power_law_links(block, stations, channel, los, threads)
        return sample_coverage(links, block, stations, channel, threshold, draws=self.draws, seed=seed, threads=threads)

    def _on_device(self, block, stations, channel, threshold, seed):
        if self.far_links == "averaged":
            raise InputError('far_links: "averaged" is computed on the CPU only; choose "drawn", or device="cpu"')
        radius_mm = self.trace_distance_mm
        return block.on_device.sampled(
            block, stations, channel, threshold, draws=self.draws, seed=seed, exact_radius_mm=radius_mm
        )

    def _averaged(self, block, stations, channel, threshold, probability, threads):
        states = [np.full_like(block.los, state) for state in (0, 1)]
        mean = [power_law_mean_mw(block.receivers.position_mm, stations, channel, state, threads) for state in states]
        coverage, server, server_los = _core.mixture(
            *mean,
            channel.shape_by_state,
            probability,
            stations.load,
            channel.noise_mw,
            threshold,
            threads,
        )
        column = np.maximum(server, 0).astype(np.intp)[None, :]
        power = [np.take_along_axis(of_state, column, axis=0)[0] for of_state in mean]
        return Estimate(
            coverage=coverage,
            standard_error=None,
            server=server,
            server_power_mw=np.where(server >= 0, np.where(server_los, power[1], power[0]), 0.0),
            server_los=server_los.astype(bool),
        )

    @staticmethod
    def _count_outside(counts: dict[str, int], alpha_beta: np.ndarray, gamma_m: np.ndarray) -> None:
        """Outside the box of its fit the terrain is clamped; how often ends in the provenance."""
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


def surroundings_of(buildings) -> Surroundings:
    """Centre, floor area and height of every building (arXiv:2312.01826, section II-A)."""
    start, ring_start = buildings.prism_ring_start, buildings.ring_start
    outlines: list[list[np.ndarray]] = [[] for _ in range(len(buildings))]
    for prism, building in enumerate(buildings.prism_building):
        outer = start[prism]
        outlines[building].append(buildings.vertices_mm[ring_start[outer] : ring_start[outer + 1]])
    circles = [minimum_enclosing_circle(np.concatenate(parts))[0] for parts in outlines]
    centre_mm = np.rint(np.array(circles, dtype=np.float64).reshape(-1, 2)).astype(np.int64)
    order = np.argsort(centre_mm[:, 0], kind="stable")
    return Surroundings(
        centre_mm=np.ascontiguousarray(centre_mm[order]),
        area_mm2=np.rint(buildings.area_m2 * 1e6).astype(np.int64)[order],
        height_mm=np.rint(buildings.height_m * 1e3).astype(np.int64)[order],
    )
