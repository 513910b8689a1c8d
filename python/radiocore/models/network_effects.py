"""Ours: a bent line, and what each operator, site and cell adds to it, shrunken by what they commonly add."""

from __future__ import annotations

from dataclasses import dataclass

from .effects import Effects


@dataclass
class NetworkEffects(Effects):
    """P = bent line + t(operator) + u(site) + v(cell) + noise; see :class:`Effects`.

    What a network radiates is its operator's choice before it is a site's, and holds where none of its sites was
    measured. The operator is the column ``operator``, where there is one.

    Attributes
    ----------
    bend_m, features : as of :class:`radiocore.models.bent_line.BentLine`
    """

    name = "network effects"

    bend_m: float = 100.0
    features: tuple[str, ...] = ()

    groups = ("operator", "site")
