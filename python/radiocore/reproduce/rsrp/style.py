"""One colour a method in all pictures, safe for colour-blind eyes; the plain network is blue and the proposed one red,
as in the paper's Fig. 4."""

from __future__ import annotations

METHOD_COLOURS = {  # Okabe and Ito's palette
    "cell mean": "#999999",
    "empirical": "#E69F00",
    "MLP": "#0072B2",
    "boosting": "#009E73",
    "GP on residuals": "#CC79A7",
    "proposed": "#D55E00",
    "ours": "#000000",
}

SECTOR_COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F3C8D", "#8C564B", "#4D4D4D", "#B8B000",
)  # fmt: skip
LINE_OF_SIGHT_COLOURS = {True: "#E69F00", False: "#0072B2"}
BUILDING_COLOUR = "#d9d9d9"
