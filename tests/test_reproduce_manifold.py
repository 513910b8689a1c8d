"""The report of the paper's evaluation, in a setting so small that only its making is tested, not its numbers."""

import importlib
import json
import os
import pkgutil
import re

import numpy as np
import pytest

from radiocore import BaseStations, InputError, Scene
from radiocore.cli import main
from radiocore.estimators import estimators
from radiocore.reproduce import folder, manifold
from radiocore.reproduce.figure import VERDICTS, Table
from radiocore.reproduce.manifold import figure_7
from radiocore.reproduce.manifold.delay import tiles_of
from radiocore.reproduce.manifold.report import FIGURES, KIND, reproduce_manifold
from radiocore.reproduce.manifold.settings import Settings
from radiocore.reproduce.manifold.style import METHOD_COLOURS
from radiocore.reproduce.manifold.towns import made_up_towns, mixed_town
from radiocore.reproduce.page import page
from reports import assert_page_is_whole, assert_tables_are_files

TINY = Settings(
    environments=("suburban", "high-rise"),
    side_m=600.0,
    margin_m=150.0,
    test_receivers=64,
    draws=50,
    exact_radii_m=(50.0, 100.0, 200.0),
    neighbourhood_radii_m=(60.0, 200.0),
    database_sizes=(6,),
    sample_numbers=(20,),
    map_cells=100,
    tiles=2,
    tile_cells=4,
)


@pytest.fixture(scope="module")
def report():
    return reproduce_manifold(settings=TINY, seed=3, progress=False)


def test_every_figure_is_in_the_report():
    modules = [module.name for module in pkgutil.iter_modules(manifold.__path__)]
    found = [importlib.import_module(f"radiocore.reproduce.manifold.{name}") for name in modules]
    assert {module for module in found if hasattr(module, "make")} == set(FIGURES)


def test_the_page_loads_nothing_and_is_whole(report):
    assert_page_is_whole(report)


def test_tables_are_csv_files_of_their_own(report):
    assert_tables_are_files(report)


def test_claims_have_a_verdict_and_a_number(report):
    assert len(report.claims) >= 8
    for claim in report.claims:
        assert claim.verdict in VERDICTS
        assert re.search(r"\d", claim.number) and claim.text.endswith(".")
    assert len({claim.text for claim in report.claims}) == len(report.claims)


def test_whether_exact_is_faster_is_said_first(report):
    assert report.headline[0].startswith("On one thread the exact method takes")
    assert "Mean difference of a receiver's coverage from it: traditional" in report.headline[1]
    assert report.headline[0] in report.files()["index.html"].decode().partition("<nav>")[0]


def test_same_seed_same_numbers(report):
    def numbers(one):
        return {table.name: table.rows for figure in one.figures for table in figure.tables if not table.is_timing}

    again = reproduce_manifold(settings=TINY, seed=3, progress=False, threads=1)
    assert numbers(again) == numbers(report)


def test_every_method_has_a_colour():
    assert set(METHOD_COLOURS) >= set(estimators())
    assert len(set(METHOD_COLOURS.values())) == len(METHOD_COLOURS)


def test_text_of_a_page_is_escaped():
    found = page(title="<b>", headline=["a & b"], figures=[], claims=[], notes=["<script>"])
    assert "<b>" not in found and "a &amp; b" in found and "<script>" not in found


# ---- Towns, receivers and tiles ------------------------------------------------------------------


def test_receivers_stand_on_the_ground_inside_the_belt():
    for town in (*made_up_towns(TINY, 0), mixed_town(TINY, 0)):
        assert town.grid.height_m == 0.0
        assert 150 < town.grid.x_m[0] and town.grid.x_m[-1] < 450
        assert 36 <= town.grid.size <= 100
    stations = mixed_town(TINY, 0).scene.base_stations
    assert len(stations) == 8 and (stations.x_m.min() < 300 < stations.x_m.max())


def test_excluded_receivers_are_those_without_neighbours():
    town = made_up_towns(TINY, 1)[0]
    near = town.has_neighbours(120.0)
    x_m, y_m = np.meshgrid(town.grid.x_m, town.grid.y_m[::-1])
    stations = town.scene.base_stations
    distance_m = np.hypot(x_m[..., None] - stations.x_m, y_m[..., None] - stations.y_m).min(axis=-1)
    assert not near[distance_m > 120.0].any() and near.any()
    assert not town.has_neighbours(0.001).any()


def test_tiles_lie_in_the_town():
    town = made_up_towns(TINY, 0)[0]
    tiles = tiles_of(town, 5, 8, 0)
    assert [tile.shape for tile in tiles] == [(8, 8)] * 5
    for tile in tiles:
        assert 150 <= tile.x_m[0] < tile.x_m[-1] <= 450 and 150 <= tile.y_m[0] < tile.y_m[-1] <= 450
    again = tiles_of(town, 5, 8, 0)
    assert all((one.x_m == other.x_m).all() for one, other in zip(tiles, again, strict=True))


