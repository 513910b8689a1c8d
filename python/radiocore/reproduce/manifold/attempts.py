"""What was tried when the shipped models were made, and how it scored where the choice was made."""

from __future__ import annotations

import csv
from pathlib import Path

from ...learned import convolutional
from ...learned.cell_weight_model import CellWeightModel
from ..figure import Figure, Table
from .study import Study

NAME = "attempts"
TITLE = "Attempts at the learned methods"
PAPER = "How the dimension, the neighbourhood and the form of the weights were chosen is not told."

TRIED_FILE, BLIND_FILE = (
    Path(convolutional.__file__).with_name(f"convolutional_{name}.csv") for name in ("attempts", "blind")
)


def make(study: Study) -> Figure:
    """The logs that come with the two models."""
    model = CellWeightModel.default()
    training = model.training
    rows = tuple(
        (f"parameters by {layout}", float(score), "yes" if layout == model.layout else "no")
        for layout, score in training["inner_squared_error"].items()
    )
    (columns, *tried), (blind_columns, *blind) = (_rows(file) for file in (TRIED_FILE, BLIND_FILE))
    finding = (
        f"Learned: {model.grid.n} x {model.grid.n} cells of {model.grid.side_m / model.grid.n:g} m; each form of the "
        f"weights was fitted to the same {training['samples']} samples and scored on maps left out of the fit, by the "
        "squared error of the chance of line of sight; the mean alone: "
        f"{training['inner_squared_error_of_mean']:.4f}. Convolutional: sizes of cells and the radius up to which "
        "links are exact, by the inner score, and on three real towns with 60, 33 and 60 stations placed in them (mean "
        "loss, and microseconds a receiver on the machine of its author). Those towns were looked at when the size and "
        "the radius were chosen, so they judge nothing; the last table is of two places that were first looked at "
        "afterwards, with stations placed at random. Where stations are few and links longer than that radius, as in a "
        "real network, the loss is larger."
    )
    tables = (
        Table(f"{NAME}_learned", ("configuration", "inner squared error", "kept"), rows),
        Table(f"{NAME}_convolutional", tuple(columns), tuple(map(tuple, tried))),
        Table(f"{NAME}_blind", tuple(blind_columns), tuple(map(tuple, blind))),
    )
    return Figure(NAME, TITLE, PAPER, finding, tables)


def _rows(file: Path) -> list[list[str]]:
    """The lines of a CSV file, headings first."""
    with open(file, encoding="utf-8", newline="") as lines:
        return list(csv.reader(lines))
