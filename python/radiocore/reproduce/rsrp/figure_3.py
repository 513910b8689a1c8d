"""Fig. 3: where the samples are, by sector."""

from __future__ import annotations

import numpy as np

from ..figure import Figure, Table
from ..style import label, panels, png
from .data_set import DataSet
from .study import Study
from .style import BUILDING_COLOUR, SECTOR_COLOURS

NAME = "figure_3"
TITLE = "Fig. 3. Samples by sector"
PAPER = "The positions of August's samples after Hampel's filter, coloured by sector, around one site."
COLUMNS = ("data", "x, m", "y, m", "sector", "month", "RSRP, dBm")


def make(study: Study) -> Figure:
    """Samples over the outlines of buildings."""
    told = "; ".join(f"{data_set.title}: {', '.join(data_set.notes)}" for data_set in study.data_sets)
    rows = tuple(
        (data_set.title, round(float(x_m), 2), round(float(y_m), 2), str(sector), int(month), round(float(level), 2))
        for data_set in study.data_sets
        for x_m, y_m, sector, month, level in zip(
            *(getattr(data_set.measurements, name) for name in ("x_m", "y_m", "sector", "month", "rsrp_dbm")),
            strict=True,
        )
    )
    finding = f"Samples after cleaning, masts as stars, buildings in grey where a map is at hand. {told}."
    return Figure(NAME, TITLE, PAPER, finding, (Table(NAME, COLUMNS, rows, shown=False),), _picture(study))


def _picture(study: Study) -> bytes:
    columns = min(2, len(study.data_sets))
    figure, axes = panels(-(-len(study.data_sets) // columns), columns, size_in=(5.6, 4.6))
    figure.get_layout_engine().set(w_pad=0.2)  # legends stand beside their panels
    for panel in axes.flat[len(study.data_sets) :]:
        panel.set_axis_off()
    for panel, data_set in zip(axes.flat, study.data_sets, strict=False):
        _draw(panel, data_set)
    return png(figure)


def _draw(panel, data_set: DataSet) -> None:
    x_m, y_m = data_set.user_m.T
    margin_m = 0.03 * max(np.ptp(x_m), np.ptp(y_m))
    _outlines(panel, data_set)
    sectors = np.unique(data_set.measurements.sector)
    for colour, sector in zip(SECTOR_COLOURS * 9, sectors, strict=False):
        mine = data_set.measurements.sector == sector
        panel.plot(x_m[mine], y_m[mine], ".", ms=2.5, color=colour, label=sector, rasterized=True)
    masts = np.unique(data_set.station_m, axis=0)
    panel.plot(*masts.T, "*", ms=13, color="black", mec="white", mew=0.8)
    around = np.vstack([data_set.user_m, masts])
    (west, south), (east, north) = around.min(axis=0) - margin_m, around.max(axis=0) + margin_m
    panel.set(xlim=(west, east), ylim=(south, north), aspect="equal")
    panel.grid(False)
    label(panel, data_set.title, xlabel="x, m", ylabel="y, m")
    panel.legend(frameon=False, fontsize=7, markerscale=4, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _outlines(panel, data_set: DataSet) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path
    from shapely import get_parts

    rings = (
        [part.exterior, *part.interiors] for part in get_parts(data_set.scene.buildings.footprints)
    )  # holes turn the other way in valid footprints, so that they stay empty
    paths = [Path.make_compound_path(*(Path(ring.coords, closed=True) for ring in each)) for each in rings]
    panel.add_collection(PathCollection(paths, facecolors=BUILDING_COLOUR, edgecolors="none", zorder=0))
