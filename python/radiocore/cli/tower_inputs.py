"""Registers of cells on the command line: measurements or points joined with their towers, and the scene of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from ..config import RunConfig
from ..errors import ConfigError, InputError
from ..measurements import Measurements
from ..measuring.tower_join import join_towers
from ..measuring.towers import Towers
from ..network import BaseStations
from ..scene import Scene
from .options import in_options
from .rsrp_inputs import over_open_ground

TowersFile = Annotated[
    Path | None,
    typer.Option(
        "--towers",
        metavar="FILE",
        help="A register of cells, a row each and none merged, instead of --base-stations: each row is joined with its "
        "own; columns by [station_columns]. Rows without one are left out and counted.",
    ),
]
JoinBy = Annotated[
    list[str] | None,
    typer.Option(
        "--join-by",
        metavar="NAME",
        help="What is equal of a row and its tower: network, tac, cell; may be repeated. [network and cell, and tac "
        "where both files tell it]",
    ),
]

OF_STATIONS = ("base_stations", "network", "carrier", "merge_sites")
"""Keys that say which base stations there are; a register goes without them."""


@dataclass(frozen=True, eq=False)
class Register:
    """Towers, what they are joined by, and what is assumed where they do not tell it."""

    towers: Towers
    by: tuple[str, ...] | None
    assumed: dict[str, float]

    @classmethod
    def read(cls, config: RunConfig, path: Path | None, by: Sequence[str] | None) -> Register | None:
        """The register that a command names, if any.

        Raises
        ------
        InputError
            It cannot be read, or goes with base stations.
        """
        if path is None:
            if by:
                raise ConfigError("--join-by: it is for a register of cells; name it with --towers")
            return None
        for key in OF_STATIONS:
            if key in config.model_fields_set:
                raise ConfigError(f"{key}: it is for base stations, and --towers takes their place; leave one out")
        options = {"columns": config.station_columns or None, "crs": config.station_crs}
        try:
            towers = Towers.read(path, radio=config.radio or "LTE", **options)
        except InputError as error:
            raise type(error)(in_options(str(error), path)) from None
        assumed = {"height_m": config.station_height_m, "power_dbm": config.station_power_dbm}
        return cls(towers, tuple(by) if by else None, assumed)

    def joined(self, table: Measurements, town: Scene | None, config: RunConfig) -> tuple[Measurements, Scene]:
        """The rows that have a tower, and the scene of these towers, with the buildings of a town.

        Raises
        ------
        InputError
            No row is joined, or they are too far from their towers.
        """
        found = join_towers(table, self.towers, by=self.by)
        rows = np.unique(found.tower)
        stations = self.towers.base_stations(rows, table.frame, **self.assumed)
        report = found.measurements.report
        noted = replace(found.measurements, report=replace(report, notes=(*report.notes, *self._notes(rows))))
        return noted, over_open_ground(table, stations) if town is None else with_stations(town, stations, config)

    def around(self, town: Scene, config: RunConfig) -> Scene:
        """The scene of a town with the towers in it and in its margin, as for a map.

        Raises
        ------
        InputError
            There are none.
        """
        x_m, y_m = town.frame.from_lonlat(self.towers.longitude, self.towers.latitude)
        west, south, east, north = town.receiver_bounds_m
        margin_m = config.stations_margin_m
        near = (x_m >= west - margin_m) & (x_m <= east + margin_m) & (y_m >= south - margin_m)
        near &= y_m <= north + margin_m
        if not near.any():
            raise InputError(
                f"{self.towers.source}: none of its {len(self.towers):,} cells stands in the area or within "
                f"{margin_m / 1000:g} km of it; is it the register of this country?"
            )
        return with_stations(town, self.towers.base_stations(np.flatnonzero(near), town.frame, **self.assumed), config)

    def _notes(self, rows: np.ndarray) -> list[str]:
        """What is assumed of towers that do not tell it."""
        notes = []
        for name, words in (("height_m", "antenna height: {:g} m above ground"), ("power_dbm", "power: {:g} dBm")):
            untold = int(np.isnan(getattr(self.towers, name)[rows]).sum())
            if untold:
                assumed = words.format(self.assumed[name])
                notes.append(f"{untold:,} of these {len(rows):,} cells tell no {assumed} is assumed for them")
        return notes


def with_stations(town: Scene, stations: BaseStations, config: RunConfig) -> Scene:
    """A town that has no stations yet with these."""
    return replace(town, base_stations=stations, host_building=config.host_building)
