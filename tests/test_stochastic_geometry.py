"""Stochastic geometry: the full expression, its closed form, databases, and Algorithm 5 on maps."""

import json
import re
from dataclasses import replace

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
    a2g_parameters,
    inside_buildings,
    line_of_sight_probability,
    simulate_manifold,
)
from radiocore.cli import main
from radiocore.cli.app import run_command
from radiocore.estimators.stochastic_geometry import StochasticGeometryEstimator
from radiocore.propagation.air_to_ground import AirToGround
from radiocore.stochastic_geometry.closed_form import TABLE_IV, ClosedForm, fit_closed_form, fit_densities
from radiocore.stochastic_geometry.database import DEFAULT_FILE, Database
from radiocore.stochastic_geometry.expression import CoverageExpression
from radiocore.stochastic_geometry.pairs import b_of_a, pairs_on_curve, plane_axes, sigmoid_curve
from radiocore.stochastic_geometry.training import train_curve, train_plane
from reference import air_to_ground
from reference import stochastic_geometry as reference

expression = StochasticGeometryEstimator.expression
ENVIRONMENTS = sorted(reference.COVERAGE_500_M)
SG = StochasticGeometryEstimator


def sight(a, b, height_m=20.0):
    return lambda distance_m: line_of_sight_probability(distance_m, height_m, a, b)


# ---- The full expression -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_expression_equals_the_table_within_500_m(name):
    (a, b), expected = reference.PAIRS[name], reference.COVERAGE_500_M[name]
    found = expression(reference.DENSITIES, a, b, max_distance_m=500.0, threshold_db=0.0)
    np.testing.assert_allclose(found, expected, atol=2e-4, rtol=0)


def test_expression_equals_the_table_within_1000_m():
    found = expression(reference.DENSITIES, 4.88, 0.43, max_distance_m=1000.0, threshold_db=0.0)
    np.testing.assert_allclose(found, reference.SUBURBAN_1000_M, atol=2e-4, rtol=0)
    for name, row in reference.SOME_1000_M.items():
        a, b = reference.PAIRS[name]
        found = expression(list(row), a, b, max_distance_m=1000.0, threshold_db=0.0)
        np.testing.assert_allclose(found, list(row.values()), atol=2e-4, rtol=0)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_halving_the_step_changes_nothing(name):
    a, b = reference.PAIRS[name]
    density, threshold = np.geomspace(0.1, 300, 20), [-10, 0, 15]
    for shape in (1, 2, 4):
        for form in ("exact", "alzer"):
            for reach, nlos in ((500.0, True), (5000.0, False)):
                one = CoverageExpression(Channel(fading_m_los=shape), 20.0, 30.0, reach, nlos, form)
                two = replace(one, panels=2 * one.panels)
                change = one.of(density, sight(a, b), threshold_db=threshold) - two.of(
                    density, sight(a, b), threshold_db=threshold
                )
                assert np.abs(change).max() < 1e-9


@pytest.mark.parametrize(
    ("options", "nlos", "form"),
    [
        ({}, False, "exact"),
        ({"shape": (3, 1), "threshold": 0.3, "height": 8.0}, False, "exact"),
        ({"a": 27.23, "b": 0.08, "density_per_km2": 40.0, "farthest": 1000.0}, True, "exact"),
        ({"exponent": (2.5, 3.0), "threshold": 3.0}, False, "alzer"),
    ],
    ids=["plain", "shape 3", "blocked interfere", "alzer"],
)
def test_expression_equals_nested_quadrature(options, nlos, form):
    net = reference.Network(**{"density_per_km2": 10.0, "a": 9.61, "b": 0.16, "farthest": 500.0, **options})
    channel = Channel(fading_m_los=net.shape[0], path_loss_exponent_los=net.exponent[0])
    found = expression(
        net.density_per_km2,
        net.a,
        net.b,
        max_distance_m=net.farthest,
        threshold_db=10 * np.log10(net.threshold),
        nlos_interference=nlos,
        form=form,
        channel=channel,
        antenna_height_m=net.height,
    )
    assert found == pytest.approx(reference.coverage(net, nlos=nlos, form=form), abs=2e-6)


