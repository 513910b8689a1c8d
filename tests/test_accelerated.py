"""The air-to-ground model, and Algorithm 3, which uses it for far links."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiocore import (
    BaseStations,
    Channel,
    InputError,
    ReceiverGrid,
    Scene,
    a2g_parameters,
    inside_buildings,
    line_of_sight,
    line_of_sight_probability,
    simulate_manifold,
)
from radiocore.estimators import AcceleratedSimulation, ExactCoverage, TraditionalSimulation
from reference import air_to_ground as reference
from reference import coverage
from towns import as_scene, link_powers_mw, random_town, receivers_m, same_bytes

ENVIRONMENTS = sorted(reference.ENVIRONMENTS)
EXACT_RADIUS_M, NEIGHBOURHOOD_M = 120.0, 200.0


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_parameters_of_the_four_environments(name):
    alpha, beta, gamma, a, b = reference.ENVIRONMENTS[name]
    found = a2g_parameters(alpha, beta, gamma)
    assert (round(float(found[0]), 2), round(float(found[1]), 2)) == (a, b)
    np.testing.assert_allclose(found, reference.parameters(alpha * beta, gamma), rtol=1e-12)


@settings(max_examples=100, deadline=None)
@given(st.floats(25.001, 249.999), st.floats(4, 50), st.floats(0.05, 0.6))
def test_parameters_over_the_box(alpha_beta, gamma, alpha):
    found = a2g_parameters(alpha, alpha_beta / alpha, gamma)
    np.testing.assert_allclose(found, reference.parameters(alpha_beta, gamma), rtol=1e-9)
    assert found[1] > 0.03


@pytest.mark.parametrize(
    "arguments",
    [
        (0.02, 1000, 15),
        (0.5, 501, 15),
        (0.3, 500, 3.9),
        (0.3, 500, 50.1),
        (-0.1, 500, 15),
        (1.1, 100, 15),
        (np.nan, 500, 15),
        (0.3, np.inf, 15),
        (0.3, 500, np.nan),
    ],
)
def test_parameters_outside_the_box_are_refused(arguments):
    with pytest.raises(InputError):
        a2g_parameters(*arguments)


@settings(max_examples=100, deadline=None)
@given(st.floats(0, 1e5), st.floats(0.1, 300), st.sampled_from(ENVIRONMENTS))
def test_probability_is_the_sigmoid_of_the_elevation(distance, height, name):
    a, b = reference.ENVIRONMENTS[name][3:]
    found = line_of_sight_probability(distance, height, a, b)
    np.testing.assert_allclose(found, reference.probability(distance, height, a, b), rtol=1e-12)


def test_probability_falls_with_distance_and_rises_with_height():
    distance, height = np.geomspace(0.1, 1e5, 200), np.geomspace(0.1, 200, 100)
    for name in ENVIRONMENTS:
        a, b = reference.ENVIRONMENTS[name][3:]
        found = line_of_sight_probability(distance[:, None], height, a, b)
        assert found.shape == (200, 100)
        assert ((found > 0) & (found <= 1)).all()
        assert (np.diff(found, axis=0) <= 0).all()
        assert (np.diff(found, axis=1) >= 0).all()
    # Straight below the antenna the elevation is 90 degrees.
    assert line_of_sight_probability(0.0, 20.0, 9.61, 0.16) == pytest.approx(1 / (1 + 9.61 * np.exp(-0.16 * 80.39)))


@pytest.mark.parametrize(
    ("distance", "height"), [(100.0, 0.0), (100.0, -5.0), (-1.0, 20.0), (np.nan, 20.0), (100.0, np.nan)]
)
def test_probability_refuses(distance, height):
    with pytest.raises(InputError):
        line_of_sight_probability(distance, height, 9.61, 0.16)


@pytest.fixture(scope="module")
def town():
    """A town as dense as an urban one, five stations, a few receivers in its middle."""
    rng = np.random.default_rng(31)
    prisms = random_town(rng, buildings=180, side_mm=600_000)
    stations = np.column_stack([rng.integers(-300_000, 300_000, (5, 2)), [20_000, 25_000, 30_000, 20_000, 40_000]])
    return prisms, as_scene(prisms, stations), ReceiverGrid(x_m=[-60.0, 0.0, 60.0], y_m=[-45.0, 0.0, 45.0])


def terrain_at(prisms, x_m, y_m):
    """(alpha, beta, gamma) by the oracle: centres of the blocks, whole areas, highest roofs."""
    buildings = {}
    for prism in prisms:
        corners = np.array(prism.rings[0]) / 1000
        rings = [np.array(ring) / 1000 for ring in prism.rings]
        area = abs(_shoelace(rings[0])) - sum(abs(_shoelace(ring)) for ring in rings[1:])
        first = buildings.setdefault(prism.building, (*corners.mean(axis=0), area, 0.0))
        buildings[prism.building] = (*first[:3], max(first[3], prism.roof / 1000))
    return reference.terrain(x_m, y_m, NEIGHBOURHOOD_M, buildings.values())


def _shoelace(ring):
    x, y = ring.T
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def sight_probability(prisms, scene, grid):
    """(R, S) chance of line of sight that Algorithm 3 holds: certain when near, the model's when far."""
    receivers = receivers_m(grid)
    p = line_of_sight(scene, receivers).astype(float)
    indoors = inside_buildings(scene, receivers) >= 0
    stations = scene.base_stations
    for i, (x_m, y_m, z_m) in enumerate(receivers):
        alpha, beta, gamma = terrain_at(prisms, x_m, y_m)
        assert 25 < alpha * beta < 250 and 4 < gamma < 50
        a, b = reference.parameters(alpha * beta, gamma)
        for j, (station_x, station_y, height_m) in enumerate(
            zip(stations.x_m, stations.y_m, stations.height_m, strict=True)
        ):
            distance = np.hypot(station_x - x_m, station_y - y_m)
            if distance > EXACT_RADIUS_M and not indoors[i]:
                p[i, j] = reference.probability(distance, height_m - z_m, a, b)
    return p


