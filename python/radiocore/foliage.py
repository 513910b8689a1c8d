"""Areas of trees and shrubs around a site."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .frame import LocalFrame


@dataclass(frozen=True)
class FoliageReport:
    """What a reader found, mended and refused."""

    source: str = "polygons"
    attribution: str = ""
    repaired: tuple[str, ...] = ()
    """Ids whose outline was invalid and was mended by shapely's make_valid."""
    refused: tuple[tuple[str, str], ...] = ()
    """(id, reason) of every area that was left out because it cannot be used."""


@dataclass(frozen=True, eq=False, repr=False)
class Foliage:
    """F polygons of trees and shrubs, seen from above.

    Attributes
    ----------
    polygon : (F,) shapely Polygon with holes, scene metres, x east, y north
    id, kind : (F,) the area that a polygon belongs to, and its tag, as in "natural=wood"
    frame, report : the coordinate frame, and what was found and mended on reading
    """

    polygon: np.ndarray  # (F,) object
    id: np.ndarray  # (F,) str
    kind: np.ndarray  # (F,) str
    frame: LocalFrame = LocalFrame()
    report: FoliageReport = FoliageReport()

    @classmethod
    def read(cls, path: str | Path, frame: LocalFrame) -> Foliage:
        """Read woods, forests, scrub, orchards, parks and gardens from an OpenStreetMap file.

        Parameters
        ----------
        path : str or Path
            OpenStreetMap (.osm, .osm.gz, .osm.pbf). A file without any such area gives none.
        frame : LocalFrame
            The scene's, as in ``Foliage.read(path, scene.frame)``.

        Raises
        ------
        FileFormatError, InputError
            Names the file and the remedy.
        """
        from .io.foliage_osm import read_foliage

        return read_foliage(path, frame)

    def __len__(self) -> int:
        return len(self.polygon)

    def __repr__(self) -> str:
        return f"<Foliage: {len(self)} polygons>"
