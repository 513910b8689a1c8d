"""Arrays on a device: handed over and taken without a copy, or refused with the reason."""

import gc

import numpy as np
import pytest

from radiocore import DeviceUnavailableError, InputError, _core, coverage_probability, cuda_available
from radiocore.coverage import simulated_coverage_probability
from radiocore.cuda import open_kernels
from radiocore.device_array import DLPACK_CPU, Borrowed, DeviceArray, borrow, is_device_array


def host_array(values) -> DeviceArray:
    return DeviceArray(open_kernels("host").upload(values), values.dtype, values.shape)


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.int32, np.uint8])
@pytest.mark.parametrize("shape", [(6,), (2, 3), (0, 3), (2, 3, 4)])
def test_numpy_reads_the_memory_itself(dtype, shape):
    values = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    array = host_array(values)
    seen = np.from_dlpack(array)
    assert seen.dtype == array.dtype == dtype and seen.shape == array.shape == shape
    np.testing.assert_array_equal(seen, values)
    np.testing.assert_array_equal(array.numpy(), values)
    if values.size:
        assert seen.ctypes.data == array.memory.pointer
    del array
    gc.collect()
    np.testing.assert_array_equal(seen, values)  # the memory outlives the array that gave it


def test_an_unread_capsule_gives_its_memory_back():
    array = host_array(np.ones(5))
    capsule = array.__dlpack__()
    del capsule
    gc.collect()
    np.testing.assert_array_equal(array.numpy(), np.ones(5))


def test_dlpack_refuses_what_it_does_not_offer():
    array = host_array(np.ones(5))
    with pytest.raises(BufferError, match="numpy"):
        array.__dlpack__(copy=True)
    with pytest.raises(BufferError, match="numpy"):
        array.__dlpack__(dl_device=(2, 0))
    assert array.__dlpack_device__() == (DLPACK_CPU, 0)
    assert not hasattr(array, "__cuda_array_interface__") and not is_device_array(array)
    with pytest.raises(InputError, match="more than"):
        array.reshaped(2, 3)
    with pytest.raises(InputError, match="fresh"):
        _core.from_dlpack(object())


def test_borrowed_by_dlpack():
    values = np.arange(12.0).reshape(3, 4)
    lent = borrow(values[:, ::2], "mean", device=DLPACK_CPU)
    assert (lent.shape, lent.strides, lent.pointer) == ((3, 2), (4, 2), values.ctypes.data)
    with pytest.raises(InputError, match="mean: holds float32, wanted float64"):
        borrow(values.astype(np.float32), "mean", device=DLPACK_CPU)
    with pytest.raises(InputError, match=r"mean: lies on device \(1, 0\), wanted \(2, 0\)"):
        borrow(values, "mean")


class Lent:
    """What another library's array on a GPU shows; its memory is the host's, which no test looks at."""

    def __init__(self, **changes):
        self.values = np.arange(12.0).reshape(3, 4)
        self.__cuda_array_interface__ = {
            "shape": (3, 4),
            "typestr": "<f8",
            "data": (self.values.ctypes.data, False),
            "strides": None,
            "version": 3,
        } | changes


def test_borrowed_by_the_cuda_array_interface():
    assert is_device_array(Lent()) and not is_device_array(np.ones(3)) and not is_device_array([1.0])
    array = Lent()
    assert borrow(array, "mean") == Borrowed(array.values.ctypes.data, (3, 4), (4, 1), array)
    assert borrow(Lent(strides=(8, 24)), "mean").strides == (1, 3)
    assert borrow(Lent(shape=(), strides=None), "mean").strides == ()
    assert borrow(Lent(stream=1), "mean").shape == (3, 4)
    assert borrow(Lent(shape=(5,)), "mean").strides == (1,)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"typestr": "<f4"}, "mean: holds float32, wanted float64"),
        ({"typestr": ">f8"}, "mean: holds >f8, wanted float64"),
        ({"strides": (32, 4)}, "mean: strides"),
        ({"strides": (8,)}, "mean: strides"),
        ({"data": (1001, False)}, "mean: its memory is not aligned"),
        ({"mask": object()}, "mean: masked"),
    ],
)
def test_unusable_device_arrays_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        borrow(Lent(**changes), "mean")


@pytest.mark.parametrize(
    ("shape", "fits"), [((4,), True), ((3, 1), True), ((1,), True), ((3,), False), ((1, 3, 4), False)]
)
def test_borrowed_arrays_broadcast_as_numpy_does(shape, fits):
    lent = borrow(np.ones(shape), "fading_m", device=DLPACK_CPU)
    if fits:
        wide = lent.broadcast_to((3, 4), "fading_m")
        expected = np.broadcast_to(np.ones(shape), (3, 4))
        assert wide.strides == tuple(step // 8 for step in expected.strides)
    else:
        with pytest.raises(InputError, match="fading_m: shape"):
            lent.broadcast_to((3, 4), "fading_m")


@pytest.mark.skipif(cuda_available(), reason="there is a GPU")
def test_without_a_gpu_cuda_is_refused():
    with pytest.raises(DeviceUnavailableError):
        open_kernels()
    for ask in (coverage_probability, simulated_coverage_probability):
        with pytest.raises(DeviceUnavailableError, match='device: "cuda" cannot be used'):
            ask([[1.0]], 1.0, noise_mw=0.0, threshold_db=0.0, device="cuda")
        with pytest.raises(DeviceUnavailableError):  # an array that claims to lie on a GPU
            ask(Lent(), 1.0, noise_mw=0.0, threshold_db=0.0)


def test_devices_that_contradict_are_refused():
    with pytest.raises(InputError, match='mean_power_mw: lies on a GPU, and device is "cpu"'):
        coverage_probability(Lent(), 1.0, noise_mw=0.0, threshold_db=0.0, device="cpu")
    with pytest.raises(InputError, match="device: 'tpu'"):
        coverage_probability([[1.0]], 1.0, noise_mw=0.0, threshold_db=0.0, device="tpu")
