"""Coverage manifold -> PNG: the map as :meth:`CoverageManifold.plot` draws it."""

from __future__ import annotations

from pathlib import Path

SUFFIXES = (".png",)
NEEDS_CRS = False


def write(manifold, path: Path, *, threshold_db: float | None = None, dots_per_inch: float = 200.0) -> None:
    """Draw the map at one threshold (default: the first) without touching pyplot's state."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from ..plot import figure_size_in, plot_coverage

    figure = Figure(figsize=figure_size_in(manifold), layout="constrained")
    FigureCanvasAgg(figure)
    plot_coverage(manifold, figure.add_subplot(), threshold_db=threshold_db)
    attributes = manifold.dataset.attrs
    figure.savefig(
        path,
        format="png",
        dpi=dots_per_inch,
        bbox_inches="tight",
        metadata={
            "Software": attributes["source"],
            "Title": attributes["title"],
            "Copyright": attributes["attribution"],
            "Comment": attributes["provenance"],
        },
    )
