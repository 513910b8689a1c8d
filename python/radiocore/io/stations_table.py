"""The rows of a station file, whatever its format: columns under one set of names, checked row by row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import numpy as np

from ..errors import FileFormatError, InputError, nearest_name
from ..frame import is_geographic
from ..units import WANTED_HEIGHT, is_antenna_height_m, is_carrier_mhz, wanted_carrier_mhz
from .crs import agreed_crs

if TYPE_CHECKING:
    import pandas

ALIASES: dict[str, tuple[str, ...]] = {
    "lon": ("longitude", "lng"),
    "lat": ("latitude",),
    "x": ("x_m", "easting"),
    "y": ("y_m", "northing"),
    "height_m": ("height", "antenna_height_m"),
    "power_dbm": ("eirp_dbm",),
    "load": (),
    "azimuth_deg": ("azimuth",),
    "downtilt_deg": ("downtilt", "tilt_deg", "tilt"),
    "antenna": ("antenna_pattern",),
    "frequency_mhz": ("freq_mhz",),
    "id": ("station_id", "name"),
    "carrier": (),
    "radio": ("technology", "rat"),
    "network": ("mno", "operator", "plmn"),
    "mcc": (),
    "mnc": ("net",),
    "area": ("lac", "tac"),
    "cell": ("cell_id", "cid"),
    "eci": (),
    "enb": ("enb_id",),
    "gnb": ("gnb_id",),
}
"""Canonical column names and the other names under which files hold them; case does not matter."""

DEGREES, METRES = ("lon", "lat"), ("x", "y")
"""Pairs of columns that hold positions; a file's one position is read."""
TEXT_COLUMNS = ("id", "carrier", "radio", "network", "antenna")
MAY_BE_BLANK = {"azimuth_deg", "downtilt_deg", "frequency_mhz", "mcc", "mnc", "area", "cell", "eci", "enb", "gnb"}
"""Number columns in which an empty field means "not known"; in the others it is an error."""

PLAUSIBLE_MATCH = 0.75
"""Likeness of a column's name to a known one; "latitude" and "longitude" have 0.71."""

VALID: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str | Callable[[float], str]]] = {
    "height_m": (is_antenna_height_m, WANTED_HEIGHT),
    "load": (lambda v: (v >= 0) & (v <= 1), "must lie in [0, 1]"),
    "azimuth_deg": (lambda v: (v >= 0) & (v <= 360), "must lie in [0, 360]"),
    "downtilt_deg": (lambda v: np.abs(v) <= 90, "must lie in [-90, 90]"),
    "frequency_mhz": (is_carrier_mhz, wanted_carrier_mhz),
    "eci": (lambda v: (v >= 0) & (v < 2**28) & (v % 1 == 0), "must be a whole number of at most 28 bits"),
    **{
        name: (lambda v: (v >= 0) & (v < 2**32) & (v % 1 == 0), "must be a whole number of at most 32 bits")
        for name in ("enb", "gnb")
    },
    **{
        name: (lambda v: (v >= -1) & (v < 2**36) & (v % 1 == 0), "must be a whole number of at most 36 bits")
        for name in ("mcc", "mnc", "area", "cell")
    },
}


@dataclass(frozen=True)
class RawStations:
    """What a format reads: the file's own columns, as text or numbers, not yet checked."""

    columns: pandas.DataFrame  # N rows
    row: np.ndarray  # (N,) int, 1-based line or feature number in the file
    row_name: str = "line"
    crs: str | None = None
    """CRS that the file states for its positions."""
    default_crs: str | None = None
    """CRS of its x and y where neither the file nor the user says."""
    attribution: str = ""
    notes: tuple[str, ...] = ()
    counts_unusable_positions: bool = False
    """Rows outside longitude and latitude are counted as left out instead of being an error."""


@dataclass(frozen=True)
class StationFormat:
    """One file format of base stations."""

    name: str
    matches: Callable[[bytes], bool]
    """Whether the (decompressed) content is of this format."""
    read: Callable[[bytes, str], RawStations]
    """Content and the file's name for messages, to raw columns."""


