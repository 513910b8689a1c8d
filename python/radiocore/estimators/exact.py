"""Every link exact, the fading in closed form: no sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .. import _core
from ..errors import InputError
from ..links import Estimate
from ..propagation.power_law import in_one_pass, known_links
from .base import Estimator, served_estimate

LARGEST_SHAPE = 64


@dataclass(frozen=True)
class ExactCoverage(Estimator):
    """Exact geometry and the closed form of P(SINR > T); needs whole Nakagami shapes.

    Attributes
    ----------
    double_precision : bool
        By default probabilities are computed in single precision wherever its stated bound holds
        (4.5e-6 at 80 stations, a tenth of which is measured); servers and their powers are those of
        double precision.
    """

    name: ClassVar[str] = "exact"
    bytes_a_link: ClassVar[float] = 0.25
    most_receivers: ClassVar[int] = 2**21

    double_precision: bool = False

    def prepare(self, scene, channel, receiver_height_m):
        require_whole_shapes(channel)

    def rounding_bound(self, stations, channel):
        if self.double_precision or channel.path_loss is not None:
            return super().rounding_bound(stations, channel)
        return _core.single_precision_bound(stations, int(max(channel.shape_by_state)))

    def estimate(self, block, stations, channel, threshold, *, seed, threads):
        if block.on_device is not None:
            return block.on_device.exact(block, stations, channel, threshold, double_precision=self.double_precision)
        if not in_one_pass(stations, channel):
            return self._by_links(block, stations, channel, threshold, threads)
        coverage, server, server_power_mw, server_los = _core.coverage_on_grid(
            _core.ReceiverGrid(*block.receivers.grid.lattice_mm),
            block.receivers.first,
            block.receivers.count,
            stations.position_mm,
            stations.power_mw,
            stations.boresight,
            stations.load,
            block.los_bits,
            *channel.law_by_state,
            channel.shape_by_state,
            channel.interferer_reach_mm,
            channel.noise_mw,
            threshold,
            self.double_precision,
            threads,
        )
        return Estimate(coverage, None, server, server_power_mw, server_los)

    def _by_links(self, block, stations, channel, threshold, threads) -> Estimate:
        """In double precision, from the powers of all links: the core's single pass does not know these."""
        links = known_links(block, stations, channel, block.los, threads)
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
