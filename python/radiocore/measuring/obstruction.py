"""How far a link runs through buildings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..buildings import Buildings
from ..units import MM_PER_M


@dataclass(frozen=True, eq=False)
class Obstructions:
    """Prisms of a city with the tree that finds those near a link."""

    outline: np.ndarray  # (P,) shapely polygons
    base_m: np.ndarray  # (P,)
    roof_m: np.ndarray  # (P,)
    building: np.ndarray  # (P,) int
    tree: object

    @classmethod
    def of(cls, buildings: Buildings) -> Obstructions:
        import shapely

        outline = buildings.prism_outlines
        heights = (buildings.base_mm / MM_PER_M, buildings.roof_mm / MM_PER_M)
        return cls(outline, *heights, buildings.prism_building, shapely.STRtree(outline))

    def length_m(self, receivers_m: np.ndarray, antenna_m: np.ndarray, transparent=()) -> np.ndarray:
        """(R,) metres of each straight link that lie inside prisms; where prisms overlap each counts.

        Parameters
        ----------
        receivers_m : (R, 3)
        antenna_m : (3,)
        transparent : rows of buildings that do not count, the antenna's hosts
        """
        import shapely

        ends = np.broadcast_to(antenna_m, receivers_m.shape)
        lines = shapely.linestrings(np.stack([receivers_m[:, :2], ends[:, :2]], axis=1))
        link, prism = self.tree.query(lines, predicate="intersects")
        start, along = receivers_m[link], (ends - receivers_m)[link]
        low, high = _within(start[:, 2], along[:, 2], self.base_m[prism], self.roof_m[prism])
        keep = (high > low) & ~np.isin(self.building[prism], transparent)
        link, prism, start, along = link[keep], prism[keep], start[keep], along[keep]
        pieces = start[:, None, :] + np.stack([low[keep], high[keep]], axis=1)[:, :, None] * along[:, None, :]
        plan_m = shapely.length(shapely.intersection(shapely.linestrings(pieces[:, :, :2]), self.outline[prism]))
        slope = np.linalg.norm(along, axis=1) / np.hypot(along[:, 0], along[:, 1])
        return np.bincount(link, plan_m * slope, minlength=len(receivers_m))


def _within(start_m, rise_m, base_m, roof_m) -> tuple[np.ndarray, np.ndarray]:
    """The part [low, high] of a link, in shares of its length, that is between a base and a roof."""
    with np.errstate(divide="ignore", invalid="ignore"):
        at_base, at_roof = (base_m - start_m) / rise_m, (roof_m - start_m) / rise_m
    level = rise_m == 0
    in_range = (start_m >= base_m) & (start_m < roof_m)
    low = np.where(level, 0.0, np.clip(np.minimum(at_base, at_roof), 0.0, 1.0))
    high = np.where(level, in_range.astype(float), np.clip(np.maximum(at_base, at_roof), 0.0, 1.0))
    return low, high
