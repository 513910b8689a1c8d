"""The paper's traditional simulation: every building tested for every link, fading by Monte Carlo."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..coverage import DEFAULT_DRAWS, as_draws
from ..propagation.power_law import known_links
from .base import Estimator, sample_coverage


@dataclass(frozen=True)
class TraditionalSimulation(Estimator):
    """Algorithms 1 and 2 of arXiv:2312.01826 for every link, then Monte Carlo."""

    draws: int = DEFAULT_DRAWS
    name: ClassVar[str] = "traditional"
    engine: ClassVar[str] = "brute-force"

    def __post_init__(self):
        object.__setattr__(self, "draws", as_draws(self.draws))

    def estimate(self, block, stations, channel, threshold, *, seed, threads):
        if block.on_device is not None:
            return block.on_device.sampled(block, stations, channel, threshold, draws=self.draws, seed=seed)
        links = known_links(block, stations, channel, block.los, threads)
        return sample_coverage(links, block, stations, channel, threshold, draws=self.draws, seed=seed, threads=threads)
