"""Fig. 10 to 12: the manifolds of a town by each method, and how far they are from the exact one."""

from __future__ import annotations

import numpy as np

from ...comparison import MapComparison
from ...errors import RadiocoreError
from ...manifold import CoverageManifold
from ...plot import COLOUR_MAP, DIFFERENCE_COLOUR_MAP, NO_DATA_COLOUR
from ..figure import Claim, Figure, Table, verdict
from ..style import panels, png
from .study import Study, cpu_seconds
from .style import METHOD_LABELS

NAME = "figures_10_12"
TITLE = "Fig. 10 to 12. The manifolds, and their difference from the exact one"
PAPER = (
    "Maps of the KAUST campus, for which neither the outlines nor the stations are published. By stochastic geometry "
    "neighbouring receivers get similar values, so its map is coarse. By the learned method the map is like that of "
    "accelerated simulation, with more burrs and fewer corners on its outer margin."
)

MAP_DOTS_PER_INCH = 90
LEVELS = 25
"""Colours of a map: more make large files, and nobody tells them apart."""


def make(study: Study) -> Figure:
    """The maps of the shown town, each computed on one thread and timed."""
    town = study.shown
    grid = town.grid_of(study.settings.map_cells)
    maps: dict[str, CoverageManifold] = {}
    seconds: dict[str, float] = {}
    methods = {name: method for name, method in study.methods.items() if name != "traditional"}
    with study.steps(len(methods), "Fig. 10-12") as advance:
        for name, method in methods.items():
            try:
                study.map_of(town, method, town.grid_of(16), threads=1)  # what is loaded at first use does not count
                found: list[CoverageManifold] = []
                seconds[name] = cpu_seconds(
                    lambda method=method, found=found: found.append(study.map_of(town, method, grid, threads=1))
                )
                maps[name] = found[0]
            except RadiocoreError as refusal:
                study.refusals[town.name, name] = str(refusal)
            advance(1)
    study.map_delay_us.update({name: value / grid.size * 1e6 for name, value in seconds.items()})
    against = {name: manifold.compare(maps["exact"]) for name, manifold in maps.items() if name != "exact"}
    roughness = {name: _roughness(manifold) for name, manifold in maps.items()}
    ny, nx = grid.shape
    step_m = grid.resolution_m[0]
    where = "the user's town" if study.is_real else "a made-up town whose four quarters are of the four environments"
    finding = f"{where[0].upper()}{where[1:]} ({town.name}): {nx} x {ny} cells of {step_m:g} m. " + " ".join(
        f"{METHOD_LABELS[name].capitalize()}: mean difference {one.mean[0]:.3f}, 95 % below {one.percentile_95[0]:.3f}."
        for name, one in against.items()
    )
    rows = tuple((METHOD_LABELS[name], *_figures(against.get(name)), roughness[name]) for name in maps)
    columns = ("method", "mean difference", "median", "95th percentile", "largest", "step between neighbouring cells")
    table = Table(NAME, columns, rows)
    return Figure(NAME, TITLE, PAPER, finding, (table,), _picture(maps, against), _claims(against, roughness, maps))


def _figures(comparison: MapComparison | None) -> tuple[float | None, ...]:
    """Mean, median, 95th percentile and maximum; nothing for the exact map itself."""
    if comparison is None:
        return (None,) * 4
    return tuple(
        values[0] for values in (comparison.mean, comparison.median, comparison.percentile_95, comparison.maximum)
    )


def _roughness(manifold: CoverageManifold) -> float:
    """Mean absolute step of the coverage between neighbouring cells, both outdoors."""
    outdoor, coverage = manifold.dataset["outdoor"].values, manifold.coverage[0]
    steps = [
        np.abs(np.diff(coverage, axis=axis))[both]
        for axis, both in ((0, outdoor[1:] & outdoor[:-1]), (1, outdoor[:, 1:] & outdoor[:, :-1]))
    ]
    return float(np.concatenate(steps).mean())


