"""Plain text tables with a header line; columns are found by name."""

from __future__ import annotations

from .delimited_text import first_line, read_named_columns
from .stations_opencellid import FORMAT as OPENCELLID
from .stations_table import RawStations, StationFormat


def _matches(content: bytes) -> bool:
    return first_line(content)[:1] not in ("", "<", "{", "[") and not OPENCELLID.matches(content)


def _read(content: bytes, source: str) -> RawStations:
    return RawStations(*read_named_columns(content, source, "lon,lat,height_m,power_dbm"))


FORMAT = StationFormat("CSV", _matches, _read)
