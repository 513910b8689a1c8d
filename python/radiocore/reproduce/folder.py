"""A report's folder, and its tables as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ..errors import InputError
from ..io import folder as folders
from .figure import Table

LISTING = "report.json"
"""Says what made a report, and which files are its own."""


def check_folder(folder: str | Path, kind: str) -> Path:
    """The real path of a folder that a report of this kind may be written to; see :mod:`radiocore.io.folder`."""
    return folders.check_folder(folder, kind, LISTING)


def write_folder(folder: str | Path, kind: str, files: dict[str, bytes], about: dict) -> None:
    """Put the files into the folder in place of a former report's; see :mod:`radiocore.io.folder`."""
    folders.write_folder(folder, kind, files, about, LISTING)


def check_data(data: str | Path, wanted: Sequence[str]) -> Path:
    """The folder of the public data, which holds a folder of each of these names.

    Raises
    ------
    InputError
        One of them is not there.
    """
    folder = Path(data)
    for name in wanted:
        if not (folder / name).is_dir():
            raise InputError(f"data: {data} has no folder {name!r}; give the folder that holds {', '.join(wanted)}")
    return folder


def csv_bytes(table: Table) -> bytes:
    """A table as a CSV file; numbers in full."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(["" if value is None else value for value in row] for row in table.rows)
    return stream.getvalue().encode()
