"""Measurements for OpenCelliD, as its exports have them and as Network Cell Info (Lite) and other apps write them.

Columns: mcc, mnc (or net), lac (or area), cellid (or cell), lon, lat, signal in dBm, measured_at (or measured) in s or
ms since 1970 or as text, act (or radio). Sources: wiki.opencellid.org, "Database format", and the app's own files in
github.com/threexc/walksignal.
"""

from __future__ import annotations

from pathlib import Path

from .delimited_text import first_line, is_number, read_named_columns
from .measurements_mapping import Source
from .measurements_table import MeasurementFormat, RawMeasurements, rows_where
from .sniff import read_bytes

NAMES = {
    "mcc": ("mcc",),
    "mnc": ("mnc", "net"),
    "tac": ("lac", "area"),
    "cell": ("cellid", "cell"),
    "lon": ("lon",),
    "lat": ("lat",),
    "rsrp_dbm": ("signal",),
}
TIMES, RADIOS = ("measured_at", "measured"), ("act", "radio")
LTE = "LTE"
LEAST_MS = 1e11
"""In seconds, a time far off; in milliseconds, 1973."""
NO_RADIO = "the file does not tell the radio of its rows: all are taken for LTE, and their signal for RSRP"


def _layout(header: list[str]) -> dict[str, str] | None:
    """Canonical name to column, where a header is of this format."""
    found = {name: next((item for item in items if item in header), None) for name, items in NAMES.items()}
    return None if None in found.values() else found


def _matches(head: bytes) -> bool:
    return _layout([name.strip().strip('"') for name in first_line(head).split(",")]) is not None


def _read(path: Path, source: str) -> RawMeasurements:
    """Rows of LTE whose signal is a level in dBm."""
    columns, line = read_named_columns(read_bytes(path), source, "mcc,mnc,lac,cellid,lon,lat,signal,measured_at,act")
    columns = columns.fillna("")
    layout = {name: Source(column=column) for name, column in _layout(list(columns)).items()}
    time = next((name for name in TIMES if name in columns), None)
    if time is not None:
        first = next((text for text in columns[time] if text), "")
        unit = "ms" if is_number(first) and abs(float(first)) >= LEAST_MS else "s"
        layout["time"] = Source(column=time, unit=unit)
    radio = next((name for name in RADIOS if name in columns), None)
    wanted = {"without a signal in dBm": columns["signal"].map(_may_be_level).to_numpy(dtype=bool)}
    if radio is not None:
        wanted = {"of another radio than LTE": columns[radio].str.upper().str.startswith(LTE).to_numpy()} | wanted
    notes = () if radio is not None else (NO_RADIO,)
    return rows_where(wanted, RawMeasurements(columns, line, "line", layout=layout, notes=notes))


def _may_be_level(text: str) -> bool:
    """Not empty, 0 or an index above it; what is no number is refused later, by its line."""
    return text != "" and not (is_number(text) and float(text) >= 0)


FORMAT = MeasurementFormat("OpenCelliD measurements", _matches, _read)
