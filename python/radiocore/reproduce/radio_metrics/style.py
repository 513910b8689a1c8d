"""One colour a meaning in all pictures, safe for colour-blind eyes; the densities have the paper's colours."""

from __future__ import annotations

MEASURED, ESTIMATED, PREDICTED = "#0072B2", "#009E73", "#D55E00"
METHOD_COLOURS = {  # Okabe and Ito's palette
    "plain mean": "#999999",
    "least squares": "#E69F00",
    "beta alone": "#009E73",
    "correction network": "#D55E00",
    "corrected line": "#CC79A7",
    "mixed effects": "#56B4E9",
    "boosting": "#0072B2",
    "ours": "#000000",
}
SEEN_COLOUR, BLOCKED_COLOUR = "#008000", "#d00000"
"""Line of sight is green and blocked links are red, as in the paper's Fig. 2."""
BUILDING_COLOUR = "#d9d9d9"
AREA_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