def test_straightness_of_a_line_and_of_a_bend():
    radius_m = np.array([25.0, 50, 100, 200, 400, 800])
    line = np.array([0.5, 0.4, 0.3, 0.2, 0.1, 0.1])
    assert figure_7._straightness(radius_m, line, 0.1) == (pytest.approx(1.0), 400.0)
    bend = np.array([0.5, 0.5, 0.5, 0.5, 0.4, 0.2])
    straight, flat_from_m = figure_7._straightness(radius_m, bend, 0.1)
    assert straight < 0.7 and flat_from_m == np.inf


def test_a_method_that_refuses_the_town_is_told_at_the_head():
    town = Scene.synthetic("urban", side_m=300, stations_per_km2=60, seed=1)
    low = BaseStations(x_m=[150.0, 200.0], y_m=[10.0, 20.0], height_m=[20.0, 0.5])
    scene = Scene(town.buildings, low)
    figures = [module for module in FIGURES if module.NAME in ("figures_10_12", "methods")]
    flat = Settings(**{**vars(TINY), "environments": ("urban",)})
    report = reproduce_manifold(settings=flat, scene=scene, name="basin", figures=figures, progress=False)
    assert any("basin" in line and "no map" in line for line in report.headline)


# ---- The folder ----------------------------------------------------------------------------------


def test_a_report_replaces_a_former_one_and_nothing_else(tmp_path):
    target = tmp_path / "report"
    folder.write_folder(target, KIND, {"a.csv": b"1", "b.csv": b"2"}, {"seed": 1})
    folder.write_folder(target, KIND, {"a.csv": b"3"}, {"seed": 2})
    assert sorted(item.name for item in target.iterdir()) == ["a.csv", "report.json"]
    assert json.loads((target / "report.json").read_text())["seed"] == 2
    (target / "mine.txt").write_text("keep")
    with pytest.raises(
        InputError, match=r"holds 'mine.txt', which is not a former radiocore manifold report's; name a new or an empty"
    ):
        folder.write_folder(target, KIND, {"a.csv": b"4"}, {})
    assert (target / "a.csv").read_bytes() == b"3"


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda path: path.write_text("x"), "is a file; name a folder"),
        (lambda path: (path.mkdir(), (path / "photo.png").write_text("x")), "holds 'photo.png'"),
        (lambda path: (path.mkdir(), (path / "report.json").write_text("{}")), "holds 'report.json'"),
    ],
)
def test_folders_of_others_are_refused(tmp_path, make, complaint):
    make(tmp_path / "out")
    with pytest.raises(InputError, match=complaint):
        folder.check_folder(tmp_path / "out", KIND)
    with pytest.raises(InputError, match="does not exist; make it first"):
        folder.check_folder(tmp_path / "no" / "out", KIND)
    if os.path.isdir("/proc"):  # whose rights promise more than it keeps
        with pytest.raises(InputError, match="'/proc' is not writable"):
            folder.check_folder("/proc/report", KIND)
    (tmp_path / "empty").mkdir()
    assert folder.check_folder(tmp_path / "empty", KIND) == tmp_path / "empty"


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (OSError(28, "No space left on device"), (InputError, "cannot be written: No space left on device")),
        (KeyboardInterrupt(), (KeyboardInterrupt, None)),
    ],
)
def test_a_failure_leaves_the_former_report(tmp_path, monkeypatch, failure, told):
    target = tmp_path / "report"
    folder.write_folder(target, KIND, {"a.csv": b"1"}, {})
    real = os.rename

    def failing(source, destination):
        if str(source).endswith(".part"):
            raise failure
        real(source, destination)

    monkeypatch.setattr("os.rename", failing)
    with pytest.raises(told[0], match=told[1]):
        folder.write_folder(target, KIND, {"a.csv": b"2"}, {})
    assert [item.name for item in tmp_path.iterdir()] == ["report"]
    assert (target / "a.csv").read_bytes() == b"1"


def test_csv_leaves_nothing_empty_and_numbers_whole():
    table = Table("t", ("name", "value"), (("a, b", 0.1), ("c", None)))
    assert folder.csv_bytes(table) == b'name,value\n"a, b",0.1\nc,\n'


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["manifolds"], "no such command 'manifolds'"),
        (["manifold", "--buildings", "town.geojson"], "--base-stations: not given; the report takes both files"),
        (["manifold", "--seed", "-1"], "--seed: must be greater than or equal to 0"),
    ],
)
def test_slips_in_the_command_get_one_line(tmp_path, capsys, arguments, complaint):
    assert main(["reproduce", *arguments, "--output", str(tmp_path / "out")]) == 2
    assert complaint in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_foreign_folder_is_refused_before_any_work(tmp_path, capsys):
    (tmp_path / "thesis.tex").write_text("x")
    assert main(["reproduce", "manifold", "--output", str(tmp_path)]) == 2
    assert "holds 'thesis.tex'" in capsys.readouterr().err