def test_alzer_is_above_and_blocked_stations_only_take_away():
    alzer_most, nlos_most = 0.0, {}
    for name in ENVIRONMENTS:
        a, b = reference.PAIRS[name]
        options = {"max_distance_m": 1000.0, "threshold_db": 0.0}
        exact = expression(reference.DENSITIES, a, b, **options)
        alzer = expression(reference.DENSITIES, a, b, form="alzer", **options)
        nlos = expression(reference.DENSITIES, a, b, nlos_interference=True, **options)
        assert (alzer >= exact - 1e-12).all() and (nlos <= exact + 1e-12).all()
        alzer_most, nlos_most[name] = max(alzer_most, (alzer - exact).max()), float((exact - nlos).max())
    assert alzer_most == pytest.approx(0.0158, abs=1e-4)
    assert nlos_most == pytest.approx(
        {"suburban": 0.0001, "urban": 0.0017, "dense-urban": 0.0036, "high-rise": 0.022}, abs=2e-4
    )


def test_expression_takes_jumps_of_the_probability():
    """Sure line of sight up to 100 m and none beyond: the mean over the nearest of few stations, by hand."""
    whole = CoverageExpression(Channel(noise_dbm=-200.0), 20.0, 30.0, 300.0)
    found = whole.of(5.0, lambda r: (r <= 100.0).astype(float), threshold_db=-300.0, breaks_m=[100.0])
    assert found == pytest.approx(1 - np.exp(-5e-6 * np.pi * 100.0**2), abs=1e-9)


def test_shapes_of_the_answer_and_what_is_refused():
    options = {"max_distance_m": 500.0, "threshold_db": 0.0}
    assert expression(1.0, 9.61, 0.16, **options).shape == ()
    assert expression([1.0, 2.0], 9.61, 0.16, max_distance_m=500.0, threshold_db=[0, 1, 2]).shape == (3, 2)
    assert expression(0.0, 9.61, 0.16, **options) == 0.0
    for wrong in (
        lambda: expression(-1.0, 9.61, 0.16, **options),
        lambda: expression(np.nan, 9.61, 0.16, **options),
        lambda: expression(1.0, 9.61, 0.16, form="alser", **options),
        lambda: expression(1.0, 9.61, -0.16, **options),
        lambda: expression(1.0, 9.61, 0.16, max_distance_m=0.0, threshold_db=0.0),
        lambda: expression(1.0, 9.61, 0.16, channel=Channel(fading_m_los=1.5), **options),
        lambda: CoverageExpression().of(1.0, lambda r: r, threshold_db=0.0),
    ):
        with pytest.raises(InputError):
            wrong()


# ---- The closed form -----------------------------------------------------------------------------

LARGEST_ERROR = {"suburban": 0.0081, "urban": 0.00026, "dense-urban": 0.000085, "high-rise": 0.00001}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_refitted_coefficients(name):
    a, b = reference.PAIRS[name]
    density, many = fit_densities((0.1, 100.0)), np.geomspace(0.1, 100, 400)
    options = {"max_distance_m": 500.0, "threshold_db": 0.0}
    form = fit_closed_form(density, expression(density, a, b, **options))
    c1, c2, c3, c4 = form.table
    assert 0 < c2 < c4 < 1 and c1 > 0 > c3
    error = np.abs(form(many) - expression(many, a, b, **options))
    assert error.max() <= LARGEST_ERROR[name]
    np.testing.assert_allclose(form(many), np.clip(c1 * many * c2**many - c3 * many * c4**many, 0, 1), atol=1e-12)
    better = fit_closed_form(density, expression(density, a, b, **options), most_terms=4)
    assert np.abs(better(many) - expression(many, a, b, **options)).max() <= 2.1e-4


def test_table_iv_is_kept_as_printed():
    assert list(TABLE_IV) == ["suburban", "urban", "dense-urban", "high-rise"]
    for name, (a, b, *numbers) in TABLE_IV.items():
        assert (a, b) == reference.PAIRS[name]
        form = ClosedForm.of_table(*numbers)
        c1, c2, c3, c4 = numbers
        density = np.geomspace(0.1, 40, 50)
        np.testing.assert_allclose(form(density), c1 * density * c2**density - c3 * density * c4**density, rtol=1e-12)


