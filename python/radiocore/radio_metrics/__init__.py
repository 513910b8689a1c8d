"""What a user trains and keeps for RSRP, RSRQ and RSSI: stage one, a model of each metric, and its error bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError
from ..evaluation.folds import squares
from ..frame import LocalFrame, moved
from ..measurements import Measurements, Points
from ..models.base import Model
from ..models.estimate import DEFAULT_BLOCKS, Estimate
from ..models.inputs import Inputs
from ..models.prediction import Prediction
from ..models.stack import Stack
from ..predictor import BLOCK_M, OF_THE_CAMPAIGN, model_named
from ..predictor.probing import digest_of
from ..predictor.refusals import refuse_far, refuse_useless
from ..propagation.loss_model import PathLossModel
from ..scene import Scene
from .choosing import TrainedMetric, candidates, choose
from .links import COMPUTED, estimate_for, links_of, path_loss_named, with_estimate
from .metrics import available, check_metrics, known_rows
from .splits import folds_of

if TYPE_CHECKING:
    import xarray

    from ..grid import ReceiverGrid

OF_RSRP = ("estimate", "path-loss network")
"""Models that tell RSRP by a path loss."""

CHOSEN = "chosen"
"""The name of what is trained unless a model is named: the candidate that errs least on rows held out."""

PLACE = ("x_m", "y_m")
"""Columns that hold in one place only."""


@dataclass(frozen=True, eq=False, repr=False)
class RadioMetricModel:
    """Trained models of RSRP, RSRQ and RSSI; :meth:`train` makes it, :meth:`save` keeps it in a folder.

    Attributes
    ----------
    metrics : a TrainedMetric by name, of "rsrp", "rsrq" and "rssi" those that were measured
    estimate : Estimate, stage one
    features : further columns of the measurements that it was trained on; those that could be computed were taken as
        they are
    operators : those that it was trained on, where there were several
    without : column of links that is not known, and why
    frame : LocalFrame of the measurements that it was trained on
    bounds_m : (x_min, y_min, x_max, y_max) of them
    scene : Scene that it was trained with; None = none
    training : rows, SHA-256 and report of the measurements, the seed, and the files as they were told
    """

    metrics: Mapping[str, TrainedMetric]
    estimate: Estimate
    features: tuple[str, ...]
    operators: tuple[str, ...]
    without: Mapping[str, str]
    frame: LocalFrame
    bounds_m: tuple[float, float, float, float]
    scene: Scene | None
    training: Mapping[str, Any]

    @classmethod
    def train(
        cls,
        measurements: Measurements,
        scene: Scene | None = None,
        *,
        metrics: Sequence[str] | None = None,
        model: str | Model | Mapping[str, str | Model] = CHOSEN,
        path_loss: str | PathLossModel | None = None,
        resource_blocks: int = DEFAULT_BLOCKS,
        split: str | None = None,
        seed: int = 0,
        files: Mapping[str, Any] | None = None,
        progress: bool | None = None,
    ) -> RadioMetricModel:
        """Train on measurements, as they are: clean them first.

        Parameters
        ----------
        measurements : Measurements, N rows
            Their feature ``ue_altitude_ag_m`` is the height of each phone (1.5 m without it), ``resource_blocks`` the N
            of its carrier. A feature with the name of a column that is computed, as ``total_obstruction_length_3d_m``,
            is taken as it is; with all of Table I there no scene is needed.
        scene : Scene, optional
            With the stations that serve them, and the buildings between.
        metrics : names, optional
            Default: those of rsrp, rsrq and rssi that ten rows or more tell; an RSSI that was not measured follows from
            the others.
        model : str or Model, or one by metric
            A name of :func:`radiocore.models.models`, as "correction" for the network of the paper, or a model with
            settings of its own. "chosen": the best on rows held out of least squares, a bent line, its mean with one
            that knows sites and cells, boosted trees and a correction network; "stack": a weighted mean of these.
            Metrics that a mapping leaves out are "chosen".
        path_loss : str or PathLossModel, optional
            Of stage one. Default: 3GPP TR 38.901 UMa, or COST-231 Hata where no buildings are known.
        resource_blocks : int
            N of rows that do not tell it.
        split : {"geohash6", "tower", "area", "operator", "squares"}, optional
            What is held out whole; see :func:`radiocore.radio_metrics.splits.folds_of`.
        seed : int
            Of models that are named, and of the folds.
        files : mapping, optional
            What to keep of the files that it all came from, as their names and checksums.
        progress : bool, optional

        Raises
        ------
        InputError
            Too few rows, or all of one level; stage one lacks a column, or refuses a value; a cell is not in the scene;
            nothing can be held out as asked; a model or metric is unknown.
        FitError
            A model could not be fitted.
        """
        refuse_useless(measurements)
        links = links_of(measurements, scene)
        named = path_loss_named(path_loss) if isinstance(path_loss, str) else path_loss
        estimate = estimate_for(links, named, resource_blocks)
        links = with_estimate(measurements, links, estimate)
        names = available(measurements, resource_blocks) if metrics is None else check_metrics(metrics)
        by_metric = model if isinstance(model, Mapping) else dict.fromkeys(names, model)
        _check_models(by_metric, names)
        inputs = Inputs({key: value for key, value in links.columns.items() if key not in OF_THE_CAMPAIGN})
        further = tuple(name for name in measurements.features if name not in COMPUTED)
        blocks = squares(measurements.x_m, measurements.y_m, BLOCK_M)
        trained = {}
        for metric in names:
            known, target = known_rows(measurements, metric, resource_blocks)
            rows, own = measurements.select(known), inputs.select(known)
            wanted = by_metric.get(metric, CHOSEN)
            tried = candidates(metric, own, further, seed)
            models = tried if wanted == CHOSEN else (_model(wanted, metric, tried, seed),)
            trained[metric] = choose(
                models, metric, own, target, folds_of(rows, split, seed), blocks[known], seed, progress
            )
        return cls(
            metrics=trained,
            estimate=estimate,
            features=tuple(measurements.features),
            operators=tuple(np.unique(links["operator"]).astype(str).tolist()) if "operator" in links else (),
            without=dict(links.left_out),
            frame=measurements.frame,
            bounds_m=measurements.bounds_m,
            scene=scene,
            training={
                "rows": len(measurements),
                "sha256": digest_of(measurements),
                "report": measurements.report.to_dict(),
                "files": dict(files or {}),
                "seed": seed,
            },
        )

    def __repr__(self) -> str:
        models = ", ".join(f"{metric} by {trained.model.name}" for metric, trained in self.metrics.items())
        return f"<RadioMetricModel: {models}, trained on {self.training['rows']:,} rows>"

    @property
    def used(self) -> frozenset[str]:
        """Columns of links that any of its answers depends on, those of stage one apart."""
        return frozenset(name for trained in self.metrics.values() for name in trained.used)

    def links(self, points: Points | Measurements, *, scene: Scene | None = None) -> Inputs:
        """The columns of N links that the models see, among them ``beta_dbm``, the estimate of stage one.

        Parameters
        ----------
        points : Points or Measurements
            Read for the scene, as by ``Points.read(path, scene=model.scene, features=model.features)``, or with
            ``frame=model.frame`` where there is none. Where there are several masts, each row names its cell.
        scene : Scene, optional
            In place of the one that it was trained with, as of another city.

        Raises
        ------
        InputError
            A cell is not in the scene, a feature is missing or not plausible, or stage one lacks a column.
        """
        scene = scene or self.scene
        if points.frame != (self.frame if scene is None else scene.frame):
            raise InputError(
                "points: they are in another frame; read them with scene=model.scene, or frame=model.frame"
            )
        for name in self.features:
            if name not in points.features and name not in COMPUTED:
                raise InputError(
                    f"{points.report.source}: the model was trained with the feature {name!r}, which is not there; "
                    f"take points that have it: features=[{name!r}]"
                )
        inputs = links_of(points, scene, self.operators)
        if not self.used.isdisjoint(PLACE):
            x_m, y_m = moved(points.x_m, points.y_m, points.frame, self.frame)
            refuse_far(points, x_m, y_m, self.bounds_m)
            inputs = inputs.with_columns({"x_m": x_m, "y_m": y_m})
        return with_estimate(points, inputs, self.estimate)

    def predict(self, points: Points | Measurements, *, scene: Scene | None = None) -> dict[str, Prediction]:
        """By metric the mean and standard deviation of N links; ``interval(level)`` of it is calibrated.

        Parameters and errors are those of :meth:`links`; and a time is needed where a metric depends on it.
        """
        return self.predict_links(self.links(points, scene=scene))

    def predict_links(self, links: Inputs) -> dict[str, Prediction]:
        """The same of links whose columns are known."""
        return {metric: trained.predict(links) for metric, trained in self.metrics.items()}

    def predict_map(
        self,
        grid: ReceiverGrid,
        *,
        heights_m: Sequence[float] | None = None,
        scene: Scene | None = None,
        time=None,
        resource_blocks: int | None = None,
        progress: bool | None = None,
    ) -> xarray.Dataset:
        """Maps of the metrics, a floor a height; see :func:`radiocore.radio_metrics.raster.predicted_maps`."""
        from .raster import predicted_maps

        return predicted_maps(
            self,
            grid,
            heights_m=heights_m,
            scene=scene or self.scene,
            time=time,
            resource_blocks=resource_blocks,
            progress=progress,
        )

    def save(self, folder: str | Path) -> None:
        """Write the model into a folder, whole or not at all; a former one there is replaced.

        Raises
        ------
        InputError
            The folder cannot be written, or holds something else; or the weights of the path loss changed meanwhile.
        """
        from .folder import write_model

        write_model(self, folder)

    @classmethod
    def load(cls, folder: str | Path) -> RadioMetricModel:
        """Read a model from its folder.

        Raises
        ------
        FileFormatError
            A file is missing, was changed, is of another kind or version, or does not describe a model.
        """
        from .folder import read_model

        return read_model(folder)


def _model(model: str | Model, metric: str, tried: Sequence[Model], seed: int) -> Model:
    """A model of a metric; one that is made for one metric is made for this, and a stack is one of what is tried."""
    if isinstance(model, Model):
        return model
    if model == Stack.name:
        return Stack(tuple(tried), seed)
    named = model_named(model, seed)
    return replace(type(named)(metric=metric), seed=seed) if "metric" in named.settings else named


def _check_models(by_metric: Mapping[str, str | Model], names: Sequence[str]) -> None:
    check_metrics(by_metric)
    for metric, model in by_metric.items():
        if metric not in names:
            raise InputError(f"model: {metric} is not among the metrics that are trained: {', '.join(names)}")
        if isinstance(model, str) and model != CHOSEN:
            model_named(model)
            if model in OF_RSRP and metric != "rsrp":
                raise InputError(f"model: {model!r} is a law of rsrp; give another for {metric}")
        meant = getattr(model, "metric", metric)
        if meant != metric:
            raise InputError(f"model: the {model.name} model of {metric} is made for {meant}; give one for {metric}")


__all__ = ["RadioMetricModel"]
