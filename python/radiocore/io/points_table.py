"""Tables of points, read with all their columns and written back with further ones."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, InputError, nearest_name, require
from ..measurements import Points
from .atomic import atomic_path
from .buildings_geopackage import matches as is_geopackage
from .delimited_text import read_named_columns, uncommented
from .measurements_parquet import GEO_KEY
from .sniff import local_file, read_bytes, read_head

SUFFIXES = (".csv", ".parquet", ".gpkg")
WGS_84 = "EPSG:4326"


def table_suffix(path: str | Path) -> str:
    """The suffix of a table that can be written.

    Raises
    ------
    InputError
        It is another one.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise InputError(f"{path}: the suffix {suffix!r} is not one of {known}{nearest_name(suffix, SUFFIXES)}")
    return suffix


def write_back(path: str | Path, source: str | Path, points: Points, columns: Mapping[str, np.ndarray]) -> None:
    """Write the table of a file again, with further columns; whole or not at all.

    Parameters
    ----------
    path : CSV, Parquet or GeoPackage, by its suffix; a table without points gets them in longitude and latitude in the
        last, and one with points columns lon and lat in the first
    source : the file that the points were read from; its rows stay all, in their order
    points : P of them
    columns : name to (P,) numbers; rows that are no such point have none

    Raises
    ------
    InputError
        A column is there already, the suffix is unknown, positions have no CRS for a GeoPackage, or the file cannot be
        written.
    """
    suffix = table_suffix(path)
    table, row = _read(source)
    place = np.searchsorted(row, points.row)
    for name, values in columns.items():
        if name in table:
            raise InputError(f"{source}: has a column {name!r} already; rename it, or leave it out")
        column = np.full(len(table), np.nan)
        column[place] = values
        table[name] = column
    content = {".csv": _csv, ".parquet": _parquet, ".gpkg": _geopackage}[suffix](table, points, place, path)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def _read(source: str | Path):
    """A DataFrame, or a GeoDataFrame, and the (N,) numbers of its rows as :meth:`Points.read` counts them."""
    file = local_file(source)
    head = read_head(file)
    if head.startswith(b"PAR1"):
        table = _read_parquet(file)
    elif is_geopackage(head):
        table = require("geopandas").read_file(file)
    else:
        content, comments = uncommented(read_bytes(file))
        table, line = read_named_columns(content, str(source), "lon,lat,cell")
        return table, line + comments
    return table, np.arange(1, 1 + len(table))


def _read_parquet(file: Path):
    parquet, geopandas, pandas = require("pyarrow.parquet"), require("geopandas"), require("pandas")
    with open(file, "rb") as stream:
        is_geo = GEO_KEY in (parquet.read_schema(stream).metadata or {})
        stream.seek(0)
        return (geopandas.read_parquet if is_geo else pandas.read_parquet)(stream)


def _csv(table, points: Points, place: np.ndarray, path) -> bytes:
    if _has_points(table):
        where = table.geometry if table.crs is None else table.geometry.to_crs(WGS_84)
        names = ("x", "y") if table.crs is None else ("lon", "lat")
        coordinates = {
            name: values for name, values in zip(names, (where.x, where.y), strict=True) if name not in table
        }
        table = table.drop(columns=table.geometry.name).assign(**coordinates)
    return table.to_csv(index=False, lineterminator="\n").encode()


def _parquet(table, points: Points, place: np.ndarray, path) -> bytes:
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    return content.getvalue()


def _geopackage(table, points: Points, place: np.ndarray, path) -> bytes:
    geopandas, pyogrio, shapely = require("geopandas"), require("pyogrio"), require("shapely")
    if not _has_points(table):
        if points.frame.crs is None:
            raise InputError(f"{path}: a GeoPackage wants a CRS, and the points have none; write .csv or .parquet")
        geometry = np.full(len(table), None, dtype=object)
        geometry[place] = shapely.points(*points.frame.to_lonlat(points.x_m, points.y_m))
        table = geopandas.GeoDataFrame(table, geometry=geometry, crs=WGS_84)
    content = io.BytesIO()
    # GDAL writes the time of the change, and equal tables are equal files.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2000-01-01T00:00:00.000Z"})
    try:
        pyogrio.write_dataframe(table, content, layer="points", driver="GPKG")
    except (ValueError, require("pyogrio.errors").DataSourceError) as error:
        raise FileFormatError(f"{path}: cannot be written as GeoPackage ({error})") from None
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
    return content.getvalue()


def _has_points(table) -> bool:
    return hasattr(table, "geometry") and hasattr(table, "crs")
