"""What commands read that train, tune and predict: measurements or points, and the scene around them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..buildings import Buildings
from ..config import RunConfig
from ..errors import InputError
from ..foliage import Foliage
from ..io import buildings_osm, sniff
from ..measurements import Measurements
from ..network import BaseStations
from ..run import file_identity, read_buildings, read_scene, station_options, with_parts
from ..scene import Scene
from .inspect import PANELS
from .options import keys_of

SCENE_KEYS = keys_of(*PANELS)
STATIONS_MARGIN_M = 20_000.0
"""Cells are measured far from their masts."""

Columns = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help='A TOML file with [columns] (rsrp_dbm = "RSRP"), [constants], crs, missing.'),
]
TableCrs = Annotated[
    str | None, typer.Option("--table-crs", metavar="EPSG:CODE", help="CRS of the columns x and y of that table.")
]

IN_OPTIONS = (
    (re.compile(r"\bcolumns=(?!\{'id')(\{(?:[^{}]|\{[^{}]*\})*\})?"), "[columns] in a --columns file"),
    (re.compile(r"\bcrs=(?!\w)|\bcrs(?=: )"), "--table-crs"),
    (re.compile(r"\bfeatures=\['([^']*)'\]"), r"--feature '\1'"),
    (re.compile(r"\bfeatures=\[\.\.\.\]"), "--feature"),
    (re.compile(r"\btime=$"), "--time"),
    (re.compile(r"\bsplit='(\w+)'"), r"--split \1"),
    (re.compile(r"\bone_cell=True"), "--one-cell"),
    (re.compile(r"^images(?=:)"), "--images"),
    (re.compile(r"associate by bearing instead \(by='auto'\), or "), ""),
    (re.compile(r"\bunknown='leave-out'"), "--unknown-cells leave-out"),
    (re.compile(r"\bmerge_sites=False"), "--no-merge-sites"),
    (re.compile(r"\bby=\('network', 'cell'\)"), "--join-by network --join-by cell"),
    (re.compile(r"as a column frequency_mhz$"), "as a column frequency_mhz, or state one: --frequency-mhz"),
    (re.compile(r"^by(?=: )|\bby=$"), "--join-by"),
)
"""What arguments of measurements are called on the command line."""


@contextmanager
def errors_of_table() -> Iterator[None]:
    """Errors about measurements or points name the options of this command.

    Raises
    ------
    InputError
    """
    try:
        yield
    except InputError as error:
        message = str(error)
        for pattern, option in IN_OPTIONS:
            message = pattern.sub(option, message)
        raise InputError(message) from None


def with_margin(config: RunConfig) -> RunConfig:
    """The config with stations farther off than for a coverage map, unless it says how far."""
    if "stations_margin_m" in config.model_fields_set:
        return config
    return config.model_copy(update={"stations_margin_m": STATIONS_MARGIN_M})


def read_all(
    config: RunConfig,
    path: Path,
    *,
    columns: Path | None,
    crs: str | None,
    features: Sequence[str],
    kind: type[Measurements] = Measurements,
) -> tuple[Measurements, Scene | None]:
    """Measurements, or points, and the scene of the files that a config names, if any.

    Raises
    ------
    InputError
    """
    options = {"columns": columns, "crs": crs, "features": features}
    scene = None
    if config.buildings is not None:
        scene = scene_with_buildings(config)
    with errors_of_table():
        measurements = kind.read(path, scene=scene, **options)
    if scene is None and config.base_stations is not None:
        reach = {"frame": measurements.frame, "bounds_m": measurements.bounds_m, "margin_m": config.stations_margin_m}
        chosen = station_options(config)
        stations = BaseStations.read(config.base_stations, **reach, crs=chosen.pop("station_crs"), **chosen)
        scene = over_open_ground(measurements, stations)
    return measurements, scene


def over_open_ground(measurements: Measurements, stations: BaseStations) -> Scene:
    """Stations and where measurements or points are, without buildings."""
    ground = replace(Buildings.from_polygons([], []), frame=measurements.frame)
    return Scene(ground, stations, receiver_bounds_m=measurements.bounds_m)


def scene_with_buildings(config: RunConfig) -> Scene:
    """The scene of a building map, with base stations where they are given."""
    if config.base_stations is not None:
        return read_scene(config)
    town = read_buildings(config)
    return Scene(town, BaseStations(x_m=[], y_m=[], frame=town.frame))


def foliage_of(config: RunConfig, scene: Scene | None) -> Foliage | None:
    """Woods and parks of the map of buildings, where it tells of them: OpenStreetMap does."""
    if config.buildings is None or scene is None:
        return None
    is_osm = buildings_osm.matches(sniff.read_head(sniff.local_file(config.buildings)))
    return Foliage.read(config.buildings, scene.frame) if is_osm else None


def identities(**files: Path | None) -> dict[str, dict]:
    """Name, size and checksum of each file that is given, and of the parts of a shapefile."""
    given = {key: path for key, path in files.items() if path is not None}
    return {key: file_identity(path) for key, path in with_parts(given).items()}
