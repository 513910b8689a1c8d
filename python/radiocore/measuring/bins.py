"""Means over square tiles, the noise within them, and which tile each measurement lies in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..errors import InputError, nearest_name
from ..measurements import COLUMNS, DEFAULT_TILE_M, MeasurementReport, Measurements
from ..units import MM_PER_M, to_lattice_mm

BY = ("carrier", "frequency_mhz", "cell", "sector", "month")
MEANS = ("rsrp_dbm", "rsrq_db", "sinr_db", "rssi_dbm")
LARGEST_TILE_M = 100_000.0


@dataclass(frozen=True, eq=False)
class Bins:
    """N measurements shared out to T tiles, and within tiles to G bins of like rows.

    Attributes
    ----------
    tile_m : side of a tile; its edges lie on multiples of it
    tile : (N,) number of the tile that each measurement lies in, row by row from the south-west
    tile_xy_m : (T, 2) centres of the tiles, scene metres
    bin : (N,) row of ``means`` that each measurement went into
    means : Measurements, (G,) one row a bin: at the tile's centre, levels are means of dB, features are
        means; columns in which the rows of a bin differ are not known
    samples : (G,) number of measurements
    deviation_db : (G,) standard deviation of their RSRP, NaN where there is only one
    """

    tile_m: float
    tile: np.ndarray
    tile_xy_m: np.ndarray
    bin: np.ndarray
    means: Measurements
    samples: np.ndarray
    deviation_db: np.ndarray

    @cached_property
    def noise_db(self) -> float:
        """Pooled standard deviation within bins, dB: no model that knows place and columns alone can err less.

        NaN where every bin has one measurement.
        """
        several = self.samples > 1
        freedom = self.samples[several] - 1
        if not freedom.size:
            return float("nan")
        return float(np.sqrt(np.sum(freedom * self.deviation_db[several] ** 2) / freedom.sum()))

    def at_centres(self, measurements: Measurements) -> Measurements:
        """The measurements themselves, each moved to the centre of its tile."""
        x_m, y_m = self.tile_xy_m[self.tile].T
        return measurements.select(slice(None), x_m=x_m, y_m=y_m)


def bins_of(measurements: Measurements, tile_m: float = DEFAULT_TILE_M, *, by: Sequence[str] = BY) -> Bins:
    """Share measurements out to square tiles.

    Parameters
    ----------
    tile_m : float
        Side of a tile, whole millimetres. A point on an edge belongs to the tile north or east of it.
    by : column names
        Rows of one tile share a bin where these are equal.

    Raises
    ------
    InputError
        The side is not a positive number of whole millimetres, or a column is unknown.
    """
    side_mm = round(float(tile_m) * MM_PER_M) if np.isfinite(tile_m) else 0
    if not (1 <= side_mm <= LARGEST_TILE_M * MM_PER_M and abs(side_mm - tile_m * MM_PER_M) <= 1e-6):
        raise InputError(f"tile_m: {tile_m} must be a positive number of whole millimetres, up to {LARGEST_TILE_M:g} m")
    for name in by:
        if name not in COLUMNS:
            raise InputError(f"by: {name!r} is no column of measurements{nearest_name(name, COLUMNS)}")
    tile, corner = _distinct([to_lattice_mm(getattr(measurements, name), name) // side_mm for name in ("y_m", "x_m")])
    codes = [np.unique(getattr(measurements, name), return_inverse=True)[1] for name in by]
    number, _ = _distinct([tile, *codes])
    tile_xy_m = (corner[:, ::-1] * side_mm + side_mm / 2) / MM_PER_M
    samples = np.bincount(number)
    first = np.full(len(samples), len(number))
    np.minimum.at(first, number, np.arange(len(number)))

    def mean_of(value):
        known = ~np.isnan(value)
        count = np.bincount(number[known], minlength=len(samples))
        total = np.bincount(number[known], value[known], minlength=len(samples))
        return np.divide(total, count, out=np.full(len(samples), np.nan), where=count > 0)

    columns = {name: mean_of(getattr(measurements, name)) for name in MEANS}
    off_mean = measurements.rsrp_dbm - columns["rsrp_dbm"][number]
    with np.errstate(invalid="ignore", divide="ignore"):
        deviation_db = np.sqrt(np.bincount(number, off_mean**2, minlength=len(samples)) / (samples - 1))
    for name in COLUMNS:
        if name not in ("x_m", "y_m", "row", *MEANS):
            columns[name] = _common(getattr(measurements, name), number, first)
    x_m, y_m = tile_xy_m[tile[first]].T
    means = Measurements(
        x_m=x_m,
        y_m=y_m,
        **columns,
        features={name: mean_of(value) for name, value in measurements.features.items()},
        frame=measurements.frame,
        report=MeasurementReport(f"{measurements.report.source}, means over tiles of {tile_m:g} m", "", len(samples)),
    )
    return Bins(float(tile_m), tile, tile_xy_m, number, means, samples, deviation_db)


def _distinct(keys: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(N,) number of each row's distinct combination of whole numbers, in ascending order, and the combinations."""
    combinations, number = np.unique(np.stack(keys, axis=1), axis=0, return_inverse=True)
    return number.reshape(-1), combinations


def _common(value: np.ndarray, number: np.ndarray, first: np.ndarray) -> np.ndarray:
    """(G,) value of each bin where its rows agree, and "not known" where they differ."""
    out = value[first]
    differs = np.zeros(len(first), dtype=bool)
    np.logical_or.at(differs, number, value != out[number])
    unknown = {"U": "", "M": np.datetime64("NaT"), "f": np.nan, "i": 0}[value.dtype.kind]
    return np.where(differs, unknown, out)
