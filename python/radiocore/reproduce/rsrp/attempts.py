"""What was tried with the first tier, and how it scored where the choice was made."""

from __future__ import annotations

import csv
from pathlib import Path

from ...models import vae
from ..figure import Figure, Table
from .study import Study

NAME = "attempts"
TITLE = "Attempts at the first tier"
PAPER = (
    "How wide the layers are, how many images a weight has seen and how a latent space of two was chosen is not told."
)

TRIED_FILE = Path(vae.__file__).with_name("autoencoder_attempts.csv")


def make(study: Study) -> Figure:
    """The log that comes with the autoencoder."""
    with open(TRIED_FILE, encoding="utf-8", newline="") as lines:
        columns, *tried = csv.reader(lines)
    finding = (
        "Autoencoders of 1,600 images of the made-up town, one thread each. Scores are of inner folds of its 4,000 "
        "samples: the loss of images held back, what boosted trees tell by the features alone of the length inside "
        "buildings and of line of sight in blocks of 100 m (share of the variance), and the mean absolute error of the "
        "network with the features and without."
    )
    table = Table(NAME, tuple(columns), tuple(map(tuple, tried)))
    return Figure(NAME, TITLE, PAPER, finding, (table,))
