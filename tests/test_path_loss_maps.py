"""Maps by a path-loss model in place of the power law."""

import itertools
import json
import math
import operator
from dataclasses import dataclass, replace

import numpy as np
import pytest

from radiocore import (
    BaseStations,
    Channel,
    ConfigError,
    InputError,
    ReceiverGrid,
    Scene,
    line_of_sight,
    simulate_manifold,
)
from radiocore.config import RunConfig
from radiocore.estimators import AcceleratedSimulation, ExactCoverage, TraditionalSimulation
from radiocore.estimators.stochastic_geometry import StochasticGeometryEstimator
from radiocore.propagation.cost231_hata import Cost231Hata
from radiocore.propagation.crc_mlpl import CrcMlpl
from radiocore.propagation.crc_path_obscura import CrcPathObscura
from radiocore.propagation.free_space import FreeSpace
from radiocore.propagation.itu_p2109 import BuildingEntryLoss
from radiocore.propagation.log_distance import LogDistance
from radiocore.propagation.loss_model import PathLossModel
from radiocore.propagation.obstacle_profile import PROFILE_COLUMNS, profile_columns
from radiocore.propagation.tr38901_line_of_sight import Tr38901LineOfSight
from radiocore.propagation.tr38901_rma import RuralMacro
from radiocore.propagation.tr38901_uma import UrbanMacro
from radiocore.simulate import received_power_dbm
from reference import geometry, link_features
from towns import as_scene, random_town, same_bytes
from weights_files import write_weights

FREQUENCY_MHZ = 2100.0


@pytest.fixture(scope="module")
def town():
    """Some stations are sectors; all stand above 10 m, and none over a receiver of the grid."""
    scene = Scene.synthetic("urban", side_m=400.0, stations_per_km2=40.0, seed=4)
    stations = scene.base_stations
    azimuth_deg = np.where(np.arange(len(stations)) % 2 == 0, np.nan, 70.0)
    return replace(scene, base_stations=replace(stations, azimuth_deg=azimuth_deg, frequency_mhz=FREQUENCY_MHZ))


@pytest.fixture(scope="module")
def grid(town):
    return ReceiverGrid.over(town, 20.0)


def coverage(town, grid, channel, method="exact", **options):
    return simulate_manifold(town, grid, method=method, channel=channel, threshold_db=[0, 5], progress=False, **options)


def twins(**options):
    """One law written twice: as the power law of the paper, and as a log-distance model at the stations' frequency."""
    at_1_m_db = float(FreeSpace().loss_db(frequency_mhz=FREQUENCY_MHZ, distance_3d_m=1.0))
    law = {"path_loss_exponent_los": 2.1, "path_loss_exponent_nlos": 3.4}
    gain = {"gain_at_1m_db_los": -at_1_m_db, "gain_at_1m_db_nlos": -at_1_m_db}
    return Channel(**law, **gain, **options), Channel(path_loss=LogDistance(2.1, 3.4), **options)


@pytest.mark.parametrize(
    "method",
    [
        ExactCoverage(double_precision=True),
        TraditionalSimulation(draws=50),
        AcceleratedSimulation(draws=50, exact_radius_m=80.0),
        AcceleratedSimulation(far_links="averaged", exact_radius_m=80.0),
        "convolutional",
    ],
    ids=["exact", "traditional", "drawn", "averaged", "convolutional"],
)
def test_log_distance_is_the_power_law_by_another_name(town, grid, method):
    power_law, model = (coverage(town, grid, channel, method).dataset for channel in twins())
    np.testing.assert_allclose(model["coverage"], power_law["coverage"], atol=1e-9)
    np.testing.assert_array_equal(model["server"], power_law["server"])
    np.testing.assert_allclose(model["server_power_dbm"], power_law["server_power_dbm"], atol=1e-9)
    assert 0.05 < float(model["coverage"].mean()) < 0.95


