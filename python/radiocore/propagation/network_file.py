"""A small fully connected network in a JSON file of weights, and its answer by NumPy alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, InputError

ROWS_AT_A_TIME = 8192
TILE = 128
MOST_BYTES = 2**26


@dataclass(frozen=True, eq=False)
class Network:
    """Inputs standardised, then layers with a ReLU after each but the last.

    Attributes
    ----------
    mean, spread : (K,) of the inputs
    layers : weights (in, out) and bias (out,) of each
    sha256 : of the file
    """

    mean: np.ndarray
    spread: np.ndarray
    layers: tuple[tuple[np.ndarray, np.ndarray], ...]
    sha256: str

    def output(self, inputs: list[np.ndarray]) -> np.ndarray:
        """(...) first output for K arrays of inputs, which are broadcast; a row's answer depends on the row alone."""
        columns = np.broadcast_arrays(*inputs)
        rows = np.stack([column.ravel() for column in columns], axis=1)
        found = np.empty(len(rows))
        for start in range(0, len(rows), ROWS_AT_A_TIME):
            part = slice(start, start + ROWS_AT_A_TIME)
            found[part] = self._output((rows[part] - self.mean) / self.spread)
        return found.reshape(columns[0].shape)

    def _output(self, rows: np.ndarray) -> np.ndarray:
        # In tiles of one size: a matrix product may add up in another order for another number of rows.
        values = np.zeros((-(-len(rows) // TILE), TILE, rows.shape[1]))
        values.reshape(-1, rows.shape[1])[: len(rows)] = rows
        for weight, bias in self.layers[:-1]:
            values = np.maximum(values @ weight + bias, 0.0)
        weight, bias = self.layers[-1]
        return (values @ weight[:, :1] + bias[0]).ravel()[: len(rows)]


def read_network(path: str | Path, inputs: tuple[str, ...], outputs: int) -> Network:
    """The network of a weights file.

    The file is one JSON object: ``inputs`` (K names), ``standardise`` (``mean`` and ``std``, K numbers each) and
    ``layers``, a list of ``W`` (rows of in x out numbers) and ``b`` (out numbers).

    Parameters
    ----------
    path : the file
    inputs : names that it must have, in this order
    outputs : how many it must give

    Raises
    ------
    InputError
        The path is none.
    FileFormatError
        The file cannot be read, is of another form or network, or a shape does not fit: names the file and the key.
    """
    try:
        path = Path(path)
    except TypeError:
        raise InputError(f"weights: {path!r} is not the path of a file") from None
    try:
        size = path.stat().st_size
        if not path.is_file() or size > MOST_BYTES:
            raise FileFormatError(f"{path}: is not a file of weights: not a regular file, or too large for one")
        text = path.read_bytes()
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(f"{path}: is not a JSON file of weights: {error}") from None
    if not isinstance(document, dict):
        raise FileFormatError(f"{path}: is not a JSON object with inputs, standardise and layers")
    if document.get("inputs") != list(inputs):
        raise FileFormatError(
            f"{path}: inputs: {document.get('inputs')!r} are not {list(inputs)}, name that network's file"
        )
    standardise, layers = document.get("standardise"), document.get("layers")
    if not isinstance(standardise, dict) or not isinstance(layers, list) or not layers:
        raise FileFormatError(f"{path}: standardise must be an object and layers a list")
    mean, spread = (
        _numbers(path, f"standardise.{key}", standardise.get(key), (len(inputs),)) for key in ("mean", "std")
    )
    if not (spread > 0).all():
        raise FileFormatError(f"{path}: standardise.std: must be positive")
    read, width = [], len(inputs)
    for number, layer in enumerate(layers):
        if not isinstance(layer, dict):
            raise FileFormatError(f"{path}: layers[{number}]: must be an object with W and b")
        bias = _numbers(path, f"layers[{number}].b", layer.get("b"), (None,))
        read.append((_numbers(path, f"layers[{number}].W", layer.get("W"), (width, len(bias))), bias))
        width = len(bias)
    if width != outputs:
        raise FileFormatError(f"{path}: layers: the last gives {width} numbers, wanted {outputs}")
    return Network(mean, spread, tuple(read), hashlib.sha256(text).hexdigest())


def _numbers(path: Path, key: str, value, shape: tuple[int | None, ...]) -> np.ndarray:
    wanted = " x ".join("any number" if size is None else str(size) for size in shape)
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise FileFormatError(f"{path}: {key}: is not {wanted} numbers") from None
    fits = array.ndim == len(shape) and all(
        size in (None, found) for size, found in zip(shape, array.shape, strict=True)
    )
    if not fits or array.size == 0:
        raise FileFormatError(f"{path}: {key}: has shape {array.shape}, wanted {wanted} numbers")
    if not np.isfinite(array).all():
        raise FileFormatError(f"{path}: {key}: has a number that is not finite")
    return array
