"""The convolutional method: the network against a plain one, its file, its training, and the map."""

import json
import struct

import numpy as np
import pytest

from radiocore import (
    BaseStations,
    Buildings,
    Channel,
    FileFormatError,
    InputError,
    ReceiverGrid,
    Scene,
    _core,
    simulate_manifold,
)
from radiocore.estimators import ConvolutionalEstimator
from radiocore.learned.convolutional import ConvolutionalModel
from radiocore.learned.roof_cells import RoofCells
from reference import link_profile as plain
from towns import as_buildings, as_scene, random_points, random_town, same_bytes

LEVELS_MM = (0, 4000, 8000, 12000, 16000, 20000, 28000, 40000)


def sure_of_nothing(model=None):
    """The default model with every probability as it is."""
    model = model or ConvolutionalModel.default()
    return ConvolutionalModel(model.tensors, **{**model.config, "certain": 0.0})


def outdoor_links(seed, links=60, side_mm=300_000):
    rng = np.random.default_rng(seed)
    prisms = random_town(rng, 40, side_mm)
    receivers = random_points(rng, 6 * links, side_mm, 3000)
    scene = as_scene(prisms, random_points(rng, 12, side_mm, 40_000, 8000))
    receivers = receivers[scene.city.buildings_at(receivers, False, 1) < 0][:links]
    return scene, np.ascontiguousarray(receivers)


def probability(model, scene, receivers_mm, hosts=None, **options):
    stations_mm = scene.base_stations.position_mm
    hosts = hosts or (np.zeros(len(stations_mm) + 1, dtype=np.int64), np.zeros(0, dtype=np.int32))
    outdoors = np.full(len(receivers_mm), -1, dtype=np.int32)
    return model.line_of_sight(model.roofs(scene), receivers_mm, stations_mm, hosts, outdoors, **options)


@pytest.mark.parametrize("seed", range(4))
def test_equals_the_network_walked_step_by_step(seed):
    scene, receivers_mm = outdoor_links(seed)
    model = sure_of_nothing()
    found = probability(model, scene, receivers_mm)
    roofs = model.roofs(scene)
    ny, nx = roofs.roof_mm.shape

    def roof_at(column, row):
        return roofs.roof_mm[row, column] if 0 <= row < ny and 0 <= column < nx else 0

    tensors = [model.tensors[name] for name in ("kernel", "bias", "weight", "weight_bias")]
    for s, station_mm in enumerate(scene.base_stations.position_mm):
        for r, receiver_mm in enumerate(receivers_mm):
            steps = plain.steps_of(
                receiver_mm, station_mm, roof_at, roofs.cell_mm, roofs.corner_mm, 1000 * model.scale_m, model.side
            )
            assert found[s, r] == pytest.approx(plain.passes(steps, *tensors), abs=2e-4)
    assert 0.05 < (found > 0.5).mean() < 0.95


def test_distances_are_the_rings_without_a_roof():
    rng = np.random.default_rng(5)
    roof_mm = np.where(rng.random((23, 31)) < 0.03, rng.integers(1, 50_000, (23, 31)), 0).astype(np.int32)
    found = _core.free_distances(roof_mm, 2)
    for level, level_mm in enumerate(LEVELS_MM):
        np.testing.assert_array_equal(found[..., level], plain.rings_free(roof_mm, level_mm))


def test_a_mirrored_town_is_seen_alike():
    block = np.array([(0, 0), (24, 0), (24, 40), (0, 40)]) * 1000
    from reference.geometry import Prism

    def town(sign):
        prisms = []
        for number, (x, y) in enumerate([(0, 0), (60_000, 20_000), (20_000, 80_000)]):
            ring = [(int(sign * (u + x)), int(v + y)) for u, v in block]
            prisms.append(Prism((tuple(ring[::sign]),), 0, 9000 + 4000 * number, number))
        return as_scene(prisms, [(sign * -31_234, -17_321, 20_000), (sign * 101_377, 133_711, 15_000)])

    receivers_mm = random_points(np.random.default_rng(1), 80, 250_000, 2000)
    model = sure_of_nothing()
    mirrored_mm = receivers_mm * np.array([-1, 1, 1])
    one, other = (probability(model, town(sign), at) for sign, at in ((1, receivers_mm), (-1, mirrored_mm)))
    np.testing.assert_allclose(one, other, atol=1e-3)


