"""What phones and scanners measured: drive tests and MDT files, as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from .errors import InputError, nearest_name
from .frame import LocalFrame
from .units import TALLEST_M, is_carrier_mhz, wanted_carrier_mhz

if TYPE_CHECKING:
    import pandas

    from .measuring.association import Association
    from .measuring.bins import Bins

NO_RSRP_DBM = -141.0
"""Below the reporting range, which ends at -140 dBm (3GPP TS 36.133, clause 9.1.4): phones write it for "none"."""

HAMPEL_THRESHOLD = 4.5
"""In medians of the absolute deviation, arXiv:2207.00166."""

DEFAULT_TILE_M = 10.0

NO_MONTH = 0


LEVEL = (lambda v: v < 0, "must be negative, a level in dBm; is it another column, or another unit?")
VALID: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "rsrp_dbm": LEVEL,
    "rssi_dbm": LEVEL,
    "rsrq_db": (lambda v: (v >= -40) & (v <= 3), "must be a ratio in dB, from -40 to 3"),
    "sinr_db": (lambda v: np.abs(v) <= 100, "must be a ratio in dB, within +-100"),
    "frequency_mhz": (is_carrier_mhz, "must be a carrier frequency in MHz"),
    "month": (lambda v: (v >= 1) & (v <= 12) & (v % 1 == 0), "must be a month, a whole number from 1 to 12"),
}
"""What known values of a column must be, whether they come from a file or from an argument.

