"""Links as the radio-metric models see them: computed from positions and the scene, or taken from the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ..errors import InputError, nearest_name
from ..evaluation.named_folds import site_of
from ..measurements import Measurements, Points
from ..measuring.rssi import blocks_db
from ..models.estimate import DEFAULT_BLOCKS, Estimate
from ..models.inputs import Inputs, MissingColumnError
from ..models.link_inputs import ANTENNA, TABLE_2, TIME, link_inputs
from ..network import MOST_POWER_DBM
from ..predictor.refusals import FAR_M
from ..propagation import loss_model_named, loss_models
from ..propagation.crc_mlpl import CrcMlpl
from ..propagation.loss_model import PathLossModel
from ..propagation.network_model import NetworkModel
from ..propagation.tr38901_entry import Tr38901EntryLoss
from ..propagation.with_end_loss import WithEndLoss
from ..scene import Scene
from .rows import rows_named

COMPUTED = (*(name for name in TABLE_2 if name != "ue_altitude_ag_m"), *TIME, ANTENNA)
"""Columns that a file may bring itself; they are then taken as they are."""

FARTHEST_KM = FAR_M / 1000
"""3GPP TS 36.211, preamble format 3."""
LENGTH = (lambda v: v >= 0, "a length, 0 m or more")
PLAUSIBLE: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "distance_to_transmitter_km": (lambda v: (v > 0) & (v <= FARTHEST_KM), f"over 0 and up to {FARTHEST_KM:g} km"),
    "distance_x_km": (lambda v: np.abs(v) <= FARTHEST_KM, f"within +-{FARTHEST_KM:g} km"),
    "distance_y_km": (lambda v: np.abs(v) <= FARTHEST_KM, f"within +-{FARTHEST_KM:g} km"),
    "tx_height_m": (lambda v: (v > 0) & (v <= 1000), "a height above ground, over 0 and up to 1000 m"),
    "tx_power_dbm": (lambda v: np.abs(v) <= MOST_POWER_DBM, f"within +-{MOST_POWER_DBM:g} dBm"),
    "line_of_sight": (lambda v: (v == 0) | (v == 1), "1 or 0"),
    "building_penetration_length_m": LENGTH,
    "total_obstruction_length_3d_m": LENGTH,
    "building_intersection_count_3d": (lambda v: (v >= 0) & (v % 1 == 0), "a whole number from 0 up"),
    "day_of_week": (lambda v: (v >= 0) & (v <= 6) & (v % 1 == 0), "a day from 0 (Monday) to 6"),
    "hour_of_day": (lambda v: (v >= 0) & (v < 24), "an hour from 0 up to 24"),
}
"""What columns that are taken as they are must be."""


def links_of(measurements: Measurements, scene: Scene | None, operators: Sequence[str] | None = None) -> Inputs:
    """The columns of links; features of the measurements that could be computed are taken as they are.

    Where cells are known, ``site`` is the site of each and, where there are several, ``operator`` its network, or else
    its carrier.

    Parameters
    ----------
    operators : names, optional
        Those that a model was trained with: another name that has one of them as a word, as that of a station's
        carrier, is it. Default: as the measurements tell them.

    Raises
    ------
    InputError
        A feature is not plausible for its name; a row names no cell where several masts may serve it, or one that is
        not in the scene; a link has no length.
    """
    as_given = tuple(name for name in measurements.features if name in COMPUTED)
    for name in as_given:
        _check_plausible(measurements, name)
    if scene is not None:
        _refuse_nameless(measurements, scene)
    inputs = link_inputs(measurements, scene, as_given=as_given)
    more = {}
    if "cell" in inputs:
        owners = _owners(measurements, scene, operators, inputs["cell"])
        more |= {name: column for name, column in owners.items() if name not in inputs}
    if {"distance_x_km", "distance_y_km"} <= set(as_given):
        more["distance_m"] = 1000 * np.hypot(inputs["distance_x_km"], inputs["distance_y_km"])
    if "downlink_frequency" in as_given:
        more["frequency_mhz"] = inputs["downlink_frequency"]
    return inputs.with_columns(more)


def _owners(measurements: Measurements, scene: Scene | None, operators, cell: np.ndarray) -> dict[str, np.ndarray]:
    """The columns operator and site."""
    cells, row = np.unique(cell, return_inverse=True)
    site = np.array([site_of(str(name)) for name in cells])[row]
    owner = np.where(measurements.network == "", measurements.carrier, measurements.network)
    if len(np.unique(owner) if operators is None else operators) < 2:
        return {"site": site}
    if operators is not None:
        if (owner == "").any() and scene is not None and len(scene.base_stations):
            owner = np.where(owner == "", scene.base_stations.carrier[measurements.associated(scene).station], owner)
        names, row = np.unique(owner, return_inverse=True)
        owner = np.array([_operator(str(name), operators) for name in names])[row]
    return {"operator": owner, "site": np.char.add(np.char.add(owner, " "), site)}


def _operator(name: str, operators: Sequence[str]) -> str:
    if name in operators:
        return name
    words = f" {name.lower()} "
    return next((operator for operator in operators if operator and f" {operator.lower()} " in words), name)


def several_masts(scene: Scene) -> bool:
    """Whether it takes a cell's name to say which mast serves a row."""
    return len(np.unique(scene.base_stations.position_mm[:, :2], axis=0)) > 1


