"""Columns of Arrow, as Parquet and GeoPackage give them, to the text that every format is checked as.

Arrow tells a missing value from a number that is NaN, and writes numbers so that they are read back equal.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..errors import FileFormatError
from .measurements_table import RawMeasurements


def raw_of_arrow(table, source: str, row_name: str) -> RawMeasurements:
    """Raw columns of a pyarrow Table; rows are counted from 1.

    Raises
    ------
    FileFormatError
        Two columns have one name.
    """
    import pandas
    import pyarrow

    names = table.column_names
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise FileFormatError(f"{source}: has two columns {twice!r}; rename one")
    texts = {}
    for name, column in zip(names, table.columns, strict=True):
        try:
            text = column.cast(pyarrow.string())
        except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
            continue  # lists, structures, bytes: nothing that is measured
        texts[name] = text.to_numpy(zero_copy_only=False)
    rows = np.arange(1, 1 + table.num_rows)
    return RawMeasurements(pandas.DataFrame(texts, index=range(len(rows)), dtype=object), rows, row_name)


def raw_of_points(table, points, source: str, row_name: str) -> RawMeasurements:
    """The same with a position a row, out of a GeoSeries of points; no point is no position.

    Raises
    ------
    FileFormatError
        A geometry is no point.
    """
    import shapely

    geometry = points.to_numpy()
    other = ~(shapely.is_missing(geometry) | (shapely.get_type_id(geometry) == shapely.GeometryType.POINT))
    if other.any():
        at = int(np.argmax(other))
        kind = geometry[at].geom_type
        raise FileFormatError(f"{source}, {row_name} {at + 1}: is a {kind}; a measurement is a point")
    position = np.stack([shapely.get_x(geometry), shapely.get_y(geometry)], axis=1)
    return replace(raw_of_arrow(table, source, row_name), position=position, crs=points.crs)
