"""RSSI of a carrier from its RSRP and RSRQ.

Source: 3GPP TS 36.214, clause 5.1.3: RSRQ = N RSRP / RSSI, with N the resource blocks that the RSSI is measured over,
and RSRP (clause 5.1.1) the power of one resource element.
"""

from __future__ import annotations

import numpy as np

from ..propagation.ranges import RowError, first_of
from ..units import linear_to_db

SUBCARRIERS_PER_BLOCK = 12
"""3GPP TS 36.211, table 6.2.3-1, normal cyclic prefix."""

MOST_BLOCKS = 110
"""3GPP TS 36.211, clause 6.2.1: no carrier of LTE has more."""


def rssi_dbm_of(rsrp_dbm, rsrq_db, resource_blocks) -> np.ndarray:
    """RSSI = RSRP + 10 log10 N - RSRQ.

    Parameters
    ----------
    rsrp_dbm, rsrq_db : array_like
        NaN = not measured, and stays so.
    resource_blocks : array_like
        N, of each row or of all.

    Returns
    -------
    ndarray, dBm, broadcast shape

    Raises
    ------
    InputError
        N is not a whole number from 1 to 110.
    """
    return np.asarray(rsrp_dbm, dtype=np.float64) + blocks_db(resource_blocks) - np.asarray(rsrq_db, dtype=np.float64)


def per_element_db(resource_blocks) -> np.ndarray:
    """10 log10(12 N), by which the RSRP of a carrier is below its power; as of :func:`blocks_db`."""
    return linear_to_db(SUBCARRIERS_PER_BLOCK) + blocks_db(resource_blocks)


def blocks_db(resource_blocks) -> np.ndarray:
    """10 log10 N.

    Raises
    ------
    RowError
        N is not a whole number from 1 to 110.
    """
    blocks = np.asarray(resource_blocks, dtype=np.float64)
    wrong = ~((blocks >= 1) & (blocks <= MOST_BLOCKS) & (blocks % 1 == 0))
    if wrong.any():
        index = first_of(wrong)
        raise RowError(
            "resource_blocks",
            index,
            f"{blocks[index]:g} is no number of resource blocks of LTE; give a whole number from 1 to {MOST_BLOCKS}, "
            "as 100 of a carrier of 20 MHz",
        )
    return linear_to_db(blocks)
