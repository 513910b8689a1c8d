"""What links pass through: with rational numbers in the moved city, and in plan geometry with shapely.

Each gives for every link (buildings met, row of the building that holds the receiver or -1, metres inside
buildings, metres inside that one). Prisms, transmitters and receivers are in whole millimetres.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from . import geometry
from .geometry import Prism


def exactly(prisms: list[Prism], transmitter, receiver, host_building: str = "transparent"):
    """One link, ties included: only the last step, from shares to metres, is rounded."""
    transmitter, receiver = (tuple(int(value) for value in end) for end in (transmitter, receiver))
    spared = geometry.hosts(prisms, transmitter) if host_building == "transparent" else set()
    asked = [prism for prism in prisms if prism.building not in spared]
    met = {prism.building for prism in asked if geometry.meets(prism, receiver, transmitter)}
    (home,) = geometry.inside_buildings(prisms, [receiver])
    shares = [(prism.building, stretch) for prism in asked for stretch in _stretches(prism, receiver, transmitter)]
    length_m = float(np.linalg.norm(np.subtract(transmitter, receiver, dtype=float))) / 1000
    inside = _covered(stretch for _, stretch in shares)
    at_home = _covered(stretch for building, stretch in shares if building == home)
    return len(met), home, float(inside) * length_m, float(at_home) * length_m


def _stretches(prism: Prism, p, q) -> list[tuple[Fraction, Fraction]]:
    rise = q[2] - p[2]
    if rise == 0:
        if not prism.base <= p[2] < prism.roof:
            return []
        low, high = Fraction(0), Fraction(1)
    else:
        low, high = sorted(Fraction(level - p[2], rise) for level in (prism.base, prism.roof))
    at = sorted(geometry.crossing_shares(prism, p, q))
    if geometry.contains(prism, p[0], p[1]):
        at.insert(0, Fraction(0))
    if len(at) % 2:
        at.append(Fraction(1))
    pieces = ((max(start, low, 0), min(end, high, 1)) for start, end in zip(at[::2], at[1::2], strict=True))
    return [(start, end) for start, end in pieces if start < end]


def _covered(stretches: Iterable[tuple]):
    """Total length of the union of stretches."""
    total, reached = 0, 0
    for start, end in sorted(stretches):
        total += max(end - max(start, reached), 0)
        reached = max(reached, end)
    return total


class PlanGeometry:
    """The same of many links at once, none of them vertical, without ties."""

    def __init__(self, prisms: list[Prism]):
        import shapely

        self.outline = np.array([shapely.Polygon(prism.rings[0], prism.rings[1:]) for prism in prisms])
        self.base, self.roof, self.building = (
            np.array([getattr(prism, name) for prism in prisms]) for name in ("base", "roof", "building")
        )
        self.tree = shapely.STRtree(self.outline)

    def features(self, transmitters_mm: np.ndarray, receivers_mm: np.ndarray):
        """(N,) columns of N links: met, home, obstruction_m, penetration_m."""
        import shapely

        number = len(receivers_mm)
        along = (receivers_mm - transmitters_mm).astype(float)
        link, prism = self.tree.query(shapely.linestrings(np.stack([transmitters_mm, receivers_mm], 1)[:, :, :2]))
        start, step = transmitters_mm[link].astype(float), along[link]
        low, high = _between(start[:, 2], step[:, 2], self.base[prism], self.roof[prism])
        keep = (low < high) & ~self._is_host(transmitters_mm, link, prism)
        link, prism, start, step, low, high = (column[keep] for column in (link, prism, start, step, low, high))
        ends = start[:, None] + np.stack([low, high], 1)[:, :, None] * step[:, None]
        parts = shapely.intersection(shapely.linestrings(ends[:, :, :2]), self.outline[prism])
        pieces, of = shapely.get_parts(parts, return_index=True)
        lines = shapely.get_type_id(pieces) == 1
        points, piece = shapely.get_coordinates(pieces[lines], return_index=True)
        of = of[lines][piece]
        share = ((points - start[of, :2]) * step[of, :2]).sum(axis=1) / (step[of, :2] ** 2).sum(axis=1)
        stretches: list[list] = [[] for _ in range(number)]
        first = np.flatnonzero(np.diff(piece, prepend=-1))
        last = np.append(first[1:], len(piece)) - 1
        for a, b in zip(first.tolist(), last.tolist(), strict=True):
            row = of[a]
            stretches[link[row]].append((*sorted((share[a], share[b])), int(self.building[prism[row]])))
        home = self._homes(receivers_mm)
        length_m = np.linalg.norm(along, axis=1) / 1000
        met = np.array([len({building for *_, building in found}) for found in stretches])
        inside = np.array([_covered((a, b) for a, b, _ in found) for found in stretches])
        at_home = np.array(
            [_covered((a, b) for a, b, building in found if building == home[i]) for i, found in enumerate(stretches)]
        )
        return met, home, inside * length_m, at_home * length_m

    def _is_host(self, transmitters_mm, link, prism) -> np.ndarray:
        host = self._holding(transmitters_mm)
        return np.isin(link * len(self.outline) + self.building[prism], host[0] * len(self.outline) + host[1])

    def _holding(self, points_mm) -> tuple[np.ndarray, np.ndarray]:
        import shapely

        point, prism = self.tree.query(shapely.points(points_mm[:, :2]), predicate="within")
        return point, self.building[prism]

    def _homes(self, receivers_mm) -> np.ndarray:
        import shapely

        point, prism = self.tree.query(shapely.points(receivers_mm[:, :2]), predicate="within")
        z = receivers_mm[point, 2]
        held = (self.base[prism] <= z) & (z < self.roof[prism])
        point, prism = point[held], prism[held]
        tallest_last = np.lexsort([-self.building[prism], self.roof[prism]])
        home = np.full(len(receivers_mm), -1)
        home[point[tallest_last]] = self.building[prism[tallest_last]]
        return home


def _between(start, rise, base, roof) -> tuple[np.ndarray, np.ndarray]:
    """Shares of links between which they are above the base and below the roof."""
    with np.errstate(divide="ignore", invalid="ignore"):
        at_base, at_roof = (base - start) / rise, (roof - start) / rise
    level, among = rise == 0, (base <= start) & (start < roof)
    low = np.where(level, 0.0, np.clip(np.minimum(at_base, at_roof), 0, 1))
    return low, np.where(level, among * 1.0, np.clip(np.maximum(at_base, at_roof), 0, 1))
