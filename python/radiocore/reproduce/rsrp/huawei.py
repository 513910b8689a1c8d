"""One cell of the Huawei Cup 2019's problem A, on a grid of 5 m with building heights and clutter."""

from __future__ import annotations

from pathlib import Path

from ...buildings import Buildings
from ...measurements import MeasurementReport, Measurements
from ...network import BaseStations
from ...scene import Scene
from .data_set import DataSet, cleaning_notes

NAME = "huawei"
FOLDER, FILE = "huawei2019_jeske", "cell_108401.csv"
FILES = (FILE,)
FEATURES = {"altitude_m": "Altitude", "building_height_m": "Building Height", "clutter_index": "Clutter Index"}


def load(folder: Path) -> DataSet:
    """All rows, in metres from the mast; Hampel's rule would leave out the ends of the roads."""
    from pandas import read_csv

    rows = read_csv(folder / FOLDER / FILE)
    cell = rows.iloc[0]
    station = BaseStations(
        x_m=0.0,
        y_m=0.0,
        height_m=float(cell["Height"]),
        id=str(int(cell["Cell Index"])),
        azimuth_deg=float(cell["Azimuth"]),
        frequency_mhz=float(cell["Frequency Band"]),
    )
    measurements = Measurements(
        x_m=(rows["X"] - cell["Cell X"]).to_numpy(float),
        y_m=(rows["Y"] - cell["Cell Y"]).to_numpy(float),
        rsrp_dbm=rows["RSRP"].to_numpy(float),
        cell=rows["Cell Index"].to_numpy(str),
        sector="A",
        features={name: rows[column].to_numpy(float) for name, column in FEATURES.items()},
        report=MeasurementReport(FILE, "CSV", len(rows)),
    ).cleaned(hampel=None)
    notes = (
        *cleaning_notes(measurements),
        "one cell, a place that is not told; altitude, building height and clutter of each point are features; no "
        "outlines of buildings, so no images",
    )
    scene = Scene(Buildings.from_polygons([], 0.0), station)
    return DataSet(NAME, "Huawei", measurements, scene, notes=notes)
