"""Plain text tables with a header line, gzipped or not."""

from __future__ import annotations

import csv
from pathlib import Path

from ..errors import FileFormatError
from .delimited_text import DELIMITERS, first_line, read_named_columns
from .measurements_opencellid import FORMAT as OPENCELLID
from .measurements_phone_log import FORMAT as PHONE_LOG
from .measurements_table import MeasurementFormat, RawMeasurements
from .sniff import read_bytes


def _matches(head: bytes) -> bool:
    is_text = b"\0" not in head and first_line(head)[:1] not in ("", "<", "{", "[")
    return is_text and not (OPENCELLID.matches(head) or PHONE_LOG.matches(head))


def _read(path: Path, source: str) -> RawMeasurements:
    content = read_bytes(path)
    columns, line = read_named_columns(content, source, "lon,lat,time,cell,rsrp_dbm")
    _refuse_cut_short(content, len(columns.columns), source)
    return RawMeasurements(columns, line, "line")


def _refuse_cut_short(content: bytes, names: int, source: str) -> None:
    """A last line with too few fields is the end of a broken copy; it would pass for a row without a measurement."""
    header, last = first_line(content), content.rstrip(b"\r\n").rpartition(b"\n")[2].decode("utf-8", "replace")
    fields = next(csv.reader([last], delimiter=max(DELIMITERS, key=header.count)), [])
    if len(fields) < names:
        raise FileFormatError(
            f"{source}: its last line ({last[:80]!r}) has {len(fields)} fields where line 1 names {names}; is the file "
            "cut short? Copy it again, or remove that line"
        )


FORMAT = MeasurementFormat("CSV", _matches, _read)
