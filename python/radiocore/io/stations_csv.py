"""Plain text tables with a header line; columns are found by name."""

from __future__ import annotations

import numpy as np

from ..errors import FileFormatError
from .stations_opencellid import FORMAT as OPENCELLID
from .stations_table import RawStations, StationFormat
from .stations_text import first_line, read_fields

DELIMITERS = ",;\t"


def _matches(content: bytes) -> bool:
    return first_line(content)[:1] not in ("", "<", "{", "[") and not OPENCELLID.matches(content)


def _read(content: bytes, source: str) -> RawStations:
    header = first_line(content)
    fields = read_fields(content, source, max(DELIMITERS, key=header.count))
    names = [str(name).strip() for name in fields.iloc[0]]
    if any(_is_number(name) for name in names):
        raise FileFormatError(
            f"{source}: line 1 holds numbers ({header[:80]!r}) where the names of the columns are wanted; add a header "
            "line such as lon,lat,height_m,power_dbm"
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise FileFormatError(f"{source}: line 1 names the column {twice!r} twice; rename one")
    columns = fields.iloc[1:].set_axis(names, axis=1)
    filled = (columns.fillna("") != "").any(axis=1).to_numpy()
    line = np.arange(2, 2 + len(columns))
    return RawStations(columns[filled], line[filled])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


FORMAT = StationFormat("CSV", _matches, _read)
