"""The smallest enclosing circle by trying every pair and every triple, in fractions."""

from fractions import Fraction
from itertools import combinations


def smallest_circle(points) -> tuple[Fraction, Fraction, Fraction]:
    """Centre x, y and squared radius of the smallest circle around points with whole coordinates."""
    points = sorted({(Fraction(x), Fraction(y)) for x, y in points})
    if len(points) == 1:
        return (*points[0], Fraction(0))
    candidates = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, a) for a, b in combinations(points, 2)]
    for a, b, c in combinations(points, 3):
        centre = _circumcentre(a, b, c)
        if centre is not None:
            candidates.append((*centre, a))
    around = []
    for x, y, on_circle in candidates:
        squared_radius = (on_circle[0] - x) ** 2 + (on_circle[1] - y) ** 2
        if all((px - x) ** 2 + (py - y) ** 2 <= squared_radius for px, py in points):
            around.append((squared_radius, x, y))
    squared_radius, x, y = min(around)
    return x, y, squared_radius


def _circumcentre(a, b, c):
    (bx, by), (cx, cy) = ((p[0] - a[0], p[1] - a[1]) for p in (b, c))
    twice_area = bx * cy - by * cx
    if twice_area == 0:
        return None
    b2, c2 = bx * bx + by * by, cx * cx + cy * cy
    return a[0] + (cy * b2 - by * c2) / (2 * twice_area), a[1] + (bx * c2 - cx * b2) / (2 * twice_area)
