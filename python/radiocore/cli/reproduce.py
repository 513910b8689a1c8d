"""``radiocore reproduce manifold | rsrp | radio-metrics``: a paper's evaluation as a report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..config import RunConfig
from ..errors import ConfigError
from ..run import file_identity, input_files, read_scene
from .inspect import PANELS, SCENE_KEYS
from .options import errors_in_options, keys_of, refuse_keys, takes_config
from .show import show_files, show_lines

if TYPE_CHECKING:
    from ..reproduce.report import Report

NAME = "reproduce"
app = typer.Typer(help="Make the report of a paper's evaluation.", no_args_is_help=True)

Output = Annotated[Path, typer.Option(metavar="FOLDER", help="Where the report goes; a former one is replaced.")]


@app.command("manifold")
@takes_config([*keys_of(*PANELS), "seed", "threads"])
def manifold(
    config: RunConfig,
    output: Output = ...,
    full: Annotated[
        bool, typer.Option("--full/--quick", help="More receivers, finer maps, longer axes, far more time. [quick]")
    ] = False,
) -> None:
    """Report on the coverage-manifold paper (arXiv:2312.01826): one page with pictures, and every number as CSV.

    Losses are measured on made-up cities of the four ITU-R P.1410 environments, and on your town if you name one.

    Example: `radiocore reproduce manifold --output report`
    """
    from ..reproduce.folder import check_folder
    from ..reproduce.manifold.report import KIND, reproduce_manifold
    from ..reproduce.manifold.settings import Settings

    if (config.buildings is None) != (config.base_stations is None):
        missing = "buildings" if config.buildings is None else "base_stations"
        raise ConfigError(f"{missing}: not given; the report takes both files, or neither for a made-up town")
    if config.buildings is None:
        refuse_keys(config, SCENE_KEYS, "without files the report's towns are made up")
    check_folder(output, KIND)
    scene = None
    if config.buildings is not None:
        scene = read_scene(config)
        show_lines("Scene", scene.report().lines())
    report = reproduce_manifold(
        settings=Settings.full() if full else Settings.quick(),
        scene=scene,
        name="town" if config.buildings is None else config.buildings.name.partition(".")[0],
        seed=config.seed,
        threads=config.threads,
        inputs={key: file_identity(path) for key, path in input_files(config, scene).items()},
    )
    _write(report, output)


@app.command("rsrp")
@takes_config(["seed", "threads"])
def rsrp(
    config: RunConfig,
    output: Output = ...,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The public measurements, a folder each. [a made-up drive test alone]"),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full/--quick", help="The paper's 20 folds, more images: 75 minutes. [quick]")
    ] = False,
) -> None:
    """Report on the paper of RSRP prediction by an autoencoder and a likelihood network (arXiv:2207.00166).

    One page with pictures, and every number as CSV: the paper's methods, baselines and ours, in random folds and in
    blocks of the map. The folder of ``--data`` holds dortmund_multimno, dtu_rsrp and huawei2019_jeske.

    Example: `radiocore reproduce rsrp --output report`
    """
    from ..reproduce.folder import check_folder
    from ..reproduce.rsrp.report import KIND, reproduce_rsrp
    from ..reproduce.rsrp.settings import Settings

    check_folder(output, KIND)
    with errors_in_options(data="--data"):
        settings = Settings.full() if full else Settings.quick()
        report = reproduce_rsrp(settings=settings, data=data, seed=config.seed, threads=config.threads)
    _write(report, output)


@app.command("radio-metrics")
@takes_config(["seed", "threads"])
def radio_metrics(
    config: RunConfig,
    output: Output = ...,
    data: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The public data, a folder each. [a made-up crowd alone]"),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full/--quick", help="Networks and trees of all rows, a larger crowd. [quick]")
    ] = False,
) -> None:
    """Report on the paper of RSRP, RSRQ and RSSI from crowdsourced measurements (CRC-ML-4G).

    One page with pictures, every number as CSV, and links as KML: the paper's network, baselines and ours, blind by
    city, area and operator. The folder of ``--data`` holds dortmund_multimno, ubc_vancouver_buildings and
    opencellid_canada.

    Example: `radiocore reproduce radio-metrics --output report`
    """
    from ..reproduce.folder import check_folder
    from ..reproduce.radio_metrics.report import KIND, reproduce_radio_metrics
    from ..reproduce.radio_metrics.settings import Settings

    check_folder(output, KIND)
    with errors_in_options(data="--data"):
        settings = Settings.full() if full else Settings.quick()
        report = reproduce_radio_metrics(settings=settings, data=data, seed=config.seed, threads=config.threads)
    _write(report, output)


def _write(report: Report, output: Path) -> None:
    """The report's files, and on the screen what it found."""
    report.write(output)
    show_lines(
        "Found", [*report.headline, *(f"{claim.verdict}: {claim.text} {claim.number}" for claim in report.claims)]
    )
    show_files([output / "index.html"])
