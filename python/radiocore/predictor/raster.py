"""A map of the level of the best cell, out of a predictor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..frame import LocalFrame, moved
from ..grid import ReceiverGrid
from ..measurements import NO_MONTH, MeasurementReport, Points
from ..progress import progress_bar
from ..scene import Scene
from ..units import MM_PER_M
from . import REACH_M, RsrpPredictor
from .map_dataset import map_dataset

if TYPE_CHECKING:
    import xarray

AT_ONCE = 1 << 16
"""Receivers of a cell that are predicted together."""

SHORTLIST = 3
"""Cells whose images are drawn at a receiver, where the model uses images."""


def predicted_map(
    predictor: RsrpPredictor,
    grid: ReceiverGrid,
    *,
    scene: Scene | None = None,
    month: int | None = None,
    progress: bool | None = None,
) -> xarray.Dataset:
    """Mean and standard deviation of the RSRP of the cell with the highest mean.

    Parameters
    ----------
    predictor : RsrpPredictor
        Bound to cells, each counts up to 100 m around its measurements, and no nearer to its mast than they were: a
        level there would be read off a law beyond all that was measured. Else there are no stations.
    grid : ReceiverGrid, R receivers in the scene's frame, or in the predictor's where there is no scene
        With ``indoor="masked"`` receivers inside buildings have no data.
    month : int, optional
        Which the map is for, where the model uses it.

    Returns
    -------
    xarray.Dataset
        ``rsrp_mean_dbm`` and ``rsrp_deviation_db``, float64 (y, x), NaN = no data, and ``server``, the row in
        ``cell_name`` of the cell, -1 = none; x ascends and y descends, in the frame's CRS.

    Notes
    -----
    A model that uses images has them drawn of the three cells at a receiver that are best if every image is an average
    one: that takes some ten milliseconds of a processor each, and the memory of 64 of them.

    Raises
    ------
    InputError
        The model uses what a map does not have, or no measured cell is near.
    """
    _refuse_features(predictor)
    frame = predictor.frame if scene is None else scene.frame
    at_m = grid.position_mm()[:, :2] / MM_PER_M
    is_asked = np.ones(grid.size, dtype=bool)
    if scene is not None and grid.indoor == "masked":
        is_asked = np.asarray(scene.city.buildings_at(grid.position_mm(), False, 0)) < 0
    mean_dbm, deviation_db = np.full((2, grid.size), np.nan)
    server = np.full(grid.size, -1, dtype=np.int32)
    reached = _reached(predictor, at_m, frame, is_asked)
    if predictor.cells is not None and scene is not None and len(scene.base_stations):
        reached = [
            rows[_away(predictor, number, at_m[rows], frame, scene)] if len(rows) else rows
            for number, rows in enumerate(reached)
        ]
    if predictor.draws:
        reached = _shortlisted(predictor, reached, at_m, frame, scene, month)
    with progress_bar(sum(map(len, reached)), "predicting", progress) as update:
        for number, own, points in _parts(predictor, reached, at_m, frame, month):
            found = predictor.predict(points, scene=scene)
            better = ~(found.mean <= mean_dbm[own])  # nothing was there yet, or it was lower
            mean_dbm[own[better]] = found.mean[better]
            deviation_db[own[better]] = found.deviation_db[better]
            server[own[better]] = number
            update(len(own))
    if not (server >= 0).any():
        raise InputError("grid: no cell was measured near any of its receivers; take a grid where it was measured")
    return _dataset(predictor, grid, frame, mean_dbm, deviation_db, server)


def _reached(predictor: RsrpPredictor, at_m: np.ndarray, frame: LocalFrame, is_asked: np.ndarray) -> list[np.ndarray]:
    """Receivers that each cell may serve; all of them in one, where the predictor knows of no cells."""
    if predictor.cells is None:
        return [np.flatnonzero(is_asked)]
    asked = np.flatnonzero(is_asked)
    near = predictor.cells.near(*moved(*at_m[asked].T, frame, predictor.frame), REACH_M)
    return [asked[rows] for rows in near]


def _away(predictor: RsrpPredictor, number: int, at_m: np.ndarray, frame: LocalFrame, scene: Scene) -> np.ndarray:
    """(R,) bool, as far from the cell's mast as it was ever measured, or farther."""
    points = predictor.cells.name_carriers(_points(predictor, number, at_m, frame, None))
    return points.associated(scene).distance_m >= predictor.cells.nearest_m[number]


def _shortlisted(predictor: RsrpPredictor, reached: list[np.ndarray], at_m, frame, scene, month) -> list[np.ndarray]:
    """Of the receivers that each cell may serve, those where few others have a higher mean with an average image."""
    best_dbm = np.full((SHORTLIST, len(at_m)), -np.inf)
    best = np.full((SHORTLIST, len(at_m)), -1, dtype=np.int32)
    for number, own, points in _parts(predictor, reached, at_m, frame, month):
        means_dbm = np.vstack([best_dbm[:, own], predictor._predicted(points, scene, draw=False).mean])
        numbers = np.vstack([best[:, own], np.full(len(own), number, dtype=np.int32)])
        order = np.argsort(-means_dbm, axis=0, kind="stable")[:SHORTLIST]
        best_dbm[:, own] = np.take_along_axis(means_dbm, order, axis=0)
        best[:, own] = np.take_along_axis(numbers, order, axis=0)
    return [rows[(best[:, rows] == number).any(axis=0)] for number, rows in enumerate(reached)]


def _parts(
    predictor: RsrpPredictor, reached: list[np.ndarray], at_m, frame, month
) -> Iterator[tuple[int, np.ndarray, Points]]:
    """A cell, some of its receivers and these as points, until all were told."""
    for number, rows in enumerate(reached):
        for first in range(0, len(rows), AT_ONCE):
            own = rows[first : first + AT_ONCE]
            yield number, own, _points(predictor, number, at_m[own], frame, month)


def _points(predictor: RsrpPredictor, number: int, at_m: np.ndarray, frame: LocalFrame, month: int | None) -> Points:
    cells = predictor.cells
    told = {} if cells is None else {"cell": cells.cell[number], "carrier": cells.carrier[number]}
    report = MeasurementReport("map", rows_read=len(at_m))
    return Points(*at_m.T, month=month or NO_MONTH, **told, frame=frame, report=report)


def _refuse_features(predictor: RsrpPredictor) -> None:
    for name in predictor.features:
        if name in predictor.used:
            raise InputError(
                f"map: the model uses the feature {name!r} of its file, which a map does not have; predict points that "
                "have it, or train without it"
            )


def _dataset(predictor, grid: ReceiverGrid, frame: LocalFrame, mean_dbm, deviation_db, server) -> xarray.Dataset:
    cells = [] if predictor.cells is None else predictor.cells.cell.tolist()
    return map_dataset(
        grid,
        frame,
        {
            "rsrp_mean_dbm": (mean_dbm, {"units": "dBm", "long_name": "mean RSRP of the best cell"}),
            "rsrp_deviation_db": (deviation_db, {"units": "dB", "long_name": "standard deviation of a measured RSRP"}),
            "server": (server, {"units": "1", "long_name": "row of the best cell in cell_name, -1 = none"}),
        },
        {"cell_name": ("cell", np.array(cells or [""], dtype=object), {"long_name": "name of each cell"})},
        title=f"Predicted RSRP, {predictor.model.name}",
        training_sha256=predictor.training["sha256"],
    )
