"""Parquet, with or without points (GeoParquet)."""

from __future__ import annotations

from pathlib import Path

from ..errors import FileFormatError, require
from .measurements_arrow import raw_of_arrow, raw_of_points
from .measurements_table import MeasurementFormat, RawMeasurements
from .sniff import refuse_gzip

GEO_KEY = b"geo"
"""Of the metadata that make a Parquet file a GeoParquet file."""


def _matches(head: bytes) -> bool:
    return head.startswith(b"PAR1")


def _read(path: Path, source: str) -> RawMeasurements:
    """Read every row; the file is handed over open, so that no path in it is followed."""
    refuse_gzip(path, "Parquet")
    pyarrow, parquet = require("pyarrow"), require("pyarrow.parquet")
    geopandas = require("geopandas")
    with open(path, "rb") as file:
        try:
            table = parquet.read_table(file)
            if GEO_KEY not in (table.schema.metadata or {}):
                return raw_of_arrow(table, source, "row")
            points = geopandas.GeoDataFrame.from_arrow(table)
        except (ValueError, TypeError, LookupError, AttributeError, OSError, pyarrow.ArrowException) as error:
            if isinstance(error, FileFormatError):
                raise
            raise FileFormatError(f"{source}: is no readable Parquet file ({error})") from None
    return raw_of_points(table.drop_columns([points.geometry.name]), points.geometry, source, "row")


FORMAT = MeasurementFormat("Parquet", _matches, _read)
