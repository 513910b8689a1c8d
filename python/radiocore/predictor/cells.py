"""The cells that a predictor was trained on, and what their measurements told of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import InputError, nearest_name
from ..measurements import Measurements, Points

FILLED = ("sector", "frequency_mhz")
"""Columns that a point takes from its cell, where it does not tell them."""
TILE_M = 20.0
NAMED = 8
"""Cells that a message names."""


@dataclass(frozen=True, eq=False)
class Cells:
    """C cells, no two of one carrier and name.

    Attributes
    ----------
    cell, carrier : (C,) str
    sector, frequency_mhz : (C,) of its measurements; "" or NaN where they differ or do not tell
    nearest_m : (C,) distance of the measurement nearest to the mast; 0 where no station was known
    tiles : (T, 3) integers: row of a cell, and the column and row of a tile of 20 m that it was measured in
    told : whether all measurements named theirs; if not, they are those that place and bearing gave, then and now
    """

    cell: np.ndarray
    carrier: np.ndarray
    sector: np.ndarray
    frequency_mhz: np.ndarray
    nearest_m: np.ndarray
    tiles: np.ndarray
    told: bool

    @classmethod
    def of(cls, measurements: Measurements, distance_m: np.ndarray | None = None, *, told: bool = True) -> Cells:
        """The cells of measurements that all have theirs, and are this far from them."""
        pairs, number = _distinct(measurements.carrier, measurements.cell)
        rows = [np.flatnonzero(number == place) for place in range(len(pairs))]
        nearest_m = np.zeros(len(pairs)) if distance_m is None else [distance_m[own].min() for own in rows]
        place = np.floor(np.stack([measurements.x_m, measurements.y_m], axis=1) / TILE_M).astype(np.int64)
        return cls(
            pairs[:, 1],
            pairs[:, 0],
            np.array([_common(measurements.sector[own], "") for own in rows]),
            np.array([_common(measurements.frequency_mhz[own], np.nan) for own in rows]),
            np.array(nearest_m),
            np.unique(np.column_stack([number, place]), axis=0),
            told,
        )

    def __len__(self) -> int:
        return len(self.cell)

    def near(self, x_m, y_m, reach_m: float) -> list[np.ndarray]:
        """Of each cell, the places no farther than ``reach_m`` from the centre of a tile that it was measured in."""
        from scipy.spatial import cKDTree

        centre_m = (self.tiles[:, 1:] + 0.5) * TILE_M
        places = np.stack([x_m, y_m], axis=1)
        out = []
        for number in range(len(self)):
            distance_m, _ = cKDTree(centre_m[self.tiles[:, 0] == number]).query(places, distance_upper_bound=reach_m)
            out.append(np.flatnonzero(np.isfinite(distance_m)))
        return out

    def name_carriers(self, points: Points) -> Points:
        """Points whose cells were checked, each with the carrier of its cell; one without a cell stays as it is where
        not all had one in training.

        Raises
        ------
        InputError
            A cell is none of these or not told, or one of several carriers and the point names none.
        """
        if (self.carrier == "").all():
            points = points.select(slice(None), carrier="")
        told = points.cell != ""
        self._refuse(points, (told | self.told) & ~np.isin(points.cell, self.cell))
        names, several = np.unique(self.cell, return_counts=True)
        bare = told & (points.carrier == "")
        unclear = bare & np.isin(points.cell, names[several > 1])
        if unclear.any():
            at = int(np.argmax(unclear))
            carriers = sorted(self.carrier[self.cell == points.cell[at]].tolist())
            raise InputError(
                f"{points.report.source}: the cell {str(points.cell[at])!r} of row {points.row[at]} is one of each of "
                f"the carriers {carriers}; name the carrier in a column carrier"
            )
        if not bare.any():
            return points
        order = np.argsort(self.cell, kind="stable")
        place = order[np.searchsorted(self.cell[order], points.cell).clip(max=len(self) - 1)]
        return points.select(slice(None), carrier=np.where(bare, self.carrier[place], points.carrier))

    def fill(self, points: Points) -> Points:
        """Points that name a cell and carrier each, with what they do not tell and their cell does.

        Raises
        ------
        InputError
            A point names no cell, or its cell and carrier are none of these.
        """
        keys = {
            (carrier, cell): place for place, (carrier, cell) in enumerate(zip(self.carrier, self.cell, strict=True))
        }
        pairs, number = _distinct(points.carrier, points.cell)
        place = np.array([keys.get((str(carrier), str(cell)), -1) for carrier, cell in pairs], dtype=int)[number]
        self._refuse(points, place < 0)
        changes = {
            name: np.where(points.is_known(name), getattr(points, name), getattr(self, name)[place]) for name in FILLED
        }
        return points.select(slice(None), **changes)

    def to_dict(self) -> dict[str, list]:
        """Plain values, ready for JSON; None = not known."""
        columns = {name: getattr(self, name).tolist() for name in ("cell", "carrier", "sector", "nearest_m", "tiles")}
        columns["told"] = self.told
        return columns | {"frequency_mhz": [None if np.isnan(value) else float(value) for value in self.frequency_mhz]}

    @classmethod
    def from_dict(cls, values: dict[str, list]) -> Cells:
        """The cells that :meth:`to_dict` told."""
        texts = (np.array(values[name], dtype=str) for name in ("cell", "carrier", "sector"))
        numbers = (np.array(values[name], dtype=float) for name in ("frequency_mhz", "nearest_m"))
        return cls(*texts, *numbers, np.array(values["tiles"], dtype=np.int64), values["told"])

    def _refuse(self, points: Points, unknown: np.ndarray) -> None:
        if not unknown.any():
            return
        at, source = int(np.argmax(unknown)), points.report.source
        listed = ", ".join(repr(str(cell)) for cell in self.cell[:NAMED])
        more = f" and {len(self) - NAMED:,} more" if len(self) > NAMED else ""
        if points.cell[at] == "":
            raise InputError(
                f"{source}: row {points.row[at]} names no cell; give the cell of each point in a column cell: it knows "
                f"{listed}{more}"
            )
        cell = str(points.cell[at])
        carrier = f" of carrier {str(points.carrier[at])!r}" if cell in self.cell and points.carrier[at] else ""
        raise InputError(
            f"{source}: the cell {cell!r}{carrier} of row {points.row[at]} was not measured when the model was trained "
            f"({int(unknown.sum()):,} such rows); known are {listed}{more}{nearest_name(cell, self.cell)}; leave such "
            "rows out, or train with measurements of it"
        )


def _distinct(carrier: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(C, 2) distinct pairs in ascending order, and (N,) the pair of each row."""
    pairs, number = np.unique(np.stack([carrier.astype(str), cell.astype(str)], axis=1), axis=0, return_inverse=True)
    return pairs, number.reshape(-1)


def _common(values: np.ndarray, otherwise):
    return values[0] if (values == values[0]).all() else otherwise