def accelerated_map(scene, grid, **options):
    method = AcceleratedSimulation(
        **{"draws": 500, "exact_radius_m": EXACT_RADIUS_M, "neighbourhood_radius_m": NEIGHBOURHOOD_M, **options}
    )
    return lambda seed=0: simulate_manifold(scene, grid, method=method, seed=seed)


def test_averaged_far_links_equal_every_state_in_turn(town):
    prisms, scene, grid = town
    channel = Channel()
    p = sight_probability(prisms, scene, grid)
    assert np.sum((p > 0) & (p < 1)) > 20 and np.sum((p == 0) | (p == 1)) > 2
    los, nlos = link_powers_mw(scene, grid, channel)
    expected = [coverage.mixture(los[i], nlos[i], p[i], [2] * 5, [1] * 5, channel.noise_mw, 0.0) for i in range(len(p))]
    found = accelerated_map(scene, grid, far_links="averaged")().dataset["coverage"].values
    np.testing.assert_allclose(found[::-1].ravel(), expected, atol=1e-9)


def test_drawn_far_links_average_to_the_averaged_ones(town):
    _, scene, grid = town
    averaged = accelerated_map(scene, grid, far_links="averaged")().dataset["coverage"].values
    simulate = accelerated_map(scene, grid, draws=200, far_links="drawn")
    drawn = np.array([simulate(seed).dataset["coverage"].values for seed in range(200)])
    standard_error = drawn.std(axis=0, ddof=1) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - averaged) < 4 * standard_error + 1e-3).all()
    # Drawn once per link: states move a receiver's value by far more than fading noise of 200 draws does.
    assert drawn.std(axis=0).max() > 0.1


@pytest.mark.parametrize("far_links", ["drawn", "averaged"])
def test_no_building_in_the_neighbourhood_is_line_of_sight(far_links):
    hamlet = random_town(np.random.default_rng(1), 3, 30_000)
    scene = as_scene(hamlet, [(2_000_000, 0, 20_000), (2_000_500, 300, 25_000)])
    grid = ReceiverGrid(x_m=[1000.0, 1050.0], y_m=[0.0, 50.0])
    exact = simulate_manifold(scene, grid, method=ExactCoverage(double_precision=True)).dataset
    found = accelerated_map(scene, grid, draws=4000, exact_radius_m=0.0, far_links=far_links)().dataset
    atol = 1e-12 if far_links == "averaged" else 4 * 0.5 / np.sqrt(4000)
    np.testing.assert_allclose(found["coverage"], exact["coverage"], atol=atol)


def test_infinite_exact_radius_is_traditional(town):
    _, scene, _ = town
    grid = ReceiverGrid(x_m=np.arange(-100.0, 101.0, 20.0), y_m=np.arange(-100.0, 101.0, 20.0))
    options = {"draws": 300, "seed": 5, "threshold_db": [0.0, 5.0]}
    traditional = simulate_manifold(scene, grid, method="traditional", **options)
    accelerated = simulate_manifold(scene, grid, method="accelerated", exact_radius_m=np.inf, **options)
    assert same_bytes(traditional, accelerated)
    beyond_all = simulate_manifold(scene, grid, method="accelerated", exact_radius_m=5000.0, **options)
    assert same_bytes(traditional, beyond_all)
    shorter = simulate_manifold(scene, grid, method="accelerated", exact_radius_m=50.0, **options)
    assert not same_bytes(traditional, shorter)


def test_names_and_objects_are_the_same_method(town):
    _, scene, grid = town
    by_name = simulate_manifold(scene, grid, method="traditional", draws=100, seed=2)
    assert same_bytes(by_name, simulate_manifold(scene, grid, method=TraditionalSimulation(draws=100), seed=2))
    by_name = simulate_manifold(
        scene, grid, method="accelerated", draws=100, exact_radius_m=90.0, neighbourhood_radius_m=150.0, seed=2
    )
    method = AcceleratedSimulation(draws=100, exact_radius_m=90.0, neighbourhood_radius_m=150.0)
    assert same_bytes(by_name, simulate_manifold(scene, grid, method=method, seed=2))


@pytest.mark.parametrize(
    "options",
    [
        {"exact_radius_m": -1.0},
        {"exact_radius_m": np.nan},
        {"neighbourhood_radius_m": 0.0},
        {"neighbourhood_radius_m": np.inf},
        {"far_links": "average"},
        {"draws": 0},
    ],
)
def test_settings_that_cannot_be_used(options):
    (name,) = options
    with pytest.raises(InputError, match=name):
        AcceleratedSimulation(**options)


def test_a_receiver_above_a_far_antenna_is_refused():
    scene = Scene(as_scene([], [(0, 0, 5000)]).buildings, BaseStations(x_m=[0.0], y_m=[0.0], height_m=5.0))
    grid = ReceiverGrid(x_m=[400.0], y_m=[0.0], height_m=10.0)
    with pytest.raises(InputError):
        simulate_manifold(scene, grid, method="accelerated", exact_radius_m=100.0)
