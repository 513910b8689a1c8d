"""Exact line of sight of sampled links of a scene, and how far models of it in probability are from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..blockage import inside_buildings, line_of_sight
from ..errors import InputError
from ..grid import ReceiverGrid
from ..links import Receivers
from ..units import MM_PER_M, to_lattice_mm
from .line_of_sight_model import LineOfSightModel
from .terrain import Terrain, surroundings_of, terrain_around

RECEIVERS = 2000
ROUNDS = 50
"""Of candidates before the ground is called built over."""
BINS_M = (0.0, 50.0, 100.0, 200.0, 300.0, 500.0, 1000.0)


@dataclass(frozen=True)
class SightSample:
    """L links between outdoor receivers and stations."""

    distance_m: np.ndarray  # (L,) horizontal
    height_m: np.ndarray  # (L,) antenna above receiver
    los: np.ndarray  # (L,) bool, exact
    receiver: np.ndarray  # (L,) row of the receiver
    position_m: np.ndarray  # (R, 3) the receivers


@dataclass(frozen=True)
class SightError:
    """A model against the exact line of sight of L links.

    Attributes
    ----------
    model : its name
    edges_m : (N + 1,) of the bins of distance
    links : (N,) in each bin
    exact, predicted : (N,) mean share in line of sight; NaN in an empty bin
    mean_absolute : of |predicted - exact| over the bins, weighted by their links
    mean_signed : of predicted - exact over all links; positive where the model sees too much
    """

    model: str
    edges_m: tuple[float, ...]
    links: np.ndarray
    exact: np.ndarray
    predicted: np.ndarray
    mean_absolute: float
    mean_signed: float


def sampled_line_of_sight(
    scene, *, receiver_height_m: float = 1.5, farthest_m: float = 1000.0, receivers: int = RECEIVERS, seed: int = 0
) -> SightSample:
    """Exact line of sight from random outdoor receivers to the stations within ``farthest_m`` that stand above them.

    Raises
    ------
    InputError
        No ground is outdoors, or no station is near.
    """
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(int(seed))))
    position_m = _outdoor_points(scene, receiver_height_m, receivers, generator)
    stations = scene.base_stations
    offset_m = position_m[:, None, :2] - np.column_stack([stations.x_m, stations.y_m])
    distance_m = np.hypot(offset_m[..., 0], offset_m[..., 1])
    height_m = np.broadcast_to(stations.height_m - receiver_height_m, distance_m.shape)
    near = (distance_m <= farthest_m) & (height_m > 0)
    if not near.any():
        raise InputError(
            f"base stations: none stands above a receiver within {farthest_m:g} m, so there is no line of sight to "
            "compare with"
        )
    los = line_of_sight(scene, position_m)
    return SightSample(distance_m[near], height_m[near], los[near], np.nonzero(near)[0], position_m)


def line_of_sight_errors(
    scene,
    models: list[LineOfSightModel],
    *,
    receiver_height_m: float = 1.5,
    neighbourhood_radius_m: float = 500.0,
    edges_m=BINS_M,
    seed: int = 1,
) -> list[SightError]:
    """How far models are from a scene's exact line of sight, by distance.

    Parameters
    ----------
    scene : Scene
    models : list of LineOfSightModel
        A curve fitted to the same scene should have been fitted with another seed.
    neighbourhood_radius_m : float
        The terrain of a receiver is that of the buildings centred within this.
    edges_m : ascending distances that part the bins

    Returns
    -------
    list of SightError, in the order of the models
    """
    sample = sampled_line_of_sight(scene, receiver_height_m=receiver_height_m, farthest_m=edges_m[-1], seed=seed)
    terrain = terrain_at(scene, sample.position_m, neighbourhood_radius_m)[sample.receiver]
    row = np.clip(np.searchsorted(edges_m, sample.distance_m, side="right") - 1, 0, len(edges_m) - 2)
    links = np.bincount(row, minlength=len(edges_m) - 1)

    def share(value: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return np.bincount(row, value, minlength=len(links)) / links

    out = []
    for model in models:
        predicted = model.probability(
            sample.distance_m,
            sample.height_m,
            alpha_beta=terrain.alpha_beta,
            gamma_m=terrain.gamma_m,
            receiver_height_m=receiver_height_m,
        )
        by_bin, exact = share(predicted), share(sample.los.astype(float))
        out.append(
            SightError(
                model=model.name,
                edges_m=tuple(float(edge) for edge in edges_m),
                links=links,
                exact=exact,
                predicted=by_bin,
                mean_absolute=float(np.nansum(np.abs(by_bin - exact) * links) / links.sum()),
                mean_signed=float((predicted - sample.los).mean()),
            )
        )
    return out


def terrain_at(scene, position_m: np.ndarray, radius_m: float) -> Terrain:
    """The terrain around scattered receivers (R, 2 or 3)."""
    surroundings, found = surroundings_of(scene.buildings), []
    for x_m, y_m in position_m[:, :2].tolist():
        alone = Receivers(ReceiverGrid([x_m], [y_m]), 0, 1, np.zeros(1, dtype=np.uint8))
        found.append(terrain_around(surroundings, alone, radius_m, 1))
    return Terrain(*(np.concatenate([getattr(one, name) for one in found]) for name in ("alpha_beta", "gamma_m")))


def _outdoor_points(scene, height_m: float, number: int, generator) -> np.ndarray:
    """(number, 3) points of the receiver area that lie in no building, on the lattice."""
    west, south, east, north = scene.receiver_bounds_m
    found = np.empty((0, 3))
    for _ in range(ROUNDS):
        plan_m = generator.uniform((west, south), (east, north), (number, 2))
        point_m = np.column_stack([to_lattice_mm(plan_m, "receivers") / MM_PER_M, np.full(number, height_m)])
        found = np.concatenate([found, point_m[inside_buildings(scene, point_m) < 0]])
        if len(found) >= number:
            return found[:number]
    raise InputError("buildings: hardly any ground of the receiver area is outdoors, so no links can be sampled")
