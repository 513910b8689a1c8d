"""Scenes on a GPU: the bodies of its kernels run by this processor, and the GPU itself where there is one.

Every test of the answers runs twice: on "host", where the bodies run as plain loops, and on "cuda", which
skips where there is no GPU.
"""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings

from radiocore import Channel, InputError, ReceiverGrid, _core
from radiocore.blockage import outdoors_on
from radiocore.cuda import DeviceScene, open_kernels
from radiocore.estimators.accelerated import AcceleratedSimulation, FarLinks
from radiocore.estimators.exact import ExactCoverage
from radiocore.estimators.traditional import TraditionalSimulation
from radiocore.links import Block, Estimate, Links, Receivers, unpacked
from radiocore.propagation.air_to_ground import AirToGround
from radiocore.propagation.power_law import power_law_mean_mw
from radiocore.propagation.terrain import Terrain, surroundings_of
from towns import as_scene, random_points, stations_of, tied_links, town_scene

THRESHOLD = np.array([0.25, 1.0, 4.0])


def cells_of(grid, first, count) -> Receivers:
    return Receivers(grid, first, count, np.full(-(-count // 8), 255, dtype=np.uint8))


def receivers_of(number: int) -> np.ndarray:
    rng = np.random.default_rng(6)
    receivers_mm = random_points(rng, number, 300_000, 30_000)
    receivers_mm[::2, 2] = 1500
    return receivers_mm


def traced_by_cpu(scene, stations, receivers_mm, max_distance_mm=-1):
    """(building, bits) by the engine that tests every building."""
    building = scene.city.buildings_at(receivers_mm, True, 0)
    hosts = (stations.host_start, stations.host_list)
    bits = scene.city.line_of_sight(
        receivers_mm, stations.position_mm, *hosts, building, "brute-force", max_distance_mm, 0
    )
    return building, bits


def links_by_cpu(scene, stations, receivers_mm, channel, los=None):
    if los is None:
        los = unpacked(traced_by_cpu(scene, stations, receivers_mm)[1], len(receivers_mm))
    mean_mw = power_law_mean_mw(receivers_mm, stations, channel, los, 0)
    server = _core.associate(mean_mw, 0)
    offset_m = (stations.position_mm[:, None, :2] - receivers_mm[None, :, :2]) / 1000
    reach_m = channel.max_interferer_distance_m or np.inf
    heard = (np.arange(len(stations))[:, None] == server) | (np.hypot(*offset_m.transpose(2, 0, 1)) <= reach_m)
    return Links(mean_mw, np.where(heard, mean_mw, 0.0), los, channel.shape_by_state, server)


def columns_of(links, stations, channel):
    """Links as the core's closed form and its Monte Carlo take them."""
    fading = (None, links.los, links.shape_by_state)
    return links.interference_mw, *fading, stations.load, links.server, channel.noise_mw, THRESHOLD


def hits_by_cpu(links, stations, channel, *, seed, draws, first_receiver):
    columns = columns_of(links, stations, channel)
    return _core.monte_carlo_hits(*columns, seed, draws, first_receiver, "automatic", 0)


def assert_served_alike(answer, links):
    np.testing.assert_array_equal(answer.server.numpy(), links.server)
    np.testing.assert_array_equal(answer.server_power_mw.numpy(), links.of_server(links.mean_mw, 0.0))
    np.testing.assert_array_equal(answer.server_los.numpy(), links.of_server(links.los, 0))


def assert_same_estimate(found: Estimate, expected: Estimate):
    for item in fields(Estimate):
        np.testing.assert_array_equal(getattr(found, item.name), getattr(expected, item.name), err_msg=item.name)


# ---- line of sight -------------------------------------------------------------------------------


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
@settings(max_examples=200, deadline=None)
@given(links=tied_links())
def test_traced_links_with_ties(host_building, links):
    prisms, receivers, stations_mm = links
    scene = as_scene(prisms, stations_mm, host_building)
    stations, receivers_mm = stations_of(scene), np.array(receivers, dtype=np.int64)
    traced = DeviceScene.of(scene.city, open_kernels("host", threads=1)).trace(receivers_mm, stations)
    building, bits = traced_by_cpu(scene, stations, receivers_mm)
    np.testing.assert_array_equal(traced.line_of_sight.numpy(), bits)
    np.testing.assert_array_equal(traced.building.numpy(), building)


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
@pytest.mark.parametrize("max_distance_mm", [-1, 0, 120_000])
@pytest.mark.parametrize("number", [1, 31, 1003])
def test_traced_links_of_a_town(kernels, host_building, max_distance_mm, number):
    scene = town_scene(host_building=host_building)
    stations, receivers_mm = stations_of(scene), receivers_of(number)
    traced = DeviceScene.of(scene.city, kernels()).trace(receivers_mm, stations, max_distance_mm=max_distance_mm)
    building, bits = traced_by_cpu(scene, stations, receivers_mm, max_distance_mm)
    np.testing.assert_array_equal(traced.line_of_sight.numpy(), bits)
    np.testing.assert_array_equal(traced.building.numpy(), building)


def assert_shadows_exact(kernels, scene, grid, first=0, count=None, max_distance_mm=-1):
    """Shadows over a stretch of a grid against every building asked for every link."""
    count = grid.size if count is None else count
    stations = stations_of(scene)
    traced = DeviceScene.of(scene.city, kernels).trace(
        cells_of(grid, first, count), stations, max_distance_mm=max_distance_mm
    )
    building, bits = traced_by_cpu(scene, stations, grid.position_mm(first, first + count), max_distance_mm)
    np.testing.assert_array_equal(traced.line_of_sight.numpy(), bits)
    np.testing.assert_array_equal(traced.building.numpy(), building)


@pytest.mark.parametrize("max_distance_mm", [-1, 100_000])
@pytest.mark.parametrize("height_m", [0.0, 1.5, 12.0, 60.0])
@pytest.mark.parametrize(("first", "count"), [(0, None), (137, 300), (40, 1)])
def test_shadows_over_a_grid(kernels, first, count, height_m, max_distance_mm):
    """Up to where receivers stand above antennas and roofs, with prisms that hang above them."""
    grid = ReceiverGrid.covering((-150, -140, 150, 140), 9.0, height_m)
    assert_shadows_exact(kernels(team_size=5), town_scene(), grid, first, count, max_distance_mm)


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
@settings(max_examples=300, deadline=None)
@given(links=tied_links())
def test_shadows_with_ties(host_building, links):
    """Walls through cell centres, antennas on walls, equal heights, holes: all on one small lattice."""
    prisms, receivers, stations_mm = links
    x_mm, y_mm, z_mm = zip(*receivers, strict=True)
    axes_m = []
    for axis_mm in (x_mm, y_mm):
        low, high = min(axis_mm), max(axis_mm)
        step = max((high - low) // 6, 1)
        axes_m.append(np.arange(low, high + 1, step)[:9] / 1000)
    grid = ReceiverGrid(*axes_m, height_m=z_mm[0] / 1000)
    assert_shadows_exact(open_kernels("host", threads=1), as_scene(prisms, stations_mm, host_building), grid)


def test_a_grid_beyond_the_lattice_or_a_stretch_beyond_the_grid_is_refused(kernels):
    scene = town_scene()
    device_scene, stations = DeviceScene.of(scene.city, kernels()), stations_of(scene)
    grid = ReceiverGrid.covering((0, 0, 100, 100), 10.0)
    with pytest.raises(InputError, match="beyond the grid"):
        device_scene.trace(cells_of(grid, 50, 51), stations)
    with pytest.raises(InputError, match="beyond the lattice"):
        device_scene.trace(np.array([[2**30, 0, 0]]), stations)
    links = device_scene.kernels.links_of_list(
        np.zeros((1, 3), np.int64),
        *(getattr(stations, name) for name in ("position_mm", "power_mw", "boresight")),
        stations.load,
        stations.host_start,
        stations.host_list,
    )
    with pytest.raises(InputError, match="not traced"):
        device_scene.kernels.cover_scene(links, (1.0, 1.0), (3.0, 2.0), (1.0, 2.0), 0.0, -1, THRESHOLD, True)


# ---- coverage of a scene -------------------------------------------------------------------------

CHANNELS = {
    "paper": Channel(),
    "exponents 3.7 and 2.2": Channel(path_loss_exponent_nlos=3.7, path_loss_exponent_los=2.2),
    "exponents 4 and 3, shapes 2 and 2": Channel(
        path_loss_exponent_nlos=4, path_loss_exponent_los=3, fading_m_nlos=2, fading_m_los=2
    ),
    "shapes 3 and 1": Channel(fading_m_los=3),
    "interference within 120 m": Channel(max_interferer_distance_m=120.0),
}


@pytest.mark.parametrize("sectors", [False, True])
@pytest.mark.parametrize("name", CHANNELS)
def test_closed_form_of_a_scene_is_that_of_the_cpu(kernels, name, sectors):
    scene, channel = town_scene(sectors=sectors), CHANNELS[name]
    stations, receivers_mm = stations_of(scene), receivers_of(203)
    links = links_by_cpu(scene, stations, receivers_mm, channel)
    expected = _core.closed_form(*columns_of(links, stations, channel), 0)
    traced = DeviceScene.of(scene.city, kernels()).trace(receivers_mm, stations)
    answer = traced.coverage(channel, THRESHOLD, double_precision=True)
    np.testing.assert_array_equal(answer.value.numpy(), expected)
    assert_served_alike(answer, links)


@pytest.mark.parametrize("shapes", [(1.0, 2.0), (3.0, 5.0), (0.6, 1.7)])
@pytest.mark.parametrize(("team_size", "draws"), [(1, 250), (7, 250), (32, 1), (128, 1001)])
def test_hits_of_a_scene_are_those_of_the_cpu(kernels, shapes, team_size, draws):
    scene = town_scene(sectors=True)
    channel = Channel(fading_m_nlos=shapes[0], fading_m_los=shapes[1], max_interferer_distance_m=150.0)
    stations, receivers_mm = stations_of(scene), receivers_of(60)
    links = links_by_cpu(scene, stations, receivers_mm, channel)
    expected = hits_by_cpu(links, stations, channel, seed=2**40 + 3, draws=draws, first_receiver=1000)
    traced = DeviceScene.of(scene.city, kernels(team_size=team_size)).trace(receivers_mm, stations)
    answer = traced.hits(channel, THRESHOLD, seed=2**40 + 3, draws=draws, first_receiver=1000)
    np.testing.assert_array_equal(answer.value.numpy(), expected)
    assert_served_alike(answer, links)


@pytest.mark.parametrize("radius_mm", [0, 100_000, -1])
def test_far_links_are_drawn_as_by_the_cpu(kernels, radius_mm):
    scene, channel = town_scene(), Channel()
    stations, receivers_mm = stations_of(scene), receivers_of(150)
    receivers_mm[:, 2] = 1500
    rng = np.random.default_rng(12)
    terrain = (np.maximum(rng.uniform(-30, 300, 150), 0.0), rng.uniform(2, 60, 150))  # in and out of the fitted box
    building, bits = traced_by_cpu(scene, stations, receivers_mm, radius_mm)
    probability = _core.line_of_sight_mixture(
        receivers_mm, stations.position_mm, unpacked(bits, 150), building, *terrain, radius_mm, 0
    )
    los = _core.drawn_line_of_sight(probability, 9, 70, 0)
    traced = DeviceScene.of(scene.city, kernels()).trace(receivers_mm, stations, max_distance_mm=radius_mm)
    traced.draw_far(*terrain, exact_radius_mm=radius_mm, seed=9, first_receiver=70)
    np.testing.assert_array_equal(unpacked(traced.line_of_sight.numpy(), 150), los)
    links = links_by_cpu(scene, stations, receivers_mm, channel, los)
    expected = hits_by_cpu(links, stations, channel, seed=9, draws=100, first_receiver=70)
    answer = traced.hits(channel, THRESHOLD, seed=9, draws=100, first_receiver=70)
    np.testing.assert_array_equal(answer.value.numpy(), expected)


@pytest.mark.parametrize("stations", [12, 7, 80])
@pytest.mark.parametrize("double_precision", [False, True])
@pytest.mark.parametrize("name", CHANNELS)
def test_coverage_of_a_grid_is_that_of_the_cpu_pass(kernels, name, double_precision, stations):
    """Line of sight as the CPU found it, and the fused pass of the CPU, in both precisions."""
    scene, channel = town_scene(stations, sectors=stations > 7, sector_load=1.0), CHANNELS[name]
    grid = ReceiverGrid.covering((-150, -140, 150, 140), 20.0)
    stations, first, count = stations_of(scene), 33, 120
    _, bits = traced_by_cpu(scene, stations, grid.position_mm(first, first + count))
    block = Block(cells_of(grid, first, count), bits, None)
    estimator = ExactCoverage(double_precision)
    expected = estimator.estimate(block, stations, channel, THRESHOLD, seed=0, threads=0)
    on_device = DeviceScene.of(scene.city, kernels())
    found = on_device.exact(block, stations, channel, THRESHOLD, double_precision=double_precision)
    assert_same_estimate(found, expected)


@pytest.mark.parametrize(
    "estimator",
    [
        ExactCoverage(),
        ExactCoverage(double_precision=True),
        TraditionalSimulation(draws=100),
        AcceleratedSimulation(draws=100, exact_radius_m=60.0),
        AcceleratedSimulation(draws=100, exact_radius_m=np.inf),
    ],
    ids=repr,
)
def test_estimates_are_those_of_the_cpu(kernels, estimator):
    """A block as simulate_manifold makes it, to the estimator and to the device."""
    scene, channel = town_scene(sectors=True), Channel()
    grid = ReceiverGrid.covering((-150, -140, 150, 140), 11.0)
    stations = stations_of(scene)
    bits = traced_by_cpu(scene, stations, grid.position_mm(), estimator.trace_distance_mm)[1]
    inside = unpacked(outdoors_on(scene.city, grid), grid.size) == 0
    assert inside.any()
    first, count = 80, 200
    here = np.packbits(~inside[first : first + count], bitorder="little")
    terrain = Terrain(*np.random.default_rng(4).uniform(30, 45, (2, count)))
    place = FarLinks(AirToGround(), surroundings_of(scene.buildings), terrain)
    block = Block(Receivers(grid, first, count, here), np.ascontiguousarray(bits[:, 10:35]), place)
    expected = estimator.estimate(block, stations, channel, THRESHOLD, seed=11, threads=0)
    on_device = DeviceScene.of(scene.city, kernels())
    if isinstance(estimator, ExactCoverage):
        found = on_device.exact(block, stations, channel, THRESHOLD, double_precision=estimator.double_precision)
    else:
        radius_mm = getattr(estimator, "trace_distance_mm", -1)
        found = on_device.sampled(block, stations, channel, THRESHOLD, draws=100, seed=11, exact_radius_mm=radius_mm)
    assert_same_estimate(found, expected)
