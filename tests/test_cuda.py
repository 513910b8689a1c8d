"""Kernels of the GPU: their bodies run by this processor, and the GPU itself where there is one.

Every test of the answers runs twice: on "host", where the bodies run as plain loops, and on "cuda", which
skips where there is no GPU.
"""

import numpy as np
import pytest
from hypothesis import given, settings

from radiocore import (
    BaseStations,
    Channel,
    InputError,
    ReceiverGrid,
    Scene,
    _core,
    coverage_probability,
)
from radiocore.blockage import hosts_of, outdoors_on
from radiocore.coverage import (
    as_thresholds,
    coverage_by_kernels,
    sampled_by_kernels,
    share_and_error,
    simulated_coverage_probability,
)
from radiocore.cuda import DeviceScene, open_kernels
from radiocore.device_array import DeviceArray
from radiocore.estimators.accelerated import AcceleratedSimulation
from radiocore.estimators.exact import ExactCoverage
from radiocore.estimators.traditional import TraditionalSimulation
from radiocore.links import Block, CarrierStations, Links, Receivers, unpacked
from towns import as_buildings, as_scene, random_points, random_town, tied_links

THRESHOLD = np.array([0.25, 1.0, 4.0])


def town_scene(
    stations: int = 12, sectors: bool = False, host_building: str = "transparent", sector_load: float = 0.5
) -> Scene:
    """Raised bases, courtyards, overlaps, antennas inside and above; every third a sector and partly loaded."""
    rng = np.random.default_rng(5)
    prisms = random_town(rng, buildings=40, side_mm=300_000)
    x_m, y_m, height_m = random_points(rng, stations, 300_000, 45_000, lowest_mm=3000).T / 1000
    azimuth = np.where(np.arange(stations) % 3 == 0, 40.0 * np.arange(stations) % 360, np.nan)
    extra = {"azimuth_deg": azimuth, "load": np.where(np.isnan(azimuth), 1.0, sector_load)} if sectors else {}
    return Scene(as_buildings(prisms), BaseStations(x_m=x_m, y_m=y_m, height_m=height_m, **extra), host_building)


def stations_of(scene) -> CarrierStations:
    return CarrierStations.of(scene.base_stations, hosts_of(scene), np.arange(len(scene.base_stations)))


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


def law_of(channel):
    return (
        (channel.gain_at_1m_nlos, channel.gain_at_1m_los),
        (channel.path_loss_exponent_nlos, channel.path_loss_exponent_los),
    )


def links_by_cpu(scene, stations, receivers_mm, channel, los=None):
    if los is None:
        los = unpacked(traced_by_cpu(scene, stations, receivers_mm)[1], len(receivers_mm))
    ends = (receivers_mm, stations.position_mm)
    mean_mw = _core.mean_power_mw(*ends, stations.power_mw, stations.boresight, los, *law_of(channel), 0)
    server = _core.associate(mean_mw, 0)
    offset_m = (stations.position_mm[:, None, :2] - receivers_mm[None, :, :2]) / 1000
    reach_m = channel.max_interferer_distance_m or np.inf
    heard = (np.arange(len(stations))[:, None] == server) | (np.hypot(*offset_m.transpose(2, 0, 1)) <= reach_m)
    shapes = (channel.fading_m_nlos, channel.fading_m_los)
    return Links(mean_mw, np.where(heard, mean_mw, 0.0), los, shapes, server)


def hits_by_cpu(links, stations, channel, *, seed, draws, first_receiver):
    given = (links.interference_mw, None, links.los, links.shape_by_state, stations.load, links.server)
    return _core.monte_carlo_hits(*given, channel.noise_mw, THRESHOLD, seed, draws, first_receiver, "automatic", 0)


