"""Reading base stations: the format by content, the stations by area, radio, network and carrier."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, InputError, nearest_name
from ..frame import LocalFrame
from ..network import DEFAULT_HEIGHT_M, DEFAULT_POWER_DBM, BaseStations, StationReport
from ..report import isotropic_remark
from ..units import MM_PER_M
from .sniff import local_file, read_bytes
from .stations_antennas import count_lost_tilts, with_antennas
from .stations_area import Area, refuse_wide
from .stations_sites import NR_ASSUMPTION, Merged, label_rows, merge_cells, network_label
from .stations_table import StationFormat, StationTable

DEFAULT_MARGIN_M = 1000.0
FARTHEST_SLIP_KM = 1000.0
"""Stations farther off than this are more likely in another CRS than in another place."""


@cache
def formats() -> tuple[StationFormat, ...]:
    """Every format in this folder: the ``FORMAT`` of each module ``stations_*``."""
    package = importlib.import_module(__package__)
    names = sorted(item.name for item in pkgutil.iter_modules(package.__path__) if item.name.startswith("stations_"))
    modules = (importlib.import_module(f"{__package__}.{name}") for name in names)
    return tuple(module.FORMAT for module in modules if hasattr(module, "FORMAT"))


def read_stations(
    path: str | Path,
    *,
    frame: LocalFrame | None = None,
    bounds_m: Sequence[float] | None = None,
    margin_m: float = DEFAULT_MARGIN_M,
    crs=None,
    bbox: Sequence[float] | None = None,
    radio: str | None = None,
    network: str | None = None,
    carrier: str | None = None,
    merge_sites: bool = True,
    height_m: float = DEFAULT_HEIGHT_M,
    power_dbm: float = DEFAULT_POWER_DBM,
    columns: Mapping[str, str] | None = None,
) -> BaseStations:
    """Read base stations from a file; the format is told by its content.

    Parameters
    ----------
    path : str or Path
        OpenCelliD CSV (with or without header), CSV with named columns, or GeoJSON points; each
        may be gzipped. Columns are those of :data:`radiocore.io.stations_table.ALIASES`.
    frame : LocalFrame, optional
        The scene's frame. Without it one is made around ``bbox``, or around all stations.
    bounds_m, bbox : (west, south, east, north), optional
        Where receivers are, in scene metres or in degrees. Stations are taken from it and
        ``margin_m`` around it.
    margin_m : float
        How far around the receivers stations still count, m.
    crs : anything pyproj takes, optional
        CRS of the columns x and y; without it they are coordinates of the scene's CRS, in m.
    radio, network, carrier : str, optional
        Take only stations of this radio ("LTE"), network ("302-220") or carrier, case-insensitive.
    merge_sites : bool
        Cells without azimuth of one eNB or gNB and carrier, or at one place, become one station.
    height_m, power_dbm : float
        Antenna height above ground, m, and transmit power (EIRP), dBm, where the file has none.
    columns : mapping, optional
        Names of the file's columns: ``{"lon": "Longitude", "power_dbm": "Tx power"}``.

    Raises
    ------
    FileFormatError, InputError
        Names the file, and the line or column, and the remedy.
    """
    file = local_file(path)
    content = read_bytes(file)
    if not content or content.isspace():
        raise FileFormatError(f"{path}: is empty")
    station_format = format_of(content, str(path))
    raw = station_format.read(content, str(path))
    if len(raw.row) == 0:
        raise FileFormatError(f"{path}: it holds no stations")
    table = StationTable.of(raw, str(path), columns=columns, crs=crs)
    left_out = dict(table.left_out)
    if len(table.rows) == 0:
        raise InputError(f"{path}: none of its {len(raw.row):,} rows has a position in longitude and latitude")
    area = Area.of(table, frame=frame, bounds_m=bounds_m, bbox=bbox, margin_m=margin_m)
    if area.bounds_m is None:
        refuse_wide(table)

    x_m, y_m, inside = area.positions_m(table.rows.x, table.rows.y, table.crs)
    choices = (("radio", radio), ("network", network), ("carrier", carrier))
    asked = {name: wanted for name, wanted in choices if wanted is not None}
    if not inside.any():
        _refuse_empty(table, area, len(raw.row), asked)
    cells = label_rows(table.rows.assign(x_m=x_m, y_m=y_m)[inside], by_site=merge_sites)
    left_out["outside the area"] = int(np.count_nonzero(~inside))
    for name, wanted in asked.items():
        matches = _matches(cells[name], wanted, name)
        left_out[f"other {name}"] = int(np.count_nonzero(~matches))
        if not matches.any():
            _refuse_empty(table, area, len(raw.row), asked)
        cells = cells[matches]
    cells = with_antennas(table, cells, file.parent)
    cells = _with_defaults(cells, height_m=height_m, power_dbm=power_dbm)
    merged = merge_cells(cells) if merge_sites else Merged(cells, 0, 0.0)
    _refuse_duplicates(table, merged.rows, merge_sites)
    _refuse_equal_ids(table, merged.rows, merge_sites)
    notes = (*table.notes, *_assumptions(table, cells, merged, height_m, power_dbm))
    report = StationReport(
        source=str(path),
        format=station_format.name,
        attribution=table.attribution,
        rows_read=len(raw.row),
        rows_selected=len(cells),
        left_out={reason: number for reason, number in left_out.items() if number},
        merged_cells=merged.cells_merged_away,
        notes=notes,
    )
    rows = merged.rows
    names = ("height_m", "power_dbm", "load", "azimuth_deg", "frequency_mhz", "cells", "id", "carrier")
    names = (*names, "downtilt_deg", "antenna")
    values = {name: rows[name].to_numpy() for name in names}
    return BaseStations(x_m=rows.x_m.to_numpy(), y_m=rows.y_m.to_numpy(), **values, frame=area.frame, report=report)


def format_of(content: bytes, source: str) -> StationFormat:
    """The format of a file's content; FileFormatError where it is none that is read."""
    for station_format in formats():
        if station_format.matches(content):
            return station_format
    known = ", ".join(item.name for item in formats())
    raise FileFormatError(f"{source}: is no format of base stations that is read: {known} (each may be gzipped)")


