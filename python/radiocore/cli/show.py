"""How the commands print: reports, tables, file names."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .options import in_options


def show_lines(title: str, lines: Iterable[str]) -> None:
    """A heading and one line each; unbroken where the output is not a terminal."""
    console = Console(highlight=False)
    console.print(Text(title, style="bold"))
    for line in lines:
        console.print(Text(f"  {in_options(line)}"), soft_wrap=not console.is_terminal)


def split_line(line: str) -> tuple[str, str]:
    """``name: value`` in two; a line without a name is all value."""
    name, colon, value = line.partition(": ")
    return (name, value) if colon else ("", line)


def show_table(title: str, rows: Iterable[tuple[str, object]]) -> None:
    """Names and values in two columns."""
    console = Console(highlight=False)
    table = Table(title=title, title_justify="left", title_style="bold", show_header=False)
    for name, value in rows:
        table.add_row(Text(name), Text(f"{value}"))
    console.print(table)


def show_files(paths: Iterable[Path]) -> None:
    """Where the maps are."""
    show_lines("Written", [f"{path} ({_size(path.stat().st_size)})" for path in paths])


def _size(number: int) -> str:
    return f"{number / 1e6:.2f} MB" if number >= 1e5 else f"{number / 1e3:.1f} kB"


def print_json(value) -> None:
    """Plain JSON on stdout, for machines."""
    print(json.dumps(value, indent=2, default=str))
