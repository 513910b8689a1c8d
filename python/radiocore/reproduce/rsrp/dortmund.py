"""Drive tests on the campus of TU Dortmund (Sliwa and Wietfeld), with the buildings of OpenStreetMap."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...buildings import Buildings
from ...foliage import Foliage
from ...measurements import Measurements
from ...network import BaseStations
from ...scene import Scene
from .data_set import DataSet, cleaning_notes

NAME = "dortmund"
FOLDER = "dortmund_multimno"
FILES = MEASUREMENTS, CELLS, MAP = "measurements.csv.gz", "cells_nolicence.csv", "tudo_campus_2018.osm.gz"
BOX_DEG = (7.4020, 51.4886, 7.4211, 51.4949)
"""West, south, east, north of the map."""
FEWEST_ROWS = 50
"""A cell with fewer cannot be judged on its own."""


def load(folder: Path) -> DataSet:
    """Rows of which the phone and the serving cell both stand on the map; a cell counts as a sector."""
    from pandas import read_csv

    rows = read_csv(folder / FOLDER / MEASUREMENTS).dropna(subset=["rsrp_dbm"])
    cells = read_csv(folder / FOLDER / CELLS)
    rows = rows.merge(cells, on=["mno", "eci"], suffixes=("", "_cell"), validate="many_to_one")
    on_map = _in_box(rows["lon"], rows["lat"]) & _in_box(rows["lon_cell"], rows["lat_cell"])
    rows, found = rows[on_map].reset_index(drop=True), int(on_map.sum())
    sites = rows.drop_duplicates(["mno", "enb"]).sort_values(["mno", "enb"])

    town = Buildings.read(folder / FOLDER / MAP)
    x_m, y_m = town.frame.from_lonlat(sites["lon_cell"], sites["lat_cell"])
    stations = BaseStations(
        x_m=x_m,
        y_m=y_m,
        id=[f"eNB {site:.0f}" for site in sites["enb"]],
        carrier=sites["mno"].to_numpy(str),
        frame=town.frame,
    )
    scene = Scene(town, stations)
    table = {
        **{name: rows[name] for name in ("lon", "lat", "rsrp_dbm")},
        "time": rows["unix_s"],
        "frequency_mhz": rows["freq_mhz"],
        "carrier": rows["mno"],
        "cell": rows["eci"].astype(int).astype(str),
        "sector": [f"{row.mno} {row.enb:.0f}/{row.local_cell:.0f}" for row in rows.itertuples()],
    }
    measurements = Measurements.from_table(table, scene=scene).cleaned(scene)
    names, of_row = np.unique(measurements.cell, return_inverse=True)
    enough = (np.bincount(of_row) >= FEWEST_ROWS)[of_row]
    notes = (
        f"{found:,} rows of which phone and cell stand on the map",
        *cleaning_notes(measurements),
        f"{int((~enough).sum()):,} rows of cells with fewer than {FEWEST_ROWS} left out",
        "cells stand for sectors, named operator, eNB and cell; heights of most buildings and all masts are imputed",
    )
    foliage = Foliage.read(folder / FOLDER / MAP, town.frame)
    return DataSet(NAME, "Dortmund campus", measurements.select(enough), scene, foliage, notes=notes)


def _in_box(longitude, latitude):
    west, south, east, north = BOX_DEG
    return longitude.between(west, east) & latitude.between(south, north)
