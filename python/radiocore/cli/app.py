"""The commands in one typer application."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from ..errors import InputError
from . import (
    demo,
    doctor,
    inspect,
    predict,
    predict_radio_metrics,
    reproduce,
    simulate,
    train,
    train_learned,
    train_radio_metrics,
    train_rsrp,
    tune,
)

app = typer.Typer(
    name="radiocore",
    help="Coverage maps of mobile networks from a building map and a list of base stations.",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
UsageError = typer.BadParameter.__base__
"""Click's class; newer typers carry a click of their own, so it cannot be imported by its name."""

for module in (simulate, inspect, demo, doctor):
    app.command(module.NAME)(module.command)
for module in (train_learned, train_rsrp, train_radio_metrics):  # each adds its command to the one group
    assert module.app is train.app
assert predict_radio_metrics.app is predict.app
app.add_typer(train.app, name=train.NAME)
app.add_typer(tune.app, name=tune.NAME)
app.add_typer(predict.app, name=predict.NAME)
app.add_typer(reproduce.app, name=reproduce.NAME)


def _print_version(wanted: bool) -> None:
    if wanted:
        from ..doctor import radiocore_version

        typer.echo(f"radiocore {radiocore_version()}")
        raise typer.Exit()


@app.callback()
def radiocore(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Coverage maps of mobile networks from a building map and a list of base stations."""


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; no arguments ask for help.

    Raises
    ------
    InputError
        The arguments are no command and its options; the message names the nearest ones.
    """
    try:
        return app(args=list(arguments) or ["--help"], prog_name="radiocore", standalone_mode=False) or 0
    except typer.Abort:
        raise KeyboardInterrupt from None
    except UsageError as error:
        message = error.format_message().rstrip(".")
        raise InputError(message[:1].lower() + message[1:]) from None
