"""One map against another of the same place: how far apart two methods, models or plans are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .errors import InputError
from .manifold import row_of_threshold

if TYPE_CHECKING:
    import matplotlib.axes
    import xarray

    from .manifold import CoverageManifold


REMEDY = "simulate both alike"


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class MapComparison:
    """How far one map is from another, over the cells that are outdoors and known in both.

    Attributes
    ----------
    difference : xarray.DataArray
        First map minus second, (y, x) or (threshold, y, x); NaN where a cell is not compared.
    threshold_db : (T,)
    mean, median, percentile_95, maximum : (T,)
        Of the absolute difference of a cell's coverage probability; None where no cell is compared.
    cells : number of cells compared
    names : methods of the two maps
    bounds_m : (x_min, y_min, x_max, y_max), outer edges of the cells, scene metres
    """

    difference: xarray.DataArray
    threshold_db: tuple[float, ...]
    mean: tuple[float | None, ...]
    median: tuple[float | None, ...]
    percentile_95: tuple[float | None, ...]
    maximum: tuple[float | None, ...]
    cells: int
    names: tuple[str, str]
    bounds_m: tuple[float, float, float, float]

    def to_dict(self) -> dict[str, Any]:
        """The figures without the map, as plain values ready for JSON."""
        names = ("threshold_db", "mean", "median", "percentile_95", "maximum", "cells", "names")
        return {name: getattr(self, name) for name in names}

    def lines(self) -> list[str]:
        """The comparison as sentences, one a line."""
        out = [f"Compared: {self.names[0]} with {self.names[1]}, {self.cells:,} outdoor cells"]
        if self.cells == 0:
            return [*out, "No cell is outdoors and known in both maps"]
        for row, threshold_db in enumerate(self.threshold_db):
            out.append(
                f"SINR > {threshold_db:g} dB: mean difference {self.mean[row]:.4f}, median {self.median[row]:.4f}, "
                f"95 % of the cells below {self.percentile_95[row]:.4f}, largest {self.maximum[row]:.4f}"
            )
        return out

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        return f"<MapComparison {self.names[0]} - {self.names[1]}, {self.cells:,} cells>"

    def threshold_row(self, threshold_db: float | None) -> int:
        """Place of a threshold among those compared; None = the first."""
        return row_of_threshold(self.threshold_db, threshold_db)

    def plot(self, ax: matplotlib.axes.Axes | None = None, *, threshold_db: float | None = None):
        """Draw the difference; see :func:`radiocore.plot.plot_difference`."""
        from .plot import plot_difference

        return plot_difference(self, ax, threshold_db=threshold_db)


def compare(first: CoverageManifold, second: CoverageManifold) -> MapComparison:
    """The difference of two maps of the same cells, as ``CoverageManifold.compare`` gives it.

    Raises
    ------
    InputError
        The maps are not of the same cells, receivers, CRS and thresholds; what differs is named.
    """
    _require_same_place(first, second)
    outdoor = first.dataset["outdoor"].values & second.dataset["outdoor"].values
    difference = first.coverage - second.coverage
    known = outdoor & np.isfinite(difference).all(axis=0)
    difference[:, ~known] = np.nan
    loss = np.abs(difference[:, known])
    several = len(first.threshold_db) > 1
    layers = first.dataset["coverage"].copy(data=difference if several else difference[0])
    layers.attrs = {"long_name": "difference of the coverage probability", "units": "1"}
    return MapComparison(
        difference=layers.rename("difference"),
        threshold_db=first.threshold_db,
        mean=_of_each(loss, np.mean),
        median=_of_each(loss, np.median),
        percentile_95=_of_each(loss, lambda row: np.percentile(row, 95)),
        maximum=_of_each(loss, np.max),
        cells=int(known.sum()),
        names=tuple(str(one.provenance.get("method", "not told")) for one in (first, second)),
        bounds_m=first.bounds_m,
    )


def _of_each(loss: np.ndarray, measure) -> tuple[float | None, ...]:
    """A measure of each row of (T, N) losses; None where N is zero."""
    return tuple(float(measure(row)) if row.size else None for row in loss)


def _require_same_place(first: CoverageManifold, second: CoverageManifold) -> None:
    one, other = first.scene.frame, second.scene.frame
    if one.crs != other.crs:
        raise InputError(f"crs: one map is in {_crs_name(one)}, the other in {_crs_name(other)}; {REMEDY}")
    for name, unit in (("resolution_m", "m"), ("shape", "cells (ny, nx)"), ("height_m", "m")):
        here, there = getattr(first.grid, name), getattr(second.grid, name)
        if here != there:
            raise InputError(f"grid: {name} is {here} in one map and {there} {unit} in the other; {REMEDY}")
    if not np.allclose(first.extent, second.extent, rtol=0, atol=5e-4):  # half a millimetre
        here, there = (tuple(round(edge, 3) for edge in manifold.extent) for manifold in (first, second))
        raise InputError(f"grid: one map extends over {here}, the other over {there} (west, south, east, north)")
    if first.threshold_db != second.threshold_db:
        here, there = first.threshold_db, second.threshold_db
        raise InputError(f"threshold_db: one map has {here} dB, the other {there} dB; {REMEDY}")


def _crs_name(frame) -> str:
    if frame.crs is None:
        return "no CRS"
    from pyproj import CRS

    return CRS.from_user_input(frame.crs).name
