"""Fig. 3: what is held out, on the map."""

from __future__ import annotations

import numpy as np

from ...errors import InputError
from ...evaluation.geohash_split import BLIND, LEFT_OUT, TRAIN, VALIDATION, geohash_cells, three_way
from ..figure import Figure, Table
from ..style import label, legend, panels, png
from .data_set import DataSet
from .study import Study
from .style import AREA_COLOURS

NAME = "figure_3"
TITLE = "Fig. 3. What is held out, on the map"
PAPER = "Toronto is split along three roads: 67.4 % to train, 32.6 % to validate, by geohash6 cells, one cell blind."
PARTS = {TRAIN: ("train", "#0072B2"), VALIDATION: ("validate", "#E69F00"), BLIND: ("blind", "#D55E00")}
LEFT = ("left out, on masts of other parts", "0.8")


def make(study: Study) -> Figure:
    """Areas that are blind in turn; and the paper's own way, whole geohash6 cells, with masts kept apart."""
    rows, told = [], []
    for data_set in study.data_sets:
        part = _parts(data_set, study.seed)
        for name in data_set.areas:
            rows.append((data_set.title, "areas", name, int((data_set.measurements.area == name).sum())))
        if part is not None:
            named = {LEFT_OUT: LEFT[0]} | {number: word for number, (word, _) in PARTS.items()}
            rows += [
                (data_set.title, "geohash6 cells", word, int((part == number).sum())) for number, word in named.items()
            ]
            told.append(f"{data_set.title} {np.mean(part == LEFT_OUT):.0%}")
    finding = (
        "Left, areas or cities, each blind in turn while models learn from the others: what all tables here are made "
        "with. Right, the paper's way: whole geohash6 cells to train, to validate and one blind. Kept honest, it costs "
        f"rows, as masts serve several cells: left out {', '.join(told) or 'nowhere'}."
    )
    table = Table(NAME, ("data", "split", "part", "rows"), tuple(rows))
    return Figure(NAME, TITLE, PAPER, finding, (table,), _picture(study))


def _parts(data_set: DataSet, seed: int) -> np.ndarray | None:
    """(N,) part of each row; None where the rows lie in too few cells."""
    measurements = data_set.measurements
    cells = geohash_cells(measurements.frame, measurements.x_m, measurements.y_m)
    try:
        return three_way(cells, seed=seed, apart=data_set.tower).part
    except InputError:
        return None


def _picture(study: Study) -> bytes:
    figure, axes = panels(len(study.data_sets), 2, size_in=(5.0, 3.4))
    for line, data_set in zip(axes, study.data_sets, strict=True):
        places_km, squeezed = _places_km(data_set)
        area = data_set.measurements.area
        for name, colour in zip(data_set.areas, AREA_COLOURS, strict=False):
            _dots(line[0], places_km[area == name], colour, name)
        part = _parts(data_set, study.seed)
        for number, (word, colour) in {LEFT_OUT: LEFT, **PARTS}.items():
            if part is not None:
                _dots(line[1], places_km[part == number], colour, word)
        note = " (distances between cities cut)" if squeezed else ""
        for panel, title in zip(line, ("areas" + note, "geohash6 cells"), strict=True):
            label(panel, f"{data_set.title}: {title}", xlabel="east, km", ylabel="north, km")
            panel.set_aspect("equal", adjustable="datalim")
            if panel.lines:
                legend(panel, markerscale=5, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return png(figure)


def _dots(panel, places_km: np.ndarray, colour: str, name: str) -> None:
    panel.plot(*places_km.T, ".", ms=1.2, color=colour, label=name, rasterized=True)


def _places_km(data_set: DataSet) -> tuple[np.ndarray, bool]:
    """(N, 2) places; cities that lie far apart are moved side by side."""
    measurements = data_set.measurements
    places_km = np.column_stack([measurements.x_m, measurements.y_m]) / 1000
    if data_set.is_real:
        return places_km, False
    shifted, east = places_km.copy(), 0.0
    for name in data_set.areas:
        own = measurements.area == name
        corner = places_km[own].min(axis=0)
        shifted[own] = places_km[own] - corner + (east, 0.0)
        east += np.ptp(places_km[own, 0]) * 1.15
    return shifted, True