def test_host_does_not_block_its_own_station():
    scene, receivers_mm = outdoor_links(1)
    tower = as_buildings(random_town(np.random.default_rng(2), 1, 1000))
    x_m, y_m = tower.vertices_mm.mean(axis=0) / 1000
    height_m = float(tower.height_m[0]) / 2
    scene = Scene(tower, BaseStations(x_m=[x_m], y_m=[y_m], height_m=[height_m]))
    receivers_mm = np.array([[90_000, 0, 1500], [0, -80_000, 1500]])
    hosts = (np.array([0, 1]), np.array([0], dtype=np.int32))
    model = sure_of_nothing()
    assert (probability(model, scene, receivers_mm, hosts) == 1.0).all()
    assert (probability(model, scene, receivers_mm) < 0.5).all()


def test_skips_and_certainty_change_no_more_than_they_say():
    scene, receivers_mm = outdoor_links(3)
    model = ConvolutionalModel.default()
    rounded, whole = probability(model, scene, receivers_mm), probability(sure_of_nothing(), scene, receivers_mm)
    assert np.abs(rounded - whole).max() <= model.certain + 1e-6
    between = (rounded > 0) & (rounded < 1)
    np.testing.assert_array_equal(rounded[between], whole[between])


# ---- The map ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small():
    scene = Scene.synthetic("urban", side_m=300, stations_per_km2=120, seed=4)
    return scene, ReceiverGrid.over(scene, 6.0)


def test_same_bytes_for_any_threads_and_blocks(small):
    scene, grid = small
    method = ConvolutionalEstimator(traced_radius_m=0.0)
    maps = [
        simulate_manifold(scene, grid, method=method, threads=threads, block_size=block_size, progress=False)
        for threads, block_size in ((1, None), (2, 104), (2, 8))
    ]
    assert same_bytes(maps[0], maps[1]) and same_bytes(maps[0], maps[2])


def test_with_every_link_nearby_it_is_the_exact_map(small):
    scene, grid = small
    exact = simulate_manifold(scene, grid, progress=False)
    near = simulate_manifold(scene, grid, method=ConvolutionalEstimator(traced_radius_m=1000.0), progress=False)
    np.testing.assert_allclose(near.coverage, exact.coverage, atol=1e-5)
    np.testing.assert_array_equal(near.dataset["server"], exact.dataset["server"])


def test_is_close_to_the_exact_map_on_a_town_never_seen(small):
    scene, grid = small
    exact = simulate_manifold(scene, grid, progress=False)
    outdoor = exact.dataset["outdoor"].values
    loss = {}
    for name, method in (("own", ConvolutionalEstimator(traced_radius_m=0.0)), ("accelerated", "accelerated")):
        estimate = simulate_manifold(scene, grid, method=method, exact_radius_m=0.0, progress=False)
        loss[name] = np.abs(estimate.coverage - exact.coverage)[0, outdoor].mean()
    assert 2 * loss["own"] < loss["accelerated"]


TOWNS = {
    "ubc": ("ubc_vancouver_buildings/ubcv_buildings.geojson.gz", {"height_column": "BLDG_HEIGHT"}, 60),
    "helsinki": ("helsinki_osm_pbf/Helsinki.osm.pbf", {}, 33),
}


@pytest.mark.slow
@pytest.mark.parametrize("town", TOWNS)
def test_beats_the_papers_learned_method_on_real_towns(town, shared_data):
    path, options, number = TOWNS[town]
    buildings = Buildings.read(shared_data(path), **options)
    x_min, y_min, x_max, y_max = buildings.bounds_m
    x_m, y_m = np.random.default_rng(3).uniform((x_min, y_min), (x_max, y_max), (number, 2)).T
    stations = BaseStations(x_m=x_m, y_m=y_m, height_m=20.0, frame=buildings.frame)
    scene = Scene(buildings, stations)
    grid = ReceiverGrid.over(scene, 20.0)
    exact = simulate_manifold(scene, grid, progress=False)
    outdoor = exact.dataset["outdoor"].values
    loss = {
        method: np.abs(simulate_manifold(scene, grid, method=method, progress=False).coverage - exact.coverage)[
            :, outdoor
        ]
        for method in ("convolutional", "learned")
    }
    assert loss["convolutional"].mean() < 0.015
    assert loss["convolutional"].mean() < loss["learned"].mean() / 3