def test_curve_of_pairs():
    typical = np.array(list(TABLE_IV.values()))
    curve = sigmoid_curve(typical[:, 0], typical[:, 1])
    np.testing.assert_allclose(curve, (0.07854, 2.22987, 0.34335), rtol=1e-3)
    assert np.abs(b_of_a(typical[:, 0], curve) - typical[:, 1]).max() < 0.004
    pairs = np.array(pairs_on_curve(30))
    assert pairs.shape == (30, 2) and (np.diff(pairs[:, 0]) > 0).all() and (np.diff(pairs[:, 1]) < 0).all()


def test_plane_of_terrains():
    alpha_beta, gamma_m = plane_axes((15, 15))
    assert len(alpha_beta) == len(gamma_m) == 15
    assert 25.0 in alpha_beta and alpha_beta[-1] == 250.0 and (gamma_m[0], gamma_m[-1]) == (4.0, 50.0)
    assert (np.diff(alpha_beta) > 0).all() and (np.diff(gamma_m) > 0).all()


# ---- Databases -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small_plane():
    return train_plane((4, 3), name="small", antenna_height_m=(12.0, 20.0), threshold_db=(3.0, -3.0))


def test_database_reads_what_it_wrote(small_plane, tmp_path):
    path = tmp_path / "small.json"
    small_plane.write(path)
    assert Database.read(path) == small_plane
    assert json.loads(path.read_text())["sha256"] == small_plane.sha256
    assert small_plane.conditions.threshold_db == (-3.0, 3.0)
    assert small_plane.conditions.channel == replace(Channel(), noise_dbm=-104.0, threshold_db=0.0)
    settings = small_plane.settings()
    assert settings["name"] == "small" and settings["sha256"] == small_plane.sha256 and settings["pairs"] == 12


def test_forms_of_a_database_are_near_the_expression(small_plane):
    density = np.geomspace(0.1, 100, 60)
    for k, pair in enumerate(small_plane.pairs):
        x, y = small_plane.alpha_beta[k // 3], small_plane.gamma_m[k % 3]
        assert (pair.a, pair.b) == a2g_parameters(1.0, max(x, 25.0), y)
        whole = CoverageExpression(antenna_height_m=12.0, max_distance_m=500.0)
        exact = whole.of(
            density, lambda r, x=x, y=y: AirToGround().probability(r, 12.0, alpha_beta=x, gamma_m=y), threshold_db=3.0
        )
        assert np.abs(small_plane.form(k, height=0, threshold=1)(density) - exact).max() < 2e-3


def edited(path, change):
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def signed(document):
    """With a checksum that fits, as someone would who means to."""
    from radiocore.stochastic_geometry.database import _canonical, _checksum

    document.pop("sha256")
    document["sha256"] = _checksum(_canonical(document))


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_text(path.read_text()[:-200]),
        lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n\xff"),
        lambda path: path.write_text("[]"),
        lambda path: edited(path, lambda it: it.update(format="another")),
        lambda path: edited(path, lambda it: it.update(version=2)),
        lambda path: edited(path, lambda it: it.pop("sha256")),
        lambda path: edited(path, lambda it: it["conditions"].update(power_dbm=33.0)),
        lambda path: edited(path, lambda it: (it["pairs"].pop(), signed(it))),
        lambda path: edited(path, lambda it: (it["conditions"].update(more=1), signed(it))),
        lambda path: edited(path, lambda it: (it["pairs"][0].update(a="9"), signed(it))),
        lambda path: edited(path, lambda it: (it["conditions"].update(threshold_db=[3.0, -3.0]), signed(it))),
        lambda path: edited(path, lambda it: (it["open_ground"].pop(), signed(it))),
    ],
    ids=[
        "cut off", "binary", "list", "format", "version", "unsigned", "changed", "pair lost", "key", "type", "order",
        "height lost",
    ],
)  # fmt: skip
def test_damaged_database_is_refused_with_its_name(small_plane, tmp_path, damage):
    path = tmp_path / "small.json"
    small_plane.write(path)
    damage(path)
    with pytest.raises(FileFormatError, match=r"small\.json.*radiocore train sg") as caught:
        Database.read(path)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="absent"):
        Database.read(tmp_path / "absent.json")


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"density_per_km2": (5.0, 1.0)}, "density_per_km2"),
        ({"threshold_db": ()}, "threshold_db"),
        ({"threshold_db": np.nan}, "threshold_db"),
        ({"antenna_height_m": np.nan}, "antenna_height_m"),
        ({"power_dbm": np.nan}, "power_dbm"),
        ({"channel": Channel(noise_dbm=-np.inf)}, "noise_dbm"),
    ],
)
def test_training_refuses(options, name):
    with pytest.raises(InputError, match=name):
        train_plane((3, 2), **options)


