"""``radiocore demo``: a first map, of a made-up city or of the user's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import RunConfig
from ..errors import ConfigError
from ..io.atomic import atomic_path
from ..measurements import Measurements
from ..measuring.crowd import crowd as make_up_crowd
from ..measuring.crowd_cities import made_up_cities
from ..measuring.crowd_files import write_crowd
from ..run import check_files, read_scene
from ..scene import Scene
from .inspect import SCENE_KEYS
from .options import OPTION_KEYS, refuse_keys, takes_config
from .show import show_files
from .simulate import carry_out

NAME = "demo"
FILES = ("map.tif", "map.nc", "map.png")
DRIVE_TEST = "drive.csv"
SAMPLES = 3000
CROWD_SAMPLES = 9000
BLIND_CITY = "Middleton"
SECTOR_POWER_DBM = 60.0
THRESHOLDS_DB = (0.0, 5.0, 10.0)


@takes_config(key for key in OPTION_KEYS if key != "output")
def command(
    config: RunConfig,
    output_dir: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the maps go; made if need be.")] = Path(
        "out"
    ),
    crowd: Annotated[
        bool, typer.Option("--crowd", help="Instead, make up what phones measured in three cities.")
    ] = False,
) -> None:
    """Make a first map: of your files, or of a made-up square kilometre of town (ITU-R P.1410 urban).

    The made-up town comes with a made-up drive test, `drive.csv`, for `radiocore train rsrp`; `--crowd` writes what
    `radiocore train radio-metrics` learns from: `crowd.csv` of two cities, `crowd_blind.csv` of a third, their cells
    and their buildings.
    """
    given = {key: getattr(config, key) for key in config.model_fields_set}
    if crowd:
        refuse_keys(config, sorted(given.keys() - {"seed"}), "the demo's crowd is made up, and takes a seed alone")
        output_dir.mkdir(parents=True, exist_ok=True)
        write_made_up_crowd(config.seed, output_dir)
        return
    if (config.buildings is None) != (config.base_stations is None):
        missing = "buildings" if config.buildings is None else "base_stations"
        raise ConfigError(f"{missing}: not given; the demo takes both files, or neither for a made-up city")
    if config.buildings is None:
        refuse_keys(config, SCENE_KEYS, "without files the demo's city is made up")
    outputs = [output_dir / name for name in FILES]
    config = RunConfig(**{"threshold_db": THRESHOLDS_DB, **given, "output": outputs})
    output_dir.mkdir(parents=True, exist_ok=True)
    check_files(config)
    if config.buildings is not None:
        carry_out(read_scene(config), config)
        return
    town = Scene.synthetic(seed=config.seed)
    carry_out(town, config)
    write_drive_test(town, config.seed, output_dir / DRIVE_TEST)


def write_drive_test(town: Scene, seed: int, path: Path) -> None:
    """Measurements that somebody may have made there, in metres of the map."""
    drive = Measurements.synthetic(town.with_sectors(power_dbm=SECTOR_POWER_DBM), SAMPLES, seed=seed)
    with atomic_path(path) as temporary:
        drive.to_table().to_csv(temporary, index=False)
    show_files([path])


def write_made_up_crowd(seed: int, folder: Path) -> None:
    """What phones may have measured in three cities, one of them for a blind test."""
    cities = made_up_cities(seed=seed)
    made = make_up_crowd(cities, CROWD_SAMPLES, seed=seed)
    show_files(write_crowd(made, cities.scene, BLIND_CITY, folder))