def test_far_interferers_are_left_out_as_by_the_power_law(town, grid):
    exact = ExactCoverage(double_precision=True)
    near, near_model = (coverage(town, grid, one, exact).dataset for one in twins(max_interferer_distance_m=120.0))
    np.testing.assert_allclose(near_model["coverage"], near["coverage"], atol=1e-9)
    assert (near["coverage"] > coverage(town, grid, twins()[0], exact).dataset["coverage"]).any()


def test_received_power_is_radiated_power_less_the_loss(town):
    isotropic = replace(town, base_stations=replace(town.base_stations, azimuth_deg=np.nan))
    receivers = np.array([[100.3, 100.7, 1.5], [250.2, 333.3, 1.5]])
    stations, model = isotropic.base_stations, UrbanMacro(extrapolate=True)
    found = received_power_dbm(isotropic, receivers, channel=Channel(path_loss=model))
    los = line_of_sight(isotropic, receivers)
    for receiver, (x, y, z) in enumerate(receivers):
        loss_db = model.loss_db(
            frequency_mhz=FREQUENCY_MHZ,
            distance_2d_m=np.hypot(stations.position_mm[:, 0] / 1e3 - x, stations.position_mm[:, 1] / 1e3 - y),
            transmitter_height_m=stations.height_m,
            receiver_height_m=z,
            is_los=los[receiver],
        )
        assert found[receiver] == pytest.approx(stations.power_dbm - loss_db, abs=1e-9)


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
def test_a_network_that_counts_what_stands_on_a_link_against_a_plain_loop(tmp_path, host_building):
    """Obstruction by rational numbers, free space and the network by hand, link by link."""
    weights = write_weights(tmp_path / "net.json", CrcMlpl.names_in_file, 1)
    channel = Channel(path_loss=CrcMlpl(weights, extrapolate=True))
    prisms = random_town(np.random.default_rng(7), buildings=6, side_mm=120_000)
    stations_mm = [(5_000, 7_000, 31_000), (-40_000, 20_500, 12_000), (61_003, -8_107, 22_000)]
    scene = as_scene(prisms, stations_mm, host_building)
    scene = replace(scene, base_stations=replace(scene.base_stations, frequency_mhz=FREQUENCY_MHZ))
    grid = ReceiverGrid(np.arange(-50.0, 51.0, 20.0), np.arange(-50.0, 51.0, 20.0))
    document, obstructed = json.loads(weights.read_text()), 0
    expected = np.empty((len(grid.x_m) * len(grid.y_m), len(stations_mm)))
    for row, (y, x) in enumerate(itertools.product(grid.y_m, grid.x_m)):
        for station, station_mm in enumerate(stations_mm):
            receiver_mm = (round(1000 * x), round(1000 * y), 1500)
            obstruction_m = link_features.exactly(prisms, station_mm, receiver_mm, host_building)[2]
            obstructed += obstruction_m > 0
            distance_m = math.dist(station_mm, receiver_mm) / 1000
            values = [(v - 100.0) / 1000.0 for v in (FREQUENCY_MHZ, distance_m, obstruction_m)]
            for number, layer in enumerate(document["layers"], 1):
                columns = zip(*layer["W"], strict=True)
                values = [sum(map(operator.mul, values, w), b) for w, b in zip(columns, layer["b"], strict=True)]
                values = [max(value, 0.0) if number < len(document["layers"]) else value for value in values]
            free_space_db = 20 * math.log10(4e6 * math.pi * FREQUENCY_MHZ * distance_m / 299_792_458)
            expected[row, station] = 30.0 - free_space_db - values[0]
    assert 20 < obstructed < expected.size - 10
    found = coverage(scene, grid, channel).dataset.sortby("y")
    np.testing.assert_array_equal(found["server"].values.ravel(), expected.argmax(axis=1))
    np.testing.assert_allclose(found["server_power_dbm"].values.ravel(), expected.max(axis=1), atol=1e-6)
    places = [(x, y, 1.5) for y, x in itertools.product(grid.y_m, grid.x_m)]
    np.testing.assert_allclose(received_power_dbm(scene, places, channel=channel), expected, atol=1e-6)


