"""Made-up cities with the building statistics of ITU-R P.1410, for trials without any data.

The plan is cut from the square as towns are: avenues part districts, streets part blocks, blocks are shared out into
lots, and each lot carries one building. Three numbers are met whatever the seed: the built-up share alpha, the number
of buildings per km^2 beta, and the Rayleigh scale of their heights gamma.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np

from .buildings import Buildings, rayleigh_scale_m
from .errors import InputError, nearest_name
from .network import BaseStations
from .scene import Scene
from .units import MM_PER_M, to_lattice_mm

ENVIRONMENTS: dict[str, tuple[float, float, float]] = {
    "suburban": (0.1, 750.0, 8.0),
    "urban": (0.3, 500.0, 15.0),
    "dense-urban": (0.5, 300.0, 20.0),
    "high-rise": (0.5, 300.0, 50.0),
}
"""alpha, beta in buildings per km^2 and gamma in m of each environment (ITU-R P.1410, as in the A2G literature)."""

STATION_HEIGHT_M = 20.0
STATION_POWER_DBM = 30.0

SMALLEST_SIDE_M = 100.0
LARGEST_ALPHA = 0.65
SMALLEST_FOOTPRINT_M2 = 10.0
MOST_BUILDINGS = 1_000_000
MOST_STATIONS_PER_KM2 = 10_000.0

DISTRICT_LOTS = 60
BLOCK_LOTS = 8

# One random stream for each purpose, so that none shifts another.
_PLAN, _SHAPES, _HEIGHTS, _STATIONS = range(4)


def synthetic_scene(environment: str, *, side_m: float, stations_per_km2: float, seed: int) -> Scene:
    """A square city of a named environment with stations outdoors, in metres from its south-west corner.

    Parameters
    ----------
    environment : {"suburban", "urban", "dense-urban", "high-rise"}
    side_m : float
        Side of the square, at least 100 m.
    stations_per_km2 : float
        Density of stations: 20 m high, 30 dBm, uniform over the ground outdoors, at least one.
    seed : int
        The same arguments give the same arrays.

    Raises
    ------
    InputError
        The environment is unknown (the nearest is named), or a number is out of range.
    """
    if environment not in ENVIRONMENTS:
        hint = nearest_name(environment, ENVIRONMENTS)
        raise InputError(f"environment: {environment!r} is not one of {tuple(ENVIRONMENTS)}{hint}")
    _check_range("stations_per_km2", stations_per_km2, 0.0, MOST_STATIONS_PER_KM2)
    alpha, beta_per_km2, gamma_m = ENVIRONMENTS[environment]
    buildings = synthetic_city(alpha, beta_per_km2, gamma_m, side_m=side_m, seed=seed)
    number = max(1, round(stations_per_km2 * side_m**2 / 1e6))
    position_m = _outdoor_points(buildings, side_m, number, _generator(seed, _STATIONS))
    base_stations = BaseStations(
        x_m=position_m[:, 0],
        y_m=position_m[:, 1],
        height_m=STATION_HEIGHT_M,
        power_dbm=STATION_POWER_DBM,
        id=[f"synthetic-{row:04d}" for row in range(1, number + 1)],
    )
    side_m = float(side_m)
    return Scene(buildings, base_stations, receiver_bounds_m=(0.0, 0.0, side_m, side_m))


def synthetic_city(alpha: float, beta_per_km2: float, gamma_m: float, *, side_m: float, seed: int) -> Buildings:
    """Buildings on a square of ``side_m`` with the three statistics of ITU-R P.1410.

    Parameters
    ----------
    alpha : float in (0, 0.65]
        Share of the ground that is built on; met to the rounding of the lattice.
    beta_per_km2 : float
        Buildings per km^2; their number is ``round(beta * area)``.
    gamma_m : float
        Rayleigh scale of the heights, sqrt(sum H^2 / 2n), m; met to the rounding of the lattice. Heights are
        stratified Rayleigh quantiles, independent of place and outline; the lowest are sheds.
    side_m : float
        Side of the square, at least 100 m.
    seed : int
        The same arguments give the same arrays.

    Returns
    -------
    Buildings
        Rectangles, L, T and U shapes, courtyards, ovals and rounded ends in rotated blocks, without a CRS. No two
        touch, and all lie inside the square from (0, 0) to (side_m, side_m).

    Raises
    ------
    InputError
        A number is out of range, or so many buildings do not fit.
    """
    number = _number_of_buildings(alpha, beta_per_km2, gamma_m, side_m)
    pitch_m = side_m / math.sqrt(number)
    # The denser the town, the narrower its streets and yards, and the fewer its greens.
    openness = 1.0 - alpha
    street_m = min(0.35 * pitch_m * openness, 16.0)
    yard_m = min(0.04 * pitch_m * openness, 4.0)
    greens = round(0.06 * number * (1.0 - alpha / LARGEST_ALPHA))
    lots = _plan_lots(side_m, number + greens, street_m, _generator(seed, _PLAN))
    lots = _leave_green(lots, greens, _generator(seed, _PLAN, 1))
    footprints = _footprints(lots, alpha * side_m**2, yard_m, openness, _generator(seed, _SHAPES))
    height_m = _rayleigh_heights(number, gamma_m, _generator(seed, _HEIGHTS))
    return Buildings.from_polygons(footprints, height_m)


@dataclass(frozen=True)
class _Lot:
    ring: list[complex]  # convex, counter-clockwise
    angle_rad: float  # of its streets
    block: int


def _plan_lots(side_m: float, number: int, street_m: float, rng: np.random.Generator) -> list[_Lot]:
    """Cut the square into ``number`` convex lots of like area, with streets between the blocks.

    A region of n lots is cut across its longer side into regions of k and n - k lots, in that ratio of areas. Avenues
    turn a little at each cut, so each district has streets of its own direction; inside a block a cut leaves no street.
    """
    lots: list[_Lot] = []
    blocks = 0
    square = [0j, side_m + 0j, side_m + side_m * 1j, side_m * 1j]
    pending = [(square, number, rng.uniform(0.0, 0.5 * math.pi), -1)]
    while pending:
        ring, count, angle_rad, block = pending.pop()
        if block < 0 and count <= BLOCK_LOTS:
            block, blocks = blocks, blocks + 1
        if count == 1:
            lots.append(_Lot(ring, angle_rad, block))
            continue
        first, gap_m = count // 2, 0.0
        if block < 0:
            first, gap_m = round(count * rng.uniform(0.4, 0.6)), street_m
        if count > DISTRICT_LOTS:
            gap_m *= 1.8
            angle_rad += rng.normal(0.0, 0.25)
        axis = cmath.rect(1.0, angle_rad)
        axis = max(axis, axis * 1j, key=lambda unit: _extent(ring, unit))
        offset_m = _offset_of_share(ring, axis, first / count)
        pending.append((_clip(ring, axis, offset_m - 0.5 * gap_m), first, angle_rad, block))
        pending.append((_clip(ring, -axis, -offset_m - 0.5 * gap_m), count - first, angle_rad, block))
    return lots


def _leave_green(lots: list[_Lot], greens: int, rng: np.random.Generator) -> list[_Lot]:
    """The lots without ``greens`` of them, taken block by block so that they make parks and squares."""
    rank = rng.permutation(1 + max(lot.block for lot in lots))
    order = sorted(range(len(lots)), key=lambda row: rank[lots[row].block])
    return [lots[row] for row in sorted(order[greens:])]


def _dot(point: complex, unit: complex) -> float:
    return point.real * unit.real + point.imag * unit.imag


def _extent(ring: list[complex], unit: complex) -> float:
    along = [_dot(point, unit) for point in ring]
    return max(along) - min(along)


def _ring_area(ring: list[complex]) -> float:
    return 0.5 * sum((a.conjugate() * b).imag for a, b in zip(ring, ring[1:] + ring[:1], strict=True))


def _clip(ring: list[complex], unit: complex, offset: float) -> list[complex]:
    """The part of a convex ring where <point, unit> <= offset."""
    beyond = [_dot(point, unit) - offset for point in ring]
    kept = []
    for row, point in enumerate(ring):
        here, there = beyond[row - 1], beyond[row]
        if here * there < 0.0:
            kept.append(ring[row - 1] + (point - ring[row - 1]) * (here / (here - there)))
        if there <= 0.0:
            kept.append(point)
    return kept


def _offset_of_share(ring: list[complex], unit: complex, share: float) -> float:
    """Where a cut across ``unit`` leaves this share of the ring's area below it, by bisection."""
    along = [_dot(point, unit) for point in ring]
    low, high = min(along), max(along)
    wanted = share * _ring_area(ring)
    for _ in range(14):
        middle = 0.5 * (low + high)
        if _ring_area(_clip(ring, unit, middle)) < wanted:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


