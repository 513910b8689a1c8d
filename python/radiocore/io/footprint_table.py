"""The table that every building format fills, and what the formats share to fill it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, InputError, nearest_name
from .crs import agreed_crs
from .heights import Heights, heights_of, kinds_of, relevant_names

OPEN_STRUCTURES = ("canopy", "carport", "gazebo", "pergola", "roof", "shelter")
"""Values of building=* without walls: they do not block like a building."""


@dataclass(frozen=True)
class ReadOptions:
    """What a format needs to know to read a file."""

    crs: object = None
    height_column: str | None = None
    metres_per_level: float = 3.0
    open_structures: bool = False


@dataclass(frozen=True)
class FootprintTable:
    """N outlines as columns; the parts of one building share ``building``."""

    geometry: np.ndarray  # (N,) object, shapely Polygon or MultiPolygon in crs, longitude first
    id: np.ndarray  # (N,) str, unique
    building: np.ndarray  # (N,) str
    height_m: np.ndarray  # (N,) roof above ground, NaN = missing
    base_m: np.ndarray  # (N,)
    height_source: np.ndarray  # (N,) str
    crs: object = None
    attribution: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    refused: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    unclosed: tuple[str, ...] = ()
    """Ids of outlines whose rings the reader had to close."""
    other_columns: tuple[str, ...] = ()
    """Columns of the file that were not read; none of OSM, whose heights have their own tags."""
    outlines_read: int = -1
    """Outlines in the file, those left out or refused included; -1 = N + refused."""

    def __post_init__(self):
        if self.outlines_read < 0:
            object.__setattr__(self, "outlines_read", len(self.geometry) + len(self.refused))

    def select(self, keep: np.ndarray) -> FootprintTable:
        """The rows picked by a (N,) boolean; counts and notes stay."""
        names = ("geometry", "id", "building", "height_m", "base_m", "height_source")
        return replace(self, **{name: getattr(self, name)[keep] for name in names})


@dataclass(frozen=True)
class BuildingFormat:
    """A file format: each module ``buildings_<name>`` of this folder holds one as ``FORMAT``."""

    name: str
    suffixes: tuple[str, ...]
    """For messages only; a file is told by its content."""
    matches: Callable[[bytes], bool]
    """Whether the head of a file, unpacked, is of this format."""
    read: Callable[[Path, ReadOptions], FootprintTable]


def table_from_columns(
    geometry: np.ndarray,
    ids: np.ndarray,
    columns: Mapping[str, Sequence],
    *,
    crs,
    options: ReadOptions,
    path,
    faults: Mapping[str, str] | None = None,
    names: Sequence[str] = (),
    **more,
) -> FootprintTable:
    """The table of a file in which every row is a building of its own.

    Parameters
    ----------
    geometry : (N,) object, shapely geometries or None
    ids : (N,) str
    columns : the relevant columns, (N,) each
    faults : why a geometry is None, by id
    names : all columns of the file
    **more
        Further fields of :class:`FootprintTable`.

    Raises
    ------
    FileFormatError
        Nothing in the file is a polygon, or a height is unreadable or impossible.
    """
    import shapely

    counts = dict(more.pop("counts", {}))
    absent = shapely.is_missing(geometry)
    refused = [(str(name), (faults or {}).get(str(name), "has no geometry")) for name in ids[absent]]
    keep = np.isin(shapely.get_type_id(geometry), (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    if others := int((~keep & ~absent).sum()):
        counts["features that are no polygons"] = others
    if not keep.any():
        first = f"; the first, {refused[0][0]!r}, {refused[0][1]}" if refused else ""
        raise FileFormatError(f"{path}: holds no polygons, so no buildings ({len(geometry)} features{first})")
    geometry, ids = geometry[keep], ids[keep]
    columns = {name: [values[row] for row in np.flatnonzero(keep)] for name, values in columns.items()}
    heights = heights_of(
        columns,
        ids,
        height_column=options.height_column,
        metres_per_level=options.metres_per_level,
        path=path,
        unreadable_is_missing=False,
    )
    table = FootprintTable(
        geometry=geometry,
        id=ids,
        building=ids,
        height_m=heights.height_m,
        base_m=heights.base_m,
        height_source=heights.source,
        crs=crs,
        counts=counts,
        refused=tuple(refused),
        notes=notes_on(heights),
        other_columns=tuple(name for name in names if name not in columns and name != id_column(names)),
        **more,
    )
    return without_open_structures(table, kinds_of(columns, len(ids)), options)


def parse_geometries(items: Sequence, ids: np.ndarray, parse: Callable) -> tuple[np.ndarray, dict[str, str]]:
    """Geometries of N items, None where ``parse`` cannot read one, and why, by id."""
    from shapely.errors import ShapelyError

    geometry = np.full(len(items), None, dtype=object)
    faults = {}
    for row, item in enumerate(items):
        try:
            with np.errstate(invalid="ignore"):  # a NaN is refused by name later
                geometry[row] = parse(item)
        except (ShapelyError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            faults[str(ids[row])] = f"has a geometry that cannot be read ({error})"
    return geometry, faults


def without_open_structures(table: FootprintTable, kind: np.ndarray, options: ReadOptions) -> FootprintTable:
    """The table without roofs, carports and the like, unless they are asked for; counted."""
    leave = np.isin(kind, OPEN_STRUCTURES)
    if options.open_structures or not leave.any():
        return table
    counts = {**table.counts, "open structures left out": int(leave.sum())}
    return replace(table.select(~leave), counts=counts)


def notes_on(heights: Heights) -> tuple[str, ...]:
    """Notes on heights that could not be read or are 0, if there are any."""
    notes = []
    if number := len(heights.unreadable):
        first = "; ".join(f"{name}: {text}" for name, text in heights.unreadable[:5])
        notes.append(f"{number} height or level values are no numbers and count as missing (first: {first}).")
    if heights.zero:
        notes.append(f"{heights.zero} outlines have a height of 0, which counts as missing.")
    return tuple(notes)


def unique_ids(candidates: Sequence, number: int) -> np.ndarray:
    """(N,) str ids of the file where all are there and differ, else the row numbers."""
    names = [str(value) for value in candidates if value is not None and value == value]
    if len(set(names)) != number:
        names = [str(row) for row in range(number)]
    return np.array(names, dtype=str)


def id_column(names) -> str | None:
    """The column that holds ids, if a file has one."""
    return next((name for wanted in ("id", "@id", "osm_id") for name in names if str(name).lower() == wanted), None)


def table_from_geodataframe(frame, *, options: ReadOptions, path, in_file: Sequence[str] = ()) -> FootprintTable:
    """The table of a GeoDataFrame, for the formats that geopandas reads; ``in_file`` names all columns of the file."""
    names = [str(name) for name in frame.columns if name != frame.geometry.name]

    def values(name: str) -> list:
        column = frame[name].astype(object)
        return column.where(column.notna(), None).tolist()

    key = id_column(names)
    return table_from_columns(
        frame.geometry.to_numpy(),
        unique_ids([] if key is None else values(key), len(frame)),
        {name: values(name) for name in relevant_names(names, options.height_column, path)},
        crs=resolve_crs(frame.crs, options, path),
        options=options,
        path=path,
        names=in_file or names,
    )


def resolve_crs(in_file, options: ReadOptions, path):
    """The file's own CRS, or the user's where the file has none.

    Raises
    ------
    FileFormatError
        There is neither, or both are there and differ.
    InputError
        The user's is none.
    """
    crs = agreed_crs(in_file, options.crs, path)
    if crs is None:
        raise FileFormatError(f"{path}: has no CRS; name it with crs= (EPSG:32632, for example)")
    return crs


def require_choice(value, choices: tuple[str, ...], name: str) -> None:
    if value not in choices:
        raise InputError(f"{name}: {value!r} is not one of {choices}{nearest_name(value, choices)}")