def assert_served_alike(answer, links):
    np.testing.assert_array_equal(answer.server.numpy(), links.server)
    np.testing.assert_array_equal(answer.server_power_mw.numpy(), links.of_server(links.mean_mw, 0.0))
    np.testing.assert_array_equal(answer.server_los.numpy(), links.of_server(links.los, 0))


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
    expected = _core.closed_form(
        links.interference_mw,
        None,
        links.los,
        links.shape_by_state,
        stations.load,
        links.server,
        channel.noise_mw,
        THRESHOLD,
        0,
    )
    answer = (
        DeviceScene.of(scene.city, kernels())
        .trace(receivers_mm, stations)
        .coverage(channel, THRESHOLD, double_precision=True)
    )
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
    reach_m = channel.max_interferer_distance_m
    columns = (stations.position_mm, stations.power_mw, stations.boresight, stations.load, bits)
    expected = _core.coverage_on_grid(
        _core.ReceiverGrid(*grid.lattice_mm),
        first,
        count,
        *columns,
        *law_of(channel),
        (channel.fading_m_nlos, channel.fading_m_los),
        -1 if reach_m is None else round(reach_m * 1000),
        channel.noise_mw,
        THRESHOLD,
        double_precision,
        0,
    )
    on_device = DeviceScene.of(scene.city, kernels()).traced(cells_of(grid, first, count), stations, bits)
    answer = on_device.coverage(channel, THRESHOLD, double_precision=double_precision)
    found = (answer.value, answer.server, answer.server_power_mw, answer.server_los)
    for part, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part.numpy(), wanted)


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
    terrain = tuple(np.random.default_rng(4).uniform(30, 45, (2, count)))
    block = Block(Receivers(grid, first, count, here), np.ascontiguousarray(bits[:, 10:35]), terrain)
    expected = estimator.estimate(block, stations, channel, THRESHOLD, seed=11, threads=0)
    on_device = DeviceScene.of(scene.city, kernels())
    if isinstance(estimator, ExactCoverage):
        found = on_device.exact(block, stations, channel, THRESHOLD, double_precision=estimator.double_precision)
    else:
        radius_mm = getattr(estimator, "trace_distance_mm", -1)
        found = on_device.sampled(block, stations, channel, THRESHOLD, draws=100, seed=11, exact_radius_mm=radius_mm)
    for name in ("coverage", "standard_error", "server", "server_power_mw", "server_los"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


# ---- given links ---------------------------------------------------------------------------------


def given_links(shapes, receivers=90, stations=11):
    """Means over ten decades, one station off, one receiver served by nobody, some links equal."""
    rng = np.random.default_rng(8)
    mean_mw = 10 ** rng.uniform(-12, -2, (receivers, stations))
    mean_mw[:, 3] = 0.0
    mean_mw[5] = 0.0
    mean_mw[6] = mean_mw[6, 0]
    fading_m = rng.choice(shapes, mean_mw.shape)
    fading_m[np.arange(receivers), mean_mw.argmax(axis=1)] = shapes[0]
    return mean_mw, fading_m


SHAPES = {"1 and 2": (1.0, 2.0), "whole": (2.0, 1.0, 4.0), "larger servers": (3.0, 1.0), "any": (5.0, 0.5, 7.25)}


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("budget_bytes", [1, 3000, 2**20])
def test_given_links_are_streamed_in_tiles(kernels, shapes, budget_bytes):
    links = given_links(SHAPES[shapes])
    on = kernels(budget_bytes=budget_bytes)
    found = coverage_by_kernels(on, *links, 1e-6, *as_thresholds([-3.0, 3.0]))
    np.testing.assert_array_equal(found, coverage_probability(*links, noise_mw=1e-6, threshold_db=[-3.0, 3.0]))
    found = sampled_by_kernels(on, *links, 1e-6, *as_thresholds(1.0), 7, 130)
    expected = simulated_coverage_probability(*links, noise_mw=1e-6, threshold_db=1.0, draws=130, seed=7)
    for part, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part, wanted)


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_given_links_on_the_device_stay_there(kernels, shapes, order):
    mean_mw, fading_m = given_links(SHAPES[shapes])
    on = kernels()
    columns = [on_device(on, values, order) for values in (mean_mw, fading_m)]
    found = coverage_by_kernels(on, *columns, 1e-6, *as_thresholds([-3.0, 3.0]))
    assert isinstance(found, DeviceArray)
    expected = coverage_probability(mean_mw, fading_m, noise_mw=1e-6, threshold_db=[-3.0, 3.0])
    np.testing.assert_array_equal(found.numpy(), expected)
    share, error = sampled_by_kernels(on, *columns, 1e-6, *as_thresholds(1.0), 7, 130)
    expected = simulated_coverage_probability(mean_mw, fading_m, noise_mw=1e-6, threshold_db=1.0, draws=130, seed=7)
    np.testing.assert_array_equal(share.numpy(), expected[0])
    np.testing.assert_array_equal(error.numpy(), expected[1])


