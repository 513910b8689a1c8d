"""What must hold for whole maps: agreement of the methods, stable bytes, order, thresholds."""

from itertools import product

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
    coverage_probability,
    inside_buildings,
    line_of_sight,
    simulate_manifold,
)
from radiocore.estimators import ExactCoverage
from reference import coverage as reference
from towns import as_buildings, as_scene, link_powers_mw, random_points, random_town, receivers_m, same_bytes

METHODS = ("traditional", "accelerated", "exact")
OPTIONS = {"draws": 200, "exact_radius_m": 60.0, "neighbourhood_radius_m": 100.0, "seed": 4}
NO_NOISE = Channel(noise_dbm=-np.inf)
IN_DOUBLE = ExactCoverage(double_precision=True)


@pytest.fixture(scope="module")
def scene():
    rng = np.random.default_rng(41)
    return as_scene(random_town(rng, 40, 200_000), random_points(rng, 7, 200_000, 40_000, lowest_mm=15_000))


@pytest.fixture(scope="module")
def grid():
    return ReceiverGrid(x_m=np.arange(-90.0, 91.0, 12.0), y_m=np.arange(-80.0, 81.0, 16.0))


def columns(manifold, name="coverage"):
    """(R,) or (T, R) in the order of the grid's receivers."""
    values = manifold.dataset[name].values[..., ::-1, :]
    return values.reshape(*values.shape[:-2], -1)


def test_exact_is_the_closed_form_of_every_link(scene, grid):
    channel = Channel()
    receivers = receivers_m(grid)
    sight = line_of_sight(scene, receivers, engine="brute-force")
    los, nlos = link_powers_mw(scene, grid, channel)
    mean_power, fading_m = np.where(sight, los, nlos), np.where(sight, 2.0, 1.0)
    manifold = simulate_manifold(scene, grid, method=IN_DOUBLE, threshold_db=[0.0, 6.0])
    expected = coverage_probability(mean_power, fading_m, noise_mw=channel.noise_mw, threshold_db=[0.0, 6.0])
    np.testing.assert_allclose(columns(manifold), expected, atol=1e-11)
    for i in range(0, grid.size, 7):
        many_digits = reference.coverage(mean_power[i], fading_m[i], channel.noise_mw, 6.0)
        assert columns(manifold)[1, i] == pytest.approx(many_digits, abs=1e-11)
    server = mean_power.argmax(axis=1)
    np.testing.assert_array_equal(columns(manifold, "server"), server)
    rows = np.arange(grid.size)
    np.testing.assert_array_equal(columns(manifold, "server_line_of_sight"), sight[rows, server])
    power_dbm = 10 * np.log10(mean_power[rows, server])
    np.testing.assert_allclose(columns(manifold, "server_power_dbm"), power_dbm, atol=1e-9)
    np.testing.assert_array_equal(columns(manifold, "outdoor"), inside_buildings(scene, receivers) < 0)


def test_traditional_agrees_with_exact(scene, grid):
    exact = columns(simulate_manifold(scene, grid, threshold_db=[0.0, 6.0]))
    sampled = simulate_manifold(scene, grid, method="traditional", threshold_db=[0.0, 6.0], draws=4000, seed=1)
    error = np.maximum(np.sqrt(exact * (1 - exact) / 4000), 1e-4)
    z = (columns(sampled) - exact) / error
    assert np.abs(z).max() < 4.5
    assert abs(z.mean()) < 4 / np.sqrt(grid.size)
    assert "standard_error" in sampled.dataset


@pytest.mark.parametrize("method", METHODS)
def test_threads_and_blocks_do_not_change_a_byte(scene, grid, method):
    first = simulate_manifold(scene, grid, method=method, threads=1, block_size=grid.size, **OPTIONS)
    for threads in (1, 2, 4):
        for block_size in (1, 7, 64, 1000, None):
            again = simulate_manifold(scene, grid, method=method, threads=threads, block_size=block_size, **OPTIONS)
            assert same_bytes(first, again), (threads, block_size)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("named", [False, True])
