"""What passes between the stages of a simulation: a block of receivers and its links.

Inside a simulation links are stored station by station, (S, R): one station's receivers are
contiguous. Stations are those of one carrier, in canonical order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from .antennas import IN_THE_CORE
from .antennas.element import SectorElement
from .grid import ReceiverGrid
from .network import BaseStations
from .units import dbm_to_mw

if TYPE_CHECKING:
    from .cuda import DeviceScene
    from .scene import Scene

_OF_EACH = ("position_mm", "power_mw", "pattern", "direction", "load", "frequency_mhz", "row")
"""Columns of :class:`CarrierStations` with one row a station."""


@dataclass(frozen=True)
class CarrierStations:
    """S stations of one carrier in canonical order, as the core takes them."""

    position_mm: np.ndarray  # (S, 3) int64
    power_mw: np.ndarray  # (S,)
    pattern: np.ndarray  # (S,) name of the antenna's
    direction: np.ndarray  # (S, 4) of the antenna: east and north, cosine and sine of the down-tilt
    load: np.ndarray  # (S,)
    frequency_mhz: np.ndarray  # (S,), NaN where unknown
    host_start: np.ndarray  # (S + 1,) int64
    host_list: np.ndarray  # int32, buildings transparent to each station
    row: np.ndarray  # (S,) row in scene.base_stations

    @classmethod
    def of(cls, stations: BaseStations, hosts: tuple[np.ndarray, np.ndarray], rows: np.ndarray) -> CarrierStations:
        """The picked rows in canonical order, with their hosts out of (start, list) of all stations."""
        rows = np.asarray(rows)[stations.select(rows).canonical_order]
        host_start, host_list = _picked(*hosts, rows)
        return cls(
            position_mm=np.ascontiguousarray(stations.position_mm[rows]),
            power_mw=dbm_to_mw(stations.power_dbm[rows]),
            pattern=stations.pattern[rows],
            direction=stations.direction[rows],
            load=np.ascontiguousarray(stations.load[rows]),
            frequency_mhz=stations.frequency_mhz[rows],
            host_start=host_start,
            host_list=host_list,
            row=rows.astype(np.int32),
        )

    @classmethod
    def joined(cls, parts: list[CarrierStations]) -> CarrierStations:
        """The stations of several carriers one after the other."""
        lengths = np.concatenate([np.diff(part.host_start) for part in parts])
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in (*_OF_EACH, "host_list")}
        return cls(host_start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64), **columns)

    def select(self, picks) -> CarrierStations:
        """The stations at some positions of this carrier."""
        host_start, host_list = _picked(self.host_start, self.host_list, picks)
        columns = {name: getattr(self, name)[picks] for name in _OF_EACH}
        return CarrierStations(host_start=host_start, host_list=host_list, **columns)

    def __len__(self) -> int:
        return len(self.row)

    @cached_property
    def boresight(self) -> np.ndarray:
        """(S, 4) direction of those that are sectors to the core; (0, 0, 1, 0) of all others."""
        return np.where((self.pattern == SectorElement.name)[:, None], self.direction, (0.0, 0.0, 1.0, 0.0))

    @cached_property
    def by_table(self) -> np.ndarray:
        """Stations that radiate by a pattern that the core does not know."""
        return np.flatnonzero(~np.isin(self.pattern, IN_THE_CORE))

    @property
    def has_tables(self) -> bool:
        return len(self.by_table) > 0

    @property
    def keys(self) -> list[tuple]:
        """Positions, which with the city decide the stations' line of sight."""
        return [tuple(position) for position in self.position_mm.tolist()]


@dataclass(frozen=True)
class Receivers:
    """R receivers of a grid from the first on, row by row from the south-west."""

    grid: ReceiverGrid
    first: int  # random draws are keyed by the number of a receiver in its grid
    count: int
    outdoor_bits: np.ndarray  # (ceil(R / 8),) uint8, packed like line of sight

    @cached_property
    def position_mm(self) -> np.ndarray:
        """(R, 3) int64"""
        return self.grid.position_mm(self.first, self.first + self.count)

    @cached_property
    def outdoors(self) -> np.ndarray:
        """(R,) bool, in no building"""
        return unpacked(self.outdoor_bits, self.count).astype(bool)


@dataclass(frozen=True)
class Block:
    """R receivers with the exact line of sight of their links to the S stations of one carrier."""

    receivers: Receivers
    los_bits: np.ndarray  # (S, ceil(R / 8)) uint8; links farther than the estimator traces are 0
    place: object  # what the estimator's describe() found out about these receivers
    on_device: DeviceScene | None = None  # where the estimate is computed, None = by this processor
    scene: Scene | None = None  # asked for what stands on a link, by path losses that count it

    @cached_property
    def los(self) -> np.ndarray:
        """(S, R) uint8"""
        return unpacked(self.los_bits, self.receivers.count)


@dataclass(frozen=True)
class Links:
    """(S, R) mean received power and fading of a block, and the server of each receiver."""

    mean_mw: np.ndarray  # (S, R), what a receiver may be served by
    interference_mw: np.ndarray  # (S, R), the same with far interferers off
    los: np.ndarray  # (S, R) uint8
    shape_by_state: tuple[float, float]  # Nakagami shape of blocked and of line-of-sight links
    server: np.ndarray  # (R,) int32 row among the carrier's stations, -1 = none

    def of_server(self, values: np.ndarray, nothing) -> np.ndarray:
        """(R,) value (S, R) of each receiver's serving link."""
        if len(values) == 0:
            return np.full(len(self.server), nothing)
        picked = np.take_along_axis(values, np.maximum(self.server, 0)[None, :].astype(np.intp), axis=0)[0]
        return np.where(self.server >= 0, picked, nothing)


@dataclass(frozen=True)
class Estimate:
    """Coverage of a block, T thresholds by R receivers."""

    coverage: np.ndarray  # (T, R)
    standard_error: np.ndarray | None  # (T, R), None where nothing is sampled
    server: np.ndarray  # (R,) int32 row among the carrier's stations, -1 = none
    server_power_mw: np.ndarray  # (R,)
    server_los: np.ndarray  # (R,) bool


def _picked(start: np.ndarray, items: np.ndarray, picks) -> tuple[np.ndarray, np.ndarray]:
    """Packed lists (start, items) of the picked owners."""
    members = [items[start[pick] : start[pick + 1]] for pick in picks]
    picked_start = np.concatenate([[0], np.cumsum([len(member) for member in members])]).astype(np.int64)
    return picked_start, np.concatenate([*members, np.zeros(0, dtype=np.int32)]).astype(np.int32)


def unpacked(bits: np.ndarray, count: int) -> np.ndarray:
    """(..., count) uint8 0 or 1 out of packed bits (..., ceil(count / 8)), the lowest bit of a byte first."""
    return np.unpackbits(bits, axis=-1, count=count, bitorder="little")
