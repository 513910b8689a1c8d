"""A small invented map for tests: 6 x 4 cells of 10 m in UTM zone 10 N, one building with a courtyard."""

from __future__ import annotations

import numpy as np

from radiocore.buildings import BuildingReport, Buildings
from radiocore.channel import Channel
from radiocore.frame import LocalFrame
from radiocore.grid import ReceiverGrid
from radiocore.manifold import CoverageManifold
from radiocore.network import BaseStations, StationReport
from radiocore.scene import Scene

ORIGIN_X_M, ORIGIN_Y_M = 482_000.0, 5_456_000.0
BOUNDS_M = (0.0, 0.0, 60.0, 40.0)
CELLS = 24
INDOOR_CELL = 8
"""Second row from the south, third column: the cell centre (25, 15) m is in the building."""


def frame(crs: str | None = "EPSG:32610") -> LocalFrame:
    if crs is None:
        return LocalFrame()
    from pyproj import CRS

    return LocalFrame(CRS.from_user_input(crs).to_wkt(), crs, ORIGIN_X_M, ORIGIN_Y_M)


def scene(crs: str | None = "EPSG:32610", carriers=("", "", "")) -> Scene:
    outer = [(20, 10), (30, 10), (30, 20), (20, 20)]
    courtyard = [(28, 18), (29, 18), (29, 19), (28, 19)]
    town = Buildings(
        vertices_mm=np.array(outer + courtyard, dtype=np.int64) * 1000,
        ring_start=np.array([0, 4, 8]),
        prism_ring_start=np.array([0, 2]),
        base_mm=np.array([0]),
        roof_mm=np.array([12_000]),
        prism_building=np.array([0], dtype=np.int32),
        ids=np.array(["hall"]),
        height_source=np.array(["height"]),
        frame=frame(crs),
        report=BuildingReport(attribution="Buildings: the town"),
    )
    network = BaseStations(
        x_m=[5.0, 55.0, 90.0],
        y_m=[5.0, 35.0, 20.0],
        id=["west", "east", "far"],
        carrier=carriers,
        frame=frame(crs),
        report=StationReport(attribution="Stations: the operator"),
    )
    return Scene(town, network, receiver_bounds_m=BOUNDS_M)


def ramp(thresholds: int = 1) -> np.ndarray:
    """(T, 24) coverage that grows from 0 in the south-west to 1 in the north-east; halved with each threshold."""
    return np.linspace(0.0, 1.0, CELLS) * 0.5 ** np.arange(thresholds)[:, None]


def coverage_map(*, crs="EPSG:32610", threshold_db=(0.0,), indoor="blocked", sampled=False, carriers=None, **changes):
    town = scene(crs, carriers or ("", "", ""))
    grid = ReceiverGrid.covering(BOUNDS_M, 10.0, indoor=indoor)
    columns = {
        "coverage": ramp(len(threshold_db)),
        "standard_error": np.full((len(threshold_db), CELLS), 0.01) if sampled else None,
        "server": np.where(np.arange(CELLS) == 0, -1, np.arange(CELLS) % 2).astype(np.int32),
        "server_power_mw": np.where(np.arange(CELLS) == 0, 0.0, 10.0 ** -(5 + np.arange(CELLS) / 10)),
        "server_los": np.arange(CELLS) % 3 == 0,
        "inside": np.arange(CELLS) == INDOOR_CELL,
        "provenance": {"version": "1.2.3", "method": "exact", "seed": 7, "noise_dbm": -np.inf, "draws": np.int64(5)},
        "resimulate": lambda changed: coverage_map(crs=changed.frame.crs),
        **changes,
    }
    return CoverageManifold.assemble(town, grid, Channel(), threshold_db=threshold_db, **columns)
