"""A path loss, and what stands around the receiving end: clutter, or a building to enter."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..errors import InputError
from .loss_model import LossModel, PathLossModel
from .ranges import RowError, as_inputs

HELD = ("location_share", "indoor_distance_m")
"""Inputs of losses at one end that no map tells: one value for all links."""
MEDIAN = 0.5


@dataclass(frozen=True)
class WithEndLoss(PathLossModel):
    """Path loss plus the loss at one end of the link, e.g. free space and the median clutter around users.

    Each part keeps to its own range. An entry loss makes every receiver one indoors; that of P.2109 falls with the
    elevation, so near a high mast the sum may fall with distance.

    Attributes
    ----------
    path_loss : PathLossModel
    end_loss : LossModel that is none of a whole link: ClutterLoss, BuildingEntryLoss or Tr38901EntryLoss
    location_share : of places where the end loss is less, where it takes one; the median by default
    indoor_distance_m : from the facade to every receiver, where the end loss takes one
    extrapolate : whether a part goes beyond its range; said to the parts
    """

    path_loss: PathLossModel
    end_loss: LossModel
    location_share: float | None = None
    indoor_distance_m: float | None = None
    extrapolate: bool = field(init=False, repr=False)
    name: str = field(init=False, repr=False)
    inputs: tuple[str, ...] = field(init=False, repr=False)
    source: str = field(init=False, repr=False)

    def __post_init__(self):
        path_loss, end_loss = self.path_loss, self.end_loss
        if not isinstance(path_loss, PathLossModel):
            raise InputError(f"path_loss: {path_loss!r} is not a path-loss model; give one, e.g. FreeSpace()")
        if isinstance(path_loss, WithEndLoss):
            raise InputError(f"path_loss: {path_loss.name} has an end loss; give {path_loss.path_loss.name} alone")
        if not isinstance(end_loss, LossModel) or isinstance(end_loss, PathLossModel):
            raise InputError(f"end_loss: {end_loss!r} is not the loss at one end of a link; give e.g. ClutterLoss()")
        if "location_share" in end_loss.inputs and self.location_share is None:
            object.__setattr__(self, "location_share", MEDIAN)
        parts = (path_loss, end_loss)
        told = (*path_loss.inputs, *(name for name in end_loss.inputs if name not in HELD))
        object.__setattr__(self, "extrapolate", any(part.extrapolate for part in parts))
        object.__setattr__(self, "name", " + ".join(part.name for part in parts))
        object.__setattr__(self, "inputs", tuple(dict.fromkeys(told)))
        object.__setattr__(self, "source", "; ".join(part.source for part in parts))
        super().__post_init__()
        self._check_held()

    def _check_held(self) -> None:
        """Refuse what the end loss does not take, what it lacks, and what lies outside its range."""
        for name in HELD:
            if name in self.end_loss.inputs and getattr(self, name) is None:
                raise InputError(f"{name}: not given; {self.end_loss.name!r} takes one value of it for all links")
            if name not in self.end_loss.inputs and getattr(self, name) is not None:
                raise InputError(f"{name}: {self.end_loss.name!r} does not take it; leave it out")
        held = as_inputs(tuple(self._held), self._held)
        for one in self.end_loss.ranges:
            if one.name in held:
                one.check(held, self.end_loss.extrapolate)

    def _loss_db(self, **columns):
        path_loss_db = _of_part(self.path_loss, columns)
        return path_loss_db + _of_part(self.end_loss, columns | self._held)

    @property
    def _held(self) -> dict[str, float]:
        return {name: getattr(self, name) for name in HELD if name in self.end_loss.inputs}

    def settings(self):
        return self.path_loss.settings() | {"end_loss": self.end_loss.settings() | self._held}


def _of_part(part: LossModel, columns: dict) -> np.ndarray:
    try:
        return part.loss_db(**{name: columns[name] for name in part.inputs})
    except RowError as error:
        raise RowError(f"{part.name}: {error.name}", error.index, error.fault) from None
