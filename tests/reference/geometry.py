"""Line of sight and point in building, exactly, in a city that really is moved.

The tie rule nudges every vertex of the city east by e and north by e^2, with e > 0 infinitesimal. Here
e = 1/E is a real number: the plan is drawn on a lattice E^2 times finer, where the city moves by (E, 1),
and everything stays a Python integer.

Why E = 2^33 is large enough. With all coordinates below 2^30 in size, the vector (dx, dy) of a link, of a
wall, or from a receiver to a vertex has |dx|, |dy| < D = 2^31. Every decision is the sign of
o - dy e + dx e^2 (or of its negative), where o is twice the area of a triangle of lattice points.
If o != 0 then |o| >= 1, and the rest is below 2 D e = 1/2. If o = 0 and dy != 0, then |dx| e^2 < D e * e < e <= |dy| e.
If o = dy = 0, the sign is that of dx for any e. So each sign is that of the limit e -> 0. A vertex at the
receiver's own y moves above it for any e.

Heights are compared at the un-nudged crossing, as a fraction.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np

E = 2**33


class Prism(NamedTuple):
    """Rings of (x, y) in whole millimetres, from base up to roof, part of a building."""

    rings: tuple[tuple[tuple[int, int], ...], ...]
    base: int
    roof: int
    building: int


def contains(prism: Prism, x: int, y: int) -> bool:
    """Whether the moved outline holds (x, y): parity of its walls east of the point, all rings."""
    x, y = _fine(x, y)
    east = 0
    for start, end in _walls(prism):
        (ax, ay), (bx, by) = _moved(*start), _moved(*end)
        if (ay > y) != (by > y):
            wall_x = ax + Fraction((y - ay) * (bx - ax), by - ay)
            assert wall_x != x
            east += wall_x > x
    return east % 2 == 1


def holds(prism: Prism, point) -> bool:
    """Whether the point (x, y, z) is inside the prism."""
    x, y, z = point
    return prism.base <= z < prism.roof and contains(prism, x, y)


def crossing_shares(prism: Prism, receiver, station) -> list[Fraction]:
    """The share of the link from the receiver on at each wall that it crosses."""
    (px, py, _), (qx, qy, _) = receiver, station
    if (px, py) == (qx, qy):
        return []
    p, q = _fine(px, py), _fine(qx, qy)
    shares = []
    for start, end in _walls(prism):
        if start == end:
            continue
        a, b = _moved(*start), _moved(*end)
        if _left(p, q, a) != _left(p, q, b) and _left(a, b, p) != _left(a, b, q):
            from_p, from_q = _twice_area(start, end, (px, py)), _twice_area(start, end, (qx, qy))
            t = Fraction(from_p, from_p - from_q)
            assert 0 <= t <= 1
            shares.append(t)
    return shares


def crossing_heights(prism: Prism, receiver, station) -> list[Fraction]:
    """The link's height at each wall that it crosses."""
    return [receiver[2] + (station[2] - receiver[2]) * t for t in crossing_shares(prism, receiver, station)]


def meets(prism: Prism, receiver, station) -> bool:
    """Whether the closed link meets the prism."""
    if holds(prism, receiver) or holds(prism, station):
        return True
    heights = crossing_heights(prism, receiver, station)
    if any(prism.base <= z < prism.roof for z in heights):
        return True
    low, high = sorted((receiver, station), key=lambda end: end[2])
    if not low[2] < prism.base <= high[2]:
        return False
    # The link rises through the plane of the underside: inside the outline or not?
    return (sum(z < prism.base for z in heights) + contains(prism, low[0], low[1])) % 2 == 1


def hosts(prisms, station) -> set[int]:
    """Buildings that have a prism whose outline contains the antenna, whatever the height."""
    return {prism.building for prism in prisms if contains(prism, station[0], station[1])}


def line_of_sight(prisms, receivers, stations, host_building="transparent") -> np.ndarray:
    """(R, S) bool by the rules in plain words: a receiver inside any prism sees nothing."""
    sees = np.zeros((len(receivers), len(stations)), dtype=bool)
    spared = [hosts(prisms, station) if host_building == "transparent" else set() for station in stations]
    for i, receiver in enumerate(receivers):
        if any(holds(prism, receiver) for prism in prisms):
            continue
        for j, station in enumerate(stations):
            walls = [prism for prism in prisms if prism.building not in spared[j]]
            sees[i, j] = not any(meets(prism, receiver, station) for prism in walls)
    return sees


def inside_buildings(prisms, points) -> list[int]:
    """Row of the building whose outline (and height, for 3-D points) holds the point, else -1."""
    rows = []
    for x, y, *z in points:
        holding = [
            (-prism.roof, prism.building)
            for prism in prisms
            if contains(prism, x, y) and (not z or prism.base <= z[0] < prism.roof)
        ]
        rows.append(min(holding)[1] if holding else -1)
    return rows


def samples_meet(prism: Prism, receiver, station, samples: int) -> bool:
    """Whether one of evenly spaced points of the link lies in the prism, in floating point.

    Knows nothing of walls, crossings or parity: it judges the rules above where there are no ties.
    """
    import shapely

    t = np.linspace(0.0, 1.0, samples)[:, None]
    x, y, z = (np.asarray(receiver, float) + (np.asarray(station, float) - np.asarray(receiver, float)) * t).T
    at_height = (prism.base <= z) & (z < prism.roof)
    outline = shapely.Polygon(prism.rings[0], prism.rings[1:])
    return bool(shapely.contains_xy(outline, x[at_height], y[at_height]).any())


def _walls(prism: Prism):
    for ring in prism.rings:
        yield from zip(ring, ring[1:] + ring[:1], strict=True)


def _fine(x: int, y: int) -> tuple[int, int]:
    return int(x) * E * E, int(y) * E * E


def _moved(x: int, y: int) -> tuple[int, int]:
    return int(x) * E * E + E, int(y) * E * E + 1


def _twice_area(a, b, c) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _left(a, b, c) -> bool:
    area = _twice_area(a, b, c)
    assert area != 0, "the moved city is in general position"
    return area > 0
