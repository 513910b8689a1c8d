"""A predictor of RSRP as a folder, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..frame import LocalFrame
from ..models.conformal import Calibration
from ..models.members import described, model_of
from . import RsrpPredictor
from .archive import Archive, Parts, scores_of
from .cells import Cells
from .image_tier import ImageTier
from .scene_state import scene_of, scene_state

ARCHIVE = Archive("radiocore RSRP model", 1, "radiocore train rsrp")


def write_predictor(predictor: RsrpPredictor, folder: str | Path) -> None:
    """Write a predictor's folder; see :meth:`Archive.write`."""
    state, model = predictor.model.state()
    scene, scene_arrays = (None, {}) if predictor.scene is None else scene_state(predictor.scene)
    images, image_arrays = (None, {}) if predictor.images is None else predictor.images.state()
    about = {
        "target": "rsrp_dbm",
        "model": {**described(predictor.model), "state": state},
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
    }
    calibration = {"scores": predictor.calibration.scores}
    parts = {"model": model, "calibration": calibration, "scene": scene_arrays, "images": image_arrays}
    ARCHIVE.write(folder, about, parts)


def read_predictor(folder: str | Path) -> RsrpPredictor:
    """Read a predictor's folder; see :meth:`Archive.read`."""
    return ARCHIVE.read(folder, _predictor)


def _predictor(about: Mapping[str, Any], parts: Parts) -> RsrpPredictor:
    return RsrpPredictor(
        model=model_of(about["model"]).restore(about["model"]["state"], parts.get("model", {})),
        calibration=Calibration(parts["calibration"]["scores"]),
        frame=LocalFrame(**about["frame"]),
        bounds_m=tuple(about["bounds_m"]),
        used=tuple(about["used"]),
        without=about["without"],
        constants=about["constants"],
        features=tuple(about["features"]),
        cells=None if about["cells"] is None else Cells.from_dict(about["cells"]),
        scene=None if about["scene"] is None else scene_of(about["scene"], parts.get("scene", {})),
        images=None if about["images"] is None else ImageTier.of(about["images"], parts.get("images", {})),
        training=about["training"],
        scores={name: scores_of(values) for name, values in about["scores"].items()},
    )
