"""The learned method: weights and Algorithms 6 and 7, against the slow reference."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiocore import Channel, InputError, ReceiverGrid, simulate_manifold
from radiocore.blockage import hosts_of, outdoors_on, trace_grid
from radiocore.estimators import LearnedManifoldEstimator
from radiocore.learned.cell_weight_model import CellWeightModel
from radiocore.learned.grid_model import GridModel
from radiocore.learned.weights import chance_to_pass
from radiocore.links import Block, CarrierStations, Receivers
from reference import learned as reference
from towns import as_scene, random_town

THETA = np.array([[5.0, 0.9, 0.9], [3.0, 0.8, 0.7], [2.0, 1.1, 0.5], [8.0, 1.0, 0.4], [1.5, 1.3, 0.2]])


def parameters(v, u):
    """kappa, tau, rho of THETA by the offset from the link, in fifths, and similar triangles."""
    across = abs(u[0] * v[1] - u[1] * v[0]) / (reference_half * (abs(v[0]) + abs(v[1])))
    kappa, factor, rho = THETA[min(int(5 * across + 1e-12), 4)]
    return kappa, factor * (u[0] * v[0] + u[1] * v[1]) / (v[0] ** 2 + v[1] ** 2), rho


GRID = GridModel(12, 360.0)
reference_half = GRID.cell_mm // 2
MODEL = CellWeightModel(GRID, "offset", THETA)


@settings(max_examples=200, deadline=None)
@given(st.floats(1e-3, 5), st.floats(0.3, 30), st.floats(0.02, 1.5), st.floats(0, 0.99))
def test_chance_to_pass_and_its_slopes(height, kappa, tau, rho):
    found, *slopes = chance_to_pass(np.array(height), kappa, tau, rho)
    assert found == pytest.approx(reference.chance_to_pass(height, kappa, tau, rho), abs=1e-12)
    assert 0 < found <= 1
    step = 1e-6
    for k, slope in enumerate(slopes):
        moved = [kappa, tau, rho]
        moved[k] += step
        above = chance_to_pass(np.array(height), *moved)[0]
        moved[k] -= 2 * step
        assert slope == pytest.approx((above - chance_to_pass(np.array(height), *moved)[0]) / (2 * step), abs=1e-5)


# ---- Algorithms 6 and 7 --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=[3, 4])
def town(request):
    """A small town, stations of several heights in and around it, one on a roof; receivers, some indoors."""
    rng = np.random.default_rng(request.param)
    prisms = random_town(rng, buildings=70, side_mm=400_000)
    plan = rng.integers(-250_000, 250_000, (9, 2))
    plan[0] = np.mean(prisms[0].rings[0], axis=0)
    plan[2] = plan[1] + [500, -300]
    stations = np.column_stack([plan, 2_000 + rng.integers(18_000, 45_000, 9)])
    grid = ReceiverGrid(x_m=np.arange(-90.0, 91.0, 60.0), y_m=np.arange(-75.0, 76.0, 50.0))
    return prisms, [tuple(int(value) for value in row) for row in stations], grid


def places(grid):
    return [tuple(int(value) for value in row) for row in grid.position_mm()]


@pytest.mark.parametrize("interferers", ["stations", "cells"])
def test_servers_and_coverage_equal_reference(town, interferers):
    prisms, stations, grid = town
    scene, channel = as_scene(prisms, stations), Channel()
    estimator = LearnedManifoldEstimator(MODEL, interferers)
    found = simulate_manifold(scene, grid, method=estimator, threshold_db=[-3, 3], progress=False)
    coverage, server = south_first(found, "coverage"), south_first(found, "server")
    law = [(10 ** (-5.95), 3.0), (10 ** (-3.86), 2.0)]
    partial = 0
    for at, receiver in enumerate(places(grid)):
        row, column = divmod(at, len(grid.x_m))
        wanted, counted = reference.around(
            prisms, receiver, stations, GRID.n, GRID.cell_mm, parameters, interferers == "cells"
        )
        assert server[row, column] == (-1 if wanted is None else wanted)
        partial += sum(0.01 < weight < 0.99 for weight, _ in counted.values())
        for t, threshold_db in enumerate((-3, 3)):
            value = reference.coverage(wanted, counted, 1000.0, law, (1, 2), channel.noise_mw, threshold_db)
            assert coverage[t, row, column] == pytest.approx(value, abs=1e-5)
    assert partial > 10


@pytest.mark.parametrize("load", [1.0, 0.4])
def test_monte_carlo_agrees_with_closed_form(town, load):
    prisms, stations, grid = town
    scene = as_scene(prisms, stations)
    scene = replace(scene, base_stations=replace(scene.base_stations, load=np.full(len(stations), load)))
    for channel in (Channel(), Channel(fading_m_los=3, fading_m_nlos=2)):
        exact = simulate_manifold(scene, grid, method=LearnedManifoldEstimator(MODEL), channel=channel, progress=False)
        drawn = simulate_manifold(
            scene,
            grid,
            method=LearnedManifoldEstimator(MODEL, monte_carlo_draws=4000),
            channel=channel,
            seed=2,
            progress=False,
        ).dataset
        difference = drawn["coverage"].values - exact.dataset["coverage"].values
        assert (np.abs(difference) <= 4.5 * np.maximum(drawn["standard_error"].values, 1 / 4000)).all()
        np.testing.assert_array_equal(drawn["server"].values, exact.dataset["server"].values)


def test_shapes_and_sums_that_need_the_series_equal_the_product(town):
    """A server of shape 2 by the product, and by the series that other shapes take."""
    prisms, stations, grid = town
    scene, method = as_scene(prisms, stations), LearnedManifoldEstimator(MODEL)
    maps = [
        simulate_manifold(scene, grid, method=method, channel=Channel(fading_m_nlos=m), progress=False).dataset
        for m in (4.0, 5.0)
    ]
    by_draws = [
        simulate_manifold(
            scene,
            grid,
            method=LearnedManifoldEstimator(MODEL, monte_carlo_draws=4000),
            channel=Channel(fading_m_nlos=m),
            progress=False,
        ).dataset
        for m in (4.0, 5.0)
    ]
    for closed, drawn in zip(maps, by_draws, strict=True):
        error = np.maximum(drawn["standard_error"].values, 1 / 4000)
        assert (np.abs(closed["coverage"].values - drawn["coverage"].values) <= 4.5 * error).all()


def test_reach_of_interferers(town):
    prisms, stations, grid = town
    scene, method = as_scene(prisms, stations), LearnedManifoldEstimator(MODEL)
    every, far, none = (
        simulate_manifold(
            scene, grid, method=method, channel=Channel(max_interferer_distance_m=reach), progress=False
        ).dataset["coverage"]
        for reach in (None, 1e4, 0.001)
    )
    np.testing.assert_array_equal(every, far)
    assert (none >= every).all() and (none > every).any()


@pytest.mark.parametrize("turn", [lambda x, y: (-y, x), lambda x, y: (x, -y)])
def test_turned_towns_give_turned_maps(town, turn):
    prisms, stations, grid = town
    turned_prisms = [
        prism._replace(rings=tuple(tuple(turn(x, y) for x, y in ring) for ring in prism.rings)) for prism in prisms
    ]
    turned_stations = [(*turn(x, y), z) for x, y, z in stations]
    method = LearnedManifoldEstimator(MODEL)
    corners = sorted(turn(x_m, y_m) for x_m in grid.x_m for y_m in grid.y_m)
    turned_grid = ReceiverGrid(x_m=sorted({x for x, _ in corners}), y_m=sorted({y for _, y in corners}))
    one = simulate_manifold(as_scene(prisms, stations), grid, method=method, progress=False).dataset["coverage"]
    two = simulate_manifold(
        as_scene(turned_prisms, turned_stations), turned_grid, method=method, progress=False
    ).dataset["coverage"]
    for x_m in grid.x_m:
        for y_m in grid.y_m:
            x, y = turn(x_m, y_m)
            assert float(one.sel(x=x_m, y=y_m)) == pytest.approx(float(two.sel(x=x, y=y)), abs=1e-12)


def test_stretched_upwards_the_weights_stay(town):
    """Antennas and roofs twice as high over receivers on the ground: who blocks whom does not change."""
    prisms, stations, grid = town
    grid = replace(grid, height_m=0.0)
    stations = [(x, y, 23_000) for x, y, _ in stations]  # of unlike heights another one might be the nearest
    low = blocks_of(as_scene(prisms, stations), grid)
    high_prisms = [prism._replace(base=2 * prism.base, roof=2 * prism.roof) for prism in prisms]
    high = blocks_of(as_scene(high_prisms, [(x, y, 2 * z) for x, y, z in stations]), grid)
    np.testing.assert_allclose(low[0], high[0], atol=1e-12)


def blocks_of(scene, grid):
    """(weights (S, R), server (R,)) of a whole grid."""
    estimator = LearnedManifoldEstimator(MODEL)
    stations = CarrierStations.of(scene.base_stations, hosts_of(scene), np.arange(len(scene.base_stations)))
    outdoors = outdoors_on(scene.city, grid)
    receivers = Receivers(grid, 0, grid.size, outdoors)
    place = estimator.describe(estimator.prepare(scene, Channel(), grid.height_m), receivers, 1, {})
    hosts = (stations.host_start, stations.host_list)
    bits = trace_grid(scene.city, grid, stations.position_mm, hosts, outdoors)
    return estimator.weights(Block(receivers, bits, place), stations)


def test_stations_outside_the_square_are_left_out():
    prisms = random_town(np.random.default_rng(1), buildings=5, side_mm=100_000)
    far = GRID.n * GRID.cell_mm // 2
    grid = ReceiverGrid(x_m=[0.0], y_m=[0.0])
    weights, server = blocks_of(as_scene(prisms, [(far, 0, 20_000), (0, -far - 1, 20_000)]), grid)
    assert (weights == -1).all() and server.tolist() == [-1]
    scene = as_scene(prisms, [(far, 0, 20_000)])
    found = simulate_manifold(scene, grid, method=LearnedManifoldEstimator(MODEL), progress=False).dataset
    assert found["coverage"].item() == 0 and found["server"].item() == -1


@pytest.mark.parametrize(
    ("column", "values"), [("power_dbm", [30, 31]), ("azimuth_deg", [10, 10]), ("azimuth_deg", [np.nan, 10])]
)
def test_a_mix_of_stations_is_refused(column, values):
    scene = as_scene(random_town(np.random.default_rng(1), 5, 100_000), [(0, 0, 20_000), (9_000, 0, 20_000)])
    scene = replace(scene, base_stations=replace(scene.base_stations, **{column: np.array(values, dtype=float)}))
    with pytest.raises(InputError, match=f'{column}: .*method="exact"'):
        simulate_manifold(scene, ReceiverGrid(x_m=[3.0], y_m=[4.0]), method=LearnedManifoldEstimator(MODEL))


def test_low_stations_and_broken_shapes_are_refused():
    scene = as_scene(random_town(np.random.default_rng(1), 5, 100_000), [(0, 0, 20_000), (9_000, 0, 1_500)])
    grid = ReceiverGrid(x_m=[3.0], y_m=[4.0])
    with pytest.raises(InputError, match="height_m: base station row 1"):
        simulate_manifold(scene, grid, method=LearnedManifoldEstimator(MODEL))
    with pytest.raises(InputError, match="fading_m_los"):
        simulate_manifold(
            scene,
            replace(grid, height_m=0.0),
            method=LearnedManifoldEstimator(MODEL),
            channel=Channel(fading_m_los=1.5),
        )


def south_first(manifold, name):
    values = manifold.dataset[name].transpose(..., "y", "x")
    return values.sortby("y").values
