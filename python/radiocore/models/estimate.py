"""Stage one of CRC-ML-4G: RSRP by a path-loss model, and that estimate as a baseline of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError
from ..link_features import sees_facade
from ..measuring import rssi
from ..propagation.cost231_hata import Cost231Hata
from ..propagation.loss_model import LossModel, PathLossModel
from ..propagation.tr38901_entry import Tr38901EntryLoss
from ..propagation.tr38901_uma import UrbanMacro
from .base import Model
from .inputs import Inputs
from .link_inputs import ANTENNA, BETA
from .prediction import LEAST_DB, Prediction

DEFAULT_BLOCKS = 100
"""Of a carrier of 20 MHz, as in the paper: 30.792 dB."""

COLUMNS: dict[str, Callable[[Inputs], np.ndarray]] = {
    "frequency_mhz": lambda inputs: inputs["downlink_frequency"],
    "distance_3d_m": lambda inputs: 1000 * inputs["distance_to_transmitter_km"],
    "distance_2d_m": lambda inputs: 1000 * np.hypot(inputs["distance_x_km"], inputs["distance_y_km"]),
    "transmitter_height_m": lambda inputs: inputs["tx_height_m"],
    "receiver_height_m": lambda inputs: inputs["ue_altitude_ag_m"],
    "is_los": lambda inputs: inputs["line_of_sight"] != 0,
    "obstruction_m": lambda inputs: inputs["total_obstruction_length_3d_m"],
    "indoor_distance_m": lambda inputs: inputs["building_penetration_length_m"],
}
"""What loss models take, from the columns of links."""


CROSSED = ("line_of_sight", "total_obstruction_length_3d_m", "building_penetration_length_m")
"""What tells whether a link is free up to the building that its receiver stands in."""


@dataclass(frozen=True)
class Estimate:
    """beta = transmit power - path loss - 10 log10(12 N), dBm: the power of one resource element.

    Where the serving antenna's pattern is known, the transmit power is that radiated towards the link.

    Attributes
    ----------
    path_loss : PathLossModel
    entry_loss : LossModel, optional
        Added for receivers in buildings; the path loss is then that of the link up to their wall.
    resource_blocks : N, where the links have no column ``resource_blocks``
    reason : why this path-loss model was taken, where nobody chose it
    """

    path_loss: PathLossModel
    entry_loss: LossModel | None = None
    resource_blocks: int = DEFAULT_BLOCKS
    reason: str = ""

    @classmethod
    def default(cls, inputs: Inputs, resource_blocks: int = DEFAULT_BLOCKS) -> Estimate:
        """What is taken without a network of path loss: TR 38.901 UMa, or COST-231 Hata where no buildings are known.

        Both go beyond the ranges they are stated for, as measurements do.
        """
        if "line_of_sight" in inputs:
            entry_loss = Tr38901EntryLoss(extrapolate=True) if "building_penetration_length_m" in inputs else None
            reason = "no weights of a path-loss network were given"
            return cls(UrbanMacro(extrapolate=True), entry_loss, resource_blocks, reason)
        why = inputs.left_out.get("line_of_sight", "the links have no such column")
        reason = f"no weights of a path-loss network were given, and line of sight is not known: {why}"
        return cls(Cost231Hata(extrapolate=True), None, resource_blocks, reason)

    def beta_dbm(self, inputs: Inputs) -> np.ndarray:
        """(N,) the estimate.

        Raises
        ------
        InputError
            A column that the path-loss model takes is missing, or a value is one that it refuses.
        """
        outdoors = inputs
        if self.entry_loss is not None and all(name in inputs for name in CROSSED):
            outdoors = inputs.with_columns({"line_of_sight": sees_facade(*(inputs[name] for name in CROSSED))})
        loss_db = _loss_db(self.path_loss, outdoors)
        if self.entry_loss is not None:
            indoors = inputs["building_penetration_length_m"] > 0
            if indoors.any():
                loss_db[indoors] += _loss_db(self.entry_loss, inputs.select(indoors))
        if ANTENNA in inputs:
            loss_db += inputs[ANTENNA]
        return inputs["tx_power_dbm"] - loss_db - per_element_db(inputs, self.resource_blocks)

    def added_to(self, inputs: Inputs) -> Inputs:
        """The links with the column ``beta_dbm``."""
        return inputs.with_columns({BETA: self.beta_dbm(inputs)})

    def settings(self) -> dict[str, Any]:
        """What the provenance tells: plain values."""
        entry_loss = None if self.entry_loss is None else self.entry_loss.settings()
        return {
            "path_loss": self.path_loss.settings(),
            "entry_loss": entry_loss,
            "resource_blocks": self.resource_blocks,
            "reason": self.reason,
        }

    def __str__(self) -> str:
        entry = "" if self.entry_loss is None else f", indoors with {self.entry_loss.name}"
        beyond = " beyond its range where links are" if self.path_loss.extrapolate else ""
        reason = f" ({self.reason})" if self.reason else ""
        return f"estimate by {self.path_loss.name}{entry}{beyond}, {self.resource_blocks} resource blocks{reason}"


@dataclass
class EstimateAlone(Model):
    """Baseline: the column ``beta_dbm`` as it is. What it learns is how far off it is: the deviation."""

    name = "estimate"

    def _fit(self, inputs: Inputs, target: np.ndarray, blocks, progress) -> None:
        self.deviation_db = max(float(np.sqrt(np.mean((target - inputs[BETA]) ** 2))), LEAST_DB)

    def _predict(self, inputs: Inputs) -> Prediction:
        return Prediction(inputs[BETA].copy(), np.full(len(inputs), self.deviation_db))

    def state(self):
        return {"deviation_db": self.deviation_db}, {}

    def _load_state(self, config, arrays) -> None:
        self.deviation_db = config["deviation_db"]


def per_element_db(inputs: Inputs, resource_blocks: int) -> np.ndarray:
    """10 log10(12 N), of each link where it tells its resource blocks, or else of all.

    Raises
    ------
    InputError
        N is not a whole number from 1 to 110.
    """
    blocks = inputs["resource_blocks"] if "resource_blocks" in inputs else resource_blocks
    return rssi.per_element_db(blocks)


def _loss_db(model: LossModel, inputs: Inputs) -> np.ndarray:
    """(N,) dB."""
    unknown = [name for name in model.inputs if name not in COLUMNS]
    if unknown:
        raise InputError(f"path_loss: {model.name} takes {', '.join(unknown)}, which links do not have; choose another")
    return model.loss_db(**{name: COLUMNS[name](inputs) for name in model.inputs})
