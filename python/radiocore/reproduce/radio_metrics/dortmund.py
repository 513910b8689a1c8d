"""Drive tests in and around Dortmund (Sliwa and Wietfeld): three operators, four areas, serving cells with places."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from ...buildings import Buildings
from ...measurements import Measurements
from ...measuring.association import CELLS_PER_SITE
from ...measuring.rssi import rssi_dbm_of
from ...measuring.tower_join import join_towers
from ...measuring.towers import Towers
from ...models.estimate import DEFAULT_BLOCKS, Estimate
from ...models.link_inputs import link_inputs
from ...scene import Scene
from .data_set import NEARBY, DataSet, cells_nearby

NAME = "dortmund"
FOLDER = "dortmund_multimno"
MEASUREMENTS, CELLS = "measurements.csv.gz", "cells_nolicence.csv"
MAST_M, EIRP_DBM = 30.0, 62.0
"""Assumed: 46 dBm from the amplifier, 16 dBi from the antenna."""


def load(folder: Path) -> DataSet:
    """Rows of known cell as they are, the few at the bottom of the scale among them."""
    measurements, towers = read(folder)
    joined = join_towers(measurements, towers, by=("network", "cell"))
    measurements = joined.measurements
    scene = Scene(replace(Buildings.from_polygons([], 0.0), frame=measurements.frame), joined.base_stations)
    operator = measurements.network
    site = np.array(
        [f"{name} {int(cell) // CELLS_PER_SITE}" for name, cell in zip(operator, measurements.cell, strict=True)]
    )
    inputs = link_inputs(measurements, scene, progress=False)
    estimate = Estimate.default(inputs)
    stations, serving = joined.base_stations, measurements.associated(scene).station
    nearby = cells_nearby(
        measurements,
        np.column_stack([stations.x_m, stations.y_m])[serving],
        np.column_stack(measurements.frame.from_lonlat(towers.longitude, towers.latitude)),
        towers.network,
    )
    columns = {
        "operator": operator,
        "site": site,
        "cell": np.char.add(np.char.add(operator, " "), measurements.cell),
        NEARBY: nearby,
    }
    notes = (
        measurements.report.notes[0],
        f"masts of {MAST_M:g} m and {EIRP_DBM:g} dBm EIRP assumed; RSSI from RSRP and RSRQ with {DEFAULT_BLOCKS} "
        "resource blocks, which shifts it by a constant",
        "the register lists the cells that phones of any area heard: a count of those nearby knows, of an area held "
        "out too, where its phones found a network, though not how well",
        str(estimate),
    )
    return DataSet(
        NAME,
        "Dortmund",
        measurements,
        scene,
        estimate.added_to(inputs).with_columns(columns),
        tower=np.unique(site, return_inverse=True)[1],
        is_indoors=np.zeros(len(measurements), dtype=bool),
        notes=notes,
    )


def read(folder: Path, scene: Scene | None = None) -> tuple[Measurements, Towers]:
    """The rows of known cell, and the register."""
    from pandas import read_csv

    rows = read_csv(folder / FOLDER / MEASUREMENTS).dropna(subset=["rsrp_dbm"])
    cells = read_csv(folder / FOLDER / CELLS)
    rows = rows.merge(cells, on=["mno", "eci"], suffixes=("", "_cell"), validate="many_to_one")
    measurements = Measurements.from_table(
        {
            **{name: rows[name] for name in ("lon", "lat", "rsrp_dbm", "rsrq_db")},
            "rssi_dbm": rssi_dbm_of(rows["rsrp_dbm"], rows["rsrq_db"], DEFAULT_BLOCKS),
            "time": rows["unix_s"],
            "frequency_mhz": rows["freq_mhz"],
            "area": rows["env"],
            "cell": _names(rows["eci"]),
        },
        scene=scene,
    )
    measurements = measurements.select(slice(None), network=rows["mno"].to_numpy(str))
    towers = Towers(
        cells["lon"],
        cells["lat"],
        network=cells["mno"].to_numpy(str),
        cell=_names(cells["eci"]),
        frequency_mhz=cells["freq_mhz"],
        height_m=MAST_M,
        power_dbm=EIRP_DBM,
        source=CELLS,
    )
    return measurements, towers


def _names(numbers) -> np.ndarray:
    return numbers.astype(int).astype(str).to_numpy(str)
