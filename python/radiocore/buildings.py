"""The city: buildings as prisms on a lattice of whole millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from .errors import InputError
from .frame import LocalFrame
from .units import MM_PER_M

DEFAULT_RAYLEIGH_SCALE_M = 15.0
"""Rayleigh scale of imputed heights where a file knows too few: ITU-R P.1410's urban example."""

FEWEST_KNOWN_HEIGHTS = 30
"""With at least this many known heights in a file, their own Rayleigh scale is used instead."""


@dataclass(frozen=True)
class BuildingReport:
    """What a reader found, mended, left out and refused; every count a user may ask about."""

    source: str = "polygons"
    format: str = ""
    attribution: str = ""
    outlines_read: int = 0
    outlines_outside: int = 0
    height_sources: dict[str, int] = field(default_factory=dict)
    """Buildings by where their height came from."""
    repaired: tuple[str, ...] = ()
    """Ids whose outline was invalid and was mended by shapely's make_valid."""
    refused: tuple[tuple[str, str], ...] = ()
    """(id, reason) of every outline that was left out because it cannot be used."""
    counts: dict[str, int] = field(default_factory=dict)
    """Further counts of the format, e.g. open structures left out, outlines replaced by parts."""
    notes: tuple[str, ...] = ()
    """What was assumed, in plain words, with what it does to the answer."""