@pytest.mark.parametrize("host_building", ["transparent", "literal"])
def test_the_profile_of_links_against_a_plain_loop(host_building):
    prisms = random_town(np.random.default_rng(7), buildings=25, side_mm=200_000)
    scene = as_scene(prisms, [(5_000, 7_000, 31_000), (-40_000, 20_500, 12_000)], host_building)
    roof_m = {one.building: max(p.roof for p in prisms if p.building == one.building) / 1000 for one in prisms}
    draw = np.random.default_rng(1)
    receivers_mm = np.column_stack([draw.integers(-120_000, 120_000, (12, 2)), draw.integers(0, 20_000, 12)])
    seen = np.zeros(3)
    for station_mm in scene.base_stations.position_mm:
        spared = geometry.hosts(prisms, station_mm) if host_building == "transparent" else set()
        asked = sorted(spared)
        found = profile_columns(scene, station_mm, asked, receivers_mm, FREQUENCY_MHZ, 1)
        assert set(found) == set(PROFILE_COLUMNS) and not found["terrain_share"].any()
        for row, receiver_mm in enumerate(receivers_mm):
            number = max(1, math.ceil(math.dist(station_mm[:2], receiver_mm[:2]) / 2000))
            length_m, stretches, maxima = math.dist(station_mm, receiver_mm) / 1000, [], 0
            roofs = []  # of each sample, and whether it rises out of the zone
            for k in range(number):
                share = (k + 0.5) / number
                at_mm = [
                    round(s + share * (r - s)) for s, r in zip(station_mm.tolist(), receiver_mm.tolist(), strict=True)
                ]
                (building,) = geometry.inside_buildings(prisms, [at_mm])
                height_m = roof_m[building] if building >= 0 and building not in spared else 0.0
                zone_m = math.sqrt(299.792458 / FREQUENCY_MHZ * share * (1 - share) * length_m)
                roofs.append((height_m, height_m > at_mm[2] / 1000 + zone_m))
            for is_inside, run in itertools.groupby(range(number), key=lambda k: roofs[k][0] > 0):
                stretches += [list(run)] if is_inside else []
            runs = [(height, list(of)) for height, of in itertools.groupby(roofs, key=lambda one: one[0])]
            runs = [(0.0, []), *runs, (0.0, [])]
            for (left, _), (height, of), (right, _) in zip(runs, runs[1:], runs[2:], strict=False):
                maxima += left < height > right and any(risen for _, risen in of)
            depth_m = (stretches[-1][-1] - stretches[0][0] + 1) * length_m / number if stretches else 0.0
            columns = [found[name][row] for name in PROFILE_COLUMNS[:3]]
            assert columns == pytest.approx([depth_m, len(stretches), maxima], abs=1e-9)
            seen = np.maximum(seen, columns)
    assert (seen > [50, 2, 1]).all()


@pytest.fixture(params=[CrcMlpl, CrcPathObscura], ids=lambda kind: kind.name)
def network(request, tmp_path):
    kind = request.param
    return kind(write_weights(tmp_path / "net.json", kind.names_in_file, kind.outputs), extrapolate=True)


@pytest.mark.parametrize("method", ["traditional", "accelerated"])
def test_a_network_drives_the_methods_that_sample(town, grid, network, method):
    one, two = (
        coverage(town, grid, Channel(path_loss=network), method, draws=20, threads=threads, block_size=size)
        for threads, size in ((1, None), (2, 64))
    )
    same_bytes(one, two)
    exact = coverage(town, grid, Channel(path_loss=network))
    np.testing.assert_array_equal(one.dataset["server_power_dbm"], exact.dataset["server_power_dbm"])


