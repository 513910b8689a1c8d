"""Outlines on the lattice: from shapely geometries in any CRS to clean rings of whole millimetres."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..frame import LocalFrame
from ..units import LATTICE_LIMIT_MM, MM_PER_M, to_lattice_mm


@dataclass(frozen=True)
class LatticeOutlines:
    """P polygons of N outlines, in whole millimetres of the frame, each of them valid."""

    polygon: np.ndarray  # (P,) object, shapely Polygon, mm
    row: np.ndarray  # (P,) outline of each polygon, ascending
    broken: np.ndarray  # (N,) bool, was invalid and has been mended (or has vanished)
    reason: np.ndarray  # (N,) object, shapely's words where the outline as given is invalid, else ""


def unusable_geometry(geometry: np.ndarray) -> np.ndarray:
    """(N,) str: why an outline cannot be used at all, or "" where it can be looked at further."""
    import shapely

    reason = np.full(len(geometry), "", dtype=object)
    foreign = ~shapely.is_geometry(geometry)
    reason[foreign] = "has no shapely geometry"
    geometry = np.where(foreign, None, geometry)
    reason[shapely.is_empty(geometry)] = "has an empty geometry"
    kind = shapely.get_type_id(geometry)
    polygonal = np.isin(kind, (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON))
    reason[~foreign & ~polygonal] = "is not a polygon"
    coordinates, row = shapely.get_coordinates(geometry, return_index=True)
    reason[row[~np.isfinite(coordinates).all(axis=1)]] = "has a coordinate that is not a finite number"
    return reason


def beyond_lattice(geometry: np.ndarray, frame: LocalFrame, crs) -> np.ndarray:
    """(N,) bool: outlines with a corner 1,073 km or more from the frame's origin."""
    import shapely

    coordinates, row = shapely.get_coordinates(geometry, return_index=True)
    x_m, y_m = frame.from_crs(coordinates[:, 0], coordinates[:, 1], crs)
    beyond = ~(np.maximum(np.abs(x_m), np.abs(y_m)) * MM_PER_M < LATTICE_LIMIT_MM - 0.5)
    out = np.zeros(len(geometry), dtype=bool)
    out[row[beyond]] = True
    return out


def to_lattice(geometry: np.ndarray, frame: LocalFrame, crs) -> LatticeOutlines:
    """Project, round to whole millimetres, take multipolygons apart and mend what is invalid.

    Parameters
    ----------
    geometry : (N,) ndarray of shapely Polygon or MultiPolygon, finite, in ``crs``

    Notes
    -----
    Rounding can make a thin outline cross itself, so validity is looked at before and after it.
    Mended outlines are snapped to the lattice again (shapely's set_precision keeps them valid).
    """
    import shapely

    def project(coordinates: np.ndarray) -> np.ndarray:
        xy_m = np.stack(frame.from_crs(coordinates[:, 0], coordinates[:, 1], crs), axis=1)
        return to_lattice_mm(xy_m, "buildings").astype(np.float64)

    given, row = shapely.get_parts(shapely.force_2d(geometry), return_index=True)
    invalid = ~shapely.is_valid(given)
    reason = np.full(len(geometry), "", dtype=object)
    reason[row[invalid]] = shapely.is_valid_reason(given[invalid])

    polygon = shapely.transform(given, project)
    mend = ~shapely.is_valid(polygon)
    broken = np.zeros(len(geometry), dtype=bool)
    broken[row[mend | invalid]] = True
    if mend.any():
        whole = shapely.make_valid(polygon[mend], method="structure", keep_collapsed=False)
        polygon[mend] = shapely.set_precision(whole, 1.0)
        polygon, part_of = shapely.get_parts(polygon, return_index=True)
        row = row[part_of]
        keep = (shapely.get_type_id(polygon) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(polygon)
        polygon, row = polygon[keep], row[keep]
    return LatticeOutlines(polygon, row, broken, reason)


def rings_of(polygon: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Vertices, ring starts and first rings of P lattice polygons, outer ring first.

    Returns
    -------
    vertices_mm : (V, 2) int64, open rings without repeated points
    ring_start : (K + 1,) int64
    prism_ring_start : (P + 1,) int64
    """
    import shapely

    rings, prism = shapely.get_rings(polygon, return_index=True)
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    vertices_mm = coordinates.astype(np.int64)
    # Every ring is closed here: its last point goes, and each point that equals the next one.
    keep = np.ones(len(ring), dtype=bool)
    keep[:-1] = (ring[1:] == ring[:-1]) & (vertices_mm[1:] != vertices_mm[:-1]).any(axis=1)
    keep[-1:] = False
    ring_start = np.concatenate([[0], np.cumsum(np.bincount(ring[keep], minlength=len(rings)))])
    prism_ring_start = np.concatenate([[0], np.cumsum(np.bincount(prism, minlength=len(polygon)))])
    return vertices_mm[keep], ring_start.astype(np.int64), prism_ring_start.astype(np.int64)


def outside_degrees(geometry: np.ndarray, crs) -> np.ndarray:
    """(N,) bool: outlines whose coordinates are no degrees although ``crs`` is geographic."""
    import shapely

    if not crs.is_geographic:
        return np.zeros(len(geometry), dtype=bool)
    bounds = np.abs(shapely.bounds(geometry))
    return (bounds[:, [0, 2]].max(axis=1) > 360) | (bounds[:, [1, 3]].max(axis=1) > 90)
