"""Features of links by NumPy and shapely, without overlaps and raised prisms: (buildings met, metres inside)."""

from __future__ import annotations

import numpy as np
import shapely


class ShapelyFeatures:
    """A tree of outlines, links cut off at the roofs, intersections, all in columns."""

    def __init__(self, scene):
        self.outline, self.roof_m = scene.buildings.prism_outlines, scene.buildings.roof_mm / 1000
        self.building = scene.buildings.prism_building
        self.tree = shapely.STRtree(self.outline)

    def __call__(self, transmitters_m: np.ndarray, receivers_m: np.ndarray):
        number, buildings = len(receivers_m), int(self.building.max()) + 1
        along_m = transmitters_m - receivers_m
        link, prism = self.tree.query(
            shapely.linestrings(np.stack([receivers_m, transmitters_m], axis=1)[:, :, :2]), predicate="intersects"
        )
        host, under = self.tree.query(shapely.points(transmitters_m[:, :2]), predicate="within")
        hosts = host * buildings + self.building[under]
        keep = ~np.isin(link * buildings + self.building[prism], hosts) & (receivers_m[link, 2] < self.roof_m[prism])
        link, prism = link[keep], prism[keep]
        with np.errstate(divide="ignore"):
            below = np.clip((self.roof_m[prism] - receivers_m[link, 2]) / along_m[link, 2], 0, 1)
        ends_m = np.stack([receivers_m[link], receivers_m[link] + below[:, None] * along_m[link]], axis=1)
        inside_m = shapely.length(shapely.intersection(shapely.linestrings(ends_m[:, :, :2]), self.outline[prism]))
        met = np.unique((link * buildings + self.building[prism])[inside_m > 0]) // buildings
        slope = np.linalg.norm(along_m, axis=1) / np.hypot(along_m[:, 0], along_m[:, 1])
        return np.bincount(met, minlength=number), np.bincount(link, inside_m * slope[link], minlength=number)


class LoopFeatures:
    """Link by link, every wall at once: signed shares of the crossings below the roofs."""

    def __init__(self, scene):
        town = scene.buildings
        self.scene, self.start_m = scene, town.vertices_mm / 1000
        following = np.arange(1, len(self.start_m) + 1)
        following[town.ring_start[1:] - 1] = town.ring_start[:-1]
        self.side_m = self.start_m[following] - self.start_m
        ring_prism = np.repeat(np.arange(town.number_of_prisms), np.diff(town.prism_ring_start))
        self.prism = np.repeat(ring_prism, np.diff(town.ring_start))
        self.roof_m, self.outline = town.roof_mm / 1000, town.prism_outlines
        self.building = town.prism_building
        shapely.prepare(self.outline)

    def __call__(self, transmitters_m: np.ndarray, receivers_m: np.ndarray):
        rows = [self._link(*ends) for ends in zip(transmitters_m, receivers_m, strict=True)]
        return tuple(np.array(column) for column in zip(*rows, strict=True))

    def _link(self, transmitter_m: np.ndarray, receiver_m: np.ndarray) -> tuple[int, float]:
        step_m, to_m = (transmitter_m - receiver_m)[:2], self.start_m - receiver_m[:2]
        with np.errstate(divide="ignore", invalid="ignore"):
            turn = step_m[0] * self.side_m[:, 1] - step_m[1] * self.side_m[:, 0]
            share = (to_m[:, 0] * self.side_m[:, 1] - to_m[:, 1] * self.side_m[:, 0]) / turn
            along = (to_m[:, 0] * step_m[1] - to_m[:, 1] * step_m[0]) / turn
            below = np.clip((self.roof_m - receiver_m[2]) / (transmitter_m[2] - receiver_m[2]), 0, 1)
        below = np.where(self.roof_m > receiver_m[2], below, 0)
        hit = np.flatnonzero((share >= 0) & (share <= 1) & (along >= 0) & (along <= 1))
        indoors = shapely.contains_xy(self.outline, *receiver_m[:2])
        hosts = self.building[shapely.contains_xy(self.outline, *transmitter_m[:2])]
        met, inside = set(), 0.0
        for prism in {*self.prism[hit].tolist(), *np.flatnonzero(indoors).tolist()}:
            at = np.sort(np.minimum(share[hit][self.prism[hit] == prism], below[prism]))
            at = np.append(np.insert(at, 0, 0) if indoors[prism] else at, below[prism])
            length = float((at[1::2] - at[: len(at) // 2 * 2 : 2]).sum())
            if length > 0 and self.building[prism] not in hosts:
                met.add(int(self.building[prism]))
                inside += length
        return len(met), inside * float(np.linalg.norm(transmitter_m - receiver_m))