@pytest.mark.parametrize(
    "model", [FreeSpace(), UrbanMacro(extrapolate=True), RuralMacro(extrapolate=True), "a network"], ids=str
)
def test_same_bytes_for_any_threads_and_blocks(town, grid, model, network):
    model = network if model == "a network" else model
    one, two = (
        coverage(town, grid, Channel(path_loss=model), threads=threads, block_size=size)
        for threads, size in ((1, None), (2, 64))
    )
    same_bytes(one, two)


def test_model_is_kept_with_the_map(town, grid):
    model = RuralMacro(street_width_m=30, extrapolate=True)
    provenance = coverage(town, grid, Channel(path_loss=model)).provenance
    kept = {"name": "tr38901-rma", "extrapolate": True, "building_height_m": 5.0, "street_width_m": 30.0}
    assert json.loads(json.dumps(provenance["channel"]["path_loss"])) == kept
    assert coverage(town, grid, Channel()).provenance["channel"]["path_loss"] is None


# ---- Refusals ------------------------------------------------------------------------------------


def test_links_outside_the_range_are_refused_before_the_work(town):
    station = town.base_stations.position_mm[2] / 1000
    near = ReceiverGrid(station[0] + np.array([4.0, 54.0]), station[1] + np.array([0.0, 50.0]))
    said = (
        f"^path_loss: base station row 2 to the receiver at x = {near.x_m[0]:.3f} m, y = {near.y_m[0]:.3f} m: "
        "distance_2d_m: 4 m is outside 10 to 5000 m .*Table.*extrapolate=True"
    )
    with pytest.raises(InputError, match=said):
        coverage(town, near, Channel(path_loss=UrbanMacro()), method="exact")
    assert np.isfinite(coverage(town, near, Channel(path_loss=UrbanMacro(extrapolate=True))).dataset["coverage"]).all()
    with pytest.raises(
        InputError, match="^path_loss: base station row .: frequency_mhz: 2100 MHz is outside 1500 to 2000 MHz"
    ):
        coverage(town, near, Channel(path_loss=Cost231Hata()))


def test_unknown_frequency_is_refused(town, grid):
    frequency_mhz = np.where(np.arange(len(town.base_stations)) == 3, np.nan, FREQUENCY_MHZ)
    scene = replace(town, base_stations=replace(town.base_stations, frequency_mhz=frequency_mhz))
    for asked in (
        lambda channel: coverage(scene, grid, channel),
        lambda channel: received_power_dbm(scene, [[10.0, 10.0]], channel=channel),
    ):
        with pytest.raises(InputError, match="^frequency_mhz: base station row 3 has none, .*'free-space'"):
            asked(Channel(path_loss=FreeSpace()))


@pytest.mark.parametrize("method", ["stochastic-geometry", "learned"])
def test_methods_of_the_power_law_refuse(town, grid, method):
    with pytest.raises(InputError, match=f'^path_loss: method="{method}" knows the power law only; choose'):
        coverage(town, grid, Channel(path_loss=FreeSpace()), method)


def test_a_gpu_refuses(town, grid, monkeypatch):
    monkeypatch.setattr("radiocore.simulate.resolve_device", lambda device: "cuda")
    with pytest.raises(InputError, match='^path_loss: a GPU has the power law only; choose device="cpu"'):
        coverage(town, grid, Channel(path_loss=FreeSpace()))


def test_line_of_sight_of_the_same_report_decides_far_links(town, grid):
    exact, drawn, named = (
        coverage(town, grid, Channel(path_loss=UrbanMacro(extrapolate=True)), method)
        for method in (
            ExactCoverage(),
            AcceleratedSimulation(exact_radius_m=100.0, line_of_sight_model=Tr38901LineOfSight("UMa")),
            AcceleratedSimulation(exact_radius_m=100.0, line_of_sight_model="tr38901-uma"),
        )
    )
    assert named.dataset["coverage"].equals(drawn.dataset["coverage"])
    assert named.provenance["estimator"]["line_of_sight_model"] == "tr38901-uma"
    assert drawn.provenance["estimator"]["line_of_sight_model"] == {"name": "tr38901", "scenario": "UMa"}
    assert 0 < float(abs(drawn.dataset["coverage"] - exact.dataset["coverage"]).mean()) < 0.25