def test_the_order_of_stations_does_not_change_a_byte(scene, grid, method, named):
    stations = scene.base_stations
    if named:
        names = [f"mast {(5 * row) % 7}" for row in range(len(stations))]
        stations = BaseStations(stations.x_m, stations.y_m, stations.height_m, id=names)
    first = simulate_manifold(Scene(scene.buildings, stations), grid, method=method, **OPTIONS)
    for seed in range(3):
        order = np.random.default_rng(seed).permutation(len(stations))
        turned = Scene(scene.buildings, stations.select(order), receiver_bounds_m=scene.receiver_bounds_m)
        again = simulate_manifold(turned, grid, method=method, **OPTIONS)
        assert first.dataset["coverage"].values.tobytes() == again.dataset["coverage"].values.tobytes()
        np.testing.assert_array_equal(columns(first, "server"), order[columns(again, "server")])


@pytest.mark.parametrize("channel", [Channel(), NO_NOISE, Channel(fading_m_los=4, fading_m_nlos=3)])
def test_single_precision_stays_within_its_bound(scene, grid, channel):
    thresholds_db = [-10.0, 0.0, 10.0]
    single, double = (
        simulate_manifold(scene, grid, method=method, channel=channel, threshold_db=thresholds_db)
        for method in ("exact", IN_DOUBLE)
    )
    bound = ExactCoverage().rounding_bound(len(scene.base_stations), channel)
    assert bound < 5e-6
    assert np.abs(columns(single) - columns(double)).max() <= bound
    for name in ("server", "server_power_dbm", "server_line_of_sight"):
        np.testing.assert_array_equal(columns(single, name), columns(double, name))


@pytest.mark.parametrize("method", METHODS)
def test_raising_the_threshold_never_adds_coverage(scene, grid, method):
    thresholds_db = np.linspace(-15, 25, 21)
    found = columns(simulate_manifold(scene, grid, method=method, threshold_db=thresholds_db, **OPTIONS))
    assert found.shape == (21, grid.size)
    rounding = 2 * ExactCoverage().rounding_bound(len(scene.base_stations), Channel()) if method == "exact" else 0.0
    assert (np.diff(found, axis=0) <= rounding).all()
    alone = columns(simulate_manifold(scene, grid, method=method, threshold_db=float(thresholds_db[3]), **OPTIONS))
    np.testing.assert_array_equal(alone, found[3])


def test_the_seed_matters_where_there_are_dice(scene, grid):
    for method in METHODS:
        maps = [simulate_manifold(scene, grid, method=method, **{**OPTIONS, "seed": seed}) for seed in (1, 2)]
        coverages = [columns(one) for one in maps]
        assert np.array_equal(*coverages) == (method == "exact")


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 6), st.integers(0, 2**32 - 1))
def test_equidistant_stations_are_counted_once(number, seed):
    """Stations on a circle around the receiver: one serves, the others interfere, whoever it is."""
    directions = [(3, 4), (4, 3), (-3, 4), (3, -4), (-4, -3), (5, 0)]
    x_m, y_m = 10.0 * np.random.default_rng(seed).permutation(directions)[:number].T
    scene = Scene(as_buildings([]), BaseStations(x_m, y_m))
    grid = ReceiverGrid(x_m=[0.0], y_m=[0.0])
    found = columns(simulate_manifold(scene, grid, channel=NO_NOISE))[0]
    assert found == pytest.approx(reference.coverage([1.0] * number, [2] * number, 0.0, 0.0), abs=1e-12)
    if number == 2:
        assert found == pytest.approx(0.5, abs=1e-12)


