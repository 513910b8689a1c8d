"""One run, written down: the keys of a run.toml, of the command line and of :func:`radiocore.run.run`."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, ValidationError

from .channel import Channel
from .coverage import DEFAULT_DRAWS
from .device import DEVICES
from .errors import ConfigError, InputError, nearest_name
from .estimators import estimators
from .estimators.accelerated import DEFAULT_EXACT_RADIUS_M, DEFAULT_NEIGHBOURHOOD_RADIUS_M
from .grid import DEFAULT_RECEIVER_HEIGHT_M, DEFAULT_RESOLUTION_M, INDOOR
from .io.stations_table import ALIASES
from .network import DEFAULT_HEIGHT_M, DEFAULT_POWER_DBM
from .propagation import loss_model_named, options_named
from .scene import DEFAULT_MARGIN_M, HOST_RULES

METHODS = tuple(estimators())
IMPUTATIONS = ("rayleigh", "constant", "raise")
INVALID = ("repair", "raise")

PATH_KEYS = ("buildings", "base_stations", "model", "output")
"""Keys that hold files; in a TOML file they are relative to its folder."""

KEYS_WITHOUT_EFFECT_ON_THE_ANSWER = ("threads", "output", "buildings", "base_stations", "model")
"""Left out of a map's provenance, so that equal maps are equal files; inputs stand there by their hashes."""


def _one_of(names: tuple[str, ...]) -> BeforeValidator:
    def check(value):
        if value not in names:
            raise ValueError(f"{value!r} is not one of {', '.join(names)}{nearest_name(value, names)}")
        return value

    return BeforeValidator(check)


def _number(value):
    # pydantic would read true as 1, which is a slip of the pen.
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is not a number")
    return value


def _numbers(value, form: str) -> tuple[float, ...]:
    items = value.split(",") if isinstance(value, str) else value
    try:
        return tuple(float(_number(item)) for item in items)
    except (TypeError, ValueError):
        raise ValueError(f"{value!r} is not {form}") from None


def _bbox(value):
    form = "four numbers west,south,east,north, e.g. 24.93,60.16,24.95,60.17"
    box = _numbers(value, form)
    if len(box) != 4 or not all(map(isfinite, box)):
        raise ValueError(f"{value!r} is not {form}")
    west, south, east, north = box
    if not (west < east and south < north):
        raise ValueError(f"{value!r} must ascend: west < east and south < north")
    return box


def _thresholds(value):
    single = isinstance(value, int | float) or (isinstance(value, str) and "," not in value)
    level_db = _numbers(str(value) if single else value, "a number of dB or a list of them")
    if not level_db or not all(map(isfinite, level_db)):
        raise ValueError(f"{value!r} must be one or more finite levels in dB")
    for level in level_db:
        if level_db.count(level) > 1:
            raise ValueError(f"{level:g} is named twice")
    return level_db[0] if single else level_db


def _outputs(value):
    try:
        texts = [os.fspath(item) for item in ([value] if isinstance(value, str | Path) else value)]
    except TypeError:
        raise ValueError(f"{value!r} is not a file or a list of files") from None
    for text in texts:
        if text.endswith(("/", os.sep)):  # Path would drop it
            raise ValueError(f"{text} is a folder; give the name of a file in it")
    paths = tuple(map(Path, texts))
    if len(set(paths)) < len(paths):
        raise ValueError("one file is named twice")
    return paths


def _crs(value):
    if not isinstance(value, str):
        return value  # pydantic refuses it
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        crs = CRS.from_user_input(value)
    except CRSError:
        raise ValueError(f"{value!r} is not a known CRS; give an EPSG code, e.g. EPSG:32632") from None
    if not (crs.is_projected or crs.is_geographic):
        raise ValueError(f"{value!r} ({crs.name}) is not a CRS of places on a map")
    return value


def _station_columns(value):
    for key in value if isinstance(value, Mapping) else ():
        if key not in ALIASES:
            raise ConfigError(f"[station_columns] {key}: no such column of stations{nearest_name(key, ALIASES)}")
    return value


def _channel(value):
    if isinstance(value, Channel):
        return value
    if not isinstance(value, Mapping):
        raise ValueError("must be a table of the channel's fields")
    known = [item.name for item in fields(Channel)]
    for key in value:
        if key not in known:
            raise ConfigError(f"channel.{key}: no such key{nearest_name(key, known)}")
    try:
        return Channel(**_with_path_loss(value))
    except InputError as error:
        raise ConfigError(f"channel.{error}") from None