def test_what_takes_the_law_itself_refuses():
    with pytest.raises(InputError, match="^path_loss: this knows the power law only"):
        StochasticGeometryEstimator.expression(
            50.0, 9.61, 0.16, max_distance_m=500, threshold_db=0, channel=Channel(path_loss=FreeSpace())
        )


def test_models_that_need_more_than_a_map_has_are_refused(town, grid):
    @dataclass(frozen=True)
    class Diffraction(PathLossModel):
        inputs = ("distance_3d_m", "knife_edges")
        source = "nowhere"

        def _loss_db(self, **columns):
            raise AssertionError

    Diffraction.name = "diffraction"  # not in the class, or it would be one of the folder
    said = "^path_loss: 'diffraction' needs knife_edges, .*; maps take cost231-hata, crc-mlpl, crc-path-obscura, free"
    with pytest.raises(InputError, match=said):
        coverage(town, grid, Channel(path_loss=Diffraction()))
    with pytest.raises(InputError, match="^path_loss: BuildingEntryLoss.* is not a path-loss model"):
        coverage(town, grid, Channel(path_loss=BuildingEntryLoss()))


def test_channel_refuses_what_is_no_model_and_a_second_law():
    with pytest.raises(InputError, match="^path_loss: 'free-space' is not a path-loss model; give"):
        Channel(path_loss="free-space")
    with pytest.raises(InputError, match="^path_loss_exponent_los: .*leave one"):
        Channel(path_loss=FreeSpace(), path_loss_exponent_los=2.5)


# ---- In a file -----------------------------------------------------------------------------------


def config_of(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(f"[channel]\n{text}\n")
    return RunConfig.from_toml(path)


def test_config_names_a_model_or_gives_its_parameters(tmp_path):
    assert config_of(tmp_path, 'path_loss = "tr38901-uma"').channel == Channel(path_loss=UrbanMacro())
    table = 'path_loss = {name = "tr38901-rma", street_width_m = 30, extrapolate = true}\nthreshold_db = 3'
    config = config_of(tmp_path, table)
    assert config.channel == Channel(path_loss=RuralMacro(street_width_m=30, extrapolate=True), threshold_db=3.0)
    assert RunConfig(**config.to_dict()) == config
    assert json.loads(json.dumps(config.provenance()["channel"]["path_loss"]))["extrapolate"] is True


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"tr38901-umma"', r"channel.path_loss: 'tr38901-umma' is not one of .*did you mean 'tr38901-uma'"),
        ("3", "channel.path_loss: must be the name of a model"),
        ("{extrapolate = true}", "channel.path_loss: must be the name of a model"),
        ('{name = "tr38901-rma", street = 3}', r"channel.path_loss: .*no parameter 'street'"),
        ('{name = "tr38901-rma", street_width_m = 3}', "channel.path_loss: street_width_m: .* 5 to 50 m"),
        ('{name = "tr38901-rma", street_width_m = "wide"}', "channel.path_loss: street_width_m: 'wide' is not a"),
        ('"crc-mlpl"', "channel.path_loss: 'crc-mlpl' needs weights"),
    ],
)
def test_config_refuses_what_is_no_model(tmp_path, text, said):
    with pytest.raises(ConfigError, match=said):
        config_of(tmp_path, f"path_loss = {text}")


def test_a_map_from_files_by_name(tmp_path, town):
    from radiocore.run import simulation_options

    config = config_of(tmp_path, 'path_loss = {name = "free-space"}')
    options = simulation_options(config) | {"progress": False}
    station = BaseStations([0.0], [0.0], height_m=20.0, frequency_mhz=900.0)
    scene = replace(town, base_stations=station)
    assert simulate_manifold(scene, ReceiverGrid([30.0, 60.0], [40.0]), **options).dataset["coverage"].shape == (1, 2)
