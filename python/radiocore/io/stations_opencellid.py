"""OpenCelliD exports: one row a cell, with or without the header line."""

from __future__ import annotations

import numpy as np

from .delimited_text import first_line, read_fields
from .stations_table import RawStations, StationFormat

COLUMNS = (
    *("radio", "mcc", "net", "area", "cell", "unit", "lon", "lat", "range", "samples"),
    *("changeable", "created", "updated", "averageSignal"),
)
RADIOS = {"GSM", "CDMA", "UMTS", "LTE", "NR"}
USED = ("radio", "mcc", "net", "area", "cell", "lon", "lat")

ATTRIBUTION = "OpenCelliD Project (unwiredlabs), CC BY-SA 4.0"
ESTIMATED = (
    "positions are OpenCelliD's estimates from phone reports (often on roads, hundreds of metres from the mast): "
    "the map shows the network's character, not single masts"
)


def _has_header(content: bytes) -> bool:
    return set(USED) <= {name.strip().strip('"') for name in first_line(content).split(",")}


def _matches(content: bytes) -> bool:
    fields = first_line(content).split(",")
    return _has_header(content) or (len(fields) == len(COLUMNS) and fields[0].strip('"') in RADIOS)


def _read(content: bytes, source: str) -> RawStations:
    fields = read_fields(content, source)
    names, first = COLUMNS, 1
    if _has_header(content):
        names, fields, first = [str(name).strip() for name in fields.iloc[0]], fields.iloc[1:], 2
    columns = fields.set_axis(list(names), axis=1)[list(USED)]
    return RawStations(
        columns,
        np.arange(first, first + len(columns)),
        attribution=ATTRIBUTION,
        notes=(ESTIMATED,),
        counts_unusable_positions=True,
    )


FORMAT = StationFormat("OpenCelliD CSV", _matches, _read)
