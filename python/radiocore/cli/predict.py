"""``radiocore predict``: what trained models say of places where nothing was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ..config import RunConfig
from ..errors import ConfigError, InputError
from ..grid import ReceiverGrid
from ..io.atomic import check_destination
from ..io.points_table import SUFFIXES, table_suffix, write_back
from ..io.predicted_geotiff import write_predicted_map
from ..io.sniff import local_file
from ..measurements import Points
from ..models.prediction import Prediction
from ..predictor import RsrpPredictor
from ..radio_metrics import RadioMetricModel
from ..scene import Scene, bbox_in_frame
from .options import takes_config
from .rsrp_inputs import SCENE_KEYS, Columns, TableCrs, errors_of_table, scene_with_buildings, with_margin
from .show import show_files, show_table
from .tower_inputs import Register

NAME = "predict"
MAP_SUFFIXES = (".tif", ".tiff")
MOST_RECEIVERS = 25_000_000
app = typer.Typer(help="Predict with a trained model.", no_args_is_help=True)


@app.command("rsrp")
@takes_config((*SCENE_KEYS, "resolution_m"))
def rsrp(
    config: RunConfig,
    model: Annotated[Path, typer.Option(metavar="FOLDER", help="What radiocore train rsrp wrote.")] = ...,
    output: Annotated[
        Path, typer.Option(metavar="FILE", help="A table (.csv, .parquet, .gpkg) of the points, or a map (.tif).")
    ] = ...,
    points: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Places and their cells: CSV (.gz too), Parquet, GeoPackage.")
    ] = None,
    columns: Columns = None,
    table_crs: TableCrs = None,
    month: Annotated[int | None, typer.Option(metavar="N", help="1 to 12, where no row tells it.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")] = False,
) -> None:
    """Predict RSRP: at points, each row written back with mean, standard deviation and intervals, or as a map.

    The model brings the base stations and buildings that it was trained with; `--buildings` and `--base-stations` are
    for a map of changed ones. A map has the mean and the standard deviation of the best cell, in dBm and dB.

    Example: `radiocore predict rsrp --model model --points places.csv --output predicted.csv`
    """
    check_predicted(output, points, overwrite)
    predictor = RsrpPredictor.load(model)
    if points is not None:
        _refuse_scene(config)
        found = _predict_points(predictor, points, output, columns, table_crs, month)
    else:
        found = _predict_map(predictor, config, output, month)
    show_table("Predicted", found)
    show_files([output])


def _predict_points(predictor: RsrpPredictor, path: Path, output: Path, columns, crs, month: int | None):
    with errors_of_table():
        table = Points.read(
            path, scene=predictor.scene, frame=predictor.frame, columns=columns, crs=crs,
            features=[name for name in predictor.features if name in predictor.used],
        )  # fmt: skip
        if month is not None:
            table = table.select(slice(None), month=np.where(table.is_known("month"), table.month, month))
        prediction = predictor.predict(table)
    write_back(output, path, table, predicted_columns("rsrp", "dbm", prediction, predictor.levels))
    return [*points_told(table), *_range(prediction)]


def predicted_columns(metric: str, unit: str, prediction: Prediction, levels) -> dict[str, np.ndarray]:
    """Mean, deviation and the ends of intervals as columns of a table, to a thousandth."""
    columns = {f"{metric}_mean_{unit}": prediction.mean, f"{metric}_deviation_db": prediction.deviation_db}
    for level in levels:
        low, high = prediction.interval(level)
        columns |= {f"{metric}_low_{level * 100:g}_{unit}": low, f"{metric}_high_{level * 100:g}_{unit}": high}
    return {name: np.round(values, 3) for name, values in columns.items()}


def points_told(points: Points) -> list[tuple[str, str]]:
    """How many rows were predicted, and why others were not."""
    left_out = {f"rows {reason}: left empty": f"{n:,}" for reason, n in points.report.left_out.items() if n}
    return [("points", f"{len(points):,} of {points.report.rows_read:,} rows"), *left_out.items()]


def _predict_map(predictor: RsrpPredictor, config: RunConfig, output: Path, month: int | None):
    scene = map_scene(predictor, config)
    grid = map_grid(predictor, scene, config, indoor="masked")
    with errors_of_table():
        dataset = predictor.predict_map(grid, scene=scene, month=month)
    write_predicted_map(dataset, ("rsrp_mean_dbm", "rsrp_deviation_db"), output)
    mean_dbm = dataset["rsrp_mean_dbm"].values
    known = np.isfinite(mean_dbm)
    return [
        ("map cells", f"{int(known.sum()):,} of {grid.size:,} of {config.resolution_m:g} m"),
        ("mean", f"{mean_dbm[known].min():.1f} to {mean_dbm[known].max():.1f} dBm"),
        ("serving cells", f"{len(np.unique(dataset['server'].values[known])):,}"),
    ]


def map_scene(
    predictor: RsrpPredictor | RadioMetricModel, config: RunConfig, register: Register | None = None
) -> Scene | None:
    """The scene of the files that a command names, or that of the predictor.

    Raises
    ------
    InputError
        Stations are named without the buildings around them, or a file cannot be read.
    """
    if config.buildings is not None:
        config = with_margin(config)
        scene = scene_with_buildings(config)
        return scene if register is None else register.around(scene, config)
    if register is not None or config.base_stations is not None:
        option = "base_stations" if register is None else "--towers"
        raise ConfigError(f"{option}: a map of other stations wants the buildings around them; give buildings too")
    return predictor.scene


def map_grid(
    predictor: RsrpPredictor | RadioMetricModel, scene: Scene | None, config: RunConfig, *, indoor: str
) -> ReceiverGrid:
    """The map's cells: in the box of a config, or where the scene is, or what was measured.

    Raises
    ------
    InputError
        They are too many.
    """
    if config.bbox is not None:
        bounds_m = bbox_in_frame(config.bbox, predictor.frame if scene is None else scene.frame)
    else:
        bounds_m = predictor.bounds_m if scene is None else scene.receiver_bounds_m
    cells = (bounds_m[2] - bounds_m[0]) * (bounds_m[3] - bounds_m[1]) / config.resolution_m**2
    if cells > MOST_RECEIVERS:
        raise InputError(
            f"resolution_m: {config.resolution_m:g} makes {cells:,.0f} map cells, and {MOST_RECEIVERS:,} are the "
            "most; take a larger resolution_m or a smaller bbox"
        )
    return ReceiverGrid.covering(bounds_m, config.resolution_m, config.receiver_height_m, indoor=indoor)


def _range(prediction):
    return [
        ("mean", f"{prediction.mean.min():.1f} to {prediction.mean.max():.1f} dBm"),
        ("standard deviation", f"{prediction.deviation_db.min():.1f} to {prediction.deviation_db.max():.1f} dB"),
    ]


def check_predicted(output: Path, points: Path | None, overwrite: bool) -> None:
    """Refuse an output that could not be written, before any work."""
    if points is None and output.suffix.lower() not in MAP_SUFFIXES:
        kinds = "give the points for a table" if output.suffix.lower() in SUFFIXES else "name a .tif"
        raise InputError(f"--output: {output} is no map; {kinds}")
    if points is not None:
        table_suffix(output)
        source = local_file(points)
        if output.exists() and output.samefile(source):
            raise InputError(f"--output: {output} is the file of the points; name another")
    if check_destination(output).exists() and not overwrite:
        raise InputError(f"--output: {output} is there already; choose another name, or --overwrite")


def _refuse_scene(config: RunConfig) -> None:
    for key in ("buildings", "base_stations", "bbox"):
        if getattr(config, key) is not None:
            raise ConfigError(f"{key}: it is for maps; points are predicted with what the model was trained with")
