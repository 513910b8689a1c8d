"""Hits of the Monte Carlo kernels, which leave out what cannot matter, against the plain sum over all links."""

import numpy as np
import pytest

from radiocore import _core
from radiocore.coverage import as_thresholds, sampled_by_kernels
from radiocore.cuda import open_kernels

INSTRUCTIONS = ("baseline", "avx2", "avx512")  # the widest at hand where one is missing
ACTIVITY_STREAM = 0xFFFFFFFE


# ---- The definition, in NumPy: one IEEE operation at a time ------------------------------------------


def philox(group, stream, station, receiver, seed):
    """(4, groups) words of Philox4x32-10."""
    c = [np.asarray(group, dtype=np.uint64)] + [np.full(len(group), v, np.uint64) for v in (stream, station, receiver)]
    low = np.uint64(0xFFFFFFFF)
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        a, b = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(b >> 32) ^ c[1] ^ np.uint64(k0), b & low, (a >> 32) ^ c[3] ^ np.uint64(k1), a & low]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return np.array(c, dtype=np.uint32)


def uniforms(*counter_and_key):
    """Of the draws in their order: word j of group i is draw 4 i + j."""
    words = philox(*counter_and_key).T.ravel()
    return ((words >> 1).astype(np.float32) + np.float32(0.5)) * np.float32(2**-31)


def logarithm(x):
    bits = x.view(np.uint32)
    biased = (bits + np.uint32(0x3F800000 - 0x3F3504F3)) >> 23
    f = (bits - ((biased - np.uint32(127)) << 23)).view(np.float32) - np.float32(1)
    s = f / (np.float32(2) + f)
    z = s * s
    series = z * np.float32(1 / 9) + np.float32(1 / 7)
    series = series * z + np.float32(1 / 5)
    series = series * z + np.float32(1 / 3)
    k = biased.astype(np.float32) - np.float32(127)
    return k * np.float32(float.fromhex("0x1.62e430p-1")) + (f - s * (f - np.float32(2) * z * series))


def gains(shape, group, station, receiver, seed):
    total = np.zeros(4 * len(group), np.float32)
    for first in range(0, shape, 3):
        product = uniforms(group, first, station, receiver, seed)
        for k in range(first + 1, min(first + 3, shape)):
            product = product * uniforms(group, k, station, receiver, seed)
        total = total + logarithm(product)
    return total * (np.float32(-1) / np.float32(shape))