Reported RSRQ is -34 to 2.5 dB (3GPP TS 36.133, clause 9.1.7, with its extensions); a little more is taken.
"""

UE_ALTITUDE = "ue_altitude_ag_m"
VALID_FEATURES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    UE_ALTITUDE: (
        lambda v: (v >= 0) & (v <= TALLEST_M),
        "must be a height above ground, 0 to 1000 m; of a height above sea level take away that of the ground",
    ),
}
"""The same of features that have a meaning."""

UNAVAILABLE = 2147483647
"""CellInfo.UNAVAILABLE of Android: what phones write for a number that they do not know."""


def wanted_of(name: str, value: float) -> str:
    """What a column must be, and what a value that is not looks like."""
    wanted = VALID[name][1]
    if name == "frequency_mhz":
        return wanted_carrier_mhz(value, "convert it, or state the unit")
    if value == UNAVAILABLE or (name == "rsrp_dbm" and value == 0) or name == "rsrq_db":
        plain = wanted.partition(";")[0]
        return f'{plain}; is it what a phone writes for "not known"? Leave it empty, or name it with missing='
    return wanted


@dataclass(frozen=True)
class MeasurementReport:
    """What was read, and what each step of cleaning left out; ``str()`` of it is for reading."""

    source: str = "arguments"
    format: str = ""
    rows_read: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    """Rows by the step that left them out, in the order of the steps; 0 where it found nothing."""
    notes: tuple[str, ...] = ()

    @property
    def rows_kept(self) -> int:
        return self.rows_read - sum(self.left_out.values())

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        names = ("source", "format", "rows_read", "rows_kept", "left_out")
        return {**{name: getattr(self, name) for name in names}, "notes": list(self.notes)}

    def lines(self) -> list[str]:
        """The report as sentences, one a line."""
        origin = self.source + (f" ({self.format})" if self.format else "")
        return [
            f"Measurements: {self.rows_kept:,} of {self.rows_read:,} rows of {origin}",
            *(f"  left out: {number:,} {step}" for step, number in self.left_out.items()),
            *(f"  {note}" for note in self.notes),
        ]

    def __str__(self) -> str:
        return "\n".join(self.lines())


@dataclass(frozen=True, eq=False, repr=False)
class Measurements:
    """N measurements of RSRP; every column has shape (N,), scalars are spread.

    Attributes
    ----------
    x_m, y_m : where, in the frame, m; x east, y north.
    rsrp_dbm : reference signal received power, dBm.
    time : UTC, datetime64[ms]; NaT = not known.
    month : 1 to 12, of ``time`` where it is not given; 0 = not known.
    cell, sector, carrier : of the serving cell; "" = not known.
    frequency_mhz : of the carrier; NaN = not known.
    rsrq_db, sinr_db, rssi_dbm : NaN = not measured.
    device, area, run : which phone, which part of the campaign and which drive; "" = not known.
    network, tac : country and network code of the serving cell ("302-220"), and its tracking area; "" = not known.
    row : line, row or feature of the file that the values come from.
    features : further numbers of each row by name, which models may learn from; none is NaN.
    frame : the coordinate frame; that of the scene, where they were read for one.
    report : what was read, and what was left out since.
    """

    needed: ClassVar[tuple[str, ...]] = ("x_m", "y_m", "rsrp_dbm")
    """Columns that are known in every row."""

    x_m: np.ndarray
    y_m: np.ndarray
    rsrp_dbm: np.ndarray
    time: np.ndarray = np.datetime64("NaT")
    month: np.ndarray = NO_MONTH
    cell: np.ndarray = ""
    sector: np.ndarray = ""
    carrier: np.ndarray = ""
    frequency_mhz: np.ndarray = np.nan
    rsrq_db: np.ndarray = np.nan
    sinr_db: np.ndarray = np.nan
    rssi_dbm: np.ndarray = np.nan
    device: np.ndarray = ""
    area: np.ndarray = ""
    run: np.ndarray = ""
    network: np.ndarray = ""
    tac: np.ndarray = ""
    row: np.ndarray | None = None
    features: Mapping[str, np.ndarray] = field(default_factory=dict, kw_only=True)
    frame: LocalFrame = field(default=LocalFrame(), kw_only=True)
    report: MeasurementReport | None = field(default=None, kw_only=True)

    def __post_init__(self):
        number = np.atleast_1d(np.asarray(self.x_m)).shape[0]
        if self.row is None:
            object.__setattr__(self, "row", np.arange(number))
        for name, kind in COLUMNS.items():
            try:
                column = np.asarray(getattr(self, name)).astype(kind)
            except (TypeError, ValueError) as error:
                raise InputError(f"{name}: cannot be read as {np.dtype(kind).name}: {error}") from None
            column = np.full(number, column) if column.ndim == 0 else column
            if column.shape != (number,):
                raise InputError(f"{name}: shape {column.shape} does not match the {number} measurements of x_m")
            object.__setattr__(self, name, column)
        self._take_features(number)
        self._check()
        untold = (self.month == NO_MONTH) & ~np.isnat(self.time)
        object.__setattr__(self, "month", np.where(untold, _month_of(self.time), self.month))
        for name in COLUMNS:
            getattr(self, name).flags.writeable = False
        if self.report is None:
            object.__setattr__(self, "report", MeasurementReport(rows_read=number))

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        scene=None,
        columns: Mapping[str, Any] | str | Path | None = None,
        crs=None,
        missing: Sequence[str] = (),
        features: Sequence[str] = (),
        frame: LocalFrame | None = None,
    ) -> Self:
        """Read a drive test or MDT file; see :func:`radiocore.io.measurements.read_measurements`."""
        from .io.measurements import read_measurements

        options = {"columns": columns, "crs": crs, "missing": missing, "features": features, "frame": frame}
        return read_measurements(path, scene=scene, kind=cls, **options)

    @classmethod
    def from_table(cls, table: pandas.DataFrame | Mapping[str, Any], *, scene=None, **options) -> Self:
        """The same from a DataFrame or a mapping of columns; ``row`` is a row's position in it, from 0."""
        from .io.measurements import measurements_of_table

        return measurements_of_table(table, scene=scene, kind=cls, **options)

    @classmethod
    def synthetic(cls, scene, samples: int = 5000, *, seed: int = 0, **options) -> Measurements:
        """A made-up drive test over a scene of sector antennas.

        The truth behind it and the options are those of
        :func:`radiocore.measuring.synthetic.drive_test`.
        """
        from .measuring.synthetic import drive_test

        return drive_test(scene, samples, seed=seed, **options)[0]

    def __len__(self) -> int:
        return len(self.x_m)

    def __repr__(self) -> str:
        return f"<Measurements: {len(self)} of {len(np.unique(self.cell))} cells>"

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """(x_min, y_min, x_max, y_max) of the places."""
        return tuple(float(end(axis)) for end in (np.min, np.max) for axis in (self.x_m, self.y_m))

    @property
    def known_columns(self) -> tuple[str, ...]:
        """Names of the columns of which at least one value is known."""
        return tuple(name for name in COLUMNS if self.is_known(name).any())

    def select(self, keep, **changes) -> Self:
        """The rows picked by a boolean mask or by indices, in that order, with some columns replaced."""
        features = {name: column[keep] for name, column in self.features.items()}
        return replace(self, **{name: getattr(self, name)[keep] for name in COLUMNS} | {"features": features} | changes)

    def cleaned(self, scene=None, **options) -> Measurements:
        """Without sentinels, duplicates, rows outside the scene and outliers, each step counted in the report.

        See :func:`radiocore.measuring.cleaning.clean` for the steps and their options.
        """
        from .measuring.cleaning import clean

        return clean(self, scene, **options)

    def associated(self, scene, **options) -> Association:
        """The station and sector of each row; see :func:`radiocore.measuring.association.associate`."""
        from .measuring.association import associate

        return associate(self, scene, **options)

    def binned(self, tile_m: float = DEFAULT_TILE_M, **options) -> Bins:
        """Means over square tiles; see :func:`radiocore.measuring.bins.bins_of`."""
        from .measuring.bins import bins_of

        return bins_of(self, tile_m, **options)

    def require_several(self, column: str) -> None:
        """Refuse measurements that do not tell several sectors (months, cells, ...) apart.

        Raises
        ------
        InputError
            The column is not known in some row, or has the same value in all.
        """
        if column not in COLUMNS:
            raise InputError(f"{column}: no such column of measurements{nearest_name(column, COLUMNS)}")
        known, source = self.is_known(column), self.report.source
        if not known.all():
            row = self.row[np.argmax(~known)]
            raise InputError(
                f"{source}: the {column} of row {row} is not known (of {int((~known).sum()):,} rows in all); name the "
                f"column that holds it with columns={{{column!r}: ...}}, or associate the measurements with stations"
            )
        value = getattr(self, column)
        if len(value) and (value == value[0]).all():
            raise InputError(
                f"{source}: all {len(self):,} rows have the {column} {str(value[0])!r}, and several are needed here; "
                f"give measurements of more than one {column}, or leave {column} out of what is asked for"
            )

    def to_table(self) -> pandas.DataFrame:
        """The known columns and the features as a DataFrame, which a CSV file keeps and :meth:`read` reads again."""
        import pandas

        columns = {name: getattr(self, name) for name in self.known_columns if name != "row"} | dict(self.features)
        return pandas.DataFrame(columns, index=pandas.Index(self.row, name="row"))

    def is_known(self, name: str) -> np.ndarray:
        """(N,) bool, the value of this column is told."""
        value = getattr(self, name)
        if value.dtype.kind == "U":
            return value != ""
        if value.dtype.kind == "M":
            return ~np.isnat(value)
        return value != NO_MONTH if name == "month" else ~np.isnan(value)

    def _take_features(self, number: int) -> None:
        features = {}
        for name, values in self.features.items():
            column = np.asarray(values, dtype=np.float64)
            if name in COLUMNS or column.shape != (number,):
                own = "is a column of its own; pass it as that argument, not as a feature"
                why = own if name in COLUMNS else f"has shape {column.shape}, not ({number},)"
                raise InputError(f"features: {name!r} {why}")
            if not np.isfinite(column).all():
                row = self.row[np.argmin(np.isfinite(column))]
                raise InputError(f"features: {name!r} of row {row} is not a finite number; leave the row or it out")
            if name in VALID_FEATURES:
                is_valid, wanted = VALID_FEATURES[name]
                self._refuse_row(~is_valid(column), name, column, wanted)
            column.flags.writeable = False
            features[str(name)] = column
        object.__setattr__(self, "features", features)

    def _check(self):
        for name in self.needed:
            value = getattr(self, name)
            self._refuse_row(~np.isfinite(value), name, value, "must be a finite number; leave the row out")
        for name, (is_valid, _) in VALID.items():
            value = getattr(self, name)
            bad = self.is_known(name) & ~is_valid(value)
            if bad.any():
                self._refuse_row(bad, name, value, wanted_of(name, value[np.argmax(bad)]))

    def _refuse_row(self, bad: np.ndarray, name: str, value: np.ndarray, wanted: str) -> None:
        if bad.any():
            at = int(np.argmax(bad))
            raise InputError(f"{name}: row {self.row[at]} is {value[at]:g}; it {wanted}")


