"""What is searched: ranges and choices by name, and which settings of a model a point of them stands for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from ..models.base import Model

Point = dict[str, Any]
"""A value of each range and choice."""


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``, both included.

    Attributes
    ----------
    is_log : drawn evenly by their logarithm
    is_whole : whole numbers only
    """

    low: float
    high: float
    is_log: bool = False
    is_whole: bool = False

    def __post_init__(self):
        if not (-math.inf < self.low < self.high < math.inf and (self.low > 0 or not self.is_log)):
            raise InputError(f"space: from {self.low} to {self.high} is no range; logarithms want positive numbers")
        if self.is_whole and not (isinstance(self.low, int) and isinstance(self.high, int)):
            raise InputError(f"space: from {self.low} to {self.high}: give whole numbers")

    def __contains__(self, value) -> bool:
        return self.low <= value <= self.high and not (self.is_whole and value % 1)


@dataclass(frozen=True)
class Choice:
    """One of some values."""

    values: tuple

    def __contains__(self, value) -> bool:
        return value in self.values


@dataclass(frozen=True)
class Space:
    """What is searched.

    Attributes
    ----------
    axes : ranges and choices by name
    settings_of : which settings of the model a point stands for
    point_of : the point that a model stands at, from which the search starts
    """

    axes: Mapping[str, Range | Choice]
    settings_of: Callable[[Point], dict[str, Any]]
    point_of: Callable[[Model], Point]

    def start(self, model: Model) -> Point:
        """The point of a model, judged first, so that the best is never worse than what the search began with.

        Raises
        ------
        InputError
            It does not lie in the space.
        """
        point = self.point_of(model)
        outside = [name for name, axis in self.axes.items() if point[name] not in axis]
        if outside:
            name = outside[0]
            raise InputError(f"{name}: the model's own {point[name]!r} is not in {self.axes[name]}; widen the space")
        return point
