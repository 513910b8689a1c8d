"""Fig. 2: links over buildings, as a picture and as KML; and what exact features do for the estimate."""

from __future__ import annotations

import numpy as np

from ...models.estimate import Estimate
from ...models.inputs import Inputs
from ...propagation.cost231_hata import Cost231Hata
from ...propagation.crc_mlpl import CrcMlpl
from ..figure import Figure, Table
from ..style import label, legend_below, panels, png
from .links_kml import links_kml
from .places import Place, places
from .study import Study
from .style import BLOCKED_COLOUR, BUILDING_COLOUR, SEEN_COLOUR

NAME = "figure_2"
TITLE = "Fig. 2. Links over buildings"
PAPER = "Links in line of sight are green and blocked ones red, in Google Earth."
WEIGHTS = ("crc_mlpl", "crc_mlpl_weights.json")


def make(study: Study) -> Figure:
    """The features of each place's links, and how far beta is off with and without them."""
    found = places(study.data_sets[0], study.data, study.settings, study.seed)
    summary, estimates, files = [], [], {}
    for place in found:
        inputs = place.inputs
        indoors = inputs["building_penetration_length_m"] > 0
        summary.append(
            (
                place.title,
                len(inputs),
                float(place.is_los.mean()),
                float(indoors.mean()),
                float(inputs["total_obstruction_length_3d_m"].mean()),
                float(inputs["building_intersection_count_3d"].mean()),
                float(inputs["building_penetration_length_m"][indoors].mean()) if indoors.any() else 0.0,
            )
        )
        estimates += [(place.title, *row) for row in _estimates(place, study)]
        rows = _drawn(place, study)
        words = [_words(inputs, row) for row in rows]
        title = f"{place.title}. {place.attribution}".strip(" .")
        ends = place.transmitter_m[rows], place.receiver_m[rows]
        files[f"links_{place.name}.kml"] = links_kml(place.scene.frame, *ends, place.is_los[rows], words, title)
    columns = (
        "place", "links", "share in line of sight", "share indoors", "mean length in buildings, m",
        "mean number of buildings", "mean depth indoors, m",
    )  # fmt: skip
    told = ("place", "path loss", "median beta, dBm", "RMSE, dB", "bias, dB", "RMSE less bias, dB")
    finding = (
        f"{', '.join(files)} hold up to {study.settings.links:,} links each, at their heights. Features are exact, of "
        "the straight link through the prisms of the map. The second table is beta alone: its bias hangs on the "
        "transmit power, which is assumed where it is measured, so the last column tells what the model is worth."
    )
    tables = (Table(f"{NAME}_features", columns, tuple(summary)), Table(f"{NAME}_beta", told, tuple(estimates)))
    return Figure(NAME, TITLE, PAPER, finding, tables, _picture(found, study), attachments=files)


def _estimates(place: Place, study: Study):
    kinds = {"TR 38.901 UMa, exact line of sight": Estimate.default(place.inputs)}
    kinds["COST-231 Hata, no buildings"] = Estimate(Cost231Hata(extrapolate=True))
    if study.data is not None and (study.data.joinpath(*WEIGHTS)).is_file():
        kinds["CRC-MLPL, exact obstruction (the paper's)"] = Estimate(
            CrcMlpl(study.data.joinpath(*WEIGHTS), extrapolate=True)
        )
    for name, estimate in kinds.items():
        beta_dbm = estimate.beta_dbm(place.inputs)
        if place.rsrp_dbm is None:
            yield name, float(np.median(beta_dbm)), None, None, None
        else:
            error_db = beta_dbm - place.rsrp_dbm
            rmse_db = float(np.sqrt(np.mean(error_db**2)))
            yield name, float(np.median(beta_dbm)), rmse_db, float(error_db.mean()), float(error_db.std())


def _drawn(place: Place, study: Study) -> np.ndarray:
    number = len(place.inputs)
    return np.sort(np.random.default_rng(study.seed).permutation(number)[: study.settings.links])


def _words(inputs: Inputs, row: int) -> str:
    return (
        f"{1000 * inputs['distance_to_transmitter_km'][row]:.0f} m, "
        f"{inputs['building_intersection_count_3d'][row]:.0f} buildings, "
        f"{inputs['total_obstruction_length_3d_m'][row]:.1f} m inside them"
    )


def _picture(found: tuple[Place, ...], study: Study) -> bytes:
    figure, axes = panels(1, len(found), size_in=(4.6, 4.4))
    for panel, place in zip(axes[0], found, strict=True):
        _draw(panel, place, _drawn(place, study))
    legend_below(figure, axes[0, 0])
    return png(figure)


def _draw(panel, place: Place, rows: np.ndarray) -> None:
    from matplotlib.collections import LineCollection, PathCollection
    from matplotlib.path import Path

    ends_m = np.stack([place.transmitter_m[rows, :2], place.receiver_m[rows, :2]], axis=1)
    low, high = ends_m.min(axis=(0, 1)), ends_m.max(axis=(0, 1))
    outlines = []
    for outline in place.scene.buildings.footprints:
        for part in getattr(outline, "geoms", [outline]):
            ring = np.asarray(part.exterior.coords)
            if (ring.max(axis=0) >= low).all() and (ring.min(axis=0) <= high).all():
                outlines.append(Path(ring, closed=True))
    panel.add_collection(PathCollection(outlines, facecolors=BUILDING_COLOUR, edgecolors="none", zorder=0))
    for seen, colour, name in ((False, BLOCKED_COLOUR, "blocked"), (True, SEEN_COLOUR, "in line of sight")):
        own = place.is_los[rows] == seen
        panel.add_collection(LineCollection(ends_m[own], colors=colour, lw=0.4, alpha=0.6, label=name))
    panel.plot(*np.unique(ends_m[:, 0], axis=0).T, "^", color="black", ms=4, label="cells", zorder=4)
    panel.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]))
    panel.set_aspect("equal")
    label(panel, place.title, xlabel="east, m", ylabel="north, m")
