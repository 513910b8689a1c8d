"""Given powers and shapes on a GPU, or with its bodies run by this processor: the answers of the CPU.

Every test of the answers runs twice: on "host", where the bodies run as plain loops, and on "cuda", which
skips where there is no GPU.
"""

import numpy as np
import pytest

from radiocore import InputError, coverage_probability
from radiocore.coverage import (
    as_thresholds,
    coverage_by_kernels,
    sampled_by_kernels,
    share_and_error,
    simulated_coverage_probability,
)
from radiocore.device_array import DeviceArray


def given_links(shapes, receivers=90, stations=11):
    """Means over ten decades, one station off, one receiver served by nobody, some links equal."""
    rng = np.random.default_rng(8)
    mean_mw = 10 ** rng.uniform(-12, -2, (receivers, stations))
    mean_mw[:, 3] = 0.0
    mean_mw[5] = 0.0
    mean_mw[6] = mean_mw[6, 0]
    fading_m = rng.choice(shapes, mean_mw.shape)
    fading_m[np.arange(receivers), mean_mw.argmax(axis=1)] = shapes[0]
    return mean_mw, fading_m


SHAPES = {"1 and 2": (1.0, 2.0), "whole": (2.0, 1.0, 4.0), "larger servers": (3.0, 1.0), "any": (5.0, 0.5, 7.25)}


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("budget_bytes", [1, 3000, 2**20])
def test_given_links_are_streamed_in_tiles(kernels, shapes, budget_bytes):
    links = given_links(SHAPES[shapes])
    on = kernels(budget_bytes=budget_bytes)
    found = coverage_by_kernels(on, *links, 1e-6, *as_thresholds([-3.0, 3.0]))
    np.testing.assert_array_equal(found, coverage_probability(*links, noise_mw=1e-6, threshold_db=[-3.0, 3.0]))
    found = sampled_by_kernels(on, *links, 1e-6, *as_thresholds(1.0), 7, 130)
    expected = simulated_coverage_probability(*links, noise_mw=1e-6, threshold_db=1.0, draws=130, seed=7)
    for part, wanted in zip(found, expected, strict=True):
        np.testing.assert_array_equal(part, wanted)


@pytest.mark.parametrize("shapes", SHAPES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_given_links_on_the_device_stay_there(kernels, shapes, order):
    mean_mw, fading_m = given_links(SHAPES[shapes])
    on = kernels()
    columns = [on_device(on, values, order) for values in (mean_mw, fading_m)]
    found = coverage_by_kernels(on, *columns, 1e-6, *as_thresholds([-3.0, 3.0]))
    assert isinstance(found, DeviceArray)
    expected = coverage_probability(mean_mw, fading_m, noise_mw=1e-6, threshold_db=[-3.0, 3.0])
    np.testing.assert_array_equal(found.numpy(), expected)
    share, error = sampled_by_kernels(on, *columns, 1e-6, *as_thresholds(1.0), 7, 130)
    expected = simulated_coverage_probability(mean_mw, fading_m, noise_mw=1e-6, threshold_db=1.0, draws=130, seed=7)
    np.testing.assert_array_equal(share.numpy(), expected[0])
    np.testing.assert_array_equal(error.numpy(), expected[1])


def on_device(kernels, values, order="C"):
    """(R, S) values in the memory of a device, row by row or (as another library's view) column by column."""
    if order == "C":
        return DeviceArray(kernels.upload(values), np.float64, values.shape)
    if kernels.on_gpu:
        return pytest.importorskip("cupy").asarray(values, order="F")
    return ForeignView(np.asfortranarray(values))


class ForeignView:
    """An array that is known by DLPack only."""

    def __init__(self, values):
        self.values = values

    def __dlpack__(self, **options):
        return self.values.__dlpack__()

    def __dlpack_device__(self):
        return self.values.__dlpack_device__()


@pytest.mark.parametrize("fading_m", [2.0, 1, "column", "row"])
def test_shapes_on_the_device_are_broadcast(kernels, fading_m):
    mean_mw, _ = given_links((1.0,))
    on = kernels()
    shapes = {"column": np.full((len(mean_mw), 1), 2.0), "row": np.full(mean_mw.shape[1], 2.0)}.get(fading_m, fading_m)
    given_shapes = shapes if np.ndim(shapes) == 0 else on_device(on, shapes)
    found = coverage_by_kernels(on, on_device(on, mean_mw), given_shapes, 0.0, *as_thresholds(0.0))
    np.testing.assert_array_equal(found.numpy(), coverage_probability(mean_mw, shapes, noise_mw=0.0, threshold_db=0.0))


@pytest.mark.parametrize("on_the_device", [False, True])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda mean, shape: mean.__setitem__((4, 2), -1.0), "mean_power_mw: receiver 4, station 2 is"),
        (lambda mean, shape: mean.__setitem__((4, 2), np.nan), "mean_power_mw: receiver 4, station 2 is"),
        (lambda mean, shape: mean.__setitem__((4, 2), np.inf), "mean_power_mw: receiver 4, station 2 is"),
        (lambda mean, shape: shape.__setitem__((4, 2), 0.0), "fading_m: a shape is not a positive finite number"),
        (lambda mean, shape: shape.__setitem__((4, 2), np.nan), "fading_m: a shape is not a positive finite number"),
        (lambda mean, shape: shape.__setitem__(7, 1.5), "serving link of receiver 7"),
        (lambda mean, shape: shape.__setitem__(7, 65.0), "serving link of receiver 7"),
    ],
)
def test_what_the_cpu_refuses_a_device_refuses(kernels, change, message, on_the_device):
    mean_mw, fading_m = given_links((1.0,))
    change(mean_mw, fading_m)
    with pytest.raises(InputError, match=message):
        coverage_probability(mean_mw, fading_m, noise_mw=0.0, threshold_db=0.0)
    on = kernels()
    links = [on_device(on, values) for values in (mean_mw, fading_m)] if on_the_device else (mean_mw, fading_m)
    with pytest.raises(InputError, match=message):
        coverage_by_kernels(on, *links, 0.0, *as_thresholds(0.0))


