"""Roofs in small square cells, and how far around each cell none is as high as a link."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import _core
from ..errors import InputError
from ..units import MM_PER_M

MOST_CELLS = 100_000_000


@dataclass(frozen=True, eq=False)
class RoofCells:
    """Roofs by cell, looked up at cell centres; the outermost cells are empty and stand for all beyond.

    Raised parts of buildings count from the ground up.

    Attributes
    ----------
    roof_mm : (Y, X) int32 tallest roof over each cell's centre, 0 = none
    building : (Y, X) int32 whose it is, -1 = none
    distance : (Y, X, 8) uint8 rings of cells, the own one included, that hold no roof above 0, 4, 8, ... 40 m
    corner_mm : south-west corner of the first cell
    cell_mm : side of a cell
    """

    roof_mm: np.ndarray
    building: np.ndarray
    distance: np.ndarray
    corner_mm: tuple[int, int]
    cell_mm: int

    @classmethod
    def of(cls, scene, cell_mm: int, threads: int = 0) -> RoofCells:
        """The roofs of a scene, with an empty cell on every side of its buildings.

        Raises
        ------
        InputError
            The town has too many cells.
        """
        low, high = np.zeros(2, dtype=np.int64), np.zeros(2, dtype=np.int64)
        if len(scene.buildings):
            low, high = scene.buildings.vertices_mm.min(axis=0), scene.buildings.vertices_mm.max(axis=0)
        first = low // cell_mm - 1
        number = high // cell_mm - first + 2
        if number.prod() > MOST_CELLS:
            raise InputError(
                f"buildings: they extend over {number[0]} x {number[1]} cells of {cell_mm / MM_PER_M:g} m, more than "
                f'{MOST_CELLS:,}; give a bbox, or choose method="exact"'
            )
        x_mm, y_mm = ((first[axis] + np.arange(number[axis])) * cell_mm + cell_mm // 2 for axis in (0, 1))
        roof_mm, building = scene.city.roofs(x_mm, y_mm, threads)
        corner_mm = tuple(int(value) for value in first * cell_mm)
        return cls(roof_mm, building, _core.free_distances(roof_mm, threads), corner_mm, cell_mm)

    @property
    def columns(self) -> tuple:
        """As the core takes them."""
        return self.roof_mm, self.building, self.distance, self.corner_mm, self.cell_mm