def test_train_command_names_its_own_options(tmp_path, capsys):
    for option, value in (("--threshold", "nan"), ("--antenna-height", "-3"), ("--power", "inf"), ("--curve", "0")):
        assert main(["train", "sg", option, value, "--output", str(tmp_path / "x.json")]) == 2
        assert capsys.readouterr().err.startswith(f"error: {option}: ")
    assert list(tmp_path.iterdir()) == []


def test_the_remedy_of_a_refused_database_is_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scene = Scene(Buildings.from_polygons([], []), stations_like(height_m=25.0, power_dbm=40.0))
    grid = ReceiverGrid([0.0], [0.0])
    levels = {"threshold_db": [1.0, 4.0]}
    method = "stochastic-geometry"
    for _ in range(2):  # stations first, then thresholds
        with pytest.raises(InputError) as caught:
            simulate_manifold(scene, grid, method=method, **levels)
        remedy = str(caught.value).partition("radiocore ")[2].split()
        assert run_command([*remedy, "--rows", "3", "--columns", "2", "--overwrite"]) == 0
        method = SG(model="FILE")
    assert simulate_manifold(scene, grid, method=method, **levels).threshold_db == (1.0, 4.0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["FILE"]


def test_the_default_database_of_the_command_fits_a_default_map(tmp_path):
    path = tmp_path / "mine.json"
    assert run_command(["train", "sg", "--rows", "3", "--columns", "2", "--output", str(path)]) == 0
    scene = Scene(Buildings.from_polygons([], []), BaseStations([100.0], [100.0]))
    grid = ReceiverGrid([0.0], [0.0])
    assert 0 < simulate_manifold(scene, grid, method=SG(model=path)).coverage[0, 0, 0] < 1


def test_train_command_writes_a_database_once(tmp_path, capsys):
    path, channel = tmp_path / "mine.json", tmp_path / "run.toml"
    channel.write_text("[channel]\nfading_m_los = 3\n")
    size = ["--rows", "3", "--columns", "2"]
    command = ["train", "sg", *size, "--antenna-height", "9", "--threshold", "2", "--config", str(channel), "--output"]
    assert run_command([*command, str(path)]) == 0
    assert database_in(capsys.readouterr().out) == Database.read(path).sha256[:16]
    made = Database.read(path)
    assert (made.name, made.conditions.fading_m_los, made.conditions.antenna_height_m) == ("mine", 3.0, (9.0,))
    before = path.read_bytes()
    with pytest.raises(InputError, match="--overwrite"):
        run_command([*command, str(path)])
    with pytest.raises(InputError, match="nowhere"):
        run_command([*command, str(tmp_path / "nowhere" / "mine.json")])
    assert path.read_bytes() == before
    assert run_command(["train", "sg", "--curve", "2", "--output", str(path), "--overwrite"]) == 0
    assert Database.read(path).layout == "curve"
    assert sorted(item.name for item in tmp_path.iterdir()) == ["mine.json", "run.toml"]


def database_in(shown):
    """The beginning of the checksum that the command printed."""
    return re.search(r"sha256\W+([0-9a-f]+)", shown)[1]


# ---- Maps ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def town():
    """A town with stations 20 m high on two carriers, and receivers across it and beyond its edge."""
    scene = Scene.synthetic("urban", side_m=900.0, stations_per_km2=25.0, seed=4)
    stations = scene.base_stations
    other = BaseStations([450.0, 50.0], [450.0, 850.0], carrier="b", id=["b1", "b2"])
    names = ("x_m", "y_m", "id", "carrier")
    both = BaseStations(**{name: np.concatenate([getattr(stations, name), getattr(other, name)]) for name in names})
    grid = ReceiverGrid(np.arange(-600.0, 1500.0, 150.0), np.arange(-60.0, 1500.0, 130.0))
    return replace(scene, base_stations=both), grid


def terrains(scene, grid, radius_m):
    """Receivers in the grid's order with (alpha beta, gamma), and whether each is indoors."""
    from radiocore import minimum_enclosing_circle

    table = []
    for polygon, height_m, area_m2 in zip(
        scene.buildings.footprints, scene.buildings.height_m, scene.buildings.area_m2, strict=True
    ):
        (x, y), _ = minimum_enclosing_circle(np.array(polygon.exterior.coords))
        table.append((x, y, area_m2, height_m))
    place = [(x, y) for y in grid.y_m for x in grid.x_m]
    found = [air_to_ground.terrain(x, y, radius_m, table) for x, y in place]
    indoors = inside_buildings(scene, np.array([(x, y, grid.height_m) for x, y in place])) >= 0
    return place, [(alpha * beta, gamma) for alpha, beta, gamma in found], indoors


def between(axis, value):
    """Rows and weights of the neighbours on an axis."""
    value = min(max(value, axis[0]), axis[-1])
    for row in range(len(axis) - 1):
        if value <= axis[row + 1]:
            share = (value - axis[row]) / (axis[row + 1] - axis[row])
            return [(row, 1 - share), (row + 1, share)]


def plain_algorithm_5(document, scene, grid, carrier, height, threshold, lookup):
    """Coverage of every receiver from the JSON of a database, by loops."""
    radius_m = document["conditions"]["max_distance_m"]
    pick = scene.base_stations.carrier == carrier
    stations = list(zip(scene.base_stations.x_m[pick], scene.base_stations.y_m[pick], strict=True))
    out = []

    def fit(pair, density):
        rows = document["open_ground"] if pair is None else document["pairs"][pair]["fits"]
        curves = [rows[height][t] for t in range(threshold + 1)]
        values = [sum(w * density * np.exp(-d * density) for w, d in zip(*curve, strict=True)) for curve in curves]
        return min(min(max(value, 0.0), 1.0) for value in values)

    for (x, y), (alpha_beta, gamma), indoors in zip(*terrains(scene, grid, radius_m), strict=True):
        number = sum((x - sx) ** 2 + (y - sy) ** 2 <= radius_m**2 for sx, sy in stations)
        density = number / (np.pi * radius_m**2 / 1e6)
        if indoors or number == 0:
            out.append(0.0)
        elif lookup == "nearest":
            a, b = air_to_ground.parameters(min(max(alpha_beta, 25.0), 250.0), min(max(gamma, 4.0), 50.0))
            blended = sum(x < 25.0 for x in document["alpha_beta"]) * len(document["gamma_m"])
            whole = document["pairs"][blended:]
            deviation = [abs(a - pair["a"]) / a + abs(b - pair["b"]) / b for pair in whole]
            share = min(alpha_beta / 25.0, 1.0)
            out.append(share * fit(blended + int(np.argmin(deviation)), density) + (1 - share) * fit(None, density))
        else:
            rows, columns = [0.0, *document["alpha_beta"]], document["gamma_m"]
            out.append(
                sum(
                    u * v * fit(None if i == 0 else (i - 1) * len(columns) + j, density)
                    for i, u in between(rows, alpha_beta)
                    for j, v in between(columns, gamma)
                )
            )
    return np.array(out).reshape(grid.shape)


@pytest.mark.parametrize("lookup", ["interpolated", "nearest"])
def test_maps_equal_the_algorithm_by_loops(town, lookup):
    scene, grid = town
    document = json.loads(DEFAULT_FILE.read_text())
    assert document["conditions"]["antenna_height_m"][0] == 18.5
    for carrier in scene.carriers:
        alone = replace(scene, base_stations=scene.base_stations.select(scene.base_stations.carrier == carrier))
        found = (
            simulate_manifold(alone, grid, method=SG(lookup=lookup), threshold_db=[5, 0])
            .dataset["coverage"]
            .sortby("y")
        )
        for row, threshold in ((0, 5.0), (1, 0.0)):
            number = document["conditions"]["threshold_db"].index(threshold)
            expected = plain_algorithm_5(document, scene, grid, carrier, 0, number, lookup)
            np.testing.assert_allclose(found[row], expected, atol=1e-12)
        assert 0 < float(found.max()) and float(found.min()) == 0


def test_map_of_two_carriers_is_the_better_of_both(town):
    scene, grid = town
    maps = []
    for carrier in scene.carriers:
        alone = replace(scene, base_stations=scene.base_stations.select(scene.base_stations.carrier == carrier))
        maps.append(simulate_manifold(alone, grid, method="stochastic-geometry").dataset["coverage"].values)
    both = simulate_manifold(scene, grid, method="stochastic-geometry")
    np.testing.assert_array_equal(both.dataset["coverage"], np.maximum(*maps))
    assert (both.dataset["server"] == -1).all()


def test_provenance_names_the_database_and_counts_what_was_clamped(town):
    scene, grid = town
    provenance = simulate_manifold(scene, grid, method="stochastic-geometry").provenance
    used = provenance["estimator"]
    assert used["model"]["name"] == "default" and len(used["model"]["sha256"]) == 64
    assert used["max_distance_m"] == 500.0 and used["lookup"] == "interpolated"
    _, terrain, indoors = terrains(scene, grid, 500.0)
    outdoor = [pair for pair, inside in zip(terrain, indoors, strict=True) if not inside]
    assert provenance["outdoor_receivers"] == len(outdoor)
    assert provenance["outdoor_receivers_without_buildings_near"] == sum(pair[0] == 0 for pair in outdoor) > 0
    outside = [0 < x < 25 or x > 250 or 0 < y < 4 or y > 50 for x, y in outdoor]
    assert provenance["outdoor_receivers_outside_terrain_fit"] == sum(outside)
    assert provenance["outdoor_receivers_beyond_trained_density"] == 0
    json.dumps(provenance)


def test_more_stations_than_trained_for_are_clamped_and_counted():
    rng = np.random.default_rng(3)
    dense = BaseStations(*rng.uniform(-300, 300, (2, 120)), id=[str(i) for i in range(120)])
    scene = Scene(Buildings.from_polygons([], []), dense)
    grid = ReceiverGrid([0.0], [0.0])
    found = simulate_manifold(scene, grid, method="stochastic-geometry")
    assert found.provenance["outdoor_receivers_beyond_trained_density"] == 1
    document = json.loads(DEFAULT_FILE.read_text())
    (weight, decay) = document["open_ground"][0][document["conditions"]["threshold_db"].index(0.0)]
    expected = 100.0 * sum(w * np.exp(-100.0 * d) for w, d in zip(weight, decay, strict=True))
    assert float(found.dataset["coverage"].item()) == pytest.approx(expected, abs=1e-12)


def test_a_grid_at_0_m_has_its_own_row_of_the_default(town):
    scene, _ = town
    grid = ReceiverGrid(np.arange(0.0, 900, 100), np.arange(0.0, 900, 100), height_m=0.0)
    alone = replace(scene, base_stations=scene.base_stations.select(scene.base_stations.carrier == ""))
    document = json.loads(DEFAULT_FILE.read_text())
    number = document["conditions"]["threshold_db"].index(0.0)
    found = simulate_manifold(alone, grid, method="stochastic-geometry").dataset["coverage"].sortby("y")
    expected = plain_algorithm_5(document, scene, grid, "", 1, number, "interpolated")
    np.testing.assert_allclose(found, expected, atol=1e-12)


def stations_like(**columns):
    return BaseStations([100.0, 300.0], [100.0, 200.0], **{"height_m": 20.0, **columns})


@pytest.mark.parametrize(
    ("stations", "options", "names"),
    [
        (stations_like(height_m=[20.0, 25.0]), {}, ["height_m", "rows 0", "1", "exact"]),
        (stations_like(power_dbm=[30.0, 33.0]), {}, ["power_dbm", "rows 0", "exact"]),
        (stations_like(load=[1.0, 0.5]), {}, ["load", "row 1", "exact"]),
        (stations_like(azimuth_deg=[np.nan, 120.0]), {}, ["azimuth_deg", "row 1", "exact"]),
        (stations_like(height_m=1.0), {}, ["height_m", "exact"]),
        (stations_like(height_m=25.0), {}, ["height_m", "23.5", "train sg"]),
        (stations_like(power_dbm=40.0), {}, ["power_dbm", "40", "train sg"]),
        (stations_like(), {"channel": Channel(path_loss_exponent_los=2.1)}, ["path_loss_exponent_los", "train sg"]),
        (stations_like(), {"threshold_db": 7.0}, ["threshold_db", "7", "train sg"]),
        (stations_like(), {"channel": Channel(max_interferer_distance_m=300.0)}, ["max_interferer_distance_m"]),
        (stations_like(), {"method": SG(max_distance_m=800.0)}, ["max_distance_m", "500", "train sg"]),
    ],
)  # fmt: skip
def test_what_no_database_knows_is_refused(stations, options, names):
    scene = Scene(Buildings.from_polygons([], []), stations)
    with pytest.raises(InputError) as caught:
        simulate_manifold(scene, ReceiverGrid([0.0], [0.0]), **{"method": "stochastic-geometry", **options})
    assert all(name in str(caught.value) for name in names), str(caught.value)
    assert "\n" not in str(caught.value)


def test_noise_counts_relative_to_the_power():
    grid = ReceiverGrid([0.0, 50.0], [0.0, 50.0])
    scene, louder = (Scene(Buildings.from_polygons([], []), stations_like(power_dbm=power)) for power in (30.0, 40.0))
    one = simulate_manifold(scene, grid, method=SG()).dataset["coverage"]
    two = simulate_manifold(louder, grid, method=SG(), channel=Channel(noise_dbm=-94.0)).dataset["coverage"]
    np.testing.assert_array_equal(one, two)


def test_own_database_from_a_file(small_plane, tmp_path):
    path = tmp_path / "small.json"
    small_plane.write(path)
    scene = Scene(Buildings.from_polygons([], []), stations_like(height_m=13.5))
    grid = ReceiverGrid([0.0, 50.0], [0.0, 50.0])
    maps = [simulate_manifold(scene, grid, method=SG(model=item), threshold_db=3.0) for item in (path, small_plane)]
    np.testing.assert_array_equal(maps[0].dataset["coverage"], maps[1].dataset["coverage"])
    assert maps[0].provenance["estimator"]["model"]["name"] == "small"


def test_curve_is_for_the_nearest_pair_only():
    curve = train_curve(5, name="curve", antenna_height_m=18.5)
    assert all(len(pair.fits[0][0][0]) == 2 for pair in curve.pairs)
    scene = Scene(Buildings.from_polygons([], []), stations_like())
    grid = ReceiverGrid([0.0], [0.0])
    with pytest.raises(InputError, match="lookup"):
        simulate_manifold(scene, grid, method=SG(model=curve))
    assert simulate_manifold(scene, grid, method=SG(model=curve, lookup="nearest")).dataset["coverage"].item() > 0


@pytest.mark.parametrize(
    "options",
    [
        {"lookup": "nearst"},
        {"line_of_sight_model": "p1411"},
        {"line_of_sight_model": "p1410", "lookup": "nearest"},
        {"line_of_sight_model": "fitted", "model": "x.json"},
        {"line_of_sight_model": "fitted", "max_distance_m": -1.0},
    ],
)
def test_settings_are_checked(options):
    with pytest.raises(InputError):
        SG(**options)


# ---- Slow: the accuracy that is promised -----------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "density"), [("suburban", 10.0), ("urban", 20.0), ("dense-urban", 50.0), ("high-rise", 75.0)]
)
@pytest.mark.parametrize("nlos", [False, True])
def test_expression_equals_poisson_networks(name, density, nlos):
    a, b = reference.PAIRS[name]
    net = reference.Network(density, a, b, 500.0)
    mean, error = reference.simulated_coverage(net, 20_000, np.random.default_rng(11), nlos=nlos)
    found = expression(density, a, b, max_distance_m=500.0, threshold_db=0.0, nlos_interference=nlos)
    assert abs(found - mean) < 4 * error