@dataclass(frozen=True, eq=False, repr=False)
class Buildings:
    """Buildings as vertical prisms: K rings of V vertices make P prisms, which make B buildings.

    A prism is one outer ring with its holes, from ``base_mm`` up to ``roof_mm``. A building has
    one prism for each of its polygons (several for a multipolygon or for OSM building parts).
    Inside a ring is decided by even-odd crossing; rings are stored open, without a repeated end.

    Attributes
    ----------
    vertices_mm : (V, 2) corners in the frame, x east, y north
    ring_start, prism_ring_start : first vertex of each ring, first ring (the outer) of each prism
    base_mm, roof_mm : (P,) underside and top above ground
    prism_building : (P,) row of the building that a prism belongs to
    ids, height_source : (B,) name of each building, and where its height came from
    frame, report : the coordinate frame, and what was found and mended on reading
    """

    vertices_mm: np.ndarray  # (V, 2) int64, x east, y north, in the frame
    ring_start: np.ndarray  # (K + 1,) int64, first vertex of each ring
    prism_ring_start: np.ndarray  # (P + 1,) int64, first ring of each prism; that one is the outer
    base_mm: np.ndarray  # (P,) int64
    roof_mm: np.ndarray  # (P,) int64
    prism_building: np.ndarray  # (P,) int32, row of the building below
    ids: np.ndarray  # (B,) str
    height_source: np.ndarray  # (B,) str
    frame: LocalFrame = LocalFrame()
    report: BuildingReport = BuildingReport()

    @classmethod
    def from_polygons(
        cls,
        polygons: Sequence,
        height_m,
        crs=None,
        *,
        base_m=0.0,
        ids: Sequence[str] | None = None,
        invalid: str = "raise",
    ) -> Buildings:
        """Buildings from shapely polygons or multipolygons.

        Parameters
        ----------
        polygons : (B,) sequence of shapely Polygon or MultiPolygon
        height_m, base_m : float or (B,) array_like
            Roof height and underside above ground, m.
        crs : anything pyproj takes, optional
            CRS of the polygons; None means that they are in local metres already.
        ids : (B,) sequence of str, optional
            Defaults to the row number.
        invalid : {"raise", "repair"}
            What to do with self-crossing outlines.

        Raises
        ------
        InputError
            Names the building whose outline or height cannot be used.
        """
        from .io.footprints import FootprintTable, build

        try:
            polygons = list(polygons)
        except TypeError:
            raise InputError("polygons: they are not a list; give a single one as [polygon]") from None
        geometry = np.empty(len(polygons), dtype=object)
        geometry[:] = polygons
        number = len(geometry)
        name = np.array([str(i) for i in range(number)] if ids is None else [str(i) for i in ids], dtype=str)
        table = FootprintTable(
            geometry=geometry,
            id=name,
            building=name,
            height_m=_per_building(height_m, number, "height_m"),
            base_m=_per_building(base_m, number, "base_m"),
            height_source=np.full(number, "argument"),
            crs=crs,
        )
        missing = np.isnan(table.height_m)
        if missing.any():
            raise InputError(f"height_m: building {name[np.argmax(missing)]!r} has no height")
        return build(table, invalid=invalid, strict=True)

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        crs=None,
        height_column: str | None = None,
        metres_per_level: float = 3.0,
        impute: str = "rayleigh",
        rayleigh_scale_m: float | None = None,
        constant_height_m: float | None = None,
        seed: int = 0,
        invalid: str = "repair",
        open_structures: bool = False,
        bbox: tuple[float, float, float, float] | None = None,
        margin_m: float = 0.0,
    ) -> Buildings:
        """Read buildings from a map file; the format is told by its content.

        Parameters
        ----------
        path : str or Path
            OpenStreetMap (.osm, .osm.gz, .osm.pbf), GeoJSON (.gz too), SUMO polygons
            (.poly.xml, .gz too), GeoPackage, GeoParquet or shapefile.
        crs : anything pyproj takes, optional
            For files that carry none.
        height_column : str, optional
            Column (or OSM tag) that holds the height above ground, m, before all others.
        metres_per_level : float
            Storey height where only a number of levels is known.
        impute : {"rayleigh", "constant", "raise"}
            What a building without any height gets, or with one of 0. "rayleigh" draws by (seed, building id), so
            that a bounding box does not change it.
        rayleigh_scale_m, constant_height_m : float, optional
            The imputation's parameter. The Rayleigh scale defaults to the file's own (with 30
            known heights or more), else to 15 m.
        invalid : {"repair", "raise"}
            What to do with self-crossing outlines.
        open_structures : bool
            Keep building=roof, carport and the like, which do not block like a building.
        bbox : (west, south, east, north), optional
            Keep buildings that touch this box, widened by ``margin_m``: degrees where the file
            has a CRS, else metres.

        Raises
        ------
        FileFormatError, InputError
            Names the file, and the row or id, and the remedy.
        """
        from .io.footprints import read_footprints

        return read_footprints(
            path,
            crs=crs,
            height_column=height_column,
            metres_per_level=metres_per_level,
            impute=impute,
            rayleigh_scale_m=rayleigh_scale_m,
            constant_height_m=constant_height_m,
            seed=seed,
            invalid=invalid,
            open_structures=open_structures,
            bbox=bbox,
            margin_m=margin_m,
        )

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"<Buildings: {len(self)} in {self.number_of_prisms} prisms>"

    @property
    def number_of_prisms(self) -> int:
        return len(self.roof_mm)

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """(x_min, y_min, x_max, y_max) of all outlines, scene metres."""
        if len(self.vertices_mm) == 0:
            raise InputError("buildings: there are none, so they have no extent")
        low, high = self.vertices_mm.min(axis=0), self.vertices_mm.max(axis=0)
        return tuple(float(value) / MM_PER_M for value in (*low, *high))

    @cached_property
    def height_m(self) -> np.ndarray:
        """(B,) highest roof of each building, m."""
        roof_mm = np.zeros(len(self), dtype=np.int64)
        np.maximum.at(roof_mm, self.prism_building, self.roof_mm)
        return roof_mm / MM_PER_M

    @cached_property
    def prism_outlines(self) -> np.ndarray:
        """(P,) shapely polygon of each prism's outline, scene metres."""
        out = np.empty(self.number_of_prisms, dtype=object)
        out[:] = [self._prism_polygon(prism) for prism in range(self.number_of_prisms)]
        return out

    @cached_property
    def footprints(self) -> np.ndarray:
        """(B,) shapely geometry of each building's outline, scene metres (union of its prisms)."""
        import shapely

        members: list[list] = [[] for _ in range(len(self))]
        for building, polygon in zip(self.prism_building, self.prism_outlines, strict=True):
            members[building].append(polygon)
        out = np.empty(len(self), dtype=object)
        for building, parts in enumerate(members):
            if len(parts) == 1:
                out[building] = parts[0]
            else:
                out[building] = shapely.union_all([shapely.make_valid(part) for part in parts])
        return out

    @cached_property
    def area_m2(self) -> np.ndarray:
        """(B,) floor area of each building's outline, m^2; overlaps of its parts count once."""
        from . import _core

        area_m2 = np.zeros(len(self))
        prism_area_m2 = _core.prism_areas_mm2x2(self.vertices_mm, self.ring_start, self.prism_ring_start) / 2e6
        np.add.at(area_m2, self.prism_building, prism_area_m2)
        several = np.flatnonzero(np.bincount(self.prism_building, minlength=len(self)) > 1)
        if several.size:
            import shapely

            area_m2[several] = shapely.area(self.footprints[several])
        return area_m2

    def select(self, keep: np.ndarray, **report_changes) -> Buildings:
        """The buildings whose (B,) boolean is true, with the report changed as told."""
        keep = np.asarray(keep, dtype=bool)
        prisms = np.flatnonzero(keep[self.prism_building])
        rings = _ranges(self.prism_ring_start, prisms)
        vertices = _ranges(self.ring_start, rings)
        return replace(
            self,
            vertices_mm=self.vertices_mm[vertices],
            ring_start=_starts(np.diff(self.ring_start)[rings]),
            prism_ring_start=_starts(np.diff(self.prism_ring_start)[prisms]),
            base_mm=self.base_mm[prisms],
            roof_mm=self.roof_mm[prisms],
            prism_building=(np.cumsum(keep) - 1)[self.prism_building[prisms]].astype(np.int32),
            ids=self.ids[keep],
            height_source=self.height_source[keep],
            report=replace(self.report, **report_changes),
        )

    def _prism_polygon(self, prism: int):
        import shapely

        rings = []
        for ring in range(self.prism_ring_start[prism], self.prism_ring_start[prism + 1]):
            start, stop = self.ring_start[ring], self.ring_start[ring + 1]
            rings.append(self.vertices_mm[start:stop] / MM_PER_M)
        return shapely.Polygon(rings[0], rings[1:])


def rayleigh_scale_m(height_m: np.ndarray) -> float:
    """Maximum-likelihood Rayleigh scale gamma = sqrt(sum H^2 / 2n) of heights in m."""
    height_m = np.asarray(height_m, dtype=np.float64)
    return float(np.sqrt(np.sum(height_m**2) / (2 * height_m.size)))


def _per_building(value, number: int, name: str) -> np.ndarray:
    try:
        value = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name}: cannot be read as numbers of metres") from None
    if value.ndim == 0:
        return np.full(number, float(value))
    if value.shape != (number,):
        raise InputError(f"{name}: shape {value.shape} does not match the {number} polygons")
    return value.copy()


def _starts(lengths: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def _ranges(start: np.ndarray, picks: np.ndarray) -> np.ndarray:
    """Concatenated ``arange(start[i], start[i + 1])`` for each picked i."""
    lengths = (start[1:] - start[:-1])[picks]
    shift = np.repeat(start[picks] - _starts(lengths)[:-1], lengths)
    return np.arange(int(lengths.sum())) + shift


__all__ = ["BuildingReport", "Buildings", "rayleigh_scale_m"]
