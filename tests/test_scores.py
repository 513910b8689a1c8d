"""Scores against numeric integration and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from radiocore.errors import InputError
from radiocore.evaluation.scores import Errors, Scores, crps_db, noise_floor
from radiocore.measurements import Measurements
from radiocore.models.prediction import Prediction


@pytest.mark.parametrize("mean, deviation_db, target", [(0, 1, 0), (-90, 4, -97.5), (-80, 0.5, -60), (3, 9, 4)])
def test_crps_equals_its_integral(mean, deviation_db, target):
    def gap(v):
        return (norm.cdf(v, mean, deviation_db) - (v >= target)) ** 2

    far = 12 * deviation_db + abs(target - mean)
    expected = quad(gap, mean - far, target, epsabs=1e-12)[0] + quad(gap, target, mean + far, epsabs=1e-12)[0]
    assert crps_db(mean, deviation_db, target) == pytest.approx(expected, rel=1e-8)


def test_coverage_and_width():
    rng = np.random.default_rng(0)
    deviation_db = rng.uniform(1, 8, 40_000)
    prediction = Prediction(rng.normal(-90, 10, 40_000), deviation_db)
    scores = Scores.of(prediction, prediction.mean + deviation_db * rng.normal(size=40_000))
    for level, inside in scores.coverage.items():
        assert inside == pytest.approx(level, abs=0.01)
        assert scores.width_db[level] == pytest.approx(2 * norm.ppf(0.5 + level / 2) * deviation_db.mean())
    assert scores.crps_db == pytest.approx(deviation_db.mean() / np.sqrt(np.pi), rel=0.02)


def test_other_intervals_are_judged_as_told():
    prediction = Prediction(np.zeros(4), np.ones(4))
    scores = Scores.of(prediction, [0, 1, 2, 3], interval=lambda level: (np.zeros(4), np.full(4, 2.0)), levels=(0.8,))
    assert scores.coverage == {0.8: 0.75} and scores.width_db == {0.8: 2.0}


def test_errors_of_samples_and_of_tiles():
    prediction = Prediction(np.array([1.0, 1.0, 5.0]), np.ones(3))
    scores = Scores.of(prediction, [0.0, 2.0, 2.0], tile=["a", "a", "b"])
    assert (scores.number, scores.mae_db, scores.bias_db) == (3, 5 / 3, 1.0)
    assert scores.rmse_db == pytest.approx(np.sqrt(11 / 3))
    assert scores.per_tile == Errors(2, 1.5, np.sqrt(4.5), 1.5)
    with pytest.raises(InputError, match="no rows"):
        Errors.of_means([], [])


def test_noise_floor():
    rng = np.random.default_rng(0)
    x_m, y_m = rng.uniform(0, 300, (2, 3000))
    place_db = rng.normal(-90, 10, (30, 30))[(y_m // 10).astype(int), (x_m // 10).astype(int)]
    measurements = Measurements(x_m, y_m, place_db + rng.normal(0, 4, 3000))
    bins = measurements.binned()
    floor = noise_floor(measurements.rsrp_dbm, bins.bin)
    assert floor.rmse_db == pytest.approx(bins.noise_db, rel=1e-12)
    assert floor.rmse_db == pytest.approx(4, rel=0.05)
    assert floor.mae_db == pytest.approx(4 * np.sqrt(2 / np.pi), rel=0.05)
    assert floor.number == np.sum(bins.samples[bins.samples > 1])
    with pytest.raises(InputError, match="share a bin"):
        noise_floor([1.0, 2.0], [0, 1])
