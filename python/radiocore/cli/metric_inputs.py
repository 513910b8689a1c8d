"""What the commands of radio metrics share: their options, and links out of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ..config import RunConfig
from ..errors import ConfigError
from ..measurements import Measurements
from ..models.estimate import DEFAULT_BLOCKS
from ..radio_metrics.links import several_masts
from ..radio_metrics.splits import SPLITS
from ..scene import Scene
from ..units import is_carrier_mhz, wanted_carrier_mhz
from .options import errors_in_options
from .rsrp_inputs import errors_of_table, read_all, with_margin
from .tower_inputs import Register

OPTIONS = {
    "metrics": "--metric",
    "split": "--split",
    "folds": "--split",
    "path_loss": "--path-loss",
    "resource_blocks": "--resource-blocks",
    "heights_m": "--receiver-height",
    "time": "--time",
}
"""What arguments of radio-metric models are called on the command line."""

MeasurementsFile = Annotated[
    Path, typer.Option(metavar="FILE", help="Crowdsourced or drive test data: CSV (.gz too), Parquet, GeoPackage.")
]
Features = Annotated[
    list[str] | None,
    typer.Option(
        "--feature",
        metavar="NAME",
        help="A further column of numbers, as ue_altitude_ag_m or resource_blocks; may be repeated. One that is "
        "computed otherwise, as total_obstruction_length_3d_m, is then taken as it is.",
    ),
]
ResourceBlocks = Annotated[
    int, typer.Option(metavar="N", help=f"Of carriers whose rows do not tell resource_blocks. [{DEFAULT_BLOCKS}]")
]
PathLoss = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Path loss of stage one. [tr38901-uma; cost231-hata without buildings]"),
]
PathLossWeights = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Weights of a path-loss network, for crc-mlpl unless named.")
]
HeldOut = Annotated[
    str | None,
    typer.Option("--split", metavar="NAME", help=f"Held out whole: {', '.join(SPLITS)}. [geohash6, or else tower]"),
]
Frequency = Annotated[
    float | None,
    typer.Option(
        "--frequency-mhz", metavar="MHZ", help="Carrier frequency of stations whose file has none, as OpenCelliD's."
    ),
]


def with_frequency(scene: Scene | None, frequency_mhz: float | None) -> Scene | None:
    """The scene with a carrier frequency where its stations tell none.

    Raises
    ------
    ConfigError
        It is none of a carrier.
    """
    if frequency_mhz is None:
        return scene
    if not is_carrier_mhz(frequency_mhz):
        raise ConfigError(f"--frequency-mhz: {frequency_mhz:g} {wanted_carrier_mhz(frequency_mhz)}")
    if scene is None:
        raise ConfigError("--frequency-mhz: it is of base stations, and there are none; give them, or leave it out")
    stations = scene.base_stations
    told = np.where(np.isnan(stations.frequency_mhz), frequency_mhz, stations.frequency_mhz)
    return replace(scene, base_stations=replace(stations, frequency_mhz=told))


def register_of(config: RunConfig, towers: Path | None, join_by: Sequence[str] | None) -> Register | None:
    """The register that a command names, if any.

    Raises
    ------
    InputError
        There are buildings, and neither base stations nor a register; or as of :meth:`Register.read`.
    """
    if config.buildings is not None and config.base_stations is None and towers is None:
        raise ConfigError("base_stations: buildings alone tell nothing of links; give base stations too, or --towers")
    return Register.read(config, towers, join_by)


def read_cleaned(
    config: RunConfig,
    path: Path,
    *,
    towers: Path | None,
    join_by: Sequence[str] | None,
    frequency_mhz: float | None,
    columns: Path | None,
    crs: str | None,
    features: Sequence[str],
    unknown_cells: str,
) -> tuple[Measurements, Scene | None]:
    """Cleaned measurements of cells that are in the scene; and that scene, if any.

    Raises
    ------
    InputError
        A file cannot be read, no row is left, or a cell is not in the scene.
    """
    config = with_margin(config)
    register = register_of(config, towers, join_by)
    with errors_of_table(), errors_in_options(**OPTIONS):
        table, scene = read_all(config, path, columns=columns, crs=crs, features=features)
        table, scene = with_towers(table.cleaned(scene, hampel=None), scene, register, frequency_mhz, config)
        return of_known_cells(table, scene, unknown_cells), scene


def with_towers(
    table: Measurements, scene: Scene | None, register: Register | None, frequency_mhz: float | None, config: RunConfig
) -> tuple[Measurements, Scene | None]:
    """The rows that have a tower in a register, if there is one, and the scene of these; with carrier frequencies.

    Raises
    ------
    InputError
        No row has a tower, they are too far from theirs, or the frequency is none of a carrier.
    """
    if register is not None:
        table, scene = register.joined(table, scene, config)
    return table, with_frequency(scene, frequency_mhz)


def of_known_cells(table: Measurements, scene: Scene | None, unknown_cells: str) -> Measurements:
    """Rows of cells that are in the scene; others are an error, or left out.

    Raises
    ------
    InputError
        A cell is not in the scene, or none is.
    """
    if scene is None or len(scene.base_stations) == 0:
        return table
    by = "cell" if several_masts(scene) else "auto"
    return table.associated(scene, by=by, unknown=unknown_cells).measurements