def test_provenance_names_the_model(small):
    scene, grid = small
    told = simulate_manifold(scene, grid, method="convolutional", progress=False).provenance["estimator"]
    assert told["traced_radius_m"] == 640.0
    assert told["model"]["sha256"] == ConvolutionalModel.default().sha256
    assert told["model"]["training"]["antenna_height_m"] == [8.0, 50.0]


@pytest.mark.parametrize(
    ("antenna_m", "receiver_m", "named"), [(80.0, 1.5, "base station row 0: 80 m"), (20.0, 12.0, "the receivers' 12 m")]
)
def test_heights_beyond_the_training_are_refused(antenna_m, receiver_m, named):
    scene = as_scene(random_town(np.random.default_rng(0), 3, 50_000), [(0, 90_000, int(1000 * antenna_m))])
    grid = ReceiverGrid.over(scene, 20.0, height_m=receiver_m)
    with pytest.raises(InputError, match=named):
        simulate_manifold(scene, grid, method="convolutional", progress=False)


def test_what_the_closed_form_does_not_know_is_refused(small):
    scene, grid = small
    for channel, named in (
        (Channel(fading_m_los=1.5), "fading_m_los"),
        (Channel(max_interferer_distance_m=100.0), "max_interferer_distance_m"),
    ):
        with pytest.raises(InputError, match=named):
            simulate_manifold(scene, grid, method="convolutional", channel=channel, progress=False)
    with pytest.raises(InputError, match="traced_radius_m"):
        ConvolutionalEstimator(traced_radius_m=-1.0)


def test_a_town_of_too_many_cells_is_refused():
    scene = as_scene(random_town(np.random.default_rng(0), 3, 400_000_000), [(0, 0, 20_000)])
    with pytest.raises(InputError, match='method="exact"'):
        RoofCells.of(scene, 4000)


# ---- The file and the training ---------------------------------------------------------------------


def test_saved_and_loaded_it_is_the_same(tmp_path):
    path = tmp_path / "model.safetensors"
    ConvolutionalEstimator().save(path)
    loaded = ConvolutionalEstimator.load(path).trained
    assert loaded.sha256 == ConvolutionalModel.default().sha256
    assert loaded.name == str(path)
    assert path.stat().st_size < 200_000


def rewritten(data, **changes):
    """A model file that says other things of itself."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    ((entry, about),) = header["__metadata__"].items()
    header["__metadata__"][entry] = json.dumps({**json.loads(about), **changes})
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + length :]


BROKEN = {
    "truncated": lambda data: data[:-5],
    "no model": lambda data: b"x,y\n1,2\n",
    "changed": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "other version": lambda data: rewritten(data, version=99),
    "other kind": lambda data: rewritten(data, kind="spoon"),
    "other settings": lambda data: rewritten(data, config='{"cell_m": 4.0}'),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_broken_files_are_refused(fault, tmp_path):
    path = tmp_path / "model.safetensors"
    ConvolutionalModel.default().save(path)
    path.write_bytes(BROKEN[fault](path.read_bytes()))
    with pytest.raises(FileFormatError, match="model.safetensors.*train a model"):
        ConvolutionalModel.load(path)


def test_a_missing_file_and_no_model_are_refused(tmp_path):
    with pytest.raises(FileFormatError, match="nowhere"):
        ConvolutionalModel.load(tmp_path / "nowhere.safetensors")
    with pytest.raises(InputError, match="model: 7"):
        _ = ConvolutionalEstimator(7).trained
    tensors = {**ConvolutionalModel.default().tensors, "bias": np.full(8, np.nan, dtype=np.float32)}
    with pytest.raises(InputError, match="bias"):
        ConvolutionalModel(tensors, **ConvolutionalModel.default().config)


def test_training_is_seeded_and_learns():
    pytest.importorskip("torch")
    options = {"towns": 6, "links": 120, "epochs": 3, "cell_m": 8.0, "progress": False}
    one, two = (ConvolutionalModel.train(**options) for _ in range(2))
    assert one.sha256 == two.sha256
    assert one.training["inner_cross_entropy"] < 0.5
    with pytest.raises(InputError, match="at least 4"):
        ConvolutionalModel.train(towns=2)
