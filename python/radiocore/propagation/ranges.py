"""Inputs of a model as arrays, and the range that each is stated for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError
from ..units import wanted_carrier_mhz

UNITS = {"mhz": "MHz", "m": "m", "deg": "degrees"}
PLAUSIBLE_MHZ = (10.0, 1e6)
"""Wider than carriers lie, as a formula may be asked beyond them."""
LEAST_3D_M = 1.0


class RowError(InputError):
    """One row of an input cannot be used.

    Attributes
    ----------
    name : of the input
    index : of the row, () of a single number
    fault : what is wrong with it
    """

    def __init__(self, name: str, index: tuple[int, ...], fault: str):
        super().__init__(name, index, fault)  # whole, so that it can be pickled
        self.name, self.index, self.fault = name, index, fault

    def __str__(self) -> str:
        return f"{self.name}: {row_named(self.index)}{self.fault}"


@dataclass(frozen=True)
class Range:
    """Where a model is stated to hold, both ends included.

    Attributes
    ----------
    name : of the input
    low, high : in the input's unit
    clause : of the document that says so
    is_los : only for links in line of sight, or only for those that are not; None = for all
    firm : beyond it the formula means nothing, so that no extrapolation goes there
    """

    name: str
    low: float
    high: float
    clause: str
    is_los: bool | None = None
    firm: bool = False

    def check(self, columns: dict[str, np.ndarray], extrapolate: bool) -> None:
        """Refuse the first row outside, unless an extrapolation may go there.

        Raises
        ------
        RowError
            Names the input, the row, the range and the clause.
        """
        if extrapolate and not self.firm:
            return
        value = columns[self.name]
        outside = (value < self.low) | (value > self.high)
        if self.is_los is not None:
            outside = outside & (columns["is_los"] == self.is_los)
        if not outside.any():
            return
        index = first_of(outside)
        found = np.broadcast_to(value, outside.shape)[index]
        state = {None: "", True: " in line of sight", False: " without line of sight"}[self.is_los]
        remedy = "" if self.firm else "; extrapolate=True goes beyond"
        fault = f"{found:g}{unit_of(self.name)}{state} is outside {self.bounds} ({self.clause}){remedy}"
        # A range of one state takes its row from the links; a single number has none.
        raise RowError(self.name, index if value.shape else (), fault)

    @property
    def bounds(self) -> str:
        unit = unit_of(self.name)
        if np.isinf(self.high):
            return f"{self.low:g}{unit} and more"
        return f"{self.low:g} to {self.high:g}{unit}"


def as_inputs(names: tuple[str, ...], given: dict) -> dict[str, np.ndarray]:
    """The named inputs as arrays that broadcast, and nothing else.

    Raises
    ------
    InputError
        One is missing or not among the names, not finite, of the wrong sign, or of a shape that does not fit.
    """
    for name in names:
        if name not in given:
            raise InputError(f"{name}: not given; this model takes {', '.join(names)}")
    for name in given:
        if name not in names:
            raise InputError(f"{name}: this model does not take it; it takes {', '.join(names)}")
    columns = {
        name: _as_flags(name, given[name]) if name == "is_los" else _as_numbers(name, given[name]) for name in names
    }
    try:
        np.broadcast_shapes(*(column.shape for column in columns.values()))
    except ValueError:
        shapes = ", ".join(f"{name} {column.shape}" for name, column in columns.items())
        raise InputError(f"inputs: their shapes do not go together: {shapes}") from None
    return columns


def first_of(wrong: np.ndarray) -> tuple[int, ...]:
    """Index of the first true value."""
    return tuple(int(item) for item in np.unravel_index(int(np.argmax(wrong)), wrong.shape))


def row_named(index: tuple[int, ...]) -> str:
    """``row 3: ``, for a message; nothing of a single number."""
    return "" if index == () else f"row {index[0] if len(index) == 1 else index}: "


def unit_of(name: str) -> str:
    """With a blank before it, by the suffix of the name."""
    unit = UNITS.get(name.rpartition("_")[2])
    return f" {unit}" if unit else ""


def _as_flags(name: str, value) -> np.ndarray:
    value = np.asarray(value)
    if value.dtype != bool and not (np.issubdtype(value.dtype, np.integer) and np.isin(value, (0, 1)).all()):
        raise InputError(f"{name}: must be True or False, or 1 or 0")
    return value.astype(bool)


def _as_numbers(name: str, value) -> np.ndarray:
    try:
        value = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: not an array of numbers") from None
    _refuse(name, value, ~np.isfinite(value), "is not finite")
    if name == "frequency_mhz":
        wrong = (value < PLAUSIBLE_MHZ[0]) | (value > PLAUSIBLE_MHZ[1])
        if wrong.any():
            _refuse(name, value, wrong, wanted_carrier_mhz(value[first_of(wrong)]))
    elif name == "distance_3d_m":
        _refuse(name, value, value < LEAST_3D_M, f"is below {LEAST_3D_M:g} m, where links are not modelled")
    elif name == "location_share":
        _refuse(name, value, (value <= 0) | (value >= 1), "does not lie between 0 and 1, both excluded")
    elif not name.endswith("_deg"):
        _refuse(name, value, value < 0, "is negative")
    return value


def _refuse(name: str, value: np.ndarray, wrong: np.ndarray, fault: str) -> None:
    if wrong.any():
        index = first_of(wrong)
        raise RowError(name, index, f"{value[index]:g} {fault}")
