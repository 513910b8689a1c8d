"""The paper's learned method, slowly: grid model, weights, Algorithms 6 and 7 with fractions and dictionaries.

Cells are numbered (column, row) from the south-west, from 0; places are whole millimetres.
"""

import math
from fractions import Fraction
from itertools import product

from . import geometry


def centres(n: int, cell_mm: int) -> dict:
    """Offset of every cell's centre from the receiver, mm."""
    return {
        (i, j): ((2 * i + 1 - n) * cell_mm // 2, (2 * j + 1 - n) * cell_mm // 2) for i, j in product(range(n), repeat=2)
    }


def path(n: int, cell_mm: int, cell) -> list:
    """Cells on the way to a cell, the nearest to the receiver first."""
    centre = centres(n, cell_mm)
    vx, vy = centre[cell]
    found = []
    for other, (ux, uy) in centre.items():
        along, across = ux * vx + uy * vy, ux * vy - uy * vx
        if 0 < along <= vx * vx + vy * vy and 2 * abs(across) <= cell_mm * (abs(vx) + abs(vy)):
            found.append(((ux * ux + uy * uy, abs(across), across), other))
    return [other for _, other in sorted(found)]


SYMMETRIES = [
    lambda x, y: (x, y),
    lambda x, y: (-x, y),
    lambda x, y: (x, -y),
    lambda x, y: (-x, -y),
    lambda x, y: (y, x),
    lambda x, y: (-y, x),
    lambda x, y: (y, -x),
    lambda x, y: (-y, -x),
]


def alike(v, u) -> tuple:
    """One name for all pairs that the symmetries of the square carry into each other."""
    images = [(turn(*v), turn(*u)) for turn in SYMMETRIES]
    return min(image for image in images if 0 < image[0][0] <= image[0][1])


def cell_of(n: int, cell_mm: int, receiver, station):
    """The cell of a station around a receiver, None outside the square."""
    i, j = (math.floor(Fraction(2 * (station[k] - receiver[k]) + n * cell_mm, 2 * cell_mm)) for k in (0, 1))
    return (i, j) if 0 <= i < n and 0 <= j < n else None


def roof_at(prisms, x: int, y: int) -> tuple:
    """(roof mm, building) of the tallest prism over a point, (0, -1) where there is none."""
    over = [(prism.roof, -prism.building) for prism in prisms if geometry.contains(prism, x, y)]
    roof, building = max(over, default=(0, 1))
    return roof, -building
