"""``radiocore train rsrp``: a predictor of RSRP from the user's own measurements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ..config import RunConfig
from ..errors import ConfigError, InputError, nearest_name
from ..evaluation.scores import Scores
from ..io.folder import check_folder
from ..io.sniff import local_file
from ..predictor import BLOCK_M, DEFAULT_MODEL, RsrpPredictor, model_named
from ..predictor.archive import CONFIG
from ..predictor.folder import ARCHIVE
from ..predictor.image_tier import NO_IMAGES
from .options import takes_config
from .rsrp_inputs import SCENE_KEYS, Columns, TableCrs, errors_of_table, foliage_of, identities, read_all, with_margin
from .show import show_files, show_lines, show_table
from .train import app

UNKNOWN_CELLS = ("raise", "leave-out")
UnknownCells = Annotated[
    str, typer.Option(metavar="NAME", help="Rows of a cell that has no station: raise (an error), or leave-out.")
]


@app.command("rsrp")
@takes_config((*SCENE_KEYS, "seed"))
def rsrp(
    config: RunConfig,
    measurements: Annotated[
        Path, typer.Option(metavar="FILE", help="Drive test or MDT: CSV (.gz too), Parquet, GeoPackage.")
    ] = ...,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the trained model goes.")] = ...,
    columns: Columns = None,
    table_crs: TableCrs = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A further column of numbers to learn from; may be repeated."),
    ] = None,
    model: Annotated[str, typer.Option(metavar="NAME", help="Which model.")] = DEFAULT_MODEL,
    unknown_cells: UnknownCells = "raise",
    one_cell: Annotated[bool, typer.Option("--one-cell", help="All rows are of one cell, and that is meant.")] = False,
    hampel: Annotated[
        float | None,
        typer.Option(metavar="N", help="Leave out places over N median deviations off (the paper: 4.5). [none]"),
    ] = None,
    images: Annotated[
        int,
        typer.Option(
            metavar="N", help="Learn from images of links: N rows train what reads them; minutes, and hours of maps."
        ),
    ] = 0,
    checkpoints: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Keep each epoch of a network here, and go on from what is there."),
    ] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="JSON lines, one an epoch of the last training of a network.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the model if it is there.")] = False,
) -> None:
    """Train a predictor of RSRP with honest error bars from a drive test or MDT file.

    Base stations add distance and bearing, buildings what stands in the way; it does without what is not given, and
    says so. Stations within 20 km count unless `--stations-margin` says otherwise. Errors are measured where the model
    has not been: on squares of 100 m that were held out.

    With buildings, `--images 2000` adds what top views of the links show, drawn and read by an autoencoder;
    `--stations-margin 0 --unknown-cells leave-out` then keeps the site small enough to see something.

    Example: `radiocore train rsrp --measurements drive.csv --base-stations cells.csv --output model`
    """
    check_model_folder(output, ARCHIVE.kind, overwrite)
    local_file(measurements)
    check_unknown_cells(unknown_cells)
    model_named(model)
    if images and None in (config.buildings, config.base_stations):
        raise ConfigError("--images: they show buildings and masts; give --buildings and --base-stations")
    config = with_margin(config)
    table, scene = read_all(config, measurements, columns=columns, crs=table_crs, features=feature or ())
    if scene is not None and len(scene.buildings):
        show_lines("Scene", scene.report().lines())
    with errors_of_table():
        table = table.cleaned(scene, hampel=hampel)
        if scene is not None and len(scene.base_stations):
            table = table.associated(scene, unknown=unknown_cells).measurements
        show_lines("Measurements", table.report.lines()[1:] or ["nothing was left out"])
        predictor = RsrpPredictor.train(
            table,
            scene,
            model=model,
            seed=config.seed,
            one_cell=one_cell,
            images=images,
            foliage=foliage_of(config, scene) if images else None,
            files=identities(measurements=measurements, buildings=config.buildings, base_stations=config.base_stations),
            checkpoints=checkpoints,
            log=log,
        )
    predictor.save(output)
    show_predictor(predictor)
    show_files([output / name for name in ("config.json", "weights.safetensors")])


def check_unknown_cells(name: str) -> None:
    """Refuse what is no answer to rows of unknown cells.

    Raises
    ------
    ConfigError
        It is none.
    """
    if name not in UNKNOWN_CELLS:
        hint = nearest_name(name, UNKNOWN_CELLS)
        raise ConfigError(f"--unknown-cells: {name!r} is not one of {', '.join(UNKNOWN_CELLS)}{hint}")


def check_model_folder(output: Path, kind: str, overwrite: bool, listing: str = CONFIG) -> None:
    """Refuse a place that cannot be written, or that holds one of the kind already, before any work.

    Raises
    ------
    InputError
        It is one of these.
    """
    if (check_folder(output, kind, listing) / listing).exists() and not overwrite:
        raise InputError(f"--output: {output} is there already; choose another name, or --overwrite")


def show_predictor(predictor: RsrpPredictor) -> None:
    """What was trained, on what, without what, and how far off it is."""
    scores, cells = predictor.scores, predictor.cells
    show_table(
        "Model",
        [
            ("model", predictor.model.name),
            ("rows", f"{predictor.training['rows']:,}"),
            ("cells", "not told apart" if cells is None else f"{len(cells):,}"),
            ("features used", ", ".join(predictor.used) or "none"),
            ("images", "none" if predictor.images is None else _epochs(predictor.images)),
        ],
    )
    show_without({name: why.replace(NO_IMAGES, "no images (--images)") for name, why in predictor.without.items()})
    show_table(
        "Error on rows held out: mean absolute, root mean square",
        [
            (f"squares of {BLOCK_M:g} m held out", errors_text(scores["blocked"])),
            ("rows held out at random: flatters", errors_text(scores["random"])),
            ("mean of each cell, same squares", errors_text(scores["cell mean"])),
        ],
    )
    show_table(
        "Share of held out rows inside the interval",
        [(f"{level:.0%} interval", f"{share:.1%}") for level, share in scores["blocked"].coverage.items()],
    )
    if not predictor.beats_cell_mean:
        show_lines("Warning", [f"{predictor.model.name} does not beat the mean of each cell where it has not been"])


def _epochs(images) -> str:
    return f"read by an autoencoder of {len(images.autoencoder.history)} epochs"


def show_without(without: Mapping[str, str]) -> None:
    """Columns that a model goes without; those that share a reason in one row."""
    reasons = dict.fromkeys(without.values())
    rows = [(", ".join(name for name, own in without.items() if own == why), why) for why in reasons]
    show_table("Gone without", rows or [("nothing", "")])


def errors_text(scores: Scores) -> str:
    """Mean absolute error and root mean square error."""
    return f"{scores.mae_db:.2f} dB, {scores.rmse_db:.2f} dB"
