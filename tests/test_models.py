"""What every model of a level must do; a new file in models/ is judged the day it lands."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from radiocore.errors import FitError, InputError
from radiocore.evaluation.folds import squares
from radiocore.models import kriging, models
from radiocore.models.cell_mean import CellMean
from radiocore.models.inputs import Inputs
from radiocore.models.log_distance import LogDistance
from radiocore.models.mixed_effects import MixedEffects
from radiocore.models.plain_mean import PlainMean

pytest.importorskip("torch")
pytest.importorskip("sklearn")
from radiocore.models.boosting import Boosting
from radiocore.models.drift_kriging import DriftKriging
from radiocore.models.extra_trees import ExtraTrees
from radiocore.models.likelihood import LikelihoodNetwork
from radiocore.models.residual_gaussian_process import ResidualGaussianProcess

SHORT = {
    "likelihood": {"epochs": 15},
    "MLP": {"epochs": 15},
    "extended likelihood": {"epochs": 15},
    "ensemble": {"member": LikelihoodNetwork(epochs=15), "size": 2},
    "residual Gaussian process": {"sample": 100},
    "drift kriging": {"sample": 100},
    "boosting": {"most_trees": 30},
    "extra trees": {"trees": 20},
    "stack": {"members": (LogDistance(), CellMean())},
    "chosen": {"members": (LogDistance(), CellMean())},
    "correction": {"epochs": 15, "rate": 1e-3, "loss": "mse"},
    "corrected line": {"epochs": 15, "rate": 1e-3, "loss": "mse"},
    "path-loss network": {"epochs": 15},
}
"""Settings with which a test takes less than a second."""

ROWS = 240


def links(rows=ROWS, seed=0):
    """Links of two cells about one mast, with what Inputs.of tells of them."""
    rng = np.random.default_rng(seed)
    x_m, y_m = rng.uniform(-400, 400, (2, rows))
    distance_m, cell = np.hypot(x_m, y_m), np.where(y_m > 0, "A", "B")
    columns = {
        "x_m": x_m,
        "y_m": y_m,
        "distance_m": distance_m,
        "log10_distance": np.log10(distance_m),
        "cell": cell,
        "sector": cell,
        "month": rng.choice([1.0, 8.0], rows),
    }
    level = -80 - 35 * np.log10(distance_m / 100) - 12 * (cell == "B") + rng.normal(0, 2, rows)
    columns |= {
        "distance_to_transmitter_km": distance_m / 1000,
        "distance_x_km": x_m / 1000,
        "distance_y_km": y_m / 1000,
        "downlink_frequency": rng.choice([800.0, 1800.0], rows),
        "total_obstruction_length_3d_m": rng.uniform(0, 50, rows),
        "tx_power_dbm": np.full(rows, 45.0),
        "beta_dbm": -86 - 35 * np.log10(distance_m / 100),
    }
    return Inputs(columns), level


def new(name):
    return models()[name](**SHORT.get(name, {}))


def fitted(name):
    inputs, level = links()
    return new(name).fit(inputs, level, blocks=squares(inputs["x_m"], inputs["y_m"], 100), progress=False)


@pytest.fixture(scope="module", params=sorted(models()))
def name(request):
    return request.param


@pytest.fixture(scope="module")
def model(name):
    return fitted(name)


def same(first, second):
    return all(
        getattr(first, part).tobytes() == getattr(second, part).tobytes() for part in ("mean", "deviation_db")
    ) and all(np.array_equal(a, b) for a, b in zip(first.interval(0.8), second.interval(0.8), strict=True))


def test_predictions_are_distributions(model):
    inputs, level = links(500, seed=1)
    found = model.predict(inputs)
    assert found.mean.shape == found.deviation_db.shape == level.shape
    assert np.isfinite(found.mean).all() and np.isfinite(found.deviation_db).all()
    assert (found.deviation_db > 0).all()
    low, high = found.interval(0.8)
    assert (low < found.mean).all() and (found.mean < high).all()


def test_it_learns(model):
    if isinstance(model, PlainMean):
        pytest.skip("it is what others are to beat")
    inputs, level = links(500, seed=1)
    error_db = model.predict(inputs).mean - level
    assert np.abs(error_db).mean() < 0.9 * np.abs(level - links()[1].mean()).mean()


def test_the_same_again_is_the_same_bytes(name, model):
    """From a new object, and from one that was fitted to other rows."""
    inputs, _ = links(100, seed=1)
    used = new(name).fit(*links(60, seed=2), progress=False)
    assert not same(used.predict(inputs), model.predict(inputs))
    rows, level = links()
    used.fit(rows, level, blocks=squares(rows["x_m"], rows["y_m"], 100), progress=False)
    assert same(used.predict(inputs), model.predict(inputs))


@pytest.mark.parametrize("unfitted", [ResidualGaussianProcess(sample=20), MixedEffects()])
def test_threads_of_the_machine_do_not_matter(unfitted):
    limits = pytest.importorskip("threadpoolctl").threadpool_limits
    inputs, level = links(600)
    inputs = inputs.with_columns({"cell": np.random.default_rng(0).integers(0, 150, 600).astype(str)})
    found = []
    for threads in (1, 2):
        with limits(threads, user_api="blas"):
            model = replace(unfitted).fit(inputs, level)
            again = replace(unfitted).restore(*model.state())
            found += [model.predict(inputs), again.predict(inputs)]
    assert all(same(found[0], other) for other in found[1:])


def test_threads_of_libraries_that_are_loaded_later_are_held_too():
    script = """
