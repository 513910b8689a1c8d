"""RSRP, RSRQ and RSSI: the model that is kept, what it refuses, and that its folder is the same model again."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from crowds import two_cities
from radiocore import FileFormatError, InputError, Points, RadioMetricModel, ReceiverGrid
from radiocore.cli.train_radio_metrics import show_model
from radiocore.frame import LocalFrame
from radiocore.measuring.crowd import crowd
from radiocore.measuring.crowd_cities import made_up_cities
from radiocore.models import models
from radiocore.models.base import Model
from radiocore.models.correction import CorrectionNetwork
from radiocore.models.least_squares import LeastSquares
from radiocore.models.link_inputs import TABLE_2, TIME
from radiocore.models.prediction import Prediction
from radiocore.predictor.archive import checksum
from radiocore.propagation.crc_mlpl import CrcMlpl
from radiocore.radio_metrics.choosing import candidates
from radiocore.radio_metrics.links import links_of, path_loss_named
from radiocore.radio_metrics.metrics import available, known_rows
from weights_files import write_weights


@pytest.fixture(scope="module")
def cities():
    return two_cities()


@pytest.fixture(scope="module")
def made(cities):
    return crowd(cities, 900, seed=4)


@pytest.fixture(scope="module")
def table(made):
    return made.measurements


@dataclass
class Physical(Model):
    """Least squares on a few columns of the link, quick and not as good as may be."""

    name = "physical"
    columns = ("beta_dbm", "total_obstruction_length_3d_m", "hour_of_day", "ue_altitude_ag_m")

    def _design(self, inputs):
        return np.stack([np.ones(len(inputs)), *(inputs[name] for name in self.columns)], axis=1)

    def _fit(self, inputs, target, blocks, progress):
        self.weights = np.linalg.lstsq(self._design(inputs), target, rcond=None)[0]

    def _predict(self, inputs):
        return Prediction(self._design(inputs) @ self.weights, np.full(len(inputs), 3.0))

    def state(self):
        return {}, {"weights": self.weights}

    def _load_state(self, config, arrays):
        self.weights = arrays["weights"]


@pytest.fixture(scope="module")
def trained(cities, table):
    return RadioMetricModel.train(table, cities.scene, model=Physical(), split="tower", seed=3, progress=False)


def quickly(cities, table, weights):
    """RSRP by least squares on few rows, above a network of path loss."""
    return RadioMetricModel.train(
        table.select(slice(0, 300)), cities.scene, metrics=["rsrp"], model="least squares", split="squares",
        path_loss=path_loss_named(None, weights), progress=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def kept(cities, table, tmp_path_factory):
    path = tmp_path_factory.mktemp("metrics")
    weights = write_weights(path / "net.json", CrcMlpl.names_in_file, 1)
    quickly(cities, table, weights).save(path / "model")
    return path


@pytest.fixture
def folder(kept, tmp_path):
    return Path(shutil.copytree(kept / "model", tmp_path / "model"))


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# ---- Training ------------------------------------------------------------------------------------


def test_what_was_trained_is_told(trained, table):
    assert list(trained.metrics) == ["rsrp", "rsrq", "rssi"] and trained.training["rows"] == len(table)
    assert trained.estimate.path_loss.name == "tr38901-uma" and "no weights" in trained.estimate.reason
    assert trained.features == ("ue_altitude_ag_m", "resource_blocks")
    rsrp = trained.metrics["rsrp"]
    assert set(rsrp.used) == set(Physical.columns) and rsrp.held_out == "towers held out"
    assert set(rsrp.scores) >= {"blocked", "indoors", "outdoors", "least squares", "estimate", "plain mean", "random"}
    assert "estimate" not in trained.metrics["rsrq"].scores, "beta is no RSRQ"
    assert rsrp.scores["blocked"].rmse_db < rsrp.scores["plain mean"].rmse_db
    assert rsrp.tried == {"physical": pytest.approx(rsrp.scores["blocked"].rmse_db)}
    for level, share in rsrp.scores["blocked"].coverage.items():
        assert share == pytest.approx(level, abs=0.07)


def test_a_network_that_was_trained_once_more_is_told(trained, capsys):
    network = CorrectionNetwork()
    network.attempts = [{"rate": 0.03, "ended": "collapsed"}, {"rate": 0.003, "ended": "learned"}]
    rsrp = replace(trained.metrics["rsrp"], model=network)
    show_model(replace(trained, metrics={"rsrp": rsrp}))
    assert "trained once more, at a tenth of the rate\n  it collapsed at a rate of 0.03\n" in capsys.readouterr().out
    show_model(trained)
    assert "once more" not in capsys.readouterr().out


def test_rssi_follows_from_the_others(table):
    untold = table.select(slice(None), rssi_dbm=np.nan)
    known, values = known_rows(untold, "rssi", 100)
    assert known.all()
    np.testing.assert_allclose(values, table.rssi_dbm, atol=1e-9)  # the feature tells each row's N
    bare = replace(untold, features={})
    np.testing.assert_allclose(known_rows(bare, "rssi", 100)[1], bare.rsrp_dbm + 20 - bare.rsrq_db, atol=1e-9)
    assert available(replace(bare, rsrq_db=np.nan), 100) == ("rsrp",)


def test_intervals_are_wider_where_links_are_hard(trained, made, table):
    found = trained.predict(table)["rsrq"]
    error_db = np.abs(found.mean - table.rsrq_db)
    hard = found.deviation_db > np.median(found.deviation_db)
    assert error_db[hard].mean() > 1.3 * error_db[~hard].mean()
    low, high = found.interval(0.8)
    assert np.mean((low <= table.rsrq_db) & (table.rsrq_db <= high)) == pytest.approx(0.8, abs=0.08)


# ---- Links ---------------------------------------------------------------------------------------


@dataclass
class Sectors(Physical):
    """The same, with the antenna."""

    name = "sectors"
    columns = ("beta_dbm", "antenna_attenuation_db")


def test_rows_of_one_cell_are_predicted_as_among_others(cities, table):
    stations, sector = cities.scene.base_stations, table.cell[0]
    azimuth_deg = np.where(stations.id == sector, 90.0, np.nan)
    scene = replace(cities.scene, base_stations=replace(stations, azimuth_deg=azimuth_deg))
    model = RadioMetricModel.train(table, scene, metrics=["rsrp"], model=Sectors(), split="tower", progress=False)
    assert model.metrics["rsrp"].used == Sectors.columns[::-1]
    own = table.cell == table.cell[table.cell != sector][0]
    alone, among = model.predict(table.select(own))["rsrp"], model.predict(table)["rsrp"].select(own)
    np.testing.assert_array_equal(alone.mean, among.mean)


def test_columns_of_the_file_are_taken_as_they_are(cities, table, trained):
    computed = trained.links(table)
    names = [name for name in (*TABLE_2, *TIME) if name != "ue_altitude_ag_m"]
    features = {**table.features, **{name: computed[name] for name in names}}
    bare = Points(table.x_m, table.y_m, time=table.time, features=features, frame=table.frame)
    without_scene = replace(trained, scene=None, frame=table.frame)
    links = without_scene.links(bare)
    np.testing.assert_allclose(links["beta_dbm"], computed["beta_dbm"], atol=1e-9)
    np.testing.assert_allclose(links["distance_m"], computed["distance_m"], atol=1e-9)
    for metric, found in without_scene.predict(bare).items():
        np.testing.assert_allclose(found.mean, trained.predict(table)[metric].mean, atol=1e-9)
    doubled = ("total_obstruction_length_3d_m", "distance_x_km", "distance_y_km")
    told = {**table.features, **{name: 2 * computed[name] for name in doubled}}
    again = links_of(replace(table, features=told), cities.scene)
    for name in (*doubled, "distance_m"):
        np.testing.assert_allclose(again[name], 2 * computed[name], rtol=1e-12)


def test_operators_and_sites_of_links(cities, table, trained):
    """Of a map or a file that does not name them, they are those of the stations."""
    links, told = links_of(table, cities.scene), tuple(np.unique(table.network))
    assert len(told) == 2 and trained.operators == told
    assert (links["operator"] == table.network).all()
    assert links["site"][0] == f"{table.network[0]} site {int(table.cell[0]) // 256}"
    nameless = replace(table, network="", carrier="")
    of_register = [f"{network} 101 {cell}" for network, cell in zip(table.network, table.cell, strict=True)]
    for other in (nameless, replace(nameless, carrier=of_register)):
        again = links_of(other, cities.scene, told)
        assert (again["operator"] == links["operator"]).all() and (again["site"] == links["site"]).all()
    own = table.select(table.network == told[0])
    alone = links_of(own, cities.scene)
    assert "operator" not in alone and alone["site"][0] == f"site {int(own.cell[0]) // 256}"
    assert (links_of(replace(own, network="other"), cities.scene, ())["site"] == alone["site"]).all()


def test_a_committee_believes_operators(cities, table):
    model = RadioMetricModel.train(
        table, cities.scene, metrics=["rsrp"], model="committee", split="tower", progress=False
    )
    assert {"operator", "site", "cell"} <= model.used


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("distance_to_transmitter_km", 800.0, "row 7 is 800; it must be over 0 and up to 100 km; is it in m"),
        ("line_of_sight", 0.5, "line_of_sight of row 7 is 0.5; it must be 1 or 0"),
        ("total_obstruction_length_3d_m", -1.0, "row 7 is -1; it must be a length"),
        ("tx_power_dbm", 1e6, "row 7 is 1e\\+06; it must be within"),
        ("hour_of_day", 24.0, "row 7 is 24; it must be an hour"),
    ],
)
def test_columns_of_the_file_that_cannot_be(name, value, message):
    column = np.where(np.arange(10) == 7, value, 1.0)
    points = Points(np.arange(10.0), np.zeros(10), features={name: column})
    with pytest.raises(InputError, match=message):
        links_of(points, None)


def test_frequencies_in_another_unit(trained, table):
    given = {"downlink_frequency": np.full(len(table), 1.8e9)}
    points = replace(table, features={**table.features, **given})
    with pytest.raises(InputError, match=r"frequency.*MHz.*\bHz\b"):
        trained.links(points)


def test_a_link_needs_its_cell(trained, cities, table):
    points = Points(table.x_m[:3], table.y_m[:3], cell=[table.cell[0], "", ""], frame=table.frame, row=[2, 3, 4])
    points = replace(points, features={name: column[:3] for name, column in table.features.items()})
    with pytest.raises(InputError, match=r"row 3 names no cell \(2 such rows\), and several masts may serve it"):
        trained.predict(points)
    with pytest.raises(InputError, match="the cell 'x9' of row 2 is not in the scene"):
        trained.predict(replace(points, cell="x9"))
    with pytest.raises(InputError, match="trained with the feature 'resource_blocks', which is not there"):
        trained.predict(replace(points, features={"ue_altitude_ag_m": np.ones(3)}))
    with pytest.raises(InputError, match="hour_of_day: physical uses it, and the time is not known; state one: time="):
        trained.predict(replace(points, cell=table.cell[:3]))
    with pytest.raises(InputError, match="they are in another frame"):
        trained.predict(replace(points, frame=LocalFrame()))


@pytest.mark.parametrize(
    ("name", "weights", "message"),
    [
        ("okumura", None, "path_loss: 'okumura' is not one of cost231-hata"),
        ("itu-p2109", None, "'itu-p2109' is not one of"),
        ("crc-mlpl", None, "'crc-mlpl' is a network in a file; give its file of weights"),
        ("free-space", "net.json", "'free-space' is not a network in a file; leave the weights out"),
    ],
)
def test_path_losses_that_are_none(name, weights, message):
    with pytest.raises(InputError, match=message):
        path_loss_named(name, weights)


def test_stage_one_by_name(cities, table):
    found = RadioMetricModel.train(
        table.select(slice(0, 200)), cities.scene, metrics=["rsrp"], model="least squares", path_loss="cost231-hata",
        split="squares", progress=False,
    )  # fmt: skip
    assert found.estimate.path_loss.name == "cost231-hata" and found.estimate.entry_loss.name == "tr38901-entry"
    assert found.estimate.reason == "" and found.metrics["rsrp"].model.name == "least squares"


# ---- Folders -------------------------------------------------------------------------------------


def test_a_folder_is_the_same_model_again(folder, table, tmp_path):
    again = RadioMetricModel.load(folder)
    assert isinstance(again.estimate.path_loss, CrcMlpl) and again.estimate.entry_loss is None
    assert set(contents(folder)) == {"config.json", "weights.safetensors", "path_loss.json"}
    again.save(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(folder)
    other = RadioMetricModel.load(tmp_path / "again")
    one, two = (model.predict(table)["rsrp"] for model in (again, other))
    np.testing.assert_array_equal(one.mean, two.mean)
    np.testing.assert_array_equal(one.interval(0.95), two.interval(0.95))


def test_equal_seeds_give_equal_files(kept, cities, table, tmp_path):
    quickly(cities, table, kept / "net.json").save(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(kept / "model")


def test_weights_that_changed_are_not_kept(folder, tmp_path):
    again = RadioMetricModel.load(folder)
    write_weights(folder / "path_loss.json", CrcMlpl.names_in_file, 1, seed=8)
    with pytest.raises(InputError, match="path_loss.json was changed since it was read; train again"):
        again.save(tmp_path / "again")


def change_config(folder, change):
    path = folder / "config.json"
    about = json.loads(path.read_text())
    change(about)
    about["sha256"]["config.json"] = checksum(about)
    path.write_text(json.dumps(about))


def tamper(path):
    content = bytearray(path.read_bytes())
    content[-9] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda folder: tamper(folder / "weights.safetensors"), "weights.safetensors: was changed or cut short"),
        (lambda folder: tamper(folder / "path_loss.json"), "path_loss.json: was changed or cut short"),
        (lambda folder: (folder / "path_loss.json").unlink(), "path_loss.json: is missing"),
        (
            lambda folder: change_config(folder, lambda about: about.update(version=2)),
            "is of version 2, and this program",
        ),
        (
            lambda folder: change_config(folder, lambda about: about.update(kind="radiocore RSRP model")),
            "is not of a 'radiocore radio-metric model'",
        ),
        (
            lambda folder: change_config(folder, lambda about: about["metrics"]["rsrp"]["model"].update(name="oracle")),
            "does not describe a model .the model 'oracle' is not among",
        ),
    ],
)
def test_broken_folders_are_refused(folder, harm, message):
    harm(folder)
    with pytest.raises(FileFormatError, match=message) as refusal:
        RadioMetricModel.load(folder)
    assert "radiocore train radio-metrics" in str(refusal.value) and "\n" not in str(refusal.value)


# ---- Maps ----------------------------------------------------------------------------------------


def test_a_map_is_of_the_station_with_the_highest_rsrp(trained, cities):
    west, south, _, _ = cities.bounds_m[0]
    grid = ReceiverGrid.covering((west, south, west + 200, south + 160), 40.0)
    when = np.datetime64("2022-03-07T18:00")
    found = trained.predict_map(grid, heights_m=[13.5, 1.5], time=when, resource_blocks=50, progress=False)
    assert found["height_m"].values.tolist() == [1.5, 13.5] and found["rsrp_mean_dbm"].shape == (2, *grid.shape)
    assert (found["server"].values >= 0).all() and np.isfinite(found["rssi_high_95_dbm"].values).all()
    stations = cities.scene.base_stations
    for floor, row, column in ((0, 0, 0), (1, 2, 3)):
        x_m, y_m = grid.x_m[column], grid.y_m[::-1][row]
        told = {"x_m": x_m, "y_m": y_m, "ue_altitude_ag_m": (1.5, 13.5)[floor], "resource_blocks": 50}
        told = {name: np.full(len(stations), float(value)) for name, value in told.items()}
        every = Points(
            told.pop("x_m"), told.pop("y_m"), cell=stations.id, carrier=stations.carrier, time=when,
            features=told, frame=stations.frame,
        )  # fmt: skip
        levels = trained.predict(every)
        beta_dbm = trained.links(every)["beta_dbm"]
        short = np.argsort(-beta_dbm)[:3]
        best = short[np.argmax(levels["rsrp"].mean[short])]
        here = {"height_m": floor, "y": row, "x": column}
        assert found["server"].isel(here) == best
        assert found["rsrp_mean_dbm"].isel(here).item() == pytest.approx(levels["rsrp"].mean[best])
        assert found["rsrq_low_95_db"].isel(here).item() == pytest.approx(levels["rsrq"].interval(0.95)[0][best])


def test_a_map_is_of_the_resource_blocks_that_are_told(trained, cities):
    """Whether rows of the training told theirs or not."""
    west, south, _, _ = cities.bounds_m[0]
    grid = ReceiverGrid.covering((west, south, west + 80, south + 80), 40.0)
    untold = replace(trained, features=("ue_altitude_ag_m",))
    few, many = (
        untold.predict_map(grid, time=np.datetime64("2022-03-07T18:00"), resource_blocks=number, progress=False)
        for number in (25, 100)
    )
    slope = trained.metrics["rsrp"].model.weights[1 + Physical.columns.index("beta_dbm")]
    shift_db = (few["rsrp_mean_dbm"] - many["rsrp_mean_dbm"]).values
    np.testing.assert_allclose(shift_db, slope * 10 * np.log10(100 / 25), atol=1e-9)


def test_maps_may_leave_buildings_out(trained, cities):
    west, south, _, _ = cities.bounds_m[1]
    grid = ReceiverGrid.covering((west, south, west + 200, south + 200), 40.0, indoor="masked")
    found = trained.predict_map(grid, time=np.datetime64("2022-03-07T18:00"), progress=False)
    at = shapely.points(*np.meshgrid(grid.x_m, grid.y_m[::-1]))
    inside = np.array([[shapely.intersects(cities.scene.buildings.footprints, one).any() for one in row] for row in at])
    assert inside.any() and (np.isnan(found["rsrp_mean_dbm"].values[0]) == inside).all()


def test_where_the_only_station_stands_nothing_is_predicted(trained, cities):
    alone = cities.scene.base_stations.select(slice(0, 1))
    x_m, y_m, height_m = float(alone.x_m[0]), float(alone.y_m[0]), float(alone.height_m[0])
    grid = ReceiverGrid([x_m], [y_m], height_m)
    found = trained.predict_map(grid, scene=replace(cities.scene, base_stations=alone), progress=False)
    assert (found["server"].values == -1).all() and np.isnan(found["rsrp_mean_dbm"].values).all()


def test_what_a_map_lacks(trained, cities):
    grid = ReceiverGrid.covering((0, 0, 40, 40), 40.0)
    with pytest.raises(InputError, match="hour_of_day: physical uses it, and the time is not known; state one: time="):
        trained.predict_map(grid, progress=False)
    with pytest.raises(InputError, match="heights_m: .*each once"):
        trained.predict_map(grid, heights_m=[1.5, 1.5], progress=False)
    with pytest.raises(InputError, match="resource_blocks: 0 is no number"):
        trained.predict_map(grid, resource_blocks=0, progress=False)
    with pytest.raises(InputError, match="a map wants base stations"):
        replace(trained, scene=None).predict_map(grid, progress=False)
    with pytest.raises(InputError, match="trained with the feature 'clutter' of its file, which a map does not have"):
        replace(trained, features=("clutter",)).predict_map(grid, progress=False)


# ---- Bad input -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"metrics": ["rsrb"]}, "metrics: 'rsrb' is not one of rsrp, rsrq, rssi .did you mean 'rs"),
        ({}, {"metrics": []}, "metrics: there are none"),
        ({"rsrq_db": np.nan}, {"metrics": ["rsrq"]}, "tells rsrq in 0 rows, and 10 or more are needed"),
        ({"rsrq_db": -9.0}, {"metrics": ["rsrq"]}, "all 883 rows have the rsrq_db -9"),
        ({"rsrp_dbm": -90.0}, {}, "all 883 rows have the rsrp_dbm -90"),
        ({}, {"model": "boostin"}, "model: 'boostin' is not one of .*did you mean 'boosting'"),
        ({}, {"model": {"rsrx": "boosting"}}, "metrics: 'rsrx' is not one of"),
        (
            {},
            {"metrics": ["rsrp"], "model": {"rssi": "boosting"}},
            "rssi is not among the metrics that are trained",
        ),
        ({}, {"path_loss": "cost231-hatta"}, "path_loss: 'cost231-hatta' is not one of .*did you mean 'cost231-hata'"),
        ({}, {"resource_blocks": 200}, "resource_blocks: 200 is no number of resource blocks"),
        ({"cell": ""}, {}, "row 0 names no cell"),
    ],
)
def test_what_cannot_be_trained_on(cities, table, change, options, message):
    rows = replace(table, features={}, rssi_dbm=np.nan, **change)
    with pytest.raises(InputError, match=message):
        RadioMetricModel.train(rows, cities.scene, **{"model": "least squares", "progress": False} | options)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ue_altitude_ag_m", 0.5, "file.csv: row 17: ue_altitude_ag_m: 0.5 m is outside 1 m and more"),
        ("resource_blocks", 200.0, "file.csv: row 17: resource_blocks: 200 is no number of resource blocks of LTE"),
    ],
)
def test_a_fault_names_the_row_and_the_column_of_the_file(cities, table, trained, name, value, message):
    """Of rows that were read, some of them cleaned away."""
    read = replace(table, row=np.arange(len(table)) + 2, report=replace(table.report, source="file.csv"))
    bad = replace(read, features={**read.features, name: np.where(read.row == 17, value, read.features[name])})
    cleaned = bad.select(read.row >= 12)
    with pytest.raises(InputError, match=message):
        RadioMetricModel.train(cleaned, cities.scene, model=Physical(), progress=False)
    with pytest.raises(InputError, match=message):
        trained.links(cleaned)
    if name == "resource_blocks":
        with pytest.raises(InputError, match=message):
            known_rows(replace(cleaned, rssi_dbm=np.nan), "rssi", 100)


def test_nothing_is_estimated_without_transmitters(table):
    with pytest.raises(InputError, match="stage one, cost231-hata, needs it: give base stations .and buildings., or"):
        RadioMetricModel.train(table, model=LeastSquares(), progress=False)


def test_a_model_of_another_metric(table, cities):
    pytest.importorskip("torch")
    from radiocore.models.correction import CorrectionNetwork

    with pytest.raises(InputError, match="the correction model of rsrq is made for rsrp; give one for rsrq"):
        RadioMetricModel.train(table, cities.scene, model={"rsrq": CorrectionNetwork()}, progress=False)
    with pytest.raises(InputError, match="'path-loss network' is a law of rsrp; give another for rsrq"):
        RadioMetricModel.train(table, cities.scene, model={"rsrq": "path-loss network"}, progress=False)


# ---- Truth ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_city_that_nobody_measured_is_predicted_almost_to_the_noise():
    """What was to be reached on made-up data: within 2 dB of shadowing and devices, and 30 % better than stage one."""
    pytest.importorskip("torch")
    cities = made_up_cities(seed=1)
    made = crowd(cities, 6000, seed=1)
    table = made.measurements
    blind = table.area == "Middleton"
    trained = RadioMetricModel.train(table.select(~blind), cities.scene, progress=False)
    points, indoors = table.select(blind), made.truth.is_indoors[blind]
    found, beta_dbm = trained.predict(points), trained.links(points)["beta_dbm"]

    def rmse_db(mean, column, rows):
        return float(np.sqrt(np.mean((mean - getattr(points, column))[rows] ** 2)))

    everywhere = np.ones(len(points), dtype=bool)
    for metric, column in (("rsrp", "rsrp_dbm"), ("rsrq", "rsrq_db"), ("rssi", "rssi_dbm")):
        for rows in (everywhere, indoors, ~indoors):
            noise_db = made.noise_db(column, np.flatnonzero(blind)[rows])
            assert rmse_db(found[metric].mean, column, rows) < noise_db + 2, (metric, rows.sum())
        low, high = found[metric].interval(0.95)
        values = getattr(points, column)
        assert np.mean((low <= values) & (values <= high)) > 0.93
    estimate_db = rmse_db(beta_dbm, "rsrp_dbm", everywhere)
    assert rmse_db(found["rsrp"].mean, "rsrp_dbm", everywhere) < 0.7 * estimate_db


def test_a_stack_is_one_of_the_candidates(cities, table, tmp_path, monkeypatch):
    """None of which knows places by their coordinates: it speaks of other cities, and its folder is the same again."""
    members = candidates("rsrp", links_of(table, cities.scene), (), 0)
    assert [model.name for model in members] == ["least squares", "bent line", "committee", "boosting", "correction"]
    monkeypatch.setattr("radiocore.radio_metrics.candidates", lambda *_: (Physical(), LeastSquares()))
    monkeypatch.setattr("radiocore.models.members.models", lambda: {**models(), Physical.name: Physical})
    model = RadioMetricModel.train(
        table, cities.scene, metrics=["rsrp"], model="stack", split="tower", seed=3, progress=False
    )
    fitted = model.metrics["rsrp"].model
    assert set(fitted.weights) <= {"physical", "least squares"} and fitted.seed == 3
    assert not model.used & {"x_m", "y_m", "cell"}
    model.save(tmp_path / "model")
    links = model.links(table)
    again = RadioMetricModel.load(tmp_path / "model").predict_links(links)["rsrp"]
    np.testing.assert_array_equal(again.mean, model.predict_links(links)["rsrp"].mean)
