"""Trained models in files: one safetensors file, with what is known of the model as JSON in its header. No pickle."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from ..errors import FileFormatError, InputError, require
from ..io.atomic import atomic_path

ENTRY = "radiocore"
"""Of the header: all that is known of a model."""


class TrainedModel(ABC):
    """A trained model that has files of its own. A subclass is a frozen dataclass."""

    file_kind: ClassVar[str]
    file_version: ClassVar[int]
    default_file: ClassVar[str]
    """In this folder: what :meth:`train` makes with its defaults."""
    remedy: ClassVar[str]
    name: str
    """File it came from, "default", or "trained"."""

    @classmethod
    @abstractmethod
    def train(cls, scenes=None, **settings) -> Self:
        """A model trained on the buildings of scenes, by default on made-up towns."""

    @property
    @abstractmethod
    def config(self) -> dict:
        """What the model is, but for its arrays: plain values."""

    @property
    @abstractmethod
    def arrays(self) -> dict[str, np.ndarray]:
        """Its numbers by name."""

    @classmethod
    @abstractmethod
    def _of_file(cls, found: ModelFile, name: str) -> Self:
        """The model that a file describes."""

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model file.

        Raises
        ------
        FileFormatError
            The file is no model, of another kind or version, truncated or changed since it was written.
        """
        return cls._read(path, str(path))

    @classmethod
    @cache
    def default(cls) -> Self:
        """The model in the package."""
        return cls._read(Path(__file__).with_name(cls.default_file), "default")

    @classmethod
    def of(cls, model) -> Self:
        """A model given as such, by its file, or by None: the default one.

        Raises
        ------
        FileFormatError, InputError
        """
        if model is None:
            return cls.default()
        if isinstance(model, cls):
            return model
        if isinstance(model, str | Path):
            return cls.load(model)
        raise InputError(f"model: {model!r} is neither a {cls.__name__} nor the path of a model file; {cls.remedy}")

    @classmethod
    def _read(cls, path, name: str) -> Self:
        found = read_model(path, cls.file_kind, cls.file_version, cls.remedy)
        try:
            return cls._of_file(found, name)
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise FileFormatError(f"{path}: does not describe a model ({error}); {cls.remedy}") from None

    def save(self, path: str | Path) -> None:
        """Write the model file; whole or not at all."""
        write_model(path, self.file_kind, self.file_version, self.config, self.arrays)

    @cached_property
    def sha256(self) -> str:
        """Checksum of the model, that of its file."""
        return digest(json.dumps(self.config, sort_keys=True), self.arrays)


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
            about = about if isinstance(about, dict) else {}
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise FileFormatError(f"{path}: no readable model file ({error}); {remedy}") from None
    if about.get("kind") != kind:
        raise FileFormatError(f"{path}: holds {about.get('kind', 'something else')!r}, wanted a {kind!r}; {remedy}")
    if about.get("version") != version:
        raise FileFormatError(f"{path}: version {about.get('version')!r}, this program reads {version}; {remedy}")
    text = str(about.get("config"))
    sha256 = digest(text, tensors)
    if about.get("sha256") != sha256:
        raise FileFormatError(f"{path}: was changed since it was written (its checksum does not hold); {remedy}")
    try:
        return ModelFile(json.loads(text), tensors, sha256)
    except ValueError as error:
        raise FileFormatError(f"{path}: does not describe a model ({error}); {remedy}") from None


def digest(text: str, tensors: dict[str, np.ndarray]) -> str:
    """SHA-256 of a model's config and arrays, in the order of their names."""
    out = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        array = np.ascontiguousarray(tensors[name])
        out.update(f"{name} {array.dtype.str} {array.shape}".encode())
        out.update(array.tobytes())
    return out.hexdigest()
