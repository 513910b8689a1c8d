"""The report as one HTML page that loads nothing: pictures and style are inside."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from .figure import Claim, Figure

TEMPLATE = Path(__file__).with_name("page.html.j2")


def page(*, title: str, headline: list[str], figures: list[Figure], claims: list[Claim], notes: list[str]) -> str:
    """The page of a report.

    Parameters
    ----------
    title : str
    headline : what a reader should know first, one paragraph each
    figures : in their order on the page
    claims : of all figures
    notes : how the report was made, one line each
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"cell": cell, "data_uri": data_uri, "is_number": is_number}
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(title=title, headline=headline, figures=figures, claims=claims, notes=notes)


def cell(value: Any) -> str:
    """A value as a table shows it: four figures, a dash for nothing."""
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def is_number(value: Any) -> bool:
    """Whether a cell is set to the right."""
    return value is None or isinstance(value, int | float)


def data_uri(picture: bytes) -> str:
    """A PNG file inside the page."""
    return "data:image/png;base64," + base64.b64encode(picture).decode("ascii")