def _matches(values, wanted: str, name: str) -> np.ndarray:
    """(N,) which rows are of the wanted radio, network or carrier."""
    if not isinstance(wanted, str) or not wanted.strip():
        raise InputError(f"{name}: {wanted!r} is no name of a {name}; give one, or leave it out to take every {name}")
    label = (network_label(wanted) if name == "network" else wanted.strip()).casefold()
    return (values.str.casefold() == label).to_numpy(dtype=bool)


def _refuse_unknown(name: str, wanted: str, known: Mapping[str, int], source: str) -> None:
    if not known:
        raise InputError(f"{name}: {wanted!r} was asked for, but {source} does not say the {name} of its stations")
    raise InputError(
        f"{name}: {source} holds no station of {wanted!r}{nearest_name(wanted, known)}; it holds {_counted(known)}"
    )


def _census(values) -> dict[str, int]:
    counts = values[values != ""].value_counts()
    return {str(name): int(counts[name]) for name in sorted(counts.index, key=lambda key: (-counts[key], key))}


def _counted(known: Mapping[str, int]) -> str:
    shown = ", ".join(f"{name} ({number:,})" for name, number in list(known.items())[:12])
    return shown + (f" and {len(known) - 12} more" if len(known) > 12 else "")


def _refuse_empty(table: StationTable, area: Area, rows_read: int, asked: Mapping[str, str]) -> None:
    """Say what the file does hold, and how far away its stations are."""
    labelled = label_rows(table.rows, by_site=True)
    candidates = np.ones(len(labelled), dtype=bool)
    for name, value in asked.items():
        matches = _matches(labelled[name], value, name)
        if not matches.any():
            _refuse_unknown(name, value, _census(labelled[name]), table.source)
        candidates &= matches
    wanted = ", ".join(f"{name} {value}" for name, value in asked.items())
    text = f"{table.source}: none of its {rows_read:,} rows lies in the area"
    text += f" ({wanted})" if wanted else ""
    if area.bounds_m is not None and candidates.any():
        chosen = labelled[candidates]
        distance_m = np.nan_to_num(area.distance_m(chosen.x, chosen.y, table.crs), nan=np.inf)
        nearest_km = float(distance_m.min()) / 1000
        away = f"{nearest_km:,.1f} km" if np.isfinite(nearest_km) else "thousands of km"
        text += f"; the nearest {'of these ' if wanted else ''}is {away} outside it (margin included)"
        if table.crs == "EPSG:4326" and area.positions_m(chosen.y, chosen.x, table.crs)[2].any():
            text += "; longitude and latitude look swapped, here or in the file that the area is taken from"
        if table.crs is None and nearest_km > FARTHEST_SLIP_KM:
            text += "; x, y are taken as coordinates of the map: if they are not, name their CRS with crs="
        elif table.crs != "EPSG:4326" and nearest_km > FARTHEST_SLIP_KM:
            text += f"; is {table.crs} the CRS of the stations? Name the right one with crs="
    elif not candidates.any():
        text += "; it has stations of each, but none of all together"
    for name in ("radio", "network"):
        if known := _census(labelled[name]):
            text += f"; {name}s in the file: {_counted(known)}"
    raise InputError(text + "; check the area (west, south, east, north), or widen the stations' margin")


