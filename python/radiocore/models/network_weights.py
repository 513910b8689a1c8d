"""The weights of a network as arrays, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError

if TYPE_CHECKING:
    import torch


def weights_of(network: torch.nn.Module) -> dict[str, np.ndarray]:
    """Arrays by name."""
    return {name: np.ascontiguousarray(value.numpy()) for name, value in network.state_dict().items()}


def load_weights(network: torch.nn.Module, arrays: Mapping[str, np.ndarray], model: str) -> None:
    """Put arrays into a network, and leave it in ``eval`` mode.

    Raises
    ------
    InputError
        Names, shapes or types are not those of the network.
    """
    import torch

    wanted = {name: (array.shape, str(array.dtype)) for name, array in weights_of(network).items()}
    given = {name: (array.shape, str(array.dtype)) for name, array in arrays.items()}
    if given != wanted:
        raise InputError(f"{model}: the weights are {given}, wanted {wanted}; give the files of one model")
    network.load_state_dict({name: torch.from_numpy(np.array(array)) for name, array in arrays.items()})
    network.eval()
