"""torch made to compute the same bytes again: seeds, threads, kernels of a GPU."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from ..errors import DeviceUnavailableError, InputError, require

if TYPE_CHECKING:
    import torch


@contextmanager
def seeded(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Inside, the seed decides new networks' weights and other draws; torch's random state is as before afterwards.

    The device: a GPU whose state it is too, where draws are made there.
    """
    torch = require("torch", "ml")
    with torch.random.fork_rng(devices=[device] if device is not None and device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


@contextmanager
def reproducible(network: torch.nn.Module, threads: int | None = 1) -> Iterator[None]:
    """Inside, torch computes the same bytes again: with these threads, and with deterministic kernels of a GPU."""
    import torch

    before = torch.get_num_threads()
    if threads is not None:
        torch.set_num_threads(threads)
    try:
        if device_of(network).type == "cpu":
            yield
        else:
            # cuBLAS reads it once, at its first use.
            os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
            strict = torch.are_deterministic_algorithms_enabled()
            torch.use_deterministic_algorithms(True)
            try:
                with torch.backends.cudnn.flags(deterministic=True, benchmark=False):
                    yield
            finally:
                torch.use_deterministic_algorithms(strict)
    finally:
        torch.set_num_threads(before)


def torch_device(name: str) -> torch.device:
    """torch's device of this name, "cpu" or "cuda".

    Raises
    ------
    InputError
        The name is another.
    DeviceUnavailableError
        There is no such device; there is no silent fall-back.
    """
    torch = require("torch", "ml")
    if name not in ("cpu", "cuda"):
        raise InputError(f"device: {name!r}; give 'cpu' or 'cuda'")
    if name == "cuda" and not torch.cuda.is_available():
        raise DeviceUnavailableError("device: torch finds no CUDA device; give 'cpu', or install torch for CUDA")
    return torch.device(name)


def device_of(network: torch.nn.Module) -> torch.device:
    """Where its weights lie."""
    return next(network.parameters()).device


def generator_of(device: torch.device, *key: int) -> torch.Generator:
    """Random numbers that the key decides."""
    import torch

    return torch.Generator(device).manual_seed(seed_of(*key))


def seed_of(*key: int) -> int:
    """A seed for torch, spread from small numbers."""
    return int(np.random.SeedSequence(key).generate_state(1, np.uint64)[0])