def _with_defaults(cells, **given: float):
    defaults = {**given, "load": 1.0, "azimuth_deg": np.nan, "frequency_mhz": np.nan}
    missing = {name: float(value) for name, value in defaults.items() if name not in cells}
    return cells.assign(**missing, cells=1)


def _refuse_duplicates(table: StationTable, rows, merge_sites: bool) -> None:
    place = {name: np.rint(rows[name] * MM_PER_M) for name in ("x_m", "y_m", "height_m")}
    pair = _first_equal(rows.assign(**place), ["carrier", "x_m", "y_m", "height_m"])
    if pair is None:
        return
    first, second = pair
    can_merge = not merge_sites and second.azimuth_deg == -1.0
    remedy = "merge_sites=True makes one station of them" if can_merge else "remove one, or name their carriers apart"
    carrier = f" (carrier {second.carrier!r})" if second.carrier else ""
    raise InputError(
        f"{table.source}: {table.row_name}s {int(first['row'])} and {int(second['row'])} are the same station"
        f"{carrier}, equal in position, height and azimuth; {remedy}"
    )


def _refuse_equal_ids(table: StationTable, rows, merge_sites: bool) -> None:
    pair = _first_equal(rows[rows.id != ""], ["carrier", "id"])
    if pair is None:
        return
    first, second = pair
    is_sector = second.azimuth_deg != -1.0
    azimuth = f"and the azimuth {second.azimuth_deg:g}" if is_sector else "and no azimuth"
    remedy = "give each an id of its own"
    if not is_sector:
        remedy += ", or sectors of one site their azimuths"
    elif merge_sites and second.id == second.site_name:
        remedy += ", or name them after their cells with merge_sites=False"
    raise InputError(
        f"{table.source}: {table.row_name}s {int(first['row'])} and {int(second['row'])} both are {second.id!r} on one "
        f"carrier {azimuth}, at different places; {remedy}"
    )


def _first_equal(rows, names: list[str]):
    """The first row that equals an earlier one in the columns and in its direction, -1 for none, and that one."""
    rows = rows.assign(azimuth_deg=(rows.azimuth_deg % 360).fillna(-1.0))
    same = [*names, "azimuth_deg"]
    repeated = rows.duplicated(same, keep="first")
    if not repeated.any():
        return None
    second = rows[repeated].iloc[0]
    return rows[(rows[same] == second[same]).all(axis=1)].iloc[0], second


def _assumptions(table: StationTable, cells, merged: Merged, height_m: float, power_dbm: float) -> list[str]:
    """What the file does not say and what was taken instead, with what it does to the answer."""
    notes = []
    isotropic = int(merged.rows.azimuth_deg.isna().sum())
    if isotropic:
        notes.append(isotropic_remark(isotropic, len(merged.rows)))
    if lost := count_lost_tilts(table, cells):
        notes.append(f"{lost:,} cells have a down-tilt but no azimuth; they are taken as isotropic, without it")
    if merged.cells_merged_away:
        text = (
            f"{len(cells):,} cells were merged to {len(merged.rows):,} stations, since cells of one site share its "
            "mast; each stands at the mean position of its cells"
        )
        if merged.widest_m > 1:
            text += f" (a cell lies up to {merged.widest_m:,.0f} m from its station)"
        notes.append(text + "; merge_sites=False keeps every cell, and refuses cells at one place")
        has_id = cells.reindex(columns=["enb", "gnb"]).notna().any(axis=1)
        if (cells.site.str.startswith("gNB") & cells.azimuth_deg.isna() & ~has_id).any():
            notes.append(NR_ASSUMPTION)
    if "height_m" not in table.rows:
        notes.append(
            f"the file has no antenna heights; {height_m:g} m above ground is assumed for all: a higher mast sees over "
            "more roofs, as a server and as an interferer, so the map can err either way where real heights differ"
        )
    if "power_dbm" not in table.rows:
        notes.append(
            f"the file has no powers; {power_dbm:g} dBm is assumed for all: equal powers put the borders between cells "
            "half-way, and interference hardly depends on the level, but coverage limited by noise does"
        )
    return notes
