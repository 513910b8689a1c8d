"""Which device a computation runs on, decided before it starts."""

from __future__ import annotations

from . import _core
from .errors import DeviceUnavailableError, InputError, nearest_name
from .units import is_whole

DEVICES = ("auto", "cpu", "cuda")


def cuda_available() -> bool:
    """Is there a CUDA device that this build can talk to?"""
    return bool(_core.device_report()["available"])


def resolve_device(device: str) -> str:
    """The device to run on, "cpu" or "cuda". "auto" is the CPU: the GPU is asked for by name.

    Raises
    ------
    InputError
        The name is unknown.
    DeviceUnavailableError
        "cuda" was asked for and is not there; there is no silent fall-back.
    """
    if device not in DEVICES:
        raise InputError(f"device: {device!r} is not one of {DEVICES}{nearest_name(device, DEVICES)}")
    if device == "cuda":
        report = _core.device_report()
        if not report["available"]:
            raise DeviceUnavailableError(
                f'device: "cuda" cannot be used: {report["reason"]}; use device="cpu" or "auto"'
            )
        return "cuda"
    return "cpu"


def resolve_threads(threads: int | None) -> int:
    """Number of threads for the core: None means every processor the process may use."""
    if threads is None:
        return _core.available_threads()
    if not (is_whole(threads) and threads >= 1):
        raise InputError(f"threads: {threads!r} must be a whole number of at least 1")
    return int(threads)
