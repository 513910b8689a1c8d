"""The synthetic city: its three statistics re-measured, its plan, its stations, and what it refuses."""

import math

import numpy as np
import pytest
import shapely

from radiocore import synthetic
from radiocore.buildings import rayleigh_scale_m
from radiocore.errors import InputError
from radiocore.scene import Scene
from radiocore.synthetic import ENVIRONMENTS, synthetic_city, synthetic_scene

TOLERANCE = 0.05

_COLUMNS = ("vertices_mm", "ring_start", "prism_ring_start", "base_mm", "roof_mm", "prism_building", "ids")


def assert_city(city, alpha, beta_per_km2, gamma_m, side_m):
    """The statistics, and that every outline is valid, inside the square and clear of its neighbours."""
    footprint = city.footprints
    assert len(city) == max(1, round(beta_per_km2 * side_m**2 / 1e6))
    assert shapely.area(footprint).sum() / side_m**2 == pytest.approx(alpha, rel=TOLERANCE)
    assert rayleigh_scale_m(city.height_m) == pytest.approx(gamma_m, rel=TOLERANCE)
    assert (city.height_m > 0).all()
    assert shapely.is_valid(footprint).all()
    assert not shapely.is_empty(footprint).any()
    x_min, y_min, x_max, y_max = city.bounds_m
    assert 0 < x_min and 0 < y_min and x_max < side_m and y_max < side_m
    # Outlines without their holes: a house in another's court would touch it too.
    shell = shapely.polygons(shapely.get_exterior_ring(footprint))
    first, second = shapely.STRtree(shell).query(shell, predicate="intersects")
    assert (first == second).all()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize(("side_m", "seed"), [(100.0, 0), (350.0, 1), (1000.0, 0), (1000.0, 7), (2000.0, 3)])
def test_statistics_are_met(environment, side_m, seed):
    city = synthetic_city(*ENVIRONMENTS[environment], side_m=side_m, seed=seed)
    assert_city(city, *ENVIRONMENTS[environment], side_m)
    if side_m >= 1000:
        assert len(city) * 1e6 / side_m**2 == pytest.approx(ENVIRONMENTS[environment][1], rel=TOLERANCE)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("alpha", "beta_per_km2", "side_m"),
    [
        (0.65, 10, 316),
        (0.65, 100, 300),
        (0.65, 300, 500),
        (0.65, 5000, 200),
        (0.02, 2000, 400),
        (0.001, 1, 1000),
        (0.5, 1, 900),
    ],
)
def test_corners_of_the_range(alpha, beta_per_km2, side_m, seed):
    city = synthetic_city(alpha, beta_per_km2, 10.0, side_m=side_m, seed=seed)
    assert_city(city, alpha, beta_per_km2, 10.0, side_m)


def test_heights_are_rayleigh():
    height_m = np.sort(synthetic_city(*ENVIRONMENTS["urban"], side_m=1000.0, seed=0).height_m)
    expected = -np.expm1(-(height_m**2) / (2 * 15.0**2))
    observed = (np.arange(height_m.size) + 0.5) / height_m.size
    assert np.abs(expected - observed).max() < 0.01


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_shapes_vary(environment):
    city = synthetic_city(*ENVIRONMENTS[environment], side_m=1000.0, seed=2)
    holes = shapely.get_num_interior_rings(city.footprints)
    corners = shapely.get_num_coordinates(shapely.get_exterior_ring(city.footprints)) - 1
    assert holes.max() == 1 and (holes > 0).mean() > 0.01
    assert (corners == 4).mean() > 0.3
    assert ((corners > 4) & (corners < 9)).mean() > 0.15
    assert (corners > 12).any(), "no curved outline"
    assert np.std(shapely.area(city.footprints)) > 0.2 * np.mean(shapely.area(city.footprints))


def test_streets_run_in_several_directions():
    footprint = synthetic_city(*ENVIRONMENTS["urban"], side_m=1000.0, seed=0).footprints
    rectangle = shapely.get_coordinates(shapely.oriented_envelope(footprint)).reshape(-1, 5, 2)
    side = rectangle[:, 1] - rectangle[:, 0]
    direction_deg = np.degrees(np.arctan2(side[:, 1], side[:, 0])) % 90.0
    shares = np.histogram(direction_deg, bins=9, range=(0, 90))[0] / direction_deg.size
    assert (shares > 0.05).sum() >= 3
    assert (np.minimum(direction_deg, 90.0 - direction_deg) > 2.0).mean() > 0.5


def test_same_seed_same_arrays_and_other_seeds_other_cities():
    one, two, other = (synthetic_scene("urban", side_m=500, stations_per_km2=20, seed=seed) for seed in (4, 4, 5))
    for name in _COLUMNS:
        assert np.array_equal(getattr(one.buildings, name), getattr(two.buildings, name)), name
    assert np.array_equal(one.base_stations.position_mm, two.base_stations.position_mm)
    assert not np.array_equal(one.buildings.roof_mm, other.buildings.roof_mm)
    assert not np.array_equal(one.base_stations.position_mm, other.base_stations.position_mm)


