"""Line of sight: both engines against the moved city, against each other, and against plain sense."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiocore import BaseStations, InputError, ReceiverGrid, Scene, _core, line_of_sight
from radiocore.blockage import hosts_of, trace
from radiocore.links import unpacked
from reference import geometry as reference
from reference.geometry import Prism
from towns import LATTICE_LIMIT_MM, as_scene, random_points, random_town, tied_links

ENGINES = ("brute-force", "index")
BLOCK = (((10, 0), (20, 0), (20, 10), (10, 10)),)


def sees(scene, receivers_mm, engine):
    return line_of_sight(scene, np.asarray(receivers_mm) / 1000, engine=engine)


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
@settings(max_examples=400, deadline=None)
@given(links=tied_links())
def test_engines_equal_moved_city(host_building, links):
    prisms, receivers, stations = links
    scene = as_scene(prisms, stations, host_building)
    expected = reference.line_of_sight(prisms, receivers, stations, host_building)
    for engine in ENGINES:
        np.testing.assert_array_equal(sees(scene, receivers, engine), expected, err_msg=engine)


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
def test_engines_equal_moved_city_in_a_town(host_building):
    rng = np.random.default_rng(11)
    prisms = random_town(rng, buildings=30, side_mm=200_000)
    receivers = random_points(rng, 60, 200_000, 40_000).tolist()
    stations = random_points(rng, 12, 200_000, 50_000, lowest_mm=1).tolist()
    expected = reference.line_of_sight(prisms, receivers, stations, host_building)
    assert 0.1 < expected.mean() < 0.9
    scene = as_scene(prisms, stations, host_building)
    for engine in ENGINES:
        np.testing.assert_array_equal(sees(scene, receivers, engine), expected, err_msg=engine)


@pytest.mark.parametrize("raised", [False, True])
def test_moved_city_equals_samples_of_the_link(raised):
    """The oracle itself: where there are no ties, walls, heights and parity must say what dense samples say."""
    rng = np.random.default_rng(12)
    links = blocked = 0
    while links < 5000:
        for prism in random_town(rng, 1, 20_000):
            prism = prism._replace(base=int(rng.integers(1, prism.roof)) if raised else 0)
            for receiver, station in rng.integers((-40_000, -40_000, 0), (40_000, 40_000, 30_000), (5, 2, 3)).tolist():
                found = reference.meets(prism, receiver, station)
                # Few samples first; a link that only clips the prism needs more of them.
                sampled = any(reference.samples_meet(prism, receiver, station, n) for n in (1001, 200_001)[: 1 + found])
                assert sampled == found, (prism, receiver, station)
                links, blocked = links + 1, blocked + found
    assert 0.1 < blocked / links < 0.9


def million_links(rng):
    receivers = random_points(rng, 10_000, 1_000_000, 60_000)
    receivers[::2, 2] = 1500
    return receivers, random_points(rng, 100, 1_000_000, 60_000, lowest_mm=2000)


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
@pytest.mark.parametrize("city", ["random", "synthetic"])
def test_index_equals_brute_force_on_a_million_links(city, host_building):
    rng = np.random.default_rng(13)
    receivers, stations = million_links(rng)
    if city == "random":  # raised bases, higher parts, overlaps
        scene = as_scene(random_town(rng, buildings=300, side_mm=1_000_000), stations, host_building)
    else:
        town = Scene.synthetic("urban", side_m=1000)
        receivers[:, :2] += 500_000
        stations[:, :2] += 500_000
        antennas = BaseStations(*(stations.T / 1000))
        scene = Scene(town.buildings, antennas, host_building)
    by_index, by_force = (sees(scene, receivers, engine) for engine in reversed(ENGINES))
    assert by_index.size == 1_000_000
    assert 0.05 < by_index.mean() < 0.95
    np.testing.assert_array_equal(by_index, by_force)


@pytest.mark.parametrize("engine", ENGINES)
def test_threads_do_not_matter(engine):
    rng = np.random.default_rng(14)
    scene = as_scene(random_town(rng, 100, 500_000), random_points(rng, 20, 500_000, 40_000, lowest_mm=1))
    receivers_m = random_points(rng, 2000, 500_000, 20_000) / 1000
    one = line_of_sight(scene, receivers_m, engine=engine, threads=1)
    for threads in (2, 4, 8):  # stations shared out whole, or their receivers
        np.testing.assert_array_equal(line_of_sight(scene, receivers_m, engine=engine, threads=threads), one)
    np.testing.assert_array_equal(line_of_sight(scene, receivers_m), one)


@settings(max_examples=200, deadline=None)
@given(tied_links(most_buildings=4))
def test_more_building_never_adds_line_of_sight(links):
    prisms, receivers, stations = links
    for engine in ENGINES:
        before = np.ones((len(receivers), len(stations)), dtype=bool)
        for last in range(1 + max(prism.building for prism in prisms)):
            part = [prism for prism in prisms if prism.building <= last]
            after = sees(as_scene(part, stations), receivers, engine)
            assert not (after & ~before).any()
            before = after


@settings(max_examples=200, deadline=None)
@given(tied_links())
def test_the_order_of_walls_and_stations_does_not_matter(links):
    prisms, receivers, stations = links
    expected = sees(as_scene(prisms, stations), receivers, "index")
    turned = [
        prism._replace(rings=tuple((ring[1:] + ring[:1])[::-1] for ring in prism.rings)) for prism in reversed(prisms)
    ]
    for engine in ENGINES:
        found = sees(as_scene(turned, stations[::-1]), receivers, engine)
        np.testing.assert_array_equal(found[:, ::-1], expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_link_at_roof_height_passes(engine):
    scene = as_scene([Prism(BLOCK, 0, 5, 0)], [(30, 5, 5), (30, 5, 4), (30, 5, 6)])
    assert sees(scene, [(0, 5, 5)], engine).tolist() == [[True, False, True]]


@pytest.mark.parametrize("engine", ENGINES)
def test_under_a_raised_prism(engine):
    scene = as_scene([Prism(BLOCK, 3, 6, 0)], [(30, 5, 2), (30, 5, 3), (30, 5, 5), (15, 5, 9)], "literal")
    found = sees(scene, [(0, 5, 2), (15, 5, 0), (15, 5, 6)], engine)
    assert found.tolist() == [
        [True, True, False, True],  # from the street: under it, under it, into its side, over its near edge
        [True, True, True, False],  # from right below: out sideways, or straight up through its underside
        [False, False, False, True],  # from its roof: down through the roof, or away from it
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_vertical_links(engine):
    scene = as_scene([Prism(BLOCK, 3, 6, 0)], [(15, 5, 9), (15, 5, 1), (5, 5, 4)], "literal")
    above_and_below = [(15, 5, z) for z in (0, 2, 3, 5, 6, 9)]
    found = sees(scene, above_and_below, engine)
    assert found[:, 0].tolist() == [False, False, False, False, True, True]
    assert found[:, 1].tolist() == [True, True, False, False, False, False]
    assert sees(scene, [(5, 5, 0), (5, 5, 9)], engine)[:, 2].all()


@pytest.mark.parametrize("engine", ENGINES)
def test_host_rules(engine):
    tower, low = Prism(BLOCK, 0, 8, 0), Prism((((30, 0), (40, 0), (40, 10), (30, 10)),), 0, 4, 1)
    stations = [(15, 5, 9), (15, 5, 8), (15, 5, 2)]  # above, at and below the tower's roof
    receivers = [(50, 5, 1), (25, 5, 1), (12, 5, 1)]  # behind the low block, in the street, inside the tower
    transparent = sees(as_scene([tower, low], stations), receivers, engine)
    literal = sees(as_scene([tower, low], stations, "literal"), receivers, engine)
    assert transparent.tolist() == [[False] * 3, [True] * 3, [False] * 3]
    assert literal.tolist() == [[False] * 3] * 3
    for found, rule in ((transparent, "transparent"), (literal, "literal")):
        np.testing.assert_array_equal(found, reference.line_of_sight([tower, low], receivers, stations, rule))


def test_a_host_spares_all_its_parts():
    podium, spire = Prism(BLOCK, 0, 4, 0), Prism((((16, 2), (19, 2), (19, 8), (16, 8)),), 0, 9, 0)
    for engine in ENGINES:
        assert sees(as_scene([podium, spire], [(12, 5, 5)]), [(30, 5, 1)], engine).all()
        assert not sees(as_scene([podium, spire], [(12, 5, 5)], "literal"), [(30, 5, 1)], engine).any()


def test_host_rule_raise_names_the_building():
    with pytest.raises(InputError, match="row 0.*'0'"):
        as_scene([Prism(BLOCK, 0, 8, 0)], [(15, 5, 9)], "raise")


def test_receivers_may_be_a_grid_or_plan_coordinates():
    rng = np.random.default_rng(15)
    scene = as_scene(random_town(rng, 20, 100_000), random_points(rng, 5, 100_000, 40_000, lowest_mm=1))
    grid = ReceiverGrid(x_m=np.arange(-40.0, 41.0, 8.0), y_m=np.arange(-32.0, 41.0, 8.0))
    x_m, y_m = np.meshgrid(grid.x_m, grid.y_m)
    plan_m = np.column_stack([x_m.ravel(), y_m.ravel()])
    expected = line_of_sight(scene, np.column_stack([plan_m, np.full(len(plan_m), 1.5)]))
    assert expected.shape == (grid.size, 5)
    assert expected.dtype == bool
    assert 0 < expected.mean() < 1
    np.testing.assert_array_equal(line_of_sight(scene, plan_m), expected)
    np.testing.assert_array_equal(line_of_sight(scene, grid), expected)


def test_no_buildings_see_everything():
    scene = as_scene([], [(0, 0, 20_000), (5000, 0, 20_000)])
    for engine in ENGINES:
        assert sees(scene, random_points(np.random.default_rng(0), 50, 10_000, 3000), engine).all()


@pytest.mark.parametrize(
    ("receivers", "options"),
    [
        ([[0.0, np.nan, 1.5]], {}),
        ([[0.0, 0.0, 0.0, 0.0]], {}),
        ([0.0, 0.0, 1.5], {}),
        ([[2e6, 0.0, 1.5]], {}),
        ([[0.0, 0.0, 1.5]], {"engine": "indx"}),
        ([[0.0, 0.0, 1.5]], {"device": "gpu3"}),
        ([[0.0, 0.0, 1.5]], {"threads": 0}),
    ],
)
def test_arguments_that_cannot_be_used(receivers, options):
    scene = as_scene([Prism(BLOCK, 0, 5, 0)], [(30, 5, 5)])
    with pytest.raises(InputError):
        line_of_sight(scene, receivers, **options)


# With many receivers the index engine sorts the walls around each station; with few it walks along the links.
MANY, FEW = 1300, 300


def assert_all_ways_agree(prisms, receivers, stations, host_building="transparent"):
    """Index with many receivers and with few, and brute force."""
    scene = as_scene(prisms, stations, host_building)
    assert len(receivers) >= MANY
    expected = sees(scene, receivers, "brute-force")
    np.testing.assert_array_equal(sees(scene, receivers, "index"), expected)
    np.testing.assert_array_equal(sees(scene, receivers[:FEW], "index"), expected[:FEW])
    return expected


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
@settings(max_examples=150, deadline=None)
@given(links=tied_links(most_buildings=4), seed=st.integers(0, 2**32 - 1))
def test_many_receivers_among_ties(host_building, links, seed):
    """Receivers at coordinates of corners, of stations and half-way between, or a millimetre beside."""
    prisms, receivers, stations = links
    rng = np.random.default_rng(seed)
    corners = [(x, y, prism.roof) for prism in prisms for ring in prism.rings for x, y in ring]
    places = np.array(corners + receivers + stations)
    one, other = places[rng.integers(len(places), size=(2, MANY, 3)), np.arange(3)]
    tied = np.where(rng.random((MANY, 3)) < 0.3, (one + other) // 2, one)
    tied += rng.integers(-1, 2, tied.shape) * (rng.random((MANY, 1)) < 0.3)
    tied[:, 2] = np.maximum(tied[:, 2], 0)
    assert_all_ways_agree(prisms, tied.clip(2 - LATTICE_LIMIT_MM, LATTICE_LIMIT_MM - 2), stations, host_building)


def test_many_receivers_in_hair_breadths():
    """Corners, stations and receivers 1,000 km apart and within metres of one lattice: directions differ by
    less than single precision tells apart, next to the axes and diagonals, where sectors begin."""
    rng = np.random.default_rng(18)
    step_mm, rise_mm, receivers = 350_000_000, 1000, 4000
    for _ in range(60):
        breadth_mm = rng.choice([30, 300, 1000])

        def near_lattice(places, breadth_mm=breadth_mm):
            return places * step_mm + rng.integers(-breadth_mm, breadth_mm + 1, places.shape)

        prisms = []
        for building in range(3):
            corners = np.repeat(rng.integers(-3, 4, (4, 2)), rng.integers(1, 4), axis=0)
            ring = tuple(map(tuple, near_lattice(corners).tolist()))
            prisms.append(Prism((ring,), 0, int(rng.integers(1, 7)) * rise_mm, building))
        places = near_lattice(rng.integers(-3, 4, (receivers, 2)))
        stations = near_lattice(rng.integers(-3, 4, (4, 2)))
        stations = np.column_stack([np.unique(stations, axis=0), rng.integers(1, 6 * rise_mm, 4)])
        assert_all_ways_agree(
            prisms, np.column_stack([places, rng.integers(0, 7 * rise_mm, receivers)]), stations, "literal"
        )


@pytest.mark.parametrize("receivers", [MANY, 70_000])
@pytest.mark.parametrize("highest_mm", [8_000, 90_000])
def test_many_receivers_at_the_edges_of_shadows(receivers, highest_mm):
    """Behind corners and walls as a station sees them, at the height where the roof ends the shadow."""
    rng = np.random.default_rng(16)
    prisms = random_town(rng, buildings=80, side_mm=600_000)
    stations = random_points(rng, 6, 600_000, highest_mm, lowest_mm=1)
    wall = [
        (*a, *b, prism.roof)
        for prism in prisms
        for ring in prism.rings
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True)
    ]
    wall = rng.choice(np.array(wall), receivers)
    stations[0, :2] = wall[0, :2]  # on a corner
    stations[1, :2] = wall[1, :4].reshape(2, 2).sum(axis=0) // 2  # about on a wall
    station = rng.choice(stations, receivers)
    along = rng.choice([0.0, rng.random(), 1.0], receivers)[:, None]
    crossing = np.column_stack([(1 - along) * wall[:, :2] + along * wall[:, 2:4], wall[:, 4]])
    beyond = rng.choice([1.0, 1.5, 3.0], receivers)[:, None] + rng.choice([0.0, 1.0], receivers)[:, None] * 1e-4
    tied = np.rint(station + (crossing - station) * beyond).astype(np.int64)
    tied += rng.integers(-1, 2, tied.shape)
    tied[:, 2] = np.maximum(tied[:, 2], 0)
    expected = assert_all_ways_agree(prisms, tied, stations)
    assert 0.05 < expected.mean() < 0.95


@pytest.mark.parametrize("receivers", [FEW, MANY])
def test_links_beyond_the_largest_distance_are_not_traced(receivers):
    rng = np.random.default_rng(17)
    stations = random_points(rng, 5, 300_000, 40_000, lowest_mm=1)
    scene = as_scene(random_town(rng, 30, 300_000), stations)
    places = random_points(rng, receivers, 300_000, 20_000)
    stations = scene.base_stations.position_mm
    away = np.linalg.norm((places[:, None] - stations)[..., :2], axis=2)
    largest_mm = int(away[0, 0])  # a length that occurs, rounded down
    inside = scene.city.buildings_at(places, True, 1)
    bits = trace(scene.city, places, stations, hosts_of(scene), inside, engine="index", max_distance_mm=largest_mm)
    expected = sees(scene, places, "brute-force") & (away <= largest_mm)
    assert 0 < expected.sum() < sees(scene, places, "brute-force").sum()
    np.testing.assert_array_equal(unpacked(bits, receivers).T, expected)


def test_walls_of_no_length_and_many_receivers():
    """A repeated corner has no direction; with many receivers the engine sorts walls by direction."""
    corners = [(0, 0), (0, 0), (20_000, 0), (20_000, 20_000), (0, 20_000), (0, 20_000)]
    prisms = [Prism(rings=(tuple(corners),), base=0, roof=15_000, building=0)]
    rng = np.random.default_rng(4)
    receivers = np.column_stack([rng.integers(-60_000, 60_000, (MANY, 2)), np.full(MANY, 1_500)])
    stations = np.array([(30_000, 30_000, 20_000), (-40_000, 10_000, 12_000)])
    city = _core.City(
        np.array(corners, dtype=np.int64),
        np.array([0, len(corners)], dtype=np.int64),
        np.array([0, 1], dtype=np.int64),
        np.array([0], dtype=np.int64),
        np.array([15_000], dtype=np.int64),
        np.array([0], dtype=np.int32),
    )
    inside = city.buildings_at(receivers, True, 1)
    hosts = (np.zeros(3, dtype=np.int64), np.zeros(0, dtype=np.int32))
    bits = [trace(city, receivers, stations, hosts, inside, engine=engine) for engine in ("index", "brute-force")]
    np.testing.assert_array_equal(*bits)
    expected = reference.line_of_sight(prisms, receivers.tolist(), stations.tolist())
    np.testing.assert_array_equal(unpacked(bits[0], len(receivers)).T, expected)
