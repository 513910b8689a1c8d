"""Monte Carlo coverage: the gains follow their law, the standard error is honest, the bytes are stable."""

import mpmath
import numpy as np
import pytest

from radiocore import InputError, coverage_probability
from radiocore.coverage import simulated_coverage_probability
from reference import coverage as reference

SHAPES_M = (0.5, 1.0, 1.5, 2.0, 3.7, 5.0)
DRAWS = 200_000


def survival(m, gains, seed):
    """Share of draws of one station's gain above each of the ascending gains."""
    share, _ = simulated_coverage_probability(
        [[1.0]], [[m]], noise_mw=1.0, threshold_db=10 * np.log10(gains), draws=DRAWS, seed=seed
    )
    return share[:, 0]


def gamma_quantiles(m, probabilities):
    """Gains g with P(G > g) = the given values, for G ~ Gamma(m, 1/m), by bisection."""
    low, high = np.zeros(len(probabilities)), np.full(len(probabilities), 100.0)
    for _ in range(60):
        middle = (low + high) / 2
        above = np.array([reference.gamma_tail(m, g) for g in middle]) > probabilities
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2


@pytest.mark.parametrize("m", SHAPES_M)
def test_gains_follow_their_law(m):
    """Chi-square over 20 equally likely bins and the largest gap; both fail by chance once in 10^5 runs."""
    bins = 20
    tail = np.arange(bins - 1, 0, -1) / bins
    share = survival(m, gamma_quantiles(m, tail), seed=3)
    expected = DRAWS / bins
    counts = -np.diff(np.concatenate([[1.0], share, [0.0]])) * DRAWS
    chi_square = np.sum((counts - expected) ** 2) / expected
    assert float(mpmath.gammainc((bins - 1) / 2, chi_square / 2, regularized=True)) > 1e-5
    assert np.sqrt(DRAWS) * np.abs(share - tail).max() < 2.47  # Kolmogorov: 2 exp(-2 * 2.47^2) = 1e-5


@pytest.mark.parametrize("m", SHAPES_M)
def test_mean_and_variance_of_the_gains(m):
    """Moments as sums over the tail, minus the same sums over the true tail: no error of the grid is left."""
    gains = np.linspace(0, 30, 301)[1:]
    gap = survival(m, gains, seed=4) - [reference.gamma_tail(m, g) for g in gains]
    step = gains[1] - gains[0]
    variance = 1 / m
    fourth = 3 * variance**2 * (1 + 2 / m)  # central, of the gamma law
    second_spread = np.sqrt(fourth + 4 * (2 / m**2) + 4 * variance - variance**2)  # of G^2, third moment 2 / m^2
    assert abs(np.sum(gap) * step) < 4.5 * np.sqrt(variance / DRAWS)
    assert abs(np.sum(2 * gains * gap) * step) < 4.5 * second_spread / np.sqrt(DRAWS)


def test_stations_and_receivers_fade_on_their_own():
    """Equal Rayleigh stations: one in two below the other, and n receivers agree only as coins do."""
    share, standard_error = simulated_coverage_probability(
        np.ones((400, 2)), 1.0, noise_mw=0.0, threshold_db=0.0, draws=1000, seed=5
    )
    z = (share - 0.5) / standard_error
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    assert 0.8 < z.std() < 1.2
    assert len(np.unique(share)) > 50


