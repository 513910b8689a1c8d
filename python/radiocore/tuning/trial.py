"""One trial: a model with some settings, judged on each fold in turn; what a killed one has done is not done again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import FileFormatError, FitError, InputError
from ..io.atomic import atomic_path
from ..learned.model_file import digest
from ..models.inputs import is_label
from .space import Point, Space

if TYPE_CHECKING:
    from ..evaluation.folds import Folds
    from ..models.base import Model
    from ..models.inputs import Inputs

RUN = "run.json"
KIND = "radiocore tuning"


@dataclass(frozen=True, eq=False)
class Trials:
    """What all trials share: a model, N links to judge it on, and where they keep what they did.

    A folder of a trial, named after its settings, holds a file for each fold that is judged, and for a network the
    checkpoint of the one that it is at. A trial that is tried again, by whichever process, goes on from there.

    Attributes
    ----------
    model : Model; its settings that the space does not know are those of all trials
    inputs : Inputs, N links
    target : (N,) dBm or dB
    folds : Folds of N rows
    blocks : (N,) integers, optional; see ``Model.fit``
    space : Space
    folder : where the trials are kept; all machines of a cluster must see it
    """

    model: Model
    inputs: Inputs
    target: np.ndarray
    folds: Folds
    blocks: np.ndarray | None
    space: Space
    folder: Path

    def model_at(self, point: Point) -> Model:
        """The model of a trial."""
        return replace(self.model, **self.space.settings_of(point))

    def claim(self) -> None:
        """Make the folder this run's, or find that it is.

        Raises
        ------
        FileFormatError
            It is of another run.
        InputError
            It holds other files, or cannot be written.
        """
        path, about = self.folder / RUN, self._about()
        if path.exists():
            differ = [name for name, value in about.items() if _read(path).get(name) != value]
            if differ:
                raise FileFormatError(
                    f"storage: {self.folder} holds trials of another run ({', '.join(differ)} differ); name a new one"
                )
            return
        if self.folder.exists() and not self.folder.is_dir():
            raise InputError(f"storage: {self.folder} is a file; name a folder")
        if self.folder.is_dir() and any(self.folder.iterdir()):
            raise InputError(f"storage: {self.folder} holds other files; name a new or an empty folder")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"storage: {self.folder} cannot be made: {error.strerror}") from error
        _write(path, about)

    def judge(self, point: Point) -> Iterator[dict[str, Any]]:
        """After each fold: how many are done, the RMSE over their rows in dB, and the epochs that it took.

        A model that cannot be fitted with these settings has an infinite RMSE, and is not tried on further folds.

        Raises
        ------
        InputError
            The folder is not seen here, or cannot be written, as on a full disk.
        """
        if not (self.folder / RUN).exists():
            raise InputError(
                f"storage: {self.folder} is not seen by this machine; name a folder that all of them share"
            )
        settings = json.dumps(self.model_at(point).settings, sort_keys=True, default=str)
        own = self.folder / digest(settings, {})[:16]
        try:
            own.mkdir(exist_ok=True)
        except OSError as error:
            raise InputError(f"storage: {own} cannot be made: {error.strerror}") from error
        squares_db2, rows, epochs = 0.0, 0, 0
        for number, (training, held_out) in enumerate(self.folds, 1):
            path = own / f"fold-{number}.json"
            found = _read(path) if path.exists() else self._judge_fold(point, training, held_out, path)
            if found["squares_db2"] is None:
                yield {"folds": number, "rmse_db": math.inf, "epochs": epochs}
                return
            squares_db2, rows, epochs = (
                squares_db2 + found["squares_db2"],
                rows + found["rows"],
                epochs + found["epochs"],
            )
            yield {"folds": number, "rmse_db": math.sqrt(squares_db2 / rows), "epochs": epochs}

    def _judge_fold(self, point: Point, training, held_out, path: Path) -> dict[str, Any]:
        model = deepcopy(self.model_at(point))
        if hasattr(model, "files"):
            model.files = {"checkpoint": path.with_suffix(".safetensors")}
        if hasattr(model, "may_collapse"):
            model.may_collapse = True  # how it errs is its score
        blocks = None if self.blocks is None else self.blocks[training]
        found = {"rows": int(held_out.sum()), "squares_db2": None, "epochs": 0}
        try:
            model.fit(self.inputs.select(training), self.target[training], blocks=blocks, progress=False)
        except FitError:
            pass  # these settings do not learn; the search shall know it
        else:
            error_db = self.target[held_out] - model.predict(self.inputs.select(held_out)).mean
            found |= {"squares_db2": float(np.sum(error_db**2)), "epochs": len(getattr(model, "history", ()))}
        _write(path, found)
        for checkpoint in path.parent.glob(f"{path.stem}*.safetensors"):
            checkpoint.unlink()
        return found

    def _about(self) -> dict[str, Any]:
        """What must be equal for the trials to be of the same run."""
        from radiocore import __version__

        columns = {n: c.astype(str) if is_label(c) else c for n, c in self.inputs.columns.items()}
        rows = {"target": self.target, "folds": self.folds.number}
        rows |= {
            name: value for name, value in (("blocks", self.blocks), ("apart", self.folds.apart)) if value is not None
        }
        return {
            "kind": KIND,
            "radiocore": __version__,
            "model": self.model.name,
            "data": digest("", columns),
            "rows and folds": digest("", rows),
        }


def _read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FileFormatError(f"{path}: cannot be read: {error}; delete it, and go on") from error


def _write(path: Path, values: dict[str, Any]) -> None:
    with atomic_path(path) as part:
        part.write_text(json.dumps(values) + "\n", encoding="utf-8")
