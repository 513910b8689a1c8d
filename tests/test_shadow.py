"""Shadows drawn over a grid: the same bit as asking every building about every link, ties included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiocore import BaseStations, Buildings, InputError, ReceiverGrid, Scene, inside_buildings, line_of_sight
from radiocore.blockage import hosts_of, outdoors_on, trace_grid
from radiocore.links import unpacked
from reference import geometry as reference
from reference.geometry import Prism
from towns import (
    LATTICE_LIMIT_MM,
    STEPS_MM,
    as_buildings,
    as_scene,
    random_points,
    random_town,
    receivers_m,
    tied_links,
)

HOST_RULES = ("transparent", "literal")


def grid_mm(x_mm, y_mm, height_mm) -> ReceiverGrid:
    return ReceiverGrid(np.asarray(x_mm) / 1000, np.asarray(y_mm) / 1000, height_mm / 1000)


def grid_over(low_mm, high_mm, step_mm, height_mm=1500) -> ReceiverGrid:
    axis_mm = np.arange(low_mm, high_mm + 1, step_mm)
    return grid_mm(axis_mm, axis_mm, height_mm)


def traced(scene, grid, engine="shadow", **options) -> np.ndarray:
    """(S, ceil(R / 8)) bits of the grid's receivers."""
    outdoors = outdoors_on(scene.city, grid)
    return trace_grid(
        scene.city, grid, scene.base_stations.position_mm, hosts_of(scene), outdoors, engine=engine, **options
    )


def open_links(scene, grid, engine="shadow", **options) -> np.ndarray:
    """(S, ny, nx) bool"""
    return unpacked(traced(scene, grid, engine, **options), grid.size).reshape(-1, *grid.shape).astype(bool)


def check(scene, grid, engines=("index", "brute-force"), **options) -> np.ndarray:
    """The shadows' answer, held to that of other engines."""
    shadow = open_links(scene, grid, **options)
    for engine in engines:
        np.testing.assert_array_equal(shadow, open_links(scene, grid, engine, **options), err_msg=engine)
    return shadow


# --- against the moved city, in rational numbers ---


@st.composite
def tied_grids(draw, most_buildings: int = 3):
    """(prisms, stations, x_mm, y_mm, z_mm): a town of :func:`tied_links`, and a grid through one of its corners."""
    prisms, receivers, stations = draw(tied_links(most_buildings))
    corners = [corner for prism in prisms for ring in prism.rings for corner in ring]
    size = max(abs(value) for place in [*corners, *(station[:2] for station in stations)] for value in place)
    step = next(step for step, _ in STEPS_MM if 3 * step + 1 >= size)
    corner = draw(st.sampled_from(corners))
    axes_mm = []
    for middle in corner:
        one = max(1, step // draw(st.sampled_from((1, 1, 2, 3))))
        first, last = draw(st.integers(-4, 0)), draw(st.integers(0, 4))
        places = (middle + k * one for k in range(first, last + 1))
        axes_mm.append([place for place in places if abs(place) < LATTICE_LIMIT_MM])
    return prisms, stations, *axes_mm, draw(st.sampled_from(receivers))[2]


def places_of(x_mm, y_mm, z_mm) -> list[tuple[int, int, int]]:
    return [(x, y, z_mm) for y in y_mm for x in x_mm]


@pytest.mark.parametrize("host_building", HOST_RULES)
@settings(max_examples=100, deadline=None)
@given(town=tied_grids())
def test_equals_moved_city(host_building, town):
    prisms, stations, *axes_mm = town
    scene, grid, receivers = as_scene(prisms, stations, host_building), grid_mm(*axes_mm), places_of(*axes_mm)
    expected = reference.line_of_sight(prisms, receivers, stations, host_building)
    for engine in ("shadow", "auto"):
        np.testing.assert_array_equal(line_of_sight(scene, grid, engine=engine), expected, err_msg=engine)
    inside = [any(reference.holds(prism, receiver) for prism in prisms) for receiver in receivers]
    np.testing.assert_array_equal(unpacked(outdoors_on(scene.city, grid), grid.size) == 0, inside)


@settings(max_examples=150, deadline=None)
@given(tied_grids(most_buildings=4))
def test_more_building_never_adds_line_of_sight(town):
    prisms, stations, *axes_mm = town
    before = True
    for last in range(1 + max(prism.building for prism in prisms)):
        part = [prism for prism in prisms if prism.building <= last]
        after = open_links(as_scene(part, stations), grid_mm(*axes_mm))
        assert not (after & ~np.asarray(before)).any()
        before = after


# --- small scenes of many shapes on a coarse lattice ---


def box(x, y, width, depth):
    return ((x, y), (x + width, y), (x + width, y + depth), (x, y + depth))


def around(centre, radius, angle):
    """Places of the lattice at these distances from a centre."""
    plan = np.asarray(centre) + np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return tuple(map(tuple, np.rint(plan).astype(int).tolist()))


def spiral(centre, first_radius, growth, width, turns, step=0.4):
    """A thick arm that winds around its centre; its outer side faces away from there all along."""
    angle = np.arange(0.0, 2 * np.pi * turns, step)
    radius = first_radius + growth * angle / (2 * np.pi)
    return around(centre, radius + width, angle) + around(centre, radius, angle)[::-1]


def random_outline(rng, size):
    """Rings on whole numbers: boxes, holes that may touch, rings that may cross themselves, courtyards, spirals."""
    x, y = rng.integers(-size, size + 1, 2).tolist()
    width, depth = rng.integers(1, 9, 2).tolist()
    shape = rng.choice(["box", "box", "holed", "crooked", "court", "spiral"])
    if shape == "holed":
        (left, right), (low, high) = (np.sort(rng.choice(n + 1, 2, replace=False)).tolist() for n in (width, depth))
        return (box(x, y, width, depth), box(x + left, y + low, right - left, high - low))
    if shape == "crooked":
        corners = rng.integers(-5, 6, (rng.integers(3, 8), 2)) + (x, y)
        return (tuple(map(tuple, corners.tolist())),)
    if shape == "court":
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 12)))
        far = rng.uniform(7, 12, len(angle))
        return (around((x, y), far, angle), around((x, y), 0.5 * far, angle))
    if shape == "spiral":
        return (spiral((x, y), rng.uniform(1, 4), rng.uniform(4, 8), rng.uniform(1, 3), rng.uniform(0.5, 2.5)),)
    return (box(x, y, width, depth),)


