"""``radiocore train``: files of trained methods."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import RunConfig
from ..errors import InputError
from ..grid import DEFAULT_RECEIVER_HEIGHT_M
from ..io.atomic import check_destination
from ..network import DEFAULT_HEIGHT_M, DEFAULT_POWER_DBM
from .options import errors_in_options
from .show import show_files, show_table

NAME = "train"
app = typer.Typer(help="Train a method for your own channel and network.", no_args_is_help=True)

OPTIONS = {
    "antenna_height_m": "--antenna-height",
    "threshold_db": "--threshold",
    "max_distance_m": "--max-distance",
    "power_dbm": "--power",
    "density_per_km2": "--density",
    "shape": "--rows, --columns",
    "pairs": "--curve",
}
Output = Annotated[Path, typer.Option(metavar="FILE", help="Where the trained file goes.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the file if it is there.")]


def check_output(path: Path, overwrite: bool) -> None:
    """Refuse a place that cannot be written, or that holds a file already, before any work.

    Raises
    ------
    InputError
    """
    if check_destination(path).exists() and not overwrite:
        raise InputError(f"--output: {path} is there already; choose another name, or --overwrite")


@app.command("sg")
def stochastic_geometry(
    output: Output,
    antenna_height: Annotated[
        list[float], typer.Option(metavar="M", help="Stations above the receivers, m; may be repeated.")
    ] = (DEFAULT_HEIGHT_M - DEFAULT_RECEIVER_HEIGHT_M,),
    threshold: Annotated[list[float], typer.Option(metavar="DB", help="SINR threshold; may be repeated.")] = (0.0,),
    max_distance: Annotated[float, typer.Option(metavar="M", help="Stations within this count, m.")] = 500.0,
    power: Annotated[float, typer.Option(metavar="DBM", help="Transmit power of every station.")] = DEFAULT_POWER_DBM,
    density: Annotated[
        tuple[float, float], typer.Option(metavar="LEAST MOST", help="Range of densities, stations per km^2.")
    ] = (0.1, 100.0),
    rows: Annotated[int, typer.Option(metavar="N", help="Terrains along built-up share times building density.")] = 15,
    columns: Annotated[int, typer.Option(metavar="N", help="Terrains along the scale of building heights.")] = 15,
    curve: Annotated[
        int | None, typer.Option(metavar="N", help="Instead, N pairs on the paper's curve b = f(a), with two terms.")
    ] = None,
    nlos_interference: Annotated[
        bool, typer.Option("--nlos-interference", help="Let blocked stations interfere.")
    ] = False,
    config: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A TOML file with a [channel] table; otherwise the defaults.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Train the database of the method `stochastic-geometry`.

    Coverage by the full expression over random networks, for many terrains, is fitted by closed forms of the density
    of stations (Algorithm 4 of arXiv:2312.01826). Maps take the file with `--model FILE`.

    Example: `radiocore train sg --antenna-height 23.5 --threshold 3 --output town.json`
    """
    from ..stochastic_geometry.training import train_curve, train_plane

    check_output(output, overwrite)
    options = {
        "name": output.stem,
        "channel": None if config is None else RunConfig.from_toml(config).channel,
        "antenna_height_m": tuple(antenna_height),
        "threshold_db": tuple(threshold),
        "max_distance_m": max_distance,
        "power_dbm": power,
        "density_per_km2": density,
        "nlos_interference": nlos_interference,
    }
    with errors_in_options(**OPTIONS):
        database = train_plane((rows, columns), **options) if curve is None else train_curve(curve, **options)
    database.write(output)
    trained = database.conditions
    show_table(
        "Database",
        [
            ("terrains", len(database.pairs)),
            ("antennas above receivers", ", ".join(f"{value:g} m" for value in trained.antenna_height_m)),
            ("thresholds", ", ".join(f"{value:g} dB" for value in trained.threshold_db)),
            ("stations count within", f"{trained.max_distance_m:g} m"),
            ("stations per km^2", "{:g} to {:g}".format(*trained.density_per_km2)),
            ("sha256", f"{database.sha256[:16]}..."),
        ],
    )
    show_files([output])
