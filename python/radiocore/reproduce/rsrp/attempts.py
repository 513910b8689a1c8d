"""What was tried when the autoencoder's defaults were chosen."""

from __future__ import annotations

import csv
from pathlib import Path

from ...models import vae
from ..figure import Figure, Table
from .study import Study

NAME = "attempts"
TITLE = "Attempts at the autoencoder"
PAPER = "The number of filters, the weight of the divergence and the inverse of a pooling are not told."
TRIED_FILE = Path(vae.__file__).with_name("autoencoder_attempts.csv")


def make(study: Study) -> Figure:
    """The log that comes with the model."""
    with open(TRIED_FILE, encoding="utf-8", newline="") as lines:
        columns, *tried = csv.reader(lines)
    finding = "Each on the same images, judged by the loss of images held back; no level was looked at."
    return Figure(NAME, TITLE, PAPER, finding, (Table(NAME, tuple(columns), tuple(map(tuple, tried))),))