def random_tied_scene(rng):
    """A town, stations and a grid of up to 20 x 20 receivers on multiples of one step, heights of a few kinds."""
    step, size = int(rng.choice([1, 7, 500, 1000])), 12
    heights_mm = [1000, 1500, 2000, 3000, 3001, 5000, 8000]
    prisms = []
    for building in range(rng.integers(1, 9)):
        rings = tuple(tuple((step * x, step * y) for x, y in ring) for ring in random_outline(rng, size))
        roof = int(rng.choice(heights_mm))
        base = int(rng.choice([500, 1499, 1500, 1501, 2999])) if rng.random() < 0.25 else 0
        prisms.append(Prism(rings, base if base < roof else 0, roof, building))
    axes = []
    for _ in range(2):
        count, pace = rng.integers(1, 21), int(rng.choice([1, 1, 2, 3]))
        axes.append(step * pace * (np.arange(count) - rng.integers(0, count)) + step * int(rng.integers(-3, 4)))
    stations = []
    for height_mm in rng.choice([*heights_mm, 1, 1499, 12_000, 40_000], 3, replace=False):
        ring = prisms[rng.integers(len(prisms))].rings[-1]
        corner, last = np.array(ring[-1]), np.array(ring[-2])
        choices = [
            step * rng.integers(-size, size + 1, 2),
            corner,
            corner + rng.integers(-3, 4, 2),
            (corner + last) // 2,
            np.mean(ring, axis=0).astype(int),
            [rng.choice(axis) for axis in axes],
            corner + rng.integers(-(10**6), 10**6 + 1, 2) * step,
        ]
        stations.append((*choices[rng.integers(len(choices))], height_mm))
    rule = HOST_RULES[rng.integers(2)]
    return as_scene(prisms, stations, rule), grid_mm(*axes, int(rng.choice([0, 1500, 1500, 2000, 3000])))


@pytest.mark.parametrize("seed", range(5))
def test_engines_agree_on_scenes_of_ties(seed):
    rng = np.random.default_rng(seed)
    seen = links = 0
    for _ in range(200):
        scene, grid = random_tied_scene(rng)
        shadow = check(scene, grid)
        seen, links = seen + shadow.sum(), links + shadow.size
        inside = inside_buildings(scene, receivers_m(grid)) >= 0
        np.testing.assert_array_equal(unpacked(outdoors_on(scene.city, grid), grid.size), ~inside)
    assert 0.1 < seen / links < 0.9