@dataclass(frozen=True)
class StationTable:
    """Checked rows of a station file.

    Attributes
    ----------
    rows : DataFrame of N rows
        ``row`` (number in the file), ``x``, ``y`` (in ``crs``; longitude first), and those of the
        columns of :data:`ALIASES` that the file has, under their canonical names.
    crs : CRS of x and y; None: coordinates of the scene's frame.
    """

    source: str
    rows: pandas.DataFrame
    row_name: str
    crs: str | None
    attribution: str = ""
    notes: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, raw: RawStations, source: str, *, columns: Mapping[str, str] | None = None, crs=None) -> StationTable:
        """Name, convert and check the columns.

        Raises
        ------
        FileFormatError
            Names the file, and the column that is missing or the row that cannot be used.
        InputError
            ``columns`` names something that is no column, or ``crs`` does not fit the file.
        """
        import pandas as pd

        found = _resolve(list(raw.columns.columns), columns or {}, source)
        horizontal, crs = _choose_position(found, {name.lower() for name in columns or ()}, raw, crs, source)
        for name in {*DEGREES, *METRES} - {*horizontal}:
            found.pop(name, None)
        geographic = is_geographic(crs)
        rows = {"row": raw.row}
        for name, column in found.items():
            if name in TEXT_COLUMNS:
                rows[name] = _text(raw, column).to_numpy(dtype=object)
            elif name not in horizontal:
                rows[name] = _numbers(raw, column, source, may_be_blank=name in MAY_BE_BLANK)
                if name in VALID:
                    is_valid, wanted = VALID[name]
                    value = rows[name]
                    _refuse(raw, ~(np.isnan(value) | is_valid(value)), column, value, wanted, source)
        for name, column in zip("xy", horizontal, strict=True):
            rows[name] = _numbers(raw, found[column], source, may_be_blank=False)
        left_out = {}
        table = pd.DataFrame(rows)
        if geographic:
            outside = (table.x.abs() > 180) | (table.y.abs() > 90)
            if raw.counts_unusable_positions:
                left_out["unusable position"] = int(outside.sum())
                table = table[~outside]
            elif outside.any():
                _refuse_position(raw, table[outside].iloc[0], horizontal, source)
        ignored = [str(name) for name in raw.columns.columns if name not in found.values()]
        notes = list(raw.notes)
        if ignored:
            notes.append(f"columns of the file that were not used: {', '.join(ignored)}")
        return cls(source, table, raw.row_name, crs, raw.attribution, tuple(notes), left_out)

    def where(self, row: int) -> str:
        """``file, line 12``, for messages."""
        return f"{self.source}, {self.row_name} {row}"


def _resolve(present: list, columns: Mapping[str, str], source: str) -> dict[str, str]:
    """Canonical name -> name in the file, of every known column that the file has."""
    in_file = {str(name).strip().lower(): name for name in reversed(present)}
    found = {}
    for name, wanted in columns.items():
        if name.lower() not in ALIASES:
            raise InputError(f"columns: {name!r} is no column of stations{nearest_name(name, ALIASES)}")
        if (key := str(wanted).strip().lower()) not in in_file:
            raise FileFormatError(
                f"{source}: there is no column {wanted!r}{nearest_name(wanted, present)}; "
                f"the file has {_listed(present)}"
            )
        found[name.lower()] = in_file[key]
    taken = set(found.values())
    for name, aliases in ALIASES.items():
        if name not in found:
            hit = next((in_file[key] for key in (name, *aliases) if key in in_file and in_file[key] not in taken), None)
            if hit is not None:
                found[name] = hit
    return found


