"""Intervals hold, whatever the errors are like."""

from __future__ import annotations

import numpy as np
import pytest

from radiocore.errors import InputError
from radiocore.evaluation.folds import squares
from radiocore.evaluation.scores import Scores
from radiocore.models.conformal import Calibrated, Calibration
from radiocore.models.inputs import Inputs
from radiocore.models.log_distance import LogDistance
from radiocore.models.members import members_state, restored_members
from radiocore.models.prediction import Prediction


def skewed(number, seed):
    """Predictions whose deviations are half of what they should be, and errors that are far from normal."""
    rng = np.random.default_rng(seed)
    true_db = rng.uniform(2, 6, number)
    return Prediction(np.full(number, -90.0), true_db / 2), -90 + true_db * (rng.exponential(1, number) - 1)


def test_intervals_hold_on_skewed_noise():
    calibration = Calibration.of(*skewed(4000, 0))
    prediction, target = skewed(20_000, 1)
    raw = Scores.of(prediction, target)
    held = Scores.of(prediction, target, interval=lambda level: calibration.interval(prediction, level))
    for level in (0.5, 0.8, 0.95):
        assert held.coverage[level] == pytest.approx(level, abs=0.02)
    assert raw.coverage[0.8] < 0.7


def test_few_rows_still_cover_on_average():
    covered = []
    for seed in range(300):
        calibration = Calibration.of(*skewed(19, seed))
        prediction, target = skewed(50, 1000 + seed)
        low, high = calibration.interval(prediction, 0.8)
        covered.append(np.mean((low <= target) & (target <= high)))
    assert 0.79 < np.mean(covered) < 0.85


def test_rank_is_that_of_a_finite_sample():
    prediction = Prediction(np.zeros(9), np.ones(9))
    calibration = Calibration.of(prediction, np.arange(9.0, 0, -1))
    assert [calibration.deviations(level) for level in (0.1, 0.5, 0.8, 0.9)] == [1, 5, 8, 9]
    with pytest.raises(InputError, match="0.95 needs 19 held-out rows, and there are 9"):
        calibration.deviations(0.95)
    with pytest.raises(InputError, match="level: 80"):
        calibration.interval(prediction, 80)
    with pytest.raises(InputError, match="does not match the 9 predictions"):
        Calibration.of(prediction, np.zeros(8))
    with pytest.raises(InputError, match="no rows to calibrate with"):
        Calibration.of(Prediction(np.zeros(0), np.ones(0)), [])


def test_a_model_is_calibrated_on_blocks_and_fitted_to_all():
    rng = np.random.default_rng(0)
    x_m, y_m = rng.uniform(-500, 500, (2, 1500))
    inputs = Inputs({"x_m": x_m, "y_m": y_m, "distance_m": np.hypot(x_m, y_m)})
    target = -80 - 35 * np.log10(inputs["distance_m"] / 100) + 5 * (rng.exponential(1, 1500) - 1)
    model = Calibrated(LogDistance()).fit(inputs, target, blocks=squares(x_m, y_m, 100))
    plain = LogDistance().fit(inputs, target).predict(inputs)
    found = model.predict(inputs)
    assert (found.mean == plain.mean).all() and len(model.calibration.scores) == 1500
    assert Scores.of(found, target).coverage[0.8] == pytest.approx(0.8, abs=0.02)
    assert Scores.of(plain, target).coverage[0.8] > 0.83
    again = Calibrated(LogDistance()).restore(*model.state()).predict(inputs)
    assert (again.interval(0.95)[1] == found.interval(0.95)[1]).all()
    (told,) = restored_members(*members_state([model]))
    assert isinstance(told, LogDistance) and (told.predict(inputs).deviation_db == found.deviation_db).all()
