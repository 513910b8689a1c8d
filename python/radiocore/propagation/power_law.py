"""Mean power of links: by the paper's power law with line of sight, or by the path-loss model of the channel; less
what the antennas' patterns take away.

Source of the power law: arXiv:2312.01826, eq. (1) and Table III.
"""

from __future__ import annotations

import numpy as np

from .. import _core
from ..channel import Channel
from ..errors import InputError
from ..links import Block, CarrierStations, Links
from ..network import BaseStations
from .antenna_gain import multiply_by_tables
from .path_loss_power import path_loss_mean_mw


def mean_power_mw(
    scene, receivers_mm: np.ndarray, stations: CarrierStations, channel: Channel, los: np.ndarray, threads: int
) -> np.ndarray:
    """(S, R) mean received power, mW, by the channel's path-loss model or else its power law."""
    if channel.path_loss is not None:
        mean_mw = path_loss_mean_mw(scene, receivers_mm, stations, channel.path_loss, los, threads)
    else:
        mean_mw = power_law_mean_mw(receivers_mm, stations, channel, los, threads)
    multiply_by_tables(mean_mw, receivers_mm, stations)
    return mean_mw


def in_one_pass(stations: CarrierStations | BaseStations, channel: Channel) -> bool:
    """Whether the core knows the powers by itself: the power law, and no pattern of a file."""
    return channel.path_loss is None and not stations.has_tables


def power_law_mean_mw(
    receivers_mm: np.ndarray, stations: CarrierStations, channel: Channel, los: np.ndarray, threads: int
):
    """(S, R) mean received power P_t eta_Q d^(-alpha_Q), mW, less the element pattern of sectors."""
    return _core.mean_power_mw(
        receivers_mm,
        stations.position_mm,
        stations.power_mw,
        stations.boresight,
        los,
        *channel.law_by_state,
        threads,
    )


def require_one_metre(receivers_mm: np.ndarray, stations: CarrierStations) -> None:
    """Refuse links shorter than 1 m in 3-D, where a power law does not hold.

    Raises
    ------
    InputError
        Names the station and the receiver.
    """
    short = _core.link_below_one_metre(receivers_mm, stations.position_mm)
    if short is not None:
        station, receiver = short
        x_m, y_m, z_m = receivers_mm[receiver] / 1000
        raise InputError(
            f"base stations: row {stations.row[station]} is less than 1 m from the receiver at x = {x_m:.3f} m, "
            f"y = {y_m:.3f} m, height {z_m:.3f} m, where the power law does not hold; move it, or the receivers"
        )


def known_links(block: Block, stations: CarrierStations, channel: Channel, los: np.ndarray, threads: int) -> Links:
    """Links of a block whose line of sight (S, R) is known, each receiver served by its strongest mean."""
    mean_mw = mean_power_mw(block.scene, block.receivers.position_mm, stations, channel, los, threads)
    server = _core.associate(mean_mw, threads)
    near = interferers_in_reach(block, stations, channel)
    if near is None:
        interference_mw = mean_mw
    else:
        own = np.arange(len(stations))[:, None] == server[None, :]
        interference_mw = np.where(near | own, mean_mw, 0.0)
    return Links(
        mean_mw=mean_mw,
        interference_mw=interference_mw,
        los=los,
        shape_by_state=channel.shape_by_state,
        server=server,
    )


def interferers_in_reach(block: Block, stations: CarrierStations, channel: Channel) -> np.ndarray | None:
    """(S, R) bool: within ``channel.max_interferer_distance_m`` in plan; None = all are."""
    if channel.interferer_reach_mm < 0:
        return None
    offset_mm = stations.position_mm[:, None, :2] - block.receivers.position_mm[None, :, :2]
    return (offset_mm**2).sum(axis=2) <= channel.interferer_reach_mm**2
