"""A report that is done: its page, its pictures and its tables as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .figure import Claim, Figure
from .folder import csv_bytes, write_folder
from .page import page


@dataclass(frozen=True)
class Report:
    """An evaluation that is done.

    Attributes
    ----------
    kind : what its folder is told from that of other reports by
    title : of the paper
    headline : what a reader should know first, a paragraph each
    figures : in their order on the page
    about : what it was made from: version, seed, settings, data, inputs
    """

    kind: str
    title: str
    headline: tuple[str, ...]
    figures: tuple[Figure, ...]
    about: dict[str, Any]

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Of the paper, with what became of each."""
        return tuple(claim for figure in self.figures for claim in figure.claims)

    def files(self) -> dict[str, bytes]:
        """Every file of the report by its name."""
        notes = [f"{name}: {value}" for name, value in self.about.items() if name not in ("settings", "inputs")]
        notes += [f"settings: {', '.join(f'{name} {value}' for name, value in self.about['settings'].items())}"]
        html = page(
            title=f"The evaluation of {self.title!r}, reproduced",
            headline=list(self.headline),
            figures=list(self.figures),
            claims=list(self.claims),
            notes=notes,
        )
        files = {"index.html": html.encode()}
        for figure in self.figures:
            if figure.picture is not None:
                files[f"{figure.name}.png"] = figure.picture
            files |= {f"{table.name}.csv": csv_bytes(table) for table in figure.tables}
            files |= figure.attachments
        return files

    def write(self, folder: str | Path) -> None:
        """Write the report into a folder, whole or not at all; a former report of its kind there is replaced."""
        write_folder(folder, self.kind, self.files(), self.about)
