"""``radiocore inspect``: what is in the files, what was assumed, and what that does to a map."""

from __future__ import annotations

from typing import Annotated

import typer

from ..config import RunConfig
from ..network import BaseStations
from ..run import read_buildings, read_scene
from ..scene import Scene
from .options import keys_of, refuse_keys, takes_config
from .show import print_json, show_lines

NAME = "inspect"
PANELS = ("Input", "Buildings", "Base stations")
SCENE_KEYS = (*keys_of(*PANELS), "station_columns")
"""What a scene is read by."""


@takes_config([*keys_of(*PANELS), "seed"])
def command(
    config: RunConfig,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Report on a building map, and on its base stations where they are given."""
    if config.base_stations is None:
        refuse_keys(config, [*keys_of("Base stations"), "station_columns"], "there is no file of base stations")
        town = read_buildings(config)
        scene = Scene(town, BaseStations(x_m=[], y_m=[], frame=town.frame))
    else:
        scene = read_scene(config)
    report = scene.report()
    if as_json:
        print_json(report.to_dict())
    else:
        show_lines("Scene", report.lines())
