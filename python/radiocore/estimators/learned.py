"""The paper's learned method: Algorithms 6 and 7 of arXiv:2312.01826 on a trained grid model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from .. import _core
from ..coverage import as_draws, share_and_error
from ..errors import InputError, nearest_name
from ..links import Block, CarrierStations, Estimate, Receivers
from ..units import MM_PER_M
from .base import require_antennas_above
from .exact import require_whole_shapes
from .trained import TrainedEstimator

INTERFERERS = ("stations", "cells")


@dataclass(frozen=True)
class LearnedManifoldEstimator(TrainedEstimator):
    """The nearest station in line of sight serves, farther ones interfere by learned chances of line of sight.

    Around each receiver is a square of n x n cells. Stations in it are asked for exact line of sight, the nearest
    first, until one has it: that one serves, and those before it are blocked. A station behind it is in line of sight
    with the chance of its cell, a product over the roofs on the way (eq. (10)). Stations outside the square are left
    out: where none is inside, nothing is covered and the server is -1. Indoors all links are blocked and the nearest
    station serves.

    Stations of a carrier must be of one power and without sectors. Their heights may differ: distances are then those
    in 3-D, and roofs count by the height of each antenna over the receiver, which changes nothing of who blocks whom.

    Attributes
    ----------
    model : CellWeightModel, path of a model file, or None
        None takes the one in the package. :meth:`fit` trains one.
    interferers : {"stations", "cells"}
        Every station behind the server counts from where it stands; or at most one a cell, from the cell's middle, as
        the paper's matrix of zeros and ones has it.
    monte_carlo_draws : int, optional
        States and fading by so many draws a receiver, as in the paper; default: both averaged in closed form.
    """

    model: Any = None
    interferers: str = "stations"
    monte_carlo_draws: int | None = None
    name: ClassVar[str] = "learned"
    takes_path_loss: ClassVar[bool] = False
    bytes_a_link: ClassVar[float] = 1.0
    most_receivers: ClassVar[int] = 4096

    def __post_init__(self):
        if self.interferers not in INTERFERERS:
            hint = nearest_name(self.interferers, INTERFERERS)
            raise InputError(f"interferers: {self.interferers!r} is not one of {INTERFERERS}{hint}")
        if self.monte_carlo_draws is not None:
            object.__setattr__(self, "monte_carlo_draws", as_draws(self.monte_carlo_draws))

    @classmethod
    def model_class(cls):
        from ..learned.cell_weight_model import CellWeightModel

        return CellWeightModel

    def rounding_bound(self, stations, channel):
        return super().rounding_bound(stations, channel) + _core.NEGLIGIBLE_WEIGHT * stations

    @property
    def trace_distance_mm(self) -> int:
        return self.trained.grid.reach_mm

    def prepare(self, scene, channel, receiver_height_m):
        if self.monte_carlo_draws is None:
            require_whole_shapes(channel)
        stations = scene.base_stations
        require_antennas_above(stations, receiver_height_m, "the weights need")
        for carrier in scene.carriers:
            rows = np.flatnonzero(stations.carrier == carrier)
            for column in ("power_dbm", "azimuth_deg"):
                _require_alike(rows, getattr(stations, column)[rows], column)
            if not np.isnan(stations.azimuth_deg[rows[0]]):
                raise InputError(
                    f"azimuth_deg: base station row {rows[0]} is a sector, and the nearest station in line of sight "
                    'need not be the strongest then; choose method="exact"'
                )
        return scene.city, self.trained

    def describe(self, prepared, receivers: Receivers, threads, counts):
        """Roofs over the cells of the block's receivers, and the row and column of the grid where they begin."""
        city, model = prepared
        grid = receivers.grid
        columns = len(grid.x_m)
        (first_row, west), (last_row, east) = (
            divmod(at, columns) for at in (receivers.first, receivers.first + receivers.count - 1)
        )
        if first_row < last_row:
            west, east = 0, columns - 1
        x_mm, y_mm = (np.rint(axis * MM_PER_M).astype(np.int64) for axis in (grid.x_m, grid.y_m))
        roofs = model.grid.roofs(city, x_mm[west : east + 1], y_mm[first_row : last_row + 1], threads)
        return model, roofs, first_row, west

    def estimate(self, block: Block, stations: CarrierStations, channel, threshold, *, seed, threads):
        draws = self.monte_carlo_draws or 0
        reach_m = channel.max_interferer_distance_m
        coverage, server, server_power_mw, server_los = self._on(block, stations).coverage(
            float(stations.power_mw[0]),
            (channel.gain_at_1m_nlos, channel.gain_at_1m_los),
            (channel.path_loss_exponent_nlos, channel.path_loss_exponent_los),
            (channel.fading_m_nlos, channel.fading_m_los),
            -1 if reach_m is None else round(reach_m * MM_PER_M),
            channel.noise_mw,
            threshold,
            seed,
            draws,
            threads,
        )
        error = None
        if draws:
            coverage, error = share_and_error(np.rint(coverage * draws).astype(np.int64), draws)
        return Estimate(coverage, error, server, server_power_mw, server_los)

    def weights(self, block: Block, stations: CarrierStations, threads: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """How each station counts at each receiver of a block.

        Returns
        -------
        (S, R) ndarray
            Chance of line of sight: that of the cell behind the server, 0 before it, 1 for a server in line of sight;
            -1 for stations left out.
        (R,) ndarray of int32
            The server among the carrier's stations, -1 = none.
        """
        return self._on(block, stations).weights(threads)

    def _on(self, block: Block, stations: CarrierStations) -> _core.LearnedBlock:
        model, roofs, first_row, first_column = block.place
        return _core.LearnedBlock(
            model.core,
            _core.ReceiverGrid(*block.receivers.grid.lattice_mm),
            block.receivers.first,
            block.receivers.count,
            stations.position_mm,
            stations.load,
            stations.host_start,
            stations.host_list,
            np.ascontiguousarray(block.los_bits),
            np.ascontiguousarray(block.receivers.outdoor_bits),
            roofs.roof_mm,
            roofs.building,
            roofs.row,
            roofs.column,
            first_row,
            first_column,
            self.interferers == "cells",
        )


def _require_alike(rows: np.ndarray, values: np.ndarray, name: str) -> None:
    """Refuse stations of a carrier that differ: the nearest in line of sight would not be the strongest."""
    differs = ~((values == values[0]) | (np.isnan(values) & np.isnan(values[0])))
    if differs.any():
        other = int(np.argmax(differs))
        raise InputError(
            f"{name}: base station rows {rows[0]} ({values[0]:g}) and {rows[other]} ({values[other]:g}) differ, and "
            'the learned method takes the stations of a carrier to be alike; choose method="exact"'
        )
