"""``radiocore simulate``: from files to a coverage map."""

from __future__ import annotations

from ..config import RunConfig
from ..run import check_files, make_map, read_scene, require_keys, write_outputs
from ..scene import Scene
from .options import OPTION_KEYS, takes_config
from .show import show_files, show_lines, show_table, split_line

NAME = "simulate"


@takes_config(OPTION_KEYS)
def command(config: RunConfig) -> None:
    """Compute a coverage map: where SINR exceeds a threshold, and how likely.

    Defaults stand in brackets. The channel (exponents, fading, noise) is the [channel] table of a `--config` file.

    Example: `radiocore simulate --buildings town.geojson --base-stations cells.csv --radio LTE --output map.tif`
    """
    require_keys(config, "buildings", "base_stations", "output")
    check_files(config)
    carry_out(read_scene(config), config)


def carry_out(scene: Scene, config: RunConfig) -> None:
    """Report the scene, make its map, write the files and print the summary."""
    show_lines("Scene", scene.report().lines())
    check_files(config, scene)
    manifold = make_map(scene, config)
    write_outputs(manifold, config.output, crs=config.output_crs)
    show_table("Coverage", map(split_line, manifold.summary().lines()))
    show_files(config.output)
