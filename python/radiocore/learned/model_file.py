"""Files of trained models: one safetensors file, with what is known of the model as JSON in its header. No pickle."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..errors import FileFormatError, require
from ..io.atomic import atomic_path

ENTRY = "radiocore"
"""Of the header: all that is known of a model."""


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds.

    Attributes
    ----------
    config : plain values
    tensors : arrays by name
    sha256 : of both
    """

    config: dict
    tensors: dict[str, np.ndarray]
    sha256: str


def write_model(path: str | Path, kind: str, version: int, config: dict, tensors: dict[str, np.ndarray]) -> None:
    """Write a model of a kind ("radiocore learned manifold", ...) in a version of its layout."""
    text = json.dumps(config, sort_keys=True)
    about = {"kind": kind, "version": version, "config": text, "sha256": digest(text, tensors)}
    # One entry: safetensors writes several in no fixed order, and equal models are equal files.
    header = {ENTRY: json.dumps(about, sort_keys=True)}
    data = require("safetensors.numpy").save({name: np.ascontiguousarray(tensors[name]) for name in tensors}, header)
    with atomic_path(path) as temporary:
        temporary.write_bytes(data)


def read_model(path: str | Path, kind: str, version: int, remedy: str) -> ModelFile:
    """Read a model of this kind and version.

    Raises
    ------
    FileFormatError
        The file is missing, no model, one of another kind or version, truncated, or changed since it was written. The
        message names it and the remedy.
    """
    safetensors = require("safetensors")
    try:
        with safetensors.safe_open(str(path), framework="numpy") as opened:
            about = json.loads((opened.metadata() or {}).get(ENTRY, "{}"))
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise FileFormatError(f"{path}: no readable model file ({error}); {remedy}") from None
    if about.get("kind") != kind:
        raise FileFormatError(f"{path}: holds {about.get('kind', 'something else')!r}, wanted a {kind!r}; {remedy}")
    if about.get("version") != version:
        raise FileFormatError(f"{path}: version {about.get('version')!r}, this program reads {version}; {remedy}")
    text = about.get("config", "")
    sha256 = digest(text, tensors)
    if about.get("sha256") != sha256:
        raise FileFormatError(f"{path}: was changed since it was written (its checksum does not hold); {remedy}")
    return ModelFile(json.loads(text), tensors, sha256)


def digest(text: str, tensors: dict[str, np.ndarray]) -> str:
    """SHA-256 of a model's config and arrays, in the order of their names."""
    out = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        out.update(f"{name} {array.dtype.str} {array.shape}".encode())
        out.update(array.tobytes())
    return out.hexdigest()
