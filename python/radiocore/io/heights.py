"""Heights from the columns (or OSM tags) of a building file, and draws where there are none."""

from __future__ import annotations

import hashlib
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..buildings import DEFAULT_RAYLEIGH_SCALE_M, FEWEST_KNOWN_HEIGHTS, rayleigh_scale_m
from ..errors import FileFormatError, InputError, nearest_name

HEIGHT_NAMES = ("height", "building:height")
LEVEL_NAMES = ("building:levels", "levels")
ROOF_LEVEL_NAMES = ("roof:levels",)
BASE_NAMES = ("min_height", "building:min_height")
BASE_LEVEL_NAMES = ("building:min_level", "min_level")
KIND_NAMES = ("building",)
KNOWN_NAMES = frozenset(HEIGHT_NAMES + LEVEL_NAMES + ROOF_LEVEL_NAMES + BASE_NAMES + BASE_LEVEL_NAMES + KIND_NAMES)

HIGHEST_M = 1000.0
"""A height above this is taken for one in another unit; the highest building stands 828 m."""

IMPUTATIONS = ("rayleigh", "constant", "raise")
M_PER_FOOT = 0.3048
_NUMBER = r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
_METRES = re.compile(rf"\s*{_NUMBER}\s*(?:m|metres?|meters?)?\s*", re.IGNORECASE)
_FEET = re.compile(rf"\s*{_NUMBER}\s*(?:ft|feet|foot|['\u2019\u2032])\s*", re.IGNORECASE)
_FEET_AND_INCHES = re.compile(
    r"\s*(\d+)\s*(?:ft|feet|foot|['\u2019\u2032])\s*(\d+(?:\.\d+)?)\s*(?:in|inch|inches|[\"\u201d\u2033]|'')?\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Heights:
    """What the columns say of each of N outlines."""

    height_m: np.ndarray  # (N,) roof above ground, NaN where the file has none
    base_m: np.ndarray  # (N,)
    source: np.ndarray  # (N,) str: "column NAME", "height", "levels", or "" where missing
    unreadable: tuple[tuple[str, str], ...]
    """(id, text) of values that are no height and count as missing."""
    zero: int = 0
    """Outlines with a height of 0, which counts as missing: files write it where they know none."""


def metres(value) -> float:
    """Metres of a finite number or of a text such as "22", "22 m", "72 ft", "72'" or ``72'6"``.

    NaN for None and for an empty text.

    Raises
    ------
    ValueError
        The value is no length.
    """
    if value is None or value == "":
        return math.nan
    length_m = math.nan
    if isinstance(value, int | float | np.number) and not isinstance(value, bool):
        length_m = float(value) if abs(value) <= sys.float_info.max else math.inf
    elif isinstance(value, str):
        if match := _METRES.fullmatch(value):
            length_m = float(match[1])
        elif match := _FEET.fullmatch(value):
            length_m = float(match[1]) * M_PER_FOOT
        elif match := _FEET_AND_INCHES.fullmatch(value):
            length_m = (float(match[1]) + float(match[2]) / 12.0) * M_PER_FOOT
    if not math.isfinite(length_m):
        raise ValueError(f"{value!r} is no length")
    return length_m


def relevant_names(names: Iterable[str], height_column: str | None, path) -> list[str]:
    """The columns of a file that matter here, in the file's order.

    Raises
    ------
    FileFormatError
        The file has no ``height_column``; the message names the nearest.
    """
    names = list(names)
    if height_column is not None and height_column not in names:
        hint = nearest_name(height_column, names)
        raise FileFormatError(f"{path}: has no column {height_column!r}{hint}; its columns are: {_listed(names)}")
    return [name for name in names if name == height_column or name.lower() in KNOWN_NAMES]


def columns_of(rows: Sequence[Mapping], height_column: str | None, path) -> dict[str, list]:
    """Relevant columns of rows that are mappings; None where a row lacks one."""
    return {name: [row.get(name) for row in rows] for name in relevant_names(names_of(rows), height_column, path)}


def names_of(rows: Sequence[Mapping]) -> tuple[str, ...]:
    """The columns of rows that are mappings, in the order of the file."""
    return tuple(dict.fromkeys(str(name) for row in rows for name in row))


def kinds_of(columns: Mapping[str, Sequence], number: int) -> np.ndarray:
    """(N,) value of the column "building", lower case; "" where there is none."""
    values = _find(columns, KIND_NAMES)
    if not values:
        return np.full(number, "")
    return np.array([str(value).lower() if isinstance(value, str) else "" for value in values[0][1]], dtype=str)


def heights_of(
    columns: Mapping[str, Sequence],
    ids: Sequence[str],
    *,
    height_column: str | None,
    metres_per_level: float,
    path,
    unreadable_is_missing: bool,
) -> Heights:
    """Heights in the order: the user's column, a known height column, levels; a 0 counts as missing.

    Parameters
    ----------
    unreadable_is_missing : bool
        Whether a text in the height column that is no length counts as missing (OSM's free tags)
        or is an error. Levels and undersides always count as missing.

    Raises
    ------
    FileFormatError
        A height is unreadable, negative or above 1,000 m; names the file, the id, the value.
    """
    number = len(ids)
    unreadable: list[tuple[str, str]] = []

    def read(names: tuple[str, ...]) -> np.ndarray:
        out = np.full(number, np.nan)
        for name, values in _find(columns, names):
            out = np.where(np.isnan(out), _numbers(name, values, ids, unreadable), out)
        return out

    def read_levels(names: tuple[str, ...]) -> np.ndarray:
        levels = read(names)
        return np.where(levels >= 0, levels, np.nan)

    def refuse_unreadable() -> None:
        if unreadable and not unreadable_is_missing:
            name, text = unreadable[0]
            raise FileFormatError(
                f"{path}: building {name!r} has {text}, which is no number of metres; correct it, or leave it empty "
                "(null) where unknown"
            )

    named = None
    if height_column is not None:
        named = _numbers(height_column, columns[height_column], ids, unreadable)
        refuse_unreadable()
        _refuse_impossible(named, height_column, ids, path)
    known = read(HEIGHT_NAMES)
    if height_column is None:
        refuse_unreadable()
    _refuse_impossible(known, "height", ids, path)
    levels_m = (read_levels(LEVEL_NAMES) + np.nan_to_num(read_levels(ROOF_LEVEL_NAMES))) * metres_per_level
    candidates = [("height", known), ("levels", levels_m)]
    _refuse_impossible(levels_m, "levels that make", ids, path)
    if named is not None:
        candidates.insert(0, (f"column {height_column}", named))

    height_m = np.full(number, np.nan)
    source = np.full(number, "", dtype=object)
    zero = np.zeros(number, dtype=bool)
    for label, values in candidates:
        zero |= np.isnan(height_m) & (values == 0)
        fill = np.isnan(height_m) & (values > 0)
        height_m[fill] = values[fill]
        source[fill] = label

    base_m = read(BASE_NAMES)
    base_m = np.where(np.isnan(base_m), read_levels(BASE_LEVEL_NAMES) * metres_per_level, base_m)
    return Heights(
        height_m, np.nan_to_num(base_m, nan=0.0), source.astype(str), tuple(dict.fromkeys(unreadable)), int(zero.sum())
    )


def impute_heights(
    height_m: np.ndarray,
    building: np.ndarray,
    source: np.ndarray,
    *,
    impute: str,
    scale_m: float | None,
    constant_m: float | None,
    seed: int,
    path,
    other_columns: Sequence[str] = (),
) -> tuple[np.ndarray, np.ndarray, str]:
    """Fill the missing heights of a whole file, before any of it is left out.

    Parameters
    ----------
    other_columns
        Names of the file that were not read, of which one may hold the heights.

    Returns
    -------
    height_m, source : (N,) ndarray
    note : str
        What was done, in plain words; "" where nothing was missing.

    Notes
    -----
    A Rayleigh draw is scale * sqrt(-2 ln u), with u the hash of (seed, building): it depends on
    nothing else in the file, and all parts of one building share it.
    """
    missing = np.isnan(height_m)
    if not missing.any():
        return height_m, source, ""
    names, inverse = np.unique(building, return_inverse=True)
    without = np.unique(building[missing])
    share = f"{len(without)} of {len(names)} buildings"
    if impute == "raise":
        first = ", ".join(without[:5])
        raise InputError(
            f"{path}: {share} have no height, or a height of 0 (first: {first}), and impute='raise'; name the "
            "column with height_column=, or choose impute='rayleigh' or 'constant'"
        )
    height_m, source = height_m.copy(), source.astype(object)
    if impute == "constant":
        height_m[missing] = constant_m
        origin = f"are all taken as {constant_m:g} m"
        effect = "line of sight differs where the real roofs do"
    else:
        scale_m, basis = _scale(height_m, inverse, scale_m)
        height_m[missing] = scale_m * np.sqrt(-2.0 * np.log(_uniforms(seed, building[missing])))
        origin = f"are drawn from a Rayleigh distribution of scale {scale_m:.1f} m ({basis})"
        effect = "single places are then an example, only averages over the area mean something"
    source[missing] = f"imputed-{impute}"
    most = 2 * len(without) > len(names)
    weight = "most heights are made up: " if most else ""
    note = f"{weight}{share} have no height in the file; theirs {origin}, so {effect}."
    if most and other_columns:
        note += f" Columns that were not read: {_listed(other_columns)}; name the heights' one with height_column=."
    return height_m, source.astype(str), note


def _scale(height_m: np.ndarray, building: np.ndarray, scale_m: float | None) -> tuple[float, str]:
    if scale_m is not None:
        return scale_m, "as given"
    roof_m = np.full(building.max() + 1, -np.inf)
    has = ~np.isnan(height_m)
    np.maximum.at(roof_m, building[has], height_m[has])
    known = roof_m[roof_m > 0]
    if known.size >= FEWEST_KNOWN_HEIGHTS:
        return rayleigh_scale_m(known), f"that of the file's {known.size} known heights"
    return DEFAULT_RAYLEIGH_SCALE_M, f"the default, since the file knows only {known.size} heights"


def _uniforms(seed: int, building: np.ndarray) -> np.ndarray:
    """(N,) numbers in (0, 1), one for each (seed, building)."""
    key = str(int(seed)).encode()
    hashes = [hashlib.blake2b(str(name).encode(), key=key, digest_size=8).digest() for name in building]
    bits = np.frombuffer(b"".join(hashes), dtype="<u8") >> np.uint64(11)
    return (bits.astype(np.float64) + 0.5) * 2.0**-53


def _listed(names: Sequence[str]) -> str:
    return ", ".join(sorted(names)[:30]) + (", ..." if len(names) > 30 else "") or "none"


def _find(columns: Mapping[str, Sequence], names: tuple[str, ...]) -> list[tuple[str, Sequence]]:
    """Columns of these names, whatever their case, in the order of ``names``."""
    return [(own, values) for name in names for own, values in columns.items() if own.lower() == name]


def _numbers(name: str, values: Sequence, ids: Sequence[str], unreadable: list) -> np.ndarray:
    out = np.full(len(ids), np.nan)
    for row, value in enumerate(values):
        try:
            out[row] = metres(value)
        except ValueError:
            unreadable.append((str(ids[row]), f"{name} = {str(value)[:80]!r}"))
    return out


def _refuse_impossible(height_m: np.ndarray, name: str, ids: Sequence[str], path) -> None:
    bad = (height_m < 0) | (height_m > HIGHEST_M)
    if bad.any():
        row = int(np.argmax(bad))
        fault = "is negative" if height_m[row] < 0 else "is above 1,000 m (is it in another unit?)"
        raise FileFormatError(
            f"{path}: building {str(ids[row])!r} has {name} = {height_m[row]:g} m, which {fault}; correct it, or leave "
            "it empty (null) to have it imputed"
        )