def test_links_beyond_a_distance_stay_closed():
    rng = np.random.default_rng(10)
    for _ in range(100):
        scene, grid = random_tied_scene(rng)
        step_mm = max(grid.lattice_mm[3:5])
        x_mm, y_mm = (np.rint(axis * 1000).astype(int) for axis in (grid.x_m, grid.y_m))
        antennas_mm = scene.base_stations.position_mm
        distance2 = (x_mm - antennas_mm[:, :1])[:, None, :] ** 2 + (y_mm - antennas_mm[:, 1:2])[:, :, None] ** 2
        for limit_mm in (0, step_mm, 5 * step_mm - 1, 5 * step_mm, 2**31 - 1):
            within = distance2 <= limit_mm**2
            expected = open_links(scene, grid, "brute-force") & within
            np.testing.assert_array_equal(check(scene, grid, ["index"], max_distance_mm=limit_mm), expected)


def test_all_steps_and_far_away():
    """Steps from 1 mm to 10 km, one row or column, and towns at the edge of the lattice."""
    rng = np.random.default_rng(11)
    for _ in range(60):
        scale = int(10 ** rng.uniform(0, 7))
        edge = LATTICE_LIMIT_MM - 1
        corners = rng.integers(-20, 21, (3, 4, 2)) * scale + rng.integers(-1, 2, (3, 4, 2))
        away = rng.choice([0, edge - 21 * scale - 2, 21 * scale + 2 - edge], 2)
        prisms = [
            Prism((tuple(map(tuple, (ring + away).tolist())),), 0, int(rng.integers(1, 9)) * 1000, row)
            for row, ring in enumerate(corners)
        ]
        at_corners = [(*(corners[row, 0] + away + rng.integers(-1, 2, 2)), 3000 * (row + 1)) for row in range(3)]
        stations = [*at_corners, (0, 0, 6000), (edge, -edge, edge)]
        axes = [middle + scale * np.arange(-20, 21)[:: rng.integers(1, 6)] for middle in away]
        if rng.random() < 0.3:
            single = rng.integers(2)
            axes[single] = axes[single][3:4]
        check(as_scene(prisms, stations, HOST_RULES[rng.integers(2)]), grid_mm(*axes, int(rng.integers(3)) * 1000))


# --- shapes that ask for trouble ---


def test_an_outline_of_more_walls_than_are_compared():
    """Past 4096 walls an outline counts as one that may cross itself."""
    angle = np.linspace(0, 2 * np.pi, 5000, endpoint=False)
    ring = around((0, 0), 30_000 + 8_000 * np.cos(7 * angle), angle)
    stations = [(0, 0, 15_000), (60_000, 1_000, 9_000), (60_000, 1_000, 25_000), ring[17] + (10_000,)]
    for rule in HOST_RULES:
        seen = check(as_scene([Prism((ring,), 0, 10_000, 0)], stations, rule), grid_over(-80_000, 80_000, 4_000))
        assert 0 < seen.mean() < 1


@pytest.mark.parametrize(
    "rings",
    [
        (((0, 0), (0, 0), (20, 0), (20, 20), (20, 20), (0, 20)),),  # repeated corners
        (((0, 0), (20, 0), (30, 0), (20, 0), (20, 20), (0, 20)),),  # a spike
        (((0, 0), (20, 0), (10, 0)),),  # no area
        (((0, 0), (20, 20), (20, 0), (0, 20)),),  # a figure of eight
        (((0, 0), (10, 10), (20, 0), (20, 20), (10, 10), (0, 20)),),  # touches itself at a corner
        (box(0, 0, 20, 20), ((0, 10), (10, 5), (10, 15))),  # a hole at the wall
        (box(0, 0, 20, 20), box(4, 4, 12, 12), box(6, 6, 8, 8), box(8, 8, 4, 4)),  # rings in rings
        (box(4, 4, 12, 12), box(0, 0, 20, 20), box(30, 0, 5, 5)),  # the hole first, and a part beside
        (box(0, 0, 20, 20)[::-1], box(5, 5, 10, 10)),  # turned the other way
        (box(0, 0, 20, 20), box(0, 0, 20, 20)),  # nothing is inside
    ],
)
def test_outlines_that_touch_themselves(rings):
    rings = tuple(tuple((1000 * x, 1000 * y) for x, y in ring) for ring in rings)
    places = [(0, 0), (10_000, 10_000), (10_000, 0), (5_000, 5_000), (25_000, 0), (-10_000, 10_000), (20_000, 26_000)]
    stations = [(x, y, z) for x, y in places for z in (1_500, 4_000, 5_000, 7_000)]
    for rule in HOST_RULES:
        check(as_scene([Prism(rings, 0, 5_000, 0)], stations, rule), grid_over(-10_000, 30_000, 1_000))


