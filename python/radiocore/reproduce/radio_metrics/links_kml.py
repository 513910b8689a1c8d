"""Links as a KML file: those in line of sight green, blocked ones red."""

from __future__ import annotations

import numpy as np

from ...frame import LocalFrame

DEGREE_DECIMALS = 7
STYLES = {True: ("line of sight", "ff00a000"), False: ("blocked", "ff0000e0")}
"""Names, and colours in KML's order: opacity, blue, green, red."""
WIDTH = 1.5


def links_kml(
    frame: LocalFrame,
    transmitter_m: np.ndarray,
    receiver_m: np.ndarray,
    is_los: np.ndarray,
    words: list[str],
    title: str,
) -> bytes:
    """One folder for each kind, with a line a link, at its heights above ground.

    Parameters
    ----------
    frame : with a CRS
    transmitter_m, receiver_m : (N, 3) scene metres, height above ground
    is_los : (N,) bool
    words : (N,) description of each
    title : of the document, with the attribution of its data
    """
    from fastkml import KML, Document, Folder, LineStyle, Placemark, Style, StyleUrl
    from fastkml.enums import AltitudeMode
    from fastkml.geometry import LineString
    from pygeoif import LineString as Line

    ends = []
    for end_m in (transmitter_m, receiver_m):
        degrees = np.round(np.column_stack(frame.to_lonlat(end_m[:, 0], end_m[:, 1])), DEGREE_DECIMALS)
        ends.append(np.column_stack([degrees, np.round(end_m[:, 2], 2)]).tolist())
    document = Document(
        name=title,
        styles=[
            Style(id=name.replace(" ", "-"), styles=[LineStyle(color=colour, width=WIDTH)])
            for name, colour in STYLES.values()
        ],
    )
    for seen, (name, _) in STYLES.items():
        folder = Folder(name=name)
        for row in np.flatnonzero(is_los == seen):
            line = LineString(
                geometry=Line([tuple(ends[0][row]), tuple(ends[1][row])]),
                altitude_mode=AltitudeMode.relative_to_ground,
            )
            style = StyleUrl(url=f"#{name.replace(' ', '-')}")
            folder.append(Placemark(name=f"link {row}", description=words[row], style_url=style, kml_geometry=line))
        document.append(folder)
    return KML(features=[document]).to_string(prettyprint=False).encode()
