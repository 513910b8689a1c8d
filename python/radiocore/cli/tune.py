"""``radiocore tune radio-metrics``: settings of the correction network for the user's own measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import RunConfig
from ..evaluation.folds import squares
from ..io.sniff import local_file
from ..models.correction import CorrectionNetwork
from ..models.estimate import DEFAULT_BLOCKS
from ..predictor import BLOCK_M
from ..radio_metrics.choosing import network_features
from ..radio_metrics.links import estimate_for, links_of, path_loss_named, with_estimate
from ..radio_metrics.metrics import check_metrics, known_rows
from ..radio_metrics.splits import folds_of
from ..tuning.radio_metrics import SPACE
from ..tuning.search import ENGINES, tune
from ..tuning.tuned import KIND, LISTING, SETTINGS, TRIALS, Tuned
from .metric_inputs import OPTIONS as METRIC_OPTIONS
from .metric_inputs import (
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
from .rsrp_inputs import SCENE_KEYS, Columns, TableCrs, errors_of_table
from .show import show_files, show_lines, show_table
from .tower_inputs import JoinBy, TowersFile
from .train_rsrp import UnknownCells, check_model_folder, check_unknown_cells

NAME = "tune"
app = typer.Typer(help="Search for the settings of a model.", no_args_is_help=True)

OPTIONS = {
    name: "--" + name.replace("_", "-") for name in ("trials", "engine", "at_once", "address", "storage", "output")
} | METRIC_OPTIONS


@app.command("radio-metrics")
@takes_config((*SCENE_KEYS, "seed"))
def radio_metrics(
    config: RunConfig,
    measurements: MeasurementsFile = ...,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the settings and the trials go.")] = ...,
    columns: Columns = None,
    table_crs: TableCrs = None,
    feature: Features = None,
    towers: TowersFile = None,
    join_by: JoinBy = None,
    frequency_mhz: Frequency = None,
    unknown_cells: UnknownCells = "raise",
    path_loss: PathLoss = None,
    path_loss_weights: PathLossWeights = None,
    resource_blocks: ResourceBlocks = DEFAULT_BLOCKS,
    metric: Annotated[str, typer.Option(metavar="NAME", help="rsrp, rsrq or rssi.")] = "rsrp",
    trials: Annotated[int, typer.Option(metavar="N", help="Settings that are tried; the first are the defaults.")] = 20,
    engine: Annotated[str, typer.Option(metavar="NAME", help=f"Which search: {' or '.join(ENGINES)}.")] = ENGINES[0],
    early_stop: Annotated[
        bool, typer.Option("--early-stop", help="End trials early that do worse than others (ASHA).")
    ] = False,
    at_once: Annotated[int, typer.Option(metavar="N", help="Trials at a time, one processor each.")] = 2,
    split: HeldOut = None,
    address: Annotated[
        str | None, typer.Option(metavar="HOST:PORT", help="Head of a Ray cluster. [this machine alone]")
    ] = None,
    storage: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep trials and their epochs here, and go on from what is there."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output if it is there.")] = False,
) -> None:
    """Search for the batch, layers, weight decay, epochs, rate and loss of the correction network.

    Trials are judged by their error where they have not been: whole geohash cells are held out, with the radio cells
    and towers in them, or whole towers where that would leave too little to learn from, unless `--split` says
    otherwise. Of the measurements give those to train on only. A search that was stopped goes on with the same
    `--storage`.

    Example: `radiocore tune radio-metrics --measurements drive.csv --base-stations cells.csv --output tuned`
    """
    with errors_in_options(**OPTIONS):
        check_model_folder(output, KIND, overwrite, LISTING)
        check_metrics([metric])
        by_path_loss = path_loss_named(path_loss, path_loss_weights)
    local_file(measurements)
    check_unknown_cells(unknown_cells)
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
    with errors_of_table(), errors_in_options(**OPTIONS):
        known, target = known_rows(table, metric, resource_blocks)
        table = table.select(known)
        inputs = links_of(table, scene)
        estimate = estimate_for(inputs, by_path_loss, resource_blocks)
        inputs = with_estimate(table, inputs, estimate)
        folds = folds_of(table, split, config.seed)
    show_lines("Links", [*table.report.lines(), str(estimate)])
    with errors_in_options(**OPTIONS):
        tuned = tune(
            CorrectionNetwork(metric=metric, features=network_features(table.features), seed=config.seed),
            inputs,
            target,
            folds,
            space=SPACE,
            blocks=squares(table.x_m, table.y_m, BLOCK_M),
            trials=trials,
            engine=engine,
            early_stop=early_stop,
            at_once=at_once,
            seed=config.seed,
            address=address,
            storage=storage,
        )
        tuned.save(output)
    _show(tuned, folds.caption)
    show_files([output / name for name in (SETTINGS, TRIALS)])


def _show(tuned: Tuned, held_out: str) -> None:
    first, best = tuned.trials[0], tuned.best
    endings = [trial.ended or "judged on all folds" for trial in tuned.trials]
    show_table(
        f"Trials, judged on {tuned.folds} folds ({held_out})",
        [
            *((ending, endings.count(ending)) for ending in dict.fromkeys(endings)),
            ("root mean square error of the defaults", f"{first.rmse_db:.2f} dB"),
            ("of the best", f"{best.rmse_db:.2f} dB"),
        ],
    )
    show_table("Best settings", [(name, _plain(value)) for name, value in best.point.items()])


def _plain(value) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