@pytest.mark.slow
def test_225_terrains_of_a_plane_give_any_terrain():
    """The default database is such a one; 120 random terrains by densities from 0.5 to 100."""
    from radiocore.stochastic_geometry.lookup import table_of_database

    database, rng = Database.default(), np.random.default_rng(5)
    assert len(database.pairs) == 225
    row, height = database.conditions.threshold_db.index(0.0), database.conditions.antenna_height_m.index(20.0)
    assert table_of_database(database, height, [row], 1, "interpolated").value.shape[2] == 240
    density, errors = np.array([0.5, 1, 2, 5, 10, 20, 30, 50, 75, 100]), []
    alpha_beta_axis, gamma_axis = np.array(database.alpha_beta), np.array(database.gamma_m)
    values = np.array([database.form(k, height=height, threshold=row)(density) for k in range(225)])
    for _ in range(120):
        x, y = rng.uniform(40, 250), rng.uniform(5, 50)
        exact = expression(density, *a2g_parameters(1.0, x, y), max_distance_m=500.0, threshold_db=0.0)
        found = sum(
            u * v * values[i * 15 + j] for i, u in between(alpha_beta_axis, x) for j, v in between(gamma_axis, y)
        )
        errors.append(np.abs(found - exact))
    assert np.mean(errors) <= 0.009


