"""Baseline: the likelihood network that sees no image. Source: arXiv:2207.00166, eq. (5)."""

from __future__ import annotations

from dataclasses import dataclass

from .inputs import PLAIN
from .likelihood import LikelihoodNetwork


@dataclass
class PlainNetwork(LikelihoodNetwork):
    """The likelihood network of position, sector and month alone."""

    name = "MLP"

    features: tuple[str, ...] = PLAIN
