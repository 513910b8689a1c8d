"""``radiocore doctor``: is this installation whole, and what would it take."""

from __future__ import annotations

from typing import Annotated

import typer

from ..doctor import examine
from .show import print_json, show_lines, show_table

NAME = "doctor"


def command(as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """Show versions, cores and GPU, what is missing and how to get it; exit code 1 if the base is incomplete."""
    diagnosis = examine()
    if as_json:
        print_json(diagnosis.to_dict())
        raise typer.Exit(0 if diagnosis.is_complete else 1)
    show_table("Versions", [(name, version or "missing") for name, version in diagnosis.versions.items()])
    memory = diagnosis.memory_bytes
    show_table(
        "Machine",
        [
            ("platform", diagnosis.platform),
            ("cores", diagnosis.cores),
            ("memory", "unknown" if memory is None else f"{memory / 2**30:.1f} GiB"),
            ("GPU", diagnosis.gpu),
        ],
    )
    show_table("Compiled core", diagnosis.core.items())
    show_table("Extras", [(extra, _extra_state(extra, absent)) for extra, absent in diagnosis.extras.items()])
    show_lines("Missing", diagnosis.remedies or ["nothing: the main job can run"])
    raise typer.Exit(0 if diagnosis.is_complete else 1)


def _extra_state(extra: str, absent: tuple[str, ...]) -> str:
    return f"lacks {', '.join(absent)}: pip install 'radiocore[{extra}]'" if absent else "installed"
