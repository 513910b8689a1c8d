"""Models of line of sight in probability: alone, against the exact line of sight, and in the methods that take them."""

from dataclasses import replace

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from radiocore import (
    BaseStations,
    Buildings,
    InputError,
    ReceiverGrid,
    Scene,
    inside_buildings,
    line_of_sight,
    simulate_manifold,
)
from radiocore.estimators import AcceleratedSimulation
from radiocore.estimators.stochastic_geometry import StochasticGeometryEstimator
from radiocore.links import Receivers
from radiocore.propagation.air_to_ground import AirToGround
from radiocore.propagation.fitted_curve import FittedCurve, falling_fit
from radiocore.propagation.itu_p1410 import ItuP1410
from radiocore.propagation.line_of_sight_model import LineOfSightModel
from radiocore.propagation.sample import line_of_sight_errors, sampled_line_of_sight, terrain_at
from radiocore.propagation.terrain import surroundings_of, terrain_around
from radiocore.stochastic_geometry.expression import CoverageExpression
from reference import air_to_ground, stochastic_geometry
from towns import same_bytes


@pytest.fixture(scope="module")
def town():
    return Scene.synthetic("urban", side_m=800.0, stations_per_km2=25.0, seed=8)


# ---- The models ----------------------------------------------------------------------------------


def test_p1410_at_its_published_value():
    found = ItuP1410().probability(150.0, 48.5, alpha_beta=0.5 * 400, gamma_m=20.0, receiver_height_m=1.5)
    assert float(found) == pytest.approx(0.17262622533505, abs=1e-13)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 3000), st.floats(0, 50), st.floats(0.5, 100), st.floats(0, 300), st.floats(0.5, 60))
def test_p1410_equals_the_product_by_loops(distance, receiver, above, alpha_beta, gamma):
    found = ItuP1410().probability(distance, above, alpha_beta=alpha_beta, gamma_m=gamma, receiver_height_m=receiver)
    expected = stochastic_geometry.product_p1410(distance, receiver + above, receiver, alpha_beta, gamma)
    assert float(found) == pytest.approx(expected, abs=1e-12)


def test_p1410_jumps_where_it_says():
    model = ItuP1410()
    breaks = np.array(model.breaks_m(1000.0, alpha_beta=150.0))
    before, behind = (
        model.probability(breaks + shift, 20.0, alpha_beta=150.0, gamma_m=15.0) for shift in (-1e-6, 1e-6)
    )
    assert len(breaks) == 12 and (behind < before).all()
    assert model.breaks_m(1000.0, alpha_beta=0.0) == ()


def test_open_ground_is_in_sight_by_every_model_of_terrain():
    distance = np.array([0.0, 10.0, 1e4])
    for model in (AirToGround(), ItuP1410()):
        assert (model.probability(distance, 20.0, alpha_beta=0.0, gamma_m=0.0) == 1.0).all()


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 3000), st.floats(0.5, 100), st.floats(0, 400), st.floats(0, 80))
def test_sigmoid_is_clamped_and_blended(distance, height, alpha_beta, gamma):
    a, b = air_to_ground.parameters(min(max(alpha_beta, 25.0), 250.0), min(max(gamma, 4.0), 50.0))
    inside = air_to_ground.probability(distance, height, a, b)
    expected = 1 - min(alpha_beta / 25.0, 1.0) * (1 - inside)
    found = AirToGround().probability(distance, height, alpha_beta=alpha_beta, gamma_m=gamma)
    assert float(found) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.1, 10)), min_size=1, max_size=12))
def test_falling_fit_is_the_projection(points):
    value, weight = (np.array(column) for column in zip(*points, strict=True))
    fit = falling_fit(value, weight)
    assert (np.diff(fit) <= 0).all()
    # A projection on a cone: the rest is orthogonal to it, and points away from its edges.
    rest = weight * (value - fit)
    assert abs(rest @ fit) < 1e-9
    assert (np.cumsum(rest) <= 1e-9).all() and abs(rest.sum()) < 1e-9


