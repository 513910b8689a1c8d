"""A curve of line of sight over distance, fitted to the exact line of sight of one scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import InputError
from .line_of_sight_model import LineOfSightModel
from .sample import SightSample, sampled_line_of_sight

MOST_KNOTS = 24
FEWEST_LINKS_A_KNOT = 100


@dataclass(frozen=True)
class FittedCurve(LineOfSightModel):
    """Falls with distance, straight between its knots, level before the first and behind the last.

    Attributes
    ----------
    distance_m : (K,) ascending
    value : (K,) probability at each, not rising
    """

    distance_m: tuple[float, ...]
    value: tuple[float, ...]
    name: ClassVar[str] = "fitted"
    uses_terrain: ClassVar[bool] = False

    def __post_init__(self):
        distance_m, value = np.array(self.distance_m, dtype=float), np.array(self.value, dtype=float)
        if distance_m.ndim != 1 or distance_m.shape != value.shape or len(value) == 0:
            raise InputError("distance_m, value: must be two lists of one length")
        if not (np.diff(distance_m) > 0).all() or not (distance_m >= 0).all():
            raise InputError("distance_m: must ascend from 0 or more")
        if not ((value >= 0) & (value <= 1)).all() or (np.diff(value) > 0).any():
            raise InputError("value: must be probabilities that do not rise")
        object.__setattr__(self, "distance_m", tuple(distance_m.tolist()))
        object.__setattr__(self, "value", tuple(value.tolist()))

    @classmethod
    def of(cls, scene, *, receiver_height_m: float = 1.5, farthest_m: float = 1000.0, seed: int = 0) -> FittedCurve:
        """The curve of a scene, from links between random outdoor receivers and its stations.

        Raises
        ------
        InputError
            The scene has no station within ``farthest_m`` of an outdoor receiver.
        """
        return cls.through(
            sampled_line_of_sight(scene, receiver_height_m=receiver_height_m, farthest_m=farthest_m, seed=seed)
        )

    @classmethod
    def through(cls, sample: SightSample) -> FittedCurve:
        """The falling curve nearest in least squares to the shares of equally many links, sorted by distance."""
        order = np.argsort(sample.distance_m, kind="stable")
        knots = int(np.clip(len(order) // FEWEST_LINKS_A_KNOT, 1, MOST_KNOTS))
        parts = np.array_split(order, knots)
        distance_m = np.array([sample.distance_m[part].mean() for part in parts])
        share = np.array([sample.los[part].mean() for part in parts])
        links = np.array([len(part) for part in parts], dtype=float)
        keep = np.append(True, np.diff(distance_m) > 0)
        return cls(tuple(distance_m[keep]), tuple(falling_fit(share, links)[keep]))

    def probability(self, distance_m, height_m, *, alpha_beta=0.0, gamma_m=0.0, receiver_height_m=0.0):
        found = np.interp(np.asarray(distance_m, dtype=np.float64), self.distance_m, self.value)
        shape = np.broadcast_shapes(found.shape, *(np.shape(item) for item in (height_m, alpha_beta, gamma_m)))
        return np.broadcast_to(found, shape).copy()

    def breaks_m(self, farthest_m, *, alpha_beta=0.0):
        return tuple(distance for distance in self.distance_m if distance < farthest_m)

    def settings(self):
        return {"name": self.name, "distance_m": list(self.distance_m), "value": list(self.value)}


def falling_fit(value: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """The non-rising sequence nearest to ``value`` in weighted least squares: neighbours that rise are pooled."""
    pools: list[list[float]] = []  # mean, weight, length
    for one, its_weight in zip(value.tolist(), weight.tolist(), strict=True):
        pools.append([one, its_weight, 1])
        while len(pools) > 1 and pools[-2][0] < pools[-1][0]:
            mean, more, length = pools.pop()
            last = pools[-1]
            last[0] = (last[0] * last[1] + mean * more) / (last[1] + more)
            last[1] += more
            last[2] += length
    return np.repeat([pool[0] for pool in pools], [pool[2] for pool in pools])
