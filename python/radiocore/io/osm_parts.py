"""Which OSM building parts belong to which outline (Simple 3D Buildings)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

NO_OUTLINE = -1
WELL_COVERED = 0.9


def assign_parts(
    geometry: np.ndarray, is_part: np.ndarray, ids: np.ndarray, outline_of: Mapping[str, str]
) -> np.ndarray:
    """(N,) row of the outline that each part belongs to, ``NO_OUTLINE`` for outlines and stray parts.

    A type=building relation decides (``outline_of``); else the smallest outline that holds the
    part's representative point.
    """
    import shapely

    owner = np.full(len(ids), NO_OUTLINE)
    parts, outlines = np.flatnonzero(is_part), np.flatnonzero(~is_part)
    if parts.size == 0 or outlines.size == 0:
        return owner
    valid = shapely.make_valid(geometry[outlines])
    point = shapely.point_on_surface(shapely.make_valid(geometry[parts]))
    part, outline = shapely.STRtree(valid).query(point, predicate="intersects")
    area = shapely.area(valid)
    order = np.argsort(-area[outline], kind="stable")  # the smallest is written last
    owner[parts[part[order]]] = outlines[outline[order]]
    row_of = {str(ids[row]): row for row in outlines}
    for row in parts:
        owner[row] = row_of.get(outline_of.get(str(ids[row]), ""), owner[row])
    return owner


def poorly_covered(geometry: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Rows of the outlines of which their parts cover less than 90 %."""
    import shapely

    parts = np.flatnonzero(owner != NO_OUTLINE)
    parts = parts[np.argsort(owner[parts], kind="stable")]
    rows, start = np.unique(owner[parts], return_index=True)
    thin = []
    for row, members in zip(rows, np.split(parts, start[1:]), strict=False):
        outline = shapely.make_valid(geometry[row])
        covered = shapely.intersection(outline, shapely.union_all(shapely.make_valid(geometry[members])))
        if shapely.area(covered) < WELL_COVERED * shapely.area(outline):
            thin.append(row)
    return np.array(thin, dtype=np.int64)
