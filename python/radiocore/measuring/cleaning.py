"""Rows that are no measurements of this place, left out step by step and counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..errors import InputError
from ..measurements import COLUMNS, HAMPEL_THRESHOLD, NO_RSRP_DBM, Measurements


def clean(
    measurements: Measurements,
    scene=None,
    *,
    sentinel_dbm: float | None = NO_RSRP_DBM,
    duplicates: bool = True,
    hampel: float | None = HAMPEL_THRESHOLD,
) -> Measurements:
    """Measurements without what is none, in this order.

    1. Sentinels: RSRP at ``sentinel_dbm`` and below, which phones write for "none". Scanners measure below -141 dBm:
       None keeps such rows.
    2. Exact duplicates: rows equal in every column; the first stays.
    3. Positions outside ``scene.receiver_bounds_m``.
    4. Hampel's rule on the axes, north first, then east on what is left: rows with
       |v - median| > ``hampel`` median(|v - median|). A median deviation of zero leaves out nothing; None skips it.

    Returns
    -------
    Measurements
        Their report counts each step that ran.

    Raises
    ------
    InputError
        Nothing is left, or the measurements are in another frame than the scene.

    Notes
    -----
    Step 4 is the filter of arXiv:2207.00166, there by latitude and longitude. It takes a campaign for one cloud: of a
    campaign in several towns clean each on its own.
    """
    if scene is not None and scene.frame != measurements.frame:
        raise InputError("scene: the measurements are in another frame; read them for it, with scene=")
    if hampel is not None and not hampel > 0:
        raise InputError(f"hampel: {hampel} must be positive, or None for no such filter")
    left, counts = measurements, dict(measurements.report.left_out)
    for step, is_kept in _steps(sentinel_dbm, duplicates, scene, hampel):
        keep = is_kept(left)
        counts[step] = counts.get(step, 0) + int((~keep).sum())
        left = left.select(keep)
    report = replace(measurements.report, left_out=counts)
    if len(measurements) and not len(left):
        raise InputError(f"{report.source}: no measurement is left after cleaning\n{report}")
    return replace(left, report=report)


def _steps(sentinel_dbm, duplicates, scene, hampel) -> Iterator:
    """(what it leaves out, function of measurements that gives the (N,) rows to keep) of each step asked for."""
    if sentinel_dbm is not None:
        yield f"without a value ({sentinel_dbm:g} dBm and below)", lambda given: given.rsrp_dbm > sentinel_dbm
    if duplicates:
        yield "exact duplicates of an earlier row", is_first
    if scene is not None:
        yield "outside the scene", lambda given: inside(given, scene.receiver_bounds_m)
    if hampel is not None:
        yield "far to the north or south of the rest (Hampel)", lambda given: is_typical(given.y_m, hampel)
        yield "far to the east or west of the rest (Hampel)", lambda given: is_typical(given.x_m, hampel)


def is_first(measurements: Measurements) -> np.ndarray:
    """(N,) bool, no earlier row is equal in every column."""
    import pandas

    values = {name: getattr(measurements, name) for name in COLUMNS if name != "row"} | dict(measurements.features)
    return ~pandas.DataFrame(values).duplicated(keep="first").to_numpy()


def inside(measurements: Measurements, bounds_m) -> np.ndarray:
    """(N,) bool, in the box (x_min, y_min, x_max, y_max), its border included."""
    west, south, east, north = bounds_m
    x_m, y_m = measurements.x_m, measurements.y_m
    return (x_m >= west) & (x_m <= east) & (y_m >= south) & (y_m <= north)


def is_typical(value: np.ndarray, threshold: float) -> np.ndarray:
    """(N,) bool, within ``threshold`` medians of the absolute deviation from the median; all where that is zero."""
    if len(value) == 0:
        return np.ones(0, dtype=bool)
    deviation = np.abs(value - np.median(value))
    typical = np.median(deviation)
    return (deviation <= threshold * typical) | (typical == 0)
