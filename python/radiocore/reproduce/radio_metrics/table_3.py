"""Table III: the data."""

from __future__ import annotations

import numpy as np

from ..figure import Figure, Table
from .study import Study

NAME = "table_3"
TITLE = "Table III. The data"
PAPER = (
    "210,944 rows to train and 101,963 to validate in Toronto; blind 1,293 in one geohash6 cell there, 165,613 in "
    "Montreal and 198,075 in Vancouver. They are closed."
)


def make(study: Study) -> Figure:
    """Rows outdoors and indoors of each area; each is blind in turn."""
    rows = []
    for data_set in study.data_sets:
        area, inside = data_set.measurements.area, data_set.is_indoors
        for name in data_set.areas:
            own = area == name
            cells = len(np.unique(data_set.inputs["cell"][own]))
            towers = data_set.tower[own]
            shared = float(np.isin(towers, data_set.tower[~own]).mean())
            counts = int(own.sum()), int((own & ~inside).sum()), int((own & inside).sum())
            rows.append((data_set.title, name, *counts, cells, len(np.unique(towers)), shared))
    columns = ("data", "area", "rows", "outdoors", "indoors", "cells", "masts", "share on masts of other areas")
    notes = "; ".join(f"{data_set.title}: {'; '.join(data_set.notes)}" for data_set in study.data_sets)
    finding = (
        f"Each area or city is blind in turn, and models learn from the others. {notes}. Where many rows are of masts "
        "that other areas hear too, leaving an area out says less than it seems: the strict split leaves those masts "
        "out with it."
    )
    return Figure(NAME, TITLE, PAPER, finding, (Table(NAME, columns, tuple(rows)),))
