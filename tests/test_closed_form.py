"""Closed-form coverage: many digits, textbook results, dice, and enumeration of line-of-sight states."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiocore import InputError, coverage_probability
from radiocore.coverage import mixture_coverage_probability
from reference import coverage as reference

INTERFERER_M = (0.5, 1.0, 1.5, 2.0, 3.7, 20.0)
THRESHOLDS_DB = (-10.0, 0.0, 4.0)


def one(mean_power_mw, fading_m, noise_mw, threshold_db):
    """Coverage of one receiver, as a float."""
    found = coverage_probability([mean_power_mw], [fading_m], noise_mw=noise_mw, threshold_db=threshold_db)
    assert found.shape == (1,)
    return float(found[0])


def random_links(rng, stations, server_m):
    """Mean powers with a spread of 25 dB, the server's whole m, real m of the others."""
    mean_power = 10 ** rng.uniform(-2.5, 0, stations)
    fading_m = rng.choice(INTERFERER_M, stations)
    fading_m[np.argmax(mean_power)] = server_m
    return mean_power, fading_m


@pytest.mark.parametrize("server_m", [1, 2, 3, 5, 8, 13, 20])
def test_equals_many_digits(server_m):
    rng = np.random.default_rng(server_m)
    for stations in (1, 2, 5, 12):
        mean_power, fading_m = random_links(rng, stations, server_m)
        noise = 10 ** rng.uniform(-3, 0)
        for threshold_db in THRESHOLDS_DB:
            expected = reference.coverage(mean_power, fading_m, noise, threshold_db)
            assert one(mean_power, fading_m, noise, threshold_db) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("server_m", [1, 2, 7, 20])
def test_tiny_powers_and_many_digits(server_m):
    """Powers as they are received, 1e-14 to 1e-9 mW: only ratios matter."""
    rng = np.random.default_rng(100 + server_m)
    mean_power, fading_m = random_links(rng, 6, server_m)
    expected = reference.coverage(mean_power * 1e-10, fading_m, 4e-12, 3.0)
    assert one(mean_power * 1e-10, fading_m, 4e-12, 3.0) == pytest.approx(expected, abs=1e-12)


def test_one_station_is_the_gamma_tail():
    for m in (1, 2, 3, 5, 20):
        for noise in (1e-6, 0.01, 0.3, 1.0, 4.0, 50.0):
            expected = reference.gamma_tail(m, noise)
            assert one([1.0], [m], noise, 0.0) == pytest.approx(expected, abs=1e-14, rel=1e-12)


def test_one_equal_interferer_without_noise():
    assert one([1.0, 1.0], [2, 1], 0.0, 0.0) == pytest.approx(5 / 9, abs=1e-15)
    assert one([1.0, 1.0], [1, 1], 0.0, 0.0) == pytest.approx(1 / 2, abs=1e-15)
    assert round(one([7e-9, 7e-9], [2, 1], 0.0, 0.0), 7) == 0.5555556


