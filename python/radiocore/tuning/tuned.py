"""What a search found: the best settings, and every trial; kept as a folder that training takes."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import FileFormatError, FitError
from ..io.folder import write_folder
from .space import Point, Space

if TYPE_CHECKING:
    from ..models.base import Model

KIND = "radiocore tuning"
LISTING = "tuning.json"
SETTINGS = "settings.json"
TRIALS = "trials.csv"
STOPPED = "stopped early"


@dataclass(frozen=True)
class Trial:
    """Settings and how they did.

    Attributes
    ----------
    point : of the space
    rmse_db : over the rows that the first ``folds`` folds hold out; infinite: nothing was learned, NaN: never judged
    folds : how many it was judged on
    epochs : of all these folds
    ended : "" when it was judged on all; "stopped early", "diverged", "lost" (its process, again and again)
    """

    point: Point
    rmse_db: float
    folds: int
    epochs: int
    ended: str = ""


@dataclass(frozen=True)
class Tuned:
    """What a search found.

    Attributes
    ----------
    model : Model that it began with
    space : Space
    trials : in the order in which they were drawn; the first is that model
    folds : of which a trial was judged
    engine, seed : of the search
    """

    model: Model
    space: Space
    trials: tuple[Trial, ...]
    folds: int
    engine: str
    seed: int

    @cached_property
    def best(self) -> Trial:
        """The least RMSE over all folds; of equal ones the first.

        Raises
        ------
        FitError
            No trial was judged on all folds.
        """
        judged = [trial for trial in self.trials if not trial.ended]
        if not judged:
            endings = ", ".join(sorted({trial.ended for trial in self.trials}))
            raise FitError(f"trials: none of the {len(self.trials)} was judged on all {self.folds} folds ({endings})")
        return min(judged, key=lambda trial: trial.rmse_db)

    @property
    def best_model(self) -> Model:
        """The model with the best settings, not fitted."""
        return replace(self.model, **self.space.settings_of(self.best.point))

    def save(self, folder: str | Path) -> None:
        """Write the best settings as JSON and the trials as CSV, both or neither, over a former search's only.

        Raises
        ------
        InputError
            The folder cannot be written, or holds other files.
        """
        settings = {"model": self.model.name, "settings": self.best_model.settings}
        about = {"rmse_db": self.best.rmse_db, "folds": self.folds, "engine": self.engine, "seed": self.seed}
        files = {SETTINGS: json.dumps(settings, indent=2) + "\n", TRIALS: self._table()}
        write_folder(folder, KIND, {name: text.encode() for name, text in files.items()}, about, LISTING)

    def _table(self) -> str:
        text = io.StringIO()
        axes = list(self.space.axes)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["trial", *axes, "rmse_db", "folds", "epochs_done", "ended"])
        for number, trial in enumerate(self.trials):
            rmse_db = f"{trial.rmse_db:.4f}" if math.isfinite(trial.rmse_db) else ""
            values = [trial.point[name] for name in axes]
            writer.writerow([number, *values, rmse_db, trial.folds, trial.epochs, trial.ended])
        return text.getvalue()


def tuned_model(folder: str | Path) -> Model:
    """The model with the best settings of a search that was saved, not fitted.

    Raises
    ------
    FileFormatError
        There is none, or its settings are not those of a model.
    """
    from ..models import models

    path = Path(folder) / SETTINGS
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return models()[found["model"]](**_tuples(found["settings"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FileFormatError(f"{path}: is not what a search for settings wrote: {error}") from error


def _tuples(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in settings.items()}