@pytest.mark.slow
def test_default_database_is_what_training_gives():
    made = train_plane(name="default", antenna_height_m=(18.5, 20.0), threshold_db=(-5, 0, 5, 10))
    default = Database.default()
    assert made.conditions == default.conditions and made.alpha_beta == default.alpha_beta
    density = np.geomspace(0.1, 100, 40)
    for k in range(225):
        for height in range(2):
            for threshold in range(4):
                place = {"height": height, "threshold": threshold}
                assert np.abs(made.form(k, **place)(density) - default.form(k, **place)(density)).max() < 5e-4


@pytest.mark.parametrize("height_m, farthest_m", [(5.0, 500.0), (20.0, 500.0), (20.0, 5000.0), (100.0, 5000.0)])
def test_dense_networks_have_the_chance_of_a_server_at_a_low_threshold(height_m, farthest_m):
    density = np.array([10.0, 1e3, 1e4, 3e4])

    def cone(distance_m):  # clear above 45 degrees, a disc whose chance of a station is known
        return (distance_m <= height_m).astype(float)

    whole = CoverageExpression(Channel(noise_dbm=-200.0), height_m, 30.0, farthest_m)
    found = whole.of(density, cone, threshold_db=-300.0, breaks_m=[height_m])
    np.testing.assert_allclose(found, -np.expm1(-density * 1e-6 * np.pi * height_m**2), atol=1e-9)
    alone = [whole.of(float(each), cone, threshold_db=-300.0, breaks_m=[height_m]) for each in density]
    assert found.tolist() == [float(each) for each in alone]


def test_what_quadrature_cannot_tell_is_refused():
    with pytest.raises(InputError, match="density_per_km2: more than .* too dense"):
        expression(1e9, 9.61, 0.16, max_distance_m=500.0, threshold_db=0.0)
    for threshold_db in (np.nan, np.inf, 3060.0):
        with pytest.raises(InputError, match="threshold_db"):
            expression(1.0, 9.61, 0.16, max_distance_m=500.0, threshold_db=threshold_db)