def test_rayleigh_is_the_product_formula():
    rng = np.random.default_rng(6)
    mean_power = 10 ** rng.uniform(-3, 0, (40, 9))
    server = mean_power.max(axis=1, keepdims=True)
    ratio = mean_power / server
    expected = np.exp(-0.02 / server[:, 0]) * 2 / np.prod(1 + ratio, axis=1)  # the server's own factor is 2
    found = coverage_probability(mean_power, np.ones_like(mean_power), noise_mw=0.02, threshold_db=0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_poisson_network_without_buildings():
    """Exponent 4, Rayleigh, no noise: the mean over networks is known.

    With unit density in area units of pi r^2, the k-th nearest station lies where the k-th arrival of a
    unit Poisson process does, and its mean power is that arrival to the power -2. Stations beyond the n-th
    send 1 / v_n on average; one more, nearly unfading station stands for all of them. What is left is the
    spread of the far sum, of relative variance 1 / (3 n): it changes nothing at the standard error below.
    """
    rng = np.random.default_rng(7)
    networks, stations = 100_000, 100
    arrival = np.cumsum(rng.exponential(size=(networks, stations)), axis=1)
    mean_power = np.column_stack([arrival**-2, 1 / arrival[:, -1]])
    fading_m = np.append(np.ones(stations), 1e6)
    # The far sum must not be taken for the server: rare networks with no near station are left out.
    usual = mean_power[:, 0] > mean_power[:, -1]
    assert usual.mean() > 0.9999
    coverage = coverage_probability(mean_power[usual], fading_m, noise_mw=0.0, threshold_db=[-6.0, 0.0, 6.0])
    for found, threshold_db in zip(coverage, (-6.0, 0.0, 6.0), strict=True):
        standard_error = found.std() / np.sqrt(found.size)
        assert standard_error < 0.0011
        assert abs(found.mean() - reference.poisson_rayleigh_coverage(threshold_db)) < 4 * standard_error + 1e-4
    assert reference.poisson_rayleigh_coverage(0.0) == pytest.approx(0.560099, abs=5e-7)


def test_equals_dice_within_four_standard_errors():
    rng = np.random.default_rng(8)
    for case in range(12):
        mean_power, fading_m = random_links(rng, int(rng.integers(1, 8)), int(rng.integers(1, 7)))
        found = one(mean_power, fading_m, 0.05, 0.0)
        covered, standard_error = reference.dice(mean_power, fading_m, 0.05, 0.0, 200_000, seed=case)
        assert abs(found - covered) < 4 * standard_error


def test_shapes_and_thresholds():
    rng = np.random.default_rng(9)
    mean_power = 10 ** rng.uniform(-3, 0, (30, 4))
    several = coverage_probability(mean_power, 2, noise_mw=0.01, threshold_db=[-5.0, 0.0, 5.0])
    assert several.shape == (3, 30)
    assert several.dtype == np.float64
    for row, threshold_db in zip(several, (-5.0, 0.0, 5.0), strict=True):
        full = coverage_probability(mean_power, np.full((30, 4), 2.0), noise_mw=0.01, threshold_db=threshold_db)
        assert full.shape == (30,)
        np.testing.assert_array_equal(row, full)
    assert coverage_probability(mean_power, 2, noise_mw=0.01, threshold_db=[1.0]).shape == (1, 30)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8), st.integers(1, 6))
def test_raising_the_threshold_never_adds_coverage(seed, stations, server_m):
    mean_power, fading_m = random_links(np.random.default_rng(seed), stations, server_m)
    thresholds_db = np.linspace(-60, 60, 241)
    coverage = coverage_probability([mean_power], [fading_m], noise_mw=0.01, threshold_db=thresholds_db)[:, 0]
    assert ((coverage >= 0) & (coverage <= 1)).all()
    assert (np.diff(coverage) <= 1e-15).all()
    assert coverage[-1] < 1e-3


def test_small_outage():
    """Near one, the distance to one is right to the last digits of the number that is returned."""
    assert one([1.0], [2], 0.0, 0.0) == 1.0
    for m in (1, 2, 5):
        for noise in (1e-3, 1e-6, 1e-9, 1e-12):
            outage = 1.0 - one([1.0], [m], noise, 0.0)
            assert outage == pytest.approx(1.0 - reference.gamma_tail(m, noise), abs=3e-16)
    interfered = [1.0 - one([1.0, weak], [3, 1], 0.0, 0.0) for weak in (1e-1, 1e-2, 1e-3, 1e-4)]
    # With x = s w = 3 w, the outage is (x / (1 + x))^3 exactly: Rayleigh interference, no noise.
    np.testing.assert_allclose(interfered, [(3 * w / (1 + 3 * w)) ** 3 for w in (1e-1, 1e-2, 1e-3, 1e-4)], atol=3e-16)


def test_stations_without_power_are_off():
    rng = np.random.default_rng(10)
    mean_power = 10 ** rng.uniform(-3, 0, (20, 3))
    with_off = np.insert(mean_power, [0, 2, 3], 0.0, axis=1)
    found = coverage_probability(with_off, 2, noise_mw=0.01, threshold_db=0.0)
    np.testing.assert_array_equal(found, coverage_probability(mean_power, 2, noise_mw=0.01, threshold_db=0.0))
    assert coverage_probability(np.zeros((2, 3)), 1, noise_mw=0.01, threshold_db=0.0).tolist() == [0, 0]
    assert coverage_probability(np.zeros((2, 0)), 1, noise_mw=0.01, threshold_db=0.0).tolist() == [0, 0]


def mixture(mean_los, mean_nlos, p_los, m_los, m_nlos, noise_mw, threshold_db):
    found = mixture_coverage_probability(
        [mean_los], [mean_nlos], [p_los], m_los, m_nlos, noise_mw=noise_mw, threshold_db=threshold_db
    )
    assert found.shape == (1,)
    return float(found[0])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        # Few distinct powers and certain states: ties between stations, and between states of two stations.
        st.tuples(
            st.sampled_from((1.0, 0.5, 0.25)), st.sampled_from((0.5, 0.25, 0.1)), st.sampled_from((0.0, 0.3, 0.8, 1.0))
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(((1, 1), (2, 1), (3, 2))),
    st.sampled_from((0.0, 0.1)),
)
def test_mixture_equals_every_state_in_turn(stations, shapes, noise_mw):
    los, nlos, p = (np.array(column) for column in zip(*stations, strict=True))
    nlos = np.minimum(los, nlos)
    expected = reference.mixture(los, nlos, p, *shapes, noise_mw, 0.0)
    assert mixture(los, nlos, p, *shapes, noise_mw, 0.0) == pytest.approx(expected, abs=1e-11)