from threadpoolctl import threadpool_info
from radiocore.models.base import one_thread
with one_thread():
    import scipy.linalg
    assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_mean_of_a_cell_whose_rows_are_equal():
    cells = np.array(["a"] * 3 + ["b"] * 9)
    level = np.array([-70.0] * 3 + [*range(-109, -100)])
    model = CellMean().fit(Inputs({"cell": cells}), level)
    found = model.predict(Inputs({"cell": np.array(["a", "b"])}))
    assert found.mean.tolist() == [-70, -105] and 0 < found.deviation_db[0] < 0.01


@pytest.mark.parametrize("name", ["cell mean", "empirical", "mixed effects", "residual Gaussian process"])
def test_a_cell_is_of_its_carrier_where_two_share_its_name(name):
    inputs, level = links()
    carrier = np.array(["one", "other"])[np.arange(len(level)) % 2]
    both = inputs.with_columns({"carrier": carrier, "cell": np.full(len(level), "7")})
    model = new(name).fit(both, level + 30 * (carrier == "one"))
    apart = model.predict(both).mean - model.predict(both.with_columns({"carrier": np.full(len(level), "other")})).mean
    assert apart[carrier == "one"].mean() > 25 and not apart[carrier == "other"].any()
    own = inputs.with_columns({"carrier": inputs["cell"]})
    alone, named = (new(name).fit(links, level).predict(links) for links in (inputs, own))
    assert same(alone, named)


@pytest.mark.parametrize("wrong", [{"most_trees": 0}, {"leaves": 1}, {"trees": 0}, {"sample": 0}, {"sample": -3}])
def test_numbers_of_nothing_are_refused(wrong):
    kind = {"trees": ExtraTrees, "sample": DriftKriging}.get(*wrong, Boosting)
    with pytest.raises(InputError, match=f"{next(iter(wrong))}: .* must be a whole number"):
        kind(**wrong)


def test_state_is_plain_and_enough(model):
    inputs, _ = links(100, seed=1)
    config, arrays = model.state()
    assert all(array.dtype.kind in "biuf" for array in arrays.values())
    copies = {key: array.copy() for key, array in arrays.items()}
    restored = type(model)(**model.settings).restore(json.loads(json.dumps(config)), copies)
    assert same(restored.predict(inputs), model.predict(inputs))


