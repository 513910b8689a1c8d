"""Drive tests around one site at DTU, Lyngby, in two bands (Thrane, Zibar and Christiansen)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ...buildings import Buildings
from ...frame import LocalFrame
from ...measurements import Measurements
from ...network import BaseStations
from ...scene import Scene
from .data_set import DataSet, cleaning_notes

NAME = "dtu"
FOLDER, FILE = "dtu_rsrp", "dtu_rsrp.csv.gz"
FILES = (FILE,)
SITE_DEG = (12.523481, 55.7846702)
"""Longitude and latitude of the mast."""


def load(folder: Path) -> DataSet:
    """All rows but repeated ones; a physical cell id counts as a sector, and no map of buildings is at hand."""
    from pandas import read_csv

    rows = read_csv(folder / FOLDER / FILE)
    bounds_deg = (rows["lon"].min(), rows["lat"].min(), rows["lon"].max(), rows["lat"].max())
    frame = LocalFrame.around("EPSG:4326", bounds_deg)
    x_m, y_m = (float(value) for value in frame.from_lonlat(*SITE_DEG))
    cells = rows.drop_duplicates("pci").sort_values("pci")
    stations = BaseStations(
        x_m=np.full(len(cells), x_m),
        y_m=np.full(len(cells), y_m),
        id=cells["pci"].to_numpy(str),
        carrier=cells["pci"].to_numpy(str),  # two of one band and unknown direction stand in one place
        frequency_mhz=cells["freq_mhz"].to_numpy(float),
        frame=frame,
    )
    scene = Scene(replace(Buildings.from_polygons([], 0.0), frame=frame), stations)
    table = {name: rows[name] for name in ("lon", "lat", "rsrp_dbm", "freq_mhz")}
    table |= {"cell": rows["pci"].astype(str), "sector": rows["pci"].astype(str)}
    # A scanner's: it measures below the range that phones report.
    measurements = Measurements.from_table(table, scene=scene).cleaned(sentinel_dbm=None)
    notes = (
        *cleaning_notes(measurements),
        "physical cell ids stand for sectors (64 and 65 at 811 MHz, 302 at 2630 MHz); the time is not told",
    )
    return DataSet(NAME, "DTU", measurements, scene, notes=notes)