def on_device(kernels, values, order="C"):
    """(R, S) values in the memory of a device, row by row or (as another library's view) column by column."""
    if order == "C":
        return DeviceArray(kernels.upload(values), np.float64, values.shape)
    if kernels.on_gpu:
        return pytest.importorskip("cupy").asarray(values, order="F")
    return ForeignView(np.asfortranarray(values))


class ForeignView:
    """An array that is known by DLPack only."""

    def __init__(self, values):
        self.values = values

    def __dlpack__(self, **options):
        return self.values.__dlpack__()

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


@pytest.mark.parametrize("fading_m", [2.0, 1, "column", "row"])
def test_shapes_on_the_device_are_broadcast(kernels, fading_m):
    mean_mw, _ = given_links((1.0,))
    on = kernels()
    shapes = {"column": np.full((len(mean_mw), 1), 2.0), "row": np.full(mean_mw.shape[1], 2.0)}.get(fading_m, fading_m)
    given_shapes = shapes if np.ndim(shapes) == 0 else on_device(on, shapes)
    found = coverage_by_kernels(on, on_device(on, mean_mw), given_shapes, 0.0, *as_thresholds(0.0))
    np.testing.assert_array_equal(found.numpy(), coverage_probability(mean_mw, shapes, noise_mw=0.0, threshold_db=0.0))


@pytest.mark.parametrize("on_the_device", [False, True])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda mean, shape: mean.__setitem__((4, 2), -1.0), "mean_power_mw: receiver 4, station 2 is"),
        (lambda mean, shape: mean.__setitem__((4, 2), np.nan), "mean_power_mw: receiver 4, station 2 is"),
        (lambda mean, shape: mean.__setitem__((4, 2), np.inf), "mean_power_mw: receiver 4, station 2 is"),
        (lambda mean, shape: shape.__setitem__((4, 2), 0.0), "fading_m: a shape is not a positive finite number"),
        (lambda mean, shape: shape.__setitem__((4, 2), np.nan), "fading_m: a shape is not a positive finite number"),
        (lambda mean, shape: shape.__setitem__(7, 1.5), "serving link of receiver 7"),
        (lambda mean, shape: shape.__setitem__(7, 65.0), "serving link of receiver 7"),
    ],
)
def test_what_the_cpu_refuses_a_device_refuses(kernels, change, message, on_the_device):
    mean_mw, fading_m = given_links((1.0,))
    change(mean_mw, fading_m)
    with pytest.raises(InputError, match=message):
        coverage_probability(mean_mw, fading_m, noise_mw=0.0, threshold_db=0.0)
    on = kernels()
    links = [on_device(on, values) for values in (mean_mw, fading_m)] if on_the_device else (mean_mw, fading_m)
    with pytest.raises(InputError, match=message):
        coverage_by_kernels(on, *links, 0.0, *as_thresholds(0.0))


