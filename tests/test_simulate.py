"""The main job from Python: what a map holds, what a change of mast costs, what is refused."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest
import shapely

import radiocore as rc
from radiocore import simulate
from radiocore.estimators import AcceleratedSimulation, ExactCoverage, estimator_named
from radiocore.frame import LocalFrame
from radiocore.scene import bbox_in_frame
from radiocore.simulate import received_power_dbm
from radiocore.units import db_to_linear, linear_to_db

METHODS = ("exact", "traditional", "accelerated")


@pytest.fixture(scope="module")
def scene():
    return rc.Scene.synthetic("urban", side_m=300, stations_per_km2=60, seed=3)


@pytest.fixture(scope="module")
def grid(scene):
    return rc.ReceiverGrid.over(scene, 10.0)


def traced_stations(monkeypatch) -> list[int]:
    """Grows by the number of stations of every call that traces a grid."""
    traced = []
    real = simulate.trace_grid

    def counting(city, grid, stations_mm, *args, **kwargs):
        traced.append(len(stations_mm))
        return real(city, grid, stations_mm, *args, **kwargs)

    monkeypatch.setattr(simulate, "trace_grid", counting)
    return traced


def bytes_of(manifold):
    return {name: values.values.tobytes() for name, values in manifold.dataset.data_vars.items()}


def open_field(**columns):
    return rc.Scene(
        rc.Buildings.from_polygons([], []),
        rc.BaseStations(**columns),
        receiver_bounds_m=(0, 0, 100, 100),
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("change", ["moved", "added", "removed"])
def test_update_has_the_bytes_of_a_full_run(scene, grid, method, change, monkeypatch):
    before = rc.simulate_manifold(scene, grid, method=method, draws=64, seed=5)
    changed = {
        "moved": lambda: scene.with_station_moved(2, x_m=150.5, y_m=20.25),
        "added": lambda: scene.with_station_added(150.5, 20.25, id="a new mast"),
        "removed": lambda: scene.with_station_removed(0),
    }[change]()
    full = rc.simulate_manifold(changed, grid, method=method, draws=64, seed=5)

    traced = traced_stations(monkeypatch)
    updated = before.update(changed)
    assert bytes_of(updated) == bytes_of(full)
    assert sum(traced) == (0 if change == "removed" else 1), "only the changed mast is traced"


def test_update_of_an_update(scene, grid):
    first = scene.with_station_moved(1, x_m=10.0)
    second = first.with_station_moved(1, x_m=200.0).with_station_moved(3, y_m=77.0)
    chained = rc.simulate_manifold(scene, grid).update(first).update(second)
    assert bytes_of(chained) == bytes_of(rc.simulate_manifold(second, grid))


def test_update_refuses_other_buildings(scene, grid):
    other = rc.Scene.synthetic("urban", side_m=300, stations_per_km2=60, seed=4)
    with pytest.raises(rc.InputError, match="update: the scene has other buildings"):
        rc.simulate_manifold(scene, grid).update(other)


def test_thresholds_in_one_pass_equal_single_ones(scene, grid):
    together = rc.simulate_manifold(scene, grid, threshold_db=[0, 5, 10]).dataset.coverage
    assert together.dims == ("threshold", "y", "x")
    for i, threshold_db in enumerate((0, 5, 10)):
        alone = rc.simulate_manifold(scene, grid, threshold_db=threshold_db).dataset.coverage
        assert alone.dims == ("y", "x")
        np.testing.assert_array_equal(together.values[i], alone.values)


def test_exact_agrees_with_traditional_within_its_error(scene, grid):
    exact = rc.simulate_manifold(scene, grid).dataset
    sampled = rc.simulate_manifold(scene, grid, method="traditional", draws=2000, seed=1).dataset
    z = (sampled.coverage - exact.coverage) / sampled.standard_error
    assert float(abs(z).max()) < 5.0  # 900 receivers: 4 standard errors are passed once in 18 maps
    assert abs(float(z.mean())) < 4 / np.sqrt(z.size)
    assert 0.8 < float(z.std()) < 1.1
    np.testing.assert_array_equal(sampled.server, exact.server)
    assert "standard_error" not in exact


def test_accelerated_averaged_is_the_mean_of_the_drawn(scene, grid):
    averaged = rc.simulate_manifold(scene, grid, method=AcceleratedSimulation(exact_radius_m=60, far_links="averaged"))
    total = np.zeros(grid.shape)
    runs = 40
    for seed in range(runs):
        drawn = AcceleratedSimulation(draws=200, exact_radius_m=60)
        total += rc.simulate_manifold(scene, grid, method=drawn, seed=seed).dataset.coverage.values
    # Each of the 40 draws of the city's state scatters by at most 1/2.
    difference = total / runs - averaged.dataset.coverage.values
    assert abs(difference).max() < 5 * 0.5 / np.sqrt(runs)
    assert abs(difference.mean()) < 0.01


def test_one_carrier_at_a_time_and_the_best_of_several():
    x_m, y_m = [10.0, 90.0, 15.0, 50.0], [10.0, 90.0, 80.0, 50.0]
    scene = open_field(x_m=x_m, y_m=y_m, carrier=["A", "A", "B", "B"])
    grid = rc.ReceiverGrid.over(scene, 5.0)
    both = rc.simulate_manifold(scene, grid)
    alone = [rc.simulate_manifold(scene.with_carrier(name), grid).dataset.coverage.values for name in "AB"]
    np.testing.assert_array_equal(both.dataset.coverage, np.maximum(*alone))
    chosen = both.dataset.carrier.values
    np.testing.assert_array_equal(chosen, np.argmax(alone, axis=0))
    carrier_of_server = np.array([0, 0, 1, 1])[both.dataset.server.values]
    np.testing.assert_array_equal(carrier_of_server, chosen)
    text = str(both.summary())
    assert "A" in text and "B" in text and "best" in text


def test_a_far_interferer_can_be_left_out():
    scene = open_field(x_m=[10.0, 2000.0], y_m=[10.0, 10.0], power_dbm=[10.0, 45.0])
    near = rc.simulate_manifold(scene, rc.ReceiverGrid(x_m=[12.0], y_m=[12.0]), channel=rc.Channel())
    far_out = rc.Channel(max_interferer_distance_m=500.0)
    without = rc.simulate_manifold(scene, rc.ReceiverGrid(x_m=[12.0], y_m=[12.0]), channel=far_out)
    alone = rc.simulate_manifold(
        scene.with_station_removed(1), rc.ReceiverGrid(x_m=[12.0], y_m=[12.0]), channel=rc.Channel()
    )
    assert float(near.dataset.coverage.item()) < float(without.dataset.coverage.item())
    assert without.dataset.coverage.item() == alone.dataset.coverage.item()


@pytest.mark.parametrize("method", ["exact", "traditional"])
def test_load_is_the_chance_that_a_cell_interferes(method):
    columns = {"x_m": [20.0, 80.0], "y_m": [50.0, 50.0]}
    grid = rc.ReceiverGrid(x_m=[45.0], y_m=[50.0])

    def coverage(load):
        scene = open_field(**columns, load=load)
        return rc.simulate_manifold(scene, grid, method=in_double, draws=200_000).dataset.coverage.item()

    in_double = ExactCoverage(double_precision=True) if method == "exact" else method
    silent, busy, half = coverage([1.0, 0.0]), coverage([1.0, 1.0]), coverage([1.0, 0.5])
    tolerance = 1e-12 if method == "exact" else 4 * 0.5 / np.sqrt(200_000)
    assert half == pytest.approx(0.5 * (silent + busy), abs=tolerance)
    assert busy < half < silent


def test_a_sector_follows_its_pattern():
    """3GPP TR 38.901, Table 7.3-1: 12 (phi / 65)^2 dB, at most 30."""
    scene = open_field(x_m=[0.0, 0.0], y_m=[0.0, 0.0], azimuth_deg=[90.0, np.nan])
    bearing_deg = np.arange(0.0, 360.0, 15.0)
    turn = np.deg2rad(bearing_deg)
    points = np.stack([1000 * np.sin(turn), 1000 * np.cos(turn), np.full(len(turn), 20.0)], axis=1)
    level = received_power_dbm(scene, points)
    off_axis = np.abs((bearing_deg - 90.0 + 180.0) % 360.0 - 180.0)
    expected = -np.minimum(12 * (off_axis / 65.0) ** 2, 30.0)
    np.testing.assert_allclose(level[:, 0] - level[:, 1], expected, atol=1e-3)


def test_received_power_follows_the_power_law():
    scene = open_field(x_m=[0.0], y_m=[0.0], height_m=20.0, power_dbm=30.0)
    distance_m = np.hypot(300.0, 18.5)
    expected = 30.0 - 38.6 - 20 * np.log10(distance_m)
    assert received_power_dbm(scene, [[300.0, 0.0]]).item() == pytest.approx(expected, abs=1e-9)


def test_receivers_in_buildings_are_blocked_or_masked():
    town = rc.Buildings.from_polygons([shapely.box(20, 20, 60, 60)], 15.0)
    scene = rc.Scene(town, rc.BaseStations(x_m=[90.0], y_m=[90.0]), receiver_bounds_m=(0, 0, 100, 100))
    blocked = rc.simulate_manifold(scene, rc.ReceiverGrid.over(scene, 10.0)).dataset
    masked = rc.simulate_manifold(scene, rc.ReceiverGrid.over(scene, 10.0, indoor="masked")).dataset
    indoors = ~blocked.outdoor.values.astype(bool)
    assert indoors.sum() == 16
    assert not blocked.server_line_of_sight.values[indoors].any()
    assert np.isfinite(blocked.coverage.values).all()
    assert np.isnan(masked.coverage.values[indoors]).all()
    np.testing.assert_array_equal(masked.coverage.values[~indoors], blocked.coverage.values[~indoors])


def test_links_that_leave_the_map_are_counted():
    town = rc.Buildings.from_polygons([shapely.box(20, 20, 60, 60)], 15.0)
    scene = rc.Scene(town, rc.BaseStations(x_m=[30.0, 500.0], y_m=[30.0, 500.0]))
    assert "50" in str(rc.simulate_manifold(scene, resolution_m=10.0).summary())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "exakt"}, r"method: 'exakt'.*did you mean 'exact'"),
        ({"device": "gpu"}, r"device: 'gpu'"),
        ({"seed": -1}, r"seed: -1"),
        ({"draws": 0, "method": "traditional"}, r"draws: 0"),
        ({"threads": 0}, r"threads: 0"),
        ({"threads": "x"}, r"^threads: 'x' must be a whole number"),
        ({"seed": "x"}, r"^seed: 'x' must be a whole number"),
        ({"seed": None}, r"^seed: None must be a whole number"),
        ({"seed": np.inf}, r"^seed: inf must be a whole number"),
        ({"block_size": "x"}, r"^block_size: 'x' must be a whole number"),
        ({"draws": "x", "method": "traditional"}, r"^draws: 'x' must be a whole number"),
        ({"exact_radius_m": "x", "method": "accelerated"}, r"^exact_radius_m: 'x' is not a number"),
        ({"threshold_db": [0.0, np.nan]}, r"threshold_db"),
        ({"threshold_db": [0.0, 0.0]}, r"threshold_db.*twice"),
        ({"threshold_db": "abc"}, r"threshold_db: 'abc'"),
        ({"threshold_db": 90.0}, r"threshold_db.*60"),
        ({"exact_radius_m": -1.0, "method": "accelerated"}, r"exact_radius_m: -1"),
        ({"neighbourhood_radius_m": 0.0, "method": "accelerated"}, r"neighbourhood_radius_m: 0"),
        ({"channel": rc.Channel(fading_m_los=1.5)}, r"fading_m_los: 1.5.*traditional"),
    ],
)
def test_bad_arguments_are_named(scene, grid, arguments, message):
    with pytest.raises(rc.InputError, match=message):
        rc.simulate_manifold(scene, grid, **arguments)


def test_cuda_is_never_replaced_silently(scene, grid):
    with pytest.raises(rc.DeviceUnavailableError, match="cuda"):
        rc.simulate_manifold(scene, grid, device="cuda")


def test_a_receiver_at_the_antenna_is_refused():
    scene = open_field(x_m=[52.5], y_m=[52.5], height_m=2.0)
    with pytest.raises(rc.InputError, match=r"row 0 is less than 1 m from the receiver at x = 52\.500 m"):
        rc.simulate_manifold(scene)


def test_a_grid_beyond_the_memory_says_what_it_needs():
    scene = rc.Scene(
        rc.Buildings.from_polygons([], []), rc.BaseStations(x_m=[0.0], y_m=[0.0]), receiver_bounds_m=(0, 0, 9e4, 9e4)
    )
    for resolution_m in (0.5, 0.01):
        with pytest.raises(rc.InputError, match=r"grid: .* receivers need .* GiB .*coarser resolution_m"):
            rc.simulate_manifold(scene, resolution_m=resolution_m)


def test_the_memory_is_known_without_the_kernels_table(monkeypatch):
    def absent(*_, **__):
        raise FileNotFoundError

    monkeypatch.setattr(simulate, "open", absent, raising=False)
    assert simulate.available_memory_bytes() > 0


def test_no_station_is_an_error(scene, grid):
    empty = rc.Scene(scene.buildings, scene.base_stations.select(np.zeros(0, dtype=int)))
    with pytest.raises(rc.InputError, match="base stations: there are none"):
        rc.simulate_manifold(empty, grid)


def test_a_station_moves_by_degrees_too():
    frame = LocalFrame.around("EPSG:4326", (24.9, 60.1, 25.0, 60.2))
    town = replace(rc.Buildings.from_polygons([shapely.box(0, 0, 10, 10)], 5.0), frame=frame)
    scene = rc.Scene(town, rc.BaseStations(x_m=[50.0], y_m=[50.0], frame=frame))
    lon, lat = (float(value) for value in frame.to_lonlat(120.0, -40.0))
    moved = scene.with_station_moved(0, lon=lon, lat=lat).base_stations
    assert (moved.x_m[0], moved.y_m[0]) == pytest.approx((120.0, -40.0), abs=1e-6)
    added = scene.with_station_added(lon=lon, lat=lat).base_stations
    assert (added.x_m[1], added.y_m[1]) == pytest.approx((120.0, -40.0), abs=1e-6)
    with pytest.raises(rc.InputError, match="give x_m and y_m, or lon and lat"):
        scene.with_station_added(lon=lon)


def test_cells_outside_a_box_in_degrees_are_left_out():
    frame = LocalFrame.around("EPSG:32633", (500_000, 6_650_000, 501_000, 6_651_000))
    west, south = (float(value) for value in frame.to_lonlat(-150_000.0, -500.0))
    east, north = (float(value) for value in frame.to_lonlat(-149_000.0, 500.0))
    town = replace(rc.Buildings.from_polygons([shapely.box(-149_600, 0, -149_500, 90)], 5.0), frame=frame)
    box = (west, south, east, north)
    scene = rc.Scene(
        town,
        rc.BaseStations(x_m=[-149_400.0], y_m=[50.0], frame=frame),
        receiver_bounds_m=bbox_in_frame(box, frame),
        bbox=box,
    )
    manifold = rc.simulate_manifold(scene, resolution_m=20.0)
    coverage = manifold.dataset.coverage
    x, y = np.meshgrid(coverage.x, coverage.y)
    lon, lat = frame.to_lonlat(x - frame.origin_x_m, y - frame.origin_y_m)
    in_box = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    np.testing.assert_array_equal(np.isfinite(coverage.values), in_box)
    assert 0.9 < in_box.mean() < 1.0


def test_equal_ids_name_their_rows():
    with pytest.raises(rc.InputError, match="rows 0 and 1 have the same id 'A'"):
        rc.BaseStations(x_m=[1.0, 2.0], y_m=[0.0, 0.0], id=["A", "A"])


@pytest.mark.parametrize(
    ("bounds_m", "message"),
    [
        ((100, 0, 0, 100), "must ascend"),
        ((0, 0, 100, np.nan), "must ascend"),
        ((0, 0, 100), "is not four numbers"),
        ("here", "is not four numbers"),
    ],
)
def test_receiver_bounds_are_four_ascending_numbers(scene, bounds_m, message):
    with pytest.raises(rc.InputError, match=f"^receiver_bounds_m: .*{message}"):
        replace(scene, receiver_bounds_m=bounds_m)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda scene: scene.with_sectors(downtlit_deg=6), r"downtlit_deg: no such column.*'downtilt_deg'"),
        (lambda scene: scene.with_sectors("north"), r"azimuth_deg: 'north' is not a list of directions"),
        (lambda scene: scene.with_station_moved(0, height_m="x"), r"height_m: 'x' is not a number"),
        (lambda scene: rc.ReceiverGrid.over(scene, 20.0, "a"), r"height_m: 'a' is not a number"),
        (lambda scene: rc.ReceiverGrid.over(scene, "a"), r"resolution_m: 'a' is not a number"),
        (lambda scene: rc.Buildings.from_polygons(shapely.box(0, 0, 1, 1), 3.0), r"polygons: .*\[polygon\]"),
        (lambda scene: rc.Buildings.from_polygons([shapely.box(0, 0, 1, 1)], "x"), r"height_m: cannot be read"),
        (lambda scene: rc.Channel(path_loss_exponent_los=True), r"path_loss_exponent_los: True is not a number"),
        (lambda scene: rc.Channel(max_interferer_distance_m=3e6), r"max_interferer_distance_m: 3e\+06 is longer"),
    ],
)
def test_what_is_no_number_is_named(scene, call, message):
    with pytest.raises(rc.InputError, match=f"^{message}"):
        call(scene)


def test_receiver_bounds_may_be_a_point(scene):
    assert rc.ReceiverGrid.over(replace(scene, receiver_bounds_m=[5, 5, 5, 5]), 10.0).shape == (1, 1)


def test_unknown_reading_option_names_the_nearest():
    with pytest.raises(rc.InputError, match=r"height_colum: .*did you mean 'height_column'"):
        rc.Scene.read(buildings="town.geojson", base_stations="cells.csv", height_colum="H")


def test_duplicates_name_their_rows():
    with pytest.raises(rc.InputError, match="rows 0 and 2 are duplicates"):
        rc.BaseStations(x_m=[1.0, 2.0, 1.0], y_m=[0.0, 0.0, 0.0])


def test_host_rule_literal_and_raise():
    town = rc.Buildings.from_polygons([shapely.box(40, 40, 60, 60)], 25.0, ids=["tower"])
    mast = rc.BaseStations(x_m=[50.0], y_m=[50.0], height_m=20.0)
    outside = [[90.0, 50.0]]
    assert rc.line_of_sight(rc.Scene(town, mast), outside).all()
    assert not rc.line_of_sight(rc.Scene(town, mast, host_building="literal"), outside).any()
    with pytest.raises(rc.InputError, match="row 0 stands in the outline of building 'tower'"):
        rc.Scene(town, mast, host_building="raise")


def test_an_estimator_object_is_a_method(scene, grid):
    assert estimator_named(ExactCoverage()) == ExactCoverage()
    by_object = rc.simulate_manifold(scene, grid, method=ExactCoverage())
    assert bytes_of(by_object) == bytes_of(rc.simulate_manifold(scene, grid))


@dataclass(frozen=True)
class Trained(ExactCoverage):
    """An estimator that was trained to something."""

    model: str | None = None


def test_a_model_goes_to_the_methods_that_have_one(scene, grid, monkeypatch):
    monkeypatch.setattr("radiocore.estimators.estimators", lambda: {"exact": ExactCoverage, "trained": Trained})
    manifold = rc.simulate_manifold(scene, grid, method="trained", model="city.json", draws=7)
    assert manifold.provenance["estimator"]["model"] == "city.json"
    assert rc.simulate_manifold(scene, grid, method="trained").provenance["estimator"]["model"] is None
    with pytest.raises(rc.InputError, match="model: method='exact' is not a trained one"):
        rc.simulate_manifold(scene, grid, model="city.json")
    with pytest.raises(rc.InputError, match="model: the method is an estimator object"):
        rc.simulate_manifold(scene, grid, method=Trained(), model="city.json")


def test_more_carriers_than_numpy_can_choose_among():
    rng = np.random.default_rng(2)
    names = [f"C{i:02}" for i in range(70)]
    scene = open_field(x_m=rng.uniform(0, 100, 70), y_m=rng.uniform(0, 100, 70), carrier=names)
    carrier = rc.simulate_manifold(scene, resolution_m=20.0).dataset.carrier.values
    assert 0 <= carrier.min() and carrier.max() < 70


def test_sectors_of_one_mast_are_traced_once(monkeypatch):
    traced = traced_stations(monkeypatch)
    scene = open_field(x_m=[52.0] * 3, y_m=[52.0] * 3, azimuth_deg=[0.0, 120.0, 240.0], id=["A"] * 3)
    rc.simulate_manifold(scene, resolution_m=10.0)
    assert traced == [1]


def test_terrain_is_counted_once_whatever_the_carriers():
    town = rc.Buildings.from_polygons([shapely.box(20, 20, 60, 60)], 15.0)
    mast = rc.BaseStations(x_m=[90.0, 95.0, 98.0], y_m=[90.0, 95.0, 98.0], carrier=["A", "B", "C"])
    scene = rc.Scene(town, mast, receiver_bounds_m=(0, 0, 100, 100))
    manifold = rc.simulate_manifold(scene, resolution_m=10.0, method="accelerated", draws=8)
    assert json.loads(manifold.dataset.attrs["provenance"])["outdoor_receivers"] == 100 - 16


def test_many_threads_are_no_more_than_the_system_gives(scene, grid):
    assert bytes_of(rc.simulate_manifold(scene, grid, threads=500)) == bytes_of(rc.simulate_manifold(scene, grid))


def test_links_leaving_the_map_are_counted_at_both_ends():
    town = rc.Buildings.from_polygons([shapely.box(0, 0, 50, 100)], 15.0)
    scene = rc.Scene(town, rc.BaseStations(x_m=[25.0], y_m=[50.0]), receiver_bounds_m=(0, 0, 100, 100))
    provenance = json.loads(rc.simulate_manifold(scene, resolution_m=10.0).dataset.attrs["provenance"])
    assert provenance["share_links_leaving_map"] == 0.5  # the eastern half of the receivers


def test_cells_have_their_centre_in_the_box():
    grid = rc.ReceiverGrid.covering((0.0, 0.0, 11.0, 1.0), 5.0)
    assert (grid.x_m.tolist(), grid.y_m.tolist()) == ([2.5, 7.5], [2.5])


def test_a_frame_with_westward_axes_is_not_taken_as_it_is():
    frame = LocalFrame.around("EPSG:2048", (-95_000.0, 3_700_000.0, -94_000.0, 3_701_000.0))
    lon, lat = frame.to_lonlat([0.0, 100.0, 0.0], [0.0, 0.0, 100.0])
    assert lon[1] > lon[0] and lat[2] > lat[0]


@pytest.mark.parametrize("station", [1.7, None])
def test_a_station_is_named_by_id_or_row(scene, station):
    with pytest.raises(rc.InputError, match="neither an id"):
        scene.with_station_removed(station)


def test_north_is_north_at_0_and_360_degrees():
    with pytest.raises(rc.InputError, match="duplicates"):
        rc.BaseStations(x_m=[1.0, 1.0], y_m=[0.0, 0.0], azimuth_deg=[0.0, 360.0])


def test_a_new_station_among_several_carriers_names_its_own():
    scene = open_field(x_m=[0.0, 50.0], y_m=[0.0, 50.0], carrier=["A", "B"])
    with pytest.raises(rc.InputError, match="carrier: say which"):
        scene.with_station_added(10.0, 10.0)


def test_levels_keep_their_bits_on_every_processor():
    """NumPy's power function takes another path with AVX-512; ours may not."""
    from numpy._core._multiarray_umath import __cpu_dispatch__ as newer_processors

    code = (
        "import hashlib, numpy as np; from radiocore.units import db_to_linear, linear_to_db;"
        "ratio = db_to_linear(np.linspace(-200, 100, 3001));"
        "print(hashlib.sha256(ratio.tobytes() + linear_to_db(ratio).tobytes()).hexdigest())"
    )
    without = {**os.environ, "NPY_DISABLE_CPU_FEATURES": " ".join(newer_processors)}
    runs = [
        subprocess.run([sys.executable, "-W", "ignore", "-c", code], env=env, capture_output=True, text=True).stdout
        for env in (dict(os.environ), without)
    ]
    assert runs[0] and runs[0] == runs[1]


def test_levels_are_what_they_should_be():
    assert db_to_linear([-30.0, 0.0, 10.0, 60.0]).tolist() == [1e-3, 1.0, 10.0, 1e6]
    np.testing.assert_allclose(db_to_linear([-59.5, 3.0, 17.3]), [10**-5.95, 10**0.3, 10**1.73], rtol=4e-16)
    assert db_to_linear(-np.inf) == 0.0
    assert linear_to_db(0.0) == -np.inf
    np.testing.assert_allclose(linear_to_db([1e-3, 1.0, 2.0, 1e6]), [-30, 0, 20 * np.log10(2) / 2, 60], rtol=4e-16)