def path_loss_named(name: str | None, weights: str | Path | None = None) -> PathLossModel | None:
    """A path-loss model of stage one, which goes beyond its range where links are; None = what :class:`Estimate` takes.

    Parameters
    ----------
    name : of :func:`radiocore.propagation.loss_models`; CRC-MLPL where weights are given
    weights : file of a path-loss network

    Raises
    ------
    InputError
        There is no such path loss, or the weights do not go with it.
    FileFormatError
        The weights cannot be read.
    """
    if name is None and weights is None:
        return None
    name = CrcMlpl.name if name is None else name
    known = {key: kind for key, kind in loss_models().items() if issubclass(kind, PathLossModel)}
    if name not in known:
        raise InputError(f"path_loss: {name!r} is not one of {', '.join(sorted(known))}{nearest_name(name, known)}")
    is_network = issubclass(known[name], NetworkModel)
    if is_network != (weights is not None):
        remedy = "give its file of weights" if is_network else "leave the weights out, or name that of a network"
        raise InputError(f"path_loss: {name!r} is {'' if is_network else 'not '}a network in a file; {remedy}")
    return loss_model_named(name, extrapolate=True, **({"weights": Path(weights)} if is_network else {}))


def estimate_for(
    inputs: Inputs, path_loss: PathLossModel | None = None, resource_blocks: int = DEFAULT_BLOCKS
) -> Estimate:
    """Stage one by a path-loss model; indoors with an entry loss, unless it has counted what is inside buildings.

    Raises
    ------
    InputError
        The number of resource blocks is none of LTE, or the path loss has an end loss.
    """
    blocks_db(resource_blocks)
    if path_loss is None:
        return Estimate.default(inputs, resource_blocks)
    if isinstance(path_loss, WithEndLoss):
        raise InputError(
            f"path_loss: {path_loss.name} is for maps, as its end loss is that of every receiver; links that are "
            f"indoors get an entry loss here anyway: give {path_loss.path_loss.name} alone"
        )
    counts_buildings = "obstruction_m" in path_loss.inputs
    is_known = "building_penetration_length_m" in inputs
    entry_loss = Tr38901EntryLoss(extrapolate=True) if is_known and not counts_buildings else None
    return Estimate(path_loss, entry_loss, resource_blocks)


def with_estimate(points: Points | Measurements, inputs: Inputs, estimate: Estimate) -> Inputs:
    """The links of N points with ``beta_dbm``.

    Raises
    ------
    InputError
        What the path-loss model takes is not known, or in some row is nothing that it takes.
    """
    try:
        with rows_named(points):
            return estimate.added_to(inputs)
    except MissingColumnError as error:
        remedy = "give base stations (and buildings), or the column itself: features=[...]"
        if error.name == "downlink_frequency":
            remedy = "give it with the base stations, whose cells of several frequencies must not be merged "
            remedy += "(merge_sites=False), or as a column frequency_mhz"
        why = str(error).partition(";")[0]
        raise InputError(f"{why}; stage one, {estimate.path_loss.name}, needs it: {remedy}") from None


def _check_plausible(measurements: Measurements, name: str) -> None:
    if name not in PLAUSIBLE:
        return
    column = measurements.features[name]
    is_valid, wanted = PLAUSIBLE[name]
    bad = ~is_valid(column)
    if bad.any():
        at = int(np.argmax(bad))
        hint = "; is it in m?" if name.endswith("_km") and abs(column[at]) > FARTHEST_KM else ""
        raise InputError(
            f"{measurements.report.source}: {name} of row {measurements.row[at]} is {column[at]:g}; it must be "
            f"{wanted}{hint}"
        )


def _refuse_nameless(measurements: Measurements, scene: Scene) -> None:
    nameless = ~measurements.is_known("cell")
    if nameless.any() and several_masts(scene):
        raise InputError(
            f"{measurements.report.source}: row {measurements.row[np.argmax(nameless)]} names no cell "
            f"({int(nameless.sum()):,} such rows), and several masts may serve it; give the cell of each row in a "
            "column cell"
        )
