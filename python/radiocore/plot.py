"""Pictures: the coverage map, the difference of two, and a validation against measurements."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .comparison import MapComparison
    from .manifold import CoverageManifold
    from .validation import ValidationReport

COLOUR_MAP = "viridis"
"""Perceptually uniform, and readable in grey and by colour-blind eyes."""

DIFFERENCE_COLOUR_MAP = "PuOr_r"
"""Two hues that colour-blind eyes tell apart, white at zero: orange where the first map is higher."""

NO_DATA_COLOUR = "#f2f2f2"
BUILDING_FACE, BUILDING_EDGE = "#c9c9c9", "#6e6e6e"
STATION_COLOUR = "#e8343f"
MAP_SIDE_IN = 7.0
"""Longer side of the map on paper, inches."""

SMALL = 6.5
"""Size of the attribution, points."""

SCALE_BAR_PT, LEGEND_PT, ATTRIBUTION_PT = 9, 18, 34
"""How far below the map they lie, points: on it they would hide masts."""


def figure_size_in(manifold: CoverageManifold) -> tuple[float, float]:
    """Width and height in inches of a figure that fits the map, its colour bar and its texts."""
    west, south, east, north = manifold.bounds_m
    width, height = east - west, north - south
    scale = MAP_SIDE_IN / max(width, height)
    # Very long maps keep room for the title across and the colour bar along.
    return (max(width * scale, 4.0) + 1.3, max(height * scale, 3.0) + 1.0)


def plot_coverage(
    manifold: CoverageManifold,
    ax: Axes | None = None,
    *,
    threshold_db: float | None = None,
    show_buildings: bool = True,
) -> Axes:
    """Draw a coverage map with buildings, stations, scale bar, north arrow and attribution.

    Parameters
    ----------
    ax : matplotlib Axes, optional
        Where to draw; default: a new figure.
    threshold_db : float, optional
        Which of the map's thresholds; default: the first.
    show_buildings : bool
        Draw the outlines over the map.

    Raises
    ------
    InputError
        The map was not made for this threshold.
    """
    row = manifold.threshold_row(threshold_db)
    shown_db = manifold.threshold_db[row]
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=figure_size_in(manifold), layout="constrained")
    west, south, east, north = manifold.bounds_m
    ax.set_facecolor(NO_DATA_COLOUR)
    image = ax.imshow(
        manifold.coverage[row],
        extent=(west, east, south, north),
        cmap=COLOUR_MAP,
        vmin=0.0,
        vmax=1.0,
        interpolation="nearest",
        zorder=1,
    )
    side = 0.03 * max(east - west, north - south) / (east - west)
    bar = ax.figure.colorbar(image, cax=ax.inset_axes((1 + 0.7 * side, 0, side, 1)), ticks=np.linspace(0, 1, 6))
    bar.set_label(f"P(SINR > {shown_db:g} dB)")
    bar.outline.set_linewidth(0.5)
    _draw_scale_bar_and_north(ax, manifold.bounds_m)
    marks = [_draw_stations(ax, manifold)]
    if show_buildings:
        marks.append(_draw_buildings(ax, manifold))
    below = {"bbox_to_anchor": (0, 0), "bbox_transform": _below(ax, LEGEND_PT), "borderaxespad": 0, "borderpad": 0}
    words = {"fontsize": 8, "handletextpad": 0.4, "columnspacing": 1.5}
    ax.legend(handles=marks, ncols=2, frameon=False, loc="upper left", **words, **below)
    ax.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect="equal")
    method = manifold.provenance.get("method")
    shown = f"SINR > {shown_db:g} dB"
    if len(manifold.threshold_db) > 1:
        every = ", ".join(f"{value:g}" for value in manifold.threshold_db)
        shown += f" ({'first' if threshold_db is None else 'one'} of {every} dB)"
    detail = [manifold.carrier_label, shown, *([f"method {method}"] if method else [])]
    # The empty second line keeps the room for the smaller one that follows.
    ax.set_title("Coverage probability\n", fontsize=12, fontweight="bold", loc="left")
    ax.annotate(", ".join(detail), (0, 1), (0, 5), "axes fraction", "offset points", fontsize=9, va="bottom")
    _draw_attribution(ax, manifold.dataset.attrs["attribution"])
    return ax


def plot_difference(comparison: MapComparison, ax: Axes | None = None, *, threshold_db: float | None = None) -> Axes:
    """Draw the difference of two maps; cells that are not compared stay grey.

    Parameters
    ----------
    ax : matplotlib Axes, optional
        Where to draw; default: a new figure.
    threshold_db : float, optional
        Which of the maps' thresholds; default: the first.

    Raises
    ------
    InputError
        The maps were not made for this threshold.
    """
    row = comparison.threshold_row(threshold_db)
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=(MAP_SIDE_IN, MAP_SIDE_IN), layout="constrained")
    west, south, east, north = comparison.bounds_m
    layers = comparison.difference.values.reshape(len(comparison.threshold_db), *comparison.difference.shape[-2:])
    ax.set_facecolor(NO_DATA_COLOUR)
    image = ax.imshow(
        layers[row],
        extent=(west, east, south, north),
        cmap=DIFFERENCE_COLOUR_MAP,
        vmin=-1.0,
        vmax=1.0,
        interpolation="nearest",
    )
    side = 0.03 * max(east - west, north - south) / (east - west)
    bar = ax.figure.colorbar(image, cax=ax.inset_axes((1 + 0.7 * side, 0, side, 1)), ticks=np.linspace(-1, 1, 5))
    bar.set_label("difference of the coverage probability")
    bar.outline.set_linewidth(0.5)
    _draw_scale_bar_and_north(ax, comparison.bounds_m)
    ax.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect="equal")
    first, second = comparison.names
    mean = comparison.mean[row]
    told = "no cell compared" if mean is None else f"mean size {mean:.3f}"
    ax.set_title(f"{first} less {second}: {told}", fontsize=10, loc="left")
    return ax


def plot_validation(report: ValidationReport, axes=None):
    """Predicted against measured RSRP, and the distribution of the error's size.

    Parameters
    ----------
    axes : pair of matplotlib Axes, optional
        Default: a new figure.

    Returns
    -------
    pair of Axes
    """
    if axes is None:
        from matplotlib import pyplot

        _, axes = pyplot.subplots(1, 2, figsize=(9.0, 4.2), layout="constrained")
    scatter, distribution = axes
    measured, predicted = report.table["rsrp_dbm"].to_numpy(), report.table["predicted_rsrp_dbm"].to_numpy()
    ends = np.array([min(measured.min(), predicted.min()) - 3, max(measured.max(), predicted.max()) + 3])
    scatter.plot(ends, ends, color="0.5", linewidth=0.8, label="equal")
    bias = f"bias {report.bias_db:+.1f} dB"
    scatter.plot(ends, ends + report.bias_db, color="C1", linewidth=0.8, linestyle="--", label=bias)
    scatter.plot(measured, predicted, ".", markersize=4, alpha=0.5, markeredgewidth=0, color="C0")
    scatter.set(xlim=ends, ylim=ends, aspect="equal", xlabel="measured RSRP, dBm", ylabel="predicted RSRP, dBm")
    scatter.set_title(f"{len(measured):,} rows, RMSE {report.rmse_db:.1f} dB", loc="left", fontsize=10)
    scatter.legend(frameon=False, fontsize=8, loc="upper left")
    rivals = (
        ("map", report.table["error_db"].to_numpy(), "C0", "-"),
        ("map, bias removed", report.table["error_db"].to_numpy() - report.bias_db, "C1", "--"),
        ("mean of the measurements", measured - measured.mean(), "0.5", ":"),
    )
    for name, error_db, colour, style in rivals:
        distribution.ecdf(np.abs(error_db), label=name, color=colour, linestyle=style)
    distribution.set(xlabel="size of the error, dB", ylabel="share of rows", xlim=(0, None), ylim=(0, 1))
    distribution.set_title("Distribution of the error", loc="left", fontsize=10)
    distribution.legend(frameon=False, fontsize=8, loc="lower right")
    for panel in axes:
        panel.spines[["top", "right"]].set_visible(False)
    return axes


def _draw_buildings(ax: Axes, manifold: CoverageManifold):
    import shapely
    from matplotlib.collections import PathCollection
    from matplotlib.patches import Patch
    from matplotlib.path import Path

    footprints = manifold.scene.buildings.footprints
    seen = footprints[shapely.intersects(footprints, shapely.box(*manifold.bounds_m))]
    polygons = shapely.normalize([part for part in shapely.get_parts(seen) if part.geom_type == "Polygon"])
    # Filling goes by winding number, and in normal form holes run against their outer ring.
    outlines = [
        Path.make_compound_path(*[Path(shapely.get_coordinates(ring), closed=True) for ring in shapely.get_rings(one)])
        for one in polygons
    ]
    colours = {"facecolor": BUILDING_FACE, "edgecolor": BUILDING_EDGE}
    ax.add_collection(PathCollection(outlines, linewidth=0.3, zorder=2, **colours), autolim=False)
    return Patch(linewidth=0.6, label="building", **colours)


def _draw_stations(ax: Axes, manifold: CoverageManifold):
    stations = manifold.scene.base_stations
    west, south, east, north = manifold.bounds_m
    seen = (stations.x_m >= west) & (stations.x_m <= east) & (stations.y_m >= south) & (stations.y_m <= north)
    beyond = f", {int((~seen).sum())} more beyond the edge" if not seen.all() else ""
    triangles = {"linestyle": "none", "marker": "^", "markersize": 7, "markerfacecolor": STATION_COLOUR}
    edge = {"markeredgecolor": "white", "markeredgewidth": 0.8}
    label = f"base station ({int(seen.sum())}{beyond})"
    return ax.plot(stations.x_m[seen], stations.y_m[seen], **triangles, **edge, zorder=3, label=label)[0]


def _draw_scale_bar_and_north(ax: Axes, bounds_m) -> None:
    """A bar of 1, 2 or 5 times a power of ten metres, and north, which is up in every frame."""
    from matplotlib.transforms import blended_transform_factory

    west, south, east, north = bounds_m
    longest_m = min(east - west, max(east - west, north - south) / 5)
    power = 10.0 ** np.floor(np.log10(longest_m))
    length_m = max(step * power for step in (1, 2, 5) if step * power <= longest_m)
    text = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    below = blended_transform_factory(ax.transData, _below(ax, SCALE_BAR_PT))
    line = {"color": "black", "linewidth": 1.2, "marker": "|", "markersize": 5}
    ax.plot([west, west + length_m], [0, 0], transform=below, clip_on=False, **line)
    words = {"fontsize": 8, "va": "center"}
    ax.annotate(f"{text}      N \N{UPWARDS ARROW}", (west + length_m, 0), (5, 0), below, "offset points", **words)


def _below(ax: Axes, distance_pt: float):
    """Axes coordinates, shifted down by a distance on paper."""
    from matplotlib.transforms import ScaledTranslation

    return ax.transAxes + ScaledTranslation(0, -distance_pt / 72, ax.figure.dpi_scale_trans)


def _draw_attribution(ax: Axes, attribution: str) -> None:
    if not attribution:
        return
    width_pt = 72 * ax.get_position().width * ax.figure.get_figwidth()
    wrapped = textwrap.fill(attribution, max(40, int(width_pt / (0.5 * SMALL))), break_on_hyphens=False)
    ax.text(0, 0, wrapped, transform=_below(ax, ATTRIBUTION_PT), fontsize=SMALL, color="0.35", va="top")
