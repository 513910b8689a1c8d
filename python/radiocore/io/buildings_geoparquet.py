"""GeoParquet, through geopandas and pyarrow."""

from __future__ import annotations

from pathlib import Path

from ..errors import FileFormatError, require
from .footprint_table import BuildingFormat, FootprintTable, ReadOptions, table_from_geodataframe
from .sniff import refuse_gzip


def matches(head: bytes) -> bool:
    return head.startswith(b"PAR1")


def read(path: Path, options: ReadOptions) -> FootprintTable:
    """Read every row; the file is handed over open, so that no path in it is followed."""
    refuse_gzip(path, "GeoParquet")
    geopandas = require("geopandas")
    arrow_error = require("pyarrow").ArrowException
    crs_error = require("pyproj.exceptions").ProjError
    with open(path, "rb") as file:
        try:
            frame = geopandas.read_parquet(file)
        except (ValueError, TypeError, LookupError, AttributeError, OSError, arrow_error, crs_error) as error:
            raise FileFormatError(f"{path}: is no readable GeoParquet ({error})") from None
    return table_from_geodataframe(frame, options=options, path=path)


FORMAT = BuildingFormat("GeoParquet", (".parquet", ".geoparquet"), matches, read)
