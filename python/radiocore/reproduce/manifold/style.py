"""One colour a method and a city in all pictures, safe for colour-blind eyes."""

from __future__ import annotations

METHOD_COLOURS = {  # Okabe and Ito's palette
    "exact": "#000000",
    "traditional": "#E69F00",
    "accelerated": "#0072B2",
    "stochastic-geometry": "#D55E00",
    "learned": "#009E73",
    "convolutional": "#CC79A7",
}
METHOD_LABELS = {name: name.replace("-", " ") for name in METHOD_COLOURS}

TOWN_STYLES = (  # colours from cividis, light to dark, each with a mark of its own
    {"color": "#cab969", "marker": "o"},
    {"color": "#8e8b78", "marker": "s"},
    {"color": "#5d6a83", "marker": "^"},
    {"color": "#00224e", "marker": "D"},
    {"color": "#8c1d40", "marker": "v"},
)
