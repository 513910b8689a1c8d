"""Mean received power by a path-loss model, in place of the paper's power law."""

from __future__ import annotations

import numpy as np

from .. import _core
from ..errors import InputError
from ..link_features import obstruction_m
from ..links import CarrierStations
from ..units import LOG_OF_TEN, MM_PER_M
from . import loss_models
from .loss_model import LossModel, PathLossModel
from .obstacle_profile import PROFILE_COLUMNS, profile_columns
from .ranges import RowError

OF_A_MAP = (
    "frequency_mhz",
    "distance_2d_m",
    "distance_3d_m",
    "transmitter_height_m",
    "receiver_height_m",
    "is_los",
    "obstruction_m",
    "elevation_deg",
    *PROFILE_COLUMNS,
)
"""The inputs that the links of a map have."""


def path_loss_mean_mw(
    scene, receivers_mm: np.ndarray, stations: CarrierStations, model: PathLossModel, los: np.ndarray, threads: int
) -> np.ndarray:
    """(S, R) mean received power: that radiated towards the receiver, by the pattern, less the path loss; mW.

    Raises
    ------
    InputError
        It is not a path-loss model, or needs more of a link than a map tells; a frequency is unknown; or a link is
        outside its range: names the station, and what the model refuses.
    """
    _require_inputs(model, stations)
    no_law = (1.0, 1.0), (0.0, 0.0)
    radiated_mw = _core.mean_power_mw(
        receivers_mm, stations.position_mm, stations.power_mw, stations.boresight, los, *no_law, threads
    )
    for station, position_mm in enumerate(stations.position_mm):
        # By station, so that no more than one row of columns is held.
        offset_m = (receivers_mm - position_mm) / MM_PER_M
        plan_m2 = offset_m[:, 0] ** 2 + offset_m[:, 1] ** 2
        columns = {
            "frequency_mhz": stations.frequency_mhz[station],
            "distance_2d_m": np.sqrt(plan_m2),
            "distance_3d_m": np.sqrt(plan_m2 + offset_m[:, 2] ** 2),
            "transmitter_height_m": position_mm[2] / MM_PER_M,
            "receiver_height_m": receivers_mm[:, 2] / MM_PER_M,
            "is_los": los[station],
        }
        if "elevation_deg" in model.inputs:
            columns["elevation_deg"] = _elevation_deg(columns["distance_2d_m"], -offset_m[:, 2])
        if "obstruction_m" in model.inputs:
            columns["obstruction_m"] = obstruction_m(scene, position_mm, receivers_mm, threads)
        if not set(PROFILE_COLUMNS).isdisjoint(model.inputs):
            hosts = stations.host_list[stations.host_start[station] : stations.host_start[station + 1]]
            frequency_mhz = float(stations.frequency_mhz[station])
            columns |= profile_columns(scene, position_mm, hosts, receivers_mm, frequency_mhz, threads)
        try:
            loss_db = model.loss_db(**{name: columns[name] for name in model.inputs})
        except RowError as error:
            link = f"base station row {stations.row[station]}"
            if error.index:
                x_m, y_m, _ = receivers_mm[error.index[0]] / MM_PER_M
                link += f" to the receiver at x = {x_m:.3f} m, y = {y_m:.3f} m"
            raise InputError(f"path_loss: {link}: {error.name}: {error.fault}") from None
        radiated_mw[station] *= _core.exp(loss_db * (-LOG_OF_TEN / 10.0))
    return radiated_mw


def try_path_loss(
    scene, model: PathLossModel, stations: CarrierStations, nearest_mm: np.ndarray, farthest_mm: np.ndarray
) -> None:
    """Refuse, before any work, a model that cannot answer for the links of a map.

    Parameters
    ----------
    nearest_mm, farthest_mm : (S, 3) the receiver nearest to each station, and that farthest away

    Raises
    ------
    InputError
        As of :func:`path_loss_mean_mw`, of these links in line of sight.
    """
    in_sight = np.ones((1, 2), dtype=np.uint8)
    for station in range(len(stations)):
        ends_mm = np.stack([nearest_mm[station], farthest_mm[station]])
        path_loss_mean_mw(scene, ends_mm, stations.select([station]), model, in_sight, 1)


def _elevation_deg(plan_m: np.ndarray, climb_m: np.ndarray) -> np.ndarray:
    """Of links that climb from their receivers, upwards."""
    steep = np.asarray(_core.atan2(np.abs(climb_m), plan_m))  # it knows one quadrant
    return np.copysign(np.degrees(steep), climb_m)


def _require_inputs(model, stations: CarrierStations) -> None:
    """Refuse what is no path-loss model, one that needs more of a link than a map tells, and unknown frequencies."""
    if isinstance(model, LossModel) and not isinstance(model, PathLossModel):
        raise InputError(
            f"path_loss: {model!r} is not a path-loss model but the loss at one end of a link; add it to one, e.g. "
            f"WithEndLoss(FreeSpace(), {type(model).__name__}()) of radiocore.propagation.with_end_loss, in TOML "
            f'{{name = "free-space", end_loss = {{name = "{model.name}"}}}}'
        )
    if not isinstance(model, PathLossModel):
        raise InputError(f"path_loss: {model!r} is not a path-loss model; {_known()}")
    missing = [name for name in model.inputs if name not in OF_A_MAP]
    if missing:
        raise InputError(
            f"path_loss: {model.name!r} needs {', '.join(missing)}, which the links of a map do not have; {_known()}"
        )
    unknown = np.isnan(stations.frequency_mhz)
    if "frequency_mhz" in model.inputs and unknown.any():
        raise InputError(
            f"frequency_mhz: base station row {stations.row[int(np.argmax(unknown))]} has none, and path_loss "
            f"{model.name!r} needs it; give the stations a column frequency_mhz"
        )


def _known() -> str:
    """The remedy: which models can stand in place of the power law."""
    of_maps = [
        name
        for name, kind in loss_models().items()
        if issubclass(kind, PathLossModel) and set(kind.inputs) <= set(OF_A_MAP)
    ]
    return f"maps take {', '.join(sorted(of_maps))}"