def _claims(
    against: dict[str, MapComparison], roughness: dict[str, float], maps: dict[str, CoverageManifold]
) -> tuple[Claim, ...]:
    claims = []
    if "stochastic-geometry" in against:
        share = roughness["stochastic-geometry"] / roughness["exact"]
        claims.append(
            Claim(
                "The manifold by stochastic geometry is coarse: neighbouring receivers get similar values (Fig. 11).",
                verdict(share < 0.5, share < 1.0),
                f"mean step between neighbouring cells: {roughness['stochastic-geometry']:.4f}, exact "
                f"{roughness['exact']:.4f}",
            )
        )
    if "learned" in against:
        ours, theirs = against["learned"].mean[0], against["accelerated"].mean[0]
        apart = maps["learned"].compare(maps["accelerated"]).mean[0]
        claims.append(
            Claim(
                "The learned manifold is like that of accelerated simulation (Fig. 12).",
                verdict(apart < 0.5 * min(ours, theirs), apart < min(ours, theirs)),
                f"mean difference of the two {apart:.3f}; from exact: learned {ours:.3f}, accelerated {theirs:.3f}",
            )
        )
        claims.append(
            Claim(
                "The learned manifold has more burrs than that of accelerated simulation (Fig. 12).",
                verdict(roughness["learned"] > roughness["accelerated"]),
                f"mean step between neighbouring cells: learned {roughness['learned']:.4f}, accelerated "
                f"{roughness['accelerated']:.4f} (of which its sampling makes a part), exact {roughness['exact']:.4f}",
            )
        )
    return tuple(claims)


def _picture(maps: dict[str, CoverageManifold], against: dict[str, MapComparison]) -> bytes:
    from matplotlib import colormaps

    first = next(iter(maps.values()))
    shades, contrasts = (colormaps[name].resampled(LEVELS) for name in (COLOUR_MAP, DIFFERENCE_COLOUR_MAP))
    west, south, east, north = first.bounds_m
    side_in = 2.7
    size_in = (side_in, side_in * min(1.6, max(0.6, (north - south) / (east - west))) + 0.25)
    figure, axes = panels(2, len(maps), size_in=size_in)
    shown = {"extent": (west, east, south, north), "interpolation": "nearest"}
    for column, (name, manifold) in enumerate(maps.items()):
        above, below = axes[:, column]
        outdoor = manifold.dataset["outdoor"].values
        coverage = np.where(outdoor, manifold.coverage[0], np.nan)
        image = above.imshow(coverage, cmap=shades, vmin=0, vmax=1, **shown)
        above.set_title(METHOD_LABELS[name], fontsize=10, loc="left")
        if name in against:
            difference = below.imshow(against[name].difference.values, cmap=contrasts, vmin=-1, vmax=1, **shown)
            below.set_title(f"minus exact: mean size {against[name].mean[0]:.3f}", fontsize=9, loc="left")
        else:
            stations = manifold.scene.base_stations
            below.imshow(np.where(outdoor, np.nan, 0.55), cmap="gray", vmin=0, vmax=1, **shown)
            below.plot(stations.x_m, stations.y_m, "^", color="#e8343f", ms=4, mec="white", mew=0.4)
            below.set_title("buildings and stations", fontsize=9, loc="left")
        for panel in (above, below):
            panel.grid(False)
            panel.spines[:].set_visible(False)
            panel.set_facecolor(NO_DATA_COLOUR)
            panel.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect="equal")
    figure.colorbar(image, ax=axes[0, -1], label="P(SINR > 0 dB)", pad=0.02)
    figure.colorbar(difference, ax=axes[1, -1], label="method minus exact", pad=0.02)
    _scale(axes[1, 0], first.bounds_m)
    return png(figure, MAP_DOTS_PER_INCH)


def _scale(panel, bounds_m) -> None:
    west, _, east, _ = bounds_m
    length_m = max(step for step in (50, 100, 200, 500, 1000, 2000, 5000) if step <= max((east - west) / 3, 50))
    panel.plot(
        [0, length_m / (east - west)], [-0.04, -0.04], color="black", lw=2, transform=panel.transAxes, clip_on=False
    )
    words = {"transform": panel.transAxes, "fontsize": 8, "va": "center"}
    panel.text(length_m / (east - west) + 0.03, -0.04, f"{length_m:g} m", **words)
