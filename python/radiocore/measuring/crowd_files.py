"""A made-up crowd as files, as a user has them: measurements, cells and buildings in longitude and latitude."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from ..errors import InputError, nearest_name
from ..io.atomic import atomic_path
from ..measurements import Measurements
from ..scene import Scene
from .crowd import Crowd

CELLS, BUILDINGS = "crowd_cells.csv", "crowd_buildings.geojson"
DIGITS = 8
"""Of degrees: a millimetre."""


def write_crowd(made: Crowd, scene: Scene, blind: str, folder: str | Path) -> list[Path]:
    """Write what a crowd measured, and the scene around it.

    Parameters
    ----------
    made : Crowd
    scene : Scene of its cities
    blind : area that goes into a file of its own, ``crowd_blind.csv``, as no model shall see it; the others go into
        ``crowd.csv``
    folder : of the files, with ``crowd_cells.csv`` and ``crowd_buildings.geojson``; it exists

    Returns
    -------
    list of Path

    Raises
    ------
    InputError
        A file cannot be written, or nothing was measured in such an area.
    """
    areas = np.unique(made.measurements.area).tolist()
    if blind not in areas:
        raise InputError(f"blind: {blind!r} is not one of {', '.join(areas)}{nearest_name(blind, areas)}")
    held_out = made.measurements.area == blind
    contents = {
        "crowd.csv": _measurements(made.measurements.select(~held_out)),
        "crowd_blind.csv": _measurements(made.measurements.select(held_out)),
        CELLS: _cells(scene),
        BUILDINGS: _buildings(scene),
    }
    paths = [Path(folder) / name for name in contents]
    for path, content in zip(paths, contents.values(), strict=True):
        with atomic_path(path) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return paths


def _measurements(measurements: Measurements) -> str:
    longitude, latitude = measurements.frame.to_lonlat(measurements.x_m, measurements.y_m)
    table = measurements.to_table().drop(columns=["x_m", "y_m"])
    table.insert(0, "lon", longitude.round(DIGITS))
    table.insert(1, "lat", latitude.round(DIGITS))
    levels = {name: table[name].round(2) for name in ("rsrp_dbm", "rsrq_db", "rssi_dbm")}
    return table.assign(**levels).to_csv(index=False, lineterminator="\n")


def _cells(scene: Scene) -> str:
    import pandas

    stations = scene.base_stations
    longitude, latitude = stations.frame.to_lonlat(stations.x_m, stations.y_m)
    columns = {name: getattr(stations, name) for name in ("id", "carrier", "height_m", "power_dbm", "frequency_mhz")}
    places = {"lon": longitude.round(DIGITS), "lat": latitude.round(DIGITS)}
    return pandas.DataFrame(columns | places).to_csv(index=False, lineterminator="\n")


def _buildings(scene: Scene) -> str:
    import shapely

    town = scene.buildings

    def in_degrees(at_m: np.ndarray) -> np.ndarray:
        return np.stack(scene.frame.to_lonlat(*at_m.T), axis=1).round(DIGITS)

    outlines = shapely.transform(town.footprints, in_degrees)
    features = [
        {"type": "Feature", "properties": {"height": float(height)}, "geometry": shapely.geometry.mapping(outline)}
        for outline, height in zip(outlines, town.height_m, strict=True)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}) + "\n"