def test_walls_that_wind_around_the_station_more_than_once():
    """Walls of one run, which lie one behind the other: their shadows overlap."""
    arm = spiral((0, 0), 10_000, 12_000, 5_000, turns=2.6)
    stations = [(x, y, z) for x, y in ((0, 0), (1_234, -777)) for z in (9_000, 10_000, 13_000, 20_000, 40_000)]
    seen = check(as_scene([Prism((arm,), 0, 10_000, 0)], stations), grid_over(-150_000, 150_000, 3_000))
    assert 0 < seen.mean() < 1


def test_walls_end_beside_the_direction_where_sectors_meet():
    """A wall of 7 km, seen nearly end on, that ends 2 mm north of due east; the grid's middle row lies due east."""
    km = 1_000_000
    ring = (
        *((3 * km, -1), (10 * km, 2), (10 * km, km)),
        *((9 * km, km), (9 * km, 1000), (2 * km, 1000), (2 * km, -1)),
    )
    scene = as_scene([Prism((ring,), 0, 10_000, 0)], [(0, 0, 30_000)])
    seen = check(scene, grid_mm(np.arange(1, 15) * km, range(-5, 6), 0))
    assert seen[0, 5, 10:].all()


def test_blocks_beside_the_antenna():
    """Blocks of millimetres beside an antenna; their shadow's side passes through receivers far away."""
    rng = np.random.default_rng(15)
    for _ in range(150):
        x, y = rng.integers(-(10**7), 10**7, 2).tolist()
        left, low, width, depth = rng.integers(1, 4, 4).tolist()
        block = Prism((box(x + left, y + low, width, depth),), 0, 10_000, 0)
        step, far = int(rng.choice([300, 700, 1000])), int(rng.integers(1000, 5000))
        axes = [place + far * side * step + step * np.arange(-12, 13) for place, side in ((x, left), (y, low + depth))]
        seen = check(as_scene([block], [(x, y, 5_000)]), grid_mm(*axes, 1500), ["index"])
        assert 0 < seen.mean() < 1


@pytest.mark.parametrize("corner", [(0, 10**6), (0, -7), (-5000, 0)])
@pytest.mark.parametrize(
    "ends",
    [
        ((-850_639_163, -636_997_990), (27_676_610, 20_725_527)),
        ((-307_898_639, -41_069_426), (299_908_299, 40_003_625)),
        ((-606_675_112, -970_745_763), (470_159_845, 752_306_578)),
    ],
)
def test_walls_of_hundreds_of_kilometres_a_hair_beside_the_station(ends, corner):
    """A nanometre away or less: in floating point the station stands on the wall, in whole numbers beside it."""
    (ax, ay), (bx, by) = ends
    assert abs(ax * by - ay * bx) == 1
    stations = [(0, 0, z) for z in (2_000, 10_000, 10_001, 20_000)]
    for rule in HOST_RULES:
        scene = as_scene([Prism(((*ends, corner),), 0, 10_000, 0)], stations, rule)
        for step in (1, 1000, 1_000_000):
            check(scene, grid_over(-8 * step, 8 * step, step))


def test_stations_below_the_receivers():
    rng = np.random.default_rng(12)
    town = random_town(rng, 30, 150_000)
    stations = random_points(rng, 6, 150_000, 8_000, lowest_mm=1)
    assert 0 < check(as_scene(town, stations), grid_over(-70_000, 70_000, 5_000, height_mm=8_000)).mean() < 1


# --- sharing the work out ---


@pytest.fixture(scope="module")
def town():
    rng = np.random.default_rng(13)
    return as_scene(random_town(rng, 60, 200_000), random_points(rng, 9, 200_000, 50_000, lowest_mm=1))


def test_threads_do_not_matter(town):
    grid = grid_over(-99_000, 99_000, 1_500)
    one = traced(town, grid, threads=1)
    for threads in (2, 4):
        assert traced(town, grid, threads=threads).tobytes() == one.tobytes()
        assert outdoors_on(town.city, grid, threads).tobytes() == outdoors_on(town.city, grid, 1).tobytes()