def _with_path_loss(table: Mapping) -> dict:
    """The table of a channel with the model of its path_loss: a name, or a table of name and parameters."""
    given = table.get("path_loss")
    if given is None:
        return dict(table)
    return {**table, "path_loss": loss_model_named(**options_named("path_loss", given, "tr38901-uma"))}


Number = Annotated[float, BeforeValidator(_number)]
Whole = Annotated[int, BeforeValidator(_number)]
Crs = Annotated[str, BeforeValidator(_crs)]


def _key(default: Any, panel: str, metavar: str, description: str, **limits) -> Any:
    """A key of the config; panel and metavar say how the command line shows it."""
    return Field(default, description=description, json_schema_extra={"panel": panel, "metavar": metavar}, **limits)


class RunConfig(BaseModel):
    """Everything that decides a run; frozen, and every unknown key is refused.

    Raises
    ------
    ConfigError
        On construction, naming the key, what came and what was wanted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    buildings: Path | None = _key(
        None,
        "Input",
        "FILE",
        "Building map: OSM (.osm, .pbf), GeoJSON, SUMO polygons, GeoPackage, GeoParquet, shapefile.",
    )
    base_stations: Path | None = _key(None, "Input", "FILE", "Base stations: OpenCelliD or plain CSV, GeoJSON.")
    bbox: Annotated[tuple[float, float, float, float], BeforeValidator(_bbox)] | None = _key(
        None,
        "Input",
        "W,S,E,N",
        "Map only this box: degrees, or metres where the map has no CRS. [extent of the buildings]",
    )
    crs: Crs | None = _key(None, "Input", "EPSG:CODE", "CRS of the building map, where the file carries none.")
    stations_margin_m: Number = _key(
        DEFAULT_MARGIN_M, "Input", "M", "Stations and buildings this far around the map still count, m.", ge=0
    )
    radio: str | None = _key(
        None, "Base stations", "NAME", "Only cells of this technology: GSM, UMTS, LTE, NR.", min_length=1
    )
    network: str | None = _key(
        None, "Base stations", "MCC-MNC", "Only cells of this operator, e.g. 302-220.", min_length=1
    )
    carrier: str | None = _key(
        None, "Base stations", "NAME", "Only this carrier. [every one, the best at each point]", min_length=1
    )
    merge_sites: bool = _key(True, "Base stations", "", "Make one station of the cells of one site and carrier.")
    station_height_m: Number = _key(
        DEFAULT_HEIGHT_M, "Base stations", "M", "Antenna height above ground where the file has none, m.", gt=0
    )
    station_power_dbm: Number = _key(
        DEFAULT_POWER_DBM, "Base stations", "DBM", "Transmit power (EIRP) where the file has none, dBm."
    )
    station_crs: Crs | None = _key(
        None, "Base stations", "EPSG:CODE", "CRS of the stations' x and y, where the file does not say. [the map's]"
    )
    station_columns: Annotated[dict[str, str], BeforeValidator(_station_columns)] = Field(
        {}, description="The [station_columns] table of a TOML file: lon, lat, power_dbm, ... = the file's own names."
    )

    height_column: str | None = _key(None, "Buildings", "NAME", "Column or tag that holds the height in m.")
    metres_per_level: Number = _key(3.0, "Buildings", "M", "Storey height where only levels are known, m.", gt=0)
    impute: Annotated[str, _one_of(IMPUTATIONS)] = _key(
        "rayleigh",
        "Buildings",
        "NAME",
        "What a building without a height gets: rayleigh (drawn by its id), constant, or raise (an error).",
    )
    rayleigh_scale_m: Number | None = _key(
        None,
        "Buildings",
        "M",
        "Scale of the drawn heights, m. [that of the file's known heights, else 15]",
        gt=0,
    )
    constant_height_m: Number | None = _key(None, "Buildings", "M", "The constant height, m.", gt=0)
    host_building: Annotated[str, _one_of(HOST_RULES)] = _key(
        "transparent",
        "Buildings",
        "NAME",
        "A building under an antenna: transparent (never blocks it), literal (blocks as any other), raise (an error).",
    )

    invalid: Annotated[str, _one_of(INVALID)] = _key(
        "repair", "Buildings", "NAME", "Self-crossing outlines: repair, or raise (an error)."
    )
    open_structures: bool = _key(False, "Buildings", "", "Keep open roofs, carports and the like as buildings.")

    resolution_m: Number = _key(DEFAULT_RESOLUTION_M, "Receivers", "M", "Side of a map cell, m.", gt=0)
    receiver_height_m: Number = _key(
        DEFAULT_RECEIVER_HEIGHT_M, "Receivers", "M", "Height of the receivers above ground, m.", ge=0
    )
    indoor: Annotated[str, _one_of(INDOOR)] = _key(
        "blocked",
        "Receivers",
        "NAME",
        "Receivers inside buildings: blocked (no line of sight at all), or masked (no data).",
    )

    method: Annotated[str, _one_of(METHODS)] = _key(
        "exact",
        "Method",
        "NAME",
        "exact (closed form), traditional (Monte Carlo), accelerated (Monte Carlo, far links blocked by chance), "
        "stochastic-geometry, learned, convolutional (trained).",
    )
    model: Path | None = _key(
        None, "Method", "FILE", "What a trained method was trained to, by radiocore train. [the one it comes with]"
    )
    threshold_db: Annotated[float | tuple[float, ...], BeforeValidator(_thresholds)] | None = _key(
        None,
        "Method",
        "DB[,DB...]",
        "SINR above which a receiver is served, dB; several in one pass. [the channel's: 0]",
    )
    draws: Whole = _key(DEFAULT_DRAWS, "Method", "N", "Fading draws a receiver (Monte Carlo).", gt=0)
    exact_radius_m: Annotated[float, Field(allow_inf_nan=True), BeforeValidator(_number)] = _key(
        DEFAULT_EXACT_RADIUS_M, "Method", "M", "Accelerated: links up to here are traced, m; inf traces them all.", ge=0
    )
    neighbourhood_radius_m: Number = _key(
        DEFAULT_NEIGHBOURHOOD_RADIUS_M,
        "Method",
        "M",
        "Accelerated: radius of the surroundings that far links are judged by, m.",
        gt=0,
    )
    seed: Whole = _key(0, "Method", "N", "Seed of the drawn heights and of the fading.", ge=0)
    channel: Annotated[InstanceOf[Channel], BeforeValidator(_channel)] = Field(
        Channel(), description="The [channel] table of a TOML file: the fields of radiocore.Channel."
    )

    device: Annotated[str, _one_of(DEVICES)] = _key("auto", "Machine", "NAME", "auto, cpu or cuda.")
    threads: Whole | None = _key(None, "Machine", "N", "Threads on the CPU. [all cores]", gt=0)
    output: Annotated[tuple[Path, ...], BeforeValidator(_outputs)] = _key(
        (), "Output", "FILE", "The map; the suffix chooses the format: .tif, .nc, .kml or .png. May be repeated."
    )
    output_crs: Crs | None = _key(
        None, "Output", "EPSG:CODE", "CRS of a GeoTIFF (.tif), which is resampled to it. [the map's own grid]"
    )

    def __init__(self, /, **values):
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise ConfigError(_explain(error)) from None

    @classmethod
    def from_toml(cls, path: str | Path, /, **overrides) -> RunConfig:
        """The run of a TOML file, with some keys replaced.

        Parameters
        ----------
        path : str or Path
            The file. Relative paths in it are relative to its folder.
        **overrides
            Values that replace the file's.

        Raises
        ------
        ConfigError
            Names the file and the key.
        """
        path = Path(path)
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: is not a TOML file: {error}") from None
        for key in PATH_KEYS:
            if key in values and key not in overrides:
                values[key] = _beside(path.parent, values[key])
        try:
            return cls(**(values | overrides))
        except ConfigError as error:
            if str(error).partition(":")[0] in overrides:
                raise
            raise ConfigError(f"{path}: {error}") from None

    def to_dict(self) -> dict[str, Any]:
        """Plain values of every key, as a TOML or JSON file would hold them."""
        values = {key: getattr(self, key) for key in type(self).model_fields}
        return {key: _plain(value) for key, value in values.items()}

    def provenance(self) -> dict[str, Any]:
        """The keys that decide the answer, for the map's own record."""
        return {key: value for key, value in self.to_dict().items() if key not in KEYS_WITHOUT_EFFECT_ON_THE_ANSWER}


def _explain(error: ValidationError) -> str:
    """The first complaint of pydantic in the house's form: the key, what is wrong, the remedy."""
    first = error.errors(include_url=False)[0]
    key = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return f"{key}: no such key{nearest_name(key, RunConfig.model_fields)}"
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, ConfigError):
        return str(cause)
    if cause is not None:
        return f"{key}: {cause}"
    wanted = first["msg"].partition(",")[0].partition(" for <")[0]
    wanted = re.sub("^(Input|String) should", "must", wanted).replace("Input is", "is")
    return f"{key}: {wanted}, not {first['input']!r}"


def _beside(folder: Path, value):
    if isinstance(value, list):
        return [_beside(folder, item) for item in value]
    return os.path.join(folder, value) if isinstance(value, str) else value  # keeps a trailing slash


def _plain(value):
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Channel):
        return value.settings()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
