"""Registers of cells, as OpenCelliD has them: what a cell is called, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..errors import FileFormatError, InputError
from ..frame import LocalFrame
from ..io.sniff import local_file, read_bytes
from ..io.stations import format_of
from ..io.stations_sites import label_rows
from ..io.stations_table import StationTable
from ..network import DEFAULT_HEIGHT_M, DEFAULT_POWER_DBM, BaseStations, StationReport
from ..units import (
    USUAL_ANTENNA_HEIGHT_M,
    WANTED_HEIGHT,
    height_notes,
    is_antenna_height_m,
    is_carrier_mhz,
    wanted_carrier_mhz,
)


@dataclass(frozen=True, eq=False, repr=False)
class Towers:
    """T cells of a register; every column has shape (T,), scalars are spread.

    Attributes
    ----------
    longitude, latitude : WGS 84, degrees
    network, tac, cell : as of measurements ("302-220", "10100", "5501"); "" = not known
    height_m : above ground; NaN = not known
    power_dbm : EIRP; NaN = not known
    azimuth_deg, frequency_mhz : NaN = not known
    row : line of the file
    source : what messages call the register
    notes : what was assumed or looks odd
    """

    longitude: np.ndarray
    latitude: np.ndarray
    network: np.ndarray = ""
    tac: np.ndarray = ""
    cell: np.ndarray = ""
    height_m: np.ndarray = np.nan
    power_dbm: np.ndarray = np.nan
    azimuth_deg: np.ndarray = np.nan
    frequency_mhz: np.ndarray = np.nan
    row: np.ndarray | None = None
    source: str = "towers"
    notes: tuple[str, ...] = ()

    TEXT: ClassVar[tuple[str, ...]] = ("network", "tac", "cell")

    def __post_init__(self):
        number = np.atleast_1d(np.asarray(self.longitude)).shape[0]
        if self.row is None:
            object.__setattr__(self, "row", np.arange(number))
        for item in fields(self)[: -len(("source", "notes"))]:
            kind = str if item.name in self.TEXT else np.int64 if item.name == "row" else np.float64
            column = np.asarray(getattr(self, item.name)).astype(kind)
            column = np.full(number, column) if column.ndim == 0 else column
            if column.shape != (number,):
                raise InputError(f"{item.name}: shape {column.shape} does not match the {number} towers of longitude")
            column.flags.writeable = False
            object.__setattr__(self, item.name, column)
        self._check()

    @classmethod
    def read(
        cls, path: str | Path, *, radio: str = "LTE", columns: Mapping[str, str] | None = None, crs=None
    ) -> Towers:
        """Read a register from a file of stations, a row a cell.

        Parameters
        ----------
        path : str or Path
            As of :func:`radiocore.io.stations.read_stations`: OpenCelliD CSV, CSV with named columns, or GeoJSON.
        radio : str
            Rows of another one are left out; those that tell none are taken.
        columns, crs : optional
            As there.

        Raises
        ------
        FileFormatError, InputError
            Names the file, and the line or column, and the remedy.
        """
        source, content = str(path), read_bytes(local_file(path))
        if not content or content.isspace():
            raise FileFormatError(f"{source}: is empty")
        raw = format_of(content, source).read(content, source)
        table = StationTable.of(raw, source, columns=columns, crs=crs)
        if table.crs is None:
            raise InputError(f"{source}: its positions have no CRS; name it with crs=")
        rows = label_rows(table.rows, by_site=False)
        rows = rows[rows.radio.isin(("", radio.upper()))]
        if len(rows) == 0:
            raise InputError(f"{source}: it holds no cell of {radio}")
        longitude, latitude = LocalFrame(crs=table.crs).to_lonlat(rows.x, rows.y)
        known = {name: rows[name] for name in ("height_m", "power_dbm", "azimuth_deg", "frequency_mhz") if name in rows}
        number = rows.eci.fillna(rows.cell) if {"eci", "cell"} <= set(rows) else rows.get("eci", rows.get("cell"))
        return cls(
            longitude,
            latitude,
            network=rows.network.to_numpy(dtype=str),
            tac=_whole(rows.get("area"), len(rows)),
            cell=_whole(number, len(rows)),
            **known,
            row=rows["row"],
            source=source,
            notes=table.notes,
        )

    def __len__(self) -> int:
        return len(self.longitude)

    def __repr__(self) -> str:
        return f"<Towers: {len(self)} cells of {len(np.unique(self.network))} networks>"

    def base_stations(
        self,
        rows: np.ndarray,
        frame: LocalFrame,
        *,
        height_m: float = DEFAULT_HEIGHT_M,
        power_dbm: float = DEFAULT_POWER_DBM,
    ) -> BaseStations:
        """Some of them as stations in a frame; where the register does not tell height and power, they are these.

        Each is a carrier of its own, as the cells of a mast stand at one place.
        """
        x_m, y_m = frame.from_lonlat(self.longitude[rows], self.latitude[rows])
        return BaseStations(
            x_m=x_m,
            y_m=y_m,
            height_m=np.where(np.isnan(self.height_m[rows]), height_m, self.height_m[rows]),
            power_dbm=np.where(np.isnan(self.power_dbm[rows]), power_dbm, self.power_dbm[rows]),
            id=self.cell[rows],
            carrier=self.carriers(rows),
            azimuth_deg=self.azimuth_deg[rows],
            frequency_mhz=self.frequency_mhz[rows],
            frame=frame,
            report=StationReport(source=self.source, rows_read=len(self), rows_selected=len(rows), notes=self.notes),
        )

    def carriers(self, rows: np.ndarray) -> np.ndarray:
        """(n,) what tells a tower from all others: its network, tracking area and cell."""
        parts = zip(self.network[rows], self.tac[rows], self.cell[rows], strict=True)
        return np.array([" ".join(filter(None, names)) for names in parts], dtype=str)

    def _check(self) -> None:
        place = (np.abs(self.longitude) <= 180) & (np.abs(self.latitude) <= 90)
        height = np.isnan(self.height_m) | is_antenna_height_m(self.height_m)
        frequency = np.isnan(self.frequency_mhz) | is_carrier_mhz(self.frequency_mhz)
        for name, fine, wanted in (
            ("longitude", place, lambda value: "is with its latitude no place in degrees; are they swapped?"),
            ("height_m", height, lambda value: WANTED_HEIGHT),
            ("frequency_mhz", frequency, wanted_carrier_mhz),
        ):
            if not fine.all():
                at = int(np.argmin(fine))
                value = getattr(self, name)[at]
                raise InputError(f"{self.source}, row {self.row[at]}: {name} is {value:g}; it {wanted(value)}")
        known = self.height_m[~np.isnan(self.height_m)]
        odd = height_notes("height_m of a tower", known, USUAL_ANTENNA_HEIGHT_M)
        object.__setattr__(self, "notes", (*self.notes, *odd))


def _whole(numbers, length: int) -> np.ndarray:
    """(T,) text of whole numbers; "" where there is none, or it is a placeholder below zero."""
    if numbers is None:
        return np.full(length, "")
    values = numbers.to_numpy(dtype=np.float64)
    return np.array([f"{value:.0f}" if value >= 0 else "" for value in values], dtype=str)
