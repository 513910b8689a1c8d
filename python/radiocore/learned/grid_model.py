"""The grid model of a receiver's surroundings. arXiv:2312.01826, section V-A and Fig. 6.

A square around the receiver is cut into n x n cells. Stations and roofs are known by cell: a matrix of stations, a
matrix of heights, a matrix of buildings. Rows run from the south, columns from the west, as in every map; cell
``row * n + column``.

Offsets from the receiver are counted in half cells. As n is even, those of cell centres are odd numbers, and what
depends on the grid alone is decided in whole numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .. import _core
from ..errors import InputError
from ..units import MM_PER_M

MOST_CELLS_A_SIDE = 256
MOST_SIDE_M = 20_000.0
MOST_POINTS = 2**25
"""Of a raster of roofs; far more than receivers need whose spacing has a common measure with the cells."""


@dataclass(frozen=True)
class GridModel:
    """A square of ``side_m`` around a receiver, in n x n cells.

    Attributes
    ----------
    n : cells a side; even, so that the receiver stands in the corner of the four middle cells
    side_m : side of the square; a cell must be a multiple of 2 mm, so that its centre lies on the lattice

    Raises
    ------
    InputError
    """

    n: int
    side_m: float

    def __post_init__(self):
        if self.n != int(self.n) or self.n % 2 or not 2 <= self.n <= MOST_CELLS_A_SIDE:
            raise InputError(f"n: {self.n} must be an even number of cells from 2 to {MOST_CELLS_A_SIDE}")
        object.__setattr__(self, "n", int(self.n))
        object.__setattr__(self, "side_m", float(self.side_m))
        side_mm = self.side_m * MM_PER_M
        if not 0 < self.side_m <= MOST_SIDE_M or abs(side_mm - 2 * self.n * round(side_mm / (2 * self.n))) > 1e-6:
            raise InputError(
                f"side_m: {self.side_m:g} m must be at most {MOST_SIDE_M:g} m and make cells of a multiple of 2 mm; "
                f"{self.n * max(1, round(self.side_m / self.n)):g} m does"
            )

    @property
    def cell_mm(self) -> int:
        """Side of a cell."""
        return round(self.side_m * MM_PER_M) // self.n

    @property
    def cells(self) -> int:
        """Number of cells, n^2."""
        return self.n * self.n

    @property
    def reach_mm(self) -> int:
        """No point of the square is farther from the receiver in plan: half a diagonal, rounded up."""
        return int(np.ceil(self.n * self.cell_mm / np.sqrt(2.0))) + 1

    @cached_property
    def axis(self) -> np.ndarray:
        """(n,) cell centres along an axis, half cells from the receiver."""
        return np.arange(1 - self.n, self.n, 2)

    @cached_property
    def axis_mm(self) -> np.ndarray:
        """(n,) the same in mm."""
        return self.axis * (self.cell_mm // 2)

    @cached_property
    def centre(self) -> np.ndarray:
        """(cells, 2) cell centres east and north of the receiver, half cells."""
        north, east = np.meshgrid(self.axis, self.axis, indexing="ij")
        return np.stack([east.ravel(), north.ravel()], axis=1)

    @cached_property
    def paths(self) -> Paths:
        """Cells that a link crosses on its way to each cell."""
        return Paths.of(self)

    def cell_of(self, receivers_mm: np.ndarray, stations_mm: np.ndarray) -> np.ndarray:
        """(S, R) int32 cell of each station around each receiver, -1 outside the square.

        A station on a border belongs to the cell east or north of it.
        """
        offset = stations_mm[:, None, :2] - receivers_mm[None, :, :2]
        index = (offset + self.n * self.cell_mm // 2) // self.cell_mm
        inside = ((index >= 0) & (index < self.n)).all(axis=2)
        return np.where(inside, index[..., 1] * self.n + index[..., 0], -1).astype(np.int32)

    def station_matrix(self, receivers_mm: np.ndarray, stations_mm: np.ndarray, *, count: bool = False) -> np.ndarray:
        """(R, n, n) uint8, 1 in cells with a station (the paper's matrix B), or int32 how many with ``count``."""
        cell = self.cell_of(receivers_mm, stations_mm)
        station, receiver = np.nonzero(cell >= 0)
        matrix = np.zeros((len(receivers_mm), self.cells), dtype=np.int32)
        np.add.at(matrix, (receiver, cell[station, receiver]), 1)
        matrix = matrix.reshape(-1, self.n, self.n)
        return matrix if count else (matrix > 0).astype(np.uint8)

    def roofs(self, city, x_mm: np.ndarray, y_mm: np.ndarray, threads: int = 0) -> Roofs:
        """What stands over the cell centres of receivers at every x and every y.

        Exact at each centre whatever the receivers' spacing: every distinct point is looked up once, so receivers
        whose spacing divides the cell, or is a multiple of it, share most of them.

        Raises
        ------
        InputError
            Spacing and cells have so little in common that the points are too many.
        """
        east_mm, column = np.unique(np.add.outer(x_mm, self.axis_mm), return_inverse=True)
        north_mm, row = np.unique(np.add.outer(y_mm, self.axis_mm), return_inverse=True)
        if len(east_mm) * len(north_mm) > MOST_POINTS:
            raise InputError(
                f"resolution_m: with cells of {self.cell_mm / MM_PER_M:g} m around them these receivers need the roofs "
                f"at {len(east_mm) * len(north_mm):,} points at a time; choose a spacing that divides the "
                "cell or is a multiple of it, or a smaller block_size"
            )
        roof_mm, building = city.roofs(east_mm.astype(np.int64), north_mm.astype(np.int64), threads)
        shape = (-1, self.n)
        return Roofs(roof_mm, building, row.reshape(shape).astype(np.int32), column.reshape(shape).astype(np.int32))


@dataclass(frozen=True)
class Roofs:
    """The height matrices and building matrices of receivers on a grid, overlaid in one raster.

    Attributes
    ----------
    roof_mm : (Y, X) int32 tallest roof over each point of the raster, 0 = none
    building : (Y, X) int32 whose it is, -1 = none
    row : (rows of receivers, n) int32 row of the raster under each row of cells
    column : (columns of receivers, n) int32
    """

    roof_mm: np.ndarray
    building: np.ndarray
    row: np.ndarray
    column: np.ndarray

    def matrices(self, row, column) -> tuple[np.ndarray, np.ndarray]:
        """((..., n, n) roofs in mm, (..., n, n) buildings) around the receivers of those rows and columns."""
        at = (self.row[row][..., :, None], self.column[column][..., None, :])
        return self.roof_mm[at], self.building[at]


@dataclass(frozen=True)
class Paths:
    """The cells between the receiver and each cell.

    Cell u is on the path of cell v if 0 < u.v <= |v|^2 and |u x v| <= cell/2 (|vx| + |vy|): the link crosses it.
    The eight symmetries of the square turn every v to one with 0 < x <= y, whose path stands for all, its parameters
    too.

    Attributes
    ----------
    n : cells a side
    v : (C, 2) the turned cells, half cells; C = n/2 (n/2 + 1) / 2
    start : (C + 1,) int32 where the path of each begins
    u : (L, 2) int32 the cells of the paths one after the other, each path away from the receiver
    fraction : (L,) u.v / |v|^2, where the link passes the cell, 0 = at the receiver; also the height of the link there
        as a share of the antenna's, which is the threshold by similar triangles
    offset : (L,) |u x v| / (|vx| + |vy|) in half cells: 0 = through the middle, 1 = by a corner
    """

    n: int
    v: np.ndarray
    start: np.ndarray
    u: np.ndarray
    fraction: np.ndarray
    offset: np.ndarray

    @classmethod
    def of(cls, grid: GridModel) -> Paths:
        start, u = _core.cell_paths(grid.n)
        row, column = np.tril_indices(grid.n // 2)
        turned = 2 * np.column_stack([column, row]) + 1
        v = np.repeat(turned, np.diff(start), axis=0)
        return cls(
            n=grid.n,
            v=turned,
            start=start,
            u=u,
            fraction=(u * v).sum(axis=1) / (v * v).sum(axis=1),
            offset=np.abs(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]) / v.sum(axis=1),
        )

    def of_cell(self, cell: int) -> tuple[np.ndarray, slice]:
        """The cells on the path of a cell, and where their parameters stand among the L."""
        v = 2 * np.array([cell % self.n, cell // self.n]) + 1 - self.n
        sign, (x, y) = np.sign(v), np.abs(v)
        row, column = max(x, y) // 2, min(x, y) // 2
        number = row * (row + 1) // 2 + column
        here = slice(int(self.start[number]), int(self.start[number + 1]))
        u = (self.u[here, ::-1] if x > y else self.u[here]) * sign
        return (u[:, 1] + self.n - 1) // 2 * self.n + (u[:, 0] + self.n - 1) // 2, here
