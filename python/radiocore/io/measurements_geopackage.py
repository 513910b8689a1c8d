"""GeoPackage: an SQLite file with one layer of points."""

from __future__ import annotations

from pathlib import Path

from ..errors import FileFormatError, require
from .buildings_geopackage import matches, refuse_virtual_tables
from .measurements_arrow import raw_of_points
from .measurements_table import MeasurementFormat, RawMeasurements
from .sniff import refuse_gzip

POINTS = ("Point", "Point Z", "Unknown")
"""Types of geometry of a layer that may hold points alone; an empty one is of unknown type."""


def _read(path: Path, source: str) -> RawMeasurements:
    """Read the only point layer; pyogrio takes no list of drivers, so the one that GDAL chose is checked."""
    refuse_gzip(path, "GeoPackage")
    refuse_virtual_tables(path)
    pyogrio, geopandas = require("pyogrio"), require("geopandas")
    failure = require("pyogrio.errors")
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind in POINTS]
        if len(layers) != 1:
            listed = ", ".join(repr(name) for name in layers) or "none"
            raise FileFormatError(f"{source}: one layer of points is wanted, it has {listed}; export it alone")
        if (driver := pyogrio.read_info(path, layer=layers[0])["driver"]) != "GPKG":
            raise FileFormatError(f"{source}: was opened as {driver}, and its content allows GPKG only")
        found, table = pyogrio.read_arrow(path, layer=layers[0])
    except (failure.DataSourceError, failure.DataLayerError, failure.FeatureError, ValueError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{source}: cannot be read as GeoPackage ({error})") from None
    geometry = found["geometry_name"] or "wkb_geometry"
    points = geopandas.GeoSeries.from_wkb(table[geometry].to_pandas(), crs=found["crs"])
    return raw_of_points(table.drop_columns([geometry]), points, source, "feature")


FORMAT = MeasurementFormat("GeoPackage", matches, _read)