def test_fitted_curve_refuses_what_is_no_curve():
    for wrong in (((), ()), ((1.0, 1.0), (0.5, 0.5)), ((0.0, 1.0), (0.5, 0.6)), ((0.0,), (1.5,)), ((-1.0,), (0.5,))):
        with pytest.raises(InputError):
            FittedCurve(*wrong)


# ---- Against a scene -----------------------------------------------------------------------------


def test_sample_is_outdoors_exact_and_seeded(town):
    sample = sampled_line_of_sight(town, receivers=60, seed=3)
    assert (inside_buildings(town, sample.position_m) < 0).all()
    stations = town.base_stations
    exact = line_of_sight(town, sample.position_m)
    for row in range(0, len(sample.los), 37):
        receiver = sample.receiver[row]
        x, y, _ = sample.position_m[receiver]
        distance = np.hypot(stations.x_m - x, stations.y_m - y)
        match = np.flatnonzero(np.isclose(distance, sample.distance_m[row], atol=1e-9))
        assert sample.los[row] in exact[receiver, match]
    assert (sample.height_m == 18.5).all()
    again = sampled_line_of_sight(town, receivers=60, seed=3)
    assert (again.position_m == sample.position_m).all()
    assert (sampled_line_of_sight(town, receivers=60, seed=4).position_m != sample.position_m).any()


def test_fitted_curve_is_nearest_to_its_scene(town):
    curve = FittedCurve.of(town, seed=0)
    assert curve == FittedCurve.of(town, seed=0)
    errors = {one.model: one for one in line_of_sight_errors(town, [AirToGround(), ItuP1410(), curve], seed=1)}
    assert list(errors) == ["air-to-ground", "p1410", "fitted"]
    assert errors["fitted"].mean_absolute < 0.02 and abs(errors["fitted"].mean_signed) < 0.02
    assert errors["fitted"].mean_absolute < min(errors["air-to-ground"].mean_absolute, errors["p1410"].mean_absolute)
    for one in errors.values():
        assert len(one.links) == len(one.exact) == len(one.predicted) == len(one.edges_m) - 1
        weighed = np.nansum((one.predicted - one.exact) * one.links) / one.links.sum()
        assert one.mean_signed == pytest.approx(weighed, abs=1e-12)


