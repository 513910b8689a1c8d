"""GeoPackage: an SQLite file with one layer of polygons."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from ..errors import FileFormatError
from .footprint_table import BuildingFormat, FootprintTable, ReadOptions
from .sniff import refuse_gzip
from .vector_layer import read_layer

SQLITE_MAGIC = b"SQLite format 3\x00"
APPLICATION_IDS = (b"GPKG", b"GP10", b"GP11")


def matches(head: bytes) -> bool:
    return head.startswith(SQLITE_MAGIC) and head[68:72] in APPLICATION_IDS


def read(path: Path, options: ReadOptions) -> FootprintTable:
    """Read the only polygon layer."""
    refuse_gzip(path, "GeoPackage")
    refuse_virtual_tables(path)
    return read_layer(path, options, driver="GPKG")


def refuse_virtual_tables(path: Path) -> None:
    """Virtual tables can show other files; the box tree of a GeoPackage (rtree) is its own."""
    query = "SELECT name, sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            found = [name for name, sql in database.execute(query) if " using rtree" not in sql.lower()]
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise FileFormatError(f"{path}: is no readable GeoPackage ({error})") from None
    if found:
        raise FileFormatError(f"{path}: the table {found[0]!r} is virtual and may show other files; remove it")


FORMAT = BuildingFormat("GeoPackage", (".gpkg",), matches, read)
