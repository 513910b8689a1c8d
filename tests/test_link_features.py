"""Features of links against rational numbers, plane geometry and hand-made cases, on this processor and as kernels."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from radiocore import BaseStations, Buildings, InputError, LinkFeatures, Scene, line_of_sight, link_features
from radiocore.blockage import points_mm
from radiocore.cuda import DeviceScene, open_kernels
from reference import link_features as oracle
from reference.geometry import Prism
from towns import as_scene, random_points, random_town, tied_links, town_scene

NOWHERE_MM = [(0, 0, 1)]


def prisms_of(buildings: Buildings) -> list[Prism]:
    rings = [
        tuple(map(tuple, buildings.vertices_mm[a:b].tolist()))
        for a, b in zip(buildings.ring_start, buildings.ring_start[1:], strict=False)
    ]
    first = buildings.prism_ring_start
    columns = (buildings.base_mm.tolist(), buildings.roof_mm.tolist(), buildings.prism_building.tolist())
    return [Prism(tuple(rings[first[i] : first[i + 1]]), *row) for i, row in enumerate(zip(*columns, strict=True))]


def assert_like(found: LinkFeatures, expected, transmitters_mm, receivers_mm):
    met, home, obstruction_m, penetration_m = (np.asarray(column) for column in expected)
    np.testing.assert_array_equal(found.building_intersection_count_3d, met)
    np.testing.assert_array_equal(found.receiver_building, home)
    np.testing.assert_array_equal(found.is_los, (met == 0) & (home < 0))
    np.testing.assert_allclose(found.total_obstruction_length_3d_m, obstruction_m, rtol=1e-9, atol=1e-3)
    np.testing.assert_allclose(found.building_penetration_length_m, penetration_m, rtol=1e-9, atol=1e-3)
    along_m = (np.asarray(transmitters_mm) - np.asarray(receivers_mm)) / 1000
    np.testing.assert_allclose(found.distance_m, np.linalg.norm(along_m, axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.plan_distance_m, np.hypot(*along_m.T[:2]), rtol=1e-12)


def by_kernels(kernels, scene, transmitters_mm, receivers_mm) -> LinkFeatures:
    town = DeviceScene.of(scene.city, kernels).town
    transparent = scene.host_building == "transparent"
    met_sight, *rest = kernels.link_features(town, transmitters_mm, receivers_mm, transparent)
    names = [item.name for item in fields(LinkFeatures)]
    return LinkFeatures(**dict(zip(names, (met_sight.astype(bool), *rest), strict=True)))


def assert_same(first: LinkFeatures, second: LinkFeatures):
    for item in fields(LinkFeatures):
        a, b = getattr(first, item.name), getattr(second, item.name)
        assert a.dtype == b.dtype and a.tobytes() == b.tobytes(), item.name


# ---- against the oracles -------------------------------------------------------------------------


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
@settings(max_examples=60, deadline=None)
@given(links=tied_links())
def test_ties(host_building, links):
    """Along walls, through corners, at roof height, up and down: on one small lattice, in a city that is moved."""
    prisms, receivers, stations = links
    scene = as_scene(prisms, stations, host_building)
    pairs = [(station, receiver) for station in stations for receiver in receivers if station != receiver]
    if not pairs:
        return
    transmitters_mm, receivers_mm = (np.array(ends, dtype=np.int64) for ends in zip(*pairs, strict=True))
    found = link_features(scene, transmitters_mm / 1000, receivers_mm / 1000)
    expected = [oracle.exactly(prisms, *pair, host_building) for pair in pairs]
    assert_like(found, tuple(zip(*expected, strict=True)), transmitters_mm, receivers_mm)
    assert_same(by_kernels(open_kernels("host", threads=1), scene, transmitters_mm, receivers_mm), found)


def random_links(scene, number, side_mm, seed):
    """Both ends anywhere and at any height, among them receivers on floors and over roofs, and level links."""
    rng = np.random.default_rng(seed)
    transmitters_mm = random_points(rng, number, side_mm, 60_000)
    receivers_mm = random_points(rng, number, side_mm, 40_000)
    receivers_mm[::2, 2] = 1500
    receivers_mm[::7, 2] = transmitters_mm[::7, 2]
    found = link_features(scene, transmitters_mm / 1000, receivers_mm / 1000)
    return found, transmitters_mm, receivers_mm


def assert_like_plan_geometry(prisms, scene, number, side_mm, seed):
    found, transmitters_mm, receivers_mm = random_links(scene, number, side_mm, seed)
    expected = oracle.PlanGeometry(prisms).features(transmitters_mm, receivers_mm)
    assert_like(found, expected, transmitters_mm, receivers_mm)
    indoors = found.receiver_building >= 0
    assert indoors.any() and found.is_los.any() and (found.building_penetration_length_m[indoors] > 0).any()


def test_a_city():
    scene = Scene.synthetic("urban", 600, 20, seed=2)
    middle = as_scene(prisms_of(scene.buildings), NOWHERE_MM)
    assert_like_plan_geometry(prisms_of(scene.buildings), middle, 1500, 1_200_000, seed=1)


def test_parts_courtyards_overlaps_and_raised_prisms():
    prisms = random_town(np.random.default_rng(4), buildings=90, side_mm=300_000)
    assert_like_plan_geometry(prisms, as_scene(prisms, NOWHERE_MM), 1500, 300_000, seed=2)


@pytest.mark.slow
def test_many_links():
    scene = Scene.synthetic("urban", 1000, 20)
    assert_like_plan_geometry(prisms_of(scene.buildings), scene, 50_000, 2_000_000, seed=3)
    prisms = random_town(np.random.default_rng(5), buildings=150, side_mm=500_000)
    assert_like_plan_geometry(prisms, as_scene(prisms, NOWHERE_MM), 50_000, 500_000, seed=4)


# ---- what the rules say --------------------------------------------------------------------------


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
def test_line_of_sight_is_that_of_the_engines(host_building):
    scene = town_scene(host_building=host_building)
    receivers_m = random_points(np.random.default_rng(9), 300, 300_000, 30_000) / 1000
    expected = line_of_sight(scene, receivers_m)
    station = np.repeat(np.arange(len(scene.base_stations)), len(receivers_m))
    found = link_features(scene, station, np.tile(receivers_m, (len(scene.base_stations), 1)))
    np.testing.assert_array_equal(found.is_los, expected.T.ravel())


def street() -> Scene:
    """From west to east: a block with a courtyard, 12 m; two that touch, 6 m; a bridge from 5 to 8 m; a tower."""
    block = shapely.box(10, -5, 30, 5).difference(shapely.box(15, -2, 20, 2))
    shapes = [block, shapely.box(40, -5, 45, 5), shapely.box(45, -5, 50, 5), shapely.box(60, -5, 70, 5)]
    buildings = Buildings.from_polygons(
        [*shapes, shapely.box(90, -5, 100, 5)], [12, 6, 6, 8, 30], base_m=[0, 0, 0, 5, 0]
    )
    return Scene(buildings, BaseStations(x_m=[0.0], y_m=[0.0], height_m=[2.0]))


@pytest.mark.parametrize(
    ("transmitter", "receiver", "met", "obstruction_m", "penetration_m"),
    [
        ((0, 0, 2), (80, 0, 2), 3, 5 + 10 + 10, 0),  # below the bridge
        ((0, 0, 5), (80, 0, 5), 4, 5 + 10 + 10 + 10, 0),  # at its underside
        ((0, 0, 6), (80, 0, 6), 2, 15 + 10, 0),  # at the roof of the two
        ((0, 0, 12), (80, 0, 12), 0, 0, 0),
        ((0, 0, 2), (50, 0, 12), 1, 15 * np.hypot(1, 0.2), 0),  # rises by 1 m in 5
        ((80, 0, 2), (95, 0, 20), 1, 5 * np.hypot(1, 1.2), 5 * np.hypot(1, 1.2)),  # to a floor of the tower
        ((0, 0, 40), (95, 0, 31), 0, 0, 0),  # above its roof
        ((0, 0, 2), (17, 0, 2), 1, 5, 0),  # into the courtyard, which is outdoors
        ((95, 0, 30), (95, 0, 1), 0, 0, 0),  # the antenna's own building is not there
    ],
)
def test_by_hand(transmitter, receiver, met, obstruction_m, penetration_m):
    found = link_features(street(), [transmitter], [receiver])
    assert found.building_intersection_count_3d[0] == met
    assert found.total_obstruction_length_3d_m[0] == pytest.approx(obstruction_m)
    assert found.building_penetration_length_m[0] == pytest.approx(penetration_m)


def test_hosts_are_left_out():
    scene = street()
    inside = link_features(scene, [(95, 0, 30)], [(95, 0, 1)])
    assert inside.receiver_building[0] == 4 and not inside.is_los[0]
    literal = Scene(scene.buildings, scene.base_stations, host_building="literal")
    found = link_features(literal, [(95, 0, 31)], [(95, 0, 1)])  # straight down, from above the roof
    assert found.building_intersection_count_3d[0] == 1 and found.plan_distance_m[0] == 0
    assert found.building_penetration_length_m[0] == pytest.approx(29)
    strict = Scene(scene.buildings, scene.base_stations, host_building="raise")
    with pytest.raises(InputError, match="transmitter: row 1 stands in the outline of a building"):
        link_features(strict, [(0, 0, 2), (95, 0, 31)], [(1, 0, 2), (3, 0, 2)])


def test_overlaps_and_parts_count_once():
    base, part = shapely.box(10, -5, 30, 5), shapely.box(20, -5, 40, 5)
    overlapping = Buildings.from_polygons([base, part], [10, 20])
    scene = Scene(overlapping, BaseStations(x_m=[0.0], y_m=[0.0], height_m=[2.0]))
    found = link_features(scene, [0], [(50, 0, 2)])
    assert found.total_obstruction_length_3d_m[0] == pytest.approx(30)
    assert found.building_intersection_count_3d[0] == 2
    parts = Scene(Buildings.from_polygons([shapely.MultiPolygon([base, shapely.box(32, -5, 40, 5)])], [10]),
                  scene.base_stations)  # fmt: skip
    found = link_features(parts, [0], [(35, 0, 2)])
    assert found.building_intersection_count_3d[0] == 1
    assert found.building_penetration_length_m[0] == pytest.approx(20 + 3)


def rows_of(features: LinkFeatures, rows) -> LinkFeatures:
    return LinkFeatures(**{item.name: getattr(features, item.name)[rows] for item in fields(LinkFeatures)})


def test_same_bytes_in_any_order_and_on_any_number_of_threads():
    prisms = random_town(np.random.default_rng(6), buildings=60, side_mm=300_000)
    scene = as_scene(prisms, NOWHERE_MM)
    found, transmitters_mm, receivers_mm = random_links(scene, 3000, 300_000, seed=5)
    order = np.random.default_rng(0).permutation(3000)
    mixed = link_features(scene, transmitters_mm[order] / 1000, receivers_mm[order] / 1000, threads=3)
    assert_same(mixed, rows_of(found, order))
    few = slice(0, 500)
    for budget_bytes in (1, 10_000, 1 << 26):  # a link at a time, and all at once
        kernels = open_kernels("host", threads=2, budget_bytes=budget_bytes)
        assert_same(by_kernels(kernels, scene, transmitters_mm[few], receivers_mm[few]), rows_of(found, few))


def test_on_a_gpu(kernels):
    prisms = random_town(np.random.default_rng(7), buildings=60, side_mm=300_000)
    scene = as_scene(prisms, NOWHERE_MM)
    found, transmitters_mm, receivers_mm = random_links(scene, 2000, 300_000, seed=6)
    assert_same(by_kernels(kernels(), scene, transmitters_mm, receivers_mm), found)


def test_no_buildings_and_no_links():
    empty = as_scene([], NOWHERE_MM)
    found = link_features(empty, [(0, 0, 30)], [(100, 0, 1.5)])
    assert found.is_los[0] and found.building_intersection_count_3d[0] == 0
    assert len(link_features(street(), np.empty((0, 3)), np.empty((0, 3)))) == 0
    assert len(link_features(street(), np.empty(0, dtype=int), np.empty((0, 3)))) == 0


def test_the_table():
    found = link_features(street(), [0, 0], [(80, 0, 2), (5, 0, 2)])
    table = found.to_table()
    assert list(table.columns) == [item.name for item in fields(LinkFeatures)] and len(table) == 2
    assert table.is_los.tolist() == [False, True] and repr(found) == "<LinkFeatures: 2 links, 1 in line of sight>"


def test_places_are_rounded_half_to_even():
    rng = np.random.default_rng(3)
    places_m = np.concatenate(
        [rng.uniform((-1e6, -1e6, 0), 1e6, (20_000, 3)), rng.integers(0, 2**30, (20_000, 3)) / 1000 - (0, 0.0005, 0)]
    )
    places_m[:4] = [(0.0005, 0.0015, 0.0025), (-0.0005, -0.0015, -0.0), (0, 0, -0.0005), (-(2**30 - 1) / 1000, 0, 1)]
    expected_mm = np.rint(places_m * 1000).astype(np.int64)
    for threads in (1, 3):
        np.testing.assert_array_equal(points_mm(places_m, "receiver_m", threads), expected_mm)
    np.testing.assert_array_equal(points_mm(np.asfortranarray(places_m), "receiver_m"), expected_mm)
    in_plan_mm = np.column_stack([expected_mm[:, :2], np.full(len(places_m), 1500)])
    np.testing.assert_array_equal(points_mm(places_m[:, :2], "receivers"), in_plan_mm)


@pytest.mark.parametrize(
    ("transmitter", "receiver", "message"),
    [
        ([(0, 0, 2)], [(1, 0)], r"receiver_m: shape \(1, 2\), wanted \(N, 3\)"),
        ([(0, 0, 2), (0, 0, 3)], [(1, 0, 2)], "receiver_m: 1 rows, but transmitter has 2"),
        ([(0, 0, 2), (0, np.nan, 2)], [(1, 0, 2)] * 2, "transmitter: row 1 is not a finite number"),
        ([(0, 0, 2)] * 2, [(1, 0, 2), (0, 0, 2.0001)], "receiver_m: row 1 stands where its transmitter is"),
        ([(0, 0, 2)], [(1, 0, -1)], "receiver_m: row 0 lies below ground"),
        ([(0, 0, 2)] * 2, [(1, 0, 2), (1, 0, -0.0006)], "receiver_m: row 1 lies below ground .-0.0006 m."),
        ([(0, 0, 2)] * 2, [(1, 0, 2), (1e6, 2**30 / 1000, 2)], "receiver_m: row 1 lies 1073742 m from the origin"),
        ([(0, 0, 2)] * 2, [(1, 0, -1), (1, 0, np.inf)], "receiver_m: row 1 is not a finite number"),
        ([(0, 0, 2)], [(-1e300, 0, 2)], "receiver_m: row 0 lies 1000000.* m from the origin"),
        ([0, 1], [(1, 0, 2)] * 2, "transmitter: row 1 names no station; the scene has 1"),
        ([0.0], [(1, 0, 2)], "transmitter: wanted .N, 3. scene metres, or .N,. whole numbers"),
        (["mast"], [(1, 0, 2)], "transmitter: wanted"),
    ],
)
def test_what_is_refused(transmitter, receiver, message):
    with pytest.raises(InputError, match=message):
        link_features(street(), transmitter, receiver)
