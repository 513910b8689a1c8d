"""One polygon layer of a local file through pyogrio, with the driver checked."""

from __future__ import annotations

from pathlib import Path

from ..errors import FileFormatError, require
from .footprint_table import FootprintTable, ReadOptions, id_column, table_from_geodataframe
from .heights import relevant_names


def read_layer(path: Path, options: ReadOptions, *, driver: str) -> FootprintTable:
    """Read the only polygon layer of a file whose magic has been checked already.

    pyogrio takes no list of drivers, so the driver that GDAL chose is compared with the one
    that the content asks for before any feature is read.

    Raises
    ------
    FileFormatError
        GDAL cannot read it, takes another driver, there is not exactly one polygon layer, or most
        of its features have no geometry.
    """
    pyogrio = require("pyogrio")
    failure = require("pyogrio.errors")
    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if _may_hold_polygons(kind)]
        if len(layers) != 1:
            listed = ", ".join(repr(name) for name in layers) or "none"
            raise FileFormatError(f"{path}: one layer of polygons is wanted, it has {listed}; export it alone")
        info = pyogrio.read_info(path, layer=layers[0])
        if info["driver"] != driver:
            raise FileFormatError(f"{path}: was opened as {info['driver']}, and its content allows {driver} only")
        names = [str(name) for name in info["fields"]]
        columns = dict.fromkeys(relevant_names(names, options.height_column, path))
        if (key := id_column(names)) is not None:
            columns[key] = None
        frame = pyogrio.read_dataframe(path, layer=layers[0], columns=list(columns), on_invalid="ignore")
    except (failure.DataSourceError, failure.DataLayerError, failure.FeatureError, ValueError) as error:
        if isinstance(error, FileFormatError):
            raise
        raise FileFormatError(f"{path}: cannot be read as {driver} ({error})") from None
    without = int(frame.geometry.isna().sum())
    if 2 * without > len(frame):
        raise FileFormatError(
            f"{path}: {without:,} of its {len(frame):,} features have no geometry, as if the file is cut short; "
            "export it again"
        )
    return table_from_geodataframe(frame, options=options, path=path, in_file=names)


def _may_hold_polygons(kind: str | None) -> bool:
    return kind is not None and any(word in kind for word in ("Polygon", "Surface", "Unknown", "GeometryCollection"))
