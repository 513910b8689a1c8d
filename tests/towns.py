"""Towns for tests: prisms that the oracle reads, the same as radiocore's types, and hypothesis strategies."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from radiocore import BaseStations, Buildings, Scene
from radiocore.blockage import hosts_of
from radiocore.links import CarrierStations
from reference.geometry import Prism

LATTICE_LIMIT_MM = 2**30


def as_buildings(prisms: list[Prism]) -> Buildings:
    """The prisms, whose buildings are numbered 0, 1, 2, ..., vertex by vertex."""
    rings = [ring for prism in prisms for ring in prism.rings]
    number = 1 + max((prism.building for prism in prisms), default=-1)
    return Buildings(
        vertices_mm=np.array([vertex for ring in rings for vertex in ring], dtype=np.int64).reshape(-1, 2),
        ring_start=np.cumsum([0] + [len(ring) for ring in rings], dtype=np.int64),
        prism_ring_start=np.cumsum([0] + [len(prism.rings) for prism in prisms], dtype=np.int64),
        base_mm=np.array([prism.base for prism in prisms], dtype=np.int64),
        roof_mm=np.array([prism.roof for prism in prisms], dtype=np.int64),
        prism_building=np.array([prism.building for prism in prisms], dtype=np.int32),
        ids=np.array([str(row) for row in range(number)], dtype=str),
        height_source=np.full(number, "test"),
    )


def as_scene(prisms: list[Prism], stations_mm, host_building: str = "transparent") -> Scene:
    x_m, y_m, height_m = np.asarray(stations_mm).reshape(-1, 3).T / 1000
    return Scene(as_buildings(prisms), BaseStations(x_m=x_m, y_m=y_m, height_m=height_m), host_building=host_building)


def random_town(rng: np.random.Generator, buildings: int, side_mm: int) -> list[Prism]:
    """Rotated blocks, some with a courtyard, a raised base or a second, higher part; they may overlap."""
    prisms = []
    for building in range(buildings):
        centre, half = rng.uniform(-side_mm / 2, side_mm / 2, 2), rng.uniform(3e3, 2e4, 2)
        turn, roof = rng.uniform(0, np.pi), int(rng.rayleigh(15e3)) + 2000
        shape = rng.integers(5)
        rings = (_block(centre, half, turn),) + ((_block(centre, half / 2, turn)[::-1],) if shape == 1 else ())
        prisms.append(Prism(rings, int(rng.integers(roof)) if shape == 2 else 0, roof, building))
        if shape == 3:
            prisms.append(Prism((_block(centre, half / 3, turn),), roof, 2 * roof, building))
    return prisms


def random_points(rng, number: int, side_mm: int, highest_mm: int, lowest_mm: int = 0) -> np.ndarray:
    """(number, 3) int64, in the town and somewhat around it."""
    plan = rng.integers(-int(0.6 * side_mm), int(0.6 * side_mm), (number, 2))
    return np.column_stack([plan, rng.integers(lowest_mm, highest_mm, number)])


def town_scene(
    stations: int = 12, sectors: bool = False, host_building: str = "transparent", sector_load: float = 0.5
) -> Scene:
    """Raised bases, courtyards, overlaps, antennas inside and above; every third a sector, tilted or not, with load."""
    rng = np.random.default_rng(5)
    prisms = random_town(rng, buildings=40, side_mm=300_000)
    x_m, y_m, height_m = random_points(rng, stations, 300_000, 45_000, lowest_mm=3000).T / 1000
    azimuth = np.where(np.arange(stations) % 3 == 0, 40.0 * np.arange(stations) % 360, np.nan)
    tilt = np.where(np.arange(stations) % 6 == 3, 6.0, np.nan)
    load = np.where(np.isnan(azimuth), 1.0, sector_load)
    extra = {"azimuth_deg": azimuth, "downtilt_deg": tilt, "load": load} if sectors else {}
    return Scene(as_buildings(prisms), BaseStations(x_m=x_m, y_m=y_m, height_m=height_m, **extra), host_building)


def stations_of(scene: Scene) -> CarrierStations:
    """All stations of a scene as the core takes them."""
    return CarrierStations.of(scene.base_stations, hosts_of(scene), np.arange(len(scene.base_stations)))


def _block(centre, half, turn):
    corners = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * half
    cos, sin = np.cos(turn), np.sin(turn)
    return tuple((int(x), int(y)) for x, y in np.rint(centre + corners @ np.array([(cos, sin), (-sin, cos)])))


# A 7 x 7 lattice with 7 heights, on which almost everything is a tie. Steps of the plan and of the heights:
# millimetres, metres, and the whole range of coordinates.
STEPS_MM = ((1, 1), (1000, 1000), ((LATTICE_LIMIT_MM - 2) // 3, (LATTICE_LIMIT_MM - 2) // 6))


def _twice_ring_area(ring) -> int:
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in zip(ring, ring[1:] + ring[:1], strict=True))


def _box(corners):
    (x0, y0), (x1, y1) = corners
    return ((x0, y0), (x1, y0), (x1, y1), (x0, y1))


_place = st.tuples(st.integers(-3, 3), st.integers(-3, 3))
_height = st.integers(0, 6)
_crooked = st.lists(_place, min_size=3, max_size=6, unique=True).map(tuple)
_boxes = st.tuples(_place, _place).map(_box)
_outer = (_crooked | _boxes).filter(_twice_ring_area)
_hole = st.lists(_place, min_size=3, max_size=4, unique=True).map(tuple).filter(_twice_ring_area)
_rings = st.tuples(_outer) | st.tuples(_outer) | st.tuples(_outer, _hole)


@st.composite
def tied_links(draw, most_buildings: int = 3):
    """(prisms, receivers, stations): a small town, points in, on, above and around it, all on the lattice.

    At the largest step every number may have a millimetre of play, which turns ties into the nearest misses.
    """
    step, step_z = draw(st.sampled_from(STEPS_MM))
    dice = draw(st.randoms(use_true_random=False)) if step > 1000 and draw(st.booleans()) else None

    def place_mm(place):
        return tuple(step * k + (dice.randint(-1, 1) if dice else 0) for k in place)

    def height_mm(k):
        return step_z * k + (dice.randint(0, 1) if dice else 0)

    prisms = []
    for building in range(draw(st.integers(1, most_buildings))):
        for _ in range(draw(st.sampled_from((1, 1, 2)))):
            base = draw(st.sampled_from((0, 0, 1, 2, 3)))
            roof = draw(st.integers(base + 1, 6))
            rings = tuple(tuple(place_mm(place) for place in ring) for ring in draw(_rings))
            prisms.append(Prism(rings, height_mm(base), height_mm(roof), building))
    receivers = draw(st.lists(st.tuples(_place, _height), min_size=1, max_size=6))
    above_or_below = st.sampled_from([place for place, _ in receivers])  # vertical links
    antenna = st.tuples(_place | above_or_below, st.integers(1, 6))
    stations = draw(st.lists(antenna, min_size=1, max_size=4, unique=True))
    return (
        prisms,
        [(*place_mm(place), height_mm(k)) for place, k in receivers],
        sorted({(*place_mm(place), height_mm(k)) for place, k in stations}),
    )


def receivers_m(grid) -> np.ndarray:
    """(R, 3) the grid's receivers, row by row from the south-west."""
    x_m, y_m = np.meshgrid(grid.x_m, grid.y_m)
    return np.column_stack([x_m.ravel(), y_m.ravel(), np.full(x_m.size, grid.height_m)])


def link_powers_mw(scene, grid, channel) -> tuple[np.ndarray, np.ndarray]:
    """(R, S) mean received power of every link, were it in line of sight and were it not: P eta d^-alpha."""
    stations = scene.base_stations
    antennas_m = np.column_stack([stations.x_m, stations.y_m, stations.height_m])
    distance_m = np.linalg.norm(receivers_m(grid)[:, None, :] - antennas_m, axis=2)
    laws = (
        (channel.gain_at_1m_db_los, channel.path_loss_exponent_los),
        (channel.gain_at_1m_db_nlos, channel.path_loss_exponent_nlos),
    )
    return tuple(10 ** ((stations.power_dbm + gain_db) / 10) * distance_m**-exponent for gain_db, exponent in laws)


def same_bytes(first, second) -> bool:
    """Whether two maps hold the same variables, bit for bit."""
    names = set(first.dataset.data_vars)
    return names == set(second.dataset.data_vars) and all(
        first.dataset[name].values.tobytes() == second.dataset[name].values.tobytes() for name in names
    )
