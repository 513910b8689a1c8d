"""The three metrics."""

from __future__ import annotations

from dataclasses import dataclass

from ...radio_metrics.metrics import UNITS, column_of


@dataclass(frozen=True)
class Metric:
    """One of them.

    Attributes
    ----------
    name : in files, and of the correction network's settings
    column : of measurements
    title, unit : in texts
    has_estimate : whether beta, an estimate of RSRP, is one of it up to a constant; the paper shows it for RSSI too
    """

    name: str
    column: str
    title: str
    unit: str
    has_estimate: bool


METRICS = tuple(
    Metric(name, column_of(name), name.upper(), unit, has_estimate=name != "rsrq") for name, unit in UNITS.items()
)