def plain_hits(mean_mw, shape, load, noise_mw, threshold, seed, draws, first_receiver):
    group = np.arange(-(-draws // 4))
    hits = np.zeros((len(threshold), mean_mw.shape[1]), np.int64)
    for r, server in enumerate(mean_mw.argmax(axis=0)):
        receiver, serving = first_receiver + r, mean_mw[server, r]
        signal = gains(shape[server, r], group, server, receiver, seed)
        interference = np.full(len(signal), np.float32(noise_mw / serving))
        for s in range(len(mean_mw)):
            if s == server or load[s] == 0 or mean_mw[s, r] == 0:
                continue
            gain = gains(shape[s, r], group, s, receiver, seed)
            if load[s] != 1:
                active = uniforms(group, ACTIVITY_STREAM, s, receiver, seed) < np.float32(load[s])
                gain = np.where(active, gain, np.float32(0))
            interference = interference + np.float32(mean_mw[s, r] * (1 / serving)) * gain
        for t, level in enumerate(threshold.astype(np.float32)):
            hits[t, r] = np.count_nonzero((signal > level * interference)[:draws])
    return hits


def hits_of(mean_mw, shape, load, noise_mw, threshold, seed, draws, first_receiver, instructions):
    shape = np.broadcast_to(np.asarray(shape, dtype=np.float64), mean_mw.shape).copy()
    server = _core.associate(mean_mw, 1)
    given = (mean_mw, shape, None, (1.0, 1.0), load, server, noise_mw, threshold, seed, draws, first_receiver)
    return _core.monte_carlo_hits(*given, instructions, 1)


# ---- The tests ---------------------------------------------------------------------------------------

POWERS = {
    "alone": lambda rng: np.ones((1, 6)),
    "equal": lambda rng: np.ones((5, 6)),
    "nearly equal": lambda rng: 1 + 1e-7 * rng.random((5, 6)),
    "two strong, thirty far below": lambda rng: 10 ** np.r_[rng.normal(0, 0.1, (2, 6)), rng.normal(-9, 2, (30, 6))],
    "over four decades": lambda rng: 10 ** rng.normal(0, 1, (17, 6)),
    "some off": lambda rng: np.where(rng.random((9, 6)) < 0.4, 0, 10 ** rng.normal(0, 1, (9, 6))) + [[1e-3]] * 9,
    "beneath single precision": lambda rng: 10 ** np.r_[np.zeros((1, 6)), rng.uniform(-60, -30, (6, 6))],
}


@pytest.mark.parametrize("draws", [1, 3, 64, 250, 4099])
@pytest.mark.parametrize("powers", POWERS)
def test_hits_are_those_of_the_plain_sum(powers, draws):
    rng = np.random.default_rng(draws)
    mean_mw = POWERS[powers](rng)
    shape = rng.choice([1, 1, 1, 2, 3, 4, 16], mean_mw.shape)
    load = rng.choice([1.0, 1.0, 0.7, 1e-3, 0.0], len(mean_mw))
    several = np.array([0.0, 1e-30, 0.25, 0.5, 1.0, 1.0 + 1e-7, 2.0, 8.0, 1e30])
    for noise_mw in (0.0, 0.1):
        expected = plain_hits(mean_mw, shape, load, noise_mw, several, 2**40 + 7, draws, 1000)
        for threshold in (slice(None), slice(4, 5)):
            given = (mean_mw, shape, load, noise_mw, several[threshold], 2**40 + 7, draws, 1000)
            for instructions in INSTRUCTIONS:
                np.testing.assert_array_equal(hits_of(*given, instructions), expected[threshold], instructions)


def test_thresholds_at_ties():
    """Thresholds at the very ratios that were drawn, and at their neighbours: nothing but the definition can tell."""
    draws, seed = 96, 11
    mean_mw, group = np.array([[1.0], [0.5], [0.3], [1e-4]]), np.arange(24)
    gain = [gains(1, group, s, 0, seed) for s in range(4)]
    interference = np.zeros(draws, np.float32)
    for s in (1, 2, 3):
        interference = interference + np.float32(mean_mw[s, 0]) * gain[s]
    ratio = gain[0] / interference
    threshold = np.concatenate([np.nextafter(ratio, np.float32(0)), ratio, np.nextafter(ratio, np.float32(9e9))])
    given = (mean_mw, np.ones((4, 1), int), np.ones(4), 0.0, threshold.astype(np.float64), seed, draws, 0)
    for instructions in INSTRUCTIONS:
        np.testing.assert_array_equal(hits_of(*given, instructions), plain_hits(*given), instructions)


@pytest.mark.parametrize("shapes", [(0.5,), (1.0, 2.5), (1.0, 17.0, 3.0)])
@pytest.mark.parametrize("draws", [2, 4097])
def test_hits_with_real_shapes_are_those_of_the_bodies(shapes, draws):
    """Rejection has no greatest gain; the bodies of the GPU sum every link."""
    rng = np.random.default_rng(7)
    mean_mw, shape = 10 ** rng.normal(0, 0.7, (5, 9)), rng.choice(shapes, (5, 9))
    threshold, scalar = as_thresholds([-10.0, 0.0, 3.0])
    plain, _ = sampled_by_kernels(open_kernels("host", threads=1), mean_mw, shape, 0.01, threshold, scalar, 5, draws)
    links = (np.ascontiguousarray(mean_mw.T), shape.T, np.ones(9), 0.01, threshold, 5, draws, 0)
    for instructions in INSTRUCTIONS:
        np.testing.assert_array_equal(hits_of(*links, instructions) / draws, plain)