def test_indoors_all_links_are_blocked(grid):
    rng = np.random.default_rng(42)
    scene = as_scene(random_town(rng, 80, 200_000), random_points(rng, 5, 200_000, 40_000, lowest_mm=15_000))
    receivers = receivers_m(grid)
    indoors = inside_buildings(scene, receivers) >= 0
    assert 0.1 < indoors.mean() < 0.9
    channel = Channel()
    _, nlos = link_powers_mw(scene, grid, channel)
    expected = coverage_probability(nlos[indoors], 1.0, noise_mw=channel.noise_mw, threshold_db=0.0)
    for method in (IN_DOUBLE, "traditional", "accelerated"):
        manifold = simulate_manifold(scene, grid, method=method, **{**OPTIONS, "draws": 2000})
        found = columns(manifold)[indoors]
        error = 1e-11 if method is IN_DOUBLE else 4.5 * np.sqrt(expected * (1 - expected) / 2000) + 1e-3
        assert (np.abs(found - expected) <= error).all(), method
        assert not columns(manifold, "server_line_of_sight")[indoors].any()
    masked = ReceiverGrid(grid.x_m, grid.y_m, indoor="masked")
    found = columns(simulate_manifold(scene, masked))
    np.testing.assert_array_equal(np.isnan(found), indoors)


def test_far_interferers_may_be_left_out(scene, grid):
    reach_m = 90.0
    channel = Channel(max_interferer_distance_m=reach_m)
    receivers = receivers_m(grid)
    sight = line_of_sight(scene, receivers)
    los, nlos = link_powers_mw(scene, grid, channel)
    mean_power, fading_m = np.where(sight, los, nlos), np.where(sight, 2.0, 1.0)
    stations = scene.base_stations
    distance = np.hypot(receivers[:, :1] - stations.x_m, receivers[:, 1:2] - stations.y_m)
    serves = mean_power == mean_power.max(axis=1, keepdims=True)
    kept = np.where(serves | (distance <= reach_m), mean_power, 0.0)
    expected = coverage_probability(kept, fading_m, noise_mw=channel.noise_mw, threshold_db=0.0)
    found = columns(simulate_manifold(scene, grid, channel=channel, method=IN_DOUBLE))
    np.testing.assert_allclose(found, expected, atol=1e-11)


def test_load_is_the_chance_to_interfere():
    """Every subset of transmitting interferers in turn; the server always transmits."""
    load = np.array([0.2, 0.9, 0.0, 0.5])
    x_m = [0.0, 120.0, -150.0, 90.0]
    scene = Scene(as_buildings([]), BaseStations(x_m, [30.0, 80.0, 0.0, -140.0], load=load))
    grid = ReceiverGrid(x_m=[0.0, 40.0, 80.0], y_m=[0.0])
    channel = Channel()
    expected = []
    for mean_power in link_powers_mw(scene, grid, channel)[0]:
        server, total = mean_power.argmax(), 0.0
        for on in product((False, True), repeat=4):
            chances = np.delete(np.where(on, load, 1 - load), server)
            if on[server] and chances.all():
                powers = np.where(on, mean_power, 0.0)
                total += chances.prod() * reference.coverage(powers, [2] * 4, channel.noise_mw, 0.0)
        expected.append(total)
    np.testing.assert_allclose(columns(simulate_manifold(scene, grid)), expected, atol=1e-12)
    found = columns(simulate_manifold(scene, grid, method="traditional", draws=40_000))
    np.testing.assert_allclose(found, expected, atol=4 * 0.5 / 200)


def test_links_shorter_than_a_metre_are_refused():
    scene = Scene(as_buildings([]), BaseStations(x_m=[0.0], y_m=[0.0], height_m=2.0))
    grid = ReceiverGrid(x_m=[0.0], y_m=[0.0], height_m=1.5)
    for method in METHODS:
        with pytest.raises(InputError, match="1 m"):
            simulate_manifold(scene, grid, method=method)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"method": "exat"}, "exact"),
        ({"draws": 0, "method": "traditional"}, "draws"),
        ({"seed": -1, "method": "traditional"}, "seed"),
        ({"threads": 0}, "threads"),
        ({"threshold_db": [0.0, np.nan]}, "threshold_db"),
        ({"block_size": 0}, "block_size"),
    ],
)
def test_arguments_that_cannot_be_used(scene, grid, options, says):
    with pytest.raises(InputError, match=says):
        simulate_manifold(scene, grid, **options)