def test_links_of_nobody(kernels):
    """No receivers, or no stations: answers of no length, or of nothing served."""
    on = kernels()
    none = coverage_by_kernels(on, np.ones((0, 3)), 1.0, 0.0, *as_thresholds(0.0))
    assert none.shape == (0,)
    unserved = coverage_by_kernels(on, np.ones((4, 0)), 1.0, 0.0, *as_thresholds(0.0))
    np.testing.assert_array_equal(unserved, np.zeros(4))


def test_many_stations_overflow_shared_memory(kernels):
    rng = np.random.default_rng(3)
    mean_mw = 10 ** rng.uniform(-9, -3, (3, 4000))
    found, _ = sampled_by_kernels(kernels(), mean_mw, 1.0, 0.0, *as_thresholds(-20.0), 1, 8)
    expected, _ = simulated_coverage_probability(mean_mw, 1.0, noise_mw=0.0, threshold_db=-20.0, draws=8, seed=1)
    np.testing.assert_array_equal(found, expected)


def test_share_and_error_on_the_device(kernels):
    on = kernels()
    hits = np.arange(101, dtype=np.int64)
    found = on.share_and_error(on.upload(hits), 100)
    for memory, expected in zip(found, share_and_error(hits, 100), strict=True):
        np.testing.assert_array_equal(DeviceArray(memory, np.float64, (101,)).numpy(), expected)


@pytest.mark.parametrize("off_by", [-1, 0, 1])
def test_quotient_of_the_logarithm_is_the_rounded_one(off_by):
    """All 2^23 arguments, from a reciprocal that is off by so many units in the last place."""
    root_half = np.float32(0.5**0.5).view(np.uint32)
    for first in range(0, 2**23, 2**21):
        m = (root_half + np.arange(first, first + 2**21, dtype=np.uint32)).view(np.float32)
        f = m - np.float32(1)
        d = np.float32(2) + f
        reciprocal = ((np.float32(1) / d).view(np.int32) + off_by).view(np.float32)
        np.testing.assert_array_equal(_core.quotient_from(reciprocal, f, d), f / d)


# ---- the GPU itself ---------------------------------------------------------------------------


def test_numpy_in_numpy_out_on_the_gpu(gpu):
    links = given_links((1.0, 2.0))
    settings_ = {"noise_mw": 1e-6, "threshold_db": [-3.0, 3.0]}
    found = coverage_probability(*links, **settings_, device="cuda")
    np.testing.assert_array_equal(found, coverage_probability(*links, **settings_))
    found = simulated_coverage_probability(*links, **settings_, device="cuda")
    np.testing.assert_array_equal(found, simulated_coverage_probability(*links, **settings_))


@pytest.mark.parametrize("library", ["cupy", "torch"])
def test_arrays_of_other_libraries_stay_on_the_gpu(gpu, library):
    module = pytest.importorskip(library)
    links = given_links((1.0, 2.0))
    if library == "cupy":
        lent, taken = [module.asarray(values) for values in links], module.asarray
    else:
        lent, taken = [module.from_numpy(values).cuda() for values in links], module.from_dlpack
    found = coverage_probability(*lent, noise_mw=1e-6, threshold_db=0.0)
    expected = coverage_probability(*links, noise_mw=1e-6, threshold_db=0.0)
    back = taken(found)
    pointer = back.data.ptr if library == "cupy" else back.data_ptr()
    assert pointer == found.__cuda_array_interface__["data"][0]
    np.testing.assert_array_equal(back.get() if library == "cupy" else back.cpu().numpy(), expected)
    share, error = simulated_coverage_probability(*lent, noise_mw=1e-6, threshold_db=0.0, draws=99)
    expected = simulated_coverage_probability(*links, noise_mw=1e-6, threshold_db=0.0, draws=99)
    np.testing.assert_array_equal(share.numpy(), expected[0])
    np.testing.assert_array_equal(error.numpy(), expected[1])