def _footprints(
    lots: list[_Lot], built_m2: float, yard_m: float, openness: float, rng: np.random.Generator
) -> np.ndarray:
    """(B,) polygons, one in each lot at least ``yard_m`` from its border, of ``built_m2`` in all."""
    import shapely

    number = len(lots)
    lot = shapely.polygons([shapely.linearrings(_xy(np.array(lot.ring))) for lot in lots])
    centre = _complex(shapely.get_coordinates(shapely.centroid(lot)))
    turn = np.exp(1j * (np.array([lot.angle_rad for lot in lots]) + 0.08 * openness**2 * rng.standard_normal(number)))
    stretch = np.exp(0.3 * openness**2 * rng.standard_normal(number))
    half_m, shrink = _largest_boxes(lots, centre, turn, stretch, yard_m)
    shape, court = _unit_shapes(built_m2 / number, openness, number, rng)
    whole = _with_courts(_scaled(lot, centre, shrink), centre, court)

    # Lots that a box fills badly, such as wedges, are built on in their own shape: the more, the denser the town.
    box_m2 = half_m.prod(axis=1)
    fit = 4.0 * box_m2 / (shrink**2 * shapely.area(lot))
    for threshold in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1):
        wedge = fit < threshold
        largest_m2 = np.where(wedge, shapely.area(whole), shapely.area(shape) * box_m2)
        if largest_m2.sum() > 1.05 * built_m2:
            break
    else:
        raise InputError(f"alpha: {built_m2:g} m^2 of buildings do not fit on {number} lots; give a smaller alpha")
    size = np.exp(0.4 * rng.standard_normal(number))
    scale = np.sqrt(_shared_out(built_m2, size, largest_m2) / largest_m2)

    # Buildings shrink towards a point of their box near the street, away from the middle of the block.
    block = np.array([lot.block for lot in lots])
    middle = (np.bincount(block, centre.real) + 1j * np.bincount(block, centre.imag))[block] / np.bincount(block)[block]
    outward = _xy((centre - middle) * turn.conj()) / half_m
    front_m = (np.clip(outward, -0.85, 0.85) + rng.uniform(-0.1, 0.1, (number, 2))) * half_m
    point, row = shapely.get_coordinates(shape, return_index=True)
    point_m = front_m[row] + scale[row, np.newaxis] * (point * half_m[row] - front_m[row])
    placed = shapely.set_coordinates(shape, _xy(centre[row] + _complex(point_m) * turn[row]))
    return np.where(wedge, _scaled(whole, centre, scale), placed)


