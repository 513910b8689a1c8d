"""Shapefiles: the .shp with its .shx, .dbf and .prj beside it."""

from __future__ import annotations

from pathlib import Path

from ..errors import FileFormatError
from .footprint_table import BuildingFormat, FootprintTable, ReadOptions
from .sniff import refuse_gzip
from .vector_layer import read_layer

FILE_CODE = bytes.fromhex("0000270a")
PARTS = (".cpg", ".dbf", ".prj", ".shx")
"""What is read beside the .shp."""
VERSION_1000 = bytes.fromhex("e8030000")


def matches(head: bytes) -> bool:
    return head.startswith(FILE_CODE) and head[28:32] == VERSION_1000


def read(path: Path, options: ReadOptions) -> FootprintTable:
    """Read the shapefile; without a .prj it has no CRS."""
    refuse_gzip(path, "shapefile")
    if path.suffix.lower() != ".shp":
        raise FileFormatError(f"{path}: is part of a shapefile; give the file that ends in .shp")
    beside = {item.suffix.lower() for item in parts_beside(path)}
    missing = [suffix for suffix in (".shx", ".dbf") if suffix not in beside]
    if missing:
        raise FileFormatError(f"{path}: the shapefile's {' and '.join(missing)} is missing; put it beside the .shp")
    _refuse_cut(path)
    return read_layer(path, options, driver="ESRI Shapefile")


def parts_beside(path: Path) -> list[Path]:
    """The other files of a shapefile that are there, sorted; none of a file of another kind."""
    path = path.expanduser().resolve()
    if path.suffix.lower() != ".shp":
        return []
    return sorted(item for item in path.parent.glob("*") if item.stem == path.stem and item.suffix.lower() in PARTS)


def _refuse_cut(path: Path) -> None:
    """The header (bytes 24 to 27) holds the file's length, in 16-bit words."""
    with open(path, "rb") as file:
        stated = 2 * int.from_bytes(file.read(28)[24:28], "big")
    held = path.stat().st_size
    if held < stated:
        raise FileFormatError(
            f"{path}: is cut short: it holds {held:,} of the {stated:,} bytes that its header states; copy it again"
        )


FORMAT = BuildingFormat("shapefile", (".shp",), matches, read)
