"""``radiocore train radio-metrics``: models of RSRP, RSRQ and RSSI from the user's own measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import RunConfig
from ..errors import InputError
from ..io.sniff import local_file
from ..models.estimate import DEFAULT_BLOCKS
from ..predictor import model_named
from ..radio_metrics import CHOSEN, RadioMetricModel
from ..radio_metrics.choosing import TrainedMetric
from ..radio_metrics.folder import ARCHIVE
from ..radio_metrics.links import path_loss_named
from ..radio_metrics.metrics import UNITS, available, check_metrics
from ..tuning.tuned import tuned_model
from .metric_inputs import (
    OPTIONS,
    Features,
    Frequency,
    HeldOut,
    MeasurementsFile,
    PathLoss,
    PathLossWeights,
    ResourceBlocks,
    read_cleaned,
)
from .options import errors_in_options, takes_config
from .rsrp_inputs import SCENE_KEYS, Columns, TableCrs, errors_of_table, identities
from .show import show_files, show_lines, show_table
from .tower_inputs import JoinBy, TowersFile
from .train import app
from .train_rsrp import UnknownCells, check_model_folder, check_unknown_cells, errors_text, show_without

CAPTIONS = {
    "blocked": "",
    "indoors": ", indoors",
    "outdoors": ", outdoors",
    "least squares": ", least squares",
    "estimate": ", stage one alone",
    "plain mean": ", plain mean",
}
"""How scores on the rows held out are told, in this order."""


@app.command("radio-metrics")
@takes_config((*SCENE_KEYS, "seed"))
def radio_metrics(
    config: RunConfig,
    measurements: MeasurementsFile = ...,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the trained model goes.")] = ...,
    columns: Columns = None,
    table_crs: TableCrs = None,
    feature: Features = None,
    towers: TowersFile = None,
    join_by: JoinBy = None,
    frequency_mhz: Frequency = None,
    unknown_cells: UnknownCells = "raise",
    metric: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="rsrp, rsrq or rssi; may be repeated. [those that were measured]"),
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Which model; correction is the paper's network, stack a mean of what is tried."
        ),
    ] = CHOSEN,
    tuned: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="What radiocore tune radio-metrics wrote, for its metric; may repeat."),
    ] = None,
    path_loss: PathLoss = None,
    path_loss_weights: PathLossWeights = None,
    resource_blocks: ResourceBlocks = DEFAULT_BLOCKS,
    split: HeldOut = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the model if it is there.")] = False,
) -> None:
    """Train models of RSRP, RSRQ and RSSI for links that nobody measured, with calibrated intervals.

    A path-loss model estimates RSRP (stage one); a model of each metric corrects it by what is known of the link:
    distances, heights, power, frequency, line of sight and lengths inside buildings, and the time. Of several models
    that one is kept which errs least where it has not been: whole geohash cells are held out, with the radio cells and
    towers in them, or whole towers where that would leave too little to learn from.

    Cells come with `--base-stations`, as for a map, or with `--towers`, a register such as OpenCelliD's, in which each
    row's own cell is looked up: the share that is found and the lengths of the links are told.

    Example: `radiocore train radio-metrics --measurements crowd.csv --base-stations cells.csv --buildings town.osm.pbf
    --feature ue_altitude_ag_m --output model`
    """
    check_model_folder(output, ARCHIVE.kind, overwrite)
    local_file(measurements)
    check_unknown_cells(unknown_cells)
    if model != CHOSEN:
        model_named(model)
    of_tuned = _tuned(tuned or [])
    with errors_in_options(**OPTIONS):
        if metric:
            check_metrics(metric)
        by_path_loss = path_loss_named(path_loss, path_loss_weights)
    table, scene = read_cleaned(
        config,
        measurements,
        towers=towers,
        join_by=join_by,
        frequency_mhz=frequency_mhz,
        columns=columns,
        crs=table_crs,
        features=feature or (),
        unknown_cells=unknown_cells,
    )
    if scene is not None and len(scene.buildings):
        show_lines("Scene", scene.report().lines())
    show_lines("Measurements", table.report.lines()[1:] or ["nothing was left out"])
    with errors_of_table(), errors_in_options(**OPTIONS):
        names = metric or available(table, resource_blocks)
        trained = RadioMetricModel.train(
            table,
            scene,
            metrics=names,
            model=dict.fromkeys(names, model) | of_tuned,
            path_loss=by_path_loss,
            resource_blocks=resource_blocks,
            split=split,
            seed=config.seed,
            files=identities(
                measurements=measurements,
                buildings=config.buildings,
                base_stations=config.base_stations,
                towers=towers,
                path_loss=path_loss_weights,
            ),
        )
        trained.save(output)
    show_model(trained)
    show_files(sorted(output.iterdir()))


def show_model(model: RadioMetricModel) -> None:
    """What was trained, on what, without what, and how far off it is."""
    show_table("Stage one", [("estimate", str(model.estimate)), ("rows", f"{model.training['rows']:,}")])
    show_without(model.without)
    for metric, trained in model.metrics.items():
        _show_metric(metric, trained)


def _show_metric(metric: str, trained: TrainedMetric) -> None:
    scores, coverage = trained.scores, trained.scores["blocked"].coverage
    tried = ", ".join(f"{name} {rmse_db:.2f}" for name, rmse_db in trained.tried.items())
    show_table(
        f"{metric.upper()}, {UNITS[metric]}: error on rows held out, mean absolute and root mean square",
        [
            ("model", trained.model.name),
            ("rows", f"{trained.rows:,}"),
            ("features used", ", ".join(trained.used)),
            *([("candidates, root mean square", tried)] if len(trained.tried) > 1 else []),
            *((trained.held_out + what, errors_text(scores[key])) for key, what in CAPTIONS.items() if key in scores),
            ("rows held out at random: flatters", errors_text(scores["random"])),
            *((f"inside the {level:.0%} interval", f"{share:.1%}") for level, share in coverage.items()),
        ],
    )
    attempts = getattr(trained.model, "attempts", [])
    failed = [f"it {one['ended']} at a rate of {one['rate']:g}" for one in attempts if one["ended"] != "learned"]
    if failed:
        show_lines("The network was trained once more, at a tenth of the rate", failed)
    rivals = [
        said
        for name, said in (("least squares", "least squares"), ("plain mean", "the plain mean"))
        if name != trained.model.name and scores[name].rmse_db <= scores["blocked"].rmse_db
    ]
    if rivals:
        show_lines("Warning", [f"{trained.model.name} does not beat {' and '.join(rivals)} where it has not been"])


def _tuned(folders: list[Path]) -> dict:
    """The model of each metric that was tuned."""
    found: dict = {}
    for folder in folders:
        model = tuned_model(folder)
        metric = getattr(model, "metric", None)
        if metric is None:
            raise InputError(f"--tuned: {folder} is of a {model.name} model, which is for no metric; leave it out")
        if metric in found:
            raise InputError(f"--tuned: {folder} is for {metric}, as is another; name one for each metric")
        found[metric] = model
    return found