def test_the_order_of_rows_does_not_matter(model):
    inputs, _ = links(100, seed=1)
    turned = np.random.default_rng(0).permutation(100)
    whole, parts = model.predict(inputs), model.predict(inputs.select(turned))
    np.testing.assert_allclose(parts.mean, whole.mean[turned], rtol=1e-5)
    np.testing.assert_allclose(parts.deviation_db, whole.deviation_db[turned], rtol=1e-4)


def test_it_must_be_fitted_first(name):
    with pytest.raises(FitError, match="not fitted"):
        new(name).predict(links()[0])


def test_bad_targets_are_refused(name):
    inputs, level = links()
    for bad, says in (
        (np.where(np.arange(ROWS) == 3, np.nan, level), "row 3"),
        (np.full(ROWS, -90.0), "all 240 rows"),
        (level[1:], "shape"),
    ):
        with pytest.raises(InputError, match=says):
            new(name).fit(inputs, bad)
    with pytest.raises(InputError, match="too few"):
        new(name).fit(inputs.select(slice(5)), level[:5])


def test_bad_columns_are_refused(name, model):
    inputs, level = links()
    broken = inputs.with_columns({"x_m": np.where(np.arange(ROWS) == 7, np.inf, inputs["x_m"])})
    with pytest.raises(InputError, match="x_m: row 7"):
        new(name).fit(broken, level)
    with pytest.raises(InputError, match="x_m: row 7"):
        model.predict(broken)
    if not isinstance(model, PlainMean):  # it takes none
        with pytest.raises(InputError, match="no such column"):
            model.predict(Inputs({"other": np.zeros(3)}))


def test_a_new_cell_is_refused_or_predicted(model):
    """Blocked folds hold cells that no training row has: a model says that it cannot, or predicts without them."""
    inputs = links(50, seed=1)[0].with_columns({name: np.full(50, "Z") for name in ("cell", "sector")})
    try:
        found = model.predict(inputs)
    except InputError as error:
        assert "'Z'" in str(error)
    else:
        assert np.isfinite(found.mean).all() and (found.deviation_db > 0).all()


def test_the_log_distance_law_is_recovered():
    inputs, level = links(4000)
    config, _ = LogDistance().fit(inputs, level).state()
    for cell, level_dbm in (("A", -80), ("B", -92)):
        np.testing.assert_allclose(config["cells"][cell], (level_dbm, -35, 2), atol=0.6)


def test_the_log_distance_law_needs_a_distance():
    inputs, level = links()
    without = Inputs({"x_m": inputs["x_m"]}, {"distance_m": "no base stations were given"})
    with pytest.raises(InputError, match="distance_m.*no base stations were given"):
        LogDistance().fit(without, level)


def test_trees_walk_as_those_that_grew_them():
    from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor

    from radiocore.models.trees import Trees

    rng = np.random.default_rng(0)
    seen, new_rows = rng.normal(size=(2, 400, 3)).astype(np.float32)
    level = seen[:, 0] * 5 + np.sin(3 * seen[:, 1]) + rng.normal(size=400)
    boosted = HistGradientBoostingRegressor(max_iter=30).fit(seen, level)
    assert (Trees.of_boosting(boosted).sums(new_rows) == boosted.predict(new_rows)).all()
    forest = ExtraTreesRegressor(20, random_state=0).fit(seen, level)
    np.testing.assert_allclose(Trees.of_forest(forest).sums(new_rows), forest.predict(new_rows), rtol=1e-12)


@pytest.mark.parametrize("model", [Boosting(), ExtraTrees(trees=20)])
def test_trees_do_not_code_a_name_by_rows_that_are_held_out(model):
    """Sixty cells, each in a block of its own, 10 dB apart: nothing is known of a new one, as the deviation says."""
    rng = np.random.default_rng(0)
    cell = np.repeat(np.arange(60), 20)
    level = -90 + rng.normal(0, 10, 60)[cell] + rng.normal(0, 1, 1200)
    inputs = Inputs({"cell": cell.astype(str), "x_m": rng.uniform(0, 1, 1200), "y_m": rng.uniform(0, 1, 1200)})
    found = model.fit(inputs, level, blocks=cell).predict(inputs)
    assert found.deviation_db[0] == pytest.approx(level.std(), rel=0.15)


