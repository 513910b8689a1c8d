"""Building outlines and parts of an OSM file, as they are tagged; pyosmium does the reading."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import FileFormatError, require
from .sniff import is_gzip, read_bytes, read_head

PBF_MAGIC = b"\n\x09OSMHeader"
INCOMPLETE = "does not close, or has nodes or members that are not in this extract"
KEYS = ("building", "building:part")


def is_pbf(head: bytes) -> bool:
    """Whether a file starts with the header blob of the PBF format (after its 4-byte length)."""
    return head[4 : 4 + len(PBF_MAGIC)] == PBF_MAGIC


def open_osm(path: Path):
    """The file as pyosmium takes it: PBF, XML or gzipped XML, told by its content."""
    osmium = require("osmium")
    if is_pbf(read_head(path)):
        return osmium.io.File(str(path), "pbf")
    if is_gzip(path):
        return osmium.io.FileBuffer(read_bytes(path), "osm")
    return osmium.io.File(str(path), "osm")


@contextmanager
def read_to_its_end(path: Path) -> Iterator[None]:
    """What pyosmium raises in the block, as FileFormatError."""
    osmium = require("osmium")
    try:
        yield
    except FileFormatError:
        raise
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise FileFormatError(f"{path}: cannot be read to its end ({error}); is the download complete?") from None


@dataclass
class OsmBuildings:
    """N outlines and parts, in the order in which the file completes them."""

    id: list[str] = field(default_factory=list)
    """"way/123" or "relation/45"."""
    geometry: list = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    """Those that were asked for."""
    keys: set[str] = field(default_factory=set)
    """Every key seen on a building."""
    outline_of: dict[str, str] = field(default_factory=dict)
    """Part to outline, by type=building relations."""
    refused: dict[str, str] = field(default_factory=dict)
    """id to reason."""
    repeated: int = 0
    """Closed outer ways with the tag that their relation has too: one building, tagged twice."""
    underground: int = 0


def scan_buildings(path: Path, wanted_keys: frozenset[str]) -> OsmBuildings:
    """Every way and multipolygon relation tagged building or building:part, other than "no".

    Raises
    ------
    FileFormatError
        The file cannot be read to its end.
    """
    osmium = require("osmium")
    key_filter = require("osmium.filter").KeyFilter
    scan = _Scan(wanted_keys, osmium.geom.WKBFactory())
    with read_to_its_end(path):
        objects = osmium.FileProcessor(open_osm(path)).with_areas(key_filter(*KEYS))
        for item in objects.with_filter(key_filter(*KEYS, "type")):
            scan.take(item)
    return scan.finish()


class _Scan:
    def __init__(self, wanted_keys: frozenset[str], writer):
        self.wanted_keys = wanted_keys
        self.writer = writer
        self.found = OsmBuildings()
        self.outer_ways: dict[str, list[str]] = {}

    def take(self, item) -> None:
        tags = item.tags
        if item.is_relation() and tags.get("type") == "building":
            self._link_parts(item)
        elif item.is_node() or all(tags.get(key, "no") == "no" for key in KEYS):
            return
        elif tags.get("location") == "underground":
            self.found.underground += not item.is_area()
        elif item.is_way():
            self._add(f"way/{item.id}", way_polygon(item), tags)
        elif item.is_relation() and tags.get("type") == "multipolygon":
            name = f"relation/{item.id}"
            self.outer_ways[name] = [f"way/{m.ref}" for m in item.members if m.type == "w" and m.role != "inner"]
            self.found.refused[name] = INCOMPLETE  # until its area comes
        elif item.is_area() and not item.from_way() and item.num_rings()[0]:
            self._add(f"relation/{item.orig_id()}", self.writer.create_multipolygon(item), tags)

    def finish(self) -> OsmBuildings:
        import shapely

        found = self.found
        tags_of = dict(zip(found.id, found.tags, strict=True))
        repeated = set()
        for relation, ways in self.outer_ways.items():
            if relation in tags_of:
                found.refused.pop(relation, None)
                keys = _kinds(tags_of[relation])
                repeated.update(way for way in ways if _kinds(tags_of.get(way, {})) & keys)
                for way in ways:
                    found.refused.pop(way, None)
        keep = [row for row, name in enumerate(found.id) if name not in repeated]
        found.repeated = len(found.id) - len(keep)
        found.id = [found.id[row] for row in keep]
        found.tags = [found.tags[row] for row in keep]
        found.geometry = [found.geometry[row] for row in keep]
        found.geometry = [shapely.from_wkb(item) if isinstance(item, str) else item for item in found.geometry]
        return found

    def _add(self, name: str, geometry, tags) -> None:
        if geometry is None:
            self.found.refused[name] = INCOMPLETE
            return
        self.found.keys.update(tag.k for tag in tags)
        self.found.id.append(name)
        self.found.geometry.append(geometry)
        self.found.tags.append({tag.k: tag.v for tag in tags if tag.k in self.wanted_keys})

    def _link_parts(self, relation) -> None:
        kinds = {"w": "way", "r": "relation"}
        members = [(m.role, f"{kinds[m.type]}/{m.ref}") for m in relation.members if m.type in kinds]
        outlines = [name for role, name in members if role == "outline"]
        if len(outlines) == 1:
            self.found.outline_of.update({name: outlines[0] for role, name in members if role == "part"})


def way_polygon(way):
    """The polygon of a closed way, crossing itself or not; None where it does not close."""
    import shapely

    if len(way.nodes) < 4 or not way.is_closed() or not all(node.location.valid() for node in way.nodes):
        return None
    return shapely.Polygon([(node.lon, node.lat) for node in way.nodes])


def _kinds(tags: dict[str, str]) -> set[str]:
    return {key for key in KEYS if tags.get(key, "no") != "no"}
