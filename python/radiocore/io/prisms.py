"""From a table of outlines to prisms on the lattice, with a report of what was mended or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..buildings import BuildingReport, Buildings
from ..errors import InputError
from ..frame import LocalFrame
from ..scene import bbox_in_frame
from ..units import LATTICE_LIMIT_MM, MM_PER_M, to_lattice_mm
from .crs import crs_from
from .footprint_table import FootprintTable, require_choice
from .outlines import LatticeOutlines, beyond_lattice, outside_degrees, rings_of, to_lattice, unusable_geometry

INVALID_RULES = ("repair", "raise")
WIDEST_MAP_M = 100e3
"""Buildings that span more, without a bbox, are taken for a misplaced one or for a country."""


def build(
    table: FootprintTable,
    *,
    invalid: str,
    strict: bool = False,
    bbox: tuple[float, float, float, float] | None = None,
    margin_m: float = 0.0,
    source: str = "polygons",
    format_name: str = "",
) -> Buildings:
    """Buildings from a table of outlines.

    Parameters
    ----------
    table : FootprintTable
        Every height known.
    invalid : {"raise", "repair"}
        What to do with self-crossing and unclosed outlines.
    strict : bool
        An outline that would be refused is an error instead.
    bbox, margin_m
        As of :meth:`radiocore.buildings.Buildings.read`.
    source, format_name : str
        For the report and the messages.

    Raises
    ------
    InputError
        Names the source, the building and the remedy; also when no building is left.
    """
    require_choice(invalid, INVALID_RULES, "invalid")
    if not (np.isfinite(margin_m) and margin_m >= 0):
        raise InputError(f"margin_m: {margin_m} must be 0 m or more")
    crs = None if table.crs is None else crs_from(table.crs)
    refused = list(table.refused)

    def name(row: int) -> str:
        return f"{source}: building {str(table.id[row])!r}"

    def refuse(reason: np.ndarray) -> np.ndarray:
        """Refuse the rows with a reason; returns those without."""
        bad = reason != ""
        if strict and bad.any():
            row = int(np.argmax(bad))
            raise InputError(f"{name(row)} {reason[row]}")
        refused.extend((str(table.id[row]), str(reason[row])) for row in np.flatnonzero(bad))
        return ~bad

    _refuse_duplicates(table.id, source)
    if strict and len(table.geometry) == 0 and crs is None:
        return _assemble(table, np.empty(0, dtype=object), np.empty(0, dtype=np.int64), LocalFrame(), BuildingReport())
    table = table.select(refuse(unusable_geometry(table.geometry)))
    table = table.select(refuse(_height_faults(table)))
    if len(table.geometry) == 0:
        raise _nothing_left(source, refused)
    if crs is not None and (outside := outside_degrees(table.geometry, crs)).any():
        raise InputError(
            f"{name(int(np.argmax(outside)))} has coordinates that are no degrees, as {crs.name} wants; "
            "give the coordinates' own CRS with crs="
        )

    own_frame = LocalFrame(None if crs is None else crs.to_wkt())
    extent = _extent(table.geometry)
    if bbox is None and not strict:
        _refuse_stray(table, crs, source)
    frame = LocalFrame.around(crs, extent if bbox is None else bbox_in_frame(bbox, own_frame))
    beyond = beyond_lattice(table.geometry, frame, crs)
    if beyond.any() and bbox is None:
        raise InputError(
            f"{name(int(np.argmax(beyond)))} lies beyond the lattice of 1,073 km around the map's centre; correct it"
        )
    outside_box = int(beyond.sum())
    table = table.select(~beyond)

    outlines = to_lattice(table.geometry, frame, crs)
    vanished = np.bincount(outlines.row, minlength=len(table.geometry)) == 0
    if invalid == "raise":
        _raise_on_invalid(table, outlines.reason, vanished, name)
    unclosed = np.isin(table.id, table.unclosed)
    repaired = (outlines.broken | unclosed) & ~vanished
    usable = refuse(np.where(vanished, "encloses no area", "").astype(object))

    if bbox is not None:
        inside = _touches(table, outlines, bbox_in_frame(bbox, frame), margin_m)
        outside_box += int((usable & ~inside).sum())
        usable &= inside
        if not usable.any():
            raise InputError(_empty_selection(source, bbox, margin_m, own_frame, extent))
    if not usable.any():
        raise _nothing_left(source, refused)

    counts = dict(table.counts)
    if not strict and (repeated := usable & _repeated(table, outlines)).any():
        usable &= ~repeated
        counts["duplicate outlines"] = int(repeated.sum())

    keep = usable[outlines.row]
    row = (np.cumsum(usable) - 1)[outlines.row[keep]]
    report = BuildingReport(
        source=source,
        format=format_name,
        attribution=table.attribution,
        outlines_read=table.outlines_read,
        outlines_outside=outside_box,
        repaired=tuple(str(item) for item in table.id[repaired & usable]),
        refused=tuple(refused),
        counts=counts,
        notes=table.notes,
    )
    return _assemble(table.select(usable), outlines.polygon[keep], row, frame, report)


def _assemble(
    table: FootprintTable, polygon: np.ndarray, row: np.ndarray, frame: LocalFrame, report: BuildingReport
) -> Buildings:
    """Buildings of P lattice polygons; ``row`` is the outline of each."""
    roof_mm = to_lattice_mm(table.height_m, "height_m")[row]
    vertices_mm, ring_start, prism_ring_start = rings_of(polygon)
    names, first, inverse = np.unique(table.building, return_index=True, return_inverse=True)
    order = np.argsort(first)  # buildings in the order of the file
    building = np.argsort(order)[inverse][row].astype(np.int32)
    # A building of several parts says of its highest roof where the height came from.
    tallest = np.lexsort((-roof_mm, building))
    _, top = np.unique(building[tallest], return_index=True)
    height_source = table.height_source[row[tallest[top]]]
    labels, numbers = np.unique(height_source, return_counts=True)
    return Buildings(
        vertices_mm=vertices_mm,
        ring_start=ring_start,
        prism_ring_start=prism_ring_start,
        base_mm=to_lattice_mm(table.base_m, "base_m")[row],
        roof_mm=roof_mm,
        prism_building=building,
        ids=names[order],
        height_source=height_source,
        frame=frame,
        report=replace(report, height_sources=dict(zip(labels.tolist(), numbers.tolist(), strict=True))),
    )


def _height_faults(table: FootprintTable) -> np.ndarray:
    """(N,) why a prism cannot stand, or ""."""
    reason = np.full(len(table.id), "", dtype=object)
    limit_m = LATTICE_LIMIT_MM / MM_PER_M - 1
    usable = (np.abs(table.height_m) < limit_m) & (np.abs(table.base_m) < limit_m)
    reason[~usable] = "has a height or an underside that is not a finite number of metres below 1,073 km"
    base_mm = to_lattice_mm(np.where(usable, table.base_m, 0.0), "base_m")
    roof_mm = to_lattice_mm(np.where(usable, table.height_m, 1.0), "height_m")
    for row in np.flatnonzero(usable & (base_mm >= roof_mm)):
        reason[row] = f"has its underside ({table.base_m[row]:g} m) at or above its roof ({table.height_m[row]:g} m)"
    for row in np.flatnonzero(roof_mm < 0):
        reason[row] = f"has a negative height ({table.height_m[row]:g} m)"
    return reason


def _raise_on_invalid(table, reason: np.ndarray, vanished: np.ndarray, name: Callable[[int], str]) -> None:
    bad = (reason != "") & ~vanished
    if bad.any():
        row = int(np.argmax(bad))
        raise InputError(f"{name(row)} is invalid: {reason[row]}; mend its outline, or give invalid='repair'")
    unclosed = np.isin(table.id, table.unclosed)
    if unclosed.any():
        raise InputError(
            f"{name(int(np.argmax(unclosed)))} has a ring whose last point is not its first; close it, or give "
            "invalid='repair'"
        )


def _touches(table: FootprintTable, outlines: LatticeOutlines, box_m, margin_m: float) -> np.ndarray:
    """(N,) bool: outlines of buildings of which any part touches the widened box."""
    import shapely

    west, south, east, north = box_m
    box = shapely.box(west - margin_m, south - margin_m, east + margin_m, north + margin_m)
    touches = shapely.intersects(shapely.transform(box, lambda xy_m: xy_m * MM_PER_M), outlines.polygon)
    return np.isin(table.building, table.building[outlines.row[touches]])


def _refuse_stray(table: FootprintTable, crs, source: str) -> None:
    """Raise InputError where the outlines span more than a map can, naming the farthest of them.

    Measured around their median, which a few misplaced outlines do not move.
    """
    import shapely

    corners = shapely.bounds(table.geometry)
    middle = (corners[:, :2] + corners[:, 2:]) / 2
    frame = LocalFrame.around(crs, tuple(np.tile(np.median(middle, axis=0), 2)))
    x_m, y_m = frame.from_crs(corners[:, [0, 2]], corners[:, [1, 3]], crs)
    span_m = np.array([np.ptp(x_m), np.ptp(y_m)])  # infinite or NaN beyond the projection's reach
    if (span_m <= WIDEST_MAP_M).all():
        return
    distance_m = np.nan_to_num(np.hypot(x_m, y_m), nan=np.inf).max(axis=1)
    row = int(np.argmax(distance_m))
    away = f"{distance_m[row] / 1000:,.0f} km" if np.isfinite(distance_m[row]) else "thousands of km"
    x, y = (float(value) for value in middle[row])
    raise InputError(
        f"{source}: the buildings span more than {WIDEST_MAP_M / 1000:.0f} km; {str(table.id[row])!r}, at ({x:.6g}, "
        f"{y:.6g}), lies farthest out, {away} from the middle of the others; correct it, or take part of the map with "
        "bbox="
    )


def _repeated(table: FootprintTable, outlines: LatticeOutlines) -> np.ndarray:
    """(N,) bool: rows whose outline, underside and roof equal an earlier row's on the lattice.

    Imputed roofs count as equal, since the draws of two equal outlines differ.
    """
    import shapely

    shape = [b""] * len(table.id)
    for row, polygon in zip(outlines.row, shapely.to_wkb(shapely.normalize(outlines.polygon)), strict=True):
        shape[row] += polygon
    imputed = np.char.startswith(table.height_source, "imputed")
    roof_mm = np.where(imputed, -1, to_lattice_mm(np.where(imputed, 0.0, table.height_m), "height_m"))
    keys = list(zip(shape, to_lattice_mm(table.base_m, "base_m").tolist(), roof_mm.tolist(), strict=True))
    first: dict = {}
    return np.array([first.setdefault(key, row) != row for row, key in enumerate(keys)], dtype=bool)


def _extent(geometry: np.ndarray) -> tuple[float, float, float, float]:
    import shapely

    return tuple(float(value) for value in shapely.total_bounds(geometry))


def _empty_selection(source: str, bbox, margin_m: float, frame: LocalFrame, extent) -> str:
    west, south, east, north = extent
    unit = "m"
    if frame.crs is not None:
        (west, east), (south, north) = frame.to_lonlat([west, east], [south, north])
        unit = "degrees"
    box = ", ".join(f"{float(value):.6g}" for value in bbox)
    return (
        f"{source}: no building touches the bbox ({box}) widened by {margin_m:g} m; the buildings lie in "
        f"({west:.6g}, {south:.6g}, {east:.6g}, {north:.6g}) {unit}, as west, south, east, north"
    )


def _nothing_left(source: str, refused: list[tuple[str, str]]) -> InputError:
    first = f" ({len(refused)} were refused; the first, {refused[0][0]!r}, {refused[0][1]})" if refused else ""
    return InputError(f"{source}: holds no building that can be used{first}")


def _refuse_duplicates(ids: np.ndarray, source: str) -> None:
    names, count = np.unique(ids, return_counts=True)
    if (count > 1).any():
        raise InputError(f"{source}: the id {str(names[np.argmax(count > 1)])!r} is given to more than one building")
