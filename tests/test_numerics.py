"""The core's own logarithm, exponential, arc tangent and random words, on which equal bytes rest."""

import mpmath
import numpy as np
import pytest

from radiocore import _core

EPSILON = np.finfo(np.float64).eps
TINY, LARGEST = np.finfo(np.float64).tiny, np.finfo(np.float64).max
RNG = np.random.default_rng(20)
COUNT = 2000


def around(*values, steps=3):
    """The values and their nearest neighbours among the floats."""
    out = []
    for value in values:
        below = above = value
        out.append(value)
        for _ in range(steps):
            below, above = np.nextafter(below, -np.inf), np.nextafter(above, np.inf)
            out += [below, above]
    return np.array(out)


def error_ulp(computed, function, *arguments):
    """Largest |computed - true| in units in the last place of the true value, with 50 digits."""
    worst = 0.0
    with mpmath.workdps(50):
        for value, *at in zip(computed.tolist(), *(a.tolist() for a in arguments), strict=True):
            true = function(*map(mpmath.mpf, at))
            worst = max(worst, float(abs(mpmath.mpf(value) - true) / mpmath.mpf(float(np.spacing(abs(float(true)))))))
    return worst


def log_uniform(low, high, count=COUNT):
    """Floats whose logarithms are uniform between two decimal exponents."""
    return 10.0 ** RNG.uniform(low, high, count)


LOG_ARGUMENTS = {
    "any size": log_uniform(-307.5, 308),
    "near 1": 1.0 + RNG.uniform(-1, 1, COUNT) * log_uniform(-15, -0.5),
    "either side of 1": np.setdiff1d(around(1.0, steps=8), [1.0]),
    "ends of the reduction": around(0.5**0.5, 2**0.5, 2.0, 0.5, 2.0**0.5 / 2**500),
    "smallest normals": np.concatenate([[TINY], np.nextafter(TINY, 1) * np.arange(1, 9)]),
    "largest": np.array([LARGEST, np.nextafter(LARGEST, 0)]),
}


@pytest.mark.parametrize("x", LOG_ARGUMENTS.values(), ids=LOG_ARGUMENTS)
def test_log_is_within_2_ulp(x):
    assert error_ulp(_core.log(x), mpmath.log, x) < 2


def test_log_of_a_power_of_two_is_the_nearest_float():
    k = np.arange(-1022, 1024)
    assert _core.log(1.0) == 0.0
    assert error_ulp(_core.log(np.ldexp(1.0, k))[k != 0], mpmath.log, np.ldexp(1.0, k)[k != 0]) < 1


LOG1P_ARGUMENTS = {
    "any size": log_uniform(-307.5, 308),
    "small": log_uniform(-17, 0),
    "about a rounding of 1": around(EPSILON / 2, EPSILON, 2 * EPSILON),
    "smallest normals": np.array([TINY, 3 * TINY]),
    "largest": np.array([LARGEST]),
}


@pytest.mark.parametrize("x", LOG1P_ARGUMENTS.values(), ids=LOG1P_ARGUMENTS)
def test_log1p_is_within_2_ulp(x):
    assert error_ulp(_core.log1p(x), mpmath.log1p, x) < 2


EXP_ARGUMENTS = {
    "whole range": RNG.uniform(-708, 709, COUNT),
    "near 0": RNG.choice([-1.0, 1.0], COUNT) * log_uniform(-300, 0),
    "ends of the reduction": around(*(np.log(2) * (np.arange(-4, 4) + 0.5))),
    "ends": np.array([-708.0, np.nextafter(-708.0, 0), 709.0, np.nextafter(709.0, 0)]),
}


@pytest.mark.parametrize("x", EXP_ARGUMENTS.values(), ids=EXP_ARGUMENTS)
def test_exp_is_within_2_ulp(x):
    assert error_ulp(_core.exp(x), mpmath.exp, x) < 2


def test_exp_beyond_its_ends():
    assert _core.exp(0.0) == 1.0
    np.testing.assert_array_equal(_core.exp(np.array([np.nextafter(-708.0, -np.inf), -1e300, -np.inf])), 0.0)
    np.testing.assert_array_equal(_core.exp(np.array([709.5, 1e300, np.inf])), _core.exp(709.0))


