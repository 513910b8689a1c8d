"""What every model of a loss in dB offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from ..errors import InputError
from ..units import linear_to_db
from .ranges import Range, RowError, as_inputs, first_of


@dataclass(frozen=True)
class LossModel(ABC):
    """A loss of a link in dB, from columns of it.

    A subclass is a frozen dataclass of its parameters, so that equal models are one. It states its ``inputs``, the
    ``source`` of its formula and the ``ranges`` that this is stated for, and computes ``_loss_db`` row by row: the
    loss of a link is the same whatever other links are asked with it.

    Attributes
    ----------
    extrapolate : go beyond the ranges; kept in :meth:`settings`
    """

    name: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]]
    """Of ``frequency_mhz``, ``distance_2d_m`` (in plan) or ``distance_3d_m`` (straight, 1 m or more),
    ``transmitter_height_m`` and ``receiver_height_m`` (above ground), ``is_los``, ``obstruction_m`` (length of the
    link inside obstacles), ``location_share`` (of places where the loss is less), ``elevation_deg`` (of the straight
    link, at the receiver, upwards), and its own."""
    source: ClassVar[str]

    extrapolate: bool = field(default=False, kw_only=True)

    def __post_init__(self):
        for item in fields(self):
            value = getattr(self, item.name, None)
            if item.type == "bool" and not isinstance(value, bool):
                raise InputError(f"{item.name}: {value!r} must be True or False")
            if item.type == "float" or (item.type == "float | None" and value is not None):
                if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
                    raise InputError(f"{item.name}: {value!r} is not a finite number")
                object.__setattr__(self, item.name, float(value))

    @property
    def ranges(self) -> tuple[Range, ...]:
        """Where the source states the model to hold."""
        return ()

    def loss_db(self, **columns) -> np.ndarray:
        """Loss of each link.

        Parameters
        ----------
        **columns : array_like
            The model's ``inputs``, all of them and no others, in the units of their names; they are broadcast.

        Returns
        -------
        ndarray of float64, dB, broadcast shape

        Raises
        ------
        InputError
            A value is not finite, has the wrong sign, or lies outside the model's range: names the argument, the
            row, the range and the clause.
        """
        given = as_inputs(self.inputs, columns)
        for one in self.ranges:
            one.check(given, self.extrapolate)
        with np.errstate(divide="ignore", invalid="ignore"):
            loss_db = self._loss_db(**given)
        shape = np.broadcast_shapes(*(column.shape for column in given.values()))
        loss_db = np.array(np.broadcast_to(loss_db, shape), dtype=np.float64)
        if not np.isfinite(loss_db).all():
            fault = f"{self.name} gives no finite loss there; it holds for {self._stated()}"
            raise RowError("inputs", first_of(~np.isfinite(loss_db)), fault)
        return loss_db

    @abstractmethod
    def _loss_db(self, **columns: np.ndarray) -> np.ndarray:
        """The formula, for checked columns."""

    def settings(self) -> dict[str, Any]:
        """What the provenance tells of the model: plain values."""
        return {"name": self.name, **asdict(self)}

    def _stated(self) -> str:
        return ", ".join(f"{one.name} {one.bounds}" for one in self.ranges)


@dataclass(frozen=True)
class PathLossModel(LossModel):
    """Basic transmission loss: between isotropic antennas, all the way. A formula never falls with distance."""


def log10(value):
    """Decimal logarithm, the same bits on every machine; minus infinity of zero."""
    return linear_to_db(value) / 10.0
