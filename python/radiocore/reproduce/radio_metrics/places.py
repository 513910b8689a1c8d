"""Links in places whose buildings are known, for the features' sake: made up, measured, and of a register alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...buildings import Buildings
from ...frame import LocalFrame
from ...measurements import Measurements, Points
from ...measuring.crowd import FLOOR_M, PHONE_M
from ...measuring.towers import Towers
from ...models.inputs import Inputs
from ...models.link_inputs import link_inputs
from ...scene import Scene
from . import dortmund, made_up
from .data_set import DataSet
from .settings import Settings

CAMPUS_BOX_DEG = (7.4020, 51.4886, 7.4211, 51.4949)
"""West, south, east, north of the map of the campus of TU Dortmund."""
CAMPUS_MAP = "tudo_campus_2018.osm.gz"
UBC_FOLDER, UBC_FILE = "ubc_vancouver_buildings", "ubcv_buildings.geojson.gz"
CELLS_FOLDER, CELLS_FILE = "opencellid_canada", "opencellid_302_2026-01.csv.gz"
UBC_FREQUENCY_MHZ, UBC_EIRP_DBM, UBC_MAST_M = 2130.0, 60.0, 30.0
"""Assumed: the register tells neither."""
MARGIN_M = 500.0


@dataclass(frozen=True, eq=False)
class Place:
    """N links.

    Attributes
    ----------
    name, title : of files, and in texts
    scene : stations and buildings
    transmitter_m, receiver_m : (N, 3) scene metres, height above ground
    inputs : what is known of them
    rsrp_dbm : (N,) measured; None: nothing was
    """

    name: str
    title: str
    scene: Scene
    transmitter_m: np.ndarray
    receiver_m: np.ndarray
    inputs: Inputs
    rsrp_dbm: np.ndarray | None = None

    @property
    def is_los(self) -> np.ndarray:
        """(N,) bool."""
        return self.inputs["line_of_sight"] != 0

    @property
    def attribution(self) -> str:
        """Of the map."""
        return self.scene.buildings.report.attribution


def places(made_up_set: DataSet, data: Path | None, settings: Settings, seed: int) -> tuple[Place, ...]:
    """A made-up city; with public data the campus of Dortmund and that of the University of British Columbia."""
    found = [_city(made_up_set)]
    if data is not None:
        found += [_campus(data), _ubc(data, settings, seed)]
    return tuple(found)


def _city(data_set: DataSet) -> Place:
    name = data_set.areas[-1]
    own = data_set.measurements.area == name
    return _place(made_up.NAME, f"{name} (made up)", data_set.scene, data_set.measurements.select(own), measured=True)


def _campus(data: Path) -> Place:
    """Rows of which phone and mast both stand on the map."""
    town = Buildings.read(data / dortmund.FOLDER / CAMPUS_MAP)
    rows, towers = dortmund.read(data, Scene(town, _nobody(town.frame)))
    west, south, east, north = CAMPUS_BOX_DEG

    def is_inside(longitude, latitude) -> np.ndarray:
        return (west <= longitude) & (longitude <= east) & (south <= latitude) & (latitude <= north)

    on_map = np.flatnonzero(is_inside(towers.longitude, towers.latitude))
    names = set(zip(towers.network[on_map], towers.cell[on_map], strict=True))
    of_them = np.array([pair in names for pair in zip(rows.network, rows.cell, strict=True)])
    rows = rows.select(of_them & is_inside(*town.frame.to_lonlat(rows.x_m, rows.y_m)))
    carrier = np.array([f"{network} {cell}" for network, cell in zip(rows.network, rows.cell, strict=True)])
    scene = Scene(town, towers.base_stations(on_map, town.frame))
    return _place("campus", "campus of TU Dortmund", scene, rows.select(slice(None), carrier=carrier), measured=True)


def _ubc(data: Path, settings: Settings, seed: int) -> Place:
    """Places drawn on the campus, those in buildings on a floor, each with the nearest cell of the register."""
    town = Buildings.read(data / UBC_FOLDER / UBC_FILE, height_column="BLDG_HEIGHT")
    towers = Towers.read(data / CELLS_FOLDER / CELLS_FILE)
    west, south, east, north = town.bounds_m
    x_m, y_m = town.frame.from_lonlat(towers.longitude, towers.latitude)
    near = (west - MARGIN_M <= x_m) & (x_m <= east + MARGIN_M) & (south - MARGIN_M <= y_m) & (y_m <= north + MARGIN_M)
    masts = towers.base_stations(np.flatnonzero(near), town.frame)
    masts = replace(
        masts, height_m=UBC_MAST_M, power_dbm=UBC_EIRP_DBM, frequency_mhz=UBC_FREQUENCY_MHZ, azimuth_deg=np.nan
    )
    scene = Scene(town, masts)
    rng = np.random.default_rng(seed)
    at_m = np.round(rng.uniform((west, south), (east, north), (settings.links, 2)), 3)
    at_mm = np.column_stack([np.round(at_m * 1000), np.full(len(at_m), 1000 * PHONE_M)]).astype(np.int64)
    around = np.asarray(scene.city.buildings_at(at_mm, False, 0)).astype(np.int64)
    levels = np.where(around >= 0, np.maximum(town.height_m[around] // FLOOR_M, 1), 1)
    height_m = PHONE_M + FLOOR_M * np.floor(rng.random(len(at_m)) * levels)
    nearest = np.argmin(np.hypot(*(at_m[:, None] - np.column_stack([masts.x_m, masts.y_m])).transpose(2, 0, 1)), axis=1)
    points = Points(
        x_m=at_m[:, 0],
        y_m=at_m[:, 1],
        cell=masts.id[nearest],
        carrier=masts.carrier[nearest],
        features={"ue_altitude_ag_m": height_m},
        frame=town.frame,
    )
    return _place("ubc", "campus of UBC, Vancouver (cells of OpenCelliD)", scene, points, measured=False)


def _place(name: str, title: str, scene: Scene, measurements: Measurements, *, measured: bool) -> Place:
    inputs = link_inputs(measurements, scene, progress=False)
    stations, row = scene.base_stations, measurements.associated(scene).station
    transmitter_m = np.column_stack([stations.x_m[row], stations.y_m[row], stations.height_m[row]])
    receiver_m = np.column_stack([measurements.x_m, measurements.y_m, inputs["ue_altitude_ag_m"]])
    level = measurements.rsrp_dbm if measured else None
    return Place(name, title, scene, transmitter_m, receiver_m, inputs, level)


def _nobody(frame: LocalFrame):
    from ...network import BaseStations

    return BaseStations(x_m=[], y_m=[], frame=frame)
