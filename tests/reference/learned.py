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


def path(n: int, cell_mm: int, cell) -> list:
    """Cells on the way to a cell: the nearest to the receiver first, then the nearest to the link."""
    centre = centres(n, cell_mm)
    turn = next(turn for turn in SYMMETRIES if 0 < turn(*centre[cell])[0] <= turn(*centre[cell])[1])
    vx, vy = turn(*centre[cell])
    found = []
    for other, offset in centre.items():
        ux, uy = turn(*offset)
        along, across = ux * vx + uy * vy, ux * vy - uy * vx
        if 0 < along <= vx * vx + vy * vy and 2 * abs(across) <= cell_mm * (vx + vy):
            found.append(((ux * ux + uy * uy, abs(across), across), other))
    return [other for _, other in sorted(found)]


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


def chance_to_pass(height: float, kappa: float, tau: float, rho: float) -> float:
    """Eq. (10): modified hyperbolic tangent, 1 where there is nothing, with a floor."""
    if height <= 0:
        return 1.0
    phi = (1 - math.tanh(kappa * (height - tau))) / (1 + math.tanh(kappa * tau))
    return 1 - rho * (1 - phi)


def weight(prisms, receiver, station, cell, n: int, cell_mm: int, parameters) -> float:
    """W of a station in a cell: the roofs at the middles of the cells on the way, each building once, hosts never."""
    centre = centres(n, cell_mm)
    rise = station[2] - receiver[2]
    passed = set(geometry.hosts(prisms, station))
    product_ = 1.0
    for u in path(n, cell_mm, cell):
        roof, building = roof_at(prisms, receiver[0] + centre[u][0], receiver[1] + centre[u][1])
        if roof <= receiver[2] or building in passed:
            continue
        passed.add(building)
        product_ *= chance_to_pass((roof - receiver[2]) / rise, *parameters(centre[cell], centre[u]))
    return product_


def around(prisms, receiver, stations, n: int, cell_mm: int, parameters, by_cell: bool = False):
    """Algorithm 6: (server or None, {station: (weight, distance m)}) of the stations that count."""
    square = {
        s: cell for s, station in enumerate(stations) if (cell := cell_of(n, cell_mm, receiver, station)) is not None
    }
    distance = {s: math.dist(receiver, stations[s]) / 1000 for s in square}
    order = sorted(square, key=lambda s: (sum((a - b) ** 2 for a, b in zip(receiver, stations[s], strict=True)), s))
    sees = {s: bool(geometry.line_of_sight(prisms, [receiver], [stations[s]])[0, 0]) for s in order}
    if not any(sees.values()):
        return (order[0] if order else None), {s: (0.0, distance[s]) for s in order}
    server = next(s for s in order if sees[s])
    before = order[: order.index(server)]
    out = {s: (0.0, distance[s]) for s in before} | {server: (1.0, distance[server])}
    taken = set()
    for s in order[len(before) + 1 :]:
        if by_cell and square[s] in taken:
            continue
        taken.add(square[s])
        place = centres(n, cell_mm)[square[s]]
        away = math.hypot(*place, stations[s][2] - receiver[2]) / 1000 if by_cell else distance[s]
        out[s] = (weight(prisms, receiver, stations[s], square[s], n, cell_mm, parameters), away)
    return server, out


def coverage(server, counted, power_mw, law, shapes, noise_mw, threshold_db) -> float:
    """Algorithm 7 by every state of the stations behind the server; law[state] = (gain at 1 m, exponent)."""
    if server is None:
        return 0.0
    others = [s for s in counted if s != server]

    def mean(s, state):
        gain, exponent = law[state]
        return power_mw * gain * counted[s][1] ** -exponent

    own = int(counted[server][0])
    total = 0.0
    for states in product((0, 1), repeat=len(others)):
        chance = math.prod(
            counted[s][0] if state else 1 - counted[s][0] for s, state in zip(others, states, strict=True)
        )
        if chance == 0.0:
            continue
        means = [mean(s, state) for s, state in zip(others, states, strict=True)]
        total += chance * served(
            mean(server, own), shapes[own], means, [shapes[k] for k in states], noise_mw, threshold_db
        )
    return total


def served(signal, shape, interference, shapes, noise, threshold_db) -> float:
    """P(SINR > T) for a server of shape 1 or 2: the first one or two terms of the tail, each a derivative of the
    transform L(s) = exp(-s N) prod (1 + s w / m)^-m."""
    s = shape * 10 ** (threshold_db / 10) / signal
    transform = math.exp(-s * noise) * math.prod(
        (1 + s * w / m) ** -m for w, m in zip(interference, shapes, strict=True)
    )
    slope = s * noise + sum(s * w / (1 + s * w / m) for w, m in zip(interference, shapes, strict=True))
    return transform * (1 if shape == 1 else 1 + slope)
