"""GeoJSON (RFC 7946, and the older "crs" member), plain or gzip; read without GDAL."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..errors import FileFormatError
from .footprint_table import (
    BuildingFormat,
    FootprintTable,
    ReadOptions,
    id_column,
    parse_geometries,
    resolve_crs,
    table_from_columns,
    unique_ids,
)
from .heights import columns_of, names_of
from .sniff import read_bytes

LONGITUDE_LATITUDE = "OGC:CRS84"


def matches(head: bytes) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{"


def read(path: Path, options: ReadOptions) -> FootprintTable:
    """Read a FeatureCollection or a Feature."""
    try:
        document = json.loads(read_bytes(path).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: is no readable JSON ({error}); is the download complete?") from None
    features = _features(document, path)
    properties = [_properties(feature, row, path) for row, feature in enumerate(features)]
    ids = _ids(features, properties)
    geometry, faults = parse_geometries([feature.get("geometry") for feature in features], ids, _geometry)
    unclosed = [str(name) for name, feature in zip(ids, features, strict=True) if not _is_closed(feature)]
    return table_from_columns(
        geometry,
        ids,
        columns_of(properties, options.height_column, path),
        crs=resolve_crs(_crs(document, options, path), options, path),
        options=options,
        path=path,
        faults=faults,
        names=names_of(properties),
        unclosed=tuple(unclosed),
    )


def _features(document: dict, path: Path) -> list[dict]:
    kind = document.get("type")
    features = [document] if kind == "Feature" else document.get("features") if kind == "FeatureCollection" else None
    if not isinstance(features, list) or not all(isinstance(item, dict) for item in features):
        raise FileFormatError(f"{path}: is JSON but no GeoJSON FeatureCollection (its type is {kind!r})")
    if not features:
        raise FileFormatError(f"{path}: the FeatureCollection has no features, so no buildings")
    return features


def _properties(feature: dict, row: int, path: Path) -> dict:
    found = feature.get("properties") or {}
    if not isinstance(found, dict):
        raise FileFormatError(f"{path}: the properties of feature {row} are no names with values: {str(found)[:80]!r}")
    return found


def _ids(features: list[dict], properties: list[dict]) -> np.ndarray:
    own = [feature.get("id") for feature in features]
    if all(value is None for value in own):
        key = id_column(names_of(properties))
        own = [row.get(key) for row in properties]
    return unique_ids(own, len(features))


def _crs(document: dict, options: ReadOptions, path: Path):
    """The "crs" member; else the user's crs=, else longitude and latitude as RFC 7946 says."""
    member = document.get("crs")
    if member is None:
        return LONGITUDE_LATITUDE if options.crs is None else None
    named = isinstance(member, dict) and member.get("type") == "name" and isinstance(member.get("properties"), dict)
    if not named:
        raise FileFormatError(
            f"{path}: its crs member points elsewhere ({member!r}); remove it and name the CRS with crs="
        )
    return member["properties"].get("name")


def _geometry(item: dict | None):
    from shapely.geometry import shape

    return None if item is None else shape(item)


def _is_closed(feature: dict) -> bool:
    """Whether every ring ends where it starts; shapely closes the others without a word."""
    try:
        item = feature["geometry"]
        polygons = {"Polygon": [item["coordinates"]], "MultiPolygon": item["coordinates"]}[item["type"]]
        return all(ring[0] == ring[-1] for rings in polygons for ring in rings)
    except (TypeError, LookupError):
        return True  # no polygon, or an unreadable one, which is refused by its geometry


FORMAT = BuildingFormat("GeoJSON", (".geojson", ".json", ".geojson.gz"), matches, read)