@pytest.mark.parametrize("server_m", [1, 2, 5])
def test_equals_the_closed_form_within_four_standard_errors(server_m):
    rng = np.random.default_rng(20 + server_m)
    mean_power = 10 ** rng.uniform(-2, 0, (40, 6))
    fading_m = rng.choice(SHAPES_M, mean_power.shape)
    fading_m[np.arange(40), mean_power.argmax(axis=1)] = server_m
    exact = coverage_probability(mean_power, fading_m, noise_mw=0.05, threshold_db=[-3.0, 3.0])
    share, standard_error = simulated_coverage_probability(
        mean_power, fading_m, noise_mw=0.05, threshold_db=[-3.0, 3.0], draws=20_000, seed=6
    )
    assert share.shape == standard_error.shape == exact.shape == (2, 40)
    common = (exact > 0.01) & (exact < 0.99)  # where counts of 20,000 draws are as good as normal
    assert common.mean() > 0.5
    true_error = np.sqrt(exact * (1 - exact) / 20_000)[common]
    z = (share - exact)[common] / true_error
    assert np.abs(z).max() < 4
    assert abs(z.mean()) < 4 / np.sqrt(z.size)
    np.testing.assert_allclose(standard_error[common], true_error, rtol=0.1)
    assert np.abs(share - exact)[~common].max(initial=0) < 2e-3


def test_servers_with_a_real_shape_are_simulated_too():
    mean_power, fading_m = [1.0, 0.4, 0.1], [1.5, 0.5, 3.7]
    share, standard_error = simulated_coverage_probability(
        [mean_power], [fading_m], noise_mw=0.1, threshold_db=0.0, draws=DRAWS, seed=7
    )
    expected, error = reference.dice(mean_power, fading_m, 0.1, 0.0, DRAWS, seed=8)
    assert abs(share[0] - expected) < 4 * np.hypot(standard_error[0], error)


def test_same_seed_same_bytes():
    rng = np.random.default_rng(9)
    mean_power, fading_m = 10 ** rng.uniform(-2, 0, (97, 7)), rng.choice(SHAPES_M, (97, 7))
    options = {"noise_mw": 0.05, "threshold_db": [0.0, 5.0], "draws": 500}
    first = simulated_coverage_probability(mean_power, fading_m, seed=1, threads=1, **options)
    for threads in (1, 2, 4):
        again = simulated_coverage_probability(mean_power, fading_m, seed=1, threads=threads, **options)
        assert [part.tobytes() for part in again] == [part.tobytes() for part in first]
    other = simulated_coverage_probability(mean_power, fading_m, seed=2, **options)
    assert (other[0] != first[0]).mean() > 0.5


def test_thresholds_share_their_draws():
    options = {"noise_mw": 0.05, "draws": 300, "seed": 3}
    mean_power = 10 ** np.random.default_rng(10).uniform(-2, 0, (50, 5))
    thresholds_db = np.linspace(-20, 20, 41)
    several, _ = simulated_coverage_probability(mean_power, 1.5, threshold_db=thresholds_db, **options)
    assert (np.diff(several, axis=0) <= 0).all()
    alone, _ = simulated_coverage_probability(mean_power, 1.5, threshold_db=thresholds_db[20], **options)
    np.testing.assert_array_equal(several[20], alone)


def test_stations_without_power_are_off():
    share, _ = simulated_coverage_probability(np.zeros((3, 2)), 1.0, noise_mw=0.0, threshold_db=0.0, draws=100, seed=0)
    assert share.tolist() == [0, 0, 0]
    alone, _ = simulated_coverage_probability([[1.0, 0.0]], 1.0, noise_mw=0.0, threshold_db=0.0, draws=100, seed=0)
    assert alone.tolist() == [1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean_power_mw", [[-1.0]]),
        ("mean_power_mw", [[np.nan]]),
        ("fading_m", [[0.0]]),
        ("fading_m", [[np.inf]]),
        ("noise_mw", -1.0),
        ("threshold_db", np.nan),
        ("draws", 0),
        ("seed", -1),
        ("threads", 0),
    ],
)
def test_what_is_refused(name, value):
    arguments = {"mean_power_mw": [[1.0]], "fading_m": [[1.0]], "noise_mw": 0.1, "threshold_db": 0.0}
    arguments |= {"draws": 10, "seed": 0, name: value}
    with pytest.raises(InputError, match=name):
        simulated_coverage_probability(arguments.pop("mean_power_mw"), arguments.pop("fading_m"), **arguments)