KRIGING = pytest.mark.parametrize("kriging", [ResidualGaussianProcess(sample=200), DriftKriging(sample=200)])


@KRIGING
def test_kriging_errs_as_little_as_one_that_knows_the_truth(kriging):
    """An exponentially correlated field on top of the law: the best linear guess has its parameters and law given."""
    inputs, level = links(900)
    x_m, y_m = inputs["x_m"], inputs["y_m"]
    cov = 64 * np.exp(-np.hypot(x_m[:, None] - x_m, y_m[:, None] - y_m) / 120)
    field_db = np.linalg.cholesky(cov + 1e-9 * np.eye(900)) @ np.random.default_rng(7).normal(size=900)
    law = -80 - 35 * np.log10(inputs["distance_m"] / 100) - 12 * (inputs["cell"] == "B")
    shadowed = level + field_db
    seen = np.arange(900) < 600
    gain = cov[np.ix_(~seen, seen)] @ np.linalg.inv(cov[np.ix_(seen, seen)] + 4 * np.eye(600))
    least = np.std(law[~seen] + gain @ (shadowed - law)[seen] - shadowed[~seen])
    found = kriging.fit(inputs.select(seen), shadowed[seen]).predict(inputs.select(~seen))
    error_db = found.mean - shadowed[~seen]
    assert least < 0.7 * np.std(law - shadowed)
    assert np.std(error_db) < 1.06 * least
    assert np.std(error_db / found.deviation_db) == pytest.approx(1, abs=0.1)


@KRIGING
def test_kriging_is_less_sure_where_nobody_was(kriging):
    inputs, level = links(400)
    level = level + 6 * np.sin(inputs["x_m"] / 60)
    was_there = inputs["x_m"] < 100
    kriging.fit(inputs.select(was_there), level[was_there])
    known, unknown = (kriging.predict(inputs.select(rows)).deviation_db.mean() for rows in (was_there, ~was_there))
    assert unknown > 1.2 * known


@pytest.mark.parametrize("model", [LogDistance(), DriftKriging(sample=200)])
def test_a_cell_measured_at_one_distance_keeps_the_common_slope(model):
    """Its own rows tell a slope of anything: the law of another cell, moved, is what holds farther out."""
    inputs, level = links(600)
    seen = (inputs["cell"] == "A") | (np.abs(inputs["distance_m"] - 150) < 15)
    found = model.fit(inputs.select(seen), level[seen]).predict(inputs.select(~seen))
    assert np.abs(found.mean - level[~seen]).mean() < 3


def test_kriging_with_a_drift_learns_what_a_column_tells():
    inputs, level = links(600)
    walls = inputs["total_obstruction_length_3d_m"]
    seen = walls < 35
    model = DriftKriging(sample=200).fit(inputs.select(seen), (level - 0.4 * walls)[seen])
    found = model.predict(inputs.select(~seen)).mean
    assert np.abs(found - (level - 0.4 * walls)[~seen]).mean() < 2.5


def test_a_bound_of_kriging_is_an_answer_and_a_failed_search_is_told(monkeypatch):
    from sklearn.exceptions import ConvergenceWarning

    class Regressor:
        kernel_ = SimpleNamespace(theta=np.zeros(1))

        def fit(self, *_):
            for text in ("The optimal value found for x is close to the specified bound 3", "lbfgs failed to converge"):
                warnings.warn(text, ConvergenceWarning, stacklevel=2)
            return self

    monkeypatch.setattr(kriging, "_regressor", lambda *_: Regressor())
    with pytest.warns(ConvergenceWarning) as told:
        kriging._likeliest(None, *np.zeros((3, 1)))
    assert [str(one.message)[:5] for one in told] == ["lbfgs"]
