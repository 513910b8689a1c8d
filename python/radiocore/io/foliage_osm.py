"""Woods, scrub, parks and gardens of an OpenStreetMap file, through pyosmium."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..errors import FileFormatError, require
from ..foliage import Foliage, FoliageReport
from ..frame import LocalFrame
from ..units import MM_PER_M
from . import sniff
from .buildings_osm import ATTRIBUTION, matches
from .osm_scan import INCOMPLETE, open_osm, read_to_its_end, way_polygon
from .outlines import beyond_lattice, to_lattice

CRS = "OGC:CRS84"
KINDS = {
    "landuse": ("forest", "garden", "orchard"),
    "natural": ("wood", "scrub"),
    "leisure": ("garden", "park"),
}
"""Areas of trees and shrubs. Grass, meadows, fields and pitches are open ground to a radio link."""


def read_foliage(path: str | Path, frame: LocalFrame) -> Foliage:
    """Read foliage from an OSM file; the contract is that of :meth:`radiocore.foliage.Foliage.read`."""
    import shapely

    file = sniff.local_file(path)
    if not matches(sniff.read_head(file)):
        raise FileFormatError(
            f"{path}: is no OpenStreetMap file (.osm, .osm.gz, .osm.pbf), and foliage is read from those"
        )
    scan = _Scan(require("osmium").geom.WKBFactory())
    with read_to_its_end(file):
        scan.read(file)
    geometry = np.empty(len(scan.id), dtype=object)
    geometry[:] = scan.geometry
    ids, kind = np.array(scan.id, dtype=str), np.array(scan.kind, dtype=str)
    far = beyond_lattice(geometry, frame, CRS)
    scan.refused.update((str(name), "lies 1,073 km or more from the scene") for name in ids[far])
    outlines = to_lattice(geometry[~far], frame, CRS)
    return Foliage(
        polygon=shapely.transform(outlines.polygon, lambda xy_mm: xy_mm / MM_PER_M),
        id=ids[~far][outlines.row],
        kind=kind[~far][outlines.row],
        frame=frame,
        report=FoliageReport(
            source=str(path),
            attribution=ATTRIBUTION,
            repaired=tuple(str(name) for name in ids[~far][outlines.broken]),
            refused=tuple(scan.refused.items()),
        ),
    )


class _Scan:
    """Closed ways and multipolygon relations tagged as foliage, in the order in which the file completes them."""

    def __init__(self, writer):
        self.writer = writer
        self.id: list[str] = []
        self.kind: list[str] = []
        self.geometry: list = []
        self.refused: dict[str, str] = {}

    def read(self, path: Path) -> None:
        osmium, key_filter = require("osmium"), require("osmium.filter").KeyFilter
        objects = osmium.FileProcessor(open_osm(path)).with_areas(key_filter(*KINDS))
        for item in objects.with_filter(key_filter(*KINDS)):
            kind = next((f"{key}={item.tags[key]}" for key in KINDS if item.tags.get(key) in KINDS[key]), None)
            if kind is not None:
                self._take(item, kind)

    def _take(self, item, kind: str) -> None:
        import shapely

        if item.is_way():
            self._add(f"way/{item.id}", kind, way_polygon(item))
        elif item.is_relation() and item.tags.get("type") == "multipolygon":
            self.refused[f"relation/{item.id}"] = INCOMPLETE  # until its area comes
        elif item.is_area() and not item.from_way() and item.num_rings()[0]:
            name = f"relation/{item.orig_id()}"
            self.refused.pop(name, None)
            self._add(name, kind, shapely.from_wkb(self.writer.create_multipolygon(item)))

    def _add(self, name: str, kind: str, geometry) -> None:
        if geometry is None:
            self.refused[name] = INCOMPLETE
            return
        self.id.append(name)
        self.kind.append(kind)
        self.geometry.append(geometry)
