"""A line for all, and what each site and each cell adds to it, shrunken by what they commonly add."""

from __future__ import annotations

from dataclasses import dataclass

from .effects import Effects


@dataclass
class MixedEffects(Effects):
    """P = line + u(site) + v(cell) + noise, with the terms of least squares; see :class:`Effects`."""

    name = "mixed effects"
