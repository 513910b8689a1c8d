"""The base stations of a network, as columns."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from .antennas import IN_THE_CORE, antenna_named
from .antennas.element import SectorElement
from .antennas.isotropic import Isotropic
from .errors import InputError
from .frame import LocalFrame
from .units import is_carrier_mhz, to_lattice_mm, wanted_carrier_mhz

DEFAULT_HEIGHT_M = 20.0
DEFAULT_POWER_DBM = 30.0
MOST_POWER_DBM = 150.0
"""No transmitter is stronger; beyond it a unit was mistaken."""


@dataclass(frozen=True)
class StationReport:
    """What a reader of stations found, merged and left out."""

    source: str = "arguments"
    format: str = ""
    attribution: str = ""
    rows_read: int = 0
    rows_selected: int = 0
    """Rows of the asked radio, network and area, before cells of one site were merged."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Rows left out, by reason."""
    merged_cells: int = 0
    """Rows that went into another row of the same eNB or gNB and carrier."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class BaseStations:
    """S base stations; every column has shape (S,), scalars are spread.

    Attributes
    ----------
    x_m, y_m : position in the frame, m; x east, y north.
    height_m : antenna height above ground, m.
    power_dbm : transmit power including antenna gain (EIRP), dBm; where the antenna's gain is largest.
    id : name, unique within a carrier and azimuth where given; "" where not.
    carrier : only stations of equal carrier interfere with each other.
    load : probability that the cell transmits as an interferer, in [0, 1].
    azimuth_deg : direction of a sector, clockwise from north; NaN = isotropic.
    frequency_mhz : carrier frequency where known, else NaN.
    cells : how many cells of the file were merged into this station.
    downtilt_deg : how far a sector is tilted down, as a whole; NaN = not known, taken as level.
    antenna : "isotropic", "tr38901" (3GPP TR 38.901 element, 65 degrees) or the path of a pattern file, see
        :mod:`radiocore.antennas`; "" = the element for sectors, else isotropic.
    """

    x_m: np.ndarray
    y_m: np.ndarray
    height_m: np.ndarray = DEFAULT_HEIGHT_M
    power_dbm: np.ndarray = DEFAULT_POWER_DBM
    id: np.ndarray = ""
    carrier: np.ndarray = ""
    load: np.ndarray = 1.0
    azimuth_deg: np.ndarray = np.nan
    frequency_mhz: np.ndarray = np.nan
    cells: np.ndarray = 1
    downtilt_deg: np.ndarray = np.nan
    antenna: np.ndarray = ""
    frame: LocalFrame = field(default=LocalFrame(), kw_only=True)
    report: StationReport = field(default=StationReport(), kw_only=True)

    def __post_init__(self):
        number = np.atleast_1d(np.asarray(self.x_m)).shape[0]
        for name, kind in _COLUMNS.items():
            column = np.asarray(getattr(self, name))
            if kind is not str:
                try:
                    column = column.astype(kind)
                except (TypeError, ValueError) as error:
                    raise InputError(f"{name}: cannot be read as numbers: {error}") from None
            else:
                column = column.astype(str)
            if column.ndim == 0:
                column = np.full(number, column)
            if column.shape != (number,):
                raise InputError(f"{name}: shape {column.shape} does not match the {number} stations of x_m")
            column.flags.writeable = False
            object.__setattr__(self, name, column)
        self._check()

    @classmethod
    def read(cls, path: str | Path, **options) -> BaseStations:
        """Read base stations; see :func:`radiocore.io.stations.read_stations` for the options."""
        from .io.stations import read_stations

        return read_stations(path, **options)

    def __len__(self) -> int:
        return len(self.x_m)

    @property
    def carriers(self) -> tuple[str, ...]:
        """Names of the carriers, sorted."""
        return tuple(str(name) for name in np.unique(self.carrier))

    @cached_property
    def position_mm(self) -> np.ndarray:
        """(S, 3) position on the lattice, mm."""
        position_mm = np.stack(
            [
                to_lattice_mm(self.x_m, "x_m"),
                to_lattice_mm(self.y_m, "y_m"),
                to_lattice_mm(self.height_m, "height_m"),
            ],
            axis=1,
        )
        position_mm.flags.writeable = False
        return position_mm

    @property
    def pattern(self) -> np.ndarray:
        """(S,) name of the pattern that each radiates by."""
        of_azimuth = np.where(np.isnan(self.azimuth_deg), Isotropic.name, SectorElement.name)
        return np.where(self.antenna == "", of_azimuth, self.antenna)

    @property
    def direction(self) -> np.ndarray:
        """(S, 4) east and north of the azimuth, cosine and sine of the down-tilt; (0, 0, 1, 0) = it has none."""
        azimuth, tilt = np.deg2rad(self.azimuth_deg), np.deg2rad(np.nan_to_num(self.downtilt_deg))
        in_plan = np.nan_to_num(np.stack([np.sin(azimuth), np.cos(azimuth)], axis=1))
        return np.column_stack([in_plan, np.cos(tilt), np.sin(tilt)])

    @property
    def has_tables(self) -> bool:
        """Whether any radiates by a pattern that the compiled core does not know."""
        return not np.isin(self.pattern, IN_THE_CORE).all()

    @property
    def canonical_order(self) -> np.ndarray:
        """(S,) indices that sort the stations by (id, x, y, height, ...): the order of ties and draws.

        Whatever the order in which stations are given, sums run and random numbers are drawn in
        this one, so that the answer keeps its bytes.
        """
        position_mm = self.position_mm
        keys = (self.azimuth_deg, self.power_dbm, *position_mm.T[::-1], self.id)
        return np.lexsort(keys)

    def select(self, keep) -> BaseStations:
        """The stations picked by a boolean mask or by indices, in that order."""
        return replace(self, **{name: getattr(self, name)[keep] for name in _COLUMNS})

    def __repr__(self) -> str:
        return f"<BaseStations: {len(self)} on {len(self.carriers)} carriers>"

    def index_of(self, station) -> int:
        """Row of a station given by its id (str) or by its row number (int)."""
        if isinstance(station, str):
            found = np.flatnonzero(self.id == station)
            if found.size == 0:
                from .errors import nearest_name

                raise InputError(f"station: there is none with id {station!r}{nearest_name(station, self.id)}")
            if found.size > 1:
                raise InputError(f"station: {found.size} stations have the id {station!r}; give the row number")
            return int(found[0])
        try:
            row = operator.index(station)
        except TypeError:
            raise InputError(f"station: {station!r} is neither an id (text) nor a row (whole number)") from None
        if not -len(self) <= row < len(self):
            raise InputError(f"station: row {row} is not among the {len(self)} stations")
        return row % len(self)

    def to_frame(self, frame: LocalFrame) -> BaseStations:
        """The same stations in another frame."""
        if frame == self.frame:
            return self
        if (frame.crs is None) != (self.frame.crs is None):
            bare = "buildings" if frame.crs is None else "base stations"
            raise InputError(f"crs: the {bare} have no CRS and the others have one; give crs= for the {bare}")
        x, y = self.frame.to_crs(self.x_m, self.y_m)
        if frame.crs != self.frame.crs:
            x_m, y_m = frame.from_crs(x, y, self.frame.crs)
        else:
            x_m, y_m = frame.from_crs(x, y)
        return replace(self, x_m=x_m, y_m=y_m, frame=frame)

    def _check(self):
        for name in ("x_m", "y_m", "height_m"):
            to_lattice_mm(getattr(self, name), name)
        _refuse_row(self.height_m <= 0, "height_m", self.height_m, "must be above ground (positive)")
        frequency_mhz = self.frequency_mhz
        wrong = ~(np.isnan(frequency_mhz) | is_carrier_mhz(frequency_mhz))
        if wrong.any():
            _refuse_row(wrong, "frequency_mhz", frequency_mhz, wanted_carrier_mhz(frequency_mhz[np.argmax(wrong)]))
        power_dbm = self.power_dbm
        _refuse_row(
            ~(np.abs(power_dbm) <= MOST_POWER_DBM), "power_dbm", power_dbm, "must be a level in dBm, within +-150"
        )
        _refuse_row(~((self.load >= 0) & (self.load <= 1)), "load", self.load, "must lie in [0, 1]")
        azimuth = self.azimuth_deg
        _refuse_row(
            ~(np.isnan(azimuth) | ((azimuth >= 0) & (azimuth <= 360))), "azimuth_deg", azimuth, "must lie in [0, 360]"
        )
        tilt = self.downtilt_deg
        _refuse_row(~(np.isnan(tilt) | (np.abs(tilt) <= 90)), "downtilt_deg", tilt, "must lie in [-90, 90]")
        self._check_antennas()
        direction = np.where(np.isnan(azimuth), -1.0, azimuth % 360.0)
        names: dict[tuple, int] = {}
        for row, key in enumerate(zip(self.carrier.tolist(), self.id.tolist(), direction.tolist(), strict=True)):
            first = names.setdefault(key, row)
            if key[1] and first != row:
                raise InputError(
                    f"base stations: rows {first} and {row} have the same id {key[1]!r} on one carrier; rename one, "
                    "or give sectors of one site their azimuths"
                )
        rows: dict[tuple, int] = {}
        for row, key in enumerate(zip(self.carrier, *self.position_mm.T, direction, strict=True)):
            first = rows.setdefault(tuple(key), row)
            if first != row:
                raise InputError(
                    f"base stations: rows {first} and {row} are duplicates (same carrier, position and azimuth at "
                    f"x = {self.x_m[row]:.3f} m, y = {self.y_m[row]:.3f} m); remove one, or name their carriers apart"
                )

    def _check_antennas(self):
        all_round = np.isnan(self.azimuth_deg)
        tilted = all_round & (np.nan_to_num(self.downtilt_deg) != 0)
        wanted = "wants an azimuth_deg: without one there is nothing to tilt"
        _refuse_row(tilted, "downtilt_deg", self.downtilt_deg, wanted)
        for name in np.unique(self.antenna[self.antenna != ""]):
            pattern, rows = antenna_named(str(name)), self.antenna == name
            if not isinstance(pattern, Isotropic) and (rows & all_round).any():
                row = int(np.argmax(rows & all_round))
                raise InputError(f"antenna: row {row} is {str(name)!r}; it wants an azimuth_deg to point along")


_COLUMNS: dict[str, type] = {
    "x_m": np.float64,
    "y_m": np.float64,
    "height_m": np.float64,
    "power_dbm": np.float64,
    "id": str,
    "carrier": str,
    "load": np.float64,
    "azimuth_deg": np.float64,
    "frequency_mhz": np.float64,
    "cells": np.int64,
    "downtilt_deg": np.float64,
    "antenna": str,
}
assert set(_COLUMNS) == {item.name for item in fields(BaseStations)} - {"frame", "report"}


def _refuse_row(bad: np.ndarray, name: str, value: np.ndarray, wanted: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"{name}: row {row} is {value[row]:g}; it {wanted}")
