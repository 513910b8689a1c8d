"""Stage two of CRC-ML-4G: RSRP, RSRQ or RSSI by a network beside the physical estimate of RSRP.

Source: the conference paper of the Communications Research Centre Canada on CRC-ML-4G, section II and Tables II and V.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import InputError, nearest_name
from .inputs import Inputs
from .link_inputs import BETA, TABLE_2, TIME
from .residual_network import ResidualNetwork, check_widths

TABLE_5: dict[str, dict[str, Any]] = {
    "rsrp": {"layers": (64,) * 6, "channels": (64, 256, 10, 1), "batch": 69, "rate": 3.03e-2, "weight_decay": 2.07e-4},
    "rsrq": {"layers": (64,) * 6, "channels": (64, 32, 10, 1), "batch": 55, "rate": 6.06e-6, "weight_decay": 3.8e-3},
    "rssi": {"layers": (16,) * 5, "channels": (16, 512, 10, 1), "batch": 52, "rate": 6.29e-4, "weight_decay": 3.17e-7},
}
"""Published, by metric. The rates were tuned for hundreds of thousands of rows, and may collapse or crawl on others."""


@dataclass
class CorrectionNetwork(ResidualNetwork):
    """Z = y(x, beta) + beta for RSRP and RSSI, Z = y(x, beta) for RSRQ; beta is the column ``beta_dbm``.

    Attributes
    ----------
    metric : {"rsrp", "rsrq", "rssi"}
    features : columns that it uses beside beta, of those there are
    with_time : whether the day of the week and the hour are features too. None: for RSRQ and RSSI
    layers : widths of the hidden layers. None, as of the next four: those of Table V for this metric
    channels : widths of the head behind them; the last is 1, the level (the loss "nll" adds its variance)
    batch, rate, weight_decay : as of :class:`ResidualNetwork`
    """

    name = "correction"

    metric: str = "rsrp"
    features: tuple[str, ...] = TABLE_2
    with_time: bool | None = None
    layers: tuple[int, ...] | None = None
    channels: tuple[int, ...] | None = None
    loss: str = "msle"
    batch: int | None = field(default=None)
    rate: float | None = field(default=None)
    weight_decay: float | None = field(default=None)

    def __post_init__(self):
        if self.metric not in TABLE_5:
            raise InputError(
                f"metric: {self.metric!r} is not one of {tuple(TABLE_5)}{nearest_name(self.metric, TABLE_5)}"
            )
        for name, value in TABLE_5[self.metric].items():
            if getattr(self, name) is None:
                setattr(self, name, value)
        self.features, self.layers, self.channels = tuple(self.features), tuple(self.layers), tuple(self.channels)
        if self.with_time is None:
            self.with_time = self.metric != "rsrp"
        super().__post_init__()
        check_widths(layers=self.layers, channels=self.channels)
        if not self.channels or self.channels[-1] != 1:
            raise InputError(f"channels: {self.channels!r} must end with 1, the level")

    @property
    def columns(self):
        return (*self.features, *(TIME if self.with_time else ()), BETA)

    @property
    def widths(self):
        return (*self.layers, *self.channels[:-1])

    def estimate(self, inputs: Inputs) -> np.ndarray:
        beta_dbm = inputs[BETA]
        return np.zeros(len(inputs)) if self.metric == "rsrq" else beta_dbm
