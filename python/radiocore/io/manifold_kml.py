"""Coverage manifold -> KML: coverage in classes of 10 % as polygons, stations as placemarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SUFFIXES = (".kml",)
NEEDS_CRS = True

CLASSES = 10
OPACITY = 0.7
DEGREE_DECIMALS = 7
"""1e-7 degree is about 1 cm."""


def write(manifold, path: Path) -> None:
    """Write one folder for each threshold (the first one visible) and one for the stations, in WGS 84.

    Raises
    ------
    InputError
        The scene has no CRS, so the map has no place on the Earth.
    """
    from fastkml import KML, Data, Document, ExtendedData, Folder, Placemark
    from pygeoif import Point

    attributes = manifold.dataset.attrs
    document = Document(
        name=attributes["title"],
        description=attributes["attribution"] or None,
        styles=[_class_style(index) for index in range(CLASSES)] + [_station_style()],
        extended_data=ExtendedData(elements=[Data(name="provenance", value=attributes["provenance"])]),
    )
    layers = np.reshape(manifold.dataset["coverage"].values, (-1, *manifold.grid.shape))
    for layer, threshold_db in zip(layers, manifold.threshold_db, strict=True):
        shown = threshold_db == manifold.threshold_db[0]
        folder = Folder(name=f"P(SINR > {threshold_db:g} dB)", visibility=shown)
        for index, shape in _class_shapes(manifold, layer):
            name = f"{index * 100 // CLASSES} to {(index + 1) * 100 // CLASSES} %"
            folder.append(Placemark(name=name, visibility=shown, style_url=_link(f"class-{index}"), geometry=shape))
        document.append(folder)
    masts = Folder(name="Base stations")
    stations = manifold.scene.base_stations
    longitude, latitude = manifold.scene.frame.to_lonlat(stations.x_m, stations.y_m)
    for row in range(len(stations)):
        text = f"{stations.height_m[row]:g} m, {stations.power_dbm[row]:g} dBm {stations.carrier[row]}".rstrip()
        place = Point(round(float(longitude[row]), DEGREE_DECIMALS), round(float(latitude[row]), DEGREE_DECIMALS))
        name = str(stations.id[row]) or f"station {row}"
        masts.append(Placemark(name=name, description=text, style_url=_link("station"), geometry=place))
    document.append(masts)
    path.write_text(KML(features=[document]).to_string(prettyprint=False), encoding="utf-8")


def _class_shapes(manifold, coverage: np.ndarray):
    """(class, multipolygon in longitude and latitude) of each class that occurs."""
    import pygeoif
    import shapely
    from rasterio import Affine
    from rasterio.features import shapes

    def to_degrees(pairs_m: np.ndarray) -> np.ndarray:
        return np.round(np.column_stack(manifold.scene.frame.to_lonlat(*pairs_m.T)), DEGREE_DECIMALS)

    known = np.isfinite(coverage)
    # P = 1 belongs to the top class, which is closed on both sides.
    index = np.minimum(np.floor(np.where(known, coverage, 0.0) * CLASSES), CLASSES - 1).astype(np.uint8)
    (west, _, _, north), (dx, dy) = manifold.bounds_m, manifold.grid.resolution_m
    transform = Affine(dx, 0, west, 0, -dy, north)
    members: dict[int, list] = {}
    for polygon, value in shapes(index, mask=known, transform=transform):
        members.setdefault(int(value), []).append(shapely.geometry.shape(polygon))
    for value, polygons in sorted(members.items()):
        yield value, pygeoif.shape(shapely.transform(shapely.MultiPolygon(polygons), to_degrees))


def _class_style(index: int):
    from fastkml import PolyStyle, Style
    from matplotlib import colormaps

    from ..plot import COLOUR_MAP

    red, green, blue, _ = colormaps[COLOUR_MAP]((index + 0.5) / CLASSES, bytes=True)
    colour = f"{round(255 * OPACITY):02x}{blue:02x}{green:02x}{red:02x}"  # KML's order
    return Style(id=f"class-{index}", styles=[PolyStyle(color=colour, fill=True, outline=False)])


def _station_style():
    from fastkml import IconStyle, Style

    return Style(id="station", styles=[IconStyle(color="ffffffff", scale=0.8)])


def _link(style: str):
    from fastkml import StyleUrl

    return StyleUrl(url=f"#{style}")