@dataclass(frozen=True, eq=False, repr=False)
class Points(Measurements):
    """N places where a level is to be predicted.

    Attributes
    ----------
    rsrp_dbm : NaN = not measured
    the others : as of :class:`Measurements`
    """

    needed: ClassVar[tuple[str, ...]] = ("x_m", "y_m")

    rsrp_dbm: np.ndarray = np.nan

    def __repr__(self) -> str:
        return f"<Points: {len(self)}>"


COLUMNS: dict[str, type | str] = {
    "x_m": np.float64,
    "y_m": np.float64,
    "rsrp_dbm": np.float64,
    "time": "datetime64[ms]",
    "month": np.int64,
    "cell": str,
    "sector": str,
    "carrier": str,
    "frequency_mhz": np.float64,
    "rsrq_db": np.float64,
    "sinr_db": np.float64,
    "rssi_dbm": np.float64,
    "device": str,
    "area": str,
    "run": str,
    "network": str,
    "tac": str,
    "row": np.int64,
}
assert set(COLUMNS) == {item.name for item in fields(Measurements)} - {"features", "frame", "report"}


def _month_of(time: np.ndarray) -> np.ndarray:
    """(N,) month of the year, 1 to 12; any number where there is no time."""
    return time.astype("datetime64[M]").astype(np.int64) % 12 + 1
