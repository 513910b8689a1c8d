"""The likelihood network, its plain baseline, and ensembles."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.stats import norm

from radiocore.errors import FileFormatError, InputError
from radiocore.models import likelihood
from radiocore.models.cell_mean import CellMean
from radiocore.models.ensemble import Ensemble
from radiocore.models.extended_network import ExtendedNetwork
from radiocore.models.inputs import PLAIN, Inputs
from radiocore.models.likelihood import LATENT, VARIANCE_FLOOR, LikelihoodNetwork, negative_log_likelihood
from radiocore.models.mlp import PlainNetwork
from radiocore.models.vae import Autoencoder

torch = pytest.importorskip("torch")


def links(number, seed=0):
    """Links with a mean and a deviation that are known."""
    rng = np.random.default_rng(seed)
    columns = {
        "x_m": rng.uniform(0, 1000, number),
        "y_m": rng.uniform(0, 1000, number),
        "sector": rng.choice(["A", "B"], number),
        "month": np.full(number, 8.0),
        "z1": rng.normal(size=number),
    }
    mean = -90 - columns["x_m"] / 50 + 6 * (columns["sector"] == "B") + 4 * np.tanh(columns["z1"])
    deviation_db = np.where(columns["y_m"] > 500, 6.0, 2.0)
    return Inputs(columns), mean, deviation_db, mean + deviation_db * rng.normal(size=number)


@pytest.fixture(scope="module")
def few():
    return links(300)


def short(**options):
    return LikelihoodNetwork(epochs=3, **options)


def same(first, second):
    return first.mean.tobytes() == second.mean.tobytes() and (
        first.deviation_db.tobytes() == second.deviation_db.tobytes()
    )


def test_the_loss_is_that_of_the_normal_density():
    rng = np.random.default_rng(0)
    outputs, target = rng.normal(size=(200, 2)), rng.normal(size=200)
    deviation = np.sqrt(np.log1p(np.exp(outputs[:, 1])) + VARIANCE_FLOOR)
    expected = -norm.logpdf(target, outputs[:, 0], deviation).mean() - np.log(2 * np.pi) / 2
    found = negative_log_likelihood(torch.from_numpy(outputs), torch.from_numpy(target))
    assert found.item() == pytest.approx(expected, rel=1e-12)


def test_mean_and_variance_are_recovered():
    inputs, _, _, target = links(6000)
    model = LikelihoodNetwork().fit(inputs, target)
    new, mean, deviation_db, _ = links(2000, seed=1)
    found = model.predict(new)
    assert np.abs(found.mean - mean).mean() < 0.6
    for side in (new["y_m"] < 400, new["y_m"] > 600):
        ratio = found.deviation_db[side] / deviation_db[side]
        assert ratio.mean() == pytest.approx(1.0, abs=0.15) and ratio.std() < 0.25
    assert 1 < model.history.best_epoch == len(model.history) - model.patience


def test_it_is_the_network_of_the_paper(few):
    inputs, _, _, target = few
    _, arrays = short().fit(inputs, target).state()
    assert [array.shape for array in arrays.values()] == [(100, 4), (100,), (50, 100), (50,), (2, 50), (2,)]
    assert {array.dtype for array in arrays.values()} == {np.dtype(np.float32)}


def test_features(few):
    inputs, _, _, target = few
    model = short().fit(inputs, target)
    assert model.encoding.names == ("x_m", "y_m", "sector", "z1")
    assert set(model.encoding.dropped) == {"month", *LATENT[1:]} and "constant" in model.encoding.dropped["month"]
    images = {name: target[::-1] * (place + 1) for place, name in enumerate(LATENT)}
    seeing = short().fit(inputs.with_columns(images), target)
    assert seeing.encoding.names[3:] == LATENT == Autoencoder(latent=8).column_names
    one_hot = short(one_hot=True).fit(inputs, target)
    assert one_hot.encoding.names == ("x_m", "y_m", "sector=A", "sector=B", "z1")
    with pytest.raises(InputError, match="features: none can be used"):
        short(features=("month", "z2")).fit(inputs, target)


def test_the_plain_network_sees_no_image(few):
    inputs, _, _, target = few
    model = PlainNetwork(epochs=3).fit(inputs, target)
    assert model.encoding.names == ("x_m", "y_m", "sector") and model.features == PLAIN
    assert same(model.predict(inputs), model.predict(inputs.with_columns({"z1": np.zeros(300)})))


def test_the_extended_network_sees_the_way_to_the_station(few):
    inputs, _, _, target = few
    way = inputs.with_columns({"distance_m": np.hypot(inputs["x_m"], inputs["y_m"])})
    model = ExtendedNetwork(epochs=3).fit(way, target)
    assert model.encoding.names == ("x_m", "y_m", "sector", "z1", "distance_m")
    assert "line_of_sight" in model.encoding.dropped
    assert not same(model.predict(way), model.predict(way.with_columns({"distance_m": np.zeros(300)})))


def test_only_the_rows_it_was_given_decide_the_scale(few):
    inputs, _, _, target = few
    fold = np.arange(300) < 200
    model = short().fit(inputs.select(fold), target[fold])
    config, _ = model.state()
    raw = inputs["x_m"][fold]
    assert config["encoding"]["mean"][0] == pytest.approx(raw.mean(), rel=1e-12)
    assert config["encoding"]["scale"][0] == pytest.approx(raw.std(), rel=1e-12)
    assert config["target"] == {"mean": target[fold].mean(), "scale": target[fold].std()}
    far = inputs.with_columns({"x_m": inputs["x_m"] * 1000})
    before = model.predict(inputs)
    model.predict(far)
    assert same(model.predict(inputs), before)


def test_a_unit_changes_nothing_but_itself(few):
    """Levels of another unit are predicted in it."""
    inputs, _, _, target = few
    one, tenth = (short().fit(inputs, scale * target).predict(inputs) for scale in (1.0, 0.1))
    np.testing.assert_allclose(tenth.mean * 10, one.mean, rtol=1e-5)
    np.testing.assert_allclose(tenth.deviation_db * 10, one.deviation_db, rtol=1e-5)


def test_the_seed_decides_and_threads_do_not(few):
    inputs, _, _, target = few
    first = short().fit(inputs, target).predict(inputs)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        assert same(short().fit(inputs, target).predict(inputs), first)
    finally:
        torch.set_num_threads(threads)
    assert not same(short(seed=1).fit(inputs, target).predict(inputs), first)


def test_batches_and_blocks(few, monkeypatch):
    inputs, _, _, target = few
    calls = []
    train = likelihood.train
    monkeypatch.setattr(likelihood, "train", lambda *given, **options: calls.append(given) or train(*given, **options))
    blocks = np.arange(300) // 10
    short().fit(inputs, target, blocks=blocks)
    _, _, rows, validation_rows, schedule = calls[0]
    assert schedule.batch == 12 and len(rows) == 240
    assert not set(blocks[rows]) & set(blocks[validation_rows])


def test_the_mean_may_be_learned_first(few, tmp_path):
    inputs, _, _, target = few
    model = short(warm_up=True)
    model.files = {"checkpoint": tmp_path / "run.safetensors", "log": tmp_path / "log.jsonl"}
    first = model.fit(inputs, target).predict(inputs)
    squared, likelihoods = (
        [json.loads(line)["validation_loss"] for line in (tmp_path / name).read_text().splitlines()]
        for name in ("log-warm-up.jsonl", "log.jsonl")
    )
    assert len(squared) == len(likelihoods) == 3 and tuple(likelihoods) == model.history.validation_loss
    cold = short().fit(inputs, target)
    assert not same(cold.predict(inputs), first) and min(likelihoods) < min(cold.history.validation_loss)
    (tmp_path / "run.safetensors").unlink()
    assert same(model.fit(inputs, target).predict(inputs), first), "goes on after the warm-up"


def test_state_and_restore(few):
    inputs, _, _, target = few
    model = short(one_hot=True).fit(inputs, target)
    config, arrays = model.state()
    config = json.loads(json.dumps(config))
    again = short(one_hot=True).restore(config, arrays)
    assert same(again.predict(inputs), model.predict(inputs))
    assert again.history == model.history and again.encoding == model.encoding
    for wrong in (
        {**arrays, "0.weight": arrays["0.weight"][:, 1:]},
        {name: array for name, array in arrays.items() if name != "4.bias"},
        {**arrays, "0.bias": arrays["0.bias"].astype(np.float64)},
    ):
        with pytest.raises(InputError, match="likelihood: the weights are"):
            short().restore(config, wrong)


def test_files_of_a_training(few, tmp_path):
    inputs, _, _, target = few
    model = short()
    model.files = {"checkpoint": tmp_path / "run.safetensors", "log": tmp_path / "log.jsonl"}
    first = model.fit(inputs, target).predict(inputs)
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 3
    assert same(model.fit(inputs, target).predict(inputs), first)
    with pytest.raises(FileFormatError, match="another run"):
        model.fit(inputs, target + np.arange(300))
    assert "files" not in model.settings


def test_bad_input_is_refused(few):
    inputs, _, _, target = few
    with pytest.raises(InputError, match="row 0 is not finite"):
        short().fit(inputs, np.where(np.arange(300) == 0, np.nan, target))
    with pytest.raises(InputError, match="x_m: row 5 is nan"):
        short().fit(inputs.with_columns({"x_m": np.where(np.arange(300) == 5, np.nan, 0.0)}), target)
    with pytest.raises(InputError, match="blocks: 1; two or more"):
        short().fit(inputs, target, blocks=np.zeros(300))
    model = short().fit(inputs, target)
    with pytest.raises(InputError, match="z1: there is no such column"):
        model.predict(Inputs({name: column for name, column in inputs.columns.items() if name != "z1"}))
    with pytest.raises(InputError, match="sector: row 0 is 'C'"):
        model.predict(inputs.with_columns({"sector": np.full(300, "C")}))


def test_ensemble(few, tmp_path):
    inputs, _, _, target = few
    model = Ensemble(short(seed=7), size=3)
    model.files = {"log": tmp_path / "log.jsonl"}
    found = model.fit(inputs, target).predict(inputs)
    alone = [short(seed=seed).fit(inputs, target).predict(inputs) for seed in (7, 8, 9)]
    means, variances = (np.stack(parts) for parts in zip(*((p.mean, p.deviation_db**2) for p in alone), strict=True))
    np.testing.assert_allclose(found.mean, means.mean(axis=0))
    second_moment = (variances + means**2).mean(axis=0)
    np.testing.assert_allclose(found.deviation_db**2, second_moment - means.mean(axis=0) ** 2, rtol=1e-6)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["log-0.jsonl", "log-1.jsonl", "log-2.jsonl"]
    config, arrays = model.state()
    again = Ensemble(short(seed=7), size=3).restore(json.loads(json.dumps(config)), arrays)
    assert same(again.predict(inputs), found)
    with pytest.raises(InputError, match="cell mean.*no seed"):
        Ensemble(CellMean())
    with pytest.raises(InputError, match="size"):
        Ensemble(short(), size=0)