def test_random_streams_are_apart():
    low = synthetic_city(0.3, 500.0, 10.0, side_m=500, seed=0)
    high = synthetic_city(0.3, 500.0, 20.0, side_m=500, seed=0)
    assert np.array_equal(low.vertices_mm, high.vertices_mm)
    np.testing.assert_allclose(high.height_m, 2 * low.height_m, atol=2e-3)


@pytest.mark.parametrize(
    ("side_m", "stations_per_km2", "number"), [(1000, 20, 20), (2000, 15.1, 60), (100, 1, 1), (400, 50, 8)]
)
def test_stations_stand_outdoors(side_m, stations_per_km2, number):
    scene = Scene.synthetic("dense-urban", side_m=side_m, stations_per_km2=stations_per_km2, seed=1)
    stations = scene.base_stations
    assert len(stations) == number
    points = shapely.points(stations.x_m, stations.y_m)
    assert shapely.STRtree(scene.buildings.footprints).query(points, predicate="intersects").size == 0
    for column in (stations.x_m, stations.y_m):
        assert (column >= 0).all() and (column <= side_m).all()
    assert (stations.height_m == 20.0).all() and (stations.power_dbm == 30.0).all()
    assert stations.id[0] == "synthetic-0001" and len(set(stations.id)) == number
    assert scene.carriers == ("",)
    assert scene.frame.crs is None
    assert scene.receiver_bounds_m == (0.0, 0.0, side_m, side_m)


def test_stations_are_uniform_outdoors():
    scene = Scene.synthetic("urban", side_m=1000, stations_per_km2=4000, seed=0)
    quarter = 2 * (scene.base_stations.x_m > 500) + (scene.base_stations.y_m > 500)
    for index in range(4):
        box = shapely.box(*(500.0 * np.array([index // 2, index % 2, index // 2 + 1, index % 2 + 1])))
        outdoor_m2 = box.area - shapely.area(shapely.intersection(scene.buildings.footprints, box)).sum()
        expected = 4000 * outdoor_m2 / 0.7e6
        assert abs((quarter == index).sum() - expected) < 5 * math.sqrt(expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"environment": "urbn"}, "did you mean 'urban'"),
        ({"environment": "Dense Urban"}, "environment: 'Dense Urban'"),
        ({"side_m": 99.9}, "side_m"),
        ({"side_m": math.nan}, "side_m"),
        ({"side_m": "1 km"}, "side_m"),
        ({"side_m": 1e5}, "side_m: .*at most 1,000,000"),
        ({"stations_per_km2": 0}, "stations_per_km2"),
        ({"stations_per_km2": -1}, "stations_per_km2"),
        ({"stations_per_km2": math.inf}, "stations_per_km2"),
        ({"seed": -1}, "seed"),
        ({"seed": 1.5}, "seed"),
    ],
)
def test_bad_scene_arguments(change, message):
    with pytest.raises(InputError, match=message):
        Scene.synthetic(**{"environment": "urban", "side_m": 200, "stations_per_km2": 20, "seed": 0} | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": 0}, "alpha"),
        ({"alpha": 0.66}, "alpha: 0.66 must be a finite number above 0 and at most 0.65"),
        ({"beta_per_km2": 0}, "beta_per_km2"),
        ({"beta_per_km2": 30_001}, "beta_per_km2: .*at most 30000"),  # less than 10 m^2 a building
        ({"beta_per_km2": 1.0}, "at least one"),
        ({"gamma_m": -3}, "gamma_m"),
        ({"gamma_m": None}, "gamma_m"),
    ],
)
def test_bad_city_arguments(change, message):
    arguments = {"alpha": 0.3, "beta_per_km2": 500, "gamma_m": 15} | change
    with pytest.raises(InputError, match=message):
        synthetic_city(**arguments, side_m=500, seed=0)


def test_more_buildings_than_ground_are_refused():
    lots = synthetic._plan_lots(100.0, 20, 2.0, np.random.default_rng(0))
    with pytest.raises(InputError, match="alpha: 9500 m\\^2 of buildings do not fit on 20 lots"):
        synthetic._footprints(lots, 9500.0, 0.1, 0.05, np.random.default_rng(0))


def test_shares_add_up_and_respect_the_most():
    rng = np.random.default_rng(0)
    for total in (0.1, 3.0, 24.9):
        most = rng.uniform(0.5, 1.0, 50)
        most *= 25.0 / most.sum()
        weight = rng.uniform(0.1, 3.0, 50)
        share = synthetic._shared_out(total, weight, most)
        assert share.sum() == pytest.approx(total)
        assert (share <= most).all()
        below = share < most
        assert np.ptp(share[below] / weight[below]) < 1e-12