@pytest.mark.parametrize(("rows", "columns"), [(1, 67), (67, 1), (7, 13), (32, 32), (64, 60)])
def test_tiles_do_not_matter(town, rows, columns):
    grid = grid_over(-99_000, 99_000, 3_000)
    whole = open_links(town, grid)
    for row in range(0, grid.shape[0], rows):
        for column in range(0, grid.shape[1], columns):
            here = np.s_[row : row + rows], np.s_[column : column + columns]
            tile = ReceiverGrid(grid.x_m[here[1]], grid.y_m[here[0]], grid.height_m)
            np.testing.assert_array_equal(open_links(town, tile), whole[:, *here])


def test_the_order_of_stations_and_buildings_does_not_matter(town):
    grid = grid_over(-99_000, 99_000, 3_000)
    number = len(town.buildings)
    turned = Scene(town.buildings.select(np.arange(number)[::-1]), town.base_stations.select(np.arange(9)[::-1]))
    np.testing.assert_array_equal(open_links(turned, grid)[::-1], open_links(town, grid))


# --- the public function ---


def test_grids_take_shadows_and_scattered_receivers_may_not(town):
    grid = grid_over(-99_000, 99_000, 3_000)
    shadow = line_of_sight(town, grid, engine="shadow")
    assert shadow.shape == (grid.size, 9) and shadow.dtype == bool
    np.testing.assert_array_equal(line_of_sight(town, grid), shadow)
    np.testing.assert_array_equal(line_of_sight(town, receivers_m(grid), engine="index"), shadow)
    with pytest.raises(InputError, match='ReceiverGrid.*engine="index"'):
        line_of_sight(town, receivers_m(grid), engine="shadow")


def test_no_buildings_and_no_stations(town):
    grid = grid_over(-10_000, 10_000, 500)
    assert open_links(as_scene([], [(0, 0, 20_000), (5000, 0, 1)]), grid).all()
    assert open_links(Scene(as_buildings([]), BaseStations([0.0], [0.0])), grid, max_distance_mm=4000).sum() == 197
    assert traced(as_scene(random_town(np.random.default_rng(1), 3, 9000), []), grid).shape == (0, 211)


# --- real towns ---

REAL_TOWNS = {
    "ubc_vancouver_buildings/ubcv_buildings.geojson.gz": {"height_column": "BLDG_HEIGHT"},
    "helsinki_osm_pbf/Helsinki.osm.pbf": {},
    "dortmund_multimno/tudo_campus_2018.osm.gz": {},
    "luxembourg_lust_polygons/lust.poly.xml.gz": {},
    "toronto_odb_footprints/toronto_west_end.geojson.gz": {},
    "toronto_odb_footprints/toronto_buildings_with_holes.geojson.gz": {},
}


@pytest.mark.parametrize("name", REAL_TOWNS)
def test_real_towns(shared_data, name):
    """1 km^2 around the corner of a building, in two resolutions; masts in streets, on roofs and on walls."""
    buildings = Buildings.read(shared_data(name), **REAL_TOWNS[name])
    rng = np.random.default_rng(14)
    corners_m = buildings.vertices_mm / 1000
    middle = corners_m[np.abs(corners_m - np.median(corners_m, axis=0)).max(axis=1).argmin()]
    near = corners_m[np.abs(corners_m - middle).max(axis=1) < 500]
    on_corners = rng.choice(near, 2)
    x_m, y_m = np.vstack([on_corners, on_corners[:1] + 0.002, middle + rng.uniform(-500, 500, (2, 2))]).T
    antennas = BaseStations(x_m, y_m, height_m=[12.0, 40.0, 25.0, 20.0, 35.0], frame=buildings.frame)
    for resolution_m, rule in ((5.0, "transparent"), (12.5, "literal")):
        offsets_m = np.arange(-500.0, 500.0, resolution_m)
        grid = ReceiverGrid(middle[0] + offsets_m, middle[1] + offsets_m)
        scene = Scene(buildings, antennas, rule)
        shadow = check(scene, grid, ["index"]).reshape(5, -1)
        assert 0.02 < shadow.mean() < 0.98
        some = rng.choice(grid.size, 400, replace=False)
        by_force = line_of_sight(scene, receivers_m(grid)[some], engine="brute-force")
        np.testing.assert_array_equal(shadow[:, some].T, by_force)
