"""The commands in one typer application."""

from __future__ import annotations

from typing import Annotated

import typer

from . import demo, doctor, inspect, simulate

app = typer.Typer(
    name="radiocore",
    help="Coverage maps of mobile networks from a building map and a list of base stations.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
)
for module in (simulate, inspect, demo, doctor):
    app.command(module.NAME)(module.command)


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
