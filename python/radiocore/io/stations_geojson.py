"""GeoJSON points; their properties are the columns."""

from __future__ import annotations

import json

import numpy as np

from ..errors import FileFormatError
from .stations_table import RawStations, StationFormat

RFC_7946 = "EPSG:4326"
"""What GeoJSON is in that names no other CRS."""


def _matches(content: bytes) -> bool:
    return content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def _read(content: bytes, source: str) -> RawStations:
    import pandas as pd

    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{source}: is not JSON: {error}") from None
    features = document.get("features")
    if document.get("type") != "FeatureCollection" or not isinstance(features, list):
        raise FileFormatError(f"{source}: is JSON of type {document.get('type')!r}, not a GeoJSON FeatureCollection")
    records = [_record(feature, number, source) for number, feature in enumerate(features, start=1)]
    crs = _stated_crs(document, source)
    columns = pd.DataFrame(records, dtype=object)
    for name in ("x", "y"):
        if name not in columns:
            columns[name] = np.array([], dtype=object)
    return RawStations(columns, np.arange(1, len(records) + 1), row_name="feature", crs=crs, default_crs=RFC_7946)


def _record(feature, number: int, source: str) -> dict:
    """Properties of one feature; its geometry replaces whatever they say of the position."""
    where = f"{source}, feature {number}"
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind != "Point":
        raise FileFormatError(f"{where}: its geometry is {kind or 'missing'}; base stations are points")
    position = geometry.get("coordinates")
    if not isinstance(position, list) or len(position) < 2:
        raise FileFormatError(f"{where}: its coordinates {position!r} are not [longitude, latitude]")
    properties = feature.get("properties") or {}
    if not isinstance(properties, dict):
        raise FileFormatError(f"{where}: its properties {str(properties)[:80]!r} are no names with values")
    kept = {name: value for name, value in properties.items() if name.lower() not in _POSITION_NAMES}
    if feature.get("id") is not None:
        kept.setdefault("id", feature["id"])
    return {**kept, "x": position[0], "y": position[1]}


_POSITION_NAMES = {"lon", "longitude", "lng", "lat", "latitude", "x", "y", "x_m", "y_m", "easting", "northing"}


def _stated_crs(document: dict, source: str) -> str | None:
    """The CRS of the old ``crs`` member."""
    stated = document.get("crs")
    if stated is None:
        return None
    try:
        return str(stated["properties"]["name"])
    except (KeyError, TypeError):
        raise FileFormatError(f"{source}: its crs member {stated!r} names no CRS; remove it, or use crs=") from None


FORMAT = StationFormat("GeoJSON", _matches, _read)
