"""Predictors in folders: ``config.json``, which can be read, and ``weights.safetensors``. No pickle."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..errors import FileFormatError, InputError, RadiocoreError, require
from ..evaluation.scores import Errors, Scores
from ..frame import LocalFrame
from ..io.folder import write_folder
from ..models.base import Model
from ..models.conformal import Calibration
from . import RsrpPredictor
from .cells import Cells
from .image_tier import ImageTier
from .scene_state import scene_of, scene_state

KIND = "radiocore RSRP model"
VERSION = 1
CONFIG, WEIGHTS = "config.json", "weights.safetensors"
REMEDY = "train it again with: radiocore train rsrp --output FOLDER"
PARTS = ("model", "calibration", "scene", "images")
"""What the names of arrays begin with."""


def write_predictor(predictor: RsrpPredictor, folder: str | Path) -> None:
    """Write a predictor's folder, whole or not at all.

    Raises
    ------
    InputError
        The folder cannot be written, or holds something else.
    """
    state, model_arrays = predictor.model.state()
    scene, scene_arrays = (None, {}) if predictor.scene is None else scene_state(predictor.scene)
    images, image_arrays = (None, {}) if predictor.images is None else predictor.images.state()
    parts = ({**model_arrays}, {"scores": predictor.calibration.scores}, scene_arrays, image_arrays)
    arrays = {
        f"{part}.{name}": np.ascontiguousarray(array)
        for part, own in zip(PARTS, parts, strict=True)
        for name, array in own.items()
    }
    weights = require("safetensors.numpy").save(arrays)
    about = {
        "version": VERSION,
        "program": f"radiocore {__version__}",
        "target": "rsrp_dbm",
        "model": {**_described(predictor.model), "state": state},
        "frame": asdict(predictor.frame),
        "bounds_m": list(predictor.bounds_m),
        "used": list(predictor.used),
        "without": dict(predictor.without),
        "constants": dict(predictor.constants),
        "features": list(predictor.features),
        "cells": None if predictor.cells is None else predictor.cells.to_dict(),
        "scene": scene,
        "images": images,
        "training": dict(predictor.training),
        "scores": {name: asdict(scores) for name, scores in predictor.scores.items()},
        "arrays": {name: {"shape": list(array.shape), "dtype": array.dtype.str} for name, array in arrays.items()},
    }
    about = json.loads(json.dumps(about))  # as it will be read
    about["sha256"] = {CONFIG: _sha256(_canonical(about)), WEIGHTS: _sha256(weights)}
    write_folder(folder, KIND, {WEIGHTS: weights}, about, CONFIG)


def read_predictor(folder: str | Path) -> RsrpPredictor:
    """Read a predictor's folder.

    Raises
    ------
    FileFormatError
        A file is missing, was changed, is of another kind or version, or does not describe a model. The message
        names it and the remedy.
    """
    about, weights = _read_config(folder), _read(folder, WEIGHTS)
    if _sha256(weights) != about["sha256"][WEIGHTS]:
        raise _broken(folder, WEIGHTS, "was changed or cut short since it was written (its checksum does not hold)")
    safetensors = require("safetensors")
    try:
        arrays = require("safetensors.numpy").load(weights)
    except safetensors.SafetensorError as error:
        raise _broken(folder, WEIGHTS, f"is no file of weights ({error})") from None
    found = {name: {"shape": list(array.shape), "dtype": array.dtype.str} for name, array in arrays.items()}
    for name in sorted({*found, *about["arrays"]}):
        if found.get(name) != about["arrays"].get(name):
            told, there = (_shape(item.get(name)) for item in (about["arrays"], found))
            raise _broken(folder, WEIGHTS, f"{name} is {there}, and {CONFIG} says {told}")
    try:
        return _predictor(about, arrays)
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError, RadiocoreError) as error:
        raise _broken(folder, CONFIG, f"does not describe a model ({error})") from None


def _predictor(about: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> RsrpPredictor:
    model, calibration, scene, images = (
        {name.partition(".")[2]: array for name, array in arrays.items() if name.startswith(f"{part}.")}
        for part in PARTS
    )
    return RsrpPredictor(
        model=_model(about["model"]).restore(about["model"]["state"], model),
        calibration=Calibration(calibration["scores"]),
        frame=LocalFrame(**about["frame"]),
        bounds_m=tuple(about["bounds_m"]),
        used=tuple(about["used"]),
        without=about["without"],
        constants=about["constants"],
        features=tuple(about["features"]),
        cells=None if about["cells"] is None else Cells.from_dict(about["cells"]),
        scene=None if about["scene"] is None else scene_of(about["scene"], scene),
        images=None if about["images"] is None else ImageTier.of(about["images"], images),
        training=about["training"],
        scores={name: _scores(values) for name, values in about["scores"].items()},
    )


def _read_config(folder: str | Path) -> dict[str, Any]:
    content = _read(folder, CONFIG)
    try:
        about = json.loads(content)
    except ValueError as error:
        raise _broken(folder, CONFIG, f"is no JSON ({error})") from None
    if not isinstance(about, dict) or about.get("kind") != KIND:
        raise _broken(folder, CONFIG, f"is not of a {KIND!r}")
    if about.get("version") != VERSION:
        raise _broken(folder, CONFIG, f"is of version {about.get('version')!r}, and this program reads {VERSION}")
    told = {key: value for key, value in about.items() if key not in ("sha256", "kind", "files")}
    checksums = about.get("sha256")
    if (
        not isinstance(checksums, dict)
        or checksums.get(CONFIG) != _sha256(_canonical(told))
        or WEIGHTS not in checksums
    ):
        raise _broken(folder, CONFIG, "was changed since it was written (its checksum does not hold)")
    return about


def _read(folder: str | Path, name: str) -> bytes:
    if not Path(folder).is_dir():
        raise FileFormatError(f"{folder}: is no folder of a model; name the one that radiocore train rsrp wrote")
    try:
        return (Path(folder) / name).read_bytes()
    except FileNotFoundError:
        raise _broken(folder, name, "is missing") from None


def _broken(folder: str | Path, name: str, what: str) -> FileFormatError:
    return FileFormatError(f"{Path(folder) / name}: {what}; {REMEDY}")


def _shape(array: Mapping[str, Any] | None) -> str:
    return "not there" if array is None else f"{tuple(array['shape'])} of {array['dtype']}"


def _described(model: Model) -> dict[str, Any]:
    """Name and settings of a model; those of models within it likewise."""
    settings = {
        name: _described(value) if isinstance(value, Model) else value for name, value in model.settings.items()
    }
    return {"name": model.name, "settings": settings}


def _model(described: Mapping[str, Any]) -> Model:
    """The model that :func:`_described` told, not fitted."""
    from ..models import models

    known = models()
    if described["name"] not in known:
        raise InputError(f"the model {described['name']!r} is not among {', '.join(sorted(known))}")

    def value_of(value):
        if isinstance(value, Mapping) and set(value) >= {"name", "settings"}:
            return _model(value)
        return tuple(map(value_of, value)) if isinstance(value, list) else value

    return known[described["name"]](**{name: value_of(value) for name, value in described["settings"].items()})


def _scores(values: Mapping[str, Any]) -> Scores:
    by_level = {
        name: {float(level): share for level, share in values[name].items()} for name in ("coverage", "width_db")
    }
    tiles = values["per_tile"]
    return Scores(**{**values, **by_level, "per_tile": None if tiles is None else Errors(**tiles)})


def _canonical(about: Mapping[str, Any]) -> bytes:
    return json.dumps(about, sort_keys=True).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
