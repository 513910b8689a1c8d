"""A curve of line of sight over distance, fitted to the exact line of sight of one scene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import InputError
from .line_of_sight_model import LineOfSightModel
from .sample import SightSample, sampled_line_of_sight

NEAREST_M = 5.0
STEP_RATIO = 1.2
FEWEST_LINKS_A_KNOT = 50


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
        """The falling curve nearest in least squares to the shares of links in steps of distance.

        A step is a fifth of its distance wide, and wider where it would hold too few links.
        """
        step = np.floor(np.log(np.maximum(sample.distance_m, NEAREST_M)) / np.log(STEP_RATIO)).astype(np.int64)
        step -= step.min()
        links, distance_m, seen = (
            np.bincount(step, weight, minlength=step.max() + 1) for weight in (None, sample.distance_m, sample.los)
        )
        knot = _filled(links, FEWEST_LINKS_A_KNOT)
        links, distance_m, seen = (np.bincount(knot, column) for column in (links, distance_m, seen))
        return cls(tuple(distance_m / links), tuple(falling_fit(seen / links, links)))

    def probability(self, distance_m, height_m, *, alpha_beta=0.0, gamma_m=0.0, receiver_height_m=0.0):
        found = np.interp(np.asarray(distance_m, dtype=np.float64), self.distance_m, self.value)
        shape = np.broadcast_shapes(found.shape, *(np.shape(item) for item in (height_m, alpha_beta, gamma_m)))
        return np.broadcast_to(found, shape).copy()

    def breaks_m(self, farthest_m, *, alpha_beta=0.0):
        return tuple(distance for distance in self.distance_m if distance < farthest_m)

    def settings(self):
        return {"name": self.name, "distance_m": list(self.distance_m), "value": list(self.value)}


def _filled(links: np.ndarray, fewest: int) -> np.ndarray:
    """(N,) the group of each of N steps: neighbours are joined until a group holds enough links; so does the last."""
    group = np.zeros(len(links), dtype=np.int64)
    held = 0
    for row, number in enumerate(links):
        if row > 0:
            group[row] = group[row - 1] + (held >= fewest)
            held = 0 if held >= fewest else held
        held += number
    if held < fewest and group[-1] > 0:
        group[group == group[-1]] -= 1
    return group


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
