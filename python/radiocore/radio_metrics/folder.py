"""A radio-metric model as a folder, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from ..frame import LocalFrame
from ..models.base import Model
from ..models.conformal import Calibration
from ..models.estimate import Estimate
from ..models.members import described, model_of
from ..predictor.archive import Archive, Parts, scores_of
from ..predictor.scene_state import scene_of, scene_state
from ..propagation import loss_model_named
from ..propagation.network_model import NetworkModel
from . import RadioMetricModel
from .choosing import TrainedMetric

ARCHIVE = Archive("radiocore radio-metric model", 1, "radiocore train radio-metrics")
PATH_LOSS_WEIGHTS = "path_loss.json"
"""A copy of the file of weights of the path loss, where that is a network."""


def write_model(model: RadioMetricModel, folder: str | Path) -> None:
    """Write a model's folder; see :meth:`Archive.write`.

    Raises
    ------
    InputError
        The weights of the path loss changed since they were read; or as there.
    """
    scene, scene_arrays = (None, {}) if model.scene is None else scene_state(model.scene)
    metrics, parts = {}, {"scene": scene_arrays}
    for metric, trained in model.metrics.items():
        state, parts[f"{metric}_model"] = trained.model.state()
        difficulty, parts[f"{metric}_difficulty"] = trained.difficulty.state()
        parts[f"{metric}_calibration"] = {"scores": trained.calibration.scores}
        metrics[metric] = {
            "model": {**described(trained.model), "state": state},
            "difficulty": {**described(trained.difficulty), "state": difficulty},
            "mean_error_db": trained.mean_error_db,
            "used": list(trained.used),
            "rows": trained.rows,
            "held_out": trained.held_out,
            "tried": dict(trained.tried),
            "scores": {name: asdict(scores) for name, scores in trained.scores.items()},
        }
    estimate, files = model.estimate.settings(), {}
    if isinstance(model.estimate.path_loss, NetworkModel):
        estimate["path_loss"]["weights"] = PATH_LOSS_WEIGHTS
        files[PATH_LOSS_WEIGHTS] = _weights_of(model.estimate.path_loss)
    about = {
        "metrics": metrics,
        "estimate": estimate,
        "features": list(model.features),
        "operators": list(model.operators),
        "without": dict(model.without),
        "frame": asdict(model.frame),
        "bounds_m": list(model.bounds_m),
        "scene": scene,
        "training": dict(model.training),
    }
    ARCHIVE.write(folder, about, parts, files)


def read_model(folder: str | Path) -> RadioMetricModel:
    """Read a model's folder; see :meth:`Archive.read`."""

    def build(about: Mapping[str, Any], parts: Parts) -> RadioMetricModel:
        return RadioMetricModel(
            metrics={metric: _trained(metric, told, parts) for metric, told in about["metrics"].items()},
            estimate=_estimate(about["estimate"], Path(folder)),
            features=tuple(about["features"]),
            operators=tuple(about["operators"]),
            without=about["without"],
            frame=LocalFrame(**about["frame"]),
            bounds_m=tuple(about["bounds_m"]),
            scene=None if about["scene"] is None else scene_of(about["scene"], parts.get("scene", {})),
            training=about["training"],
        )

    return ARCHIVE.read(folder, build)


def _trained(metric: str, told: Mapping[str, Any], parts: Parts) -> TrainedMetric:
    return TrainedMetric(
        model=_model(told["model"], parts.get(f"{metric}_model", {})),
        difficulty=_model(told["difficulty"], parts.get(f"{metric}_difficulty", {})),
        mean_error_db=told["mean_error_db"],
        calibration=Calibration(parts[f"{metric}_calibration"]["scores"]),
        used=tuple(told["used"]),
        rows=told["rows"],
        held_out=told["held_out"],
        tried=told["tried"],
        scores={name: scores_of(values) for name, values in told["scores"].items()},
    )


def _model(told: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Model:
    return model_of(told).restore(told["state"], arrays)


def _estimate(told: Mapping[str, Any], folder: Path) -> Estimate:
    path_loss = {key: value for key, value in told["path_loss"].items() if key != "sha256"}
    if "weights" in path_loss:
        path_loss["weights"] = folder / path_loss["weights"]
    entry_loss = told["entry_loss"]
    return Estimate(
        loss_model_named(**path_loss),
        None if entry_loss is None else loss_model_named(**entry_loss),
        told["resource_blocks"],
        told["reason"],
    )


def _weights_of(path_loss: NetworkModel) -> bytes:
    """The file of weights, which is the one that was read."""
    try:
        content = path_loss.weights.read_bytes()
    except OSError as error:
        raise InputError(f"path_loss: {path_loss.weights} cannot be read again: {error.strerror or error}") from None
    if hashlib.sha256(content).hexdigest() != path_loss.sha256:
        raise InputError(f"path_loss: {path_loss.weights} was changed since it was read; train again")
    return content
