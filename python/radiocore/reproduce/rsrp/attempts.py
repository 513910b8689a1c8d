"""What was tried with the first tier, with ours and with error bars, and how it scored where the choice was made."""

from __future__ import annotations

import csv
from pathlib import Path

from ...models import vae
from ..figure import Figure, Table
from .study import Study

NAME = "attempts"
TITLE = "Attempts at the first tier, at ours and at error bars"
PAPER = (
    "How wide the layers are, how much a zoom shows, how many images a weight has seen and how a latent space of two "
    "was chosen is not told."
)

LOGS = ("autoencoder_attempts.csv", "zoom_attempts.csv", "ours_attempts.csv", "calibration_attempts.csv")
"""Beside the models; scores are of made-up towns, of inner folds, and of drives in Dortmund off the campus."""


def make(study: Study) -> Figure:
    """The logs that come with the autoencoder."""
    finding = (
        "Autoencoders, one thread each, and the loss of images held back; what boosted trees tell by the features "
        "alone of the length inside buildings and of line of sight (share of the variance under r2_folds: the first "
        "two rows were judged in whole blocks, the others in random folds, and cannot be compared in it); and the "
        "mean absolute error of the network without the features and with them, from the sixth row on the mean of "
        "two seeds. Towns of other seeds than the report's were judged, but for the first two. Where zooms show 96 m "
        "the features say which station it is and nothing of the link. How much they should show was chosen by "
        "linear features (principal components) of images shrunk to 64 x 64, of 4,000 samples of that other town: "
        "from 192 m eight of them hold most of what matters. With first weights that keep the variance the codes "
        "tell the way to the mast, too; of 2,000 samples the network cannot use eight of them, of 4,000 it can. The "
        "more steps the autoencoder has taken, the more they help; sixteen help less than eight, and steps of two "
        "images need half the passes of steps of five. "
        f"This report's autoencoder has {study.settings.latent} features, the paper's two. "
        "Attempts at ours were judged on inner folds only, of three to seven training parts of each public data set; "
        "weights and choices on parts of those that had no say in them. Learning either from so few blocks costs more "
        "than it gains, and a field over direction helps one drive and harms another. "
        "Error bars of ours were tried on the drives of each operator in Dortmund's other areas, nine sets of 1,200 "
        "rows: share of rows inside the 80 % interval, by what the errors on inner folds count for. As they are they "
        "hold on average; a single campaign of few blocks is off by up to six points whatever is done."
    )
    tables = tuple(_table(file) for file in LOGS)
    return Figure(NAME, TITLE, PAPER, finding, tables)


def _table(file: str) -> Table:
    with open(Path(vae.__file__).with_name(file), encoding="utf-8", newline="") as lines:
        columns, *tried = csv.reader(lines)
    return Table(Path(file).stem, tuple(columns), tuple(map(tuple, tried)))
