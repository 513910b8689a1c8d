"""What a user trains and keeps: a model of RSRP, its calibrated error bars, and all that it needs to predict again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, nearest_name
from ..evaluation.folds import blocked_folds, squares
from ..evaluation.scores import Scores
from ..foliage import Foliage
from ..frame import LocalFrame, moved
from ..measurements import COLUMNS, Measurements, Points
from ..models.base import Model
from ..models.conformal import INNER_FOLDS, Calibration
from ..models.inputs import FROM_STATIONS, NO_STATIONS, Inputs
from ..models.likelihood import LATENT
from ..models.prediction import Prediction
from ..models.vae import Autoencoder
from ..scene import Scene
from .cells import Cells
from .checkpointed import Checkpointed, keeping, require_network
from .image_tier import NO_IMAGES, ImageTier, check_images
from .judging import judge, levels_of
from .probing import digest_of, used_columns
from .refusals import refuse_far, refuse_one_cell, refuse_useless

if TYPE_CHECKING:
    import xarray

    from ..grid import ReceiverGrid

DEFAULT_MODEL = "stack"
"""The best of its members is another one on each data set; on blocked folds it is within a few percent of that one."""

BLOCK_M = 100.0
"""Side of the squares that are held out whole where the model is judged."""

OF_THE_CAMPAIGN = ("device", "area")
"""Columns that points to predict do not have."""

REACH_M = BLOCK_M
"""A map has a cell this far around its measurements: how wrong the model is farther off was not judged."""


@dataclass(frozen=True, eq=False, repr=False)
class RsrpPredictor:
    """A trained predictor of RSRP; :meth:`train` makes it, :meth:`save` keeps it in a folder.

    Attributes
    ----------
    model : Model, fitted
    calibration : Calibration of its intervals, on rows that it had not seen
    frame : LocalFrame of the measurements that it was trained on
    bounds_m : (x_min, y_min, x_max, y_max) of them
    used : columns of links that its answer depends on
    without : column that it goes without, and why
    constants : column that had one value in training, and that value
    features : further columns of the file that it was trained on
    cells : Cells that it is bound to; None where the measurements told of none
    scene : Scene that it was trained with; None = none
    images : ImageTier that draws and encodes links; None = it goes without images
    training : rows, SHA-256 and report of the measurements, the seed, and the files as they were told
    scores : of inner folds: "blocked", "random" (which flatters) and "cell mean", the last on the blocked folds
    """

    model: Model
    calibration: Calibration
    frame: LocalFrame
    bounds_m: tuple[float, float, float, float]
    used: tuple[str, ...]
    without: Mapping[str, str]
    constants: Mapping[str, Any]
    features: tuple[str, ...]
    cells: Cells | None
    scene: Scene | None
    images: ImageTier | None
    training: Mapping[str, Any]
    scores: Mapping[str, Scores]

    @classmethod
    def train(
        cls,
        measurements: Measurements,
        scene: Scene | None = None,
        *,
        model: str | Model = DEFAULT_MODEL,
        seed: int = 0,
        one_cell: bool = False,
        images: int = 0,
        foliage: Foliage | None = None,
        autoencoder: Autoencoder | None = None,
        files: Mapping[str, Any] | None = None,
        checkpoints: str | Path | None = None,
        log: str | Path | None = None,
        progress: bool | None = None,
    ) -> RsrpPredictor:
        """Train on measurements, as they are: clean them first.

        Parameters
        ----------
        measurements : Measurements, N rows
        scene : Scene, optional
            With the stations that serve them, and the buildings between; either may be missing.
        model : str or Model
            A name of :func:`radiocore.models.models`, or a model with settings of its own; it is trained in place.
        seed : int
            Of the model that is named, and of the folds.
        one_cell : bool
            All rows are of one cell, and that is meant.
        images : int
            Train an autoencoder on the images of so many rows, drawn at random, and let the model learn from what it
            says of all; 0 = no images. It sees no level and is trained once: where the model is judged on some rows,
            the autoencoder may have seen their images, as in the paper.
        foliage : Foliage, optional
            Of the scene's frame, for the images.
        autoencoder : Autoencoder, optional
            Settings of its own; it is trained in place.
        files : mapping, optional
            What to keep of the files that it all came from, as their names and checksums.
        checkpoints : path, optional
            Folder of the networks' epochs, made if need be: a run that was killed goes on from there to the same bytes.
        log : path, optional
            JSON lines of the last training of a network, one an epoch.
        progress : bool, optional

        Raises
        ------
        InputError
            Too few rows, or all of one level, of one cell, or within one square of 100 m; a column cannot be used; a
            cell is not in the scene; the model is unknown; there is nothing to draw images of.
        FitError
            The model could not be fitted.
        """
        refuse_useless(measurements)
        if not one_cell:
            refuse_one_cell(measurements)
        if images:
            check_images(images, scene, len(measurements))
        model = model_named(model, seed) if isinstance(model, str) else model
        inputs, linked = _inputs_of(measurements, scene)
        without = dict(inputs.left_out) | dict.fromkeys(OF_THE_CAMPAIGN, "places to be predicted do not have it")
        if not images:
            without |= dict.fromkeys(LATENT, NO_IMAGES)
        inputs = Inputs({key: value for key, value in inputs.columns.items() if key not in OF_THE_CAMPAIGN}, without)
        target, blocks = linked.rsrp_dbm, squares(linked.x_m, linked.y_m, BLOCK_M)
        folds = blocked_folds(linked.x_m, linked.y_m, BLOCK_M, INNER_FOLDS, seed)
        trained, tier = model, None
        if log is not None:
            require_network(model, "log")
        if checkpoints is not None:
            if not images or hasattr(model, "files"):
                trained = Checkpointed(model, Path(checkpoints))
            Path(checkpoints).mkdir(parents=True, exist_ok=True)
        if images:
            kept = None if checkpoints is None else Path(checkpoints) / "autoencoder.safetensors"
            tier, columns = ImageTier.train(
                scene, linked, images, foliage=foliage, autoencoder=autoencoder, seed=seed, checkpoint=kept,
                progress=progress,
            )  # fmt: skip
            inputs = inputs.with_columns(columns)
        with nullcontext() if log is None else keeping(model, log=Path(log)):
            trained.fit(inputs, target, blocks=blocks, progress=progress)
        judged = judge(trained, inputs, target, folds, blocks, seed, progress)
        constants = {name: column[0].item() for name, column in inputs.columns.items() if (column == column[0]).all()}
        used = tuple(name for name in used_columns(model, inputs) if name not in constants)
        for name in inputs.columns:
            if name not in used:
                without[name] = f"constant: {constants[name]}" if name in constants else f"{model.name} does not use it"
        cells = None
        if "cell" in inputs:
            named = bool((measurements.cell != "").all())
            cells = Cells.of(linked, inputs.columns.get("distance_m"), told=named)
        return cls(
            model=model,
            calibration=judged.calibration,
            frame=linked.frame,
            bounds_m=linked.bounds_m,
            used=used,
            without=without,
            constants=constants,
            features=tuple(measurements.features),
            cells=cells,
            scene=scene,
            images=tier,
            training={
                "rows": len(target),
                "sha256": digest_of(measurements),
                "report": measurements.report.to_dict(),
                "files": dict(files or {}),
                "seed": seed,
            },
            scores=judged.scores,
        )

    def __repr__(self) -> str:
        cells = "" if self.cells is None else f" of {len(self.cells)} cells"
        return f"<RsrpPredictor: {self.model.name}, trained on {self.training['rows']:,} rows{cells}>"

    @property
    def beats_cell_mean(self) -> bool:
        """Whether its mean absolute error on blocked folds is below that of the mean of each cell."""
        return self.scores["blocked"].mae_db < self.scores["cell mean"].mae_db

    @cached_property
    def levels(self) -> tuple[float, ...]:
        """Levels of intervals that there were rows enough to calibrate, of 50, 80 and 95 %."""
        return levels_of(self.calibration)

    def predict(self, points: Points | Measurements, *, scene: Scene | None = None) -> Prediction:
        """Mean and standard deviation at N points, dBm and dB; ``interval(level)`` of it is calibrated.

        Parameters
        ----------
        points : Points or Measurements
            Read for the scene, as by ``Points.read(path, scene=predictor.scene)``, or with ``frame=predictor.frame``
            where there is none. Where the predictor is bound to cells, each names its own.
        scene : Scene, optional
            In place of the one that it was trained with.

        Raises
        ------
        InputError
            A cell was not in the training measurements, a column that the model uses is missing, or a point lies
            100 km or more from all of them.
        """
        scene = scene or self.scene
        home = self.frame if scene is None else scene.frame
        if points.frame != home:
            raise InputError(
                "points: they are in another frame; read them with scene=predictor.scene, or frame=predictor.frame"
            )
        return self._predicted(points, scene)

    @property
    def draws(self) -> bool:
        """Whether its answer depends on the images of links."""
        return self.images is not None and not set(self.images.average).isdisjoint(self.used)

    def _predicted(self, points: Points | Measurements, scene: Scene | None, *, draw: bool = True) -> Prediction:
        """As :meth:`predict`; without drawing, each image counts as the average of those in training."""
        if self.cells is not None:
            points = self.cells.name_carriers(points)
        columns = self._columns_of(points, scene, draw)
        missing = next((name for name in self.used if name not in columns), None)
        if missing is not None:
            raise InputError(f"{points.report.source}: {_remedy(missing, columns.left_out)}")
        return replace(self.model.predict(columns), calibration=self.calibration)

    def predict_map(
        self,
        grid: ReceiverGrid,
        *,
        scene: Scene | None = None,
        month: int | None = None,
        progress: bool | None = None,
    ) -> xarray.Dataset:
        """A map of the best cell's level; see :func:`radiocore.predictor.raster.predicted_map`."""
        from .raster import predicted_map

        return predicted_map(self, grid, scene=scene or self.scene, month=month, progress=progress)

    def save(self, folder: str | Path) -> None:
        """Write the predictor into a folder, whole or not at all; a former one there is replaced.

        Raises
        ------
        InputError
            The folder cannot be written, or holds something else.
        """
        from .folder import write_predictor

        write_predictor(self, folder)

    @classmethod
    def load(cls, folder: str | Path) -> RsrpPredictor:
        """Read a predictor from its folder.

        Raises
        ------
        FileFormatError
            A file is missing, was changed, is of another kind or version, or does not describe a model.
        """
        from .folder import read_predictor

        return read_predictor(folder)

    def _columns_of(self, points: Points, scene: Scene | None, draw: bool) -> Inputs:
        inputs, linked = _inputs_of(points, scene)
        if self.cells is not None:
            linked = self.cells.fill(linked)
            known = {name: getattr(linked, name) for name in ("cell", "carrier", "sector", "frequency_mhz")}
            inputs = inputs.with_columns({name: value for name, value in known.items() if linked.is_known(name).all()})
        x_m, y_m = moved(linked.x_m, linked.y_m, linked.frame, self.frame)
        refuse_far(linked, x_m, y_m, self.bounds_m)
        inputs = inputs.with_columns({"x_m": x_m, "y_m": y_m})
        if self.draws:
            images = self.images.columns(scene, linked) if draw else self.images.averages(len(linked))
            inputs = inputs.with_columns(images)
        untold = {name: np.full(len(inputs), value) for name, value in self.constants.items() if name not in inputs}
        return inputs.with_columns(untold)


