"""The models of RSRP, RSRQ and RSSI: stage one, the correction network, and what they are compared with."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from radiocore.errors import FitError, InputError
from radiocore.models import mixed_model, residual_network
from radiocore.models.corrected_line import CorrectedLine
from radiocore.models.correction import TABLE_5, CorrectionNetwork
from radiocore.models.estimate import Estimate, EstimateAlone
from radiocore.models.inputs import Inputs
from radiocore.models.least_squares import LeastSquares
from radiocore.models.mixed_effects import MixedEffects
from radiocore.models.path_loss_network import PathLossNetwork
from radiocore.propagation.crc_mlpl import CrcMlpl
from radiocore.propagation.free_space import FreeSpace

QUICK = {"layers": (32,), "channels": (16, 1), "rate": 1e-2, "epochs": 30}


def links(number, seed=0):
    """Links whose estimate is off by a known field."""
    rng = np.random.default_rng(seed)
    x_km, y_km = rng.uniform(-2, 2, (2, number))
    columns = {
        "downlink_frequency": rng.choice([700.0, 1800.0, 2600.0], number),
        "distance_x_km": x_km,
        "distance_y_km": y_km,
        "distance_to_transmitter_km": np.sqrt(x_km**2 + y_km**2 + 0.03**2),
        "distance_m": 1000 * np.hypot(x_km, y_km),
        "tx_height_m": np.full(number, 31.5),
        "ue_altitude_ag_m": np.full(number, 1.5),
        "tx_power_dbm": rng.choice([46.0, 60.0], number),
        "line_of_sight": rng.choice([0.0, 1.0], number),
        "building_penetration_length_m": rng.choice([0.0, 8.0], number),
        "total_obstruction_length_3d_m": rng.uniform(0, 20, number),
        "hour_of_day": rng.integers(0, 24, number).astype(float),
        "day_of_week": rng.integers(0, 7, number).astype(float),
        "beta_dbm": rng.uniform(-120, -70, number),
    }
    columns["frequency_mhz"] = columns["downlink_frequency"]
    return Inputs(columns)


def bias_db(inputs):
    """East 6 dB up, behind buildings 12 dB down."""
    return 6 * np.tanh(2 * inputs["distance_x_km"]) - 0.6 * inputs["total_obstruction_length_3d_m"]


def noisy(level, deviation_db, seed=0):
    return level + deviation_db * np.random.default_rng([seed, 1]).normal(size=len(level))


def rmse(found, wanted):
    return float(np.sqrt(np.mean((found - wanted) ** 2)))


def bytes_of(prediction):
    return prediction.mean.tobytes() + prediction.deviation_db.tobytes()


class TestCorrection:
    @pytest.fixture(autouse=True)
    def torch(self):
        return pytest.importorskip("torch")

    @pytest.mark.parametrize("loss", ["msle", "huber", "nll"])
    def test_a_bias_of_the_estimate_is_learned(self, loss):
        inputs, new = links(1500), links(1000, seed=1)
        truth = new["beta_dbm"] + bias_db(new)
        target = noisy(inputs["beta_dbm"] + bias_db(inputs), 1.0)
        found = CorrectionNetwork(loss=loss, **QUICK).fit(inputs, target, progress=False).predict(new)
        assert rmse(found.mean, truth) < 1.2 < 0.2 * rmse(new["beta_dbm"], truth)
        assert found.deviation_db.mean() == pytest.approx(1.3, abs=0.4)

    @pytest.mark.parametrize("metric, hour", [("rsrq", True), ("rsrp", False)])
    def test_rsrq_is_not_added_to_beta_and_has_the_time(self, metric, hour):
        inputs, new = links(1500), links(500, seed=1)

        def level(links):
            time = 3 * np.sin(2 * np.pi * links["hour_of_day"] / 24) if metric == "rsrq" else 0
            return -11 + time + (links["beta_dbm"] + 95) / 20 + (metric == "rsrp") * links["beta_dbm"]

        model = CorrectionNetwork(metric=metric, loss="mse", **QUICK).fit(
            inputs, noisy(level(inputs), 0.3), progress=False
        )
        assert rmse(model.predict(new).mean, level(new)) < 0.6
        assert ("hour_of_day" in model.encoding.names) == ("day_of_week" in model.encoding.names) == hour
        shifted = new.with_columns({"beta_dbm": new["beta_dbm"] + 1e-9})
        added = (model.estimate(shifted) - model.estimate(new)).max()
        assert added == 0 if metric == "rsrq" else added > 0

    def test_time_is_a_switch(self):
        assert [CorrectionNetwork(metric=metric).with_time for metric in TABLE_5] == [False, True, True]
        assert "hour_of_day" not in CorrectionNetwork(metric="rsrq", with_time=False).columns

    def test_the_networks_are_those_of_table_5(self):
        inputs = links(100)
        target = noisy(inputs["beta_dbm"], 3.0)
        model = CorrectionNetwork(epochs=1).fit(inputs, target, progress=False)
        shapes = [array.shape for name, array in model.state()[1].items() if name.endswith("weight")]
        assert shapes == [(64, 9), *[(64, 64)] * 6, (256, 64), (10, 256), (1, 10)]
        settings = model.settings
        assert settings.items() >= {"batch": 69, "rate": 3.03e-2, "weight_decay": 2.07e-4, "alpha": 5.0}.items()
        assert settings["loss"] == "msle"
        assert CorrectionNetwork(metric="rssi").widths == (16,) * 5 + (16, 512, 10)
        assert CorrectionNetwork(metric="rsrq", rate=1e-3).rate == 1e-3

    def test_columns_that_are_constant_are_dropped_and_named(self):
        inputs = links(100)
        model = CorrectionNetwork(epochs=1).fit(inputs, noisy(inputs["beta_dbm"], 3.0), progress=False)
        assert set(model.encoding.dropped) == {"tx_height_m", "ue_altitude_ag_m", "building_intersection_count_3d"}
        assert "constant in the training rows: 31.5" in model.encoding.dropped["tx_height_m"]
        assert "no such column" in model.encoding.dropped["building_intersection_count_3d"]

    def test_a_collapsed_network_is_trained_once_more(self):
        inputs = links(400)
        target = noisy(inputs["beta_dbm"] + bias_db(inputs), 1.0)
        model = CorrectionNetwork(rate=30.0, loss="mse", epochs=4, may_collapse=True)
        model.fit(inputs, target, progress=False)
        assert [attempt["rate"] for attempt in model.attempts] == [30.0, 3.0]
        assert model.attempts[0]["ended"] in ("collapsed", "diverged")
        assert model.state()[0]["attempts"] == model.attempts
        calm = CorrectionNetwork(**QUICK).fit(inputs, target, progress=False)
        assert calm.attempts == [{"rate": 1e-2, "ended": "learned"}]

    def test_what_diverges_twice_is_an_error(self, monkeypatch):
        def diverge(*given, **options):
            raise FitError("training: the loss is nan")

        monkeypatch.setattr(residual_network, "train", diverge)
        with pytest.raises(FitError, match="the loss is nan"):
            CorrectionNetwork().fit(links(100), np.arange(100.0), progress=False)

    def test_what_collapses_twice_is_an_error_but_where_it_may(self, monkeypatch):
        monkeypatch.setattr(residual_network, "COLLAPSED", np.inf)
        inputs = links(100)
        target = noisy(inputs["beta_dbm"], 3.0)
        with pytest.raises(FitError, match="correction: it says the same of all links, at rates of 0.01 and of 0.001"):
            CorrectionNetwork(**QUICK).fit(inputs, target, progress=False)
        model = CorrectionNetwork(**QUICK, may_collapse=True).fit(inputs, target, progress=False)
        assert [attempt["ended"] for attempt in model.attempts] == ["collapsed", "collapsed"]

    def test_a_restart_has_files_of_its_own(self, tmp_path):
        inputs = links(200)
        target = noisy(inputs["beta_dbm"] + bias_db(inputs), 1.0)
        model = CorrectionNetwork(rate=30.0, loss="mse", epochs=4, may_collapse=True)
        model.files = {"checkpoint": tmp_path / "run.safetensors", "log": tmp_path / "run.jsonl"}
        first = model.fit(inputs, target, progress=False).predict(inputs)
        names = {path.name for path in tmp_path.iterdir()}
        assert {"run-restart.safetensors", "run-restart.jsonl"} <= names
        assert bytes_of(model.fit(inputs, target, progress=False).predict(inputs)) == bytes_of(first)

    @pytest.mark.parametrize("kind", [CorrectionNetwork, CorrectedLine])
    @pytest.mark.parametrize("loss", ["msle", "nll"])
    def test_equal_seeds_give_equal_bytes_and_files_the_same_model(self, kind, loss):
        inputs = links(200)
        target = noisy(inputs["beta_dbm"] + bias_db(inputs), 1.0)
        short = QUICK | {"epochs": 3, "loss": loss}
        model = kind(**short).fit(inputs, target, progress=False)
        found = bytes_of(model.predict(inputs))
        assert bytes_of(kind(**short).fit(inputs, target, progress=False).predict(inputs)) == found
        assert bytes_of(kind(**short, seed=1).fit(inputs, target, progress=False).predict(inputs)) != found
        config, arrays = model.state()
        restored = kind(**json.loads(json.dumps(model.settings))).restore(json.loads(json.dumps(config)), arrays)
        assert bytes_of(restored.predict(inputs)) == found
        with pytest.raises(InputError, match="give the files of one model"):
            wider = replace(model, layers=(33,))
            wider.restore(config, arrays)

    def test_blocks_are_not_parted_and_batches_are_small(self, monkeypatch):
        calls, train = [], residual_network.train
        monkeypatch.setattr(
            residual_network, "train", lambda *given, **more: calls.append(given) or train(*given, **more)
        )
        inputs, blocks = links(300), np.arange(300) // 30
        CorrectionNetwork(**QUICK | {"epochs": 1}).fit(inputs, noisy(inputs["beta_dbm"], 1.0), blocks=blocks)
        _, _, rows, validation_rows, schedule = calls[0]
        assert not set(blocks[rows]) & set(blocks[validation_rows]) and schedule.batch == len(rows) // 20 == 12

    def test_a_fitted_line_may_stand_for_beta(self):
        inputs, new = links(1500), links(500, seed=1)

        def level(links):
            return -40 - 35 * np.log10(links["distance_to_transmitter_km"] * 1000) / 2 + bias_db(links)

        without = Inputs({name: column for name, column in inputs.columns.items() if name != "beta_dbm"})
        model = CorrectedLine(loss="mse", **QUICK).fit(without, noisy(level(inputs), 0.5), progress=False)
        assert rmse(model.predict(new).mean, level(new)) < 0.7 < 0.3 * rmse(model.line.predict(new).mean, level(new))
        with pytest.raises(InputError, match="beta_dbm: there is no such column"):
            CorrectionNetwork().fit(without, level(inputs))

    @pytest.mark.parametrize(
        "wrong, message",
        [
            ({"metric": "rsrb"}, "metric: 'rsrb' is not one of"),
            ({"loss": "mean"}, "loss: 'mean' is not one of"),
            ({"alpha": 0.0}, "alpha: 0.0; give a positive number"),
            ({"channels": (64, 2)}, r"channels: \(64, 2\) must end with 1"),
            ({"layers": (64, 0)}, r"layers: \(64, 0\); give whole numbers"),
            ({"rate": -1.0}, "rate: -1.0; give a positive number"),
        ],
    )
    def test_settings_are_checked(self, wrong, message):
        with pytest.raises(InputError, match=message):
            CorrectionNetwork(**wrong)


class TestLosses:
    @pytest.fixture(autouse=True)
    def torch(self):
        return pytest.importorskip("torch")

    def test_msle_is_its_formula(self, torch):
        from radiocore.models.losses import loss_of

        rng = np.random.default_rng(0)
        found, wanted = rng.normal(0, 2, (2, 500))
        tensors = torch.from_numpy(found), None, torch.from_numpy(wanted)
        scaled = [np.sign(value) * np.log(1 + 5 * np.abs(value)) for value in (wanted, found)]
        expected = np.mean((scaled[0] - scaled[1]) ** 2)
        assert loss_of("msle", 5.0, *tensors).item() == pytest.approx(expected, rel=1e-12)
        mse = loss_of("mse", 5.0, *tensors).item()
        assert mse == pytest.approx(np.mean((found - wanted) ** 2), rel=1e-12)
        assert loss_of("msle", 1e-6, *tensors).item() / 1e-12 == pytest.approx(mse, rel=1e-4)

    def test_huber_has_its_corner_at_one(self, torch):
        from radiocore.models.losses import loss_of

        zero = torch.zeros(1, dtype=torch.float64)
        assert [loss_of("huber", 5.0, zero + error, None, zero).item() for error in (0.5, 3.0)] == [0.125, 2.5]


class TestPathLossNetwork:
    @pytest.fixture(autouse=True)
    def torch(self):
        return pytest.importorskip("torch")

    @staticmethod
    def level_dbm(inputs):
        distance_m = 1000 * inputs["distance_to_transmitter_km"]
        free_db = FreeSpace().loss_db(frequency_mhz=inputs["downlink_frequency"], distance_3d_m=distance_m)
        excess_db = 5 + 0.8 * inputs["total_obstruction_length_3d_m"] + distance_m / 200
        return inputs["tx_power_dbm"] - free_db - excess_db - 10 * np.log10(12 * 50)

    def loss_of_file(self, path, inputs):
        return CrcMlpl(path).loss_db(
            frequency_mhz=inputs["downlink_frequency"],
            distance_3d_m=1000 * inputs["distance_to_transmitter_km"],
            obstruction_m=inputs["total_obstruction_length_3d_m"],
        )

    @staticmethod
    def far(number, seed=0):
        """Links that are longer than what they pass through."""
        inputs = links(number, seed)
        return inputs.select(inputs["distance_to_transmitter_km"] > 0.1)

    def test_an_excess_loss_is_learned_and_its_file_says_the_same(self, tmp_path):
        inputs, new = self.far(1500), self.far(500, seed=1)
        model = PathLossNetwork(resource_blocks=50, epochs=30, rate=1e-2).fit(
            inputs, noisy(self.level_dbm(inputs), 1.0), progress=False
        )
        found = model.predict(new)
        assert rmse(found.mean, self.level_dbm(new)) < 0.6
        path = model.save_weights(tmp_path / "excess.json")
        assert [np.shape(layer["W"]) for layer in json.loads(path.read_text())["layers"]] == [
            (3, 32),
            (32, 32),
            (32, 1),
        ]
        beta_dbm = Estimate(CrcMlpl(path), resource_blocks=50).beta_dbm(new)
        np.testing.assert_allclose(beta_dbm, found.mean, atol=1e-4)

    def test_sector_antennas_count_once(self, tmp_path):
        inputs = self.far(1500)
        attenuation_db = np.random.default_rng(2).uniform(0, 30, len(inputs))
        sectors = inputs.with_columns({"antenna_attenuation_db": attenuation_db})
        level_dbm = self.level_dbm(inputs) - attenuation_db
        model = PathLossNetwork(resource_blocks=50, epochs=30, rate=1e-2).fit(
            sectors, noisy(level_dbm, 1.0), progress=False
        )
        assert rmse(model.predict(sectors).mean, level_dbm) < 0.6
        path = model.save_weights(tmp_path / "excess.json")
        assert abs(np.mean(Estimate(CrcMlpl(path), resource_blocks=50).beta_dbm(sectors) - level_dbm)) < 0.3

    def test_one_carrier_and_no_buildings(self, tmp_path):
        inputs = self.far(300)
        inputs = inputs.with_columns({"downlink_frequency": np.full(len(inputs), 1800.0)})
        bare = Inputs({key: column for key, column in inputs.columns.items() if key != "total_obstruction_length_3d_m"})
        model = PathLossNetwork(loss="nll", epochs=2).fit(bare, noisy(self.level_dbm(inputs), 1.0), progress=False)
        assert set(model.encoding.dropped) == {"downlink_frequency", "total_obstruction_length_3d_m"}
        path = model.save_weights(tmp_path / "excess.json")
        beta_dbm = Estimate(CrcMlpl(path)).beta_dbm(inputs)
        np.testing.assert_allclose(beta_dbm, model.predict(bare).mean, atol=1e-4)


class TestEstimate:
    def test_beta_is_its_formula(self):
        inputs = links(50)
        distance_m, frequency_mhz = 1000 * inputs["distance_to_transmitter_km"], inputs["downlink_frequency"]
        free_db = FreeSpace().loss_db(frequency_mhz=frequency_mhz, distance_3d_m=distance_m)
        beta_dbm = Estimate(FreeSpace()).beta_dbm(inputs)
        np.testing.assert_allclose(beta_dbm, inputs["tx_power_dbm"] - free_db - 30.79181246, atol=1e-7)
        blocks = inputs.with_columns({"resource_blocks": np.where(np.arange(50) < 25, 50.0, 100.0)})
        gained = Estimate(FreeSpace()).beta_dbm(blocks) - beta_dbm
        np.testing.assert_allclose(gained, np.where(np.arange(50) < 25, 10 * np.log10(2), 0), atol=1e-9)

    def test_the_default_says_which_it_is_and_why(self):
        inputs = links(50)
        estimate = Estimate.default(inputs)
        assert estimate.settings()["path_loss"].items() >= {"name": "tr38901-uma", "extrapolate": True}.items()
        assert "no weights" in str(estimate) and "tr38901-uma, indoors with tr38901-entry" in str(estimate)
        indoors = inputs["building_penetration_length_m"] > 0
        walled_m = inputs["building_penetration_length_m"] + 10
        behind = inputs.with_columns({"line_of_sight": np.zeros(50), "total_obstruction_length_3d_m": walled_m})
        lost_db = replace(estimate, entry_loss=None).beta_dbm(behind) - estimate.beta_dbm(behind)
        assert (lost_db[indoors] > 10).all() and (lost_db[~indoors] == 0).all()
        columns = {name: column for name, column in inputs.columns.items() if name != "line_of_sight"}
        without = Inputs(columns, {"line_of_sight": "the scene has no buildings"})
        estimate = Estimate.default(without)
        assert "cost231-hata" in str(estimate) and "the scene has no buildings" in estimate.reason
        assert np.isfinite(estimate.beta_dbm(without)).all()

    def test_links_that_tell_too_little(self):
        inputs = links(50)
        columns = {name: column for name, column in inputs.columns.items() if name != "tx_power_dbm"}
        with pytest.raises(InputError, match="tx_power_dbm: there is no such column of links"):
            Estimate(FreeSpace()).beta_dbm(Inputs(columns))
        with pytest.raises(InputError, match="resource_blocks: row 1: 200 is no number of resource blocks"):
            Estimate(FreeSpace()).beta_dbm(inputs.with_columns({"resource_blocks": np.array([100.0] + [200.0] * 49)}))

    def test_alone_it_is_a_baseline(self):
        inputs = links(500)
        model = EstimateAlone().fit(inputs, noisy(inputs["beta_dbm"] + 4, 3.0))
        found = EstimateAlone().restore(*model.state()).predict(inputs)
        assert (found.mean == inputs["beta_dbm"]).all() and found.deviation_db[0] == pytest.approx(5, abs=0.3)
        assert Estimate.default(inputs).added_to(inputs)["beta_dbm"].shape == (500,)


class TestLines:
    def test_least_squares_finds_its_line(self):
        inputs = links(2000)
        level = -20 - 37 * np.log10(inputs["distance_m"]) - 23 * np.log10(inputs["frequency_mhz"])
        model = LeastSquares().fit(inputs, noisy(level, 2.0))
        np.testing.assert_allclose(model.coefficients, [-20, -37, -23], atol=2)
        assert rmse(model.predict(inputs).mean, level) < 0.2
        assert model.predict(inputs).deviation_db[0] == pytest.approx(2, rel=0.05)

    @pytest.mark.parametrize("kind", [LeastSquares, MixedEffects])
    def test_terms_that_tell_nothing_are_dropped_and_named(self, kind):
        inputs = links(200)
        level = -20 - 37 * np.log10(inputs["distance_m"])
        one_carrier = inputs.with_columns({"frequency_mhz": np.full(200, 1800.0)})
        model = kind().fit(one_carrier, noisy(level, 2.0))
        assert model.dropped == {"frequency_mhz": "constant in the training rows: 1800"}
        bare = Inputs({"distance_m": inputs["distance_m"]}, {"frequency_mhz": "it is not known"})
        model = kind().fit(bare, noisy(level, 2.0))
        assert model.dropped == {"frequency_mhz": "it is not known"}
        config, arrays = model.state()
        restored = kind().restore(json.loads(json.dumps(config)), arrays)
        assert bytes_of(restored.predict(bare)) == bytes_of(model.predict(bare))

    def test_mixed_effects_find_sites_and_cells(self):
        rng = np.random.default_rng(0)
        site, cell_of = rng.integers(0, 40, 6000), rng.integers(0, 3, 6000)
        cell = 256 * (1000 + site) + cell_of
        site_db, cell_db = 6 * rng.normal(size=40), 3 * rng.normal(size=(40, 3))
        inputs = links(6000).with_columns({"cell": cell.astype(str)})
        line = -30 - 30 * np.log10(inputs["distance_m"])
        truth = line + site_db[site] + cell_db[site, cell_of]
        model = MixedEffects().fit(inputs, noisy(truth, 4.0))
        spread_db = {**model.group_db, "noise": model.deviation_db}
        assert spread_db["site"] == pytest.approx(6, abs=1.5) and spread_db["cell"] == pytest.approx(3, abs=0.7)
        assert model.deviation_db == pytest.approx(4, abs=0.1)
        found = model.predict(inputs)
        assert rmse(found.mean, truth) < 1
        config, arrays = model.state()
        restored = MixedEffects().restore(json.loads(json.dumps(config)), arrays)
        assert bytes_of(restored.predict(inputs)) == bytes_of(found)

        new_cell = model.predict(inputs.with_columns({"cell": (256 * (1000 + site) + 77).astype(str)}))
        new_site = model.predict(inputs.with_columns({"cell": np.full(6000, "1")}))
        assert rmse(new_cell.mean, line + site_db[site]) < 3 and rmse(new_site.mean, line) < 3
        wider = [prediction.deviation_db.mean() for prediction in (found, new_cell, new_site)]
        assert wider == sorted(wider)
        assert wider[2] == pytest.approx(np.sqrt(sum(value**2 for value in spread_db.values())), rel=1e-6)

    def test_local_cell_numbers_tell_no_site(self):
        inputs = links(400).with_columns({"cell": np.array(["64", "65", "25600", "²"] * 100)})
        level = noisy(-30 - 30 * np.log10(inputs["distance_m"]), 4.0)
        config, _ = MixedEffects().fit(inputs, level).state()
        assert set(config["effects"]["site"]) == {"64", "65", "eNB 100", "²"}

    def test_effects_that_do_not_settle_are_an_error(self, monkeypatch):
        monkeypatch.setattr(mixed_model, "MOST_ROUNDS", 1)
        inputs = links(400).with_columns({"cell": np.array(["a", "b"] * 200)})
        with pytest.raises(FitError, match="did not settle in 1 rounds"):
            MixedEffects().fit(inputs, noisy(-30 - 30 * np.log10(inputs["distance_m"]), 4.0))

    def test_few_rows_of_a_cell_are_not_believed(self):
        rng = np.random.default_rng(0)
        cell = np.append(rng.integers(0, 30, 600), 30)
        inputs = links(601).with_columns({"cell": np.char.add("cell ", cell.astype(str))})
        level = -30 - 30 * np.log10(inputs["distance_m"]) + (2 * rng.normal(size=31))[cell]
        target = noisy(level, 6.0)
        target[-1] += 40
        odd = inputs.select([600])
        moved = (
            MixedEffects().fit(inputs, target).predict(odd).mean - LeastSquares().fit(inputs, target).predict(odd).mean
        )
        assert 0 < moved[0] < 20
