"""Ours: the least-squares line, bent where links are short, with further terms where they are told."""

from __future__ import annotations

from dataclasses import dataclass

from .line import Line


@dataclass
class BentLine(Line):
    """:class:`Line` with a bend: near the mast a straight one goes up without end, while antennas look over the phone.

    Attributes
    ----------
    bend_m : d0, where the line bends; 0: not at all
    features : columns that are a linear term each
    """

    name = "bent line"

    bend_m: float = 100.0
    features: tuple[str, ...] = ()
