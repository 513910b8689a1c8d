"""Logs of phones: CSV under the words of Android, such as Network Survey writes.

Columns are named after what android.telephony.CellIdentityLte and CellSignalStrengthLte give: mcc, mnc, tac, eci (or
ci), rsrp and rsrq in dBm and dB; https://networksurvey.app/manual/data-logging/csv has an example.
"""

from __future__ import annotations

from pathlib import Path

from ..measurements import UNAVAILABLE
from .delimited_text import first_line, read_named_columns, uncommented
from .measurements_mapping import Source
from .measurements_table import MeasurementFormat, RawMeasurements, rows_where
from .sniff import read_bytes

NAMES = {
    "mcc": ("mcc",),
    "mnc": ("mnc",),
    "tac": ("tac",),
    "cell": ("eci", "ci", "cid", "cellid", "cell_id"),
    "lon": ("longitude", "lon", "lng"),
    "lat": ("latitude", "lat"),
    "rsrp_dbm": ("rsrp",),
}
MORE_NAMES = {
    "rsrq_db": ("rsrq",),
    "sinr_db": ("snr", "sinr"),
    "rssi_dbm": ("rssi",),
    "time": ("devicetime", "timestamp", "time"),
    "device": ("deviceserialnumber",),
}
SERVING = "servingcell"


def _layout(header: list[str]) -> dict[str, Source] | None:
    """Canonical name to column, where a header is of this format; case does not matter."""
    own = {name.strip().strip('"').lower(): name for name in reversed(header)}
    found = {
        name: next((own[item] for item in items if item in own), None) for name, items in (NAMES | MORE_NAMES).items()
    }
    if any(found[name] is None for name in NAMES):
        return None
    return {name: Source(column=column) for name, column in found.items() if column is not None}


def _matches(head: bytes) -> bool:
    return _layout(first_line(uncommented(head)[0]).split(",")) is not None


def _read(path: Path, source: str) -> RawMeasurements:
    """Rows of the serving cell."""
    content, comments = uncommented(read_bytes(path))
    columns, line = read_named_columns(content, source, "deviceTime,latitude,longitude,mcc,mnc,tac,eci,rsrp,rsrq")
    columns = columns.fillna("")
    serving = next((name for name in columns if name.lower() == SERVING), None)
    wanted = {}
    if serving is not None:
        wanted["of neighbouring cells"] = columns[serving].str.lower().isin(("true", "1")).to_numpy()
    layout = _layout(list(columns))
    missing = (str(UNAVAILABLE), f"{UNAVAILABLE}.0")
    return rows_where(wanted, RawMeasurements(columns, line + comments, "line", layout=layout, missing=missing))


FORMAT = MeasurementFormat("phone log", _matches, _read)
