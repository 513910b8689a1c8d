"""Algorithm 3 of arXiv:2312.01826: exact line of sight nearby, a probability of it far away."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import ClassVar

import numpy as np

from .. import _core
from ..coverage import DEFAULT_DRAWS, as_draws
from ..errors import InputError, nearest_name
from ..links import Block, CarrierStations
from ..propagation.air_to_ground import AirToGround
from ..propagation.line_of_sight_model import LineOfSightModel
from ..propagation.named import DEFAULT_MODEL, check_model, model_for, settings_of
from ..propagation.power_law import known_links
from ..propagation.terrain import Surroundings, Terrain, count_outside_fit, surroundings_of, terrain_around
from ..units import LATTICE_LIMIT_MM, MM_PER_M, as_number
from .base import Estimator, average_coverage, require_antennas_above, sample_coverage
from .exact import require_whole_shapes

FAR_LINKS = ("drawn", "averaged")
DEFAULT_EXACT_RADIUS_M = 200.0
DEFAULT_NEIGHBOURHOOD_RADIUS_M = 500.0


@dataclass(frozen=True)
class FarLinks:
    """What decides the far links of a scene, or (with a terrain) of a block of its receivers."""

    model: LineOfSightModel
    surroundings: Surroundings
    terrain: Terrain | None = None


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
    line_of_sight_model : {"air-to-ground", "p1410", "fitted", "tr38901-uma", "-umi", "-rma"} or LineOfSightModel
        How likely a far link is in line of sight: the paper's sigmoid over the terrain, the product of ITU-R P.1410,
        a curve fitted to the scene's own exact line of sight, or 3GPP TR 38.901 for one of its scenarios.
    """

    draws: int = DEFAULT_DRAWS
    exact_radius_m: float = DEFAULT_EXACT_RADIUS_M
    neighbourhood_radius_m: float = DEFAULT_NEIGHBOURHOOD_RADIUS_M
    far_links: str = "drawn"
    line_of_sight_model: str | LineOfSightModel = DEFAULT_MODEL
    name: ClassVar[str] = "accelerated"

    def __post_init__(self):
        object.__setattr__(self, "draws", as_draws(self.draws))
        if not as_number(self.exact_radius_m, "exact_radius_m") >= 0:
            raise InputError(f"exact_radius_m: {self.exact_radius_m} must be 0 m or more (inf: every link exact)")
        most_m = LATTICE_LIMIT_MM / 1000
        if not 0 < as_number(self.neighbourhood_radius_m, "neighbourhood_radius_m") < most_m:
            raise InputError(f"neighbourhood_radius_m: {self.neighbourhood_radius_m} must lie in (0, {most_m:.0f}) m")
        if self.far_links not in FAR_LINKS:
            hint = nearest_name(self.far_links, FAR_LINKS)
            raise InputError(f"far_links: {self.far_links!r} is not one of {FAR_LINKS}{hint}")
        check_model(self.line_of_sight_model)

    def settings(self):
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {**values, "line_of_sight_model": settings_of(self.line_of_sight_model)}

    @property
    def trace_distance_mm(self) -> int:
        return -1 if self.exact_radius_m * 1000 >= LATTICE_LIMIT_MM else round(self.exact_radius_m * 1000)

    def prepare(self, scene, channel, receiver_height_m):
        if self.far_links == "averaged":
            require_whole_shapes(channel)
            if channel.max_interferer_distance_m is not None:
                raise InputError('max_interferer_distance_m: not with far_links="averaged"; choose far_links="drawn"')
        if self.trace_distance_mm >= 0:
            require_antennas_above(scene.base_stations, receiver_height_m, "the line-of-sight probability needs")
        model = model_for(self.line_of_sight_model, scene, receiver_height_m)
        return FarLinks(model, surroundings_of(scene.buildings))

    def describe(self, prepared, receivers, threads, counts):
        """The same with the terrain around each receiver."""
        terrain = terrain_around(prepared.surroundings, receivers, self.neighbourhood_radius_m, threads)
        count_outside_fit(counts, terrain[receivers.outdoors])
        return replace(prepared, terrain=terrain)

    def estimate(self, block, stations, channel, threshold, *, seed, threads):
        if block.on_device is not None:
            return self._on_device(block, stations, channel, threshold, seed)
        probability = self._probability(block, stations, threads)
        if self.far_links == "averaged":
            return average_coverage(block, stations, channel, threshold, probability, threads=threads)
        los = _core.drawn_line_of_sight(probability, seed, block.receivers.first, threads)
        links = known_links(block, stations, channel, los, threads)
        return sample_coverage(links, block, stations, channel, threshold, draws=self.draws, seed=seed, threads=threads)

    def _probability(self, block: Block, stations: CarrierStations, threads: int) -> np.ndarray:
        """(S, R) chance of line of sight: 0 or 1 of near links, as they are, and the model's of far ones."""
        model, terrain = block.place.model, block.place.terrain
        receivers = block.receivers
        if isinstance(model, AirToGround):
            return _core.line_of_sight_mixture(
                receivers.position_mm,
                stations.position_mm,
                block.los,
                np.where(receivers.outdoors, -1, 0).astype(np.int32),
                terrain.alpha_beta,
                terrain.gamma_m,
                self.trace_distance_mm,
                threads,
            )
        offset_mm = stations.position_mm[:, None] - receivers.position_mm[None]
        plan_mm2 = (offset_mm[..., :2] ** 2).sum(axis=2)
        far = model.probability(
            np.sqrt(plan_mm2) / MM_PER_M,
            offset_mm[..., 2] / MM_PER_M,
            alpha_beta=terrain.alpha_beta,
            gamma_m=terrain.gamma_m,
            receiver_height_m=receivers.grid.height_m,
        )
        limit_mm = self.trace_distance_mm
        near = plan_mm2 <= limit_mm**2 if limit_mm >= 0 else np.ones_like(plan_mm2, dtype=bool)
        return np.where(near, block.los, np.where(receivers.outdoors, far, 0.0))

    def _on_device(self, block, stations, channel, threshold, seed):
        if self.far_links == "averaged":
            raise InputError('far_links: "averaged" is computed on the CPU only; choose "drawn", or device="cpu"')
        if not isinstance(block.place.model, AirToGround):
            raise InputError('line_of_sight_model: a GPU has "air-to-ground" only; choose it, or device="cpu"')
        radius_mm = self.trace_distance_mm
        return block.on_device.sampled(
            block, stations, channel, threshold, draws=self.draws, seed=seed, exact_radius_mm=radius_mm
        )