def test_terrain_of_scattered_points_is_that_of_a_grid(town):
    grid = ReceiverGrid(np.arange(-300.0, 900.0, 170.0), np.arange(-50.0, 900.0, 210.0))
    everywhere = Receivers(grid, 0, grid.size, np.full((grid.size + 7) // 8, 255, dtype=np.uint8))
    one = terrain_around(surroundings_of(town.buildings), everywhere, 300.0, 2)
    two = terrain_at(
        town, everywhere.position_m if hasattr(everywhere, "position_m") else everywhere.position_mm / 1e3, 300.0
    )
    np.testing.assert_array_equal(one.alpha_beta, two.alpha_beta)
    np.testing.assert_array_equal(one.gamma_m, two.gamma_m)
    for i in range(0, grid.size, 5):
        x, y = everywhere.position_mm[i, :2] / 1e3
        table = [
            (*centre, area, height)
            for centre, area, height in zip(
                surroundings_of(town.buildings).centre_mm / 1e3,
                town.buildings.area_m2,
                town.buildings.height_m,
                strict=True,
            )
        ]
        alpha, beta, gamma = air_to_ground.terrain(x, y, 300.0, table)
        assert one.alpha_beta[i] == pytest.approx(alpha * beta, rel=1e-5)
        assert one.gamma_m[i] == pytest.approx(gamma, rel=1e-5)


def test_nothing_to_sample_is_refused(town):
    low = replace(town, base_stations=BaseStations([0.0], [0.0], height_m=1.0))
    with pytest.raises(InputError, match="base stations"):
        FittedCurve.of(low)
    everything = Buildings.from_polygons([shapely.box(-1, -1, 101, 101)], [10.0])
    built = Scene(everything, BaseStations([50.0], [50.0]), receiver_bounds_m=(0, 0, 100, 100))
    with pytest.raises(InputError, match="outdoors"):
        FittedCurve.of(built)


# ---- In the methods ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def grid():
    return ReceiverGrid(np.arange(20.0, 800.0, 90.0), np.arange(20.0, 800.0, 90.0))


def test_accelerated_takes_any_model(town, grid):
    def made(model, **options):
        method = AcceleratedSimulation(
            draws=200, exact_radius_m=100.0, line_of_sight_model=model, far_links="averaged", **options
        )
        return simulate_manifold(town, grid, method=method, progress=False)

    curve = FittedCurve.of(town)
    plain = made("air-to-ground")
    assert same_bytes(plain, made(AirToGround()))
    assert same_bytes(made("fitted"), made(curve))
    maps = {name: made(name).dataset["coverage"].values for name in ("p1410", "fitted")}
    assert all((plain.dataset["coverage"].values != found).any() for found in maps.values())
    assert made("p1410").provenance["estimator"]["line_of_sight_model"] == "p1410"
    assert made(curve).provenance["estimator"]["line_of_sight_model"]["value"] == list(curve.value)
    sure = FittedCurve((0.0,), (0.0,))
    near = AcceleratedSimulation(exact_radius_m=np.inf, line_of_sight_model=sure, draws=200)
    plain = AcceleratedSimulation(exact_radius_m=np.inf, draws=200)
    np.testing.assert_array_equal(
        *(simulate_manifold(town, grid, method=one).dataset["coverage"].values for one in (near, plain))
    )


def test_numpy_models_give_the_native_answer(town, grid):
    """The sigmoid through the general door: the same probabilities, so the same map."""

    class Sigmoid(LineOfSightModel):
        name = "sigmoid"

        def probability(self, *arguments, **terrain):
            return AirToGround().probability(*arguments, **terrain)

    options = {"far_links": "averaged", "exact_radius_m": 80.0}
    maps = [
        simulate_manifold(town, grid, method=AcceleratedSimulation(line_of_sight_model=model, **options))
        for model in (AirToGround(), Sigmoid())
    ]
    np.testing.assert_allclose(*(one.dataset["coverage"] for one in maps), atol=1e-12)


def test_stochastic_geometry_takes_any_model(town, grid):
    model = FittedCurve((0.0, 50.0, 120.0), (1.0, 0.7, 0.1))
    method = StochasticGeometryEstimator(line_of_sight_model=model, max_distance_m=300.0)
    found = simulate_manifold(town, grid, method=method, threshold_db=3.0)
    expression = CoverageExpression(antenna_height_m=18.5, max_distance_m=300.0)
    stations, coverage = town.base_stations, found.dataset["coverage"].sortby("y").values
    indoors = inside_buildings(town, grid.position_mm() / 1e3).reshape(grid.shape) >= 0
    for j, i in ((0, 0), (3, 4), (7, 2), (5, 5)):
        number = (np.hypot(stations.x_m - grid.x_m[i], stations.y_m - grid.y_m[j]) <= 300.0).sum()
        density = number / (np.pi * 0.3**2)
        expected = expression.of(
            density,
            lambda r: np.interp(r, model.distance_m, model.value),
            threshold_db=3.0,
            breaks_m=model.distance_m,
        )
        assert coverage[j, i] == pytest.approx(0.0 if indoors[j, i] else float(expected), abs=1e-9)
    cut = simulate_manifold(town, grid, method=method, threshold_db=3.0, block_size=8, threads=1)
    assert same_bytes(found, cut)
    for name in ("p1410", "fitted"):
        values = simulate_manifold(town, grid, method=StochasticGeometryEstimator(line_of_sight_model=name)).dataset
        assert 0 < float(values["coverage"].max()) <= 1
