"""``radiocore reproduce manifold``: the paper's evaluation as a report, on made-up cities and on the user's town."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import RunConfig
from ..errors import ConfigError
from ..run import file_identity, input_files, read_scene
from .inspect import PANELS
from .options import OPTION_KEYS, takes_config
from .show import show_files, show_lines

NAME = "reproduce"
app = typer.Typer(help="Make the report of a paper's evaluation.", no_args_is_help=True)


@app.command("manifold")
@takes_config(
    key
    for key in OPTION_KEYS
    if key in ("seed", "threads") or RunConfig.model_fields[key].json_schema_extra["panel"] in PANELS
)
def manifold(
    config: RunConfig,
    output: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the report goes; a former one is replaced.")
    ] = ...,
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
        inputs={key: file_identity(path) for key, path in input_files(config).items()},
    )
    report.write(output)
    show_lines(
        "Found", [*report.headline, *(f"{claim.verdict}: {claim.text} {claim.number}" for claim in report.claims)]
    )
    show_files([output / "index.html"])
