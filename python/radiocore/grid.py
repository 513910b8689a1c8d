"""Where the map is evaluated: a regular grid of receivers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .errors import InputError, nearest_name
from .units import MM_PER_M, as_number, to_lattice_mm

DEFAULT_RESOLUTION_M = 5.0
DEFAULT_RECEIVER_HEIGHT_M = 1.5
INDOOR = ("blocked", "masked")
MOST_RESOLUTION_MM = 10_000_000


@dataclass(frozen=True)
class ReceiverGrid:
    """Receivers at the centres of square cells.

    Attributes
    ----------
    x_m : (nx,) ascending cell centres east, scene metres
    y_m : (ny,) ascending cell centres north, scene metres
    height_m : receiver height above ground, m
    indoor : {"blocked", "masked"}
        A receiver inside a building has all links blocked (the paper's type-I rule), or is left
        out of the map (no data).
    """

    x_m: np.ndarray
    y_m: np.ndarray
    height_m: float = DEFAULT_RECEIVER_HEIGHT_M
    indoor: str = "blocked"

    def __post_init__(self):
        for name in ("x_m", "y_m"):
            axis_mm = to_lattice_mm(np.atleast_1d(getattr(self, name)), name)
            if axis_mm.ndim != 1 or axis_mm.size == 0:
                raise InputError(f"{name}: the cell centres along an axis are a non-empty 1-D array")
            step_mm = np.diff(axis_mm)
            if step_mm.size and (step_mm.min() <= 0 or step_mm.max() != step_mm.min()):
                raise InputError(f"{name}: cell centres must ascend in equal steps of whole millimetres")
            axis_m = axis_mm / MM_PER_M
            axis_m.flags.writeable = False
            object.__setattr__(self, name, axis_m)
        height_m = as_number(self.height_m, "height_m")
        if not (np.isfinite(height_m) and height_m >= 0):
            raise InputError(f"height_m: {self.height_m} must be a height above ground, 0 or more")
        if self.indoor not in INDOOR:
            raise InputError(f"indoor: {self.indoor!r} is not one of {INDOOR}{nearest_name(self.indoor, INDOOR)}")
        object.__setattr__(self, "height_m", height_m)

    @classmethod
    def over(
        cls,
        scene,
        resolution_m: float = DEFAULT_RESOLUTION_M,
        height_m: float = DEFAULT_RECEIVER_HEIGHT_M,
        *,
        indoor: str = "blocked",
    ) -> ReceiverGrid:
        """Cells whose centre lies in the scene's receiver area, their edges on multiples of the resolution.

        Raises
        ------
        InputError
            The resolution is not a positive multiple of 2 mm (cell centres lie on the lattice of
            whole millimetres).
        """
        return cls.covering(scene.receiver_bounds_m, resolution_m, height_m, indoor=indoor)

    @classmethod
    def covering(cls, bounds_m, resolution_m, height_m=DEFAULT_RECEIVER_HEIGHT_M, *, indoor="blocked") -> ReceiverGrid:
        """Like :meth:`over`, for a box (x_min, y_min, x_max, y_max) in scene metres."""
        step_mm = as_number(resolution_m, "resolution_m") * MM_PER_M
        if not (2 <= step_mm <= MOST_RESOLUTION_MM and abs(step_mm - 2 * round(step_mm / 2)) <= 1e-6):
            raise InputError(f"resolution_m: {resolution_m} must be a multiple of 0.002 m, up to 10,000 m")
        step_mm = int(round(step_mm))
        bounds_mm = to_lattice_mm(np.asarray(bounds_m, dtype=np.float64), "bounds_m")
        axes = []
        for low, high in (bounds_mm[0::2], bounds_mm[1::2]):
            half = step_mm // 2
            first, last = -(-(low - half) // step_mm), (high - half) // step_mm + 1
            if last <= first:  # a box narrower than a cell: the cell that its middle lies in
                first = (low + high) // 2 // step_mm
                last = first + 1
            axes.append((np.arange(first, last, dtype=np.int64) * step_mm + step_mm // 2) / MM_PER_M)
        return cls(axes[0], axes[1], height_m, indoor)

    @property
    def shape(self) -> tuple[int, int]:
        """(ny, nx)"""
        return (len(self.y_m), len(self.x_m))

    @property
    def size(self) -> int:
        """Number of receivers R."""
        return len(self.x_m) * len(self.y_m)

    @property
    def resolution_m(self) -> tuple[float, float]:
        """Cell size (east, north), m; a single column or row takes the other's, else 1 m."""
        steps = [axis[1] - axis[0] if len(axis) > 1 else None for axis in (self.x_m, self.y_m)]
        known = [step for step in steps if step is not None] or [1.0]
        return tuple(float(known[0] if step is None else step) for step in steps)

    @cached_property
    def lattice_mm(self) -> tuple[int, ...]:
        """(x0, y0, z, step_x, step_y, nx, ny): the first receiver, the steps and the numbers of cells, mm."""
        axes_mm = [np.rint(axis * MM_PER_M).astype(np.int64) for axis in (self.x_m, self.y_m)]
        steps_mm = [int(axis[1] - axis[0]) if len(axis) > 1 else 1 for axis in axes_mm]
        height_mm = int(np.rint(self.height_m * MM_PER_M))
        return (int(axes_mm[0][0]), int(axes_mm[1][0]), height_mm, *steps_mm, len(self.x_m), len(self.y_m))

    def position_mm(self, start: int = 0, stop: int | None = None) -> np.ndarray:
        """(stop - start, 3) receivers on the lattice, row by row from the south-west, mm."""
        stop = self.size if stop is None else min(stop, self.size)
        index = np.arange(start, stop, dtype=np.int64)
        row, column = np.divmod(index, len(self.x_m))
        out = np.empty((len(index), 3), dtype=np.int64)
        out[:, 0] = np.rint(self.x_m * MM_PER_M).astype(np.int64)[column]
        out[:, 1] = np.rint(self.y_m * MM_PER_M).astype(np.int64)[row]
        out[:, 2] = int(np.rint(self.height_m * MM_PER_M))
        return out
