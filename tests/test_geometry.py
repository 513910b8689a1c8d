"""Point in building and floor area."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from radiocore import Buildings, InputError, inside_buildings
from reference import geometry as reference
from reference.geometry import Prism
from towns import as_buildings, as_scene, random_points, random_town, tied_links

FAR_AWAY = [(10**6, 10**6, 20_000)]


@settings(max_examples=300, deadline=None)
@given(tied_links())
def test_inside_equals_moved_city(links):
    prisms, receivers, stations = links
    scene = as_scene(prisms, stations)
    points = np.array(receivers)
    assert inside_buildings(scene, points / 1000).tolist() == reference.inside_buildings(prisms, receivers)
    plan = points[:, :2]
    assert inside_buildings(scene, plan / 1000).tolist() == reference.inside_buildings(prisms, plan.tolist())


def test_inside_equals_moved_city_in_a_town():
    rng = np.random.default_rng(1)
    prisms = random_town(rng, buildings=60, side_mm=300_000)
    points = random_points(rng, 1500, 300_000, 40_000)
    scene = as_scene(prisms, FAR_AWAY)
    inside = inside_buildings(scene, points / 1000)
    assert inside.tolist() == reference.inside_buildings(prisms, points.tolist())
    assert 0.05 < np.mean(inside >= 0) < 0.95


def test_a_tiling_claims_every_point_once():
    """Buildings that share all their walls: no point is in two or in none, corners included."""
    tiles = [
        Prism((((x, y), (x + 2, y), (x + 2, y + 2), (x, y + 2)),), 0, 5, 4 * (x // 2) + y // 2)
        for x in range(0, 8, 2)
        for y in range(0, 8, 2)
    ]
    claims = np.zeros((9, 9), dtype=int)
    for tile in tiles:
        scene = as_scene([tile._replace(building=0)], FAR_AWAY)
        x, y = np.mgrid[0:9, 0:9]
        claims += (inside_buildings(scene, np.column_stack([x.ravel(), y.ravel()]) / 1000) >= 0).reshape(9, 9)
    # A city nudged to the north-east leaves its south and west rim, and takes the north and east one.
    expected = np.zeros((9, 9), dtype=int)
    expected[1:, 1:] = 1
    np.testing.assert_array_equal(claims, expected)


def test_tallest_then_first_row():
    square = (((0, 0), (10, 0), (10, 10), (0, 10)),)
    prisms = [Prism(square, 0, 5, 0), Prism(square, 0, 9, 1), Prism(square, 0, 9, 2)]
    scene = as_scene(prisms, FAR_AWAY)
    assert inside_buildings(scene, np.array([[0.005, 0.005]])).tolist() == [1]
    heights_m = np.array([0.0, 0.004, 0.005, 0.008, 0.009])
    points = np.column_stack([np.full((5, 2), 0.005), heights_m])
    assert inside_buildings(scene, points).tolist() == [1, 1, 1, 1, -1]


def test_courtyards_and_raised_parts():
    outer = ((0, 0), (9, 0), (9, 9), (0, 9))
    hole = ((3, 3), (3, 6), (6, 6), (6, 3))
    scene = as_scene([Prism((outer, hole), 2, 7, 0)], FAR_AWAY)
    plan = np.array([[1, 1], [4, 4], [8, 5]]) / 1000
    assert inside_buildings(scene, plan).tolist() == [0, -1, 0]
    above_ground = np.column_stack([np.full((4, 2), 0.001), np.array([1, 2, 6, 7]) / 1000])
    assert inside_buildings(scene, above_ground).tolist() == [-1, 0, 0, -1]


@pytest.mark.parametrize("points", [np.zeros(3), np.zeros((2, 4)), [[np.nan, 0.0]], [[np.inf, 0.0, 1.0]], [[2e6, 0.0]]])
def test_points_that_cannot_be_used(points):
    with pytest.raises(InputError):
        inside_buildings(as_scene(random_town(np.random.default_rng(0), 2, 50_000), FAR_AWAY), points)


def test_area_equals_shapely():
    rng = np.random.default_rng(2)
    prisms = random_town(rng, buildings=300, side_mm=2_000_000)
    buildings = as_buildings(prisms)
    parts = [[] for _ in range(len(buildings))]
    for prism in prisms:
        parts[prism.building].append(shapely.Polygon(prism.rings[0], prism.rings[1:]))
    expected_m2 = [shapely.union_all(polygons).area / 1e6 for polygons in parts]
    np.testing.assert_allclose(buildings.area_m2, expected_m2, rtol=1e-12)


def test_area_of_jagged_outlines_from_polygons():
    rng = np.random.default_rng(3)
    angle = np.sort(rng.uniform(0, 2 * np.pi, (50, 40)), axis=1)
    distance = rng.uniform(5, 30, angle.shape)
    stars = np.stack([distance * np.cos(angle), distance * np.sin(angle)], axis=-1).round(3)
    outlines = [shapely.Polygon(star, [0.1 * star[::-1]]) for star in stars]
    outlines = [outline for outline in outlines if outline.is_valid]
    assert len(outlines) > 30
    buildings = Buildings.from_polygons(outlines, 10.0)
    on_lattice = [shapely.transform(outline, lambda xy: np.rint(xy * 1000) / 1000) for outline in outlines]
    np.testing.assert_allclose(buildings.area_m2, shapely.area(on_lattice), rtol=1e-9)