def test_mixture_of_many_distinct_stations():
    rng = np.random.default_rng(11)
    for shapes in ((1, 1), (2, 1), (4, 3)):
        los = 10 ** rng.uniform(-2, 0, 6)
        nlos, p = los * 10 ** rng.uniform(-2, 0, 6), rng.uniform(0, 1, 6)
        expected = reference.mixture(los, nlos, p, *shapes, 0.02, 3.0)
        assert mixture(los, nlos, p, *shapes, 0.02, 3.0) == pytest.approx(expected, abs=1e-11)


def test_certain_states_are_the_plain_closed_form():
    rng = np.random.default_rng(12)
    los = 10 ** rng.uniform(-3, 0, (50, 8))
    nlos, sight = los * 0.01, rng.random((50, 8)) < 0.4
    found = mixture_coverage_probability(los, nlos, sight.astype(float), 2, 1, noise_mw=1e-3, threshold_db=[0.0, 5.0])
    mean_power, fading_m = np.where(sight, los, nlos), np.where(sight, 2, 1)
    expected = coverage_probability(mean_power, fading_m, noise_mw=1e-3, threshold_db=[0.0, 5.0])
    assert found.shape == (2, 50)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_equidistant_stations_are_counted_once():
    """Many equal candidates: their chances to serve must add up to one, not to more."""
    for stations in (2, 3, 6):
        p = np.full(stations, 0.5)
        equal = np.ones(stations)
        served = mixture(equal, equal * 0.1, p, 2, 1, 0.0, -60.0)
        assert served <= 1.0
        assert served == pytest.approx(1.0, abs=1e-4)
        expected = reference.mixture(equal, equal * 0.1, p, 2, 1, 0.05, 0.0)
        assert mixture(equal, equal * 0.1, p, 2, 1, 0.05, 0.0) == pytest.approx(expected, abs=1e-12)


GOOD = {"mean_power_mw": [[1.0, 0.5]], "fading_m": [[2.0, 1.0]], "noise_mw": 0.1, "threshold_db": 0.0}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean_power_mw", [[1.0, -0.5]]),
        ("mean_power_mw", [[1.0, np.nan]]),
        ("mean_power_mw", [[np.inf, 1.0]]),
        ("mean_power_mw", [1.0, 0.5]),
        ("fading_m", [[1.5, 1.0]]),
        ("fading_m", [[0.0, 1.0]]),
        ("fading_m", [[2.0, 0.0]]),
        ("fading_m", [[2.0, -1.0]]),
        ("fading_m", [[2.0, np.nan]]),
        ("fading_m", [[2.0, 1.0, 1.0]]),
        ("noise_mw", -1.0),
        ("noise_mw", np.nan),
        ("threshold_db", np.nan),
        ("threshold_db", [0.0, np.inf]),
    ],
)
def test_what_is_refused(name, value):
    arguments = {**GOOD, name: value}
    with pytest.raises(InputError, match=name):
        coverage_probability(arguments.pop("mean_power_mw"), arguments.pop("fading_m"), **arguments)


@pytest.mark.parametrize("p_los", [[[1.5, 0.0]], [[-0.1, 0.0]], [[np.nan, 0.0]], [[0.5, 0.5, 0.5]]])
def test_what_the_mixture_refuses(p_los):
    with pytest.raises(InputError, match="los_probability"):
        mixture_coverage_probability([[1.0, 0.5]], [[0.1, 0.05]], p_los, 2, 1, noise_mw=0.1, threshold_db=0.0)


@pytest.mark.parametrize("fading_m", [1, 2, 3, 1.0])
def test_noise_beyond_all_measure_leaves_no_coverage(fading_m):
    assert coverage_probability([[1e-240]], fading_m, noise_mw=1e70, threshold_db=0.0).tolist() == [0.0]


def test_a_product_below_the_smallest_number_is_zero():
    """64 against 64 at 60 dB: the first factor alone underflows."""
    assert coverage_probability([[1.0, 1.0]], 64, noise_mw=0.0, threshold_db=60.0).tolist() == [0.0]
