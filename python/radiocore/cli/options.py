"""Options made from the keys of :class:`RunConfig`, so that neither has what the other lacks."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import Annotated

import typer

from ..config import RunConfig

CONFIG_HELP = "A TOML file with the keys of radiocore.config.RunConfig; options given here replace its values."

TABLES = ("channel", "station_columns")
"""Keys that are tables of a TOML file, and no options."""

OPTION_KEYS = tuple(key for key in RunConfig.model_fields if key not in TABLES)


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
            return command(config=config, **own_values)

        parameters = [_parameter(key) for key in keys]
        parameters.append(_option("config", Path | None, typer.Option("--config", metavar="FILE", help=CONFIG_HELP)))
        with_options.__signature__ = inspect.Signature([*parameters, *own])
        with_options.__annotations__ = {item.name: item.annotation for item in (*parameters, *own)}
        return with_options

    return decorate


def in_options(message: str) -> str:
    """A message about Python arguments, as the command line's user would write them."""
    keys = {key: option_name(key) for key in OPTION_KEYS}
    names = "|".join(keys)
    message = re.sub(rf"^({names}):", lambda found: f"{keys[found[1]]}:", message)
    message = re.sub(r"\bcolumns=\{[^}]*\}", "the [station_columns] table of a --config file", message)
    message = re.sub(r"\bcrs=", "--crs (base stations: --station-crs)", message)
    message = re.sub(rf"\b({names})=False", lambda found: keys[found[1]].replace("--", "--no-", 1), message)
    message = re.sub(rf"\b({names})=True", lambda found: keys[found[1]], message)
    return re.sub(rf"\b({names})=\"?([\w.]*)\"?", lambda found: f"{keys[found[1]]} {found[2]}".strip(), message)


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
