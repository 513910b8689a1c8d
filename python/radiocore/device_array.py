"""Arrays in the memory of a device, exchanged with other libraries without a copy.

CuPy, torch, JAX and numba know each other's arrays by two protocols: ``__cuda_array_interface__``
(version 3) and DLPack. :class:`DeviceArray` offers both; :func:`borrow` takes either.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from . import _core
from .errors import InputError

DLPACK_CPU, DLPACK_CUDA = 1, 2
DEFAULT_STREAM = 1
"""Legacy default stream, as both protocols number it; all work here goes to it."""


class DeviceArray:
    """A contiguous array in the memory of a device: what ``coverage_probability`` gives for powers on a GPU.

    Give it to CuPy by ``cupy.asarray(array)``, to torch by ``torch.from_dlpack(array)``; both see the
    same memory, which lives as long as any of them. ``array.numpy()`` copies it to the host.

    Attributes
    ----------
    shape, dtype, ndim, size, nbytes : as those of a NumPy array
    memory : the bytes, for the kernels
    """

    def __init__(self, memory: _core.DeviceMemory, dtype, shape: tuple[int, ...]):
        self.memory = memory
        self.dtype = np.dtype(dtype)
        self.shape = tuple(int(length) for length in shape)
        if self.nbytes > memory.nbytes:
            raise InputError(f"shape: {self.shape} of {self.dtype} is more than {memory.nbytes} bytes")

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("an array of no dimension has no length")
        return self.shape[0]

    def __repr__(self) -> str:
        place = "cuda:0" if self.memory.on_gpu else "cpu"
        return f"DeviceArray(shape={self.shape}, dtype={self.dtype}, device={place!r})"

    def numpy(self) -> np.ndarray:
        """A copy on the host."""
        out = np.empty(self.shape, dtype=self.dtype)
        self.memory.read(out)
        return out

    def reshaped(self, *shape: int) -> DeviceArray:
        """The same memory under another shape of equal size."""
        return DeviceArray(self.memory, self.dtype, shape)

    @property
    def __cuda_array_interface__(self) -> dict:
        if not self.memory.on_gpu:
            raise AttributeError("__cuda_array_interface__: this array is not in the memory of a GPU")
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self.memory.pointer if self.size else 0, False),
            "strides": None,
            "stream": None,  # the work that filled it is done
            "version": 3,
        }

    def __dlpack_device__(self) -> tuple[int, int]:
        return (DLPACK_CUDA if self.memory.on_gpu else DLPACK_CPU, 0)

    def __dlpack__(self, *, stream=None, max_version=None, dl_device=None, copy=None):
        """A DLPack capsule. The work that filled the array is done, so ``stream`` needs no waiting."""
        if dl_device is not None and tuple(dl_device) != self.__dlpack_device__():
            raise BufferError("dl_device: copies to another device are not offered; use numpy()")
        if copy:
            raise BufferError("copy: not offered; use numpy()")
        return _core.to_dlpack(self.memory, self.dtype, self.shape)


@dataclass(frozen=True)
class Borrowed:
    """Another library's device array: where it lies, and what keeps it there."""

    pointer: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in elements
    keeper: object

    def broadcast_to(self, shape: tuple[int, ...], name: str) -> Borrowed:
        """The same memory read as a larger array: axes of length 1 and missing ones repeat."""
        missing = len(shape) - len(self.shape)
        own = (1,) * missing + self.shape
        if missing < 0 or any(length not in (1, wanted) for length, wanted in zip(own, shape, strict=True)):
            raise InputError(f"{name}: shape {self.shape} does not match the links {shape}")
        steps = (0,) * missing + self.strides
        repeated = tuple(0 if length == 1 else step for length, step in zip(own, steps, strict=True))
        return Borrowed(self.pointer, shape, repeated, self.keeper)


def is_device_array(values, device: int = DLPACK_CUDA) -> bool:
    """Is this an array, not of NumPy, that lies in the memory of a kind of device?"""
    if isinstance(values, np.ndarray):
        return False
    if device == DLPACK_CUDA and hasattr(values, "__cuda_array_interface__"):
        return True
    return hasattr(values, "__dlpack_device__") and values.__dlpack_device__()[0] == device


def borrow(values, name: str, *, device: int = DLPACK_CUDA, dtype=np.float64) -> Borrowed:
    """The memory of a device array.

    Raises
    ------
    InputError
        Other numbers than ``dtype``, another device than the first GPU, or a masked array. Nothing is
        converted: that would be a silent copy.
    """
    if not hasattr(values, "__dlpack_device__"):  # DLPack comes first: it also tells the streams apart
        return _by_cuda_array_interface(values.__cuda_array_interface__, values, name, np.dtype(dtype))
    where = tuple(values.__dlpack_device__())
    if where != (device, 0):
        raise InputError(f"{name}: lies on device {where}, wanted {(device, 0)}; move it there first")
    capsule = values.__dlpack__(stream=DEFAULT_STREAM) if device == DLPACK_CUDA else values.__dlpack__()
    keeper, pointer, shape, strides, typestr, _ = _core.from_dlpack(capsule)
    _require_type(typestr, name, np.dtype(dtype))
    return Borrowed(pointer, tuple(shape), tuple(strides), keeper)


def _by_cuda_array_interface(interface: dict, values, name: str, dtype: np.dtype) -> Borrowed:
    _require_type(interface["typestr"], name, dtype)
    if interface.get("mask") is not None:
        raise InputError(f"{name}: masked arrays are not taken; fill the masked values first")
    shape = tuple(int(length) for length in interface["shape"])
    strides_bytes = interface.get("strides")
    if strides_bytes is None:
        strides_bytes = np.cumprod([dtype.itemsize, *shape[:0:-1]])[::-1].tolist() if shape else []
    if len(strides_bytes) != len(shape) or any(step % dtype.itemsize for step in strides_bytes):
        raise InputError(f"{name}: strides {tuple(strides_bytes)} do not step over whole numbers of {dtype}")
    pointer = int(interface["data"][0])
    if pointer % dtype.itemsize:
        raise InputError(f"{name}: its memory is not aligned to {dtype}")
    stream = interface.get("stream")
    if stream not in (None, DEFAULT_STREAM):
        _core.wait_for_stream(int(stream))
    return Borrowed(pointer, shape, tuple(int(step) // dtype.itemsize for step in strides_bytes), values)


def _require_type(typestr: str, name: str, dtype: np.dtype) -> None:
    if np.dtype(typestr) != dtype:
        raise InputError(f"{name}: holds {np.dtype(typestr)}, wanted {dtype}; convert it on its device first")
