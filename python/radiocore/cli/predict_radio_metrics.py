"""``radiocore predict radio-metrics``: RSRP, RSRQ and RSSI of links that nobody measured."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ..config import RunConfig
from ..errors import InputError
from ..io.points_table import write_back
from ..io.predicted_geotiff import write_predicted_map
from ..measurements import Points
from ..models.link_inputs import BETA
from ..radio_metrics import RadioMetricModel
from ..radio_metrics.metrics import UNITS, column_of
from ..radio_metrics.raster import map_layers
from ..scene import Scene
from .metric_inputs import OPTIONS, Features, Frequency, of_known_cells, register_of, with_frequency, with_towers
from .options import errors_in_options, takes_config
from .predict import app, check_predicted, map_grid, map_scene, points_told, predicted_columns
from .rsrp_inputs import SCENE_KEYS, Columns, TableCrs, errors_of_table, read_all, with_margin
from .show import show_files, show_lines, show_table
from .tower_inputs import JoinBy, TowersFile
from .train_rsrp import UnknownCells, check_unknown_cells

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d(:\d\d){0,2}Z?")


@app.command("radio-metrics")
@takes_config((*SCENE_KEYS, "resolution_m"))
def radio_metrics(
    config: RunConfig,
    model: Annotated[Path, typer.Option(metavar="FOLDER", help="What radiocore train radio-metrics wrote.")] = ...,
    output: Annotated[
        Path, typer.Option(metavar="FILE", help="A table (.csv, .parquet, .gpkg) of the points, or maps (.tif).")
    ] = ...,
    points: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Links: places and their cells; CSV, Parquet, GeoPackage.")
    ] = None,
    columns: Columns = None,
    table_crs: TableCrs = None,
    feature: Features = None,
    towers: TowersFile = None,
    join_by: JoinBy = None,
    frequency_mhz: Frequency = None,
    unknown_cells: UnknownCells = "raise",
    receiver_height: Annotated[
        list[float] | None,
        typer.Option(metavar="M", help="Of maps, above ground; may be repeated: a stack of floors. [1.5]"),
    ] = None,
    outdoors: Annotated[bool, typer.Option("--outdoors", help="Leave cells inside buildings out of maps.")] = False,
    time: Annotated[
        str | None, typer.Option(metavar="TIME", help="UTC, as 2026-03-02T18:00, where no row tells it.")
    ] = None,
    resource_blocks: Annotated[int | None, typer.Option(metavar="N", help="Of the carriers of maps.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
) -> None:
    """Predict RSRP, RSRQ and RSSI: at points, each row written back with means and intervals, or as maps.

    The model brings the base stations and buildings that it was trained with; `--base-stations`, or `--towers`, and
    `--buildings` are for another city. Points have the columns of further features that it was trained with. Maps are
    of the best station of each cell: bands of the mean and the ends of the interval of each metric, floor by floor.

    Example: `radiocore predict radio-metrics --model model --points links.csv --output predicted.csv`
    """
    check_predicted(output, points, overwrite)
    check_unknown_cells(unknown_cells)
    if points is None:
        of_points = {"columns": columns, "table_crs": table_crs, "feature": feature, "join_by": join_by}
        _refuse("points", of_points | {"unknown_cells": unknown_cells != "raise"})
    else:
        of_maps = {"receiver_height": receiver_height, "outdoors": outdoors, "resource_blocks": resource_blocks}
        of_maps["resolution"] = "resolution_m" in config.model_fields_set
        if config.buildings is None and config.base_stations is None and towers is None:
            of_maps["bbox"] = config.bbox
        _refuse("maps", of_maps)
    with errors_in_options(**OPTIONS):
        when = _time(time)
    trained = RadioMetricModel.load(model)
    config = with_margin(config)
    register = register_of(config, towers, join_by)
    if points is None:
        scene = with_frequency(map_scene(trained, config, register), frequency_mhz)
        found = _predict_maps(trained, config, scene, output, receiver_height, outdoors, when, resource_blocks)
    else:
        features = tuple(dict.fromkeys((*trained.features, *(feature or ()))))
        with errors_of_table(), errors_in_options(**OPTIONS):
            reading = {"columns": columns, "crs": table_crs, "features": features}
            table, scene = _read_points(trained, config, points, register, frequency_mhz, reading)
            table = of_known_cells(table, scene, unknown_cells)
        found = _predict_points(trained, table, scene, points, output, when)
    show_table("Predicted", found)
    show_files([output])


def _read_points(model: RadioMetricModel, config: RunConfig, path: Path, register, frequency_mhz, reading):
    """Points, and the scene that a command names, or else the model's."""
    if config.buildings is None and config.base_stations is None and register is None:
        scene = with_frequency(model.scene, frequency_mhz)
        return Points.read(path, scene=scene, frame=model.frame, **reading), scene
    table, scene = read_all(config, path, kind=Points, **reading)
    table, scene = with_towers(table, scene, register, frequency_mhz, config)
    if register is not None:
        show_lines("Points", table.report.lines()[1:])
    return table, scene


def _predict_points(model: RadioMetricModel, table: Points, scene: Scene | None, path: Path, output: Path, when):
    with errors_of_table(), errors_in_options(**OPTIONS):
        if when is not None:
            table = table.select(slice(None), time=np.where(table.is_known("time"), table.time, when))
        links = model.links(table, scene=scene)
        found = model.predict_links(links)
    added = {BETA: np.round(links[BETA], 3)}
    for metric, prediction in found.items():
        added |= predicted_columns(metric, UNITS[metric].lower(), prediction, model.metrics[metric].levels)
    write_back(output, path, table, added)
    return [*points_told(table), *(_range(metric, prediction.mean) for metric, prediction in found.items())]


def _predict_maps(model: RadioMetricModel, config: RunConfig, scene, output: Path, heights, outdoors, when, blocks):
    grid = map_grid(model, scene, config, indoor="masked" if outdoors else "blocked")
    with errors_of_table(), errors_in_options(**OPTIONS):
        dataset = model.predict_map(grid, heights_m=heights, scene=scene, time=when, resource_blocks=blocks)
    server = dataset["server"].values
    if outdoors and (server < 0).all():
        raise InputError("--outdoors: no cell of the map is outdoors; leave it out")
    write_predicted_map(dataset, map_layers(dataset), output)
    return [
        ("map cells", f"{int((server >= 0).sum()):,} of {server.size:,} of {config.resolution_m:g} m"),
        ("heights", ", ".join(f"{height:g} m" for height in dataset["height_m"].values)),
        *(_range(metric, dataset[column_of(metric, "mean")].values) for metric in model.metrics),
        ("serving stations", f"{len(np.unique(server[server >= 0])):,}"),
    ]


def _range(metric: str, mean: np.ndarray) -> tuple[str, str]:
    return f"mean {metric.upper()}", f"{np.nanmin(mean):.1f} to {np.nanmax(mean):.1f} {UNITS[metric]}"


def _time(text: str | None) -> np.datetime64 | None:
    if text is None:
        return None
    try:
        if TIME.fullmatch(text):
            return np.datetime64(text.removesuffix("Z"), "ms")
    except ValueError:
        pass
    raise InputError(f"time: {text!r} is no time of UTC; write it as 2026-03-02T18:00")


def _refuse(what: str, options: Mapping[str, object]) -> None:
    remedy = "leave out the points" if what == "maps" else "give --points"
    for name, value in options.items():
        if value is not None and value is not False and value != []:  # 0 is given too
            raise InputError(f"--{name.replace('_', '-')}: it is for {what}; leave it out, or {remedy}")
