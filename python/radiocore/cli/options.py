"""Options made from the keys of :class:`RunConfig`, so that neither has what the other lacks."""

from __future__ import annotations

import inspect
import re
import shlex
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated

import typer

from ..config import RunConfig
from ..errors import ConfigError, InputError, RadiocoreError

CONFIG_HELP = "A TOML file with the keys of radiocore.config.RunConfig; options given here replace its values."

TABLES = ("channel", "station_columns")
"""Keys that are tables of a TOML file, and no options."""

OPTION_KEYS = tuple(key for key in RunConfig.model_fields if key not in TABLES)

STATIONS_LEAD = re.compile(r"(crs: )?(the )?(base )?stations\b", re.IGNORECASE)
"""How a message begins that speaks of the base stations."""

VALUE = r"""(?:'([^']*)'|"([^"]*)"|(-?\w+(?:\.\w+)*)?)"""
"""What follows ``key=``: quoted, bare, or nothing."""


def option_name(key: str) -> str:
    """``receiver_height_m`` is ``--receiver-height``: metres go without saying."""
    return "--" + key.removesuffix("_m").replace("_", "-")


def takes_config(keys: Iterable[str]) -> Callable:
    """Give a command that takes ``config: RunConfig`` one option for each key, and ``--config``.

    Every value is passed on as text, so that one place, the config, judges it and words the
    refusal.
    """

    def decorate(command: Callable) -> Callable:
        signature = inspect.signature(command, eval_str=True)
        own = [item for item in signature.parameters.values() if item.name != "config"]

        @wraps(command)
        def with_options(**given):
            own_values = {item.name: given.pop(item.name) for item in own}
            path = given.pop("config")
            values = {key: value for key, value in given.items() if value not in (None, [])}
            config = RunConfig(**values) if path is None else RunConfig.from_toml(path, **values)
            try:
                return command(config=config, **own_values)
            except RadiocoreError as error:
                raise RadiocoreError(in_options(str(error), config.base_stations)) from error

        parameters = [_parameter(key) for key in keys]
        parameters.append(_option("config", Path | None, typer.Option("--config", metavar="FILE", help=CONFIG_HELP)))
        with_options.__signature__ = inspect.Signature([*parameters, *own])
        with_options.__annotations__ = {item.name: item.annotation for item in (*parameters, *own)}
        return with_options

    return decorate


def refuse_keys(config: RunConfig, keys: Iterable[str], why: str) -> None:
    """Refuse the first of these keys that is set, where the work at hand would drop it.

    Raises
    ------
    ConfigError
    """
    for key in keys:
        if key in config.model_fields_set and getattr(config, key) is not None:
            raise ConfigError(f"{key}: {why}; leave it out")


def keys_of(*panels: str) -> tuple[str, ...]:
    """The options of some panels."""
    return tuple(key for key in OPTION_KEYS if RunConfig.model_fields[key].json_schema_extra["panel"] in panels)


@contextmanager
def errors_in_options(**options: str):
    """Errors that begin with one of these arguments name its option, for commands with options of their own.

    Raises
    ------
    InputError
    """
    try:
        yield
    except InputError as error:
        name, colon, rest = str(error).partition(":")
        if name not in options:
            raise
        raise InputError(f"{options[name]}{colon}{rest}") from None


def in_options(message: str, stations_file: Path | None = None) -> str:
    """A message about Python arguments, as the command line's user would write them.

    Parameters
    ----------
    stations_file : Path, optional
        In a message that names it, ``crs`` is the stations' and not the map's.
    """
    of_stations = STATIONS_LEAD.match(message) or (stations_file is not None and str(stations_file) in message)
    options = {key: option_name(key) for key in OPTION_KEYS}
    options["crs"] = options["station_crs" if of_stations else "crs"]
    names = "|".join(options)
    # A key of one word may be plain English, or a file's: it is ours only with a colon or an equals sign.
    compounds = "|".join(key for key in options if "_" in key)

    def with_value(found: re.Match) -> str:
        option, value = options[found[1]], found[2] or found[3] or found[4]
        if value in ("True", "False"):
            return option if value == "True" else option.replace("--", "--no-", 1)
        return f"{option} {shlex.quote(value)}" if value else option

    message = re.sub(rf"^({names})(?=:)", lambda found: options[found[1]], message)
    message = re.sub(r"\bcolumns=(\{[^}]*\})?", "the [station_columns] table of a --config file", message)
    message = re.sub(rf"(?<![\w/.-])({names})={VALUE}", with_value, message)
    bare = rf"(?<![\w/.'\"-])({compounds})(?![\w:=/'\"-]|\.\w)"
    return re.sub(bare, lambda found: options[found[1]], message)


def _parameter(key: str) -> inspect.Parameter:
    field = RunConfig.model_fields[key]
    shown = field.json_schema_extra
    name, kind, stated = option_name(key), str | None, f" [{field.default}]"
    if isinstance(field.default, bool):
        name, kind, stated = f"{name}/--no-{name[2:]}", bool | None, " [yes]" if field.default else " [no]"
    elif isinstance(field.default, float):
        stated = f" [{field.default:g}]"
    elif isinstance(field.default, tuple):
        kind, stated = list[str] | None, ""
    elif field.default is None:
        stated = ""
    description = field.description + stated
    option = typer.Option(name, metavar=shown["metavar"], help=description, rich_help_panel=shown["panel"])
    return _option(key, kind, option)


def _option(name: str, kind, option) -> inspect.Parameter:
    passing = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return inspect.Parameter(name, passing, default=None, annotation=Annotated[kind, option])