def test_links_of_nobody(kernels):
    """No receivers, or no stations: answers of no length, or of nothing served."""
    on = kernels()
    none = coverage_by_kernels(on, np.ones((0, 3)), 1.0, 0.0, *as_thresholds(0.0))
    assert none.shape == (0,)
    unserved = coverage_by_kernels(on, np.ones((4, 0)), 1.0, 0.0, *as_thresholds(0.0))
    np.testing.assert_array_equal(unserved, np.zeros(4))


def test_many_stations_overflow_shared_memory(kernels):
    rng = np.random.default_rng(3)
    mean_mw = 10 ** rng.uniform(-9, -3, (3, 4000))
    found, _ = sampled_by_kernels(kernels(), mean_mw, 1.0, 0.0, *as_thresholds(-20.0), 1, 8)
    expected, _ = simulated_coverage_probability(mean_mw, 1.0, noise_mw=0.0, threshold_db=-20.0, draws=8, seed=1)
    np.testing.assert_array_equal(found, expected)


def test_share_and_error_on_the_device(kernels):
    on = kernels()
    hits = np.arange(101, dtype=np.int64)
    found = on.share_and_error(on.upload(hits), 100)
    for memory, expected in zip(found, share_and_error(hits, 100), strict=True):
        np.testing.assert_array_equal(DeviceArray(memory, np.float64, (101,)).numpy(), expected)


# ---- the GPU itself ---------------------------------------------------------------------------


def test_numpy_in_numpy_out_on_the_gpu(gpu):
    links = given_links((1.0, 2.0))
    settings_ = {"noise_mw": 1e-6, "threshold_db": [-3.0, 3.0]}
    found = coverage_probability(*links, **settings_, device="cuda")
    np.testing.assert_array_equal(found, coverage_probability(*links, **settings_))
    found = simulated_coverage_probability(*links, **settings_, device="cuda")
    np.testing.assert_array_equal(found, simulated_coverage_probability(*links, **settings_))


@pytest.mark.parametrize("library", ["cupy", "torch"])
def test_arrays_of_other_libraries_stay_on_the_gpu(gpu, library):
    module = pytest.importorskip(library)
    links = given_links((1.0, 2.0))
    if library == "cupy":
        lent, taken = [module.asarray(values) for values in links], module.asarray
    else:
        lent, taken = [module.from_numpy(values).cuda() for values in links], module.from_dlpack
    found = coverage_probability(*lent, noise_mw=1e-6, threshold_db=0.0)
    expected = coverage_probability(*links, noise_mw=1e-6, threshold_db=0.0)
    back = taken(found)
    pointer = back.data.ptr if library == "cupy" else back.data_ptr()
    assert pointer == found.__cuda_array_interface__["data"][0]
    np.testing.assert_array_equal(back.get() if library == "cupy" else back.cpu().numpy(), expected)
    share, error = simulated_coverage_probability(*lent, noise_mw=1e-6, threshold_db=0.0, draws=99)
    expected = simulated_coverage_probability(*links, noise_mw=1e-6, threshold_db=0.0, draws=99)
    np.testing.assert_array_equal(share.numpy(), expected[0])
    np.testing.assert_array_equal(error.numpy(), expected[1])
