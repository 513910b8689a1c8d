"""Every link exact, the fading in closed form: no sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .. import _core
from ..errors import InputError
from ..propagation.power_law import power_law_links
from .base import Estimator, served_estimate

LARGEST_SHAPE = 64


@dataclass(frozen=True)
class ExactCoverage(Estimator):
    """Exact geometry and the closed form of P(SINR > T); needs whole Nakagami shapes."""

    name: ClassVar[str] = "exact"

    def prepare(self, scene, channel, receiver_height_m):
        require_whole_shapes(channel)

    def estimate(self, block, stations, channel, threshold, *, seed, threads):
        links = power_law_links(block, stations, channel, block.los, threads)
        coverage = _core.closed_form(
            links.interference_mw,
            None,
            links.los,
            links.shape_by_state,
            stations.load,
            links.server,
            channel.noise_mw,
            threshold,
            threads,
        )
        return served_estimate(links, coverage, None)


def require_whole_shapes(channel) -> None:
    """Either state may serve, so both shapes must be what the closed form takes."""
    for name in ("fading_m_los", "fading_m_nlos"):
        shape = getattr(channel, name)
        if shape != int(shape) or shape > LARGEST_SHAPE:
            raise InputError(
                f"{name}: {shape:g} is not a whole number from 1 to {LARGEST_SHAPE}, which the closed form needs; "
                'choose method="traditional", which draws any shape'
            )
