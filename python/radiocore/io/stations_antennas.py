"""The antennas of a station file: patterns looked up beside it, and tilts of what cannot be tilted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..antennas import antenna_named
from ..antennas.isotropic import Isotropic
from ..errors import FileFormatError, InputError
from .stations_table import StationTable

if TYPE_CHECKING:
    import pandas


def with_antennas(table: StationTable, cells: pandas.DataFrame, folder: Path) -> pandas.DataFrame:
    """The cells with ``antenna`` and ``downtilt_deg``; pattern files are named by paths from the file's folder.

    A cell without azimuth has no down-tilt: which way it would be tilted is not known.

    Raises
    ------
    FileFormatError
        An antenna is no pattern, its file is not there or broken, or a cell has no azimuth to point it along.
    """
    tilt_deg = cells.downtilt_deg if "downtilt_deg" in cells else np.full(len(cells), np.nan)
    cells = cells.assign(downtilt_deg=np.where(_all_round(cells), np.nan, tilt_deg))
    if "antenna" not in cells:
        return cells.assign(antenna="")
    place = {name: _place_of(name, folder) for name in cells.antenna.unique()}
    for name, rows in cells.groupby("antenna", sort=True):
        if name == "":
            continue
        where = table.where(int(rows["row"].iloc[0]))
        try:
            pattern = antenna_named(place[name])
        except InputError as error:
            raise FileFormatError(f"{where}: {error}") from None
        if not isinstance(pattern, Isotropic) and (blank := _all_round(rows)).any():
            where = table.where(int(rows["row"][blank].iloc[0]))
            raise FileFormatError(f"{where}: antenna is {name!r} and there is no azimuth to point it along; fill it in")
    return cells.assign(antenna=cells.antenna.map(place))


def count_lost_tilts(table: StationTable, cells: pandas.DataFrame) -> int:
    """How many of the cells have a down-tilt in the file that was not taken."""
    if "downtilt_deg" not in table.rows:
        return 0
    rows = table.rows[table.rows["row"].isin(cells["row"])]
    return int(((rows.downtilt_deg.fillna(0) != 0) & _all_round(rows)).sum())


def _all_round(cells: pandas.DataFrame) -> np.ndarray:
    """(N,) whether a cell has no azimuth."""
    return cells.azimuth_deg.isna().to_numpy() if "azimuth_deg" in cells else np.ones(len(cells), dtype=bool)


def _place_of(name: str, folder: Path) -> str:
    """A pattern's own name, or the path of its file."""
    beside = folder / name
    return str(beside) if name and beside.is_file() else name