def _largest_boxes(
    lots: list[_Lot], centre: np.ndarray, turn: np.ndarray, stretch: np.ndarray, yard_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """(B, 2) half sides of the largest box about each lot's centre, and (B,) how far the lot itself shrinks to fit.

    Both keep ``yard_m`` from the lot's border (less in a narrow lot). The box has the direction ``turn`` and the
    proportions of the lot, drawn out by ``stretch``.
    """
    length = np.array([len(lot.ring) for lot in lots])
    start = np.cumsum(length) - length
    owner = np.repeat(np.arange(len(lots)), length)
    corner = np.concatenate([lot.ring for lot in lots]) - centre[owner]
    following = np.arange(len(corner)) + 1
    following[start + length - 1] = start
    normal = -1j * (corner[following] - corner)
    normal /= np.abs(normal)
    edge_m = (corner * normal.conj()).real
    nearest_m = np.minimum.reduceat(edge_m, start)
    yard_m = np.minimum(yard_m, 0.2 * nearest_m)

    local = _xy(corner * turn.conj()[owner])
    half_m = np.maximum.reduceat(local, start) - np.minimum.reduceat(local, start)
    half_m *= np.stack([stretch, 1.0 / stretch], axis=1)
    half_m = np.minimum(half_m, 2.2 * half_m[:, ::-1])
    reach_m = (np.abs(_xy(normal * turn.conj()[owner])) * half_m[owner]).sum(axis=1)
    half_m *= np.minimum.reduceat((edge_m - yard_m[owner]) / reach_m, start)[:, np.newaxis]
    return half_m, 1.0 - yard_m / nearest_m


def _unit_shapes(
    mean_m2: float, openness: float, number: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(B,) polygons that span the square from -1 to 1, and (B,) the side of their court to theirs, 0 where it has none.

    Small houses are plainer than large ones, and seldom have a court.
    """
    import shapely

    a, b = rng.uniform(0.0, 1.0, (2, number))
    one, w, v, u = np.ones(number), 0.25 + 0.3 * a, 0.5 * b, 0.5 * b - 0.2
    round_end = np.linspace(-0.5 * np.pi, 0.5 * np.pi, 13)
    outlines = {
        "rectangle": [(-one, -one), (one, -one), (one, one), (-one, one)],
        "L": [(-one, -one), (one, -one), (one, v), (w - 0.3, v), (w - 0.3, one), (-one, one)],
        "T": [(-one, -one), (one, -one), (one, u), (w, u), (w, one), (-w, one), (-w, u), (-one, u)],
        "U": [(-one, -one), (one, -one), (one, one), (w, one), (w, u), (-w, u), (-w, one), (-one, one)],
        "round end": [(-one, one), (-one, -one)] + [(w + (1 - w) * math.cos(t), one * math.sin(t)) for t in round_end],
        "oval": [(one * math.cos(t), one * math.sin(t)) for t in np.linspace(0.0, 2.0 * np.pi, 32, endpoint=False)],
    }
    variety = min(1.0, max(0.25, mean_m2 / 800.0))
    share = {"L": 0.2, "T": 0.06 * variety, "U": 0.08 * variety, "round end": 0.05 * variety, "oval": 0.03 * variety}
    share["rectangle"] = 1.0 - sum(share.values())
    kind = rng.choice(len(outlines), size=number, p=[share[name] for name in outlines])
    court = np.where(rng.uniform(0.0, 1.0, number) < 0.15 * variety, (0.4 + 0.3 * b) * math.sqrt(openness), 0.0)
    kind[court > 0.0] = 0
    shape = np.empty(number, dtype=object)
    for index, corners in enumerate(outlines.values()):
        rows = np.flatnonzero(kind == index)
        shape[rows] = shapely.polygons(np.moveaxis(np.array(corners), 2, 0)[rows])
    quarter = 1j ** rng.integers(0, 4, number)
    point, row = shapely.get_coordinates(shape, return_index=True)
    shape = shapely.set_coordinates(shape, _xy(_complex(point) * quarter[row]))
    return _with_courts(shape, np.zeros(number, dtype=complex), court), court


def _with_courts(polygon: np.ndarray, centre: np.ndarray, court: np.ndarray) -> np.ndarray:
    """The polygons, with a copy of the outline cut out where ``court``, its scale, is positive."""
    import shapely

    polygon = polygon.copy()
    rows = np.flatnonzero(court > 0.0)
    hole = shapely.get_exterior_ring(_scaled(polygon[rows], centre[rows], court[rows]))
    shell = shapely.get_exterior_ring(polygon[rows])
    polygon[rows] = shapely.polygons(shell, holes=hole[:, np.newaxis])
    return polygon


def _scaled(polygon: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    import shapely

    point, row = shapely.get_coordinates(polygon, return_index=True)
    point = centre[row] + scale[row] * (_complex(point) - centre[row])
    return shapely.set_coordinates(polygon.copy(), _xy(point))


def _shared_out(total: float, weight: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Shares of a total in proportion to the weights, none above its ``most``."""
    order = np.argsort(most / weight)
    full_before = np.concatenate([[0.0], np.cumsum(most[order])[:-1]])
    weight_after = np.cumsum(weight[order][::-1])[::-1]
    factor = (total - full_before) / weight_after
    # The first shares that reach their most are those at the head of the order.
    head = np.argmax(factor * weight[order] <= most[order])
    return np.minimum(factor[head] * weight, most)


def _rayleigh_heights(number: int, gamma_m: float, rng: np.random.Generator) -> np.ndarray:
    """(B,) Rayleigh heights, one from each of B equally likely strata, in random order."""
    upper = (np.arange(number) + rng.uniform(0.25, 0.75, number)) / number
    height_m = rng.permutation(gamma_m * np.sqrt(-2.0 * np.log1p(-upper)))
    return height_m * (gamma_m / rayleigh_scale_m(height_m))


def _outdoor_points(buildings: Buildings, side_m: float, number: int, rng: np.random.Generator) -> np.ndarray:
    """(number, 2) points on the lattice, uniform over the square outside every outline."""
    import shapely

    tree = shapely.STRtree(buildings.footprints)
    found = np.empty((0, 2))
    while len(found) < number:
        point_m = to_lattice_mm(rng.uniform(0.0, side_m, (2 * number + 16, 2)), "stations") / MM_PER_M
        indoors = tree.query(shapely.points(point_m), predicate="intersects")[0]
        found = np.concatenate([found, np.delete(point_m, indoors, axis=0)])
    return found[:number]


def _number_of_buildings(alpha: float, beta_per_km2: float, gamma_m: float, side_m: float) -> int:
    _check_range("side_m", side_m, SMALLEST_SIDE_M, math.inf)
    _check_range("alpha", alpha, 0.0, LARGEST_ALPHA)
    _check_range("beta_per_km2", beta_per_km2, 0.0, alpha * 1e6 / SMALLEST_FOOTPRINT_M2)
    _check_range("gamma_m", gamma_m, 1.0, 1000.0)
    number = beta_per_km2 * side_m**2 / 1e6
    if not 0.5 <= number <= MOST_BUILDINGS:
        raise InputError(
            f"side_m: {number:.3g} buildings on a square of {side_m:g} m; at least one and at most "
            f"{MOST_BUILDINGS:,} are made: change side_m or beta_per_km2"
        )
    return max(1, round(number))


def _check_range(name: str, value: float, low: float, high: float) -> None:
    """Refuse what is not a finite number in [low, high]; a low of zero is itself refused."""
    if not (isinstance(value, int | float | np.number) and math.isfinite(value) and max(low, 5e-324) <= value <= high):
        wanted = f"above 0 and at most {high:g}" if low == 0.0 else f"from {low:g} to {high:g}"
        raise InputError(f"{name}: {value!r} must be a finite number {wanted}")


def _generator(seed: int, *purpose: int) -> np.random.Generator:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InputError(f"seed: {seed!r} must be a whole number, zero or more")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(int(seed), spawn_key=purpose)))


def _complex(point: np.ndarray) -> np.ndarray:
    return point[:, 0] + 1j * point[:, 1]


def _xy(point: np.ndarray) -> np.ndarray:
    return np.stack([point.real, point.imag], axis=1)
