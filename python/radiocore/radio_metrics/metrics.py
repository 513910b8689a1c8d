"""The three radio metrics: their units, and what measurements tell of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from ..errors import InputError, nearest_name
from ..measurements import Measurements
from ..measuring.rssi import rssi_dbm_of
from ..models.base import FEWEST_ROWS
from .rows import rows_named

UNITS = {"rsrp": "dBm", "rsrq": "dB", "rssi": "dBm"}
RESOURCE_BLOCKS = "resource_blocks"
"""The feature of measurements that holds N, the resource blocks of the carrier, row by row."""


def column_of(metric: str, what: str = "") -> str:
    """``rsrp_dbm``, or with ``what`` "low_95" ``rsrp_low_95_dbm``."""
    return "_".join([metric, *([what] if what else []), UNITS[metric].lower()])


def check_metrics(names: Iterable[str]) -> tuple[str, ...]:
    """The names, each once.

    Raises
    ------
    InputError
        One is no metric, or there are none.
    """
    names = tuple(dict.fromkeys(names))
    if not names:
        raise InputError(f"metrics: there are none; give some of {', '.join(UNITS)}")
    for name in names:
        if name not in UNITS:
            raise InputError(f"metrics: {name!r} is not one of {', '.join(UNITS)}{nearest_name(name, UNITS)}")
    return names


def measured(measurements: Measurements, metric: str, resource_blocks: int) -> np.ndarray:
    """(N,) values of a metric, dBm or dB; NaN = not known.

    An RSSI that was not measured follows from RSRP and RSRQ (3GPP TS 36.214), with the measurements' own feature
    ``resource_blocks``, or else with this number of them.

    Raises
    ------
    InputError
        A number of resource blocks is none of LTE.
    """
    values = getattr(measurements, column_of(metric))
    if metric != "rssi":
        return values
    blocks = measurements.features.get(RESOURCE_BLOCKS, resource_blocks)
    with rows_named(measurements):
        derived_dbm = rssi_dbm_of(measurements.rsrp_dbm, measurements.rsrq_db, blocks)
    return np.where(np.isnan(values), derived_dbm, values)


def available(measurements: Measurements, resource_blocks: int) -> tuple[str, ...]:
    """The metrics that rows enough tell."""
    return tuple(
        metric for metric in UNITS if np.isfinite(measured(measurements, metric, resource_blocks)).sum() >= FEWEST_ROWS
    )


def known_rows(measurements: Measurements, metric: str, resource_blocks: int) -> tuple[np.ndarray, np.ndarray]:
    """(N,) rows that tell a metric, as a mask, and (n,) what they tell.

    Raises
    ------
    InputError
        They are too few to learn from, or all alike.
    """
    values = measured(measurements, metric, resource_blocks)
    known = np.isfinite(values)
    source, number = measurements.report.source, int(known.sum())
    if number < FEWEST_ROWS:
        told = "rsrq_db, or rssi_dbm," if metric == "rssi" else column_of(metric)
        raise InputError(
            f"metrics: {source} tells {metric} in {number} rows, and {FEWEST_ROWS} or more are needed; name the column "
            f"that holds {told} with columns=, or leave {metric} out"
        )
    values = values[known]
    if (values == values[0]).all():
        raise InputError(f"metrics: {source}: all {number:,} rows have the {column_of(metric)} {values[0]:g}")
    return known, values
