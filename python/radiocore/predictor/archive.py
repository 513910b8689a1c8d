"""Trained predictors in folders: ``config.json``, which can be read, and ``weights.safetensors``. No pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from .. import __version__
from ..errors import FileFormatError, RadiocoreError, require
from ..evaluation.scores import Errors, Scores
from ..io.folder import write_folder

CONFIG, WEIGHTS = "config.json", "weights.safetensors"
Found = TypeVar("Found")
Parts = dict[str, dict[str, np.ndarray]]


@dataclass(frozen=True)
class Archive:
    """A kind of folder.

    Attributes
    ----------
    kind : what is in it
    version : of its form; others are refused
    command : that makes one
    """

    kind: str
    version: int
    command: str

    def write(
        self, folder: str | Path, about: Mapping[str, Any], parts: Parts, files: Mapping[str, bytes] | None = None
    ) -> None:
        """Write a folder, whole or not at all.

        Parameters
        ----------
        about : plain values
        parts : arrays by part and name; the name of a part has no point
        files : content of further files, by name

        Raises
        ------
        InputError
            The folder cannot be written, or holds something else.
        """
        arrays = {
            f"{part}.{name}": np.ascontiguousarray(array) for part, own in parts.items() for name, array in own.items()
        }
        contents = {WEIGHTS: require("safetensors.numpy").save(arrays), **(files or {})}
        told = {
            **about,
            "version": self.version,
            "program": f"radiocore {__version__}",
            "arrays": {name: {"shape": list(array.shape), "dtype": array.dtype.str} for name, array in arrays.items()},
        }
        told = json.loads(json.dumps(told))  # as it will be read
        checksums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
        told["sha256"] = {CONFIG: checksum(told), **checksums}
        write_folder(folder, self.kind, contents, told, CONFIG)

    def read(self, folder: str | Path, build: Callable[[dict[str, Any], Parts], Found]) -> Found:
        """What is built from the plain values and the arrays of a folder.

        Raises
        ------
        FileFormatError
            A file is missing, was changed, is of another kind or version, or nothing can be built from it. The message
            names it and the remedy.
        """
        about = self._config(folder)
        contents = {name: self._bytes(folder, name) for name in about["sha256"] if name != CONFIG}
        for name, content in contents.items():
            if hashlib.sha256(content).hexdigest() != about["sha256"][name]:
                raise self._broken(
                    folder, name, "was changed or cut short since it was written (its checksum does not hold)"
                )
        safetensors = require("safetensors")
        try:
            arrays = require("safetensors.numpy").load(contents[WEIGHTS])
        except safetensors.SafetensorError as error:
            raise self._broken(folder, WEIGHTS, f"is no file of weights ({error})") from None
        found = {name: {"shape": list(array.shape), "dtype": array.dtype.str} for name, array in arrays.items()}
        for name in sorted({*found, *about["arrays"]}):
            if found.get(name) != about["arrays"].get(name):
                told, there = (_shape(item.get(name)) for item in (about["arrays"], found))
                raise self._broken(folder, WEIGHTS, f"{name} is {there}, and {CONFIG} says {told}")
        parts: Parts = {}
        for name, array in arrays.items():
            part, _, own = name.partition(".")
            parts.setdefault(part, {})[own] = array
        try:
            return build(about, parts)
        except (LookupError, TypeError, ValueError, AttributeError, RuntimeError, RadiocoreError) as error:
            raise self._broken(folder, CONFIG, f"does not describe a model ({error})") from None

    def _config(self, folder: str | Path) -> dict[str, Any]:
        content = self._bytes(folder, CONFIG)
        try:
            about = json.loads(content)
        except ValueError as error:
            raise self._broken(folder, CONFIG, f"is no JSON ({error})") from None
        if not isinstance(about, dict) or about.get("kind") != self.kind:
            raise self._broken(folder, CONFIG, f"is not of a {self.kind!r}")
        if about.get("version") != self.version:
            version = about.get("version")
            raise self._broken(folder, CONFIG, f"is of version {version!r}, and this program reads {self.version}")
        checksums = about.get("sha256")
        if not isinstance(checksums, dict) or checksums.get(CONFIG) != checksum(about) or WEIGHTS not in checksums:
            raise self._broken(folder, CONFIG, "was changed since it was written (its checksum does not hold)")
        return about

    def _bytes(self, folder: str | Path, name: str) -> bytes:
        if not Path(folder).is_dir():
            raise FileFormatError(f"{folder}: is no folder of a model; name the one that {self.command} wrote")
        try:
            return (Path(folder) / name).read_bytes()
        except FileNotFoundError:
            raise self._broken(folder, name, "is missing") from None

    def _broken(self, folder: str | Path, name: str, what: str) -> FileFormatError:
        return FileFormatError(f"{Path(folder) / name}: {what}; train it again with: {self.command} --output FOLDER")


def checksum(about: Mapping[str, Any]) -> str:
    """SHA-256 of what ``config.json`` tells, but for what is written around it."""
    told = {key: value for key, value in about.items() if key not in ("sha256", "kind", "files")}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def scores_of(values: Mapping[str, Any]) -> Scores:
    """The scores of which ``asdict`` told."""
    by_level = {
        name: {float(level): share for level, share in values[name].items()} for name in ("coverage", "width_db")
    }
    tiles = values["per_tile"]
    return Scores(**{**values, **by_level, "per_tile": None if tiles is None else Errors(**tiles)})


def _shape(array: Mapping[str, Any] | None) -> str:
    return "not there" if array is None else f"{tuple(array['shape'])} of {array['dtype']}"