ATAN2_ARGUMENTS = {
    "any two": RNG.uniform(0, 1, (2, COUNT)),
    "any ratio": np.stack([log_uniform(-150, 150), log_uniform(-150, 150)]),
    "about the diagonal": np.stack([around(1.0, steps=8), np.ones(17)]),
    "ends": np.array([[0.0, 1.0, 1.0, 1e-300, 1e300], [1.0, 0.0, 1.0, 1e-300, 1e300]]),
}


@pytest.mark.parametrize("yx", ATAN2_ARGUMENTS.values(), ids=ATAN2_ARGUMENTS)
def test_atan2_is_within_4_ulp(yx):
    assert error_ulp(_core.atan2(*yx), mpmath.atan2, *yx) < 4


def test_log_float_is_within_2e_7():
    """Relative to the logarithm, absolute where that is below 1."""
    x = np.concatenate(
        [
            10.0 ** RNG.uniform(-37, 38, 20_000),
            RNG.uniform(0, 1, 20_000),
            1 + RNG.uniform(-0.5, 0.5, 20_000),
            [np.finfo(np.float32).tiny, np.finfo(np.float32).max, 0.5**0.5, 1.0, 1 - 2.0**-24, 1 + 2.0**-23, 2.0**-33],
        ]
    ).astype(np.float32)
    x = x[x >= np.finfo(np.float32).tiny]
    # The judge is the double above, itself held to 2 ulp.
    true = _core.log(x.astype(np.float64))
    computed = _core.log_float(x)
    assert computed.dtype == np.float32
    assert (np.abs(computed - true) / np.maximum(np.abs(true), 1.0)).max() < 2e-7
    assert _core.log_float(np.float32(1)) == 0


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
        ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
        ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
    ],
)
def test_philox_gives_the_known_answers(counter, key, words):
    """Random123's published vectors of philox4x32-10 (kat_vectors)."""
    counter, key, words = ([int(word, 16) for word in text.split()] for text in (counter, key, words))
    assert list(_core.philox4x32(counter, key)) == words


STATIONS, RECEIVERS = 9, 40
LOADS = {"full": np.ones(STATIONS), "mixed": np.linspace(0, 1, STATIONS)}


def hits(shape, load, instructions, *, noise_mw=1e-3, draws=999, threads=2):
    """Hits of a small random network at four thresholds; 999 draws leave an odd end to every vector width."""
    rng = np.random.default_rng(5)
    mean = 10.0 ** rng.uniform(-4, 0, (STATIONS, RECEIVERS))
    los = rng.integers(0, 2, mean.shape).astype(np.uint8)
    return _core.monte_carlo_hits(
        mean,
        None,
        los,
        shape,
        load,
        np.argmax(mean, axis=0).astype(np.int32),
        noise_mw,
        10.0 ** np.array([-1.0, 0.0, 0.5, 1.0]),
        7,
        draws,
        100,
        instructions,
        threads,
    )


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
@pytest.mark.parametrize("m", [1.0, 2.0, 3.0, 4.0, 5.0, 0.5, 2.7])
def test_every_instruction_set_draws_the_same(m, load):
    """An instruction set that this machine lacks falls back to the baseline, and then shows nothing."""
    baseline = hits((m, m), load, "baseline")
    assert 0 < baseline.sum() < baseline.size * 999
    for instructions in ("avx2", "avx512", "automatic"):
        np.testing.assert_array_equal(hits((m, m), load, instructions), baseline)


@pytest.mark.parametrize("shape", [(1.0, 3.0), (2.7, 4.0)])
def test_every_instruction_set_mixes_shapes_the_same(shape):
    baseline = hits(shape, LOADS["mixed"], "baseline", threads=1)
    for instructions in ("avx2", "avx512", "automatic"):
        np.testing.assert_array_equal(hits(shape, LOADS["mixed"], instructions), baseline)


@pytest.mark.parametrize("off_by", [-1, 0, 1])
def test_quotient_of_the_logarithm_is_the_rounded_one(off_by):
    """All 2^23 arguments, from a reciprocal that is off by so many units in the last place."""
    root_half = np.float32(0.5**0.5).view(np.uint32)
    for first in range(0, 2**23, 2**21):
        m = (root_half + np.arange(first, first + 2**21, dtype=np.uint32)).view(np.float32)
        f = m - np.float32(1)
        d = np.float32(2) + f
        reciprocal = ((np.float32(1) / d).view(np.int32) + off_by).view(np.float32)
        np.testing.assert_array_equal(_core.quotient_from(reciprocal, f, d), f / d)
