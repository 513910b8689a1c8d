"""OpenStreetMap, XML (plain or gzip) and PBF, through pyosmium."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import FileFormatError
from .footprint_table import BuildingFormat, FootprintTable, ReadOptions, notes_on, without_open_structures
from .heights import KNOWN_NAMES, heights_of, relevant_names
from .osm_parts import NO_OUTLINE, assign_parts, poorly_covered
from .osm_scan import is_pbf, scan_buildings
from .sniff import xml_root_name

ATTRIBUTION = "(c) OpenStreetMap contributors, ODbL 1.0"
IDS_IN_A_NOTE = 10


def matches(head: bytes) -> bool:
    return is_pbf(head) or xml_root_name(head) == "osm"


def read(path: Path, options: ReadOptions) -> FootprintTable:
    """Read outlines and parts; an outline with parts is replaced by them."""
    found = scan_buildings(path, KNOWN_NAMES | {"building:part", options.height_column or "height"})
    number = len(found.id)
    if number == 0:
        raise FileFormatError(
            f"{path}: holds no closed outline tagged building or building:part, so no buildings "
            f"({len(found.refused)} are incomplete)"
        )
    ids = np.array(found.id, dtype=str)
    geometry = np.empty(number, dtype=object)
    geometry[:] = found.geometry
    names = relevant_names(sorted(found.keys), options.height_column, path)
    heights = heights_of(
        {name: [tags.get(name) for tags in found.tags] for name in names},
        ids,
        height_column=options.height_column,
        metres_per_level=options.metres_per_level,
        path=path,
        unreadable_is_missing=True,
    )

    is_outline = np.array([tags.get("building", "no") != "no" for tags in found.tags])
    is_part = ~is_outline | np.isin(ids, list(found.outline_of))
    kind = np.array(
        [
            tags["building:part" if "building:part" in tags and part else "building"]
            for part, tags in zip(is_part, found.tags, strict=True)
        ]
    )

    row = np.arange(number)
    owner = assign_parts(geometry, is_part, ids, found.outline_of)
    owned = owner != NO_OUTLINE
    replaced = np.isin(row, owner[owned])
    # A part without a height, or without a kind, takes that of its outline.
    height_row = np.where(owned & np.isnan(heights.height_m), owner, row)
    kind_row = np.where(owned & (kind == "yes"), owner, row)
    counts = {
        "building parts": int(is_part.sum()),
        "outlines replaced by their parts": int(replaced.sum()),
        "outlines that a relation repeats": found.repeated,
        "underground structures left out": found.underground,
    }
    table = FootprintTable(
        geometry=geometry,
        id=ids,
        building=ids[np.where(owned, owner, row)],
        height_m=heights.height_m[height_row],
        base_m=heights.base_m,
        height_source=heights.source[height_row],
        crs="OGC:CRS84",
        attribution=ATTRIBUTION,
        counts={reason: count for reason, count in counts.items() if count},
        refused=tuple(found.refused.items()),
        notes=notes_on(heights) + _coverage_note(ids[poorly_covered(geometry, owner)]),
        outlines_read=number + found.repeated + len(found.refused),
    )
    return without_open_structures(table.select(~replaced), kind[kind_row][~replaced], options)


def _coverage_note(ids: np.ndarray) -> tuple[str, ...]:
    if ids.size == 0:
        return ()
    first = ", ".join(ids[:IDS_IN_A_NOTE])
    return (
        f"outlines replaced by parts that cover less than 90 % of them: {ids.size}; the rest of them is open ground "
        f"on this map (first: {first}).",
    )


FORMAT = BuildingFormat("OpenStreetMap", (".osm", ".osm.gz", ".osm.pbf"), matches, read)
