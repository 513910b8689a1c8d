"""The look of reports' pictures."""

from __future__ import annotations

import io

import numpy as np

DOTS_PER_INCH = 130
PANEL_IN = (4.3, 3.5)


def panels(rows: int = 1, columns: int = 1, *, size_in: tuple[float, float] = PANEL_IN, **options):
    """A figure and its (rows, columns) axes, without pyplot's state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(columns * size_in[0], rows * size_in[1]), layout="constrained")
    FigureCanvasAgg(figure)
    axes = np.atleast_2d(figure.subplots(rows, columns, squeeze=False, **options))
    for panel in axes.flat:
        panel.spines[["top", "right"]].set_visible(False)
        panel.tick_params(labelsize=8)
        panel.grid(True, color="0.92", linewidth=0.6)
        panel.set_axisbelow(True)
    return figure, axes


def label(panel, title: str = "", **words) -> None:
    """Title and axis labels in the house's sizes."""
    panel.set_title(title, loc="left", fontsize=10)
    panel.set(**words)
    panel.xaxis.label.set_size(9)
    panel.yaxis.label.set_size(9)


def legend(panel, **options) -> None:
    """A legend without a frame."""
    panel.legend(**{"frameon": False, "fontsize": 8, **options})


def legend_below(figure, panel, columns: int = 4) -> None:
    """The legend of one panel under the whole figure, where it covers nothing."""
    marks, names = panel.get_legend_handles_labels()
    figure.legend(marks, names, loc="outside lower center", ncols=columns, frameon=False, fontsize=8)


def plain_ticks(axis, values) -> None:
    """Ticks at these values, written as plain numbers, on a logarithmic axis."""
    axis.set_ticks(list(values), labels=[f"{value:g}" for value in values])
    axis.minorticks_off()


def png(figure, dots_per_inch: float = DOTS_PER_INCH) -> bytes:
    """The figure as a PNG file."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dots_per_inch, metadata={"Software": "radiocore"})
    return stream.getvalue()
