"""Maps of RSRP, RSRQ and RSSI of the best station, at one height or a stack of floors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import InputError
from ..grid import ReceiverGrid
from ..measurements import UE_ALTITUDE, MeasurementReport, Points
from ..measuring.rssi import blocks_db
from ..models.link_inputs import BETA
from ..predictor.map_dataset import STACKED, map_dataset
from ..progress import progress_bar
from ..propagation.ranges import LEAST_3D_M
from ..scene import Scene
from ..units import MM_PER_M
from . import RadioMetricModel
from .links import COMPUTED
from .metrics import RESOURCE_BLOCKS, UNITS, column_of

if TYPE_CHECKING:
    import xarray

AT_ONCE = 1 << 17
"""Links that are looked at together."""
NEAREST = 32
"""Stations around a receiver that may serve it."""
SHORTLIST = 3
"""Of these the best by the estimate of stage one, whose RSRP is predicted."""


def predicted_maps(
    model: RadioMetricModel,
    grid: ReceiverGrid,
    *,
    heights_m: Sequence[float] | None = None,
    scene: Scene | None,
    time=None,
    resource_blocks: int | None = None,
    progress: bool | None = None,
) -> xarray.Dataset:
    """Each metric's mean and interval for the best station, of all carriers together.

    That is, of the 32 stations nearest in plan and of these the three that stage one ranks first, the one with the
    highest predicted mean RSRP, or of the highest estimate where the model has no RSRP.

    Parameters
    ----------
    model : RadioMetricModel
    grid : ReceiverGrid, R receivers in the scene's frame
        With ``indoor="masked"`` receivers inside buildings have no data; else they are predicted where they are.
    heights_m : H heights above ground, optional
        Default: the grid's.
    scene : Scene
        With the stations, and the buildings between.
    time : datetime64, optional
        UTC, which the map is for, where the model uses it.
    resource_blocks : int, optional
        N of the carriers; by default that of stage one.

    Returns
    -------
    xarray.Dataset
        ``rsrp_mean_dbm`` and, of the widest level that was calibrated, ``rsrp_low_95_dbm`` and ``rsrp_high_95_dbm``,
        and so on for each metric, float64 (height_m, y, x), NaN = no data; ``server``, the row of the station in the
        scene, -1 = none; x ascends and y descends, in the frame's CRS.

    Raises
    ------
    InputError
        There is no scene or no station; the model uses what a map does not have; a height is none, or comes twice;
        the resource blocks are none of LTE.
    """
    if scene is None or len(scene.base_stations) == 0:
        raise InputError("scene: a map wants base stations, and this scene has none; give those of the place")
    _refuse_features(model)
    if resource_blocks is not None:
        blocks_db(resource_blocks)
    floors = [replace(grid, height_m=height) for height in _heights(heights_m, grid)]
    layers = {
        column_of(metric, what): np.full((len(floors), grid.size), np.nan)
        for metric, trained in model.metrics.items()
        for what in ("mean", *(f"{end}_{level}" for level in _level(trained) for end in ("low", "high")))
    }
    server = np.full((len(floors), grid.size), -1, dtype=np.int32)
    near = _nearest(scene, grid)
    step = max(AT_ONCE // near.shape[1], 1)
    with progress_bar(len(floors) * grid.size, "predicting", progress) as update:
        for number, floor in enumerate(floors):
            at_mm = floor.position_mm()
            rows = np.arange(grid.size)
            if grid.indoor == "masked":
                rows = rows[np.asarray(scene.city.buildings_at(at_mm, False, 0)) < 0]
            update(grid.size - len(rows))
            for first in range(0, len(rows), step):
                own = rows[first : first + step]
                best, served, predicted = _served(model, scene, at_mm[own], near[own], time, resource_blocks)
                server[number, own[served]] = best
                for metric, found in predicted.items():
                    layers[column_of(metric, "mean")][number, own[served]] = found.mean
                    for level in _level(model.metrics[metric]):
                        ends = found.interval(level / 100)
                        for end, values in zip(("low", "high"), ends, strict=True):
                            layers[column_of(metric, f"{end}_{level}")][number, own[served]] = values
                update(len(own))
    return map_dataset(
        grid,
        scene.frame,
        {name: (values, _about(name)) for name, values in layers.items()}
        | {"server": (server, {"units": "1", "long_name": "row of the best station, -1 = none"})},
        {STACKED: (STACKED, [floor.height_m for floor in floors], {"units": "m", "long_name": "height above ground"})},
        title=f"Predicted {', '.join(metric.upper() for metric in model.metrics)}",
        training_sha256=model.training["sha256"],
    )


def map_layers(dataset) -> list[str]:
    """The layers that go into a GeoTIFF, in the order of its bands: mean, lower and upper end of each metric."""
    return [name for name in dataset.data_vars if name != "server"]


def _served(model: RadioMetricModel, scene: Scene, at_mm, near: np.ndarray, time, resource_blocks: int | None):
    """The best station of receivers, which of them have one, and what is predicted of these links."""
    stations = scene.base_stations
    receiver, station = np.repeat(np.arange(len(at_mm)), near.shape[1]), near.ravel()
    apart_m = np.sqrt(((stations.position_mm[station] - at_mm[receiver]) ** 2).sum(axis=1)) / MM_PER_M
    possible = apart_m >= LEAST_3D_M
    receiver, station = receiver[possible], station[possible]
    if not len(receiver):
        return station, receiver, {}
    places_m = at_mm[receiver] / MM_PER_M
    blocks = model.estimate.resource_blocks if resource_blocks is None else resource_blocks
    points = Points(
        *places_m.T[:2],
        cell=stations.id[station],
        carrier=stations.carrier[station],
        time=np.datetime64("NaT") if time is None else time,
        features={UE_ALTITUDE: places_m[:, 2], RESOURCE_BLOCKS: np.full(len(receiver), float(blocks))},
        frame=scene.frame,
        report=MeasurementReport("map", rows_read=len(receiver)),
    )
    links = model.links(points, scene=scene)
    kept = _best(links[BETA], receiver, SHORTLIST)
    if "rsrp" in model.metrics:
        level_dbm = model.metrics["rsrp"].predict(links.select(kept)).mean
        kept = kept[_best(level_dbm, receiver[kept], 1)]
    else:
        kept = kept[_best(links[BETA][kept], receiver[kept], 1)]
    return station[kept], receiver[kept], model.predict_links(links.select(kept))


def _best(level_dbm: np.ndarray, receiver: np.ndarray, number: int) -> np.ndarray:
    """Rows of the highest levels of each receiver, so many of each, in the order of the receivers."""
    order = np.lexsort((-level_dbm, receiver))
    ordered = receiver[order]
    rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
    return order[rank < number]


def _nearest(scene: Scene, grid: ReceiverGrid) -> np.ndarray:
    """(R, K) rows of the stations nearest to each receiver in plan."""
    from scipy.spatial import cKDTree

    stations = scene.base_stations
    several = min(NEAREST, len(stations))
    at_m = grid.position_mm()[:, :2] / MM_PER_M
    found = cKDTree(np.stack([stations.x_m, stations.y_m], axis=1)).query(at_m, k=several)[1]
    return found.reshape(len(at_m), several)


def _heights(heights_m: Sequence[float] | None, grid: ReceiverGrid) -> list[float]:
    heights = [grid.height_m] if heights_m is None else [float(height) for height in heights_m]
    if not heights or len(set(heights)) < len(heights):
        raise InputError(f"heights_m: {heights}; give one height above ground or more, each once")
    return sorted(heights)


def _level(trained) -> list[int]:
    """The widest interval that was calibrated, in per cent."""
    return [round(100 * level) for level in trained.levels[-1:]]


def _about(name: str) -> dict[str, str]:
    metric, what, *level = name.split("_")[:-1]
    words = {"mean": "mean", "low": "lower end", "high": "upper end"}[what]
    of = f" of the {level[0]} % interval" if level else ""
    return {"units": UNITS[metric], "long_name": f"{metric.upper()} of the best station, {words}{of}"}


def _refuse_features(model: RadioMetricModel) -> None:
    for name in model.features:
        if name not in (UE_ALTITUDE, RESOURCE_BLOCKS, *COMPUTED):
            raise InputError(
                f"map: the model was trained with the feature {name!r} of its file, which a map does not have; predict "
                "points that have it, or train without it"
            )