def _choose_position(
    found: dict[str, str], asked: set[str], raw: RawStations, crs, source: str
) -> tuple[tuple[str, str], str | None]:
    """The pair of columns that holds the position, the ``asked`` one before others, and its CRS."""
    pairs = [pair for pair in (DEGREES, METRES) if asked.intersection(pair)]
    if len(pairs) > 1:
        raise InputError("columns: they name lon, lat and also x, y; name only the pair that counts")
    names = set(found)
    if pairs:
        pair = pairs[0]
    elif names.issuperset(METRES) and (crs is not None or not names.issuperset(DEGREES)):
        pair = METRES
    else:
        pair = METRES if names.isdisjoint(DEGREES) and not names.isdisjoint(METRES) else DEGREES
    missing = next((name for name in pair if name not in found), None)
    if missing is not None:
        present = list(raw.columns.columns)
        hint = _alias_hint(missing, [str(name) for name in present if name not in found.values()])
        instead = " (nor 'x' and 'y' in metres)" if pair == DEGREES and not pairs else ""
        raise FileFormatError(
            f"{source}: there is no column {missing!r}{instead}; the file has {_listed(present)}{hint}; "
            f"name it with columns={{{missing!r}: ...}}"
        )
    agreed_crs(raw.crs, crs, source)  # raises where they differ
    crs = raw.crs or crs
    if pair == METRES:
        return pair, crs or raw.default_crs
    if crs is not None and not is_geographic(crs):
        raise InputError(
            f"crs: {source} has longitude and latitude, but {crs} is a CRS in metres; leave crs out, or name the "
            "columns in metres with columns={'x': ..., 'y': ...}"
        )
    return pair, crs or "EPSG:4326"


def _alias_hint(missing: str, present: list[str]) -> str:
    """`` (did you mean 'x'?)`` for a column that is nearly one of the names of ``missing``, or nothing."""
    for name in (missing, *ALIASES[missing]):
        for column in present:
            text = column.strip().lower()
            begins = len(name) > 2 and text.startswith(name)
            if begins or SequenceMatcher(None, name, text).ratio() >= PLAUSIBLE_MATCH:
                return f" (did you mean {column!r}?)"
    return ""


def _text(raw: RawStations, column: str):
    """(N,) the fields of a column as text; "" where missing."""
    values = raw.columns[column]
    return values.where(values.notna(), "").astype(str).str.strip()


def _numbers(raw: RawStations, column: str, source: str, *, may_be_blank: bool) -> np.ndarray:
    """(N,) float64 of a column; blank is NaN where it may be."""
    import pandas as pd

    text = _text(raw, column)
    blank = (text == "").to_numpy()
    value = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
    bad = ~np.isfinite(value) & ~blank
    if bad.any():
        at = int(np.argmax(bad))
        hint = "; write decimals with a point" if "," in text.iloc[at] else ""
        raise FileFormatError(
            f"{source}, {raw.row_name} {raw.row[at]}: {column} is {text.iloc[at]!r}, which is not a finite number{hint}"
        )
    if blank.any() and not may_be_blank:
        at = int(np.argmax(blank))
        raise FileFormatError(
            f"{source}, {raw.row_name} {raw.row[at]}: {column} is empty; fill it in, or leave the row or column out"
        )
    return value


def _refuse(raw: RawStations, bad: np.ndarray, column: str, value: np.ndarray, wanted, source: str) -> None:
    if bad.any():
        at = int(np.argmax(bad))
        wanted = wanted(value[at]) if callable(wanted) else wanted
        raise FileFormatError(f"{source}, {raw.row_name} {raw.row[at]}: {column} is {value[at]:g}; it {wanted}")


def _refuse_position(raw: RawStations, first, horizontal: tuple[str, str], source: str) -> None:
    swapped = abs(first.x) <= 90 and abs(first.y) <= 180
    if swapped:
        hint = "longitude and latitude look swapped"
    elif horizontal == ("x", "y"):
        hint = "coordinates in metres need their CRS: name it with crs="
    else:
        hint = "degrees of longitude and latitude are wanted; metres go into columns x and y"
    raise FileFormatError(
        f"{source}, {raw.row_name} {int(first['row'])}: ({first.x:g}, {first.y:g}) lies outside longitude [-180, 180] "
        f"and latitude [-90, 90]; {hint}"
    )


def _listed(names: list) -> str:
    shown = ", ".join(repr(str(name)) for name in names[:20])
    return shown + (f" and {len(names) - 20} more" if len(names) > 20 else "")
