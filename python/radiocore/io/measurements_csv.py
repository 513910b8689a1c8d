"""Plain text tables with a header line, gzipped or not."""

from __future__ import annotations

from pathlib import Path

from .delimited_text import first_line, read_named_columns
from .measurements_table import MeasurementFormat, RawMeasurements
from .sniff import read_bytes


def _matches(head: bytes) -> bool:
    return b"\0" not in head and first_line(head)[:1] not in ("", "<", "{", "[")


def _read(path: Path, source: str) -> RawMeasurements:
    columns, line = read_named_columns(read_bytes(path), source, "lon,lat,time,cell,rsrp_dbm")
    return RawMeasurements(columns, line, "line")


FORMAT = MeasurementFormat("CSV", _matches, _read)
