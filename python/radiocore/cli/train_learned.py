"""``radiocore train learned``: a model of the method `learned`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..learned.cell_weight_model import DEFAULT_CELLS, DEFAULT_SAMPLES, DEFAULT_SIDE_M, RECEIVER_HEIGHT_M
from ..synthetic import STATION_HEIGHT_M
from .options import errors_in_options
from .show import show_files, show_table
from .train import Output, Overwrite, app, check_output

OPTIONS = {
    "n": "--cells",
    "side_m": "--side",
    "samples": "--samples",
    "antenna_height_m": "--antenna-height",
    "receiver_height_m": "--receiver-height",
    "seed": "--seed",
    "threads": "--threads",
}


@app.command("learned")
def learned(
    output: Output,
    cells: Annotated[int, typer.Option(metavar="N", help="Cells along a side of the square, even.")] = DEFAULT_CELLS,
    side: Annotated[
        float, typer.Option(metavar="M", help="Side of the square around a receiver; stations beyond do not count.")
    ] = DEFAULT_SIDE_M,
    samples: Annotated[int, typer.Option(metavar="N", help="Receivers to learn from.")] = DEFAULT_SAMPLES,
    buildings: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Building map to train on; may be repeated. [made-up towns of four kinds]"),
    ] = None,
    antenna_height: Annotated[
        float, typer.Option(metavar="M", help="Antennas above ground in the samples.")
    ] = STATION_HEIGHT_M,
    receiver_height: Annotated[
        float, typer.Option(metavar="M", help="Receivers above ground in the samples.")
    ] = RECEIVER_HEIGHT_M,
    seed: Annotated[int, typer.Option(metavar="N", help="Equal seeds give equal models.")] = 0,
    threads: Annotated[int, typer.Option(metavar="N", help="0 = every processor.")] = 0,
    overwrite: Overwrite = False,
) -> None:
    """Train a model of the method `learned`.

    Chances of line of sight by the roofs on the way are fitted to exact line of sight over maps whose heights are
    drawn anew again and again (arXiv:2312.01826, section V). Maps take the file with `--model FILE`.

    Example: `radiocore train learned --samples 300 --output town.safetensors`
    """
    from ..buildings import Buildings
    from ..learned.cell_weight_model import CellWeightModel

    check_output(output, overwrite)
    with errors_in_options(**OPTIONS):
        model = CellWeightModel.train(
            None if not buildings else [Buildings.read(path) for path in buildings],
            n=cells,
            side_m=side,
            samples=samples,
            antenna_height_m=antenna_height,
            receiver_height_m=receiver_height,
            seed=seed,
            threads=threads,
        )
    model.save(output)
    told = model.training
    show_table(
        "Model",
        [
            ("cells", f"{cells} x {cells} of {side / cells:g} m"),
            ("samples", f"{told['samples']} receivers, {told['links']} links"),
            ("parameters", f"{model.theta.size}, layout {model.layout}"),
            ("squared error on maps left out", f"{told['inner_squared_error'][model.layout]:.4f}"),
            ("that of the mean alone", f"{told['inner_squared_error_of_mean']:.4f}"),
            ("sha256", model.sha256),
        ],
    )
    show_files([output])
