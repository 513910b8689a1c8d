"""The report of the RSRP paper, in a setting so small that only its making is tested, not its numbers."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import replace

import numpy as np
import pytest

from radiocore import InputError
from radiocore.cli import main
from radiocore.reproduce import rsrp
from radiocore.reproduce.figure import VERDICTS
from radiocore.reproduce.rsrp import attempts, dortmund, dtu, huawei, latent, synthetic, table_1, targets
from radiocore.reproduce.rsrp.latent import separation
from radiocore.reproduce.rsrp.methods import BASELINES, METHODS, OURS
from radiocore.reproduce.rsrp.report import FIGURES, reproduce_rsrp
from radiocore.reproduce.rsrp.settings import Settings
from radiocore.reproduce.rsrp.splits import RANDOM, SPLITS
from radiocore.reproduce.rsrp.study import Study
from radiocore.reproduce.rsrp.style import METHOD_COLOURS
from reports import assert_page_is_whole, assert_tables_are_files

pytest.importorskip("torch")
pytest.importorskip("sklearn")

TINY = Settings(
    folds=2,
    side_m=500.0,
    samples=120,
    epochs=2,
    rows=300,
    images=12,
    image_epochs=1,
    calibrated=("blocked_100_m",),
    methods=("cell mean", "empirical", "MLP", "proposed"),
)


@pytest.fixture(scope="module")
def report():
    return reproduce_rsrp(settings=TINY, seed=3, threads=1, progress=False)


@pytest.fixture(scope="module")
def made_up():
    return synthetic.load(TINY, 3)


def tables(report):
    return {table.name: table for figure in report.figures for table in figure.tables}


def test_every_figure_is_in_the_report():
    modules = [importlib.import_module(f"{rsrp.__name__}.{item.name}") for item in pkgutil.iter_modules(rsrp.__path__)]
    assert {module for module in modules if hasattr(module, "make")} == set(FIGURES)


def test_the_page_loads_nothing_and_is_whole(report):
    assert_page_is_whole(report)


def test_tables_are_csv_files_of_their_own(report):
    assert_tables_are_files(report)


def test_table_1_has_a_row_each_month_and_sector_and_a_column_each_method(report, made_up):
    for split in SPLITS:
        table = tables(report)[f"table_1_{split.name}"]
        assert table.columns[-len(TINY.methods) :] == tuple(f"{name}, dB" for name in TINY.methods)
        assert [row[1:3] for row in table.rows] == [*made_up.groups, ("all", "all")]
        assert sum(row[3] for row in table.rows) == 2 * len(made_up) == 240
        assert all(0 < value < 60 for row in table.rows for value in row[5:])
        in_all = np.average([row[5:] for row in table.rows[:-1]], axis=0, weights=[row[3] for row in table.rows[:-1]])
        np.testing.assert_allclose(in_all, table.rows[-1][5:])


def test_honest_folds_stand_first(report):
    assert [figure.name for figure in report.figures[:2]] == ["targets", "table_1"]
    shown = [table.name for table in report.figures[1].tables]
    assert shown == ["table_1_blocked_100_m", "table_1_blocked_400_m", "table_1_random", "table_1_printed"]


def test_printed_gains_are_those_that_the_paper_claims():
    empirical, plain, proposed = (np.array([row[column] for row in table_1.PRINTED]) for column in (3, 4, 5))
    assert (proposed < plain).all() and (plain < empirical).all()
    assert (1 - proposed / empirical).mean() > 0.2 and 0.09 < (1 - proposed / plain).mean() < 0.12


def test_what_holds_is_said_first(report):
    judged = tables(report)["targets"].rows
    assert report.headline[0] == f"{sum(row[1] == 'holds' for row in judged)} of {len(judged)} targets hold."
    assert [line.partition(":")[0] for line in report.headline[1 : 1 + len(judged)]] == [row[1] for row in judged]
    head = report.files()["index.html"].decode().partition("<nav>")[0]
    assert report.headline[0] in head and "The first tier" in head and "Only the made-up drive test" in head


def test_claims_have_a_verdict_and_a_number(report):
    assert len(report.claims) >= 4
    for claim in report.claims:
        assert claim.verdict in VERDICTS
        assert re.search(r"\d", claim.number) and claim.text.endswith(".")


def test_shares_are_shares_and_calibrated_where_asked_for(report):
    for name in ("calibration", "reliability"):
        table = tables(report)[name]
        last = -1 if name == "calibration" else None
        assert all(value is None or 0 <= value <= 1 for row in table.rows for value in row[3:last])
    mended = {(row[1], row[2]) for row in tables(report)["calibration"].rows if row[-2] is not None}
    assert mended == {("blocked_100_m", "proposed")}


def test_same_seed_same_bytes(report):
    again = reproduce_rsrp(settings=TINY, seed=3, threads=1, progress=False, figures=(table_1, latent, targets)).files()
    files = report.files()
    assert {name: files[name] for name in again if name != "index.html"} == {
        name: content for name, content in again.items() if name != "index.html"
    }
    assert {"table_1.png", "latent.png", "targets.csv"} <= set(again)


def test_every_method_has_a_colour_and_can_be_made(made_up):
    assert list(METHODS) == list(METHOD_COLOURS) == [*BASELINES, "proposed", OURS]
    for name, method in METHODS.items():
        model = method.make(TINY, 0)
        assert not model.is_fitted and method.name == name


def test_a_method_that_needs_images_is_left_out_where_there_are_none(shared_data):
    cell = huawei.load(shared_data(huawei.FOLDER).parent)
    assert not cell.has_images
    assert Study(TINY, (cell,), progress=False).result(cell, RANDOM, "proposed") is None


def test_separation_by_hand():
    is_los = np.array([True, True, False, False])
    assert separation(np.array([4.0, 3.0, 2.0, 1.0]), is_los) == separation(np.array([1.0, 2.0, 3.0, 4.0]), is_los) == 1
    assert separation(np.array([1.0, 1.0, 1.0, 1.0]), is_los) == 0.5
    assert separation(np.array([1.0, 2.0]), np.array([True, True])) is None


def test_one_kind_of_link_is_no_reason_to_fail(made_up):
    town = replace(made_up)
    town.__dict__["is_los"] = np.ones(len(town), dtype=bool)
    figure = latent.make(Study(TINY, (town,), seed=3, progress=False))
    assert "z1 –, z2 –" in figure.finding and "distance alone –" in figure.finding


def test_settings_that_the_figures_cannot_show():
    with pytest.raises(InputError, match="latent: 1; give 2 or more"):
        Settings(latent=1)


def test_ours_alone_beats_no_baseline(made_up):
    claims = targets.targets(Study(replace(TINY, methods=(OURS,)), (replace(made_up, is_real=True),), progress=False))
    assert [claim.text.partition(":")[0] for claim in claims] == ["Ours"]


def test_attempts_say_which_folds_they_are_of():
    table = attempts.make(Study(TINY, ())).tables[0]
    at = table.columns.index("r2_folds")
    assert {row[:1] + row[at : at + 1] for row in table.rows} == {("96", "blocked_100_m"), ("300", "random")}


# ---- The data sets -------------------------------------------------------------------------------


def test_made_up_town_is_the_stated_one(made_up):
    assert len(made_up) == 120 and len(made_up.scene.base_stations) == 9
    assert set(made_up.measurements.month) == {1, 8}
    assert {name for _, name in made_up.groups} <= {f"{site}{letter}" for site in (1, 2, 3) for letter in "ABC"}
    assert "device" not in made_up.inputs and made_up.inputs["sector"].dtype == np.float64
    stations = made_up.scene.base_stations
    assert (made_up.measurements.cell == stations.id[made_up.association.station]).all()


def test_dortmund_campus_has_the_stated_rows(shared_data):
    campus = dortmund.load(shared_data(dortmund.FOLDER).parent)
    assert campus.notes[0].startswith("4,356 rows of which phone and cell stand on the map")
    assert len(campus) == 4332 and len(campus.scene.base_stations) == 3 and len(campus.foliage) == 28
    assert campus.has_images and len(np.unique(campus.measurements.sector)) == 7
    assert set(campus.measurements.month) == {12, 1}
    west, south, east, north = campus.scene.receiver_bounds_m
    assert (campus.station_m.max(axis=0) < (east + 100, north + 100)).all()
    np.testing.assert_allclose(campus.inputs["distance_m"], np.hypot(*(campus.user_m - campus.station_m).T))


def test_dtu_has_the_stated_rows(shared_data):
    site = dtu.load(shared_data(dtu.FOLDER).parent)
    assert site.measurements.report.rows_read == 52_902
    assert {name for _, name in site.groups} == {"64", "65", "302"} and not site.has_images
    assert set(site.inputs["frequency_mhz"]) == {811.0, 2630.0}


def test_dtu_distances_are_those_of_the_source(shared_data):
    pandas = pytest.importorskip("pandas")
    told_m = 1000 * pandas.read_csv(shared_data(f"{dtu.FOLDER}/{dtu.FILE}"))["dist_km"].to_numpy()
    site = dtu.load(shared_data(dtu.FOLDER).parent)
    np.testing.assert_allclose(site.inputs["distance_m"], told_m[site.measurements.row], rtol=0.02, atol=5.0)


def test_huawei_cell_has_the_stated_rows(shared_data):
    cell = huawei.load(shared_data(huawei.FOLDER).parent)
    assert len(cell) == 2861 and list(cell.groups) == [("", "A")]
    assert set(huawei.FEATURES) <= set(cell.inputs.columns)
    assert (cell.user_m % 5 == 0).all() and 1000 < cell.inputs["distance_m"].max() < 5000


def test_thinning_leaves_no_place_out_and_says_so(shared_data):
    site = dtu.load(shared_data(dtu.FOLDER).parent)
    thin = site.thinned(7000, 1)
    samples = thin.measurements.binned().samples
    assert len(samples) == len(site.measurements.binned().samples) and samples.max() == 2
    assert thin.notes[-1] == f"thinned to {len(thin):,} of {len(site):,} rows, 2 of each tile of 10 m and cell"
    assert thin.is_thinned and site.thinned(None, 1) is site


# ---- The command ---------------------------------------------------------------------------------


def test_slips_in_the_command_get_one_line(tmp_path, capsys):
    assert main(["reproduce", "rsrp", "--data", str(tmp_path), "--output", str(tmp_path / "out")]) == 2
    assert "--data:" in (told := capsys.readouterr().err) and "has no folder 'dortmund_multimno'" in told
    (tmp_path / "thesis.tex").write_text("x")
    assert main(["reproduce", "rsrp", "--output", str(tmp_path)]) == 2
    assert "holds 'thesis.tex'" in capsys.readouterr().err
    with pytest.raises(InputError, match="give the folder that holds dortmund_multimno, dtu_rsrp, huawei2019_jeske"):
        reproduce_rsrp(data=tmp_path)