def model_named(name: str, seed: int = 0) -> Model:
    """A model with its defaults.

    Raises
    ------
    InputError
        There is none of that name.
    """
    from ..models import models

    known = models()
    if name not in known:
        raise InputError(f"model: {name!r} is not one of {', '.join(sorted(known))}{nearest_name(name, known)}")
    model = known[name]()
    return replace(model, seed=seed) if "seed" in model.settings else model


def _inputs_of(measurements: Measurements, scene: Scene | None) -> tuple[Inputs, Measurements]:
    """Columns of links, and the measurements with what their stations tell of them."""
    if scene is None or len(scene.base_stations) == 0:
        return Inputs.of(measurements), measurements
    return Inputs.of(measurements, scene), measurements.associated(scene).measurements


def _remedy(name: str, left_out: Mapping[str, str]) -> str:
    if name in FROM_STATIONS or left_out.get(name) == NO_STATIONS:
        return f"the model uses {name}, and {left_out.get(name, NO_STATIONS)}; give those of the place, with azimuths"
    if name in COLUMNS:
        reason = left_out.get(name, "it is not known")
        return f"the model uses the {name}, and {reason}; give it in a column {name}"
    return f"the model uses the feature {name!r}, which is not there; take points that have it: features=[{name!r}]"


__all__ = ["RsrpPredictor", "model_named"]
