"""``radiocore demo``: a first map, of a made-up city or of the user's own files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..config import RunConfig
from ..errors import ConfigError
from ..io.atomic import atomic_path
from ..measurements import Measurements
from ..run import check_files, read_scene
from ..scene import Scene
from .options import OPTION_KEYS, takes_config
from .show import show_files
from .simulate import carry_out

NAME = "demo"
FILES = ("map.tif", "map.nc", "map.png")
DRIVE_TEST = "drive.csv"
SAMPLES = 3000
SECTOR_POWER_DBM = 60.0
THRESHOLDS_DB = (0.0, 5.0, 10.0)


@takes_config(key for key in OPTION_KEYS if key != "output")
def command(
    config: RunConfig,
    output_dir: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the maps go; made if need be.")] = Path(
        "out"
    ),
) -> None:
    """Make a first map: of your files, or of a made-up square kilometre of town (ITU-R P.1410 urban).

    The made-up town comes with a made-up drive test, `drive.csv`, for `radiocore train rsrp`.
    """
    if (config.buildings is None) != (config.base_stations is None):
        missing = "buildings" if config.buildings is None else "base_stations"
        raise ConfigError(f"{missing}: not given; the demo takes both files, or neither for a made-up city")
    given = {key: getattr(config, key) for key in config.model_fields_set}
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
