"""Faults of rows, as the user knows these: by the row of the file, and by what its column is called there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import InputError
from ..measurements import UE_ALTITUDE, Measurements, Points
from ..models.link_inputs import PENETRATION
from ..propagation.ranges import RowError

COLUMNS = {
    "frequency_mhz": "downlink_frequency",
    "transmitter_height_m": "tx_height_m",
    "receiver_height_m": UE_ALTITUDE,
    "obstruction_m": "total_obstruction_length_3d_m",
    "indoor_distance_m": PENETRATION,
}
"""What loss models take, and the features that tell it in the same unit."""


@contextmanager
def rows_named(points: Points | Measurements) -> Iterator[None]:
    """Inside, a fault of the i-th of N rows names the row that it was read from.

    Raises
    ------
    InputError
    """
    try:
        yield
    except RowError as error:
        if not error.index:
            raise
        column = COLUMNS.get(error.name)
        name = column if column in points.features else error.name
        row = points.row[error.index[0]]
        raise InputError(f"{points.report.source}: row {row}: {name}: {error.fault}") from None
