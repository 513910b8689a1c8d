"""What the autoencoder keeps of an image."""

from __future__ import annotations

import numpy as np

from ...digital_twin import scaled
from ..figure import Figure, Table
from ..style import label, panels, png
from .images import drawn_rows, twin_of
from .study import Study

NAME = "reconstructions"
TITLE = "Images, and what is left of them after a few numbers"
PAPER = "The decoder is the encoder's inverse; no reconstruction is shown."
SHOWN = 3
JUDGED = 60
"""Images of each place over which the error is taken."""


def make(study: Study) -> Figure:
    """Inputs above reconstructions, and the share of their variance that is explained."""
    columns, rows = [], []
    rng = np.random.default_rng(study.seed)
    drawn = drawn_rows(study.with_images, study.settings, study.seed)
    for data_set, seen in zip(study.with_images, drawn, strict=True):
        unseen = np.setdiff1d(np.arange(len(data_set)), seen)
        picked = np.sort(rng.permutation(unseen)[:JUDGED])
        images = twin_of(data_set).draw(data_set.station_m[picked], data_set.user_m[picked])
        again = study.autoencoder.reconstruct(images)
        error, spread = (
            float(np.mean((scaled(images) - other) ** 2))
            for other in (scaled(again), scaled(images).mean(axis=0, dtype=np.float64))
        )
        rows.append((data_set.title, len(images), error * images[0].size, spread * images[0].size, 1 - error / spread))
        columns += [(data_set.title, *pair) for pair in zip(images[:SHOWN], again[:SHOWN], strict=True)]
    history = study.autoencoder.history
    told = ", ".join(f"{title} {explained:.0%}" for title, *_, explained in rows)
    finding = (
        f"Trained on {sum(map(len, drawn)):,} images, {len(history)} epochs; loss of images held back "
        f"{min(history.validation_loss):,.0f}. Of what tells one image of a place from its mean image, the "
        f"reconstruction of images that it was not trained on explains {told} (below zero: worse than the mean image "
        "of the place)."
    )
    headings = ("data", "images", "squared error an image", "about the mean image", "explained")
    return Figure(NAME, TITLE, PAPER, finding, (Table(NAME, headings, tuple(rows)),), _picture(columns))


def _picture(columns: list) -> bytes:
    figure, axes = panels(2, len(columns), size_in=(2.0, 2.1))
    for (above, below), (title, image, again) in zip(axes.T, columns, strict=True):
        for panel, pixels in ((above, image), (below, again)):
            panel.imshow(pixels, interpolation="none")
            panel.set_xticks([])
            panel.set_yticks([])
            panel.grid(False)
            panel.spines[:].set_visible(False)
        label(above, title)
    label(axes[0, 0], columns[0][0], ylabel="image")
    label(axes[1, 0], "", ylabel="reconstruction")
    return png(figure)
