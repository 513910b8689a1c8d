"""SUMO polygon files (``<additional>`` with ``<poly>``), plain or gzip."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, require
from .buildings_geojson import LONGITUDE_LATITUDE
from .footprint_table import (
    BuildingFormat,
    FootprintTable,
    ReadOptions,
    parse_geometries,
    resolve_crs,
    table_from_columns,
    unique_ids,
)
from .heights import columns_of, names_of
from .sniff import read_bytes, xml_root_name

NO_PROJECTION = ("", "!", "-")
"""What SUMO writes for a network that lies on no projection."""


def matches(head: bytes) -> bool:
    return xml_root_name(head) == "additional"


def read(path: Path, options: ReadOptions) -> FootprintTable:
    """Read the polygons of type "building" (or "building.<kind>"); ``<param>`` children are columns."""
    location, rows, points = _parse(path)
    wanted = [row for row in rows if row["type"].partition(".")[0] == "building"]
    geo = {row["geo"] for row in wanted}
    if len(geo) > 1:
        raise FileFormatError(f"{path}: mixes polygons in degrees (geo) and in metres; split it in two files")
    try:
        east, north = (float(value) for value in location.get("netOffset", "0,0").split(","))
    except ValueError:
        raise FileFormatError(f"{path}: the netOffset {location['netOffset']!r} is not two numbers") from None
    projection = location.get("projParameter", "")
    in_file, offset = None if projection in NO_PROJECTION else projection, np.array([east, north])
    if geo == {True}:
        in_file, offset = LONGITUDE_LATITUDE, np.zeros(2)

    columns = [row["columns"] for row in wanted]
    ids = unique_ids([row["id"] for row in wanted], len(wanted))
    geometry, faults = parse_geometries(wanted, ids, lambda row: _polygon(row["shape"], offset))
    counts = {"polygons of other types left out": len(rows) - len(wanted), "building points without outline": points}
    return table_from_columns(
        geometry,
        ids,
        columns_of(columns, options.height_column, path),
        crs=resolve_crs(in_file, options, path),
        options=options,
        path=path,
        faults=faults,
        names=names_of(columns),
        counts={reason: number for reason, number in counts.items() if number},
    )


def _parse(path: Path) -> tuple[dict, list[dict], int]:
    """The ``location`` attributes, one mapping for each ``poly``, and the number of building points."""
    parser = require("defusedxml.ElementTree")
    location: dict = {}
    rows = []
    points = 0
    try:
        for _, element in parser.iterparse(io.BytesIO(read_bytes(path)), events=("end",), forbid_dtd=True):
            if element.tag == "location":
                location = dict(element.attrib)
            elif element.tag == "poly":
                kind = element.get("type", "").lower()
                rows.append(
                    {
                        "id": element.get("id"),
                        "type": kind,
                        "geo": element.get("geo", "").lower() in ("1", "true", "yes"),
                        "shape": element.get("shape", ""),
                        "columns": {"building": kind.partition(".")[2]}
                        | {item.get("key", ""): item.get("value") for item in element.iter("param")},
                    }
                )
                element.clear()
            elif element.tag == "poi":
                points += element.get("type", "").lower().partition(".")[0] == "building"
    except (parser.ParseError, require("defusedxml").DefusedXmlException) as error:
        raise FileFormatError(f"{path}: is no readable XML ({error}); is the download complete?") from None
    return location, rows, points


def _polygon(shape: str, offset: np.ndarray):
    """The polygon of "x,y x,y ..."; SUMO's filled shapes close by themselves."""
    import shapely

    corners = np.array([[float(value) for value in corner.split(",")[:2]] for corner in shape.split()])
    return shapely.Polygon(corners - offset)


FORMAT = BuildingFormat("SUMO polygons", (".poly.xml", ".poly.xml.gz"), matches, read)
