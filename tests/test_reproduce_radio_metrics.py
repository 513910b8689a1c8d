"""The report of the CRC-ML-4G paper, in a setting so small that only its making is tested, not its numbers."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import replace

import numpy as np
import pytest

from radiocore import InputError
from radiocore.cli import main
from radiocore.frame import LocalFrame
from radiocore.models.least_squares import LeastSquares
from radiocore.models.plain_mean import PlainMean
from radiocore.reproduce import radio_metrics
from radiocore.reproduce.figure import VERDICTS
from radiocore.reproduce.radio_metrics import dortmund, figure_2, made_up, study, table_1, table_3, table_5, targets
from radiocore.reproduce.radio_metrics.data_set import NEARBY, NEARBY_M
from radiocore.reproduce.radio_metrics.links_kml import links_kml
from radiocore.reproduce.radio_metrics.methods import LINE, METHODS, OURS, candidates
from radiocore.reproduce.radio_metrics.metrics import METRICS
from radiocore.reproduce.radio_metrics.nested import judge, judge_chosen
from radiocore.reproduce.radio_metrics.report import FIGURES, reproduce_radio_metrics
from radiocore.reproduce.radio_metrics.settings import Settings
from radiocore.reproduce.radio_metrics.splits import AREA, AREA_STRICT, CITY, OPERATOR, splits_of
from radiocore.reproduce.radio_metrics.study import Result, Study
from radiocore.reproduce.radio_metrics.style import METHOD_COLOURS
from radiocore.reproduce.thinning import spread_rows
from reports import assert_page_is_whole, assert_tables_are_files

pytest.importorskip("torch")
pytest.importorskip("sklearn")

TINY = Settings(
    samples=1000,
    side_m=500.0,
    epochs=1,
    rows=200,
    trees=5,
    folds=2,
    links=30,
    methods=("plain mean", LINE, "beta alone", "correction network", OURS),
)


def lines(metric, inputs, settings, seed):
    """Candidates without trees, which take a second each."""
    found = candidates(metric, inputs, settings, seed)
    return {name: model for name, model in found.items() if "trees" not in name and name != "boosting"}


@pytest.fixture(scope="module")
def report():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "candidates", lines)
        patch.setattr(table_5, "TRIED", {name: table_5.TRIED[name] for name in list(table_5.TRIED)[:2]})
        return reproduce_radio_metrics(settings=TINY, seed=3, threads=1, progress=False)


@pytest.fixture(scope="module")
def crowd():
    return made_up.load(TINY, 3)


def tables(report):
    return {table.name: table for figure in report.figures for table in figure.tables}


def test_every_figure_is_in_the_report():
    names = [item.name for item in pkgutil.iter_modules(radio_metrics.__path__)]
    modules = [importlib.import_module(f"{radio_metrics.__name__}.{name}") for name in names]
    assert {module for module in modules if hasattr(module, "make")} == set(FIGURES)


def test_the_page_loads_nothing_and_is_whole(report):
    assert_page_is_whole(report)


def test_tables_are_csv_files_of_their_own(report):
    assert_tables_are_files(report)


def test_what_holds_is_said_first(report):
    judged = tables(report)["targets"].rows
    assert report.figures[0].name == "targets" and len(judged) == 4
    assert report.headline[0] == f"{sum(row[1] == 'holds' for row in judged)} of 4 targets hold."
    for claim in report.claims:
        assert claim.verdict in VERDICTS and re.search(r"\d", claim.number) and claim.text.endswith(".")


def test_table_4_adds_up(report):
    by_place = {row[1:3]: row[3:] for row in tables(report)["table_4"].rows}
    for city in {city for city, _ in by_place}:
        rows, squares = zip(
            *((by_place[city, place][0], np.square(by_place[city, place][1:])) for place in ("indoors", "outdoors")),
            strict=True,
        )
        assert by_place[city, "overall"][0] == sum(rows)
        np.testing.assert_allclose(
            np.sqrt(np.average(squares, axis=0, weights=rows)), by_place[city, "overall"][1:], rtol=1e-9
        )


def test_random_rows_stand_last_and_are_called_flattering(report):
    rows = tables(report)["blind_made_up_rsrp"].rows
    assert [row[1] for row in rows] == ["Highgate", "Lowmoor", "Middleton", "mean", "mean"]
    assert "flatters" in rows[-1][0] and "flatters" not in rows[0][0]


def test_the_same_seed_gives_the_same_files(report):
    """Of what is drawn and judged; the rest is made of it."""
    again = Study(TINY, (made_up.load(TINY, 3),), seed=3, threads=1, progress=False)
    first = {figure.name: figure for figure in report.figures}
    for module in (figure_2, table_1, table_3):
        figure = module.make(again)
        assert figure.tables == first[figure.name].tables and figure.attachments == first[figure.name].attachments


def test_every_method_has_a_colour():
    assert set(METHOD_COLOURS) == set(METHODS)


# ---- How ours is chosen --------------------------------------------------------------------------


def test_inner_folds_see_nothing_of_what_is_held_out_and_part_as_the_outer_ones(crowd):
    target = crowd.target(METRICS[0])
    for split in splits_of(crowd):
        folds = split.folds(crowd, 2, 0)
        for training, held_out in folds:
            pairs = split.inner(crowd, target, folds, training, 0)
            assert pairs
            for learn, held in pairs:
                assert training[learn].all() and training[held].all() and not held_out[learn].any()
                assert not set(learn) & set(held)
                if split is CITY:
                    area = crowd.measurements.area
                    assert (
                        not set(area[learn]) & set(area[held])
                        and not np.isin(crowd.tower[learn], crowd.tower[held]).any()
                    )


def inner(crowd, folds):
    target = crowd.target(METRICS[0])
    return [CITY.inner(crowd, target, folds, training, 0) for training, _ in folds]


def test_the_choice_does_not_look_at_what_is_held_out(crowd):
    """Other targets in the blind city change neither the choice nor the intervals there."""
    made = {LINE: LeastSquares(), "mean": PlainMean()}
    target = np.array(crowd.target(METRICS[0]))
    folds = CITY.folds(crowd, 2, 0)
    blind = folds.number == 0
    other = np.where(blind, -140.0 - target, target)
    found, again = (
        judge_chosen(made, crowd.inputs, values, folds, inner(crowd, folds), crowd.tower) for values in (target, other)
    )
    assert found.chosen[0] == again.chosen[0]
    assert [row for row in found.inner if row[0] == 0] == [row for row in again.inner if row[0] == 0]
    np.testing.assert_array_equal(found.interval[blind], again.interval[blind])
    assert not np.array_equal(found.interval[~blind], again.interval[~blind])


def test_the_best_on_inner_folds_is_chosen_and_judged_as_if_alone(crowd):
    made = {"mean": PlainMean(), LINE: LeastSquares()}
    inputs, folds = crowd.inputs, CITY.folds(crowd, 2, 0)
    target = -40 - 30 * np.log10(inputs["distance_m"]) + np.random.default_rng(0).normal(size=len(crowd))
    found = judge_chosen(made, inputs, target, folds, inner(crowd, folds), crowd.tower)
    alone = judge(LeastSquares(), inputs, target, folds, crowd.tower)
    assert found.chosen == (LINE,) * 3
    np.testing.assert_array_equal(found.prediction.mean, alone.prediction.mean)
    assert 0.9 < Result(target, found).coverage() <= 1


# ---- What it is made of --------------------------------------------------------------------------


def test_cells_nearby_against_a_plain_loop(crowd):
    stations, measurements = crowd.scene.base_stations, crowd.measurements
    serving = measurements.associated(crowd.scene).station
    for row in range(0, len(crowd), 97):
        count = 0
        for station in range(len(stations)):
            apart_m = np.hypot(
                stations.x_m[station] - measurements.x_m[row], stations.y_m[station] - measurements.y_m[row]
            )
            same = stations.carrier[station] == measurements.network[row]
            count += same and apart_m <= NEARBY_M and station != serving[row]
        assert crowd.inputs[NEARBY][row] == count


def test_spread_rows_leaves_no_label_out():
    label = np.repeat(np.arange(50), np.arange(1, 51))
    keep, most = spread_rows(label, 200, 0)
    kept = np.bincount(label[keep], minlength=50)
    np.testing.assert_array_equal(kept, np.minimum(np.arange(1, 51), most))
    assert keep.sum() <= 200 < np.minimum(np.arange(1, 51), most + 1).sum()


def test_links_in_kml_are_lines_at_their_heights():
    from fastkml import KML

    frame = LocalFrame("EPSG:32610", None, 480_000.0, 5_456_000.0)
    ends_m = np.array([[0.0, 0, 30], [100, 0, 30]]), np.array([[50.0, 50, 1.5], [0, 300, 13.5]])
    text = links_kml(frame, *ends_m, np.array([True, False]), ["near", "far & high"], "a <place>").decode()
    document = next(iter(KML.from_string(text).features))
    folders = {folder.name: list(folder.features) for folder in document.features}
    assert {name: [link.description for link in links] for name, links in folders.items()} == {
        "line of sight": ["near"],
        "blocked": ["far & high"],
    }
    ends = folders["blocked"][0].geometry.coords
    degrees = np.column_stack(frame.to_lonlat([100.0, 0.0], [0.0, 300.0]))
    np.testing.assert_allclose(np.array(ends)[:, :2], degrees, atol=1e-7)
    assert [end[2] for end in ends] == [30.0, 13.5]
    # KML's colours are opacity, blue, green, red.
    assert "ff00a000" in text and "ff0000e0" in text and text.count("relativeToGround") == 2


def test_dortmund_has_the_stated_rows_and_lines(shared_data):
    drives = dortmund.load(shared_data(dortmund.FOLDER).parent)
    assert len(np.unique(drives.inputs["cell"])) == 218
    assert len(drives) == 66_329 and drives.areas == ("campus", "highway", "suburban", "urban")
    stated = {
        (AREA, 0): (7.77, 10.05, 7.96, 9.33),
        (OPERATOR, 0): (9.41, 8.39, 10.00),
        (AREA, 1): (2.98, 3.28, 2.75, 2.71),
    }
    for (split, metric), wanted in stated.items():
        target, folds = drives.target(METRICS[metric]), split.folds(drives, 2, 0)
        found = Result(target, judge(LeastSquares(), drives.inputs, target, folds, drives.tower)).per_fold()
        np.testing.assert_allclose(found, wanted, atol=0.01)
    for training, held_out in AREA_STRICT.folds(drives, 2, 0):
        assert not np.isin(drives.tower[training], drives.tower[held_out]).any()


@pytest.mark.slow
def test_dortmund_reaches_its_targets(shared_data):
    drives = dortmund.load(shared_data(dortmund.FOLDER).parent)
    settings = replace(Settings.quick(), methods=("plain mean", LINE, "beta alone", OURS))
    found = targets.targets(Study(settings, (drives,), progress=False))
    assert len(found) == 10
    assert [target.verdict for target in found] == ["holds"] * 10, [target.number for target in found]


@pytest.mark.slow
def test_the_made_up_crowd_reaches_its_targets():
    crowd = made_up.load(Settings.quick(), 0)
    settings = replace(Settings.quick(), methods=("plain mean", LINE, "beta alone", OURS))
    found = targets.targets(Study(settings, (crowd,), progress=False))
    assert [target.verdict for target in found] == ["holds"] * 4, [target.number for target in found]


# ---- The command ---------------------------------------------------------------------------------


def test_slips_in_the_command_get_one_line(tmp_path, capsys):
    assert main(["reproduce", "radio-metrics", "--data", str(tmp_path), "--output", str(tmp_path / "out")]) == 2
    assert "--data:" in (told := capsys.readouterr().err) and "has no folder 'dortmund_multimno'" in told
    (tmp_path / "thesis.tex").write_text("x")
    assert main(["reproduce", "radio-metrics", "--output", str(tmp_path)]) == 2
    assert "holds 'thesis.tex'" in capsys.readouterr().err
    with pytest.raises(InputError, match="give the folder that holds dortmund_multimno, ubc_vancouver_buildings"):
        reproduce_radio_metrics(data=tmp_path)
