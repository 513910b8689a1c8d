"""Ours: the likelihood network that is told of the way to the station too."""

from __future__ import annotations

from dataclasses import dataclass

from .inputs import FROM_BUILDINGS, FROM_STATIONS
from .likelihood import PAPER, LikelihoodNetwork


@dataclass
class ExtendedNetwork(LikelihoodNetwork):
    """The likelihood network of the paper's features, and of distance, direction and buildings on the way."""

    name = "extended likelihood"

    features: tuple[str, ...] = (*PAPER, *FROM_STATIONS, *FROM_BUILDINGS)
