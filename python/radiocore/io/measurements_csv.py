"""Plain text tables with a header line, gzipped or not."""

from __future__ import annotations

from pathlib import Path

from .delimited_text import first_line, read_named_columns
from .measurements_opencellid import FORMAT as OPENCELLID
from .measurements_phone_log import FORMAT as PHONE_LOG
from .measurements_table import MeasurementFormat, RawMeasurements
from .sniff import read_bytes


def _matches(head: bytes) -> bool:
    is_text = b"\0" not in head and first_line(head)[:1] not in ("", "<", "{", "[")
    return is_text and not (OPENCELLID.matches(head) or PHONE_LOG.matches(head))


def _read(path: Path, source: str) -> RawMeasurements:
    return RawMeasurements(*read_named_columns(read_bytes(path), source, "lon,lat,time,cell,rsrp_dbm"), "line")


FORMAT = MeasurementFormat("CSV", _matches, _read)
