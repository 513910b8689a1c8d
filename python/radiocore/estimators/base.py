"""What every estimator of coverage offers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import Any, ClassVar

import numpy as np

from .. import _core
from ..channel import Channel
from ..coverage import share_and_error
from ..errors import InputError
from ..links import Block, CarrierStations, Estimate, Links, Receivers
from ..network import BaseStations
from ..propagation.power_law import mean_power_mw
from ..units import MM_PER_M


class Estimator(ABC):
    """From the exact line of sight of a block of receivers to its coverage.

    A subclass is a frozen dataclass of its settings. It keeps no state between blocks: the answer
    of a receiver depends on the receiver alone.
    """

    name: ClassVar[str]
    engine: ClassVar[str] = "auto"
    """Line-of-sight engine; all give the same answer."""
    bytes_a_link: ClassVar[float] = 40.0
    """Memory that ``estimate`` takes a link of its block."""
    most_receivers: ClassVar[int] = 8192
    """Of a block: the progress bar and an interrupt wait for the end of one."""

    def settings(self) -> dict[str, Any]:
        """What the provenance tells of the estimator: plain values, by the names of its arguments."""
        return asdict(self)

    def rounding_bound(self, stations: int, channel: Channel) -> float:
        """Largest error that the arithmetic of ``estimate`` adds to a probability."""
        return 1e-12

    takes_path_loss: ClassVar[bool] = True
    """Whether a path-loss model may stand in place of the power law."""

    @property
    def trace_distance_mm(self) -> int | None:
        """Links longer than this in plan need no exact line of sight; -1 = all do, None = none does."""
        return -1

    def prepare(self, scene, channel: Channel, receiver_height_m: float):
        """Whatever the estimator needs of the scene, computed once before the first block."""
        return None

    def describe(self, prepared, receivers: Receivers, threads: int, counts: dict[str, int]):
        """What the estimator knows of a block's receivers whatever the carrier: ``block.place``.

        ``counts`` is added to, and ends in the provenance.
        """
        return None

    @abstractmethod
    def estimate(
        self,
        block: Block,
        stations: CarrierStations,
        channel: Channel,
        threshold: np.ndarray,
        *,
        seed: int,
        threads: int,
    ) -> Estimate:
        """Coverage of a block at linear thresholds (T,)."""


def require_antennas_above(stations: BaseStations, receiver_height_m: float, need: str) -> None:
    """Refuse stations that do not stand above the receivers, for those who need that they do.

    Raises
    ------
    InputError
        Names the station.
    """
    low = stations.position_mm[:, 2] <= round(receiver_height_m * MM_PER_M)
    if low.any():
        row = int(np.argmax(low))
        raise InputError(
            f"height_m: base station row {row} ({stations.height_m[row]:g} m) does not stand above the receivers "
            f'({receiver_height_m:g} m), which {need}; choose method="exact"'
        )


def sample_coverage(
    links: Links, block: Block, stations: CarrierStations, channel: Channel, threshold, *, draws, seed, threads
) -> Estimate:
    """Monte Carlo over the fading of links whose state is known (Algorithm 3, steps 15-26)."""
    hits = _core.monte_carlo_hits(
        links.interference_mw,
        None,
        links.los,
        links.shape_by_state,
        stations.load,
        links.server,
        channel.noise_mw,
        threshold,
        seed,
        draws,
        block.receivers.first,
        "automatic",
        threads,
    )
    coverage, standard_error = share_and_error(hits, draws)
    return served_estimate(links, coverage, standard_error)


def served_estimate(links: Links, coverage: np.ndarray, standard_error: np.ndarray | None) -> Estimate:
    """An estimate whose server is that of the links."""
    return Estimate(
        coverage=coverage,
        standard_error=standard_error,
        server=links.server,
        server_power_mw=links.of_server(links.mean_mw, 0.0),
        server_los=links.of_server(links.los, 0).astype(bool),
    )


def average_coverage(
    block: Block, stations: CarrierStations, channel: Channel, threshold, probability: np.ndarray, *, threads: int
) -> Estimate:
    """Coverage averaged over line of sight in probability (S, R) and fading, in closed form: no sampling.

    In each state of the links the strongest mean serves; the server named is the likeliest one.
    """
    states = [np.full(probability.shape, state, dtype=np.uint8) for state in (0, 1)]
    receivers_mm = block.receivers.position_mm
    mean = [mean_power_mw(block.scene, receivers_mm, stations, channel, state, threads) for state in states]
    coverage, server, server_los = _core.mixture(
        *mean, channel.shape_by_state, probability, stations.load, channel.noise_mw, threshold, threads
    )
    column = np.maximum(server, 0).astype(np.intp)[None, :]
    power = [np.take_along_axis(of_state, column, axis=0)[0] for of_state in mean]
    return Estimate(
        coverage=coverage,
        standard_error=None,
        server=server,
        server_power_mw=np.where(server >= 0, np.where(server_los, power[1], power[0]), 0.0),
        server_los=server_los.astype(bool),
    )
